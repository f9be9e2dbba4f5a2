"""Service tags: of the thousands in Microsoft's data, only those that the audit can touch are parsed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from apim_audit.core.facts.estate import Instance, Subnet
from apim_audit.core.facts.requirements import Catalogue, Peer, PeerKind
from apim_audit.core.facts.text import printable
from apim_audit.core.sets.addresses import parse_span
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags, fold
from apim_audit.decode.fields import FieldError
from apim_audit.decode.instances import location_key
from apim_audit.decode.problems import Problems
from apim_audit.snapshot import ServiceTagDocument

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_is_prefix = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}(?:/(?:3[0-2]|[12]?\d))?", re.ASCII).fullmatch
"""Matches nearly all that rules name, in a tenth of the time that it takes to read it."""
_CLOUDS = {
    "azurecloud": "Public",
    "public": "Public",
    "azureusgovernment": "AzureGovernment",
    "azuregovernment": "AzureGovernment",
    "usgovernment": "AzureGovernment",
    "azurechinacloud": "China",
    "azurechina": "China",
    "china": "China",
}
_CLOUDS_BY_REGION = {"usgov": "AzureGovernment", "usdod": "AzureGovernment", "china": "China"}


def cloud_of_tags(name: str) -> str:
    """Returns a cloud's name as service tag data writes it; one that is not known stays as it is."""
    return _CLOUDS.get(name.strip().lower(), printable(name.strip()))


def clouds_of(instances: Iterable[Instance]) -> tuple[str, ...]:
    """Returns the clouds in which the instances' locations lie, told by the names of the regions."""
    locations = (location for instance in instances for location in instance.locations)
    names = {location_key(location.name)[:5] for location in locations if location.region_known}
    return tuple(sorted({_CLOUDS_BY_REGION.get(name, "Public") for name in names}))


def used_names(catalogue: Catalogue, instances: Iterable[Instance], subnets: Iterable[Subnet]) -> set[str]:
    """Returns the folded names of tags that the audit can touch, and whatever else rules and routes name in words."""
    peers = {peer for peer in _peers(catalogue) if peer.kind is PeerKind.TAG}
    regions = {location_key(location.name) for instance in instances for location in instance.locations}
    regional = {f"{fold(peer.name)}.{region}" for peer in peers if peer.regional for region in regions}
    return {fold(peer.name) for peer in peers} | regional | set(map(fold, words_of(subnets)))


def _peers(catalogue: Catalogue) -> Iterator[Peer]:
    for baseline in catalogue.baselines:
        for requirement in baseline.requirements:
            if requirement.flow is not None:
                yield requirement.flow.peer


def words_of(subnets: Iterable[Subnet]) -> list[str]:
    """Returns what the rules and routes of subnets name, as Azure wrote it, each once, without addresses and prefixes.

    What is an address all the same, in a form that is less common, may be among it.
    """
    found: set[str] = set()
    for subnet in subnets:
        admin = getattr(subnet.virtual_network, "admin_rules", None)
        for rule in (*getattr(subnet.nsg, "rules", ()), *getattr(admin, "rules", ())):
            found.update(rule.source.expressions, rule.destination.expressions)
        found.update(route.prefix for route in getattr(subnet.route_table, "routes", ()))
    return [text for text in found if not _is_prefix(text)]


def parse_tags(
    data: ServiceTagDocument | None, used: Iterable[str], catalogue: Catalogue, problems: Problems
) -> ServiceTags:
    """Returns what is known of service tags.

    Args:
        data: the raw data, None where there is none that counts.
        used: folded names that the audit can touch; where one has no data, its whole family is parsed with it.
        catalogue: knows the names of tags.
        problems: collects tags whose data cannot be understood; they count as tags without data.
    """
    names = {fold(name): name for name in sorted(catalogue.tag_names)}
    if data is None:
        return ServiceTags({}, names)
    raw = _by_folded_name(data.prefixes)
    sets: dict[str, IntervalSet] = {}
    origin = " ".join(part for part in ("service tags", data.cloud, data.change_number) if part)
    for name in sorted(_needed(used, raw)):
        title, prefixes = raw[name]
        try:
            sets[name] = _parse(prefixes)
        except FieldError as error:
            _report(title, error.problem, origin, problems)
    _report_contradictory(data, set(map(fold, used)), origin, problems)
    names |= {fold(name): name.strip() for name in data.contradictory}
    names |= {folded: title.strip() for folded, (title, _) in raw.items()}
    return ServiceTags(sets, names, printable(origin), {name: tuple(raw[name][1]) for name in sets})


def _report_contradictory(data: ServiceTagDocument, used: AbstractSet[str], origin: str, problems: Problems) -> None:
    for name in data.contradictory:
        if fold(name) in used:
            _report(name, "is there twice with different prefixes", origin, problems)


def _report(title: str, problem: str, origin: str, problems: Problems) -> None:
    message = f"{printable(origin)}: tag {printable(title)}: {problem}, so the tag counts as one without data"
    problems.add(None, f"service tag {title}", "invalid", message)


def _by_folded_name(prefixes: Mapping[str, list[str]]) -> dict[str, tuple[str, list[str]]]:
    return {fold(name): (name, values) for name, values in prefixes.items()}


def _needed(used: Iterable[str], raw: Mapping[str, object]) -> set[str]:
    # What is known of a tag without data comes from its relatives: T and T.region.
    used = set(used)
    heads = {name.partition(".")[0] for name in used if name not in raw}
    relatives = {name for name in raw if name.partition(".")[0] in heads}
    return (used & raw.keys()) | relatives


def _parse(prefixes: object) -> IntervalSet:
    if not isinstance(prefixes, list):
        raise FieldError.of(prefixes, "addressPrefixes", "a list")
    spans: list[tuple[int, int]] = []
    for prefix in prefixes:
        if not isinstance(prefix, str):
            raise FieldError.of(prefix, "addressPrefixes", "a text")
        if ":" in prefix:
            continue
        span = parse_span(prefix.strip())
        if span is None:
            raise FieldError.of(prefix, "addressPrefixes", "an address prefix")
        spans.append(span)
    return IntervalSet.union_of(spans)
