"""Whatever stands in a document, decoding never raises and never loses another instance."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apim_audit.core.facts.estate import AdminRules, NetworkSecurityGroup, Subnet, Unreadable, VirtualNetwork
from apim_audit.decode import Decoded
from tests.decode.estates import (
    NSG_ID,
    SERVICE_ID,
    SET_ID,
    TABLE_ID,
    admin_rule,
    item,
    nsg,
    peering,
    read,
    rule,
    rule_set,
    service,
    subnet,
    table,
    vnet,
)

ROUTE = {"name": "r", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance"}}
BYSTANDER_ID = SERVICE_ID.replace("Contoso", "bystander")
BYSTANDERS = [service(BYSTANDER_ID, virtualNetworkType="None", virtualNetworkConfiguration=None)]
NSG_AT = 4
ADMIN_RULES_AT = 6


def whole_estate() -> list[Any]:
    other = {"location": "East US", "virtualNetworkConfiguration": {"subnetResourceId": "/x/subnets/y"}}
    group = {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": [{"id": "/asg"}]}
    around = vnet(subnet(routeTable={"id": TABLE_ID}), virtualNetworkPeerings=[peering()])
    return [
        service(additionalLocations=[other]),
        around,
        subnet(routeTable={"id": TABLE_ID}),
        table(ROUTE),
        nsg(rule("A"), rule("B", priority=200, **group), rule("C", direction="Inbound", access="Deny")),
        rule("D", priority=300),
        rule_set(admin_rule("E"), admin_rule("F", destinations=[item("/g", "NetworkGroup")], access="AlwaysAllow")),
        *parts(),
    ]


def parts() -> list[Any]:
    """Returns what belongs to the service: a list of each shape, a resource by itself, and the network status."""
    policy = {"id": f"{SERVICE_ID}/apis/a/policies/policy", "properties": {"value": "<rate-limit/><cache-lookup/>"}}
    state = {"name": "db", "status": "success", "lastUpdated": "2026-11-22T06:00:00Z", "resourceType": "SQLDatabase"}
    status = {"location": "West Europe", "networkStatus": {"connectivityStatus": [state]}}
    values = {
        "policies": [policy],
        "caches": [{"name": "c", "properties": {"useFromLocation": "default"}}],
        "diagnostics": [{"name": "d", "properties": {"loggerId": "/l"}}],
        "namedValues": [{"name": "v", "properties": {"keyVault": {"secretIdentifier": "x"}}}],
        "networkstatus": [status],
    }
    kind = "Microsoft.ApiManagement/service"
    lists = [{"id": f"{SERVICE_ID}/{n}", "type": f"{kind}/{n}", "value": value} for n, value in values.items()]
    single = {"id": f"{SERVICE_ID}/loggers/l", "type": f"{kind}/loggers", "properties": {"loggerType": "azureEventHub"}}
    return [*lists, single]


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += paths_in(child, (*path, key))
    return found


PATHS = paths_in(whole_estate())
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([NSG_ID, "*", "", " ", "\ud800"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)
MUTATIONS = st.lists(st.tuples(st.sampled_from(PATHS), st.just(None) | st.just(...) | JUNK), min_size=1, max_size=4)


def mutated(documents: list[Any], mutations: list[tuple[tuple[Any, ...], Any]]) -> list[Any]:
    """Puts junk into the documents; an Ellipsis takes the place away."""
    documents = copy.deepcopy(documents)
    for path, junk in mutations:
        place: Any = documents
        try:
            for key in path[:-1]:
                place = place[key]
            if isinstance(place, dict) and not isinstance(path[-1], str):
                continue  # earlier junk stands there, and JSON has no numbers for names
            if junk is ...:
                del place[path[-1]]
            else:
                place[path[-1]] = copy.deepcopy(junk)
        except (LookupError, TypeError):  # an earlier mutation took that place away
            continue
    return documents


def has_bystander(decoded: Decoded) -> bool:
    found = [instance for instance in decoded.estate.instances if instance.id == BYSTANDER_ID]
    return [instance.unreadable for instance in found] == [""]


@settings(max_examples=400, deadline=None)
@given(MUTATIONS)
def test_junk_anywhere_never_raises_and_never_loses_another_instance(
    mutations: list[tuple[tuple[Any, ...], Any]],
) -> None:
    decoded = read(*mutated(whole_estate(), mutations), *BYSTANDERS, features=True, observed=True)
    assert has_bystander(decoded)
    assert all(entry.message.isprintable() for entry in decoded.incomplete)
    assert all(instance.locations for instance in decoded.estate.instances)


@settings(max_examples=100, deadline=None)
@given(st.lists(JUNK, max_size=4))
def test_junk_documents_never_raise(documents: list[Any]) -> None:
    assert has_bystander(read(*documents, *BYSTANDERS, features=True, observed=True))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([path for path in PATHS if path[:3] == (NSG_AT, "properties", "securityRules")]), JUNK)
def test_a_rule_is_read_or_told(path: tuple[Any, ...], junk: Any) -> None:
    documents = mutated(whole_estate(), [(path, junk)])
    decoded = read(*documents, *BYSTANDERS)
    group = group_of(decoded)
    rules = documents[NSG_AT]["properties"]["securityRules"]
    told = any(entry.id == NSG_ID and entry.needed for entry in decoded.incomplete)
    if isinstance(group, NetworkSecurityGroup) and not group.unreadable:
        assert len(group.rules) >= len(rules or ()) + 1  # and the one that stands by itself
    else:
        assert told


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([path for path in PATHS if path[:2] == (ADMIN_RULES_AT, "properties")]), JUNK | st.just(...))
def test_an_admin_rule_is_read_or_told(path: tuple[Any, ...], junk: Any) -> None:
    documents = mutated(whole_estate(), [(path, junk)])
    decoded = read(*documents, *BYSTANDERS)
    network = subnet_in(decoded).virtual_network
    assert isinstance(network, VirtualNetwork)
    told = any(entry.id == SET_ID and entry.needed for entry in decoded.incomplete)
    if isinstance(network.admin_rules, AdminRules):
        listed = documents[ADMIN_RULES_AT]["properties"]["effectiveSecurityAdminConfigurations"]
        assert len(network.admin_rules.rules) == sum(len(each["rules"] or ()) for each in listed)
    else:
        assert told


def test_the_estate_itself_is_sound() -> None:
    decoded = read(*whole_estate())
    assert [entry.id for entry in decoded.incomplete] == ["/x/subnets/y"]
    assert len(getattr(group_of(decoded), "rules", ())) == 4


def group_of(decoded: Decoded) -> NetworkSecurityGroup | Unreadable | None:
    return subnet_in(decoded).nsg


def subnet_in(decoded: Decoded) -> Subnet:
    instance = next(each for each in decoded.estate.instances if each.id == SERVICE_ID)
    found = instance.locations[0].subnet
    assert isinstance(found, Subnet)
    return found
