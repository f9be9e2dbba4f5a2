"""Every format of a report of 10,000 locations: seconds, megabytes, and how the time grows from 1,000 on.

``python -m tests.benchmarks.render [FORMAT...]`` prints the table. The report is the demo's, judged once and then
repeated under other names, so it has the demo's share of gaps; a second one has a gap in every check. Rendering is
linear where the ratio is 10.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import cycle, islice

from apim_audit import run
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import InstanceReport, Report
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.report import RENDERERS
from tests.benchmarks.measuring import show

FEW, MANY = 1_000, 10_000
LIMIT = 5.0  # seconds for 10,000 locations


def main() -> None:
    """Prints the table."""
    demo = run.demo()
    rows = []
    for form, found in (("as in the demo", demo), ("a gap in every check", only_gaps(demo))):
        few, many = of_size(found, FEW), of_size(found, MANY)
        rows += [compared(form, name, few, many) for name in (sys.argv[1:] or RENDERERS)]
    show(["report", "format", "1,000: s", "10,000: s", "ratio", "1,000: MB", f"under {LIMIT:.0f} s"], rows)


def compared(form: str, name: str, few: Report, many: Report) -> list[object]:
    """Returns the line of the table for one format."""
    RENDERERS[name](few)  # loads its libraries
    short, long = (taken(partial(RENDERERS[name], each)) for each in (few, many))
    size = len(RENDERERS[name](few).encode()) / 1e6
    return [form, name, short, long, long / short, size, "yes" if long < LIMIT else "NO"]


def taken(work: Callable[[], object]) -> float:
    """Returns the CPU time that a piece of work takes, in seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def of_size(found: Report, locations: int) -> Report:
    """Returns a report of one-location instances like those of another, each with an id of its own."""
    judged = [
        replace(instance, locations=(location,))
        for instance in found.instances
        for location in instance.locations
        if location.checks
    ]
    repeated = islice(cycle(judged), locations)
    return replace(found, instances=tuple(_renamed(instance, number) for number, instance in enumerate(repeated)))


def _renamed(instance: InstanceReport, number: int) -> InstanceReport:
    return replace(instance, id=f"{instance.id}-{number}", name=f"{instance.name}-{number}")


def only_gaps(found: Report) -> Report:
    """Returns a report whose every check is one of the gaps of another."""
    gaps = [check for check in found.checks() if check.verdict is Verdict.BLOCKED and check.severity is Severity.ERROR]
    instances = tuple(
        replace(
            instance,
            locations=tuple(
                replace(location, checks=tuple(islice(cycle(gaps), len(location.checks))))
                for location in instance.locations
            ),
        )
        for instance in found.instances
    )
    return replace(found, instances=instances)


if __name__ == "__main__":
    main()
