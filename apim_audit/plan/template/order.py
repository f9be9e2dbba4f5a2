"""The order in which the parts of a deployment are written: what is depended on comes first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from apim_audit.plan.model import PlannedChange


@dataclass(frozen=True, slots=True)
class Unit:
    """A resource or a nested deployment of a template.

    Attributes:
        keys: what ``dependsOn`` may call it, folded; the first is its id.
        after: keys of what has to be there before.
        changes: makes its changes.
    """

    keys: tuple[str, ...]
    after: tuple[str, ...]
    changes: Callable[[], Sequence[PlannedChange]]


def in_order(units: Sequence[Unit]) -> list[Unit]:
    """Returns units so that each comes after what it depends on, and else as they are written; a circle is cut."""
    by_key: dict[str, list[int]] = {}
    for number, unit in enumerate(units):
        for key in unit.keys:
            by_key.setdefault(key, []).append(number)
    found: list[Unit] = []
    state = [False] * len(units)
    for number in range(len(units)):
        _visit(number, units, by_key, state, found)
    return found


def _visit(
    start: int, units: Sequence[Unit], by_key: dict[str, list[int]], state: list[bool], found: list[Unit]
) -> None:
    if state[start]:
        return
    state[start] = True
    stack = [(start, _before(units[start], by_key))]
    while stack:
        following = next((each for each in stack[-1][1] if not state[each]), None)
        if following is None:
            found.append(units[stack.pop()[0]])
        else:
            state[following] = True
            stack.append((following, _before(units[following], by_key)))


def _before(unit: Unit, by_key: dict[str, list[int]]) -> Iterator[int]:
    for key in (*_parents(unit.keys[0]), *unit.after):
        yield from by_key.get(key, ())


def _parents(identity: str) -> Iterator[str]:
    # .../virtualNetworks/v/subnets/s stands in .../virtualNetworks/v
    scope, _, tail = identity.rpartition("/providers/")
    segments = tail.split("/")
    for count in range(3, len(segments) - 1, 2):
        yield f"{scope}/providers/{'/'.join(segments[:count])}"
