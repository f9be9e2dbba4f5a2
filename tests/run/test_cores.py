"""What is judged on several cores is what one core judges, whatever happens to the other processes."""

import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from io import BytesIO
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts import estate, findings, reports, requirements, verdicts
from apim_audit.core.judging.judge import Judgement, Options, judge
from apim_audit.decode import decode
from apim_audit.demo import demo_snapshot
from apim_audit.report import RENDERERS
from apim_audit.run.cores import WORTH_A_PROCESS, on_cores, pickled
from apim_audit.snapshot import Snapshot, load_files
from tests.benchmarks.random_estate import Maker, documents

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one core does everything")

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = sorted(str(path) for path in FIXTURES.rglob("estate.json"))
TAKEN_AT = "2026-11-22T06:31:00Z"
CATALOGUE = load_catalogue()
THREE = 3


def judged(snapshot: Snapshot, spread: Callable[..., Iterable[Any]], options: Options) -> Judgement:
    decoded = decode(snapshot, CATALOGUE, features=options.features, observed=options.observed)
    return judge(decoded.estate, decoded.tags, CATALOGUE, options, spread)


def on_three(do: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    return on_cores(THREE, do, items)


@pytest.mark.parametrize("baseline", [baseline.id for baseline in CATALOGUE.baselines])
def test_the_demo_is_judged_on_three_cores_as_on_one(baseline: str) -> None:
    snapshot = demo_snapshot(TAKEN_AT)
    everything = Options(
        baseline, admin_rules=True, hygiene=True, features=True, observed=True, rule_stacks=True, keep_names=True
    )
    for options in (Options(baseline), everything):
        assert judged(snapshot, on_three, options) == judged(snapshot, map, options)


def test_the_fixtures_are_judged_on_three_cores_as_on_one() -> None:
    options = Options(CATALOGUE.baselines[0].id, hygiene=True)
    snapshot = load_files(CASES, BytesIO())
    found = judged(snapshot, map, options)
    assert len(found.instances) > THREE
    assert judged(snapshot, on_three, options) == found


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("cores", range(1, 5))
def test_answers_stand_in_the_order_of_the_items(cores: int, count: int) -> None:
    assert on_cores(cores, str, range(count)) == [str(item) for item in range(count)]


def test_each_process_does_its_share() -> None:
    found = on_cores(THREE, lambda _: os.getpid(), range(9))
    assert len({*found}) == THREE
    assert found[0::3] == [os.getpid()] * 3


def test_a_process_that_dies_costs_nothing_but_time(capfd: pytest.CaptureFixture[str]) -> None:
    here = os.getpid()

    def dies_elsewhere(item: int) -> int:
        if os.getpid() != here and item > 4:
            os._exit(0)
        return item

    assert on_cores(THREE, dies_elsewhere, range(9)) == [*range(9)]
    assert capfd.readouterr() == ("", "")


def test_a_process_that_dies_while_it_hands_back_costs_nothing_but_time() -> None:
    here = os.getpid()

    def dies_while_it_writes(item: int) -> str:
        if os.getpid() != here:
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
        else:
            time.sleep(1)  # meanwhile the pipe is full
        return str(item) * 10_000_000

    assert [each[0] for each in on_cores(2, dies_while_it_writes, range(2))] == ["0", "1"]


def test_where_the_system_gives_no_process_everything_is_done_here() -> None:
    program = (
        "import multiprocessing.connection, multiprocessing.popen_fork, os, resource, signal\n"
        "from apim_audit.run.cores import on_cores\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "print({*on_cores(3, lambda _: os.getpid(), range(9))} == {os.getpid()})\n"
    )
    with started(program) as process:
        assert process.communicate(timeout=60) == ("True\n", "")


def test_an_answer_that_cannot_be_handed_back_is_found_here() -> None:
    def unpicklable(item: int) -> Callable[[], int]:
        return lambda: item

    found = on_cores(2, unpicklable, range(4))
    assert [each() for each in found] == [*range(4)]


def test_what_goes_wrong_elsewhere_is_told_here_and_once(capfd: pytest.CaptureFixture[str]) -> None:
    def fails_at_five(item: int) -> float:
        return 1 / (item - 5)

    with pytest.raises(ZeroDivisionError):
        on_cores(THREE, fails_at_five, range(9))
    assert capfd.readouterr() == ("", "")
    assert not multiprocessing.active_children()


def test_where_work_here_is_interrupted_no_process_goes_on(tmp_path: Path) -> None:
    here, went_on = os.getpid(), tmp_path / "went-on"

    def interrupted(_: int) -> None:
        if os.getpid() == here:
            raise KeyboardInterrupt
        time.sleep(3)
        went_on.touch()

    with pytest.raises(KeyboardInterrupt):
        on_cores(THREE, interrupted, range(9))
    assert not multiprocessing.active_children()
    assert not went_on.exists()


@contextmanager
def started(program: str) -> Iterator["subprocess.Popen[str]"]:
    """Yields a program in a session of its own, none of whose processes is left in the end."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:  # noqa: S603  (ours)
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_ctrl_c_is_told_by_the_first_process_alone() -> None:
    program = (
        "import os, time; from apim_audit.run.cores import on_cores\n"
        "here = os.getpid()\n"
        "def do(_):\n"
        "    if os.getpid() != here: print(os.getpid(), flush=True); time.sleep(60)\n"
        "print(*on_cores(2, do, range(2)))\n"
    )
    with started(program) as process:
        assert process.stdout is not None
        os.kill(int(process.stdout.readline()), signal.SIGINT)
        assert process.communicate(timeout=60) == ("None None\n", "")


@pytest.mark.parametrize("milliseconds", range(0, 40, 4))
def test_ctrl_c_while_processes_begin_ends_all_of_them(milliseconds: int) -> None:
    program = (
        "import os, sys, time; from apim_audit.run.cores import on_cores\n"
        "try:\n"
        "    os.write(1, b'begun\\n')\n"
        "    on_cores(8, lambda _: time.sleep(120), range(8))\n"
        "except KeyboardInterrupt: sys.exit('interrupted')\n"
    )
    with started(program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(milliseconds / 1000)
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "interrupted\n")


@pytest.mark.parametrize(
    ("until_then", "items"), [("while os.getppid() == here: time.sleep(0.01)", 9), ("pass  # its pipe is full", 3)]
)
def test_processes_end_by_themselves_where_the_first_one_is_killed(until_then: str, items: int) -> None:
    program = (
        "import os, time; from apim_audit.run.cores import on_cores\n"
        "here = os.getpid()\n"
        "def do(_):\n"
        "    os.write(1, b'begun\\n')\n"  # whole, where several write
        "    if os.getpid() == here: time.sleep(60); os._exit(1)\n"
        f"    {until_then}\n"
        "    return 'x' * 10_000_000\n"
        f"on_cores(3, do, range({items}))\n"
    )
    with started(program) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)] == ["begun\n"] * 3
        time.sleep(0.5)
        process.kill()
        assert process.communicate(timeout=60) == ("", "")  # they have standard output, which ends when they do


MANY = "os.sched_getaffinity = lambda _: range(64); "


def processes_used(items: int, before: str = MANY) -> int:
    """Returns how many processes work, in a program that does something else before."""
    program = (
        f"import os, signal, sys, threading; from apim_audit.run.cores import on_every_core; {before}"
        f"os.write(1, b'%d' % len({{*on_every_core(lambda _: os.getpid(), range({items}))}}))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603  (ours)
    return int(done.stdout)


def test_as_many_cores_are_used_as_there_are_and_as_items_are_worth() -> None:
    many = 100 * WORTH_A_PROCESS
    assert processes_used(many) == 8
    assert processes_used(3 * WORTH_A_PROCESS + 1) == 3
    assert processes_used(2 * WORTH_A_PROCESS - 1) == 1
    assert processes_used(many, "os.sched_getaffinity = lambda _: {0, 7}; ") == 2
    assert processes_used(many, "os.sched_getaffinity = lambda _: {7}; ") == 1


@pytest.mark.parametrize(
    "circumstance",
    [
        "sys.platform = 'darwin'; ",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN); ",
        "threading.Thread(target=threading.Event().wait, daemon=True).start(); ",
        "import multiprocessing; multiprocessing.current_process()._config['daemon'] = True; ",
    ],
)
def test_where_processes_may_not_be_had_or_waited_for_everything_is_done_here(circumstance: str) -> None:
    assert processes_used(100 * WORTH_A_PROCESS, MANY + circumstance) == 1


def checked(path: Path, cores: int, form: str) -> bytes:
    program = (
        "import os, sys; cores = int(sys.argv.pop(1)); os.sched_getaffinity = lambda _: range(cores); "
        "from apim_audit.__main__ import main; sys.exit(main())"
    )
    done = subprocess.run(  # noqa: S603  (ours)
        [sys.executable, "-c", program, str(cores), "check", str(path), "-q", "-f", form],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 3
    return done.stdout


@pytest.mark.parametrize("form", RENDERERS)
def test_check_prints_the_same_bytes_on_any_number_of_cores(form: str, tmp_path: Path) -> None:
    maker = Maker(Random(1), ("13.64.0.0/16", "20.60.0.0/16", "40.74.0.0/15"))
    path = tmp_path / "estate.json"
    path.write_text(json.dumps([*documents(maker, 3 * WORTH_A_PROCESS, 12)]), encoding="utf-8")
    assert checked(path, 1, form) == checked(path, 3, form)


def test_read_only_mappings_come_back_as_such() -> None:
    came_back = pickle.loads(pickled(MappingProxyType({"a": (1,)})))  # noqa: S301  (ours)
    assert isinstance(came_back, MappingProxyType)
    assert came_back == {"a": (1,)}


@pytest.mark.parametrize("module", [estate, findings, reports, requirements, verdicts])
def test_every_field_of_our_values_is_handed_back(module: object) -> None:
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type) and is_dataclass(kind)]
    assert kinds
    for kind in kinds:
        assert getattr(kind, "__match_args__", None) == tuple(field.name for field in fields(kind))
