from dataclasses import replace

import pytest

from apim_audit import run
from apim_audit.core.facts.estate import (
    AdminRules,
    Estate,
    Instance,
    InstanceKind,
    Location,
    NetworkSecurityGroup,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.core.facts.reports import RuleStack, StackRule
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.judging.judge import Options
from apim_audit.core.judging.stacks import rule_stacks
from apim_audit.core.sets.intervals import EMPTY, IntervalSet

ANY = Side(("*",))


def rule(name: str, priority: int, direction: Direction = Direction.INBOUND, **fields: object) -> SecurityRule:
    plain = SecurityRule(name, priority, direction, Access.ALLOW, "tcp", ANY, ALL_PORTS, ANY, ALL_PORTS)
    return plain._replace(**fields)  # type: ignore[arg-type]


LATE, EARLY = rule("late", 300), rule("early", 200)
GROUP = NetworkSecurityGroup("/Nsg/A", (LATE, rule("out", 100, Direction.OUTBOUND), EARLY), {})
FIRST = rule("first", 900, admin=True, access=Access.ALWAYS_ALLOW)


def network(name: str, *admin_rules: SecurityRule) -> VirtualNetwork:
    return VirtualNetwork(f"/vnet/{name}", EMPTY, admin_rules=AdminRules(admin_rules))


def subnet(group: NetworkSecurityGroup | Unreadable | None, around: VirtualNetwork | Unreadable) -> Subnet:
    return Subnet("/subnet", (), group, around)


def stacks(*subnets: Subnet | Unreadable | None, admin_rules: bool = True) -> tuple[RuleStack, ...]:
    locations = tuple(Location(str(n), n == 0, "stv2", "/subnet", each) for n, each in enumerate(subnets))
    kind, external = InstanceKind.SERVICE, VirtualNetworkType.EXTERNAL
    instance = Instance("/service", "service", "rg", "sub", kind, "Premium", external, locations)
    return rule_stacks(Estate((instance,)), admin_rules=admin_rules)


def names(stack: RuleStack) -> list[str]:
    return [each.name for each in stack.rules]


DEFAULTS_IN = ["AllowVnetInBound", "AllowAzureLoadBalancerInBound", "DenyAllInBound"]
DEFAULTS_OUT = ["AllowVnetOutBound", "AllowInternetOutBound", "DenyAllOutBound"]


def test_rules_stand_in_the_order_in_which_they_are_tried() -> None:
    (stack,) = stacks(subnet(GROUP, network("v", FIRST)))
    assert names(stack) == ["first", "early", "late", *DEFAULTS_IN, "out", *DEFAULTS_OUT]
    assert (stack.network_security_group_id, stack.virtual_network_id) == ("/Nsg/A", "/vnet/v")


def test_an_nsg_that_several_share_is_there_once() -> None:
    shouted = replace(GROUP, id="/NSG/a")
    found = stacks(subnet(GROUP, network("v")), subnet(GROUP, network("v")), subnet(shouted, network("w")))
    assert [each.network_security_group_id for each in found] == ["/Nsg/A"]


def test_behind_other_admin_rules_it_is_another_stack() -> None:
    other = subnet(GROUP, network("w", rule("second", 1, admin=True)))
    assert [names(each)[0] for each in stacks(subnet(GROUP, network("v", FIRST)), other)] == ["first", "second"]
    assert len(stacks(subnet(GROUP, network("v", FIRST)), other, admin_rules=False)) == 1


def test_admin_rules_stand_alone_where_there_is_no_nsg() -> None:
    (stack,) = stacks(subnet(None, network("v", FIRST)))
    assert names(stack) == ["first"]
    assert stack.network_security_group_id is None


@pytest.mark.parametrize("group", [None, Unreadable("/nsg/b", "it could not be read")])
def test_where_no_rule_is_known_there_is_no_stack(group: NetworkSecurityGroup | Unreadable | None) -> None:
    assert stacks(subnet(group, Unreadable("/vnet", "not read")), Unreadable("/subnet", "not read"), None) == ()


def test_what_a_rule_says_is_text() -> None:
    ports = IntervalSet.union_of([(443, 443), (6381, 6383)])
    odd = rule(
        "Odd", 100, access=Access.DENY, protocol="*", certain=False, destination_ports=ports,
        source=Side(("10.0.0.0/8", "Internet"), ("/asgs/web",)), destination=Side((), network_groups=("/groups/g",)),
    )  # fmt: skip
    (stack,) = stacks(
        subnet(replace(GROUP, rules=(odd,), unreadable={Direction.OUTBOUND: "rule x is odd"}), network("v"))
    )
    assert stack.unreadable == ("rule x is odd",)
    assert stack.rules[0] == StackRule(
        "Odd", 100, "Inbound", "Deny", "*", "10.0.0.0/8, Internet, ASG web", "*", "network group g", "443, 6381-6383",
        certain=False,
    )  # fmt: skip
    assert stack.rules[1].default


def test_a_report_has_them_only_where_they_were_asked_for() -> None:
    assert run.demo().rule_stacks == ()
    report = run.demo(Options(run.DEFAULT_BASELINE, rule_stacks=True))
    attached = {each.network_security_group_id for each in report.locations() if each.network_security_group_id}
    read = {each.network_security_group_id for each in report.rule_stacks}
    assert {each.rpartition("/")[2] for each in attached - read} == {"nsg-apim-nsg-not-readable"}
    assert read < attached
