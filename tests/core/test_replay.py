"""The plain evaluator, for itself: against the simulator where all is known, and word by word where it is not."""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from random import Random

import pytest

from apim_audit.core.engine.replay import PlainFlow, Surroundings, replay
from apim_audit.core.engine.rulesets import ruleset_of
from apim_audit.core.facts.estate import (
    Peering,
    Route,
    RouteTable,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.core.facts.rules import ALL_PORTS, Access, Direction, SecurityRule, Side
from apim_audit.core.sets.addresses import PROBE
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from tests.core.locations import NO_DATA, TAGS, Site, outbound, tags_with_data
from tests.laws import simulator
from tests.laws.random_nsgs import random_case
from tests.laws.simulator import ends, in_order
from tests.laws.test_boxes import site_of
from tests.laws.translation import addresses, network, security_rule

OWN, PROBE_ADDRESS = int(IPv4Address("10.0.1.5")), PROBE.first()
VNET = network(("10.0.0.0/16",))
SUBNET = Subnet("subnet", (ends("10.0.1.0/24"),), None, VNET)


def at(text: str) -> int:
    return int(IPv4Address(text))


@dataclass(frozen=True)
class Question:
    """Whether a rule that names one thing at its other end matches an address there."""

    said: str | Side
    tags: object = NO_DATA
    subnet: Subnet = SUBNET
    of_other: dict[str, int] = field(default_factory=dict)
    of_world: dict[str, int] = field(default_factory=dict)
    on_premises: IntervalSet | None = None
    direction: Direction = Direction.INBOUND

    def has(self, address: str | int) -> bool:
        where = at(address) if isinstance(address, str) else address
        flow = PlainFlow(self.direction, "Tcp", OWN, where, 1024, 443)
        around = Surroundings(self.subnet, self.tags, {}, self.of_other, self.of_world, self.on_premises)  # type: ignore[arg-type]
        return replay(flow, [self.rule()], around) is not None

    def rule(self) -> SecurityRule:
        other = self.said if isinstance(self.said, Side) else Side((self.said,))
        own = Side(("*",))
        sides = (other, own) if self.direction is Direction.INBOUND else (own, other)
        return made("Rule", sides=sides, direction=self.direction)


def made(
    name: str,
    priority: int = 100,
    access: Access = Access.ALLOW,
    sides: tuple[Side, Side] = (Side(("*",)), Side(("*",))),
    direction: Direction = Direction.INBOUND,
) -> SecurityRule:
    return SecurityRule(name, priority, direction, access, "tcp", sides[0], ALL_PORTS, sides[1], ALL_PORTS)


def packets(random: Random, edges: list[int], count: int) -> list[tuple[int, int, int, int]]:
    ports = [0, 1, 442, 443, 444, 1023, 1024, 1433, 3443, 6381, 6383, 6390, 65535]
    return [
        (random.choice(edges), random.choice(edges), random.choice(ports), random.choice(ports)) for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_any_packet_is_decided_by_the_rule_that_the_simulator_names(seed: int) -> None:
    random = Random(seed)
    case = random_case(random)
    subnet = Subnet("subnet", tuple(map(ends, case.subnets)), None, case.network())
    site = site_of(subnet, case.tags(), case.regions)
    around = Surroundings(subnet, site.tags, {}, {}, {})
    for direction in Direction:
        rules = ruleset_of([security_rule(rule) for rule in case.rules], direction, site.resolver).rules
        ordered = in_order(case.rules, direction.value)
        sides = {side for rule in ordered for side in (rule.sources, rule.destinations)}
        firsts = {edge for side in sides for edge in case.around.edges_of_side(side)}
        edges = sorted(edge for edge in firsts if edge <= simulator.LAST_ADDRESS)
        edges += [edge - 1 for edge in edges if edge]
        for own, other, source_port, port in packets(random, edges, 200):
            ends_of = (other, own) if direction is Direction.INBOUND else (own, other)
            packet = simulator.Packet("Tcp", ends_of[0], source_port, ends_of[1], port)
            found = replay(PlainFlow(direction, "Tcp", own, other, source_port, port), rules, around)
            assert found is not None
            assert found.name == simulator.first_match(ordered, packet, case.around).name


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("10.1.2.3", ["10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
        ("10.1.2.3/24", ["10.1.2.0", "10.1.2.255"], ["10.1.1.255", "10.1.3.0"]),
        ("10.1.2.3/32", ["10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
        ("0.0.0.0/0", ["0.0.0.1", "255.255.255.255"], []),
        ("128.0.0.0/1", ["128.0.0.0", "255.255.255.255"], ["127.255.255.255"]),
        ("10.1.2.3 - 10.1.2.5", ["10.1.2.3", "10.1.2.5"], ["10.1.2.2", "10.1.2.6"]),
        ("fd00::/8", [], ["0.0.0.0", "0.0.0.1", "253.0.0.0"]),  # noqa: S104  (no socket)
        ("fd00::1-fd00::2", [], ["0.0.0.0", "0.0.0.1"]),  # noqa: S104  (no socket)
        (" ANY ", ["0.0.0.1", "255.255.255.255"], []),
        ("AzureLoadBalancer", ["168.63.129.16"], ["168.63.129.15", "168.63.129.17"]),
        ("VirtualNetwork", ["10.0.0.0", "10.0.255.255", "168.63.129.16"], ["10.1.0.0", "20.0.0.1"]),
        ("Internet", ["20.0.0.1"], ["10.0.0.1", "10.9.0.1", "168.63.129.16"]),
        ("AzurePlatformDNS", [], ["168.63.129.16", "20.0.0.1"]),
        ("AzurePlatformIMDS", [], ["169.254.169.254"]),
        ("AzurePlatformLKM", [], ["20.0.0.1"]),
    ],
)
def test_an_expression_has(text: str, inside: list[str], outside: list[str]) -> None:
    name = text.strip().lower()
    question = Question(text, of_other={f"word {name}": 1, f"tag {name}": 1})  # what is known is not asked
    assert [question.has(address) for address in inside] == [True] * len(inside)
    assert [question.has(address) for address in outside] == [False] * len(outside)


@pytest.mark.parametrize("text", ["20.60.0.9-20.60.0.1", "10.61.0.0/08", "10.61.0.0/255.255.0.0"])
def test_what_only_looks_like_addresses_is_in_doubt_and_its_witness_is_confirmed(text: str) -> None:
    odd = outbound(text, "443", name="Odd", priority=100, access="Deny")
    check = Site((odd, outbound("Storage", "443"))).check("storage")
    assert (check.verdict, text in check.message) == ("unknown", True)
    assert check.evidence.witness is not None
    assert check.evidence.witness.decided_by == "Odd"


GROUP = Side((), groups=("/asg/Web",))
UNREAD = Subnet("subnet", (ends("10.0.1.0/24"),), None, Unreadable("/VNet/x", "not read"))
ROUTED = replace(SUBNET, route_table=RouteTable("/rt/a", (Route("R", "20.0.0.0/8", "VirtualAppliance"),)))
UNREAD_ROUTES = replace(SUBNET, route_table=Unreadable("/RT/b", "not read"))
PEERED = replace(
    SUBNET, virtual_network=replace(VNET, peerings=(Peering("P", EMPTY, addresses(("10.7.0.0/16",)), "in doubt"),))
)
GATEWAY = replace(SUBNET, virtual_network=replace(VNET, gateway="a gateway"))
ENTERING = "route r 20.0.0.0/8 in VirtualNetwork"
LEAVING = "route r 20.0.0.0/8 out of Internet"
OPEN_QUESTIONS = {
    "a word that is no tag": (Question("Storrage"), "20.0.0.1", {"word storrage": 1}, {}),
    "a prefix of a length that there is not": (Question("10.1.2.0/33"), "10.1.2.0", {"word 10.1.2.0/33": 1}, {}),
    "a range of which one end is no address": (Question("fd00::1-fd"), "20.0.0.1", {"word fd00::1-fd": 1}, {}),
    "a range of three ends": (
        Question("fd00::1-fd00::2-fd00::3"),
        "20.0.0.1",
        {"word fd00::1-fd00::2-fd00::3": 1},
        {},
    ),
    "a tag without data": (Question("Storage"), "20.0.0.1", {"tag storage": 1}, {}),
    "a side that names nothing": (Question(Side(())), "20.0.0.1", {"side of Inbound 100 rule True": 1}, {}),
    "a security group": (Question(GROUP), "10.0.2.1", {"group /asg/web": 1}, {}),
    "a network group": (
        Question(Side((), network_groups=("/NG/a", "/NG/b"))),
        "20.0.0.1",
        {"network group /ng/b": 1},
        {},
    ),
    "the space of a VNet that was not read": (
        Question("VirtualNetwork", subnet=UNREAD),
        "10.9.0.1",
        {"space of /vnet/x": 1},
        {},
    ),
    "what a VNet that was not read announces": (
        Question("VirtualNetwork", subnet=UNREAD),
        "10.9.0.1",
        {"on-premises at /vnet/x": 1},
        {},
    ),
    "a peering in doubt": (Question("VirtualNetwork", subnet=PEERED), "10.7.0.1", {"peering p": 1}, {}),
    "what a gateway announces": (Question("VirtualNetwork", subnet=GATEWAY), "10.9.0.1", {"on-premises": 1}, {}),
    "a route": (Question("VirtualNetwork", subnet=ROUTED), "20.0.0.1", {}, {ENTERING: 1}),
    "routes that were not read": (Question("VirtualNetwork", subnet=UNREAD_ROUTES), "20.0.0.1", {"in /rt/b": 1}, {}),
}


@pytest.mark.parametrize(("question", "address", "of_other", "of_world"), OPEN_QUESTIONS.values(), ids=OPEN_QUESTIONS)
def test_what_is_open_is_answered_no_until_something_else_is_assumed(
    question: Question, address: str, of_other: dict[str, int], of_world: dict[str, int]
) -> None:
    assert not question.has(address)
    assert replace(question, of_other=of_other, of_world=of_world).has(address)


def test_where_nothing_can_be_announced_assuming_it_changes_nothing() -> None:
    assert not Question("VirtualNetwork", of_other={"on-premises": 1}).has("10.9.0.1")


def test_what_the_user_says_is_announced_counts_before_what_is_assumed() -> None:
    said = addresses(("10.9.0.0/16",))
    question = Question("VirtualNetwork", subnet=GATEWAY, on_premises=said, of_other={"on-premises": 1})
    assert question.has("10.9.0.1")
    assert not question.has("10.8.0.1")


def test_a_route_leads_out_of_the_internet_unless_it_is_half_of_it() -> None:
    out = Question("Internet", direction=Direction.OUTBOUND, subnet=ROUTED)
    assert out.has("20.0.0.1")
    assert not replace(out, of_world={LEAVING: 1}).has("20.0.0.1")
    assert replace(out, of_world={LEAVING: 1}).has("21.0.0.1")


@pytest.mark.parametrize(
    ("prefix", "leads_out"), [("0.0.0.0/1", False), ("0.0.0.0/2", True), ("::/0", False), ("AzureCloud", True)]
)
def test_how_wide_a_route_may_be_to_lead_out_of_the_internet(prefix: str, leads_out: bool) -> None:  # noqa: FBT001
    table = RouteTable("/rt/a", (Route("R", prefix, "VirtualAppliance"),))
    world = {f"route r {prefix.lower()} out of Internet": 1}
    subnet = replace(SUBNET, route_table=table)
    question = Question("Internet", tags_with_data(), subnet, direction=Direction.OUTBOUND, of_world=world)
    assert question.has("20.0.0.1") is not leads_out


def test_routes_that_were_not_read_may_lead_out_of_the_internet() -> None:
    out = Question("Internet", direction=Direction.OUTBOUND, subnet=UNREAD_ROUTES)
    assert out.has("20.0.0.1")
    assert not replace(out, of_other={"out /rt/b": 1}).has("20.0.0.1")


def test_the_subnet_is_in_its_own_space_also_where_the_vnet_was_not_read_or_lacks_it() -> None:
    apart = replace(SUBNET, prefixes=(ends("10.9.0.0/24"), ends("10.8.0.0/24")))
    for subnet in (apart, replace(apart, virtual_network=UNREAD.virtual_network)):
        question = Question("VirtualNetwork", subnet=subnet)
        assert question.has("10.9.0.0")
        assert question.has("10.8.0.255")
        assert not question.has("10.7.0.1")


def test_only_private_addresses_and_never_the_probe_are_in_a_security_group() -> None:
    answered = {"group /asg/web": 1}
    assert not Question(GROUP, of_other=answered).has("20.0.0.1")
    assert not Question(GROUP, of_other=answered, subnet=replace(SUBNET, prefixes=((0, 2**32 - 1),))).has(PROBE_ADDRESS)
    both = Side((), groups=("/asg/Db", "/asg/Web"))
    assert Question(both, of_other=answered).has("10.0.2.1")


def test_tags_with_data_are_what_the_data_says() -> None:
    tags = tags_with_data()
    assert Question("Storage.WestEurope", tags).has("20.60.0.0")
    assert not Question("Storage.WestEurope", tags, of_other={"tag storage.westeurope": 1}).has("20.60.16.0")


NAMES = {
    **{name: TAGS[name] for name in ("Sql", "Sql.WestEurope")},
    "AzureMonitor.WestEurope": ("20.90.0.0/20",),
    "EventHub.Core": ("20.102.0.0/24",),
}


@pytest.mark.parametrize(
    ("tag", "address", "answer", "has"),
    [
        ("AzureKeyVault", "10.0.0.1", 1, False),  # a tag holds public addresses only
        ("AzureKeyVault", "20.0.0.1", 1, True),
        ("Sql.NorthEurope", "20.70.0.1", 1, False),  # in another region of the same tag
        ("Sql.NorthEurope", "20.70.16.1", 1, True),
        ("Sql.NorthEurope", "20.71.0.1", 1, False),  # not in the whole tag
        ("Sql.NorthEurope", "20.70.16.1", 0, False),
        ("AzureMonitor", "20.90.0.1", 0, True),  # in one of its regions
        ("AzureMonitor", "20.91.0.1", 0, False),
        ("AzureMonitor", "20.91.0.1", 1, True),
        ("AzureMonitor.Core", "20.90.0.1", 1, True),  # no region: it may overlap those
        ("AzureMonitor.Core", "20.90.0.1", 0, False),
        ("EventHub", "20.102.0.1", 0, False),
        ("EventHub.WestEurope", "20.102.0.1", 1, True),
    ],
)
def test_a_tag_without_data_among_tags_with_data(tag: str, address: str, answer: int, has: bool) -> None:  # noqa: FBT001
    tags = tags_with_data(NAMES)
    names = {**tags.names, **{name.lower(): name for name in ("Sql.NorthEurope", "AzureMonitor.Core")}}
    question = Question(tag, replace(tags, names=names), of_other={f"tag {tag.lower()}": answer})
    assert question.has(address) is has


def decided(rules: list[SecurityRule], **world: int) -> str | None:
    flow = PlainFlow(Direction.INBOUND, "Tcp", OWN, at("20.0.0.1"), 1024, 443)
    answers = {name.replace("_", " "): answer for name, answer in world.items()}
    found = replay(flow, rules, Surroundings(SUBNET, NO_DATA, {}, {}, answers))
    return None if found is None else found.name


def test_a_rule_that_is_perhaps_there_is_not_until_that_is_assumed() -> None:
    perhaps = made("Perhaps")._replace(certain=False)
    assert decided([perhaps]) is None
    assert decided([perhaps], presence_of_Inbound_100_perhaps=1) == "Perhaps"


def test_rules_of_one_priority_are_tried_in_the_order_that_is_assumed() -> None:
    tied = [made("A"), made("B"), made("C", 200)]
    assert decided(tied) == "A"
    assert decided(tied, order_of_Inbound_100=1) == "B"


def test_only_rules_of_the_same_kind_are_tied() -> None:
    admin = made("Admin")._replace(admin=True, access=Access.DENY)
    default = made("Default", 100)._replace(default=True)
    assert decided([admin, made("Custom"), default], order_of_Inbound_100=1) == "Admin"
    assert decided([made("Custom"), default], order_of_Inbound_100=1) == "Custom"


def admin(name: str, access: Access, priority: int = 1) -> SecurityRule:
    return made(name, priority, access)._replace(admin=True)


def test_an_admin_rule_that_allows_leaves_the_rest_to_the_nsg_and_no_other_admin_rule_counts() -> None:
    rules = [admin("Lets", Access.ALLOW, 1), admin("Drops", Access.DENY, 2), made("Custom")]
    assert decided(rules) == "Custom"
    assert decided(rules[1:]) == "Drops"
    assert decided([admin("Always", Access.ALWAYS_ALLOW), made("Custom")]) == "Always"


@pytest.mark.parametrize(
    ("answer", "dropped", "always"), [(0, "Custom", "Custom"), (1, "Custom", "Rule"), (2, "Rule", "Rule")]
)
def test_how_far_admin_rules_apply_is_what_is_assumed(answer: int, dropped: str, always: str) -> None:
    world = {"admin rules apply": answer}
    flow = PlainFlow(Direction.INBOUND, "Tcp", OWN, at("20.0.0.1"), 1024, 443)
    around = Surroundings(SUBNET, NO_DATA, {}, {}, world)
    for access, name in ((Access.DENY, dropped), (Access.ALWAYS_ALLOW, always)):
        found = replay(flow, [admin("Rule", access), made("Custom")], around)
        assert found is not None
        assert found.name == name


def test_the_last_address_of_a_vnet_that_is_unlike_the_subnet_counts() -> None:
    assert isinstance(SUBNET.virtual_network, VirtualNetwork)
    assert Question("VirtualNetwork").has("10.0.255.255")
