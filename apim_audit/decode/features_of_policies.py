"""Which features policies use: the internal cache, and limits that the units of a location count together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apim_audit.core.facts.features import Feature, InUse
from apim_audit.core.facts.text import printable
from apim_audit.decode.fields import Fields
from apim_audit.decode.policies import PolicyElement, caching_types_in, elements_in, limits_in

_NOUNS = {"apis": "API", "operations": "operation", "products": "product"}


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document.

    Attributes:
        name: the last part of its id, in lower case: for a fragment what others include it by.
        title: what people call it.
        elements: the policies in it that count.
    """

    name: str
    title: str
    elements: tuple[PolicyElement, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """What matters of a location.

    Attributes:
        location: its folded name.
        units: how many it has, or None where that is not told, which counts as several.
        external_cache: whether policies find an external cache here.
    """

    location: str
    units: int | None
    external_cache: bool


def read_policy(entry: Fields) -> Policy:
    """Returns a policy, or a fragment of one, out of its resource."""
    resource_id = (entry.text("id") or "").rstrip("/")
    name = entry.text("name") or resource_id.rpartition("/")[2]
    xml = entry.inside("properties", required=True).required_text("value")
    return Policy(name.lower(), _title(resource_id, name), elements_in(xml))


def features_of_policies(
    policies: Sequence[Policy], fragments: Sequence[Policy], sites: Sequence[Site]
) -> Iterator[InUse]:
    """Yields the features that policies use; a fragment counts where something that counts includes it."""
    in_force = [*policies, *_included(policies, {each.name: each for each in fragments})]
    for site in sites:
        for policy in in_force:
            reason = _limits(policy, site)
            if reason:
                yield InUse(Feature.RATE_LIMIT, reason, site.location)
            if _uses_internal_cache(policy, site):
                yield InUse(Feature.INTERNAL_CACHE, f"caching in {policy.title}", site.location)


def _limits(policy: Policy, site: Site) -> str:
    limits = limits_in(policy.elements)
    if not limits or site.units == 1:
        return ""
    units = "an unknown number of units" if site.units is None else f"{site.units} units"
    return f"`{limits[0]}` in {policy.title} with {units}"


def _uses_internal_cache(policy: Policy, site: Site) -> bool:
    types = caching_types_in(policy.elements)
    return "internal" in types or ("prefer-external" in types and not site.external_cache)


def _included(policies: Iterable[Policy], fragments: Mapping[str, Policy]) -> list[Policy]:
    found: dict[str, Policy] = {}
    waiting = [element for policy in policies for element in policy.elements]
    while waiting:
        name = waiting.pop().fragment.lower()
        if name in fragments and name not in found:
            found[name] = fragments[name]
            waiting += fragments[name].elements
    return [found[name] for name in sorted(found)]


def _title(resource_id: str, name: str) -> str:
    """Returns ``the policy of operation `get` of API `orders` `` and the like."""
    segments = resource_id.split("/")
    if len(segments) > 1 and segments[-2].lower() == "policyfragments":
        return f"policy fragment `{printable(name)}`"
    pairs = zip(segments[1::2], segments[2::2], strict=False)
    owners = [f"{_NOUNS[kind.lower()]} `{printable(each)}`" for kind, each in pairs if kind.lower() in _NOUNS]
    return f"the policy of {' of '.join(reversed(owners))}" if owners else "the global policy"
