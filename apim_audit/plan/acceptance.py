"""Rules that Azure would refuse, told before anything is deployed: a check of its own, for the NSGs that a plan writes.

It is no row of the catalogue: no NSG that is there can fail it, so that it says nothing of a current state.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from apim_audit.core.facts.findings import Change, Check, Origin, Severity
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report
from apim_audit.core.facts.requirements import Level, Requirement, Source, VirtualNetworkType
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Compliant, Evidence, Gap, Undecided, Verdict
from apim_audit.core.sets.addresses import parse_addresses
from apim_audit.core.sets.tags import NAMES_WITHOUT_DATA, fold
from apim_audit.decode.resources import fold_id, name_in
from apim_audit.decode.rules import faults_of
from apim_audit.decode.security_groups import CUSTOM_PRIORITIES
from apim_audit.plan.nesting import properties_of
from apim_audit.plan.origins import Origins
from apim_audit.plan.state import State
from apim_audit.snapshot import Document, Snapshot, unknown_name

ACCEPTED = Requirement(
    id="rules-accepted",
    title="Rules that Azure accepts",
    flow=None,
    applies_to=frozenset(VirtualNetworkType),
    levels={},
    purpose="Azure refuses an NSG with a rule that breaks its limits, so that the deployment fails on its way.",
    remedy="Write the rule as Azure accepts it.",
    source=Source(
        "Network security groups",
        "MicrosoftDocs/azure-docs:articles/virtual-network/network-security-groups-overview.md",
        "2025-07-15",
        "2026-11-22",
    ),
)

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?")
_MOST_TOLD = 3
_PAIRS = (
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
)
_SIDES = _PAIRS[:2]


@dataclass(frozen=True, slots=True)
class _Fault:
    rule: str
    problem: str
    certain: bool = True

    def __str__(self) -> str:
        return f"rule {printable(self.rule)}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Looks through the NSGs that a plan writes.

    Attributes:
        planned: what the deployment would leave behind.
        written: the keys of the resources that the plan changes, those of rules led back to their NSG.
        tag_names: every known service tag, folded, or None where no data is at hand.
        origins: where rules are written down.
    """

    planned: Snapshot
    written: AbstractSet[str]
    tag_names: AbstractSet[str] | None
    origins: Origins

    def told(self, report: Report) -> Report:
        """Returns a report with the check at every location whose NSG the plan writes."""
        state = State(self.planned.documents)
        return replace(report, instances=tuple(self._instance(each, state) for each in report.instances))

    def _instance(self, instance: InstanceReport, state: State) -> InstanceReport:
        return replace(instance, locations=tuple(self._location(each, state) for each in instance.locations))

    def _location(self, location: LocationReport, state: State) -> LocationReport:
        nsg = location.network_security_group_id or ""
        if fold_id(nsg) not in self.written or location.network_model is None or state.get(fold_id(nsg)) is None:
            return location
        rules = properties_of(state.get(fold_id(nsg)) or {}).get("securityRules")
        doubts = (
            []
            if unknown_name(rules) is None
            else [_Fault("(each)", f"its fields wait for {unknown_name(rules)}", certain=False)]
        )
        faults = (*doubts, *self._faults(state.children(fold_id(nsg), "securityRules")))
        return replace(location, checks=(*location.checks, self._check(nsg, faults)))

    def _check(self, nsg: str, faults: Sequence[_Fault]) -> Check:
        name = name_in(nsg)
        fine = Check(ACCEPTED.id, ACCEPTED, Level.REQUIRED, Compliant(Evidence()), Severity.NONE, "")
        refused = [fault for fault in faults if fault.certain]
        if refused:
            message = f"Azure would refuse the NSG {name}: {_phrase(refused)}"
            outcome = Gap(Verdict.MISSING, Evidence())
            origins = tuple(self._origins(nsg, refused))
            found = replace(fine, outcome=outcome, severity=Severity.ERROR, message=message, origins=origins)
            return replace(found, change=Change.CAUSED)
        if faults:
            question = f"would Azure accept the NSG {name}? {_phrase(faults)}"
            undecided = Undecided((question,))
            told = f"it cannot be told: {question}"
            origins = tuple(self._origins(nsg, faults))
            found = replace(fine, outcome=undecided, severity=Severity.UNDECIDED, message=told, origins=origins)
            return replace(found, change=Change.CAUSED)
        return replace(fine, message=f"the rules of the NSG {name} keep to Azure's limits")

    def _origins(self, nsg: str, faults: Iterable[_Fault]) -> Iterator[Origin]:
        found = (self.origins.of_rule(nsg, fault.rule) for fault in faults)
        yield from dict.fromkeys(origin for origin in found if origin is not None)

    def _faults(self, rules: Sequence[Document]) -> Iterator[_Fault]:
        for rule in rules:
            name = _name(rule)
            yield from (_fault(name, str(each), each.problem) for each in faults_of(rule))
            yield from (_Fault(name, problem) for problem in (*_in_name(rule), *_in_fields(rule), *self._in_tags(rule)))
        yield from _shared_priorities(rules)

    def _in_tags(self, rule: Document) -> Iterator[str]:
        for singular, plural in _SIDES:
            named = [text for text in _texts(rule, singular, plural) if _is_word(text)]
            if len(named) > 1:
                yield f"{plural} has more than one service tag ({', '.join(map(printable, named))})"
            for text in named:
                if self.tag_names is not None and fold(text) not in self.tag_names | NAMES_WITHOUT_DATA:
                    yield f"{printable(text)} is no service tag that is known"


