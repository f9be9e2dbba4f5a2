"""IPv4 addresses as integers: parsing what ARM writes, and the address blocks that tags are built on."""

from functools import lru_cache
from ipaddress import IPv6Network

from apim_audit.core.sets.intervals import EMPTY, IntervalSet

LAST_ADDRESS = 2**32 - 1
EVERYTHING = IntervalSet.span(0, LAST_ADDRESS)

_BITS = 32
_OCTETS = {str(octet): octet for octet in range(256)}
_LENGTHS = {str(length): length for length in range(_BITS + 1)}


def parse_address(text: str) -> int | None:
    """Returns the IPv4 address that a dotted quad stands for, or None; octets have no leading zeros."""
    try:
        one, two, three, four = text.split(".")
        return _OCTETS[one] << 24 | _OCTETS[two] << 16 | _OCTETS[three] << 8 | _OCTETS[four]
    except (KeyError, ValueError):
        return None


def format_address(address: int) -> str:
    """Returns the dotted quad of an IPv4 address."""
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


@lru_cache(maxsize=65536)
def parse_span(text: str) -> tuple[int, int] | None:
    """Returns (first, last) of an IPv4 address, CIDR or ``a-b`` range, or None; host bits are tolerated."""
    head, slash, length = text.partition("/")
    if slash:
        return _prefix(head, length)
    head, dash, tail = text.partition("-")
    first = parse_address(head.strip())
    last = parse_address(tail.strip()) if dash else first
    if first is None or last is None or last < first:
        return None
    return first, last


def _prefix(head: str, length: str) -> tuple[int, int] | None:
    address = parse_address(head)
    bits = _LENGTHS.get(length)
    if address is None or bits is None:
        return None
    rest = LAST_ADDRESS >> bits
    return address & ~rest, address | rest


def is_ipv6(text: str) -> bool:
    """Tells whether an address, CIDR or ``a-b`` range is of the other family, which is kept apart."""
    if ":" not in text:
        return False
    try:
        for part in text.split("-", 1):
            IPv6Network(part.strip(), strict=False)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65536)
def parse_addresses(text: str) -> IntervalSet | None:
    """Returns the IPv4 addresses of an address, CIDR or range; the empty set for IPv6; None for anything else."""
    span = parse_span(text)
    if span is not None:
        return IntervalSet.span(*span)
    return EMPTY if is_ipv6(text) else None


def _blocks(*prefixes: str) -> IntervalSet:
    return IntervalSet.union_of(span for span in map(parse_span, prefixes) if span is not None)


PROBE = _blocks("168.63.129.16/32")
"""The address that Azure's load balancer probes and platform services come from."""

PUBLIC = EVERYTHING - _blocks(
    "0.0.0.0/8", "10.0.0.0/8", "25.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
) - PROBE  # fmt: skip
"""What the Internet tag expands to, before the VNet's own space is taken out.

Source: the expansion printed in a security group view of Microsoft's Network Watcher REST reference (2017-01-30); the
probe address belongs to VirtualNetwork by that tag's definition and is kept out.
"""
