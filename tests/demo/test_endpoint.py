"""The embedded endpoint answers as Azure Resource Manager does, and nothing else."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import (
    Place,
    admin_rule,
    deny_in,
    network_security_group,
    route_table,
    subnet,
    virtual_network,
)
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve

PLACE = Place("00000000-0000-4000-8000-00000000000a", "rg-net", "West Europe")
NSGS = f"/subscriptions/{PLACE.subscription}/providers/Microsoft.Network/networkSecurityGroups"
VNET = PLACE.id("Microsoft.Network/virtualNetworks", "vnet")
SHUT_VNET = PLACE.id("Microsoft.Network/virtualNetworks", "shut")
ADMIN_RULES = "/listNetworkManagerEffectiveSecurityAdminRules"
VERSION = "?api-version=2024-05-01"


def estate() -> ServedEstate:
    groups = [network_security_group(PLACE, f"nsg-{index}") for index in range(7)]
    network_id = PLACE.id("Microsoft.Network/virtualNetworks", "vnet")
    network = virtual_network(PLACE, "vnet", "10.0.0.0/16", [subnet(network_id, "snet", "10.0.0.0/24")])
    shut = virtual_network(PLACE, "shut", "10.1.0.0/16")
    return ServedEstate(
        (network, shut, route_table(PLACE, "rt"), *groups),
        forbidden=frozenset({groups[3]["id"], f"{SHUT_VNET}{ADMIN_RULES}"}),
        admin_rules={VNET: tuple(admin_rule("/c", deny_in(each, f"Deny{each}")) for each in range(5))},
    )


@pytest.fixture
def endpoint() -> Iterator[ArmEndpoint]:
    with serve(estate(), page_size=2, faults=[Fault(f"{NSGS}Oops", 418)]) as running:
        yield running


def ask(
    endpoint: ArmEndpoint, target: str, method: str = "GET", token: str | None = None, sent: bytes | None = None
) -> tuple[int, Any]:
    """Returns status and body of a request with the right token, or with another."""
    url = target if target.startswith("https") else endpoint.url + target
    headers = {"Authorization": f"Bearer {token or endpoint.token}"}
    request = urllib.request.Request(url, sent, method=method, headers=headers)  # noqa: S310  (https)
    context = ssl.create_default_context(cafile=endpoint.ca_file)
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does by itself
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, json.loads(body) if body else None


def test_following_links_brings_every_resource_once(endpoint: ArmEndpoint) -> None:
    link, names, pages = NSGS + VERSION, [], 0
    while link:
        _, body = ask(endpoint, link)
        names += [entry["name"] for entry in body["value"]]
        link, pages = body.get("nextLink"), pages + 1
    assert names == ["nsg-0", "nsg-1", "nsg-2", "nsg-4", "nsg-5", "nsg-6"]
    assert pages == 3


def test_resources_that_are_written_beforehand_are_the_same() -> None:
    paths = [
        f"{NSGS}{VERSION}",
        f"{NSGS}{VERSION}&$skiptoken=ICAgIDI%3D",
        f"{VNET}{VERSION}",
        f"{VNET}/subnets/snet{VERSION}",
    ]
    answers = []
    for written in (False, True):
        with serve(estate(), page_size=2, written=written) as endpoint:
            found = [ask(endpoint, path) for path in paths]
            answers.append(json.dumps(found).replace(endpoint.url, ""))
    assert answers[0] == answers[1]


def test_paths_are_compared_without_regard_to_case(endpoint: ArmEndpoint) -> None:
    assert ask(endpoint, NSGS.upper() + VERSION)[0] == 200


def test_subnets_can_be_asked_for_by_id(endpoint: ArmEndpoint) -> None:
    subnet_id = PLACE.id("Microsoft.Network/virtualNetworks", "vnet") + "/subnets/snet"
    status, body = ask(endpoint, subnet_id + VERSION)
    assert (status, body["id"], body["type"]) == (200, subnet_id, "Microsoft.Network/virtualNetworks/subnets")


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        (NSGS, 400, "MissingApiVersionParameter"),
        (NSGS.replace("00a", "00b") + VERSION, 404, "SubscriptionNotFound"),
        (PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg-9") + VERSION, 404, "ResourceNotFound"),
        (PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg-3") + VERSION, 403, "AuthorizationFailed"),
        (f"/subscriptions/{PLACE.subscription}/resourceGroups/none/providers/Microsoft.ApiManagement/service{VERSION}",
         404, "ResourceGroupNotFound"),
    ],
)  # fmt: skip
def test_errors_are_those_of_arm(endpoint: ArmEndpoint, target: str, status: int, code: str) -> None:
    found, body = ask(endpoint, target)
    assert (found, body["error"]["code"]) == (status, code)


def test_no_token_no_answer(endpoint: ArmEndpoint) -> None:
    assert ask(endpoint, NSGS + VERSION, token="wrong")[0] == 401  # noqa: S106  (a decoy)


def test_following_tokens_brings_every_admin_rule_once(endpoint: ArmEndpoint) -> None:
    token, names, pages = "", [], 0
    while pages < 9 and (token or not pages):
        sent = json.dumps({"skipToken": token} if token else {}).encode()
        status, body = ask(endpoint, VNET + ADMIN_RULES + VERSION, "POST", sent=sent)
        assert status == 200
        names += [rule["id"].rpartition("/")[2] for rule in body["value"]]
        token, pages = body["skipToken"], pages + 1
    assert names == ["Deny0", "Deny1", "Deny2", "Deny3", "Deny4"]
    assert pages == 3
    assert endpoint.refused() == []


@pytest.mark.parametrize(
    ("target", "sent", "status", "code"),
    [
        (VNET + ADMIN_RULES, b"{}", 400, "MissingApiVersionParameter"),
        (VNET + ADMIN_RULES + VERSION, b'{"skipToken": "x"}', 400, "InvalidSkipToken"),
        (f"{VNET}-9{ADMIN_RULES}{VERSION}", b"{}", 404, "ResourceNotFound"),
        (SHUT_VNET + ADMIN_RULES + VERSION, b"{}", 403, "AuthorizationFailed"),
    ],
)
def test_errors_of_admin_rules_are_those_of_arm(
    endpoint: ArmEndpoint, target: str, sent: bytes, status: int, code: str
) -> None:
    found, body = ask(endpoint, target, "POST", sent=sent)
    assert (found, body["error"]["code"]) == (status, code)


@pytest.mark.parametrize("sent", [None, b"", b"{", b"[]", b"\xff"])
def test_a_post_without_options_brings_the_first_page(endpoint: ArmEndpoint, sent: bytes | None) -> None:
    status, body = ask(endpoint, VNET.upper() + ADMIN_RULES + VERSION, "POST", sent=sent)
    assert (status, len(body["value"])) == (200, 2)


def test_a_post_that_sends_too_much_is_not_read(endpoint: ArmEndpoint) -> None:
    with suppress(urllib.error.URLError, OSError):  # the connection ends over what was not read
        ask(endpoint, VNET + ADMIN_RULES + VERSION, "POST", sent=b" " * 65_537)
    assert [request.status for request in endpoint.requests] == [413]


def test_no_token_no_admin_rules(endpoint: ArmEndpoint) -> None:
    assert ask(endpoint, VNET + ADMIN_RULES + VERSION, "POST", token="wrong", sent=b"{}")[0] == 401  # noqa: S106  (a decoy)


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", VNET + ADMIN_RULES),
        ("PUT", VNET + ADMIN_RULES),
        ("POST", VNET),
        ("POST", f"{VNET}/subnets/snet{ADMIN_RULES}"),
        ("POST", f"{VNET}/listNetworkManagerEffectiveConnectivityConfigurations"),
        ("POST", NSGS),
        ("PUT", PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg-0")),
        ("DELETE", PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg-0")),
        ("PATCH", NSGS),
        ("HEAD", NSGS),
        ("POST", f"/subscriptions/{PLACE.subscription}/providers/Microsoft.Network/register"),
        ("POST", "/identity/oauth2/token"),
        ("GET", f"/subscriptions/{PLACE.subscription}/providers/Microsoft.Network"),
        ("GET", f"/subscriptions/{PLACE.subscription}/resourceGroups"),
        ("GET", f"/subscriptions/{PLACE.subscription}/resourceGroups/rg-net/providers/Microsoft.Network/routeTables"),
        ("GET", "/"),
    ],
)
def test_what_an_audit_may_not_ask_is_refused_and_recorded(endpoint: ArmEndpoint, method: str, target: str) -> None:
    status, _ = ask(endpoint, target + VERSION, method)
    assert status == 405
    assert [(request.method, request.path) for request in endpoint.refused()] == [(method, target)]


def test_faults_strike_as_often_as_ordered() -> None:
    fault = Fault(NSGS, 503, b'{"at": "{url}"}', after=1, times=2)
    with serve(estate(), faults=(fault,)) as endpoint:
        answers = [ask(endpoint, NSGS + VERSION) for _ in range(4)]
    assert [status for status, _ in answers] == [200, 503, 503, 200]
    assert answers[1][1] == {"at": endpoint.url}


def test_clients_that_do_not_know_the_authority_do_not_connect(endpoint: ArmEndpoint) -> None:
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(endpoint.url, timeout=10)  # noqa: S310  (https)
    assert endpoint.requests == []


def test_no_private_key_stays_on_disk_and_nothing_is_left_behind() -> None:
    with serve(estate()) as endpoint:
        folder = Path(endpoint.ca_file).parent
        assert [file.name for file in folder.iterdir()] == ["ca.pem"]
        assert "PRIVATE" not in endpoint.ca_file.read_text(encoding="ascii")
    assert not folder.exists()


def test_it_listens_on_loopback_only(endpoint: ArmEndpoint) -> None:
    assert urlsplit(endpoint.url).hostname == "127.0.0.1"
