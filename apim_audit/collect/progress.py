"""How far a live reading is: counted by whoever reads, shown by whoever waits."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_WORTH_TELLING = 1.0


@dataclass(frozen=True, slots=True)
class Counts:
    """A moment of a reading.

    Attributes:
        phase: what is being read, as a plural noun; empty before the first.
        done: how many parts of the phase, subscriptions as a rule, are read.
        parts: how many there are.
        documents: how many resources were read so far, in all phases.
        waiting: seconds that are left until Azure takes requests again, or 0.
    """

    phase: str = ""
    done: int = 0
    parts: int = 0
    documents: int = 0
    waiting: float = 0.0


class Progress:
    """Counts what is read; any thread may tell it. A subclass shows it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._phase = ""
        self._done = self._parts = self._documents = 0
        self._until: list[float] = []

    def counts(self) -> Counts:
        """Returns how far the reading is."""
        with self._lock:
            left = max(self._until, default=0.0) - time.monotonic()
            return Counts(self._phase, self._done, self._parts, self._documents, max(left, 0.0))

    def begin(self, phase: str, parts: int) -> None:
        """Notes that a phase of so many parts begins."""
        with self._lock:
            self._phase, self._done, self._parts = phase, 0, parts
        self.begun()

    def step(self) -> None:
        """Notes that one more part of the phase is read."""
        with self._lock:
            self._done += 1

    def add(self, documents: int) -> None:
        """Notes that so many more resources were read."""
        with self._lock:
            self._documents += documents

    @contextmanager
    def waiting(self, seconds: float) -> Iterator[None]:
        """Notes, while the block runs, that Azure asked to wait for so long."""
        until = time.monotonic() + seconds
        told = seconds >= _WORTH_TELLING
        if told:
            with self._lock:
                self._until.append(until)
            self.throttled(seconds)
        try:
            yield
        finally:
            if told:
                with self._lock:
                    self._until.remove(until)

    def begun(self) -> None:
        """Shows that a phase begins; nothing here."""

    def throttled(self, seconds: float) -> None:
        """Shows that a wait begins; nothing here."""
