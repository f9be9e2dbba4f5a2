"""Which features an instance uses, by the resources that belong to it.

A list is a document of its own: its id is that of the service with the list's name, and its entries stand in ``value``
as ARM lists them. A document of a single resource counts as well, but only a list tells that there is no more.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apim_audit.core.facts.estate import Instance, InstanceKind
from apim_audit.core.facts.features import Feature, InUse
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.decode.features_of_policies import Site, features_of_policies, read_policy
from apim_audit.decode.fields import Fields
from apim_audit.decode.instances import location_key
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Kind, Resource, fold_id, kind_of_id, service_of

_POLICIES = (Kind.POLICY, Kind.PRODUCT_POLICY, Kind.API_POLICY, Kind.OPERATION_POLICY)
_LISTS = (
    Kind.LOGGER,
    Kind.DIAGNOSTIC,
    Kind.CACHE,
    Kind.IDENTITY_PROVIDER,
    Kind.NAMED_VALUE,
    Kind.CERTIFICATE,
    Kind.AUTHORIZATION_PROVIDER,
    Kind.POLICY,
    Kind.POLICY_FRAGMENT,
    Kind.WORKSPACE,
)
"""What has to be there to know of all features."""
FEATURE_KINDS = frozenset({*_LISTS, *_POLICIES})
"""The types by which features are known."""

_LOGGERS = {
    "azureeventhub": (Feature.EVENT_HUB_LOGGER, "Event Hub logger"),
    "applicationinsights": (Feature.APPLICATION_INSIGHTS_LOGGER, "Application Insights logger"),
}
_ENTRA_ID = frozenset({"aad", "aadb2c"})

_DEFAULT = "default"

Resources = Mapping[Kind, Sequence[Resource]]
_Told = tuple[Feature, str]


@dataclass(slots=True)
class _Found:
    """What belongs to one service: the entries by type, and the documents that they stand in."""

    entries: dict[Kind, list[Fields]] = field(default_factory=dict)
    documents: list[tuple[Resource, Fields]] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Fields]:
        return self.entries.get(kind, [])

    def put(self, resource: Resource) -> None:
        fields = resource.fields()
        entries = fields.each("value") if fields.has("value") else [fields]
        self.entries.setdefault(resource.kind, []).extend(entries)
        self.documents.append((resource, fields))


def with_features(
    instances: Iterable[Instance], resources: Resources, unread: Iterable[Incomplete], problems: Problems
) -> tuple[Instance, ...]:
    """Returns the instances with the features that they use.

    Args:
        instances: what to complete.
        resources: the documents, by type.
        unread: what the snapshot could not read, which is told already.
        problems: collects which features cannot be known; an instance needs to know them.
    """
    found: dict[str, _Found] = {}
    for resource in (each for kind in FEATURE_KINDS for each in resources[kind]):
        found.setdefault(service_of(resource.id), _Found()).put(resource)
    bodies = {resource.key: resource for resource in resources[Kind.SERVICE]}
    told = {(service_of(entry.id), kind_of_id(entry.id)) for entry in unread}
    completed = []
    for instance in instances:
        key = fold_id(instance.id)
        if instance.kind is InstanceKind.SERVICE and any(location.subnet_id for location in instance.locations):
            here = found.get(key, _Found())
            _tell_what_is_missing(instance, [kind for kind in _LISTS if (key, kind) not in told], here, problems)
            completed.append(replace(instance, in_use=_features(instance, bodies[key], here, problems)))
        else:
            completed.append(instance)
    return tuple(completed)


def _tell_what_is_missing(instance: Instance, expected: Iterable[Kind], found: _Found, problems: Problems) -> None:
    key, name = fold_id(instance.id), printable(instance.name)
    missing = [kind.label for kind in expected if kind not in found.entries]
    if missing:
        message = (
            f"of {name} these are not among the documents: {', '.join(missing)}; which optional rows they make "
            "required is not known: read them with `apim-audit collect --features`"
        )
        problems.add(key, instance.id, "not-found", message)
    if found.of(Kind.WORKSPACE):
        message = f"{name} has workspaces, which are not looked into: what they use raises no row"
        problems.add(key, f"{instance.id}/workspaces", "truncated", message)


def _features(instance: Instance, service: Resource, found: _Found, problems: Problems) -> tuple[InUse, ...]:
    fields = service.fields()
    in_use = [*_own(fields, instance)]
    for kind, read in _READERS.items():
        in_use += [InUse(*told) for entry in found.of(kind) if (told := read(entry, _name(entry))) is not None]
    caches = [_cache(entry) for entry in found.of(Kind.CACHE)]
    policies = [read_policy(entry) for kind in _POLICIES for entry in found.of(kind)]
    fragments = [read_policy(entry) for entry in found.of(Kind.POLICY_FRAGMENT)]
    sites = _sites(fields, instance, {each.location for each in caches})
    in_use += [*caches, *features_of_policies(policies, fragments, sites)]
    service.report(problems, fields.errors)
    for resource, read_fields in found.documents:
        resource.report(problems, read_fields.errors, service.key)
    return tuple(dict.fromkeys(in_use))


def _name(entry: Fields) -> str:
    return printable(entry.text("name") or (entry.text("id") or "").rstrip("/").rpartition("/")[2])


def _own(service: Fields, instance: Instance) -> Iterator[InUse]:
    """Yields what the service's own document tells."""
    if len(instance.locations) > 1:
        yield InUse(Feature.SEVERAL_LOCATIONS, f"{len(instance.locations)} locations")
    for host in service.inside("properties").each("hostnameConfigurations"):
        if host.has("keyVaultId") or (host.text("certificateSource") or "").lower() == "keyvault":
            name = printable(host.text("hostName") or "")
            yield InUse(Feature.KEY_VAULT_REFERENCE, f"the Key Vault certificate of custom domain `{name}`")


