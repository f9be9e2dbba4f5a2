"""API Management services and workspace gateways."""

import re
from dataclasses import dataclass, replace

from apim_audit.core.facts.estate import Instance, InstanceKind, Location, Subnet, Unreadable
from apim_audit.core.facts.models import TIERS
from apim_audit.core.facts.requirements import VirtualNetworkType
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import FieldError, Fields, phrase, shown
from apim_audit.decode.joined import Network
from apim_audit.decode.problems import NOBODY, Problems
from apim_audit.decode.resources import Kind, Resource, fold_id, name_in
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
        named, noted = fields.apart(), properties.apart()  # no verdict rests on these
        network_type = _network_type(properties)
        if resource.kind is Kind.SERVICE:
            locations = self._locations(resource, fields, properties, network_type)
        else:
            locations = (self._gateway_location(fields, properties),)
        in_network = network_type is not VirtualNetworkType.NONE or any(each.subnet_id for each in locations)
        subscription, group = _scope(resource.id)
        instance = Instance(
            id=resource.id,
            name=named.text("name") or resource.id.rstrip("/").rpartition("/")[2],
            resource_group=group,
            subscription_id=subscription,
            kind=InstanceKind.SERVICE if resource.kind is Kind.SERVICE else InstanceKind.GATEWAY,
            sku=_tier(fields, known_only=in_network and resource.kind is Kind.SERVICE),
            virtual_network_type=network_type,
            locations=locations,
            provisioning_state=noted.text("provisioningState"),
            disabled_by_migration=_disabled(noted),
            origin=resource.origin,
        )
        resource.report(self.problems, fields.errors)
        resource.report(self.problems, [*named.errors, *noted.errors], NOBODY)
        return replace(instance, unreadable=_unreadable(resource, fields))

    def _locations(
        self, resource: Resource, fields: Fields, properties: Fields, network_type: VirtualNetworkType
    ) -> tuple[Location, ...]:
        """Returns the locations; what is wrong in the part of one concerns that one."""
        listed = properties.apart()
        parts = [_Part(fields.apart(), properties.apart(), primary=True)]
        for path, body in listed.items("additionalLocations"):
            part = Fields(body, path)
            parts.append(_Part(part, part, primary=False))
        primary, *others = (self._location(resource, part, network_type) for part in parts)
        others += [_untold_location(resource, error) for error in listed.errors]
        if network_type is VirtualNetworkType.NONE and not properties.has("virtualNetworkType"):
            _ensure_no_network(properties, parts[0], primary)
        errors = [*(error for part in parts for error in part.errors()), *listed.errors]
        # In no VNet nothing is judged, so that nothing depends on them.
        resource.report(self.problems, errors, NOBODY if network_type is VirtualNetworkType.NONE else None)
        return (primary, *sorted(others, key=lambda location: location_key(location.name)))

    def _location(self, resource: Resource, part: "_Part", network_type: VirtualNetworkType) -> Location:
        name, region_known = _place(part.head)
        subnet_id = part.needed.inside("virtualNetworkConfiguration").text("subnetResourceId")
        location = Location(
            name,
            part.primary,
            _platform_version(part.platform),
            *self._subnet(subnet_id),
            gateway_disabled=part.needed.flag("disableGateway") is True,
            region_known=region_known,
        )
        if network_type is VirtualNetworkType.NONE:
            return location
        if part.needed.errors:
            return replace(location, subnet=_not_understood(resource, name, part.needed.errors))
        return self._with_subnet(resource, part.needed, location)

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


class _Part:
    """The part of a document that is about one location, read apart from the rest.

    Attributes:
        head: where its name stands.
        needed: the same as its body; what is wrong with it makes all checks of the location unknown.
        platform: the same again; a platform that is not understood is one that is not determined.
    """

    def __init__(self, head: Fields, body: Fields, *, primary: bool) -> None:
        self.head = head.apart()
        self.needed = body.apart()
        self.platform = body.apart()
        self.primary = primary

    def errors(self) -> list[FieldError]:
        """Returns what is wrong with it."""
        return [*self.head.errors, *self.needed.errors, *self.platform.errors]


def _platform_version(fields: Fields) -> str | None:
    text = fields.text("platformVersion")
    if not fields.errors:
        return text
    # Shown as it is: it is none of the platforms, and it is not absent.
    value = fields.in_any_case("platformversion")
    unknown = unknown_name(value)
    return shown(value) if unknown is None else f"({printable(unknown)})"


def _untold_location(resource: Resource, error: FieldError) -> Location:
    subnet = _not_understood(resource, UNTOLD_LOCATION, [error])
    return Location(UNTOLD_LOCATION, False, None, None, subnet, region_known=False)  # noqa: FBT003  (primary)


def _not_understood(resource: Resource, location: str, errors: list[FieldError]) -> Unreadable:
    title = f"the location {printable(location)} of {name_in(resource.id)}"
    return Unreadable(resource.id, f"{title} cannot be understood: {phrase(errors)}")


def _ensure_no_network(properties: Fields, part: _Part, primary: Location) -> None:
    """Records that a network type is missing where something speaks of a network."""
    if primary.subnet_id is not None or part.needed.errors:
        properties.wrong("virtualNetworkType", "a network type")


def _place(fields: Fields) -> tuple[str, bool]:
    """Returns the name of a location, and whether it tells the region."""
    unknown = unknown_name(fields.in_any_case("location"))
    if unknown is not None:
        return f"({printable(unknown)})", False
    name = fields.required_text("location")
    return name or UNTOLD_LOCATION, bool(name)


def _network_type(properties: Fields) -> VirtualNetworkType:
    text = properties.text("virtualNetworkType")
    member = VirtualNetworkType.NONE if text is None else _NETWORK_TYPES.get(text.lower())
    if member is None:
        properties.wrong("virtualNetworkType", "None, External or Internal")
    return member or VirtualNetworkType.NONE


def _tier(fields: Fields, *, known_only: bool) -> str:
    """Returns the tier's name; in a network one that nobody knows may need what no row of the catalogue says."""
    sku = fields.inside("sku", required=True)
    name = sku.required_text("name")
    if name and known_only and name.lower() not in TIERS:
        sku.fault("name", f"{shown(name)} is no tier that this version knows: correct it, or update apim-audit")
    return name


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