def _fault(rule: str, told: str, problem: str) -> _Fault:
    return _Fault(rule, told, certain=not problem.startswith("is not known until"))


def _phrase(faults: Sequence[_Fault]) -> str:
    rest = len(faults) - _MOST_TOLD
    return "; ".join(map(str, faults[:_MOST_TOLD])) + (f"; and {rest} more" if rest > 0 else "")


def _name(rule: Document) -> str:
    name = rule.get("name")
    return name if isinstance(name, str) else "(not known)"


def _in_name(rule: Document) -> Iterator[str]:
    name = rule.get("name")
    if isinstance(name, str) and name.strip() and not _NAME.fullmatch(name):
        yield (
            "a name has up to 80 letters, digits, underscores, periods and hyphens, begins with a letter or digit "
            "and ends with one or with an underscore"
        )


def _in_fields(rule: Document) -> Iterator[str]:
    properties = properties_of(rule)
    for singular, plural in _PAIRS:
        if properties.get(singular) not in (None, "") and properties.get(plural) not in (None, []):
            yield f"{singular} and {plural} are both given"
    priority = properties.get("priority")
    if isinstance(priority, int) and not isinstance(priority, bool) and priority not in CUSTOM_PRIORITIES:
        yield f"priority {priority} is not from 100 to 4096"
    for end in ("source", "destination"):
        names = (f"{end}AddressPrefix", f"{end}AddressPrefixes", f"{end}ApplicationSecurityGroups")
        if all(properties.get(name) in (None, "", []) for name in names):
            yield f"no {end} is given"


def _texts(rule: Document, singular: str, plural: str) -> list[str]:
    properties = properties_of(rule)
    many = properties.get(plural)
    values = [properties.get(singular), *(many if isinstance(many, list) else ())]
    return [value for value in values if isinstance(value, str) and value.strip()]


def _is_word(text: str) -> bool:
    return fold(text) not in {"*", "any"} and parse_addresses(fold(text)) is None


def _shared_priorities(rules: Iterable[Document]) -> Iterator[_Fault]:
    found: dict[tuple[str, int], str] = {}
    for rule in rules:
        properties = properties_of(rule)
        direction, priority = properties.get("direction"), properties.get("priority")
        if not isinstance(direction, str) or not isinstance(priority, int) or unknown_name(rule.get("name")):
            continue
        first = found.setdefault((direction.strip().lower(), priority), _name(rule))
        if first != _name(rule):
            yield _Fault(_name(rule), f"it has the priority of {printable(first)} ({direction} {priority})")
