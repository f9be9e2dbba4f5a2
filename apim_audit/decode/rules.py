"""Security rules: the JSON that makes up nearly all of an estate, so this module is written for speed.

A rule that is well formed takes the short way, ``read_rule``; only one that is not is gone through again, for all
that is wrong with it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TypeGuard, TypeVar

from apim_audit.core.facts.rules import Access, Direction, SecurityRule, Side
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import not_yet_known
from apim_audit.decode.fields import FieldError, Json
from apim_audit.snapshot import unknown_name

Member = TypeVar("Member")

DIRECTIONS = {member.value: member for member in Direction}
PROTOCOLS = {"Tcp": "tcp", "Udp": "udp", "Icmp": "icmp", "Esp": "esp", "Ah": "ah", "*": "*", "Any": "*"}
PORTS = "a port or range of ports from 0 to 65535"

_ONE_BY_ONE = "put each port or range as an entry of its own in {}"
_PORTS_REMEDY = "write a port such as 443, a range such as 6381-6383, or *"
_PRIORITY_REMEDY = "write a number from 100 to 4096, without quotes"

_SEPARATORS = re.compile(r"[,;\s]+")
_LAST_PORT = 65535
_PORT_DIGITS = 5


def read_rule(body: object) -> SecurityRule:
    """Returns a security rule.

    Raises:
        FieldError: the first thing that is wrong with it; ``faults_of`` tells them all.
    """
    properties = _properties(body)
    return SecurityRule(
        _name(body),
        _priority(properties),
        _direction(properties),
        _access(properties),
        _protocol(properties),
        _source(properties),
        _source_ports(properties),
        _destination(properties),
        _destination_ports(properties),
        _certain(properties),
    )


def faults_of(body: object) -> tuple[FieldError, ...]:
    """Returns everything that is wrong with a security rule."""
    try:
        _known(body, "")
        properties = _properties(body)
        _known(properties, "properties")
    except FieldError as error:
        return (error,)
    found = [_fault(_name, body), *(_fault(read, properties) for read in _READERS)]
    return tuple(error for error in found if error is not None)


def _known(value: object, path: str) -> None:
    if unknown_name(value) is not None:
        raise FieldError.of(value, path, "an object")


def directions_of(body: object) -> tuple[Direction, ...]:
    """Returns the directions that a rule may have: both where its direction cannot be understood."""
    try:
        return (_direction(_properties(body)),)
    except FieldError:
        return tuple(Direction)


def _fault(read: "Callable[[Member], object]", of: Member) -> FieldError | None:
    try:
        read(of)
    except FieldError as error:
        return error
    return None


def _properties(body: object) -> Json:
    if not isinstance(body, dict):
        raise FieldError.of(body, "", "an object")
    properties = body.get("properties")
    if not isinstance(properties, dict):
        raise FieldError.of(properties, "properties", "an object")
    return properties


def _name(body: object) -> str:
    name = body.get("name") if isinstance(body, dict) else None
    if isinstance(name, str) and name.strip():
        return name
    unknown = unknown_name(name)
    if unknown is not None:
        return not_yet_known(unknown)  # no verdict rests on what a rule is called
    raise FieldError.of(name, "name", "a name")


def _priority(properties: Json) -> int:
    value = properties.get("priority")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise FieldError.of(value, "properties.priority", "a whole number", _PRIORITY_REMEDY)


def _certain(properties: Json) -> bool:
    state = properties.get("provisioningState")
    if state is None or state == "Succeeded":
        return True
    if isinstance(state, str):
        return state.strip().lower() == "succeeded"
    raise FieldError.of(state, "properties.provisioningState", "a text")


def _word(field: str, words: Mapping[str, Member], expected: str) -> Callable[[Json], Member]:
    folded = {word.lower(): member for word, member in words.items()}

    def read(properties: Json) -> Member:
        value = properties.get(field)
        if isinstance(value, str) and (member := words.get(value) or folded.get(value.strip().lower())):
            return member
        raise FieldError.of(value, f"properties.{field}", expected)

    return read


_direction = _word("direction", DIRECTIONS, "Inbound or Outbound")
_access = _word("access", {member.value: member for member in (Access.ALLOW, Access.DENY)}, "Allow or Deny")
_protocol = _word("protocol", PROTOCOLS, "Tcp, Udp, Icmp, Esp, Ah or *")


def _side(end: str) -> Callable[[Json], Side]:
    singular, plural, groups = f"{end}AddressPrefix", f"{end}AddressPrefixes", f"{end}ApplicationSecurityGroups"

    def read(properties: Json) -> Side:
        one, many, members = properties.get(singular), properties.get(plural), properties.get(groups)
        if members is None or members == []:
            if isinstance(one, str) and (many is None or many == []):
                return _plain_side(one)
            if one is None and isinstance(many, list) and _are_texts(many):
                return Side(_distinct(many))
        texts = (*_expressions(singular, one), *_expressions_in(plural, many))
        return Side(_distinct(texts), tuple(_group_id(groups, member) for member in _list(groups, members)))

    return read


def _expressions(field: str, value: object) -> tuple[str, ...]:
    unknown = unknown_name(value)
    return _text(field, value) if unknown is None else (not_yet_known(unknown),)


def _expressions_in(field: str, values: object) -> tuple[str, ...]:
    if isinstance(values, list) and _are_texts(values):
        return tuple(values)
    if unknown_name(values) is not None:
        return _expressions(field, values)
    if isinstance(values, list) and any(unknown_name(value) is not None for value in values):
        return tuple(text for value in values for text in _expressions(field, value))
    return _texts(field, values)


@lru_cache(maxsize=65536)
def _plain_side(expression: str) -> Side:
    return Side(_distinct((expression,)))


def _are_texts(values: list[object]) -> TypeGuard[list[str]]:
    return {*map(type, values)} == {str}


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys(map(str.strip, texts))
    found.pop("", None)
    return tuple(found)


def _list(field: str, values: object) -> list[object]:
    if values is None:
        return []
    if isinstance(values, list):
        return values
    raise FieldError.of(values, f"properties.{field}", "a list")


def _text(field: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    raise FieldError.of(value, f"properties.{field}", "a text")


def _texts(field: str, values: object) -> tuple[str, ...]:
    if isinstance(values, list) and _are_texts(values):
        return tuple(values)
    texts = tuple(value for value in _list(field, values) if isinstance(value, str))
    if values is not None and len(texts) != len(_list(field, values)):
        raise FieldError.of(values, f"properties.{field}", "a list of texts")
    return texts


def _group_id(field: str, member: object) -> str:
    group_id = member.get("id") if isinstance(member, dict) else None
    if isinstance(group_id, str) and group_id.strip():
        return group_id
    unknown = unknown_name(group_id)
    if unknown is not None:
        return not_yet_known(unknown)
    raise FieldError.of(member, f"properties.{field}", "an object with the id of an application security group")


def _ports(end: str) -> Callable[[Json], IntervalSet]:
    singular, plural = f"{end}PortRange", f"{end}PortRanges"

    def read(properties: Json) -> IntervalSet:
        one, many = properties.get(singular), properties.get(plural)
        if isinstance(one, str) and (many is None or many == []):
            texts: tuple[str, ...] = (one,)
        else:
            texts = (*_text(singular, one), *_texts(plural, many))
        try:
            return port_set(texts)
        except ValueError as error:
            raise _port_error(singular, plural, one, str(error)) from None

    return read


def _port_error(singular: str, plural: str, one: object, text: str) -> FieldError:
    field = singular if not text or text == one else plural
    return FieldError.of(text or None, f"properties.{field}", PORTS, ports_remedy(text, plural))


def ports_remedy(text: str, plural: str) -> str:
    """Returns what to do about a text that names no ports; ``plural`` is the field that is a list of them."""
    return _ONE_BY_ONE.format(plural) if len(_SEPARATORS.split(text.strip())) > 1 else _PORTS_REMEDY


@lru_cache(maxsize=65536)
def port_set(texts: tuple[str, ...]) -> IntervalSet:
    """Returns the ports that texts name.

    Raises:
        ValueError: with the text that names none, or without where there is no text at all.
    """
    spans: list[tuple[int, int]] = []
    for text in texts:
        span = _port_span(text.strip())
        if span is not None:
            spans.append(span)
        elif text.strip():
            raise ValueError(text)
    if not spans:
        raise ValueError
    return IntervalSet.union_of(spans)


@lru_cache(maxsize=65536)
def _port_span(text: str) -> tuple[int, int] | None:
    if text == "*":
        return 0, _LAST_PORT
    first, dash, last = text.partition("-")
    low = _port(first.strip())
    high = _port(last.strip()) if dash else low
    return None if low is None or high is None or high < low else (low, high)


def _port(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()) or len(text) > _PORT_DIGITS or int(text) > _LAST_PORT:
        return None
    return int(text)


_source, _destination = _side("source"), _side("destination")
_source_ports, _destination_ports = _ports("source"), _ports("destination")

_READERS: tuple[Callable[[Json], object], ...] = (
    _priority, _direction, _access, _protocol,
    _source, _source_ports, _destination, _destination_ports, _certain,
)  # fmt: skip