def _logger(entry: Fields, name: str) -> _Told | None:
    feature, noun = _LOGGERS.get(entry.inside("properties").required_text("loggerType").lower(), (None, ""))
    return None if feature is None else (feature, f"{noun} `{name}`")


def _diagnostic(entry: Fields, name: str) -> _Told | None:
    used = entry.inside("properties").text("loggerId") is not None
    return (Feature.DIAGNOSTIC, f"diagnostic `{name}`") if used else None


def _identity_provider(entry: Fields, name: str) -> _Told | None:
    kind = (entry.inside("properties").text("type") or name).lower()
    return (Feature.ENTRA_ID_PROVIDER, f"identity provider `{name}`") if kind in _ENTRA_ID else None


def _named_value(entry: Fields, name: str) -> _Told | None:
    return _in_key_vault(entry, f"named value `{name}` in a Key Vault")


def _certificate(entry: Fields, name: str) -> _Told | None:
    return _in_key_vault(entry, f"certificate `{name}` in a Key Vault")


def _in_key_vault(entry: Fields, reason: str) -> _Told | None:
    return (Feature.KEY_VAULT_REFERENCE, reason) if entry.inside("properties").has("keyVault") else None


def _authorization_provider(_entry: Fields, name: str) -> _Told | None:
    return Feature.CREDENTIAL_MANAGER, f"credential provider `{name}`"


_READERS: Mapping[Kind, Callable[[Fields, str], _Told | None]] = {
    Kind.LOGGER: _logger,
    Kind.DIAGNOSTIC: _diagnostic,
    Kind.IDENTITY_PROVIDER: _identity_provider,
    Kind.NAMED_VALUE: _named_value,
    Kind.CERTIFICATE: _certificate,
    Kind.AUTHORIZATION_PROVIDER: _authorization_provider,
}


def _cache(entry: Fields) -> InUse:
    """Returns an external cache; ``default`` is the one of all locations that have none of their own."""
    place = location_key(entry.inside("properties").text("useFromLocation") or _DEFAULT)
    return InUse(Feature.EXTERNAL_CACHE, f"external cache `{_name(entry)}`", None if place == _DEFAULT else place)


def _sites(service: Fields, instance: Instance, cached: set[str | None]) -> list[Site]:
    others = service.inside("properties").each("additionalLocations")
    parts = [(instance.locations[0].name, service), *((each.text("location") or "", each) for each in others)]
    return [
        Site(
            location_key(name),
            units=part.inside("sku").number("capacity") if part.inside("sku").has("capacity") else None,
            external_cache=not cached.isdisjoint({None, location_key(name)}),
        )
        for name, part in parts
    ]
