"""ARM documents as azurerm resources: what an author would write to get them."""

from collections.abc import Iterable, Iterator
from typing import Any

from tests.plan.terraform_plans import Block

Json = dict[str, Any]

RULE_FIELDS = {
    "sourceAddressPrefix": "source_address_prefix",
    "sourceAddressPrefixes": "source_address_prefixes",
    "destinationAddressPrefix": "destination_address_prefix",
    "destinationAddressPrefixes": "destination_address_prefixes",
    "sourcePortRange": "source_port_range",
    "sourcePortRanges": "source_port_ranges",
    "destinationPortRange": "destination_port_range",
    "destinationPortRanges": "destination_port_ranges",
    "protocol": "protocol",
    "access": "access",
    "direction": "direction",
    "priority": "priority",
}


def segments(resource_id: str) -> dict[str, str]:
    parts = resource_id.strip("/").split("/")
    return dict(zip((part.lower() for part in parts[::2]), parts[1::2], strict=False))


def rule_values(rule: Json) -> Json:
    properties = rule["properties"]
    found = {name: properties.get(arm) or None for arm, name in RULE_FIELDS.items()}
    return {"name": rule["name"], "description": "", **found}


def address_of(document: Json) -> str:
    return str(document["name"]).replace(".", "_")


def blocks_of(documents: Iterable[Json], *, inline: bool) -> Iterator[Block]:
    """Yields the resources that create documents, whose ids are not known before.

    Args:
        documents: services, VNets with their subnets, NSGs, route tables.
        inline: whether rules and routes stand in their NSG and table; else each is a resource of its own.
    """
    for document in documents:
        kind = document["type"].lower()
        named = {
            "name": document["name"],
            "resource_group_name": segments(document["id"])["resourcegroups"],
            "location": document.get("location"),
        }
        if kind == "microsoft.network/networksecuritygroups":
            yield from _group(document, named, inline=inline)
        elif kind == "microsoft.network/virtualnetworks":
            yield from _network(document, named)
        elif kind == "microsoft.network/routetables":
            yield from _table(document, named, inline=inline)
        elif kind == "microsoft.apimanagement/service":
            yield _service(document, named)


def _group(document: Json, named: Json, *, inline: bool) -> Iterator[Block]:
    rules, name = document["properties"]["securityRules"], address_of(document)
    kind = "azurerm_network_security_group"
    if inline or not rules:
        listed = [rule_values(rule) for rule in rules]
        yield Block(
            kind,
            name,
            after={**named, "security_rule": listed},
            unknown={"id": True},
            known={"id": document["id"]},
        )
        return
    state = {"id": document["id"], "security_rule": [rule_values(rule) for rule in rules]}
    yield Block(kind, name, after=named, unknown={"id": True, "security_rule": True}, known=state)
    for rule in rules:
        yield Block(
            "azurerm_network_security_rule",
            name,
            after={**rule_values(rule), **_within(named), "network_security_group_name": named["name"]},
            unknown={"id": True},
            expressions={"network_security_group_name": f"{kind}.{name}.name"},
            key=rule["name"],
            known={"id": f"{document['id']}/securityRules/{rule['name']}"},
        )


def _within(named: Json) -> Json:
    return {"resource_group_name": named["resource_group_name"]}


def _network(document: Json, named: Json) -> Iterator[Block]:
    properties, kind, name = document["properties"], "azurerm_virtual_network", address_of(document)
    after = {
        **named,
        "address_space": properties["addressSpace"]["addressPrefixes"],
        "dns_servers": properties["dhcpOptions"]["dnsServers"],
    }
    state = {"id": document["id"], "subnet": [_in_state(subnet) for subnet in properties["subnets"]]}
    yield Block(kind, name, after=after, unknown={"id": True, "subnet": True}, known=state)
    for subnet in properties["subnets"]:
        yield from _subnet(subnet, named, name)


def _in_state(subnet: Json) -> Json:
    group = subnet["properties"].get("networkSecurityGroup") or {"id": ""}
    return {
        "id": subnet["id"],
        "name": subnet["name"],
        "address_prefixes": [subnet["properties"]["addressPrefix"]],
        "security_group": group["id"],
    }


def subnet_name(subnet_id: str) -> str:
    found = segments(subnet_id)
    return f"{found['virtualnetworks']}-{found['subnets']}".replace(".", "_")


