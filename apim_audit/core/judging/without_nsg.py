"""What stands in the place of an NSG that a subnet does not have, or that could not be read."""

from collections.abc import Sequence

from apim_audit.core.engine.rulesets import Ruleset, ruleset_of, unread_nsg, without_nsg
from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.facts.rules import Access, Direction, SecurityRule
from apim_audit.core.judging.required import Site


def why_unread(site: Site, direction: Direction) -> str:
    """Returns why the NSG's rules of a direction are not known, or an empty text."""
    nsg = site.subnet.nsg
    if isinstance(nsg, Unreadable):
        return nsg.message
    return "" if nsg is None else nsg.unreadable.get(direction, "")


def with_stand_ins(rules: Sequence[SecurityRule], direction: Direction, model: NetworkModel, site: Site) -> Ruleset:
    """Returns the ruleset of a direction, with stand-ins where the subnet has no NSG or its rules are not known.

    On every network model a rule has the same number.
    """
    resolver = site.resolver
    unread = why_unread(site, direction)
    if unread:
        admin = [rule for rule in rules if rule.admin]
        return ruleset_of(admin, direction, resolver, unread_nsg(direction, unread))
    if site.subnet.nsg is not None:
        return ruleset_of(rules, direction, resolver)
    if _load_balancer_drops(direction, model):
        return ruleset_of(map(_passed_on, rules), direction, resolver, (without_nsg(direction, Access.DENY),))
    return ruleset_of(rules, direction, resolver, (without_nsg(direction, Access.ALLOW),))


def _load_balancer_drops(direction: Direction, model: NetworkModel) -> bool:
    """Tells whether the load balancer passes nothing without an NSG.

    Source: API Management virtual network reference (2025-06-17): on stv2 an NSG must be attached.
    """
    return direction is Direction.INBOUND and model is NetworkModel.STV2


def _passed_on(rule: SecurityRule) -> SecurityRule:
    """Returns an admin rule as it works where the load balancer drops what comes behind the admin rules.

    AlwaysAllow skips the NSG, and here it is the load balancer that drops. All that is left of it is that it spares its
    flows the admin rules that come later, as an Allow does.
    """
    return rule._replace(access=Access.ALLOW) if rule.access is Access.ALWAYS_ALLOW else rule
