"""Where a subnet's user-defined routes send traffic: the longest prefix that holds a destination decides.

A route table is a list of rules too, the longest prefix first. So the engine decides it as it decides an NSG, in every
possible world: what is not known of a tag, of the lengths of its prefixes, or of which of two routes counts is no more
guessed here than there. Routes learned by BGP cannot be read from a subnet; what is said here holds for the
user-defined and system routes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from apim_audit.core.engine.decision import Decision, Fate, decide_by
from apim_audit.core.engine.resolve import resolve_expression
from apim_audit.core.engine.search import Box, Clause, Place, Undecidable, asked
from apim_audit.core.facts.estate import Route
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.core.sets.addresses import EVERYTHING, parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold
from apim_audit.core.sets.unknowns import YES, AddressSet, Choice, Condition, Piece

_BITS = 32
_LITERAL, _REGION, _TAG, _CLOUD_REGION, _CLOUD = range(5)
_ANY_PORT = IntervalSet.point(1)
_MOST_LOOSE = 3
"""Routes by tags without data that are gone through in every world; with each more that takes ten times as long."""

Spans = tuple[tuple[int, int], ...]


class _Prefixes(NamedTuple):
    """Prefixes of one route that are of one length.

    Attributes:
        number: the route's place in the table.
        rank: what comes first: the longest prefix; of equal ones that of the narrower kind of route.
    """

    number: int
    direct: bool
    rank: tuple[int, int]
    spans: Spans

    def addresses(self) -> IntervalSet:
        return IntervalSet.union_of(self.spans)


class _Loose(NamedTuple):
    """A route whose prefixes' lengths are not known.

    Attributes:
        longer: whether they are longer than those of other routes, wherever they can be. In one world all of them are
            or none is: between the two nothing can come out better or worse.
    """

    number: int
    direct: bool
    addresses: AddressSet
    longer: Choice


def way_out(destinations: AddressSet, routes: Sequence[Route], tags: ServiceTags) -> Decision:
    """Decides by which routes destinations are reached; the numbers of rules are places in the table.

    What leaves to the Internet directly counts as allowed, anything else as missing: no rule denies it. What no route
    holds leaves by the system's own.

    Raises:
        Undecidable: a budget ran out, or too many routes name tags without data.
    """
    table = _Table.of(routes, tags, destinations.at_most())
    if len(table.loose) <= _MOST_LOOSE:
        return table.decide(destinations)
    # One direct route more never leads anything away, and one that diverts never leads anything back: where the worst
    # that is possible is fine, or the best is not, the routes left out change nothing.
    for direct, settled in ((False, Verdict.COMPLIANT), (True, Verdict.MISSING)):
        fewer = table.without_loose(destinations, direct=not direct)
        if len(fewer.loose) <= _MOST_LOOSE:
            decision = fewer.decide(destinations)
            if decision.verdicts() == {settled}:
                return decision
    raise Undecidable


def _is_direct(route: Route) -> bool:
    return fold(route.next_hop_type) == "internet"


@dataclass(frozen=True, slots=True)
class _Table:
    """A route table, the prefixes of its routes sorted by rank."""

    routes: Sequence[Route]
    fixed: Sequence[_Prefixes]
    loose: Sequence[_Loose]

    @classmethod
    def of(cls, routes: Sequence[Route], tags: ServiceTags, within: IntervalSet) -> "_Table":
        """Returns a table as far as it concerns destinations within a set."""
        fixed: list[_Prefixes] = []
        loose: list[_Loose] = []
        for number, route in enumerate(routes):
            name, direct = fold(route.prefix), _is_direct(route)
            known = _lengths(name, tags)
            for length, spans in known.items():
                concerned = tuple(span for span in spans if not within.isdisjoint(IntervalSet.span(*span)))
                if concerned:
                    fixed.append(_Prefixes(number, direct, (-length, _kind(name)), concerned))
            addresses = AddressSet(()) if known else resolve_expression(route.prefix, tags)
            if addresses.pieces:
                loose.append(_Loose(number, direct, addresses, _longer(route, addresses)))
        return cls(routes, sorted(fixed, key=lambda each: each.rank), loose)

    def without_loose(self, destinations: AddressSet, *, direct: bool) -> "_Table":
        """Returns the table without direct or diverting routes of unknown lengths, but for the destinations' own."""
        kept = [each for each in self.loose if each.direct is not direct or each.addresses == destinations]
        return _Table(self.routes, self.fixed, kept)

    def decide(self, destinations: AddressSet) -> Decision:
        """Decides by which routes destinations are reached."""
        required = [
            Box((piece.addresses, EVERYTHING, _ANY_PORT, _ANY_PORT), asked(Place.OTHER, piece.conditions))
            for piece in destinations.pieces
        ]
        fates = [Fate.ALLOWED if _is_direct(route) else Fate.DENIED_BY_DEFAULT for route in self.routes]
        system = _clause(len(self.routes), AddressSet.plain(EVERYTHING))
        return decide_by(required, (*self.clauses(), system), (*fates, Fate.ALLOWED))

    def clauses(self) -> Iterator[Clause]:
        """Yields what the routes take, in the order in which they take it."""
        for _, group in groupby(self.fixed, key=lambda each: each.rank):
            equals = list(group)
            for each in equals:
                if any(loose.direct is not each.direct for loose in self.loose):
                    yield from self._contest([_overtaking(loose, each) for loose in self.loose])
            yield from self._ties(equals)
            yield from (_whole(each) for each in equals if each.direct)
            yield from (_whole(each) for each in equals if not each.direct)
        yield from self._contest([loose.addresses for loose in self.loose])

    def _contest(self, taken: Sequence[AddressSet]) -> Iterator[Clause]:
        """Yields what routes of unknown lengths take, where any of them may be the longest."""
        entries = list(zip(self.loose, taken, strict=True))
        direct = [entry for entry in entries if entry[0].direct]
        diverting = [entry for entry in entries if not entry[0].direct]
        for loose, addresses in diverting:
            rivals = [rival for rival, theirs in direct if not theirs.at_most().isdisjoint(addresses.at_most())]
            if rivals:
                condition = self._is_first(loose, rivals[0])
                yield from _pieces(loose.number, addresses.under(condition))
        for loose, addresses in (*direct, *diverting):
            yield from _pieces(loose.number, addresses)

    def _is_first(self, diverting: _Loose, direct: _Loose) -> Condition:
        one, other = (fold(self.routes[each.number].prefix) for each in (diverting, direct))
        return self._counts(direct.number, diverting.number) if one == other else (diverting.longer, YES)

    def _ties(self, equals: Sequence[_Prefixes]) -> Iterator[Clause]:
        """Yields what one route takes where it counts, and not another one with an equal prefix."""
        for diverting in equals:
            for direct in equals:
                shared = tuple(set(diverting.spans) & set(direct.spans))
                if shared and direct.direct and not diverting.direct:
                    condition = self._counts(direct.number, diverting.number)
                    taken = AddressSet.plain(IntervalSet.union_of(shared)).under(condition)
                    yield _clause(diverting.number, taken)

    def _counts(self, direct: int, diverting: int) -> Condition:
        names = [f"`{self.routes[number].name}`" for number in (direct, diverting)]
        question = f"the routes {' and '.join(names)} have a prefix in common: which of them counts?"
        answers = (f"the route {names[0]} counts", f"the route {names[1]} counts")
        return Choice(f"which counts of routes {direct} and {diverting}", question, answers), YES


