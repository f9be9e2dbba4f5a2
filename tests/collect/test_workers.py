"""The threads that read: what is submitted as next goes before what waits in turn."""

import threading
from concurrent.futures import CancelledError

import pytest

from apim_audit.collect.workers import Workers

SOON = 10.0


def test_what_is_next_goes_before_what_waits_in_turn() -> None:
    pool, gate, order = Workers(1), threading.Event(), list[str]()
    busy = pool.submit(gate.wait, SOON)
    pool.submit(order.append, "in turn")
    pool.submit_next(lambda: order.append("next"))
    pool.submit_next(lambda: order.append("then"))
    gate.set()
    pool.shutdown()
    assert busy.result()
    assert order == ["next", "then", "in turn"]


def test_a_call_may_wait_for_what_is_next() -> None:
    pool = Workers(2)
    read = pool.submit_next(lambda: "read")
    waiting = [pool.submit(read.result, SOON) for _ in range(4)]
    assert [each.result(SOON) for each in waiting] == ["read"] * 4
    pool.shutdown()


def test_whatever_is_queued_runs_before_the_threads_end() -> None:
    pool, gate, done = Workers(1), threading.Event(), list[int]()
    pool.submit(gate.wait, SOON)
    pool.submit(lambda: pool.submit_next(lambda: done.append(2)))
    pool.submit(done.append, 3)
    threading.Timer(0.05, gate.set).start()
    pool.shutdown()
    assert done == [2, 3]


def test_what_has_not_begun_can_be_cancelled() -> None:
    pool, gate = Workers(1), threading.Event()
    busy = pool.submit(gate.wait, SOON)
    while not busy.running():
        pass
    waiting = [pool.submit(str), pool.submit_next(str)]
    pool.shutdown(wait=False, cancel_futures=True)
    gate.set()
    assert busy.result(SOON)
    for each in waiting:
        with pytest.raises(CancelledError):
            each.result(SOON)


def test_an_error_belongs_to_who_waits() -> None:
    pool = Workers(1)
    failed = pool.submit_next(lambda: int("x"))
    with pytest.raises(ValueError, match="invalid literal"):
        failed.result(SOON)
    assert pool.submit(lambda: 1).result(SOON) == 1
    pool.shutdown()
