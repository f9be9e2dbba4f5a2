"""Documents: known by type or id, passed over where they are none of ours, told where nothing can be made of them."""

from typing import Any

import pytest

from apim_audit.core.facts.estate import Unreadable
from apim_audit.core.facts.reports import Incomplete
from apim_audit.decode import decode
from apim_audit.snapshot import Snapshot, SourcedDocument
from tests.decode.estates import (
    NO_CATALOGUE,
    SERVICE_ID,
    TABLE_ID,
    estate,
    messages,
    nsg,
    nsg_of,
    only_instance,
    read,
    rule,
    service,
    subnet,
    subnet_of,
    table,
    vnet,
)


@pytest.mark.parametrize("change", [str.upper, str.lower, lambda text: f" {text} "])
def test_types_in_any_letter_case(change: Any) -> None:
    documents = [{**document, "type": change(document["type"])} for document in estate(rule())]
    assert len(nsg_of(read(*documents)).rules) == 1


@pytest.mark.parametrize("types", [None, "", 3, [], "Something.Else/thing"])
def test_a_type_that_says_nothing_is_told_by_the_id(types: object) -> None:
    documents = [{**document, "type": types} for document in estate(rule())]
    assert len(nsg_of(read(*documents)).rules) == 1


def test_a_wrong_type_is_told() -> None:
    assert messages(read({**service(), "type": 3}, vnet(subnet()), nsg())) == [
        "estate.json: API Management service Contoso: type 3 is not a text"
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"type": "Microsoft.Network/publicIPAddresses", "id": "/x"},
        {"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d"},
        {"type": "Microsoft.ApiManagement/service/apis", "name": "a/b", "properties": 3},
        {"type": "Microsoft.Network/effectiveConnectivityConfigurations", "id": "/v/providers/x"},
        {"type": "Microsoft.Resources/resourceGroups"},
    ],
)
def test_other_types_are_passed_over(document: object) -> None:
    decoded = read(document, *estate())
    assert decoded.incomplete == ()
    assert len(decoded.estate.instances) == 1


@pytest.mark.parametrize("document", [3, None, [], "x", {}, {"id": 3}, {"id": "no id"}, {"properties": {}}])
def test_what_is_no_resource_is_told_with_its_file(document: object) -> None:
    decoded = read(document, *estate())
    (entry,) = decoded.incomplete
    assert (entry.reason, entry.needed) == ("invalid", True)
    assert "estate.json" in entry.message
    assert len(decoded.estate.instances) == 1


def test_a_document_without_id_gets_one_from_type_and_name() -> None:
    body = service(virtualNetworkType="None", virtualNetworkConfiguration=None)
    del body["id"]
    instance = only_instance(read(body))
    assert instance.id == "/providers/Microsoft.ApiManagement/service/Contoso"
    assert (instance.name, instance.subscription_id, instance.resource_group) == ("Contoso", "", "")


def test_a_subnet_without_id_joins_the_vnet_without_id() -> None:
    alone = {"type": "Microsoft.Network/virtualNetworks/subnets", "name": "v/s", "properties": subnet()["properties"]}
    around = {"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": vnet()["properties"]}
    made = "/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    named = service(virtualNetworkConfiguration={"subnetResourceId": made})
    assert not isinstance(subnet_of(read(named, alone, around, nsg())).virtual_network, Unreadable)


def test_a_service_without_any_name_is_not_lost() -> None:
    body = service()
    del body["id"], body["name"]
    assert len(read(body, *estate()).estate.instances) == 2


def test_a_document_given_twice_is_one() -> None:
    once, twice = read(*estate(rule())), read(*estate(rule()), *estate(rule()))
    assert once == twice


def test_what_differs_without_bearing_is_told_but_not_needed() -> None:
    documents = estate(rule())
    copies = [{**document, "etag": "other"} for document in documents]
    decoded = read(*documents, *copies)
    assert decoded.estate == read(*documents).estate
    assert {(entry.reason, entry.needed) for entry in decoded.incomplete} == {("duplicate", False)}
    assert len(decoded.incomplete) == 3


