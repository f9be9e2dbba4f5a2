"""The shipped baselines say what the table of requirements says; the tables here are typed by hand, on purpose."""

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.facts.requirements import Baseline, Level, LevelRule, NetworkModel, Requirement, VirtualNetworkType

INJECTION = "Microsoft.Web/hostingEnvironments"

# R required, o optional, - absent, oP optional but required on Premium, oM optional but required with more than
# one location, RD required with the delegation of injection. E External, I Internal, N None.
TABLE_2021 = """
nsg-attached    | -        | -                                | -    | -       | EI | R | R
client-https    | Inbound  | internet Internet                | Tcp  | 443     | E  | R | R
client-http     | Inbound  | internet Internet                | Tcp  | 80      | E  | o | o
management      | Inbound  | tag ApiManagement                | Tcp  | 3443    | EI | R | R
load-balancer   | Inbound  | load-balancer AzureLoadBalancer  | Tcp  | 6390    | EI | R | oP 1-65535
storage         | Outbound | tag Storage regional             | Tcp  | 443     | EI | R | R
sql             | Outbound | tag Sql regional                 | Tcp  | 1433    | EI | R | R
key-vault       | Outbound | tag AzureKeyVault                | Tcp  | 443     | EI | R | -
"""

TABLE_2026 = """
nsg-attached            | -        | -                               | -   | -             | NEI | R  | R          | R | R | R
client-https            | Inbound  | internet Internet               | Tcp | 443           | E   | R  | R          | - | - | -
client-http             | Inbound  | internet Internet               | Tcp | 80            | E   | o  | o          | - | - | -
client-vnet             | Inbound  | virtual-network VirtualNetwork  | Tcp | 80 443        | NEI | -  | -          | - | - | RD
management              | Inbound  | tag ApiManagement               | Tcp | 3443          | EI  | R  | R          | - | - | -
load-balancer           | Inbound  | load-balancer AzureLoadBalancer | Tcp | 6390          | NEI | R  | oP 1-65535 | - | - | RD 80
traffic-manager         | Inbound  | tag AzureTrafficManager         | Tcp | 443           | E   | oM | oM         | - | - | -
machine-health          | Inbound  | load-balancer AzureLoadBalancer | Tcp | 6391          | EI  | o  | -          | - | - | -
storage                 | Outbound | tag Storage regional            | Tcp | 443           | NEI | R  | R          | R | R | R
sql                     | Outbound | tag Sql regional                | Tcp | 1433          | EI  | R  | R          | - | - | -
key-vault               | Outbound | tag AzureKeyVault               | Tcp | 443           | NEI | R  | o          | R | R | R
certificates            | Outbound | internet Internet               | Tcp | 80            | EI  | R  | -          | - | - | -
monitor                 | Outbound | tag AzureMonitor                | Tcp | 1886 443      | EI  | R  | R          | - | - | -
dns                     | Outbound | dns-servers the VNet's DNS servers | Udp | 53         | EI  | R  | R          | - | - | -
entra-id                | Outbound | tag AzureActiveDirectory        | Tcp | 443           | EI  | o  | o          | - | - | -
connectors              | Outbound | tag AzureConnectors             | Tcp | 443           | EI  | o  | o          | - | - | -
event-hub               | Outbound | tag EventHub regional           | Tcp | 5671 5672 443 | EI  | o  | o          | - | - | -
cache-external-inbound  | Inbound  | virtual-network VirtualNetwork  | Tcp | 10000         | EI  | o  | o 6380     | - | - | -
cache-external-outbound | Outbound | virtual-network VirtualNetwork  | Tcp | 10000         | EI  | o  | o 6380     | - | - | -
cache-internal-inbound  | Inbound  | subnet the subnet itself        | Tcp | 6381-6383     | EI  | o  | o          | - | - | -
cache-internal-outbound | Outbound | subnet the subnet itself        | Tcp | 6381-6383     | EI  | o  | o          | - | - | -
rate-limit-inbound      | Inbound  | subnet the subnet itself        | Udp | 4290          | EI  | o  | o          | - | - | -
rate-limit-outbound     | Outbound | subnet the subnet itself        | Udp | 4290          | EI  | o  | o          | - | - | -
platform-version        | -        | -                               | -   | -             | EI  | R  | R          | - | - | -
subnet-delegation       | -        | -                               | -   | -             | NEI | R  | R          | R | R | R
subnet-size             | -        | -                               | -   | -             | NEI | R  | R          | R | R | R
management-return-path  | -        | -                               | -   | -             | EI  | R  | R          | - | - | -
service-endpoints       | -        | -                               | -   | -             | EI  | o  | o          | - | - | -
"""  # noqa: E501  (a table)

