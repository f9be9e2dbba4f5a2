"""The Allow rules of an NSG by what a near miss is looked for with: direction, and the words that they name."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from apim_audit.core.facts.rules import Access, Direction, SecurityRule
from apim_audit.core.sets.tags import fold

_ALLOW = Access.ALLOW


@dataclass(frozen=True, slots=True)
class Candidates:
    """The rules of an NSG that certainly stand and allow.

    Attributes:
        rules: all custom rules of the NSG, in the order in which they are written.
        directed: positions of those that allow, by direction.
        sources: positions of those that allow, by each expression of their source, folded; destinations likewise.
    """

    rules: Sequence[SecurityRule]
    directed: Mapping[Direction, Sequence[int]]
    sources: Mapping[str, Sequence[int]]
    destinations: Mapping[str, Sequence[int]]

    def naming(self, peer: tuple[str, ...], direction: Direction) -> set[int]:
        """Returns the positions of rules that name an end, where flows of that direction have it.

        Args:
            peer: the end's names; a regional tag is named by its whole tag too.
            direction: what the direction of the flows is, whatever that of the rules.
        """
        words = self.sources if direction is Direction.INBOUND else self.destinations
        found: set[int] | None = None
        for name, whole in _folded_names(peer):
            here = {*words.get(name, ()), *words.get(whole, ())}
            found = here if found is None else found & here
            if not found:
                break
        return found or set()


@lru_cache(maxsize=1024)
def _folded_names(peer: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Returns each name of an end with the name of the tag that it is a region of, or itself."""
    return tuple((name, name.partition(".")[0]) for name in map(fold, peer))


def candidates_of(rules: Sequence[SecurityRule]) -> Candidates:
    """Returns the rules that a near miss can be among."""
    allowing = [(at, rule) for at, rule in enumerate(rules) if rule.access is _ALLOW and rule.certain]
    directed = {wanted: [at for at, rule in allowing if rule.direction is wanted] for wanted in Direction}
    sources = _by_word((at, rule.source.expressions) for at, rule in allowing)
    destinations = _by_word((at, rule.destination.expressions) for at, rule in allowing)
    return Candidates(rules, directed, sources, destinations)


def _by_word(written: Iterable[tuple[int, tuple[str, ...]]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for at, expressions in written:
        for text in expressions:
            if "/" not in text:  # the end of a requirement is named by a word or an address, never by a prefix
                found.setdefault(fold(text), []).append(at)
    return found
