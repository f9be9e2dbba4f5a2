"""The checks as CSV, a row each, safe to be opened in a spreadsheet. Columns are added at the end, never renamed."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from io import StringIO

from apim_audit.core.facts.findings import Check, Origin
from apim_audit.core.facts.reports import InstanceReport, LocationReport, Report
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Witness
from apim_audit.report import PLAIN, Style
from apim_audit.report.places import Place

# What a spreadsheet takes for a formula, quotes and blanks before it included; and what a build log takes for a
# command. The full-width signs count because some spreadsheets fold them (OWASP, "CSV Injection").
_FORMULA = re.compile(r"""[\s"']*(?:[=+\-@\uff1d\uff0b\uff0d\uff20]|::)""")
# In many countries the separator is a semicolon or a tab: then a cell may end within ours.
_INNER_FORMULA = re.compile(r"""([;\t|])(?=[\s"']*[=+\-@\uff1d\uff0b\uff0d\uff20])""")

_OF_LOCATION: Mapping[str, Callable[[InstanceReport, LocationReport], object]] = {
    "instanceId": lambda instance, _: instance.id,
    "instance": lambda instance, _: instance.name,
    "resourceGroup": lambda instance, _: instance.resource_group,
    "subscriptionId": lambda instance, _: instance.subscription_id,
    "sku": lambda instance, _: instance.sku,
    "virtualNetworkType": lambda instance, _: instance.virtual_network_type,
    "location": lambda _, location: location.location,
    "primary": lambda _, location: _truth(location.primary),
    "platformVersion": lambda _, location: location.platform_version,
    "networkModel": lambda _, location: location.network_model,
    "subnetId": lambda _, location: location.subnet_id,
    "networkSecurityGroupId": lambda _, location: location.network_security_group_id,
    "baseline": lambda _, location: location.baseline,
}

_OF_CHECK: Mapping[str, Callable[[Place], object]] = {
    "requirement": lambda place: place.check.id,
    "level": lambda place: place.check.level,
    "verdict": lambda place: place.check.verdict,
    "severity": lambda place: place.check.severity,
    "direction": lambda place: place.check.direction,
    "protocol": lambda place: place.check.protocol,
    "ports": lambda place: " ".join(place.check.ports or ()),
    "peer": lambda place: "; ".join(place.check.peer or ()),
    "decidedBy": lambda place: "; ".join(
        f"{rule.name} ({rule.priority}, {rule.access})" for rule in place.check.evidence.decided_by
    ),
    "shadowed": lambda place: "; ".join(f"{rule.name} ({rule.priority})" for rule in place.check.evidence.shadowed),
    "witness": lambda place: _flow(place.check.evidence.witness),
    "message": lambda place: place.check.message,
    "reason": lambda place: place.check.reason,
    "hints": lambda place: "; ".join(near.message for near in place.check.near_misses),
    "waiverReason": lambda place: _of_waiver(place.check, "reason"),
    "waiverOwner": lambda place: _of_waiver(place.check, "owner"),
    "waiverExpires": lambda place: _of_waiver(place.check, "expires"),
    "known": lambda place: _truth(place.check.known),
    "raisedBy": lambda place: place.check.raised_by,
    "change": lambda place: place.check.change,
    "origin": lambda place: "; ".join(map(_written_down, place.origins)),
    "observed": lambda place: "; ".join(_observed(place)),
}

COLUMNS = (*_OF_LOCATION, *_OF_CHECK)
"""The columns in order."""


def render(report: Report, _style: Style = PLAIN) -> str:
    """Returns a heading and a row for each check, as RFC 4180 has it: commas, CR LF, quotes where they are needed."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for instance in report.instances:
        for location in instance.locations:
            first = [_cell(content(instance, location)) for content in _OF_LOCATION.values()]
            for check in location.checks:
                place = Place(instance, location, check)
                writer.writerow([*first, *(_cell(content(place)) for content in _OF_CHECK.values())])
    return text.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else _safe(str(value))


@lru_cache(maxsize=4096)  # most cells repeat: verdicts, names of rules, whole sentences
def _safe(text: str) -> str:
    shown = _INNER_FORMULA.sub(r"\1'", printable(text))
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _truth(value: bool) -> str:  # noqa: FBT001  (a column's value)
    return "true" if value else "false"


def _of_waiver(check: Check, field: str) -> str | None:
    return None if check.waiver is None else getattr(check.waiver, field)


def _flow(witness: Witness | None) -> str:
    return "" if witness is None else witness.flow() + witness.proviso()


def _observed(place: Place) -> Iterator[str]:
    for each in place.location.observed:
        if place.check.id in each.requirements:
            yield f"{each.name}: {each.status} ({each.standing})"


def _written_down(origin: Origin) -> str:
    line = "" if origin.line is None else f":{origin.line}"
    address = "" if origin.address is None else f" ({origin.address})"
    return f"{origin.file}{line}{address}"
