"""An NSG's rules of one direction in the order in which they are tried, as clauses for the engine."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, product
from operator import attrgetter

from apim_audit.core.engine.resolve import Resolver, is_pinning
from apim_audit.core.engine.search import Box, Clause, Place, Undecidable, asked
from apim_audit.core.facts.rules import ALL_PORTS, DEFAULT_RULES, Access, Direction, SecurityRule, Side, tied_orders
from apim_audit.core.sets.addresses import EVERYTHING
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import YES, Choice, Condition

_ALLOW, _DENY, _ALWAYS_ALLOW = Access.ALLOW, Access.DENY, Access.ALWAYS_ALLOW
_stage_and_priority = attrgetter("priority", "admin", "default")


Standing = tuple[int, tuple[Condition, ...]]
"""A rule's number and the conditions under which it stands at this place in the order."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one direction.

    Attributes:
        rules: admin rules, custom rules by priority, then the default ones.
        order: the order in which they are tried; rules of equal priority stand at several places.
        resolver: resolves their sides.
        own: the addresses at the subnet's end that are asked of: rules that have none of them make no clauses.
    """

    rules: tuple[SecurityRule, ...]
    order: tuple[Standing, ...]
    resolver: Resolver
    own: IntervalSet = EVERYTHING
    _made: dict[Standing, tuple[Clause, ...]] = field(default_factory=dict)

    def clauses_of(self, protocol: str, ports: IntervalSet = ALL_PORTS) -> Iterator[Clause]:
        """Yields the clauses that concern a protocol, given as ARM writes it, and perhaps some destination ports."""
        made = self._made
        for standing in self._concerned(protocol, ports):
            # Made when they are first asked for: most rules of an NSG concern no requirement.
            clauses = made.get(standing)
            if clauses is None:
                number, conditions = standing
                clauses = made[standing] = tuple(self._clauses(number, conditions))
            yield from clauses

    def _clauses(self, number: int, conditions: tuple[Condition, ...]) -> Iterator[Clause]:
        rule = self.rules[number]
        own = [piece for piece in self.resolver.own_side(rule).pieces if not piece.addresses.isdisjoint(self.own)]
        # An NSG serves many subnets: the other side of what concerns none of this one need not be resolved.
        other = self.resolver.other_side(rule).pieces if own else ()
        allow = rule.access is not _DENY
        passes = rule.admin and rule.access is _ALLOW
        if rule.admin or not rule.certain:
            conditions = (*conditions, *_standing_conditions(rule, self.resolver.space.admin_exemption))
        world = asked(Place.WORLD, conditions) if conditions else ()
        for there in other:
            for here in own:
                sets = (there.addresses, here.addresses, rule.source_ports, rule.destination_ports)
                hangs_on = world
                if there.conditions or here.conditions:
                    hangs_on = (*asked(Place.OTHER, there.conditions), *asked(Place.OWN, here.conditions), *world)
                yield Clause(number, allow, Box(sets, hangs_on), passes, 0 if rule.admin else 1)

    def _concerned(self, protocol: str, ports: IntervalSet) -> Iterator[Standing]:
        rules, wanted = self.rules, ("*", protocol.lower())
        low, high = ports.bounds[0], ports.bounds[-1]
        for standing in self.order:
            rule = rules[standing[0]]
            there = rule.destination_ports.bounds
            # By the ends alone: what has only ports in between is told apart where it is cut to the required flows.
            if rule.protocol in wanted and there and there[0] < high and low < there[-1]:
                yield standing

    def concerning(self, protocol: str, ports: IntervalSet) -> "Ruleset":
        """Returns the ruleset without rules that concern another protocol, or surely none of some destination ports."""
        return Ruleset(self.rules, tuple(self._concerned(protocol, ports)), self.resolver, self.own, self._made)

    def seen_from(self, own: IntervalSet) -> "Ruleset":
        """Returns the ruleset for flows that have addresses of a set at the subnet's end, and no others."""
        return Ruleset(self.rules, self.order, self.resolver, own)

    def with_change(self, rule: SecurityRule, changed: SecurityRule) -> "Ruleset":
        """Returns the ruleset with one rule changed, standing where its priority puts it.

        Args:
            rule: the rule to leave out; it need not be in the ruleset.
            changed: what to put in.
        """
        rest = [standing for standing in self.order if self.rules[standing[0]] is not rule]
        place = next((i for i, (number, _) in enumerate(rest) if not self.comes_before(number, changed)), len(rest))
        order = (*rest[:place], (len(self.rules), ()), *rest[place:])
        return Ruleset((*self.rules, changed), order, self.resolver, self.own, self._made.copy())

    def comes_before(self, number: int, changed: SecurityRule) -> bool:
        """Tells whether a rule, by its number, stays ahead of a custom rule that is put in."""
        rule = self.rules[number]
        return not rule.default and (rule.admin or rule.priority <= changed.priority)

    def pins(self, number: int) -> bool:
        """Tells whether a rule lets through what it decides, and its other end is written in addresses only.

        An admin Allow decides nothing, so that it cannot; no default rule is written in addresses.
        """
        rule = self.rules[number]
        lets_through = _ALWAYS_ALLOW if rule.admin else _ALLOW
        return rule.access is lets_through and not rule.default and is_pinning(rule.other_side())


