"""Every row of every baseline, in every network model: losing its rules is a gap, losing a document a doubt.

The estate is made of the catalogue itself, a rule a row and a Deny for the rest, so that a new row is tested the moment
it is written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from apim_audit import run
from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.reports import Incomplete, Report
from apim_audit.core.facts.requirements import Baseline, Flow, NetworkModel, PeerKind, Requirement, VirtualNetworkType
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.demo.documents import (
    Place,
    Rule,
    Site,
    deny_in,
    deny_out,
    network_security_group,
    service,
    subnet,
    virtual_network,
    workspace_gateway,
)
from apim_audit.snapshot import Document, Snapshot, SourcedDocument, load_service_tags

PLACE = Place("00000000-0000-4000-8000-000000000001", "rg-apis", "West Europe")
VNET_ID = PLACE.id("Microsoft.Network/virtualNetworks", "vnet")
SUBNET_ID = f"{VNET_ID}/subnets/snet"
NSG_ID = PLACE.id("Microsoft.Network/networkSecurityGroups", "nsg")
DNS_SERVER = "198.51.100.53"
TAGS = load_service_tags(str(Path(__file__).parents[2] / "fixtures" / "service-tags.json"))
CATALOGUE = load_catalogue()
DENIALS = (deny_in(4096, "DenyAllInbound"), deny_out(4096, "DenyAllOutbound"))
INTEGRATION, INJECTION = "Microsoft.Web/serverFarms", "Microsoft.Web/hostingEnvironments"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A way in which an instance is attached to its subnet.

    Attributes:
        models: the network models that have a say.
    """

    name: str
    models: tuple[NetworkModel, ...]
    sku: str = "Premium"
    network: str = "External"
    platform: str = "undetermined"
    delegation: str = ""


ATTACHMENTS = (
    Attachment("stv1", (NetworkModel.STV1,), platform="stv1"),
    Attachment("stv2", (NetworkModel.STV2,), platform="stv2"),
    Attachment("stv2-internal", (NetworkModel.STV2,), platform="stv2", network="Internal"),
    Attachment("undetermined", (NetworkModel.STV1, NetworkModel.STV2)),
    Attachment("v2-injection", (NetworkModel.V2_INJECTION,), "PremiumV2", "Internal", delegation=INJECTION),
    Attachment("v2-integration", (NetworkModel.V2_INTEGRATION,), "StandardV2", delegation=INTEGRATION),
    Attachment("gateway-injected", (NetworkModel.WORKSPACE_GATEWAY,), "gateway", delegation=INJECTION),
    Attachment("gateway-integrated", (NetworkModel.WORKSPACE_GATEWAY,), "gateway", delegation=INTEGRATION),
)
JUDGED = [
    (baseline, attachment)
    for baseline in CATALOGUE.baselines
    for attachment in ATTACHMENTS
    if any(baseline.knows(model) for model in attachment.models)
]
NAMES = [f"{baseline.id}-{attachment.name}" for baseline, attachment in JUDGED]
each_attachment = pytest.mark.parametrize(("baseline", "attachment"), JUDGED, ids=NAMES)


def other_end(flow: Flow) -> str:
    match flow.peer.kind:
        case PeerKind.TAG | PeerKind.INTERNET | PeerKind.LOAD_BALANCER | PeerKind.VIRTUAL_NETWORK:
            return flow.peer.name
        case PeerKind.SUBNET:
            return "VirtualNetwork"
        case PeerKind.DNS_SERVERS:
            return DNS_SERVER


def serving(number: int, row: Requirement, flow: Flow, models: Sequence[NetworkModel]) -> Rule:
    """Returns the rule that the table of requirements asks for."""
    ports = tuple(dict.fromkeys(port for model in models for port in flow.ports_for(model)))
    source, destination = other_end(flow), "VirtualNetwork"
    if flow.direction == "Outbound":
        source, destination = destination, source
    return Rule(100 + number, row.id, flow.direction.value, "Allow", source, destination, ports, flow.protocol)


def serving_rules(baseline: Baseline, attachment: Attachment) -> tuple[Rule, ...]:
    return tuple(
        serving(number, row, row.flow, [model for model in attachment.models if model in row.levels])
        for number, row in enumerate(baseline.requirements)
        if row.flow is not None and not row.levels.keys().isdisjoint(attachment.models)
    )


