"""What a service itself observes, under the verdicts of a location: disagreements in full, the rest in short."""

from collections import Counter
from collections.abc import Iterator

from apim_audit.core.facts.findings import Observation, Standing
from apim_audit.core.facts.reports import LocationReport
from apim_audit.core.facts.text import printable

_SHORT = {
    Standing.AGREES: "{} as the rules say",
    Standing.DISAGREES: "{} against what the rules say",
    Standing.STALE: "{} too old to count",
    Standing.UNRELATED: "{} that no verdict is about",
}


def observed_lines(location: LocationReport) -> Iterator[str]:
    """Yields the lines; none where nothing was observed or asked for."""
    if not location.observed:
        return
    counts = Counter(each.standing for each in location.observed)
    parts = [text.format(counts[standing]) for standing, text in _SHORT.items() if counts[standing]]
    yield f"observed: {', '.join(parts)}"
    for each in location.observed:
        if each.standing is Standing.DISAGREES:
            yield f"observed: {_told(each)}"
    stale = [each.name for each in location.observed if each.standing is Standing.STALE]
    if stale:
        yield f"observed too long ago: {', '.join(map(printable, stale))}"


def _told(observation: Observation) -> str:
    return f"{', '.join(observation.requirements)}: {printable(observation.message)}"
