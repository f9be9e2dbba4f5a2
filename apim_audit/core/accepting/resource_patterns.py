"""Patterns of ARM resource ids, as waivers use them: segments between slashes, with wildcards."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ANY_SEGMENTS = "**"
_Run = tuple[str | re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """A pattern that a whole resource id matches or not; letter case does not count.

    ``*`` stands for any characters within one segment, none included, ``?`` for exactly one, and ``**``, which is a
    segment of its own, for any number of whole segments, none included. Every other character stands for itself.

    Attributes:
        text: the pattern as it was written.
        runs: the segments before, between and after each ``**``.
    """

    text: str
    runs: tuple[_Run, ...]

    def matches(self, segments: Sequence[str]) -> bool:
        """Tells whether the whole of a resource id matches, given as its ``segments_of``."""
        first, *others = self.runs
        if not others:
            return len(segments) == len(first) and _fits(first, segments, 0)
        *middle, last = others
        end = len(segments) - len(last)
        if len(first) > end or not _fits(last, segments, end) or not _fits(first, segments, 0):
            return False
        place: int | None = len(first)
        for run in middle:
            place = _after(run, segments, place, end)
            if place is None:
                return False
        return True


def segments_of(resource_id: str) -> tuple[str, ...]:
    """Returns what stands between the slashes of a resource id, folded, for patterns to look at."""
    return tuple(resource_id.strip().rstrip("/").lower().split("/"))


def resource_pattern(text: str) -> ResourcePattern:
    """Returns the pattern that a text stands for.

    Raises:
        ValueError: no id can match it, or it does not say clearly what it stands for.
    """
    segments = segments_of(text)
    if segments[0] not in {"", _ANY_SEGMENTS} or segments == ("",):
        msg = "an id begins with /; begin with **/ to match anywhere"
        raise ValueError(msg)
    if any(_ANY_SEGMENTS in segment and segment != _ANY_SEGMENTS for segment in segments):
        msg = "** stands for whole segments: write it between slashes"
        raise ValueError(msg)
    runs: list[list[str | re.Pattern[str]]] = [[]]
    for segment in segments:
        if segment == _ANY_SEGMENTS:
            runs.append([])
        else:
            runs[-1].append(_compiled(segment))
    return ResourcePattern(text, tuple(map(tuple, runs)))


def _compiled(segment: str) -> str | re.Pattern[str]:
    if "*" not in segment and "?" not in segment:
        return segment
    first, *others = (re.escape(piece).replace(r"\?", ".") for piece in segment.split("*"))
    if not others:
        return re.compile(first, re.DOTALL)
    # Of a fixed piece between two *, the leftmost place is as good as any: atomic groups keep the matching linear.
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    return re.compile(f"{first}{middle}.*{others[-1]}", re.DOTALL)


def _fits(run: _Run, segments: Sequence[str], start: int) -> bool:
    for place, part in enumerate(run, start):
        fits = part == segments[place] if isinstance(part, str) else part.fullmatch(segments[place])
        if not fits:
            return False
    return True


def _after(run: _Run, segments: Sequence[str], start: int | None, end: int) -> int | None:
    # Where the leftmost place of a run ends; leftmost is as good as any, because ** takes whatever is between.
    places = range(start or 0, end - len(run) + 1)
    return next((place + len(run) for place in places if _fits(run, segments, place)), None)
