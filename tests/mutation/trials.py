"""Runs tests on one mutant at a time, each in a process of its own that starts with all but the program loaded."""

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import NamedTuple

import hypothesis  # noqa: F401  (loaded before the processes part ways)
import pytest

MEMORY_BYTES = 4 << 30


class Stage(NamedTuple):
    """One run of pytest: its arguments, and how many seconds of a processor it may take."""

    tests: tuple[str, ...]
    seconds: int


Stages = tuple[Stage, ...]


class _Planted(MetaPathFinder, Loader):
    """Brings one module of the program with other source."""

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self._source = source

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == self._module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._source, self._module, "exec"), module.__dict__)  # noqa: S102  (our own source)


def load_what_tests_load() -> None:
    """Loads the libraries that the program and its tests use, and forgets the program and the tests again."""
    kept = set(sys.modules)
    for name in ("tests.mutation.test_fixtures_here", "tests.laws.test_random_nsgs", "tests.laws.test_boxes"):
        import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in {"apim_audit", "tests"}]:
        if name not in kept:
            del sys.modules[name]
    gc.freeze()


def tried(stages: Stages, module: str = "", source: str = "") -> Callable[[], int]:
    """Starts tests, with a module's source replaced, and returns what waits for the stage that noticed, or 0.

    A test run that takes too much time or memory has noticed.
    """
    process = os.fork()
    if process == 0:
        os._exit(_run(stages, module, source))

    def wait() -> int:
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        return status if status >= 0 else len(stages)

    return wait


def _run(stages: Stages, module: str, source: str) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none is needed, and some mind what is loaded already
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    if module:
        sys.meta_path.insert(0, _Planted(module, source))
    return next((number for number, stage in enumerate(stages, 1) if not _passes(stage)), 0)


def _passes(stage: Stage) -> bool:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + stage.seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    try:
        return pytest.main(["-q", "-x", "-p", "no:cacheprovider", *stage.tests]) == 0
    except BaseException:  # noqa: BLE001  (whatever a fault leads to, it was noticed)
        return False


def in_turn(starts: Iterable[Callable[[], Callable[[], int]]], at_once: int) -> Iterator[int]:
    """Yields the answers in the order in which they are started, with so many under way at once."""
    waiting: list[Callable[[], int]] = []
    for start in starts:
        waiting.append(start())
        if len(waiting) == at_once:
            yield waiting.pop(0)()
    for wait in waiting:
        yield wait()