def in_order(
    rules: Iterable[SecurityRule], direction: Direction, defaults: Iterable[SecurityRule] = DEFAULT_RULES
) -> tuple[SecurityRule, ...]:
    """Returns the rules of a direction by priority: admin rules first, default ones last; equal priorities by name."""
    custom = [rule for rule in rules if rule.direction is direction]
    custom.sort(key=lambda rule: (not rule.admin, rule.priority, rule.name.lower()))
    return (*custom, *(rule for rule in defaults if rule.direction is direction))


def without_nsg(direction: Direction, access: Access) -> SecurityRule:
    """Returns what stands in the place of an NSG's rules where a subnet has none."""
    return _stand_in("(no NSG)", direction, access)._replace(default=True)


def unread_nsg(direction: Direction, why: str) -> tuple[SecurityRule, SecurityRule]:
    """Returns what stands in the place of an NSG of which nothing is known: perhaps it lets everything through.

    Whatever it lets through lies between everything and nothing. They are no default rules: that everything is allowed
    explicitly is possible too.

    Args:
        direction: the direction.
        why: what would help, as a phrase.
    """
    letting = _stand_in(why, direction, _ALLOW)._replace(priority=65499, certain=False)
    return letting, _stand_in(why, direction, _DENY)


def _stand_in(name: str, direction: Direction, access: Access) -> SecurityRule:
    everything = Side(("*",))
    return SecurityRule(
        name, 65500, direction, access, "*", everything, ALL_PORTS, everything, ALL_PORTS, stand_in=True
    )


def order_choice(priority: int, direction: Direction, tied: Sequence[SecurityRule]) -> Choice:
    """Returns the unknown "in which order are rules of equal priority tried": answer i is the i-th permutation."""
    names = " and ".join(f"`{rule.name}`" for rule in tied)
    return Choice(
        f"order of {'admin ' if tied[0].admin else ''}{direction} {priority}",
        f"{names} have the same priority ({priority}): which comes first?",
        tuple(f"`{order[0].name}` comes before `{order[1].name}`" for order in tied_orders(tied)),
    )


def presence_choice(rule: SecurityRule) -> Choice:
    """Returns the unknown "is this rule there", for one whose provisioningState is not Succeeded.

    Of a stand-in for an NSG it is whether the NSG lets through what comes to it; its name says what would tell.
    """
    name = f"presence of {'admin ' if rule.admin else ''}{rule.direction} {rule.priority} {rule.name.lower()}"
    if rule.stand_in:
        return Choice(name, rule.name, ("the NSG lets nothing through", "the NSG lets through what comes to it"))
    return Choice(
        name,
        f"is `{rule.name}` in force? Its provisioningState is not Succeeded",
        (f"`{rule.name}` is not in force", f"`{rule.name}` is in force"),
    )


def exemption_choice(exemption: str) -> Choice:
    """Returns the unknown "do admin rules apply", for a VNet that is exempt unless the network manager says otherwise.

    Source: security admin rules in Azure Virtual Network Manager (2023-05-10): VNets with a SQL managed instance or a
    Databricks workspace are left out unless applyOnNetworkIntentPolicyBasedServices says so.
    """
    return Choice(
        "admin rules apply",
        f"do admin rules apply to the VNet? {exemption}",
        (
            "admin rules do not apply to the VNet",
            "only admin rules that allow apply to the VNet",
            "admin rules apply to the VNet",
        ),
    )


def ruleset_of(
    rules: Iterable[SecurityRule],
    direction: Direction,
    resolver: Resolver,
    defaults: Iterable[SecurityRule] = DEFAULT_RULES,
) -> Ruleset:
    """Returns the ruleset of a direction as seen from the resolver's subnet.

    Args:
        rules: custom rules and admin rules of any direction.
        direction: the direction.
        resolver: resolves their sides.
        defaults: what follows them.

    Raises:
        Undecidable: so many rules share a priority that their orders cannot be gone through.
    """
    ordered = in_order(rules, direction, defaults)
    places = list(map(_stage_and_priority, ordered))
    if len(set(places)) == len(places):
        return Ruleset(ordered, tuple((number, ()) for number in range(len(ordered))), resolver)
    order: list[Standing] = []
    for (priority, _, default), group in groupby(enumerate(ordered), key=lambda item: places[item[0]]):
        tied = list(group)
        if default or len(tied) == 1:
            order += [(number, ()) for number, _ in tied]
        else:
            order += _tied_order(priority, direction, tied)
    return Ruleset(ordered, tuple(order), resolver)


def _tied_order(priority: int, direction: Direction, tied: Sequence[tuple[int, SecurityRule]]) -> Iterator[Standing]:
    rules = [rule for _, rule in tied]
    try:
        orders = tied_orders(rules)
    except ValueError:
        raise Undecidable from None
    choice = order_choice(priority, direction, rules)
    # Each rule stands at each place, under the orders that put it there.
    for place, (number, rule) in product(range(len(tied)), tied):
        mask = sum(1 << answer for answer, order in enumerate(orders) if order[place] is rule)
        yield number, ((choice, mask),)


def _standing_conditions(rule: SecurityRule, exemption: str) -> Iterator[Condition]:
    """Yields what has to hold for a rule to be in force."""
    if not rule.certain:
        yield presence_choice(rule), YES
    if rule.admin and exemption:
        yield exemption_choice(exemption), 0b100 if rule.access is _DENY else 0b110