def _subnet(subnet: Json, named: Json, network: str) -> Iterator[Block]:
    properties, name = subnet["properties"], subnet_name(subnet["id"])
    after = {
        "name": subnet["name"],
        **_within(named),
        "virtual_network_name": named["name"],
        "address_prefixes": [properties["addressPrefix"]],
        "delegation": [
            {"name": "d", "service_delegation": [{"name": each["properties"]["serviceName"], "actions": []}]}
            for each in properties.get("delegations") or ()
        ],
        "service_endpoints": [each["service"] for each in properties.get("serviceEndpoints") or ()] or None,
    }
    expressions = {"virtual_network_name": f"azurerm_virtual_network.{network}.name"}
    known = {"id": subnet["id"]}
    yield Block("azurerm_subnet", name, after=after, unknown={"id": True}, expressions=expressions, known=known)
    for field, kind in (("networkSecurityGroup", "network_security_group"), ("routeTable", "route_table")):
        reference = properties.get(field)
        if reference:
            other = reference["id"].rpartition("/")[2].replace(".", "_")
            yield Block(
                f"azurerm_subnet_{kind}_association",
                name,
                after={},
                unknown={"id": True, "subnet_id": True, f"{kind}_id": True},
                expressions={"subnet_id": f"azurerm_subnet.{name}.id", f"{kind}_id": f"azurerm_{kind}.{other}.id"},
                known={"id": subnet["id"], "subnet_id": subnet["id"], f"{kind}_id": reference["id"]},
            )


def _table(document: Json, named: Json, *, inline: bool) -> Iterator[Block]:
    kind, name = "azurerm_route_table", address_of(document)
    routes = [
        {
            "name": route["name"],
            "address_prefix": route["properties"]["addressPrefix"],
            "next_hop_type": route["properties"]["nextHopType"],
        }
        for route in document["properties"]["routes"]
    ]
    if inline or not routes:
        state = {"id": document["id"]}
        yield Block(kind, name, after={**named, "route": routes}, unknown={"id": True}, known=state)
        return
    state = {"id": document["id"], "route": routes}
    yield Block(kind, name, after=named, unknown={"id": True, "route": True}, known=state)
    for number, route in enumerate(routes):
        after = {**route, **_within(named), "route_table_name": named["name"]}
        known = {"id": f"{document['id']}/routes/{route['name']}"}
        yield Block("azurerm_route", name, after=after, unknown={"id": True}, key=number, known=known)


def _service(document: Json, named: Json) -> Block:
    properties = document["properties"]
    others = properties.get("additionalLocations") or []
    configurations = [_configuration(each) for each in (properties, *others)]
    expressions = [_expression(each) for each in (properties, *others)]
    after = {
        **named,
        "sku_name": f"{document['sku']['name']}_{document['sku']['capacity']}",
        "virtual_network_type": properties["virtualNetworkType"],
        "virtual_network_configuration": configurations[0],
        "gateway_disabled": properties.get("disableGateway"),
        "additional_location": [
            {"location": each["location"], "virtual_network_configuration": block, "gateway_disabled": False}
            for each, block in zip(others, configurations[1:], strict=True)
        ],
    }
    unknown = {
        "id": True,
        "virtual_network_configuration": [{"subnet_id": True}] * len(configurations[0]),
        "additional_location": [
            {"virtual_network_configuration": [{"subnet_id": True}] * len(each)} for each in configurations[1:]
        ],
    }
    written = {
        "virtual_network_configuration": expressions[0],
        "additional_location": [{"virtual_network_configuration": each} for each in expressions[1:]],
    }
    known = {
        "id": document["id"],
        "virtual_network_configuration": _known(properties),
        "additional_location": [
            {**block, "virtual_network_configuration": _known(each)}
            for each, block in zip(others, after["additional_location"], strict=True)
        ],
    }
    name = address_of(document)
    return Block("azurerm_api_management", name, after=after, unknown=unknown, expressions=written, known=known)


def _configuration(part: Json) -> list[Json]:
    return [{}] if part.get("virtualNetworkConfiguration") else []


def _known(part: Json) -> list[Json]:
    configuration = part.get("virtualNetworkConfiguration")
    return [{"subnet_id": configuration["subnetResourceId"]}] if configuration else []


def _expression(part: Json) -> list[Json]:
    configuration = part.get("virtualNetworkConfiguration")
    if not configuration:
        return []
    return [{"subnet_id": f"azurerm_subnet.{subnet_name(configuration['subnetResourceId'])}.id"}]
