"""Times of processes. CPU time is the one to compare: other processes take their part of the time on the clock."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tabulate import tabulate

PROGRAM = (sys.executable, "-c", "import sys; from apim_audit.__main__ import main; sys.exit(main())")
"""What the console script does."""


@dataclass(frozen=True)
class Times:
    """Medians over the runs of a process, in milliseconds."""

    cpu: float
    wall: float


def python(code: str, *arguments: str) -> tuple[str, ...]:
    """Returns the command that runs code in an interpreter."""
    return sys.executable, "-c", code, *arguments


def times_of(command: Sequence[str], runs: int) -> Times:
    """Runs a process several times."""
    taken = [_once(command) for _ in range(runs)]
    return Times(median(each.cpu for each in taken), median(each.wall for each in taken))


def _once(command: Sequence[str]) -> Times:
    before, start = _cpu_of_children(), time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603  (ours)
    return Times(1e3 * (_cpu_of_children() - before), 1e3 * (time.perf_counter() - start))


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table."""
    sys.stdout.write(tabulate(list(rows), headers=list(headings), floatfmt=".2f") + "\n")