@pytest.mark.parametrize(
    "other",
    [
        service(platformVersion="stv1"),
        service(virtualNetworkType="Internal"),
        {**service(), "sku": {"name": "Developer"}},
        {**service(), "location": "East US"},
        service(SERVICE_ID.upper(), additionalLocations=[{"location": "East US"}]),
        service(platformVersion=5),
    ],
)
def test_a_service_given_twice_with_different_content_is_unreadable(other: Any) -> None:
    decoded = read(*estate(), other)
    instance = only_instance(decoded)
    assert instance.unreadable == "API Management service Contoso is given twice with different content"
    assert ("duplicate", True) in {(entry.reason, entry.needed) for entry in decoded.incomplete}


def test_an_nsg_given_twice_with_different_content_is_unreadable() -> None:
    decoded = read(*estate(rule()), nsg(rule(access="Deny")))
    found = subnet_of(decoded).nsg
    assert isinstance(found, Unreadable)
    assert found.message == "NSG nsg-y is given twice with different content"


def test_documents_nested_as_deeply_as_a_parser_lets_through_are_compared_without_harm() -> None:
    def nested(leaf: int) -> list[Any]:
        value: list[Any] = [leaf]
        for _ in range(100_000):
            value = [value]
        return value

    twins = [nsg(rule(), deep=nested(leaf)) for leaf in (1, 2)]
    decoded = read(service(), vnet(subnet()), *twins)
    assert len(nsg_of(decoded).rules) == 1


def test_duplicates_name_both_files() -> None:
    sourced = [SourcedDocument("a.json", document) for document in estate()]
    decoded = decode(Snapshot((*sourced, SourcedDocument("b.json", nsg(rule())))), NO_CATALOGUE)
    assert messages(decoded) == [
        "a.json and b.json: NSG nsg-y is given twice with different content; remove one of the two"
    ]


def test_what_the_snapshot_could_not_read_comes_first_then_the_rest_by_id() -> None:
    gap = Incomplete("zzz", "forbidden", "no")
    bad = [{**table(3), "id": table()["id"] + suffix} for suffix in ("B", "a", "C")]
    decoded = read(*bad, incomplete=(gap,))
    assert decoded.incomplete[0] == gap
    ids = [entry.id.rpartition("/")[2] for entry in decoded.incomplete[1:]]
    assert ids == ["rt-aa", "rt-aB", "rt-aC"]


def test_the_order_of_documents_does_not_matter() -> None:
    documents = [*estate(rule(access="x")), rule("B", priority=7), table(), vnet(subnet())]
    assert read(*documents) == read(*reversed(documents))


def flattened(body: dict[str, Any]) -> dict[str, Any]:
    """A resource as commands of the Azure CLI print it: what ARM nests in ``properties`` stands beside the id."""
    properties = {key: value for key, value in body["properties"].items() if key != "subnets"}
    return {**{key: value for key, value in body.items() if key != "properties"}, **properties}


@pytest.mark.parametrize(
    "body", [service(), vnet(), subnet(), nsg(rule()), table(), rule(), {**table(), "properties": {"routes": None}}]
)
def test_output_of_the_azure_cli_is_known_by_its_form(body: Any) -> None:
    others = [each for each in estate() if each["type"] != body["type"]]
    told = [message for message in messages(read(flattened(body), *others)) if ": properties is missing;" in message]
    assert len(told) == 1
    assert told[0].startswith("estate.json: ")
    assert told[0].endswith("output of an Azure CLI command: use `az rest` or `apim-audit collect` instead")


