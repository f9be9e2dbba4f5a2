"""Threads that do not keep the process alive: one that waits for a slow answer must not hold up Ctrl-C."""

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from enum import IntEnum
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Job = tuple[Future[Any], Callable[[], Any]]


class _Rank(IntEnum):
    """What comes first."""

    NEXT = 0
    IN_TURN = 1
    END = 2


class Workers(Executor):
    """Runs calls side by side, as many at a time as there are threads.

    The standard library's own pool waits, when the interpreter ends, for calls that run; these threads are daemons.
    """

    def __init__(self, count: int) -> None:
        self._jobs: queue.PriorityQueue[tuple[_Rank, int, _Job | None]] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._threads = [
            threading.Thread(target=self._work, name=f"collect-{index}", daemon=True) for index in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call and returns its future."""
        return self._queued(_Rank.IN_TURN, partial(fn, *args, **kwargs))

    def submit_next(self, call: Callable[[], T]) -> Future[T]:
        """Queues a call before all those that were submitted and have not begun.

        A call that was submitted may therefore wait for it, once it has been queued: it is taken from the queue first.
        """
        return self._queued(_Rank.NEXT, call)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002  (the standard library's signature)
        """Ends the threads once the queue is empty.

        Args:
            wait: whether to wait for them.
            cancel_futures: whether to cancel calls that have not begun.
        """
        if cancel_futures:
            self._cancel()
        for _ in self._threads:
            self._put(_Rank.END, None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _queued(self, rank: _Rank, call: Callable[[], T]) -> Future[T]:
        future: Future[T] = Future()
        self._put(rank, (future, call))
        return future

    def _put(self, rank: _Rank, job: _Job | None) -> None:
        self._jobs.put((rank, next(self._numbers), job))  # the number keeps jobs from being compared

    def _cancel(self) -> None:
        while True:
            try:
                *_, job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[0].cancel()

    def _work(self) -> None:
        while (job := self._jobs.get()[-1]) is not None:
            future, call = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001  (it belongs to whoever waits for the future)
                future.set_exception(error)
            del job, future, call  # a thread that waits must not hold on to what was read
