"""Security admin rules: read by the one POST that an audit makes, and only where they are asked for."""

import json
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from apim_audit.core.facts.estate import AdminRules, Subnet, VirtualNetwork
from apim_audit.core.facts.requirements import Catalogue
from apim_audit.decode import decode
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Rule, Site, admin_rule, deny_in, virtual_network
from apim_audit.demo.endpoint import Fault
from apim_audit.snapshot import Document, Snapshot

ACTION = "listNetworkManagerEffectiveSecurityAdminRules"
MANAGER = "/subscriptions/m/resourceGroups/rg-avnm/providers/Microsoft.Network/networkManagers/avnm"
BASE = f"{MANAGER}/securityAdminConfigurations/base"
EXTRA = f"{MANAGER}/securityAdminConfigurations/extra"
NO_CATALOGUE = Catalogue((), frozenset())


def some_rules(count: int, configuration: str = BASE) -> tuple[Document, ...]:
    return tuple(admin_rule(configuration, deny_in(10 + each, f"Deny{each}", ports="445")) for each in range(count))


def with_rules(estate: ServedEstate, rules: tuple[Document, ...]) -> ServedEstate:
    networks = [each["id"] for each in estate.documents if each["type"].endswith("/virtualNetworks")]
    return replace(estate, admin_rules=dict.fromkeys(networks, rules))


def posts(endpoint: Any) -> list[str]:
    return [request.path for request in endpoint.requests if request.method == "POST"]


def rule_sets(snapshot: Snapshot) -> list[Document]:
    bodies = [document.body for document in snapshot.documents]
    return [body for body in bodies if body["type"] == "Microsoft.Network/effectiveSecurityAdminRules"]


def listed(snapshot: Snapshot) -> list[Document]:
    """Returns the rules in the snapshot, as ARM answered them."""
    configurations = [
        each for body in rule_sets(snapshot) for each in body["properties"]["effectiveSecurityAdminConfigurations"]
    ]
    return [rule for each in configurations for rule in each["rules"]]


def told(snapshot: Snapshot) -> list[tuple[str, str, bool]]:
    return [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete]


@pytest.fixture
def set_id(estates: Any) -> str:
    return f"{estates.vnet_id()}/providers/Microsoft.Network/effectiveSecurityAdminRules/default"


@pytest.fixture
def path(estates: Any) -> str:
    return f"{estates.vnet_id()}/{ACTION}"


def test_the_rules_of_a_vnet_become_one_document(read: Any, estates: Any, set_id: str) -> None:
    rules = (*some_rules(2), *some_rules(1, EXTRA), {"kind": "Default", "fromTheFuture": [1]})
    snapshot, _ = read(with_rules(estates.plain(1), rules), admin_rules=True)
    assert snapshot.incomplete == ()
    assert rule_sets(snapshot) == [
        {
            "id": set_id,
            "name": "default",
            "type": "Microsoft.Network/effectiveSecurityAdminRules",
            "properties": {
                "resourceId": estates.vnet_id(),
                "effectiveSecurityAdminConfigurations": [
                    {"id": BASE, "rules": list(rules[:2])},
                    {"id": EXTRA, "rules": [rules[2]]},
                    {"id": "", "rules": [rules[3]]},
                ],
            },
        }
    ]


def test_where_they_are_not_asked_for_nothing_is_posted(read: Any, estates: Any) -> None:
    snapshot, endpoint = read(with_rules(estates.plain(1), some_rules(1)))
    assert (rule_sets(snapshot), posts(endpoint)) == ([], [])


def test_a_vnet_without_rules_is_known_to_have_none(read: Any, estates: Any, path: str) -> None:
    snapshot, endpoint = read(estates.plain(1), admin_rules=True)
    assert posts(endpoint) == [path]
    (body,) = rule_sets(snapshot)
    assert body["properties"]["effectiveSecurityAdminConfigurations"] == []


def test_each_vnet_of_an_audited_subnet_is_asked_once(read: Any, estates: Any, path: str) -> None:
    stranger = virtual_network(estates.place(group="rg-web"), "vnet-web", "10.9.0.0/16")
    estate = estates.plain(4)
    estate = with_rules(replace(estate, documents=(stranger, *estate.documents)), some_rules(1))
    snapshot, endpoint = read(estate, admin_rules=True)
    assert posts(endpoint) == [path]
    assert len(rule_sets(snapshot)) == 1