@pytest.mark.parametrize(
    "body",
    [
        {"id": service()["id"], "name": "Contoso"},  # cut short, but not flattened
        {**flattened(nsg()), "properties": "x"},
        {**nsg(), "properties": {"addressPrefix": "x"}},
        subnet(networkSecurityGroup={"provisioningState": "Succeeded"}),
    ],
)
def test_what_lacks_for_another_reason_is_not_taken_for_output_of_the_azure_cli(body: Any) -> None:
    told = messages(read(body, *(each for each in estate() if each["id"] != body["id"])))
    assert told
    assert not any("Azure CLI" in message for message in told)


def test_nothing_at_all_is_an_empty_estate() -> None:
    decoded = read()
    assert (decoded.estate.instances, decoded.incomplete, decoded.notes) == ((), (), ())


def test_names_are_escaped_as_in_the_rest_of_the_report() -> None:
    group = nsg_of(read(*estate(rule("New\nline", access="x"))))
    (why,) = group.unreadable.values()
    assert r"rule New\x0aline of nsg-y" in why


def without_id(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "id"}


ID_MISSING = "id is missing; give the document with the id that Azure Resource Manager writes"


@pytest.mark.parametrize(
    ("documents", "told"),
    [
        ((service(), vnet(subnet()), without_id(nsg(rule()))), "NSG nsg-y"),
        ((service(), without_id(vnet(subnet())), nsg(rule())), "VNet vnet-a"),
        ((service(), without_id(vnet(without_id(subnet()))), nsg(rule())), "VNet vnet-a"),
        ((service(), vnet(), without_id(subnet()), nsg(rule())), "subnet snet-apim"),
        ((service(), vnet(subnet(routeTable={"id": TABLE_ID})), nsg(), without_id(table())), "route table rt-a"),
    ],
)
def test_a_document_without_an_id_that_may_be_missed_is_told_and_needed(
    documents: tuple[dict[str, Any], ...], told: str
) -> None:
    (entry,) = (each for each in read(*documents).incomplete if ID_MISSING in each.message)
    assert entry.message.startswith(f"estate.json: {told}: ")
    assert (entry.id, entry.reason, entry.needed) == ("estate.json", "invalid", True)


def test_an_id_that_is_no_text_is_told_likewise() -> None:
    (_, entry) = read(service(), vnet(subnet()), {**nsg(rule()), "id": 5}).incomplete
    assert "id 5 is not a text; give the document with the id" in entry.message
    assert entry.needed


def test_a_document_without_an_id_that_nothing_misses_is_only_told() -> None:
    (entry,) = read(*estate(rule()), without_id(nsg(rule("Other")))).incomplete
    assert ID_MISSING in entry.message
    assert not entry.needed


def test_an_instance_without_an_id_is_judged_and_told() -> None:
    decoded = read(without_id(service()), vnet(subnet()), nsg(rule()))
    assert only_instance(decoded).name == "Contoso"
    (entry,) = decoded.incomplete
    assert entry.message.startswith(f"estate.json: API Management service Contoso: {ID_MISSING}")
    assert not entry.needed


@pytest.mark.parametrize(
    ("subnets", "told"),
    [
        ("x", "properties.subnets 'x' is not a list"),
        ([3], "properties.subnets[0] 3 is not an object"),
        ([{"properties": {}}], "properties.subnets[0].name is missing"),
    ],
)
def test_what_makes_a_subnet_missing_is_needed_and_named_by_the_miss(subnets: object, told: str) -> None:
    decoded = read(service(), {**vnet(), "properties": {**vnet()["properties"], "subnets": subnets}}, nsg())
    assert all(entry.needed for entry in decoded.incomplete)
    cause, miss = messages(decoded)
    assert told in cause
    assert miss == (
        f"subnet snet-apim is not among the documents, and the VNet vnet-a cannot be understood: {told}: add its "
        "document, or correct that"
    )
    found = only_instance(decoded).locations[0].subnet
    assert isinstance(found, Unreadable)
    assert found.message.endswith(told)