def instance(attachment: Attachment) -> Document:
    if attachment.sku == "gateway":
        return workspace_gateway(PLACE, "apim", SUBNET_ID)
    site = Site(PLACE.location, SUBNET_ID, attachment.platform)
    return service(PLACE, "apim", attachment.sku, attachment.network, (site,))


def network(attachment: Attachment) -> Document:
    inner = subnet(VNET_ID, "snet", "10.0.1.0/24", NSG_ID)
    if attachment.delegation:
        inner["properties"]["delegations"] = [{"name": "d", "properties": {"serviceName": attachment.delegation}}]
    outer = virtual_network(PLACE, "vnet", "10.0.0.0/16", [inner])
    outer["properties"]["dhcpOptions"] = {"dnsServers": [DNS_SERVER]}
    return outer


def estate(attachment: Attachment, rules: Sequence[Rule]) -> list[Document]:
    group = network_security_group(PLACE, "nsg", (*rules, *DENIALS), [SUBNET_ID])
    return [instance(attachment), network(attachment), group]


def audited(baseline: Baseline, documents: Sequence[Document], *incomplete: Incomplete) -> Report:
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    return run.audit(Snapshot(sourced, incomplete, service_tags=TAGS), baseline.id)


def flow_checks(report: Report) -> dict[str, Check]:
    """Returns the checks of the baseline's own rows that concern the instance and are about a flow."""
    return {
        check.id: check
        for check in report.checks()
        if check.direction is not None and check.level != "advisory" and check.verdict is not Verdict.NOT_APPLICABLE
    }


@each_attachment
def test_an_estate_with_a_rule_for_each_row_is_compliant(baseline: Baseline, attachment: Attachment) -> None:
    checks = flow_checks(audited(baseline, estate(attachment, serving_rules(baseline, attachment))))
    rows = [row.id for row in baseline.requirements if row.flow is not None and concerns(row, attachment)]
    assert {name: check.verdict.value for name, check in checks.items()} == dict.fromkeys(rows, "compliant")


def concerns(row: Requirement, attachment: Attachment) -> bool:
    levels = [row.levels[model] for model in attachment.models if model in row.levels]
    network = VirtualNetworkType(attachment.network)
    return network in row.applies_to and any(level.concerns([attachment.delegation]) for level in levels)


ROWS = [
    pytest.param(baseline, attachment, row.id, id=f"{name}-{row.id}")
    for (baseline, attachment), name in zip(JUDGED, NAMES, strict=True)
    for row in baseline.requirements
    if row.flow is not None and concerns(row, attachment)
]


@pytest.mark.parametrize(("baseline", "attachment", "name"), ROWS)
def test_without_the_rules_that_serve_it_a_row_is_a_gap_with_a_witness(
    baseline: Baseline, attachment: Attachment, name: str
) -> None:
    rules = serving_rules(baseline, attachment)
    check = flow_checks(audited(baseline, estate(attachment, rules)))[name]
    while serves := {rule.name for rule in check.evidence.decided_by if rule.access == "Allow"}:
        rules = tuple(rule for rule in rules if rule.name not in serves)
        check = flow_checks(audited(baseline, estate(attachment, rules)))[name]
    assert check.verdict is Verdict.BLOCKED
    witness = check.evidence.witness
    assert witness is not None
    assert witness.decided_by == f"DenyAll{check.direction}"
    assert witness.protocol == check.protocol
    assert check.ports is not None
    assert any(within(witness.destination_port, ports) for ports in check.ports)


def within(port: int, ports: str) -> bool:
    first, _, last = ports.partition("-")
    return int(first) <= port <= int(last or first)


def refused(resource_id: str) -> Incomplete:
    return Incomplete(resource_id, "forbidden", "it could not be read (forbidden)")


def drop(documents: list[Document], resource_id: str) -> list[Document]:
    """Takes a resource out of the documents; what is nested in it goes with it."""
    kept = [document for document in documents if document["id"] != resource_id]
    for document in kept:
        nested = document["properties"].get("subnets", [])
        document["properties"]["subnets"] = [each for each in nested if each["id"] != resource_id]
    return kept


