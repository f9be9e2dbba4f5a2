"""From one row of a baseline file to requirements: one, or two where the row has both directions."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from apim_audit.catalogue.fields import Fields, fail
from apim_audit.core.facts.features import Feature
from apim_audit.core.facts.requirements import (
    Flow,
    Level,
    LevelRule,
    NetworkModel,
    Peer,
    PeerKind,
    Requirement,
    Source,
    VirtualNetworkType,
)
from apim_audit.core.facts.rules import Direction

_Sources = Mapping[str, Source]
_Models = Mapping[NetworkModel, Fields]

_FLOW_FIELDS = ("directions", "peer", "protocol", "ports")
_PROTOCOLS = ("Tcp", "Udp")
_LAST_PORT = 65535


def read_row(fields: Fields, sources: _Sources) -> tuple[Requirement, ...]:
    """Returns the requirements of one row.

    Raises:
        CatalogueError: something is wrong with the row.
    """
    models = _models(fields.table("models"))
    base = _without_flow(fields, models, sources)
    flows = _flows(fields, models)
    found = tuple(_with_flow(base, flow, fields, alone=len(flows) == 1) for flow in flows) or (base,)
    for table in (fields, *models.values()):
        table.finish()
    return found


def _models(table: Fields) -> _Models:
    found: dict[NetworkModel, Fields] = {}
    for name in table.names():
        if name not in set(NetworkModel) - {NetworkModel.UNDETERMINED}:
            table.fail(name, "no such network model")
        value = table.raw(name)
        level_only = {"level": value} if isinstance(value, str) else value
        found[NetworkModel(name)] = Fields(level_only, f"{table.where}: {name}")
    if not found:
        fail(table.where, "no network model has this row")
    return found


def _without_flow(fields: Fields, models: _Models, sources: _Sources) -> Requirement:
    return Requirement(
        id=_identifier(fields),
        title=fields.text("title"),
        flow=None,
        applies_to=frozenset(fields.members("applies-to", VirtualNetworkType)),
        levels=MappingProxyType({model: _level(table) for model, table in models.items()}),
        purpose=fields.text("purpose"),
        remedy=fields.text("remedy"),
        source=_source(fields, sources),
        default_rules_suffice=fields.flag("default-rules-suffice"),
        source_of=MappingProxyType(
            {model: _source(table, sources) for model, table in models.items() if "source" in table}
        ),
        remedy_of=MappingProxyType({}),
        raised_by=fields.members("raised-by", Feature) if "raised-by" in fields else (),
        observed_as=fields.texts("observed-as") if "observed-as" in fields else (),
    )


def _with_flow(base: Requirement, flow: Flow, fields: Fields, *, alone: bool) -> Requirement:
    def remedy(ports: tuple[str, ...]) -> str:
        text = base.remedy.replace("{direction}", flow.direction.lower()).replace("{ports}", _listed(ports))
        if "{" in text or "}" in text:
            fields.fail("remedy", "only {direction} and {ports} can stand in braces")
        return text

    return replace(
        base,
        id=base.id if alone else f"{base.id}-{flow.direction.lower()}",
        flow=flow,
        remedy=remedy(flow.ports),
        remedy_of=MappingProxyType({model: remedy(ports) for model, ports in flow.ports_of.items()}),
    )


def _flows(fields: Fields, models: _Models) -> tuple[Flow, ...]:
    if not any(field in fields for field in _FLOW_FIELDS):
        return ()
    directions = fields.members("directions", Direction)
    protocol, ports, peer = _protocol(fields), _ports(fields), _peer(fields.table("peer"))
    ports_of = MappingProxyType({model: _ports(table) for model, table in models.items() if "ports" in table})
    return tuple(Flow(direction, protocol, ports, peer, ports_of) for direction in directions)


def _identifier(fields: Fields) -> str:
    identifier = fields.text("id")
    if not all(part.isascii() and part.isalnum() and part == part.lower() for part in identifier.split("-")):
        fields.fail("id", "expected small letters and digits, joined by hyphens")
    return identifier


def _level(table: Fields) -> LevelRule:
    return LevelRule(
        level=_given_level(table, "level"),
        premium=_given_level(table, "premium") if "premium" in table else None,
        multi_location=_given_level(table, "multi-location") if "multi-location" in table else None,
        delegation=table.text("delegation") if "delegation" in table else None,
    )


def _given_level(table: Fields, key: str) -> Level:
    level = table.member(key, Level)
    if level is Level.ADVISORY:
        table.fail(key, "a row is required or optional; which rows are advisory is for the judge to say")
    return level


def _source(fields: Fields, sources: _Sources) -> Source:
    name = fields.text("source")
    if name not in sources:
        fields.fail("source", f"{name!r} is none of the file's sources: {', '.join(sources)}")
    return sources[name]


def _protocol(fields: Fields) -> str:
    protocol = fields.text("protocol")
    if protocol not in _PROTOCOLS:
        fields.fail("protocol", f"{protocol!r} is none of {', '.join(_PROTOCOLS)}")
    return protocol


def _ports(fields: Fields) -> tuple[str, ...]:
    ports = fields.texts("ports")
    for text in ports:
        first, dash, last = text.partition("-")
        if not 0 < _port(first) <= _port(last if dash else first):
            fields.fail("ports", f"{text!r} is neither a port nor a range such as 6381-6383, from 1 to {_LAST_PORT}")
    return ports


def _port(text: str) -> int:
    # 0 for what is no port: the catalogue asks for none.
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_LAST_PORT)) else 0
    return port if port <= _LAST_PORT else 0


def _peer(fields: Fields) -> Peer:
    peer = Peer(fields.member("kind", PeerKind), fields.text("name"), fields.flag("regional"))
    if peer.regional and peer.kind is not PeerKind.TAG:
        fields.fail("regional", "only a service tag has regions")
    fields.finish()
    return peer


def _listed(ports: tuple[str, ...]) -> str:
    *first, last = ports
    return f"{', '.join(first)} and {last}" if first else last
