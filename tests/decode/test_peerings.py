"""Peerings: what each adds to the VirtualNetwork tag for certain, and what at most."""

from typing import Any

import pytest

from apim_audit.core.facts.estate import Peering
from apim_audit.core.sets.addresses import EVERYTHING, parse_addresses
from apim_audit.core.sets.intervals import EMPTY, IntervalSet
from tests.decode.estates import VNET_ID, nsg, peering, peering_of, read, service, subnet, vnet

AGREED = {"addressPrefixes": ["10.8.0.0/16", "10.9.0.0/16", "fd00::/48"]}
CURRENT = {"addressPrefixes": ["10.9.0.0/16", "10.10.0.0/16"]}


def addresses(*prefixes: str) -> IntervalSet:
    found = EMPTY
    for prefix in prefixes:
        found = found | (parse_addresses(prefix) or EMPTY)
    return found


AGREED_SPACE = addresses("10.8.0.0/16", "10.9.0.0/16")
CURRENT_SPACE = addresses("10.9.0.0/16", "10.10.0.0/16")
BOTH = addresses("10.9.0.0/16")
EITHER = addresses("10.8.0.0/16", "10.9.0.0/16", "10.10.0.0/16")


def read_peering(**changes: Any) -> Peering:
    spaces = {"remoteAddressSpace": AGREED, "remoteVirtualNetworkAddressSpace": CURRENT}
    body = peering(**{**spaces, **changes})
    return peering_of(read(service(), vnet(subnet(), virtualNetworkPeerings=[body]), nsg()))


@pytest.mark.parametrize(
    ("changes", "surely", "at_most"),
    [
        ({}, AGREED_SPACE, AGREED_SPACE),
        ({"peeringState": "CONNECTED", "peeringSyncLevel": "fullyInSync"}, AGREED_SPACE, AGREED_SPACE),
        ({"remoteAddressSpace": None}, CURRENT_SPACE, CURRENT_SPACE),
        ({"peeringState": "Initiated"}, EMPTY, EMPTY),
        ({"peeringState": "Disconnected"}, EMPTY, EMPTY),
        ({"allowVirtualNetworkAccess": False}, EMPTY, EMPTY),
        ({"allowVirtualNetworkAccess": None}, EMPTY, EITHER),
        ({"peeringSyncLevel": "LocalNotInSync"}, BOTH, EITHER),
        ({"peeringSyncLevel": "LocalAndRemoteNotInSync"}, BOTH, EITHER),
        ({"peeringSyncLevel": "RemoteNotInSync", "remoteAddressSpace": None}, EMPTY, CURRENT_SPACE),
        ({"peeringSyncLevel": None}, BOTH, EITHER),
        ({"peeringSyncLevel": None, "remoteVirtualNetworkAddressSpace": None}, AGREED_SPACE, AGREED_SPACE),
        ({"peeringSyncLevel": None, "remoteVirtualNetworkAddressSpace": AGREED}, AGREED_SPACE, AGREED_SPACE),
        ({"peerCompleteVnets": False}, EMPTY, EITHER),
        ({"peerCompleteVnets": None}, AGREED_SPACE, AGREED_SPACE),
        ({"remoteAddressSpace": None, "remoteVirtualNetworkAddressSpace": None}, EMPTY, EVERYTHING),
        ({"remoteAddressSpace": {"addressPrefixes": []}, "remoteVirtualNetworkAddressSpace": {}}, EMPTY, EVERYTHING),
        ({"remoteAddressSpace": {"addressPrefixes": ["x"]}}, EMPTY, EVERYTHING),
        ({"remoteAddressSpace": 3}, EMPTY, EVERYTHING),
        ({"peeringState": None}, EMPTY, EVERYTHING),
        ({"peeringState": 1}, EMPTY, EVERYTHING),
        ({"allowVirtualNetworkAccess": "true"}, EMPTY, EVERYTHING),
    ],
)  # fmt: skip
def test_reach(changes: dict[str, Any], surely: IntervalSet, at_most: IntervalSet) -> None:
    found = read_peering(**changes)
    assert (found.surely, found.at_most) == (surely, at_most)
    assert bool(found.doubt) == (surely != at_most)


def test_the_doubt_names_the_peering_and_its_state() -> None:
    found = read_peering(peeringSyncLevel="LocalNotInSync")
    assert found.doubt == "peering hub is not fully in sync (LocalNotInSync)"


def test_a_peering_without_properties_may_add_anything() -> None:
    body = {"id": f"{VNET_ID}/virtualNetworkPeerings/hub"}
    found = peering_of(read(service(), vnet(subnet(), virtualNetworkPeerings=[body]), nsg()))
    assert (found.surely, found.at_most) == (EMPTY, EVERYTHING)


def test_a_peering_by_itself_joins_its_vnet() -> None:
    decoded = read(service(), peering(), vnet(subnet()), nsg())
    assert peering_of(decoded).surely == BOTH
    assert decoded.incomplete == ()


def test_a_peering_nested_and_by_itself_is_one() -> None:
    decoded = read(service(), peering(note="x"), vnet(subnet(), virtualNetworkPeerings=[peering()]), nsg())
    assert peering_of(decoded).surely == BOTH
    assert decoded.incomplete == ()


def test_a_peering_given_twice_with_different_content_may_add_anything() -> None:
    closed = peering(peeringState="Disconnected")
    decoded = read(service(), closed, vnet(subnet(), virtualNetworkPeerings=[peering()]), nsg())
    assert (peering_of(decoded).surely, peering_of(decoded).at_most) == (EMPTY, EVERYTHING)
    assert [(entry.reason, entry.needed) for entry in decoded.incomplete] == [("duplicate", True)]


def test_a_peering_that_makes_no_sense_is_told() -> None:
    decoded = read(service(), vnet(subnet(), virtualNetworkPeerings=[peering(peeringState=1)]), nsg())
    (entry,) = decoded.incomplete
    assert (entry.reason, entry.needed) == ("invalid", True)
    assert "properties.virtualNetworkPeerings[0].properties.peeringState 1 is not a text" in entry.message