COLUMNS = (
    NetworkModel.STV2,
    NetworkModel.STV1,
    NetworkModel.V2_INJECTION,
    NetworkModel.V2_INTEGRATION,
    NetworkModel.WORKSPACE_GATEWAY,
)
LEVELS = {
    "R": LevelRule(Level.REQUIRED),
    "o": LevelRule(Level.OPTIONAL),
    "oP": LevelRule(Level.OPTIONAL, premium=Level.REQUIRED),
    "oM": LevelRule(Level.OPTIONAL, multi_location=Level.REQUIRED),
    "RD": LevelRule(Level.REQUIRED, delegation=INJECTION),
}
TYPES = {"N": VirtualNetworkType.NONE, "E": VirtualNetworkType.EXTERNAL, "I": VirtualNetworkType.INTERNAL}

ROWS = [
    (baseline, tuple(cell.strip() for cell in line.split("|")))
    for baseline, table in (("2021-12", TABLE_2021), ("2026-04", TABLE_2026))
    for line in table.strip().splitlines()
]
BY_ROW = pytest.mark.parametrize(("baseline", "row"), ROWS, ids=[f"{baseline} {row[0]}" for baseline, row in ROWS])


def baseline_of(name: str) -> Baseline:
    found = load_catalogue().baseline(name)
    assert found is not None
    return found


def requirement_of(baseline: str, identifier: str) -> Requirement:
    return next(row for row in baseline_of(baseline).requirements if row.id == identifier)


@pytest.mark.parametrize("name", ["2021-12", "2026-04"])
def test_a_baseline_has_the_rows_of_the_table_in_its_order(name: str) -> None:
    assert [row.id for row in baseline_of(name).requirements] == [row[0] for baseline, row in ROWS if baseline == name]


@BY_ROW
def test_a_row_has_the_flow_of_the_table(baseline: str, row: tuple[str, ...]) -> None:
    flow = requirement_of(baseline, row[0]).flow
    if row[1] == "-":
        assert flow is None
        return
    assert flow is not None
    peer = f"{flow.peer.kind} {flow.peer.name}{' regional' if flow.peer.regional else ''}"
    assert (flow.direction, peer, flow.protocol, " ".join(flow.ports)) == row[1:5]


@BY_ROW
def test_a_row_applies_to_the_vnet_types_of_the_table(baseline: str, row: tuple[str, ...]) -> None:
    assert requirement_of(baseline, row[0]).applies_to == {TYPES[letter] for letter in row[5]}


@BY_ROW
def test_a_row_has_the_levels_of_the_table(baseline: str, row: tuple[str, ...]) -> None:
    cells = zip(COLUMNS, row[6:], strict=False)
    expected = {model: LEVELS[cell.split()[0]] for model, cell in cells if cell != "-"}
    assert requirement_of(baseline, row[0]).levels == expected


@BY_ROW
def test_a_network_model_needs_the_ports_of_the_table(baseline: str, row: tuple[str, ...]) -> None:
    flow = requirement_of(baseline, row[0]).flow
    for model, cell in zip(COLUMNS, row[6:], strict=False):
        if flow and cell != "-":
            assert flow.ports_for(model) == (tuple(cell.split()[1:]) or flow.ports)


