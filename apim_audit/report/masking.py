"""Reports that leave the house: the same report, with whatever is somebody's own replaced by masks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar, cast

from apim_audit.core.facts.reports import Report
from apim_audit.core.facts.requirements import Requirement
from apim_audit.core.facts.verdicts import DecidingRule, Verdict
from apim_audit.report.masks import Masks

NOTE = "Names, ids and addresses are masked (--mask): each stands for one and the same thing throughout"

_Value = TypeVar("_Value")
_Handler = Callable[[Masks, str], str]

_WITHHELD = "(withheld)"
_DEFAULT_RULES = frozenset(
    {
        "allowvnetinbound",
        "allowazureloadbalancerinbound",
        "denyallinbound",
        "allowvnetoutbound",
        "allowinternetoutbound",
        "denyalloutbound",
    }
)


def _kept(_masks: Masks, text: str) -> str:
    return text


def _named(kind: str) -> _Handler:
    return lambda masks, text: masks.name(text, kind)


def _file(masks: Masks, text: str) -> str:
    return text if text == "live" else masks.name(text, "file")


def _rule(masks: Masks, text: str) -> str:
    return text if text.lower() in _DEFAULT_RULES else masks.name(text, "rule")


_BY_FIELD: Mapping[tuple[str, str], _Handler] = {
    ("Check", "id"): _kept,
    ("InstanceReport", "name"): _named("instance"),
    ("Incomplete", "reason"): _kept,
    ("Observation", "name"): _named("dependency"),
    ("Origin", "address"): _named("place"),
    ("Scope", "names"): _named("instance"),
    ("ServiceTagSource", "source"): _kept,
    ("Waiver", "owner"): _named("owner"),
    ("Waiver", "reason"): lambda _masks, _text: _WITHHELD,
    ("Witness", "decided_by"): _rule,
    ("Witness", "destination"): Masks.address,
    ("Witness", "source"): Masks.address,
    **{(kind, "name"): _rule for kind in ("DecidingRule", "HygieneFinding", "NearMiss", "ShadowedRule", "StackRule")},
}
_BY_NAME: Mapping[str, _Handler] = {
    "file": _file,
    "id": Masks.id,
    "instance_id": Masks.id,
    "management_group": _named("management-group"),
    "network_security_group_id": Masks.id,
    "resource_group": _named("group"),
    "subnet_id": Masks.id,
    "virtual_network_id": Masks.id,
    "subscription_id": _named("subscription"),
    "subscriptions": _named("subscription"),
    **dict.fromkeys(
        (
            "access",
            "baseline",
            "change_number",
            "cloud",
            "direction",
            "destination_ports",
            "expires",
            "field",
            "location",
            "observed_at",
            "platform_version",
            "ports",
            "protocol",
            "requirement",
            "requirements",
            "sku",
            "source_ports",
            "status",
            "taken_at",
            "virtual_network_type",
        ),
        _kept,
    ),
}


def mask(report: Report, everybodys: Collection[str]) -> Report:
    """Returns the report with names, ids and addresses masked; equal ones get equal masks.

    Every text of the report that is not known to be harmless goes through the masks, so that a field which is added
    later is masked, too. Reasons of waivers are withheld: nobody can tell what a free text gives away.

    Args:
        report: the report; its ``names`` are what else must not be seen in sentences.
        everybodys: words that stay: service tags, requirements and the like.
    """
    shown = {location.location for location in report.locations()} | {each.sku for each in report.instances}
    words = {word.lower() for word in (*everybodys, *_DEFAULT_RULES, *Verdict, *shown)}
    masks = Masks(frozenset(words))
    masks.learn(sorted(report.names))
    _Walk(masks, sentences=False).of(report)  # learns every name before the first sentence is read
    masked = _Walk(masks, sentences=True).of(replace(report, names=frozenset()))
    return replace(masked, notes=(*masked.notes, NOTE))


class _Walk:
    """Rebuilds values field by field.

    Attributes:
        masks: the masks.
        sentences: whether sentences are rewritten; else only names are learnt.
    """

    def __init__(self, masks: Masks, *, sentences: bool) -> None:
        self.masks = masks
        self.sentences = sentences
        self._texts: dict[tuple[_Handler | None, str], str] = {}
        self._plans: dict[type, tuple[tuple[str, _Handler | None], ...]] = {}

    def of(self, value: _Value) -> _Value:
        """Returns a value with every text in it masked, by what is known of its field or as a sentence."""
        return cast("_Value", self._of(value, None))

    def _of(self, value: object, handle: _Handler | None) -> object:
        if value is None or isinstance(value, (Enum, int, Requirement)):
            return value
        if isinstance(value, str):
            key = handle, value
            if key not in self._texts:
                self._texts[key] = self._text(value, handle)
            return self._texts[key]
        if isinstance(value, tuple):
            return tuple([self._of(each, handle) for each in value]) if value else value
        return self._dataclass(value) if is_dataclass(value) else value

    def _text(self, text: str, handle: _Handler | None) -> str:
        if handle is None:
            return self.masks.text(text) if self.sentences else text
        masked = handle(self.masks, text)
        if not self.sentences and masked != text:
            self.masks.learn((text,))
        return masked

    def _dataclass(self, value: Any) -> Any:  # noqa: ANN401  (any of the report's values)
        if isinstance(value, DecidingRule) and value.default:
            return value
        kind = type(value)
        if kind not in self._plans:
            self._plans[kind] = _plan(kind)
        values = [
            getattr(value, name) if handle is _kept else self._of(getattr(value, name), handle)
            for name, handle in self._plans[kind]
        ]
        return kind(*values) if self.sentences else value


def _plan(kind: type) -> tuple[tuple[str, _Handler | None], ...]:
    """Returns the fields of a value, in the order of its constructor, and what is known of each."""
    return tuple(
        (each.name, _BY_FIELD.get((kind.__name__, each.name), _BY_NAME.get(each.name))) for each in fields(kind)
    )