def _overtaking(loose: _Loose, other: _Prefixes) -> AddressSet:
    """Returns what a route of unknown lengths takes of prefixes of another one, being longer there."""
    at_most = loose.addresses.at_most()
    # A prefix that sticks out of all that the tag can hold is none of the tag's, nor a part of one.
    certain = IntervalSet.union_of(span for span in other.spans if not IntervalSet.span(*span) <= at_most)
    surely = _within(loose.addresses, certain)
    length, kind = other.rank
    if kind == _LITERAL and -length == _BITS:
        return surely  # nothing is longer, and of equal prefixes the literal one wins
    perhaps = _within(loose.addresses, other.addresses() - certain).under((loose.longer, YES))
    return AddressSet((*surely.pieces, *perhaps.pieces))


def _within(addresses: AddressSet, bounds: IntervalSet) -> AddressSet:
    clipped = (Piece(piece.addresses & bounds, piece.conditions) for piece in addresses.pieces)
    return AddressSet(tuple(piece for piece in clipped if piece.addresses))


def _whole(prefixes: _Prefixes) -> Clause:
    return _clause(prefixes.number, AddressSet.plain(prefixes.addresses()))


def _clause(number: int, addresses: AddressSet) -> Clause:
    return next(_pieces(number, addresses))


def _pieces(number: int, addresses: AddressSet) -> Iterator[Clause]:
    for piece in addresses.pieces:
        box = Box((piece.addresses, EVERYTHING, _ANY_PORT, _ANY_PORT), asked(Place.OTHER, piece.conditions))
        yield Clause(number, allow=True, box=box)  # what it does is told by its fate; none is looked for behind it


def _longer(route: Route, addresses: AddressSet) -> Choice:
    doubts = (unknown.question for piece in addresses.pieces for unknown, _ in piece.conditions)
    question = next(doubts, f"how long are the prefixes of {route.prefix}?")
    answers = tuple(
        f"the prefixes of {route.prefix} are {how} than those of other routes" for how in ("shorter", "longer")
    )
    return Choice(f"length of {fold(route.prefix)}", question, answers)


def _kind(name: str) -> int:
    """Returns the kind of a route; of equal prefixes the kind that comes first wins.

    Source: Azure documentation, virtual-networks-udr-overview, service tags for user-defined routes, "Exact match".
    """
    if parse_span(name) is not None:
        return _LITERAL
    service, dot, _ = name.partition(".")
    if service == "azurecloud":
        return _CLOUD_REGION if dot else _CLOUD
    return _REGION if dot else _TAG


def _lengths(name: str, tags: ServiceTags) -> dict[int, Spans]:
    """Returns the prefixes that a route stands for by length, where they are known."""
    span = parse_span(name)
    if span is not None:
        return {_length(span): (span,)}
    return _by_length(tags.prefixes.get(name, ()))


@lru_cache(maxsize=64)
def _by_length(prefixes: tuple[str, ...]) -> dict[int, Spans]:
    found: dict[int, list[tuple[int, int]]] = {}
    for text in dict.fromkeys(prefixes):
        span = parse_span(text.strip())
        if span is not None:
            found.setdefault(_length(span), []).append(span)
    return {length: tuple(spans) for length, spans in found.items()}


def _length(span: tuple[int, int]) -> int:
    return _BITS + 1 - (span[1] - span[0] + 1).bit_length()
