"""Hypothesis strategies for small NSGs before two requirements, one inbound and one outbound."""

from dataclasses import replace

from hypothesis import strategies as st

from apim_audit.core.facts.requirements import Peer, PeerKind
from tests.laws.random_nsgs import Case
from tests.laws.simulator import PlainRule, Surroundings
from tests.laws.translation import row

AROUND = Surroundings(
    ("10.0.0.0/24",),
    ("10.1.0.0/24",),
    {"alpha": ("20.0.0.0/30", "20.0.0.5"), "alpha.east": ("20.0.0.0/31",), "beta": ("20.0.0.4/30",)},
)
ROWS = (
    row("tag-in", "Inbound", "Tcp", ("443",), Peer(PeerKind.TAG, "Alpha")),
    row("tag-out", "Outbound", "Tcp", ("443", "1435"), Peer(PeerKind.TAG, "Alpha")),
    row("internet-out", "Outbound", "Tcp", ("443",), Peer(PeerKind.INTERNET, "Internet")),
    row("probe-in", "Inbound", "Tcp", ("443",), Peer(PeerKind.LOAD_BALANCER, "AzureLoadBalancer")),
)
OTHER_ENDS = (
    "*", "Internet", "VirtualNetwork", "AzureLoadBalancer", "Alpha", "Alpha.East", "Beta", "20.0.0.0/30", "20.0.0.5",
    "20.0.0.0/31", "20.0.0.0/28", "0.0.0.0/1", "128.0.0.0/1", "10.1.0.0/24",
)  # fmt: skip
OWN_ENDS = ("*", "*", "VirtualNetwork", "10.0.0.0/29", "10.0.0.0/24", "10.0.0.4/31")
PORTS = ("*", "*", "443", "80-443", "443-1434", "1435", "1433-1500")
PRIORITIES = range(100, 200, 10)  # there is always room between two rules
access = st.sampled_from(("Allow", "Deny"))


@st.composite
def plain_rules(draw: st.DrawFn, access: st.SearchStrategy[str] = access) -> PlainRule:
    """Returns a rule without a name and a priority of its own."""
    direction = draw(st.sampled_from(("Inbound", "Outbound")))
    other = tuple(draw(st.lists(st.sampled_from(OTHER_ENDS), min_size=1, max_size=3, unique=True)))
    own = (draw(st.sampled_from(OWN_ENDS)),)
    sources, destinations = (other, own) if direction == "Inbound" else (own, other)
    protocol = draw(st.sampled_from(("Tcp", "*", "Udp")))
    ports = tuple(draw(st.lists(st.sampled_from(PORTS), min_size=1, max_size=2)))
    source_ports = (draw(st.sampled_from(("*", "*", "1024-65535"))),)
    return PlainRule("added", 0, direction, draw(access), protocol, sources, destinations, ports, source_ports)


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> Case:
    """Returns a case with some rules of distinct priorities."""
    rules = draw(st.lists(plain_rules(), max_size=most))
    priorities = draw(st.lists(st.sampled_from(PRIORITIES), min_size=len(rules), max_size=len(rules), unique=True))
    named = (replace(rule, name=f"r{p}", priority=p) for rule, p in zip(rules, priorities, strict=True))
    return Case(tuple(named), AROUND, ("10.0.0.0/29",), regional=False, rows=ROWS)
