"""Copy loops of resources, properties and variables (Azure documentation, ``copy-resources`` and so on, 2025-02-12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from apim_audit.core.facts.findings import Origin
from apim_audit.plan.template.frames import Frame
from apim_audit.plan.template.values import Unknown, Value, is_unknown, kind, member, written

MOST_ROUNDS = 800
"""Azure's limit of a copy loop."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A copy loop as it is written.

    Attributes:
        input: what each round makes; None for the loop of a resource, which makes the resource.
    """

    name: str
    count: Value
    input: Value = None


def loops_of(value: Mapping[str, Value]) -> list[Loop]:
    """Returns the loops that an object's ``copy`` member makes properties of; none where it is no such member."""
    _, written_loops = member(value, "copy")
    if not isinstance(written_loops, list) or not written_loops:
        return []
    found = [loop for each in written_loops if (loop := _loop(each)) is not None]
    return found if len(found) == len(written_loops) else []


def _loop(value: Value) -> Loop | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or "count" not in value:
        return None
    return Loop(str(value["name"]), value["count"], value.get("input"))


def own_loop(value: Value) -> Loop | None:
    """Returns the loop of a resource, or None where its ``copy`` is none."""
    return _loop(value)


def rounds(loop: Loop, frame: Frame, place: Origin | None, *, own: bool = False) -> list[Frame] | Unknown:
    """Returns the places of each round of a loop; ``Unknown`` where their number cannot be told."""
    count = frame.json(loop.count)
    if isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= MOST_ROUNDS:
        return list(_frames(loop, frame, count, own=own))
    if not is_unknown(count):
        shown = count if isinstance(count, int) else kind(count)
        frame.scope.shared.problem(
            place, f"copy {loop.name}: its count is {shown}, not a number from 0 to {MOST_ROUNDS}"
        )
    return Unknown(f"copy {loop.name} ({written(count)} times)")


def _frames(loop: Loop, frame: Frame, count: int, *, own: bool) -> Iterator[Frame]:
    for index in range(count):
        yield frame.in_loop(loop.name, index, own=own)