def test_only_name_resolution_may_rely_on_default_rules() -> None:
    rows = [row for baseline in load_catalogue().baselines for row in baseline.requirements]
    assert {row.id for row in rows if row.default_rules_suffice} == {"dns"}


def test_the_2021_baseline_knows_the_classic_platforms_only() -> None:
    known = {model for model in NetworkModel if baseline_of("2021-12").knows(model)}
    assert known == {NetworkModel.STV1, NetworkModel.STV2}


def test_the_2026_baseline_knows_every_network_model_but_undetermined() -> None:
    known = {model for model in NetworkModel if baseline_of("2026-04").knows(model)}
    assert known == set(NetworkModel) - {NetworkModel.UNDETERMINED}


def test_the_load_balancer_row_is_required_on_premium_only_with_stv1() -> None:
    rule = requirement_of("2021-12", "load-balancer").levels[NetworkModel.STV1]
    assert rule.of(premium=True, multi_location=False) is Level.REQUIRED
    assert rule.of(premium=False, multi_location=True) is Level.OPTIONAL


def test_the_traffic_manager_row_is_required_with_several_locations_only() -> None:
    rule = requirement_of("2026-04", "traffic-manager").levels[NetworkModel.STV2]
    assert rule.of(premium=True, multi_location=False) is Level.OPTIONAL
    assert rule.of(premium=True, multi_location=True) is Level.REQUIRED


def test_an_inbound_row_of_workspace_gateways_asks_for_the_delegation_of_injection() -> None:
    rule = requirement_of("2026-04", "client-vnet").levels[NetworkModel.WORKSPACE_GATEWAY]
    assert rule.concerns(["Microsoft.Other/x", "microsoft.web/HOSTINGENVIRONMENTS"])


@pytest.mark.parametrize("delegations", [(), ("Microsoft.Web/serverFarms",)])
def test_an_inbound_row_of_workspace_gateways_is_not_asked_without_it(delegations: tuple[str, ...]) -> None:
    rule = requirement_of("2026-04", "client-vnet").levels[NetworkModel.WORKSPACE_GATEWAY]
    assert not rule.concerns(delegations)


def test_a_row_without_a_delegation_concerns_every_subnet() -> None:
    assert requirement_of("2026-04", "storage").levels[NetworkModel.WORKSPACE_GATEWAY].concerns(())


@BY_ROW
def test_a_remedy_is_one_sentence_with_everything_filled_in(baseline: str, row: tuple[str, ...]) -> None:
    requirement = requirement_of(baseline, row[0])
    for model in requirement.levels:
        remedy = requirement.remedy_for(model)
        assert remedy.endswith(".")
        assert ". " not in remedy
        assert not set("{}\n|") & set(remedy + requirement.purpose + requirement.title)


@BY_ROW
def test_a_remedy_names_the_rule_to_add(baseline: str, row: tuple[str, ...]) -> None:
    requirement = requirement_of(baseline, row[0])
    if requirement.flow is None or row[0] == "dns":
        return
    for model in requirement.levels:
        remedy = requirement.remedy_for(model)
        assert f"an {requirement.flow.direction.lower()} rule" in remedy
        assert all(port in remedy for port in requirement.flow.ports_for(model))
        assert requirement.flow.protocol.upper() in remedy
        assert row[2].split()[1] in remedy or "the subnet's prefix" in remedy


@BY_ROW
def test_every_network_model_of_a_row_has_a_dated_source(baseline: str, row: tuple[str, ...]) -> None:
    requirement = requirement_of(baseline, row[0])
    for model in requirement.levels:
        source = requirement.source_for(model)
        assert source.location
        assert source.title
        assert "2020-01-01" < source.dated < source.compared


def test_v2_rows_were_not_read_in_the_page_of_the_classic_tiers() -> None:
    source = requirement_of("2026-04", "storage").source_for(NetworkModel.V2_INJECTION)
    assert "v2-nsg-rules" in source.location
