"""Shows on standard error how far a live reading is: a line that moves on a terminal, log lines elsewhere."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from apim_audit.collect import Counts, Progress
from apim_audit.core.facts.text import printable
from apim_audit.report.summary import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_LOG = logging.getLogger("apim_audit")
_PER_SECOND = 5


@contextmanager
def shown(*, quiet: bool, environment_is_dumb: bool) -> Iterator[Progress]:
    """Yields what a reading tells its progress to.

    Args:
        quiet: show nothing.
        environment_is_dumb: the terminal cannot move its cursor.
    """
    if quiet:
        yield Progress()
    elif sys.stderr is None or not sys.stderr.isatty() or environment_is_dumb:
        yield LoggedProgress()
    else:
        with _bars() as bars:
            yield TerminalProgress(bars)


class LoggedProgress(Progress):
    """Log lines: phases with ``-v``, waiting always."""

    def begun(self) -> None:
        """Logs what is read next, and what was read so far."""
        counts = self.counts()
        _LOG.info("reading %s (%d requests to begin with); %s so far", counts.phase, counts.parts, _resources(counts))

    def throttled(self, seconds: float) -> None:
        """Logs that Azure asks to wait."""
        _LOG.warning("Azure throttles: waiting %.0f s; %s so far", seconds, _resources(self.counts()))


class TerminalProgress(Progress):
    """A line that rich redraws; what was read and the seconds that are left to wait."""

    def __init__(self, bars: "Bars") -> None:
        super().__init__()
        self._bars = bars
        self._task = bars.add_task("", total=None, told=self.told)

    def begun(self) -> None:
        """Begins the bar anew."""
        self._bars.reset(self._task, total=self.counts().parts or None)

    def step(self) -> None:
        """Moves the bar on."""
        super().step()
        self._bars.update(self._task, completed=self.counts().done)

    def told(self) -> str:
        """Returns what the line says now."""
        counts = self.counts()
        parts = f" {counts.done}/{counts.parts}" if counts.parts else ""
        wait = f"; Azure throttles: {counts.waiting:.0f} s to wait" if counts.waiting >= 1 else ""
        return printable(f"reading {counts.phase or 'the scope'}{parts}; {_resources(counts)}{wait}")


def _resources(counts: Counts) -> str:
    return counted(counts.documents, "resource")


def _bars() -> "Bars":
    from rich.console import Console  # noqa: PLC0415  (only where there is a terminal)
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as RichProgress  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Told(ProgressColumn):
        """Asks at every redrawing, since seconds go by while nothing is read."""

        max_refresh = None

        def render(self, task: Task) -> Text:
            return Text(task.fields["told"]())

    columns = SpinnerColumn(), BarColumn(bar_width=20), Told(), TimeElapsedColumn()
    return RichProgress(
        *columns, console=Console(stderr=True, highlight=False), refresh_per_second=_PER_SECOND, transient=True
    )
