"""API Management services and workspace gateways."""

import re
from dataclasses import dataclass, replace

from apim_audit.core.facts.estate import Instance, InstanceKind, Location, Subnet, Unreadable
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import Fields, phrase
from apim_audit.decode.joined import Network
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Kind, Resource, fold_id
from apim_audit.snapshot import unknown_name

DISABLED_MARKER = "microsoft.windowsazure.apimanagement.service.disabled"
"""The custom property, folded, with which Microsoft's automatic migration marks an instance that it cut off.

Source: includes/api-management-automatic-migration.md of the Azure documentation, 2025-02-21.
"""
UNTOLD_LOCATION = "(unknown)"
"""The name of a location whose document does not tell it."""

_NETWORK_TYPES = {member.lower(): member for member in VirtualNetworkType}
_SCOPE = re.compile(r"/subscriptions/([^/]*)(?:/resourceGroups/([^/]*))?", re.IGNORECASE)


def location_key(name: str) -> str:
    """Returns a location's name as it is compared: ``West Europe`` is ``westeurope``."""
    return "".join(name.split()).lower()


@dataclass(frozen=True, slots=True)
class InstanceReader:
    """Reads services and workspace gateways, each with the subnets of its locations."""

    network: Network
    problems: Problems

    def read(self, resource: Resource) -> Instance:
        """Returns an instance; where its document cannot be understood it says so, and is kept."""
        fields = resource.fields()
        properties = fields.inside("properties", required=True)
        network_type = _network_type(properties)
        if resource.kind is Kind.SERVICE:
            locations = self._locations(resource, fields, properties, network_type)
        else:
            locations = (self._gateway_location(fields, properties),)
        subscription, group = _scope(resource.id)
        sku = fields.inside("sku", required=True).required_text("name")
        name = fields.text("name")
        instance = Instance(
            id=resource.id,
            name=name or resource.id.rstrip("/").rpartition("/")[2],
            resource_group=group,
            subscription_id=subscription,
            kind=InstanceKind.SERVICE if resource.kind is Kind.SERVICE else InstanceKind.GATEWAY,
            sku=sku,
            virtual_network_type=network_type,
            locations=locations,
            provisioning_state=properties.text("provisioningState"),
            disabled_by_migration=_disabled(properties),
            origin=resource.origin,
        )
        resource.report(self.problems, fields.errors)
        return replace(instance, unreadable=_unreadable(resource, fields))

    def _locations(
        self, resource: Resource, fields: Fields, properties: Fields, network_type: VirtualNetworkType
    ) -> tuple[Location, ...]:
        pairs = [(properties, self._location(fields, properties, primary=True))]
        pairs += [(each, self._location(each, each, primary=False)) for each in properties.each("additionalLocations")]
        if network_type is not VirtualNetworkType.NONE:
            pairs = [(part, self._with_subnet(resource, part, location)) for part, location in pairs]
        elif pairs[0][1].subnet_id is not None and not properties.has("virtualNetworkType"):
            properties.wrong("virtualNetworkType", "a network type")
        primary, *others = (location for _, location in pairs)
        return (primary, *sorted(others, key=lambda location: location_key(location.name)))

    def _location(self, fields: Fields, properties: Fields, *, primary: bool) -> Location:
        subnet_id = properties.inside("virtualNetworkConfiguration").text("subnetResourceId")
        name, region_known = _place(fields)
        return Location(
            name,
            primary,
            properties.text("platformVersion"),
            *self._subnet(subnet_id),
            gateway_disabled=properties.flag("disableGateway") is True,
            region_known=region_known,
        )

    def _gateway_location(self, fields: Fields, properties: Fields) -> Location:
        subnet_id = properties.inside("backend").inside("subnet").text("id")
        name, region_known = _place(fields)
        return Location(
            name,
            True,  # noqa: FBT003  (primary)
            properties.text("platformVersion"),
            *self._subnet(subnet_id),
            region_known=region_known,
        )

    def _subnet(self, subnet_id: str | None) -> tuple[str | None, Subnet | Unreadable | None]:
        return (None, None) if subnet_id is None else (subnet_id, self.network.subnet(subnet_id))

    def _with_subnet(self, resource: Resource, properties: Fields, location: Location) -> Location:
        # The network type says that there is a subnet: only the location's checks suffer, not the instance.
        if location.subnet_id is not None:
            return location
        why = f"the subnet of {printable(location.name)} is not named in the document"
        part = properties.apart()
        part.inside("virtualNetworkConfiguration").text("subnetResourceId")
        if not part.errors:
            part.fault("virtualNetworkConfiguration.subnetResourceId", f"is missing: {why}; add it")
        resource.report(self.problems, part.errors)
        return replace(location, subnet=Unreadable(resource.id, why))


def _place(fields: Fields) -> tuple[str, bool]:
    """Returns the name of a location, and whether it tells the region."""
    unknown = unknown_name(fields.in_any_case("location"))
    if unknown is not None:
        return f"({printable(unknown)})", False
    return fields.required_text("location") or UNTOLD_LOCATION, True


def _network_type(properties: Fields) -> VirtualNetworkType:
    text = properties.text("virtualNetworkType")
    member = VirtualNetworkType.NONE if text is None else _NETWORK_TYPES.get(text.lower())
    if member is None:
        properties.wrong("virtualNetworkType", "None, External or Internal")
    return member or VirtualNetworkType.NONE


def _scope(resource_id: str) -> tuple[str, str]:
    found = _SCOPE.match(resource_id)
    return (found[1], found[2] or "") if found else ("", "")


def _disabled(properties: Fields) -> bool:
    if unknown_name(properties.in_any_case("customproperties")) is not None:
        return False  # a note rests on it and no verdict
    marker = properties.inside("customProperties").in_any_case(DISABLED_MARKER)
    return marker is not None and str(marker).strip().lower() not in {"", "0", "false"}


def _unreadable(resource: Resource, fields: Fields) -> str:
    return f"{resource.title} cannot be understood: {phrase(fields.errors)}" if fields.errors else ""


def substance_of_instance(instance: Instance) -> object:
    """Returns what matters of an instance: where ids and location names differ in letter case only, it is the same."""
    locations = tuple(
        replace(location, name=location_key(location.name), subnet_id=fold_id(location.subnet_id or ""))
        for location in instance.locations
    )
    return replace(instance, id="", name="", resource_group="", subscription_id="", locations=locations)
