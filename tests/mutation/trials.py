"""Runs tests on one mutant at a time, each in a process of its own that starts with pytest and hypothesis loaded."""

import os
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

import hypothesis  # noqa: F401  (loaded before the processes part ways)
import pytest

CPU_SECONDS = 90
MEMORY_BYTES = 4 << 30


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


def passes(tests: Sequence[str], module: str = "", source: str = "") -> Callable[[], bool]:
    """Starts tests, with a module's source replaced, and returns what waits for them: whether all passed.

    A test run that takes too much time or memory has not passed.
    """
    process = os.fork()
    if process == 0:
        os._exit(_run(tests, module, source))

    def wait() -> bool:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0

    return wait


def _run(tests: Sequence[str], module: str, source: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none is needed, and some mind what is loaded already
    if module:
        sys.meta_path.insert(0, _Planted(module, source))
    try:
        return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests]))
    except BaseException:  # noqa: BLE001  (whatever a fault leads to, it was noticed)
        return 1


def in_turn(starts: Iterable[Callable[[], Callable[[], bool]]], at_once: int) -> Iterator[bool]:
    """Yields the answers in the order in which they are started, with so many under way at once."""
    waiting: list[Callable[[], bool]] = []
    for start in starts:
        waiting.append(start())
        if len(waiting) == at_once:
            yield waiting.pop(0)()
    for wait in waiting:
        yield wait()