def test_vnets_of_other_subscriptions_are_asked_there(read: Any, estates: Any) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(0, estates.two)))
    networks = (*estates.networks(1), *estates.networks(1, estates.two))
    estate = with_rules(ServedEstate((estates.service(0, sites=sites), *networks)), some_rules(1))
    snapshot, endpoint = read(estate, subscriptions=(estates.one,), service_tags=False, admin_rules=True)
    assert Counter(posts(endpoint)) == {f"{estates.vnet_id(each)}/{ACTION}": 1 for each in (estates.one, estates.two)}
    assert len(rule_sets(snapshot)) == 2


def test_a_vnet_that_could_not_be_read_is_not_asked(read: Any, estates: Any) -> None:
    estate = replace(estates.plain(1), forbidden=frozenset({estates.vnet_id()}))
    snapshot, endpoint = read(estate, admin_rules=True)
    assert posts(endpoint) == []
    assert told(snapshot) == [(estates.vnet_id(), "forbidden", True)]


@pytest.mark.parametrize(("count", "page_size", "pages"), [(5, 2, 3), (4, 2, 2), (1, 1, 1), (0, 1, 1)])
def test_pages_are_asked_for_with_the_token_in_the_body(
    read: Any, estates: Any, count: int, page_size: int, pages: int
) -> None:
    rules = some_rules(count)
    snapshot, endpoint = read(with_rules(estates.plain(1), rules), page_size=page_size, admin_rules=True)
    assert listed(snapshot) == list(rules)
    assert len(posts(endpoint)) == pages


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("forbidden", lambda path: Fault.refusing(path, 403, "AuthorizationFailed")),
        ("not-found", lambda path: Fault.refusing(path, 404, "ResourceNotFound")),
    ],
)
def test_what_may_not_be_read_is_told_with_the_action_that_lacks(
    read: Any, estates: Any, set_id: str, reason: str, fault: Any
) -> None:
    faults = [fault(f"{estates.vnet_id()}/{ACTION}")]
    snapshot, _ = read(estates.plain(1), faults=faults, admin_rules=True)
    assert told(snapshot) == [(set_id, reason, True)]
    assert f"Microsoft.Network/virtualNetworks/{ACTION}/read" in snapshot.incomplete[0].message
    assert "VNet vnet-apis" in snapshot.incomplete[0].message
    assert rule_sets(snapshot) == []


def test_half_of_the_rules_are_none(read: Any, estates: Any, set_id: str, path: str) -> None:
    fault = replace(Fault.refusing(path, 403, "AuthorizationFailed"), after=1)
    snapshot, _ = read(with_rules(estates.plain(1), some_rules(3)), page_size=2, faults=[fault], admin_rules=True)
    assert told(snapshot) == [(set_id, "forbidden", True)]
    assert rule_sets(snapshot) == []


def test_one_vnet_that_fails_does_not_take_the_others_along(read: Any, estates: Any, path: str) -> None:
    sites = (Site("West Europe", estates.subnet_id(0)), Site("North Europe", estates.subnet_id(0, estates.two)))
    networks = (*estates.networks(1), *estates.networks(1, estates.two))
    estate = with_rules(ServedEstate((estates.service(0, sites=sites), *networks)), some_rules(2))
    faults = [Fault.refusing(path, 403, "AuthorizationFailed")]
    snapshot, _ = read(estate, faults=faults, service_tags=False, admin_rules=True)
    assert [entry.reason for entry in snapshot.incomplete] == ["forbidden"]
    assert listed(snapshot) == list(some_rules(2))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({}, "invalid"),
        ({"value": None}, "invalid"),
        ({"value": {}}, "invalid"),
        ({"value": [], "skipToken": 7}, "invalid"),
        ({"value": [], "skipToken": "again"}, "invalid"),  # the second page names itself
        ({"value": [], "nextLink": "https://arm.example/more"}, "unavailable"),
        ([], "invalid"),
    ],
)
def test_an_answer_that_is_not_whole_is_told(
    read: Any, estates: Any, set_id: str, path: str, answer: Any, reason: str
) -> None:
    faults = [Fault(path, 200, json.dumps(answer).encode())]
    snapshot, _ = read(estates.plain(1), faults=faults, admin_rules=True)
    assert told(snapshot) == [(set_id, reason, True)]
    assert rule_sets(snapshot) == []


