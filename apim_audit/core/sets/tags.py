"""Service tags: their names and, where data is at hand, their IPv4 prefixes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.unknowns import AddressSet

NAMES_WITHOUT_DATA = frozenset(
    {"virtualnetwork", "internet", "azureloadbalancer", "azureplatformdns", "azureplatformimds", "azureplatformlkm"}
)
"""Tags that stand in no tag file: they depend on the VNet or name services of the host."""


_NOT_YET_KNOWN = "not known until the deployment: "


def not_yet_known(name: str) -> str:
    """Returns what stands in a rule for an address whose value only the deployment will tell.

    Args:
        name: the attribute or expression whose value it is.
    """
    return _NOT_YET_KNOWN + name


def is_not_yet_known(text: str) -> bool:
    """Tells whether an expression of a rule stands for an address that only the deployment will tell."""
    return text.startswith(_NOT_YET_KNOWN)


def fold(name: str) -> str:
    """Returns a tag name as it is compared: letter case and blanks at the ends do not count."""
    return name.strip().lower()


@dataclass(frozen=True, slots=True)
class ServiceTags:
    """What is known of service tags.

    Attributes:
        sets: the IPv4 addresses of each tag with data, by folded name.
        names: every known tag name as Azure writes it, by folded name: those of the catalogue and those with data.
        origin: how a person would name the data ("service tags Public 375"), or empty where there is none.
        prefixes: the prefixes of tags with data as the data writes them, by folded name. Sets have merged them, and
            where a route names a tag their lengths count.
        regions: the folded names of the known regions of each tag, sorted, by the tag's folded name.
        resolved: what tags were resolved to, by folded name. It is kept here, not in a cache with the data as its
            key: two that are equal but not the same would be compared tag by tag at every look.
    """

    sets: Mapping[str, IntervalSet]
    names: Mapping[str, str]
    origin: str = ""
    prefixes: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)
    regions: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    resolved: dict[str, AddressSet] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        regions: dict[str, list[str]] = {}
        for name in sorted(self.names):
            whole = name.partition(".")[0]
            if is_region(name) and self.knows(whole):
                regions.setdefault(whole, []).append(name)
        object.__setattr__(self, "regions", {whole: tuple(names) for whole, names in regions.items()})

    def __hash__(self) -> int:
        """Returns a hash that costs nothing, for caches that see few of these and each very often."""
        return hash((self.origin, len(self.sets), len(self.names)))

    def knows(self, name: str) -> bool:
        """Tells whether a folded name is a service tag's."""
        return name in self.sets or name in self.names

    def written(self, name: str) -> str:
        """Returns a folded name as Azure writes it."""
        return self.names.get(name, name)

    def whole_of(self, name: str) -> str | None:
        """Returns the folded name of the tag that a regional tag is part of, or None."""
        head, dot, _ = name.partition(".")
        return head if dot and self.knows(head) else None


def is_region(name: str) -> bool:
    """Tells whether a folded name is of the form of a regional tag, disjoint from the other regions of its tag.

    ``AzureMonitor.Core`` is no region: in Microsoft's tag file it overlaps the regional ones (Public, 2025-10-28).
    """
    _, dot, suffix = name.partition(".")
    return bool(dot) and suffix != "core"
