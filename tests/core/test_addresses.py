"""IPv4 as ARM writes it: what is an address, a prefix or a range, what is of the other family, what is public."""

import pytest

from apim_audit.core.sets.addresses import (
    EVERYTHING,
    PROBE,
    PUBLIC,
    format_address,
    is_ipv6,
    parse_address,
    parse_addresses,
    parse_span,
)
from apim_audit.core.sets.intervals import EMPTY, IntervalSet

NOT_PUBLIC = (
    "0.0.0.0/8", "10.0.0.0/8", "25.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16", "169.254.0.0/16",
    "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0", 0),  # noqa: S104  (no server: a number)
        ("1.2.3.4", (1 << 24) + (2 << 16) + (3 << 8) + 4),
        ("255.254.253.252", 0xFFFEFDFC),
        ("255.255.255.255", 2**32 - 1),
    ],
)
def test_an_address_is_four_octets(text: str, address: int) -> None:
    assert parse_address(text) == address
    assert format_address(address) == text
    assert parse_span(text) == (address, address)


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "256.2.3.4", "01.2.3.4", "a.b.c.d"])
def test_anything_else_is_no_address(text: str) -> None:
    assert parse_address(text) is None
    assert parse_span(text) is None
    assert parse_addresses(text) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("0.0.0.0/0", "0.0.0.0", "255.255.255.255"),  # noqa: S104  (no server: the first address)
        ("128.0.0.0/1", "128.0.0.0", "255.255.255.255"),
        ("10.1.2.3/31", "10.1.2.2", "10.1.2.3"),
        ("10.1.2.3/24", "10.1.2.0", "10.1.2.255"),
        ("10.1.2.3/32", "10.1.2.3", "10.1.2.3"),
        ("10.1.2.3-10.1.2.3", "10.1.2.3", "10.1.2.3"),
        ("10.1.2.3 - 10.1.3.1", "10.1.2.3", "10.1.3.1"),
    ],
)
def test_a_prefix_and_a_range_have_a_first_and_a_last_address(text: str, first: str, last: str) -> None:
    span = parse_span(text)
    assert span is not None
    assert tuple(map(format_address, span)) == (first, last)
    assert parse_addresses(text) == IntervalSet.span(*span)


@pytest.mark.parametrize(
    "text", ["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "/8", "10.0.0.2-10.0.0.1", "10.0.0.1-", "-10.0.0.1"]
)
def test_a_prefix_longer_than_an_address_or_a_range_that_ends_before_it_starts_is_none(text: str) -> None:
    assert parse_span(text) is None
    assert parse_addresses(text) is None


@pytest.mark.parametrize("text", ["::", "2603:1020::/32", "2603:1020::1/32", "fe80::1-fe80::2", "fe80::1 - fe80::2"])
def test_ipv6_is_kept_apart(text: str) -> None:
    assert is_ipv6(text)
    assert parse_addresses(text) == EMPTY


@pytest.mark.parametrize("text", ["10.0.0.1", "1", "fe80::1-fe80::2-fe80::3", "fe80::1-10", "asg:", ":", "fe80::1/129"])
def test_what_is_not_ipv6_in_full_is_not_ipv6(text: str) -> None:
    assert not is_ipv6(text)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_public_ends_where_a_block_begins_and_begins_behind_it(text: str) -> None:
    block = parse_addresses(text)
    assert block is not None
    assert block.isdisjoint(PUBLIC)
    beside = [each for first, last in block.spans() for each in (first - 1, last + 1) if each in EVERYTHING]
    assert all(each in PUBLIC for each in beside)


def test_public_is_everything_but_the_blocks() -> None:
    blocks = [span for span in map(parse_span, NOT_PUBLIC) if span is not None]
    assert EVERYTHING - IntervalSet.union_of(blocks) == PUBLIC
    assert list(PROBE.spans()) == [parse_span("168.63.129.16")]
    assert EVERYTHING.size() == 2**32