def test_pages_without_end_are_given_up(read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.pages._MAX_PAGES", 3)
    snapshot, endpoint = read(with_rules(estates.plain(1), some_rules(9)), page_size=1, admin_rules=True)
    assert [entry.reason for entry in snapshot.incomplete] == ["invalid"]
    assert len(posts(endpoint)) == 4


@pytest.mark.parametrize("status", [429, 502, 503])
def test_the_post_is_repeated_like_a_get(read: Any, estates: Any, path: str, status: int) -> None:
    fault = replace(Fault.refusing(path, status, "TooManyRequests"), times=1)
    snapshot, endpoint = read(with_rules(estates.plain(1), some_rules(1)), faults=[fault], admin_rules=True)
    assert len(listed(snapshot)) == 1
    assert posts(endpoint) == [path, path]


def test_a_post_whose_answer_is_lost_is_repeated(
    read: Any, estates: Any, path: str, drop_answers: Callable[[str, int], list[str]]
) -> None:
    dropped = drop_answers(ACTION, 1)
    snapshot, _ = read(with_rules(estates.plain(1), some_rules(1)), admin_rules=True)
    assert dropped == [path]
    assert len(listed(snapshot)) == 1


@pytest.fixture
def drop_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[str]]:
    """Makes the endpoint hang up on the first requests of a path's end instead of answering them."""
    from apim_audit.demo import endpoint  # noqa: PLC0415  (the server, only here)

    answer = endpoint._Handler.do_POST
    dropped: list[str] = []

    def install(end: str, times: int) -> list[str]:
        def hang_up(handler: Any) -> None:
            asked = handler.path.partition("?")[0]
            if asked.endswith(end) and len(dropped) < times:
                dropped.append(asked)
                handler.close_connection = True
                handler.connection.shutdown(socket.SHUT_RDWR)
            else:
                answer(handler)

        monkeypatch.setattr(endpoint._Handler, "do_POST", hang_up)
        return dropped

    return install


def test_the_answer_is_asked_for_at_the_instances_own_vnet_in_any_letter_case(read: Any, estates: Any) -> None:
    estate = with_rules(estates.plain(1), some_rules(1))
    configuration = estate.documents[0]["properties"]["virtualNetworkConfiguration"]
    configuration["subnetResourceId"] = configuration["subnetResourceId"].upper()
    snapshot, _ = read(estate, admin_rules=True)
    assert len(listed(snapshot)) == 1


def vnet_of(snapshot: Snapshot) -> VirtualNetwork:
    subnet = decode(snapshot, NO_CATALOGUE).estate.instances[0].locations[0].subnet
    assert isinstance(subnet, Subnet)
    assert isinstance(subnet.virtual_network, VirtualNetwork)
    return subnet.virtual_network


def test_what_was_read_is_understood(read: Any, estates: Any) -> None:
    always = Rule(5, "AlwaysManagement", "Inbound", "AlwaysAllow", "ApiManagement", "*", "3443")
    rules = (admin_rule(BASE, always), *some_rules(2))
    found = vnet_of(read(with_rules(estates.plain(1), rules), admin_rules=True)[0]).admin_rules
    assert isinstance(found, AdminRules)
    assert [(rule.name, rule.priority, rule.access.value, rule.protocol) for rule in found.rules] == [
        ("AlwaysManagement", 5, "AlwaysAllow", "tcp"),
        ("Deny0", 10, "Deny", "*"),
        ("Deny1", 11, "Deny", "*"),
    ]
    assert all(rule.admin and rule.certain for rule in found.rules)


def test_what_was_not_read_is_unreadable_and_told_once(read: Any, estates: Any, path: str) -> None:
    fault = Fault.refusing(path, 403, "AuthorizationFailed")
    snapshot, _ = read(estates.plain(1), faults=[fault], admin_rules=True)
    assert "could not be read (forbidden)" in getattr(vnet_of(snapshot).admin_rules, "message", "")
    assert decode(snapshot, NO_CATALOGUE).incomplete == snapshot.incomplete


def test_the_snapshot_does_not_depend_on_timing(read: Any, estates: Any) -> None:
    estate = with_rules(estates.plain(3), some_rules(4))
    first, second = (read(estate, page_size=size, admin_rules=True)[0] for size in (50, 1))
    assert first == second
