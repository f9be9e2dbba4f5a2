"""Estates to read, and a reader that goes the whole way: TLS, azure-identity, both SDKs, the embedded endpoint."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from apim_audit.collect import Progress, Request, collect
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import (
    Place,
    Site,
    allow_in,
    network_security_group,
    route_table,
    service,
    subnet,
    virtual_network,
)
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.demo.showing import isolated
from apim_audit.demo.tags import service_tag_answer
from apim_audit.snapshot import Document, Snapshot
from tests.collect.documented import is_documented

TAKEN_AT = "2026-11-22T06:31:00Z"
ONE = "00000000-0000-4000-8000-000000000001"
TWO = "00000000-0000-4000-8000-000000000002"

Read = Callable[..., tuple[Snapshot, ArmEndpoint]]


class Estates:
    """Estates in which instance ``apim-N`` uses ``snet-N`` of one VNet, each subnet with an NSG and a route table."""

    one = ONE
    two = TWO

    def place(self, subscription: str = ONE, group: str = "rg-apis") -> Place:
        return Place(subscription, group, "West Europe")

    def vnet_id(self, subscription: str = ONE) -> str:
        return self.place(subscription, "rg-net").id("Microsoft.Network/virtualNetworks", "vnet-apis")

    def subnet_id(self, index: int, subscription: str = ONE) -> str:
        return f"{self.vnet_id(subscription)}/subnets/snet-{index}"

    def nsg_id(self, index: int, subscription: str = ONE) -> str:
        return self.place(subscription, "rg-net").id("Microsoft.Network/networkSecurityGroups", f"nsg-{index}")

    def table_id(self, index: int, subscription: str = ONE) -> str:
        return self.place(subscription, "rg-net").id("Microsoft.Network/routeTables", f"rt-{index}")

    def list_path(self, kind: str, subscription: str = ONE) -> str:
        return f"/subscriptions/{subscription}/providers/{kind}"

    def service(self, index: int, subscription: str = ONE, **options: Any) -> Document:
        sites = options.get("sites") or (Site("West Europe", self.subnet_id(index, subscription)),)
        place = self.place(subscription, options.get("group", "rg-apis"))
        return service(place, f"apim-{index}", options.get("sku", "Developer"), "External", sites)

    def networks(self, count: int, subscription: str = ONE) -> tuple[Document, ...]:
        place = self.place(subscription, "rg-net")
        ids = [(self.nsg_id(each, subscription), self.table_id(each, subscription)) for each in range(count)]
        subnets = [
            subnet(self.vnet_id(subscription), f"snet-{index}", f"10.1.{index % 256}.0/27", *pair)
            for index, pair in enumerate(ids)
        ]
        rules = [allow_in(100, "AllowManagement", "ApiManagement", "3443")]
        return (
            virtual_network(place, "vnet-apis", "10.0.0.0/8", subnets),
            *(network_security_group(place, f"nsg-{index}", rules) for index in range(count)),
            *(route_table(place, f"rt-{index}") for index in range(count)),
        )

    def instances(self, count: int, subscription: str = ONE, **options: Any) -> tuple[Document, ...]:
        return tuple(self.service(index, subscription, **options) for index in range(count))

    def plain(self, count: int = 3, subscription: str = ONE, **options: Any) -> ServedEstate:
        documents = (*self.instances(count, subscription, **options), *self.networks(count, subscription))
        return ServedEstate(documents, service_tag_answer(subscription))


@pytest.fixture
def estates() -> Estates:
    return Estates()


@pytest.fixture
def read() -> Read:
    """Reads an estate; the endpoint fails the test on any request that an audit must not make."""

    def run(
        estate: ServedEstate,
        *,
        page_size: int = 50,
        faults: Sequence[Fault] = (),
        manners: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
        **request: Any,
    ) -> tuple[Snapshot, ArmEndpoint]:
        with serve(estate, page_size=page_size, faults=tuple(faults), **(manners or {})) as endpoint:
            subscriptions = request.pop("subscriptions", endpoint.subscription_ids)
            try:
                with isolated(endpoint.environment()):
                    whole = Request(subscriptions, arm_endpoint=endpoint.url, **request)
                    snapshot = collect(whole, TAKEN_AT, progress)
            finally:
                assert endpoint.refused() == []
                assert [each for each in endpoint.requests if not is_documented(each.method, each.path)] == []
        return snapshot, endpoint

    return run