def empty(documents: list[Document], resource_id: str) -> list[Document]:
    for document in [*documents, *(each for outer in documents for each in outer["properties"].get("subnets", []))]:
        if document["id"] == resource_id:
            document["properties"] = None
            break
    return documents


@each_attachment
@pytest.mark.parametrize("resource_id", [NSG_ID, VNET_ID, SUBNET_ID], ids=["nsg", "vnet", "subnet"])
@pytest.mark.parametrize(
    ("take", "incomplete"), [(drop, False), (drop, True), (empty, False)], ids=["absent", "refused", "empty"]
)
def test_without_one_of_its_documents_nothing_is_known_of_an_instance(
    baseline: Baseline,
    attachment: Attachment,
    resource_id: str,
    take: Callable[[list[Document], str], list[Document]],
    incomplete: bool,  # noqa: FBT001  (a parameter of the table)
) -> None:
    documents = take(estate(attachment, serving_rules(baseline, attachment)), resource_id)
    report = audited(baseline, documents, *([refused(resource_id)] if incomplete else []))
    checks = flow_checks(report)
    if attachment.delegation and resource_id != NSG_ID:
        assert checks  # the delegation is not known, so that some rows may be another model's
    else:
        assert checks.keys() == flow_checks(audited(baseline, estate(attachment, ()))).keys()
    assert {check.verdict for check in checks.values()} == {Verdict.UNKNOWN}
    assert any(entry.needed for entry in report.incomplete)
    assert exit_status(report) == run.UNDECIDED


def exit_status(report: Report) -> int:
    return run.exit_status(report, run.FailOn.NEVER, allow_unknown=False, allow_incomplete=False)


VNETS: tuple[Callable[[Document], None], ...] = (
    lambda _: None,
    lambda properties: properties["addressSpace"].update(addressPrefixes=["10.0.0.0/8", "20.0.0.0/8"]),
    lambda properties: properties["subnets"].append(subnet(VNET_ID, "GatewaySubnet", "10.0.9.0/27")),
    lambda properties: properties["dhcpOptions"].update(dnsServers=[]),
)


@each_attachment
def test_what_is_compliant_without_the_vnet_is_so_whatever_the_vnet_is(
    baseline: Baseline, attachment: Attachment
) -> None:
    documents = estate(attachment, serving_rules(baseline, attachment))
    (inner,) = documents[1]["properties"]["subnets"]
    report = audited(baseline, [documents[0], inner, documents[2]])
    verdicts = {name: check.verdict for name, check in flow_checks(report).items()}
    assert set(verdicts.values()) <= {Verdict.COMPLIANT, Verdict.UNKNOWN}
    assert exit_status(report) == run.UNDECIDED
    sure = {name for name, verdict in verdicts.items() if verdict is Verdict.COMPLIANT}
    for change in VNETS:
        vnet = network(attachment)
        change(vnet["properties"])
        checks = flow_checks(audited(baseline, [documents[0], vnet, documents[2]]))
        assert {checks[name].verdict for name in sure} <= {Verdict.COMPLIANT}


@each_attachment
def test_without_service_tags_a_rule_that_names_the_tag_still_serves(
    baseline: Baseline, attachment: Attachment
) -> None:
    documents = estate(attachment, serving_rules(baseline, attachment))
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    checks = flow_checks(run.audit(Snapshot(sourced), baseline.id))
    assert {check.verdict for check in checks.values()} == {Verdict.COMPLIANT}


@each_attachment
def test_without_service_tags_addresses_serve_for_nothing_that_is_sure(
    baseline: Baseline, attachment: Attachment
) -> None:
    rules = [
        replace(rule, source="20.0.0.0/8") if rule.direction == "Inbound" else replace(rule, destination="20.0.0.0/8")
        for rule in serving_rules(baseline, attachment)
    ]
    documents = estate(attachment, rules)
    sourced = tuple(SourcedDocument("estate.json", document) for document in documents)
    checks = flow_checks(run.audit(Snapshot(sourced), baseline.id))
    assert Verdict.COMPLIANT not in {check.verdict for check in checks.values()}
