"""Work on many things is done on every core: forked processes do a share each, and hand what they found back.

What goes wrong in one of them, whatever it is, costs time only: its share is done here then.
"""

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Item = TypeVar("Item")
Found = TypeVar("Found")

WORTH_A_PROCESS = 50
"""Instances for each core: to judge them takes some 100 ms, to begin a process and hand back its findings some 20."""
_MOST_CORES = 8


def on_every_core(do: Callable[[Item], Found], items: Sequence[Item]) -> Iterable[Found]:
    """Returns what is found for each item, in their order, on as many cores as there are and are of use.

    Args:
        do: finds it; the answer hangs on the item alone.
        items: the items.
    """
    worth = len(items) // WORTH_A_PROCESS
    cores = min(worth, _usable_cores()) if worth > 1 else 1
    return on_cores(cores, do, items) if cores > 1 else map(do, items)


def _usable_cores() -> int:
    # Elsewhere than on Linux the system's own libraries have threads.
    return min(len(os.sched_getaffinity(0)), _MOST_CORES) if sys.platform == "linux" and _may_fork() else 1


def _may_fork() -> bool:
    """Tells whether this process may have others and can wait for them, and has no other thread.

    What other threads hold while a process is forked is held in it for ever.
    """
    from multiprocessing import current_process

    try:
        threads = len([*Path("/proc/self/task").iterdir()])  # those of libraries too
    except OSError:
        return False
    waits = signal.getsignal(signal.SIGCHLD) is not signal.SIG_IGN
    return threads == 1 and waits and not current_process().daemon


def on_cores(cores: int, do: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """Returns what is found for each item, in their order, by this process and by forked ones.

    Args:
        cores: how many processes.
        do: finds it; the answer hangs on the item alone.
        items: the items.
    """
    # Neighbours are often alike, some of them costly: each process gets some.
    mine, *others = [items[place::cores] for place in range(cores)]
    helpers: list[_Helper[Item, Found]] = []
    try:
        with suppress(OSError):  # the system gives no more processes or pipes
            for share in others:
                with _no_ctrl_c():  # what has begun is to be ended
                    helpers.append(_Helper.of(do, share))
        found = [[*map(do, mine)], *(helper.found() for helper in helpers)]
        found += [[*map(do, share)] for share in others[len(helpers) :]]
    finally:
        for helper in helpers:
            helper.end()
    return [found[place % cores][place // cores] for place in range(len(items))]


@dataclass(frozen=True, slots=True)
class _Helper(Generic[Item, Found]):
    """A forked process that does a share."""

    do: Callable[[Item], Found]
    share: Sequence[Item]
    process: "BaseProcess"
    receiver: "Connection"

    @classmethod
    def of(cls, do: Callable[[Item], Found], share: Sequence[Item]) -> "_Helper[Item, Found]":
        from multiprocessing import get_context

        context = get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_help, args=(do, share, receiver, sender, os.getpid()), daemon=True)
        process.start()
        sender.close()  # or the pipe would not end when the process does
        return cls(do, share, process, receiver)

    def found(self) -> list[Found]:
        try:
            message = self.receiver.recv_bytes()
        except (EOFError, OSError):  # nothing came, or a part
            return [*map(self.do, self.share)]
        found: list[Found] = pickle.loads(message)  # noqa: S301  (written by our own process)
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.process.close()
        self.receiver.close()


@contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """Keeps Ctrl-C back while the block runs."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _help(
    do: Callable[[Item], Found], share: Sequence[Item], receiver: "Connection", sender: "Connection", first: int
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C goes to all processes, and one tells it
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    receiver.close()
    with suppress(Exception):  # it goes wrong once more in the process that can tell it
        found = []
        for item in share:
            if os.getppid() != first:
                return  # nobody waits any more
            found.append(do(item))
        sender.send_bytes(pickled(found))


def pickled(value: object) -> bytes:
    """Returns a value as bytes for ``pickle.loads``."""
    written = BytesIO()
    _Pickler(written, pickle.HIGHEST_PROTOCOL).dump(value)
    return written.getvalue()


class _Pickler(pickle.Pickler):
    """Writes dataclasses as calls of their classes, in half of the time that their own way takes, and mappings."""

    def reducer_override(self, value: object) -> Any:  # noqa: ANN401  (the library's signature)
        if isinstance(value, MappingProxyType):
            return _read_only, (dict(value),)
        names: tuple[str, ...] | None = getattr(type(value), "__match_args__", None)
        return NotImplemented if names is None else (type(value), tuple([getattr(value, name) for name in names]))


def _read_only(mapping: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(mapping)
