"""Which policies of API Management stand in a policy document, and nothing else of it: the rest may hold secrets.

Sources: the policy reference of API Management (azure-docs, ``api-management-policies.md``, as of 2026-04) and the
pages of the policies: ``caching-type`` is ``prefer-external`` where it is not told, and an external cache that is not
there gives way to the internal one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LIMITS = ("rate-limit", "rate-limit-by-key", "quota", "quota-by-key")
"""The policies that count calls, for which the units of a location keep each other up to date."""

_CACHING = ("cache-lookup", "cache-lookup-value", "cache-store-value", "cache-remove-value")
_FRAGMENT = "include-fragment"
_NAMES = "|".join(map(re.escape, sorted((*LIMITS, *_CACHING, _FRAGMENT), key=len, reverse=True)))
# Attributes may hold expressions in C#, with ``<`` and ``>`` in them: a tag ends where another one or nothing follows.
_ELEMENT = re.compile(rf"<(?P<name>{_NAMES})(?=[\s/>])")
_TAG_END = re.compile(r"/>|>\s{0,999}<|</|<!")
_LONGEST_TAG = 2_000
_CACHING_TYPE = re.compile(r"""\bcaching-type\s*=\s*["'](internal|external|prefer-external)["']""")
_FRAGMENT_ID = re.compile(r"""\bfragment-id\s*=\s*["']([A-Za-z0-9_.-]{1,256})["']""")


@dataclass(frozen=True, slots=True, order=True)
class PolicyElement:
    """A policy that counts here.

    Attributes:
        name: of the element.
        caching_type: of a caching policy, else empty.
        fragment: the id of the fragment that is included, else empty.
    """

    name: str
    caching_type: str = ""
    fragment: str = ""


def elements_in(xml: str) -> tuple[PolicyElement, ...]:
    """Returns the policies in a policy document that count here, each once, in order; comments do not count."""
    text = _without_comments(xml)
    found = {
        PolicyElement(match["name"])
        if match["name"] in LIMITS
        else _element(match["name"], _attributes(text, match.end()))
        for match in _ELEMENT.finditer(text)
    }
    return tuple(sorted(found))


def reduced(xml: str) -> str:
    """Returns a policy document with the same policies that count here, and nothing else of the one given."""
    return f"<policies>{''.join(map(_written, elements_in(xml)))}</policies>"


def limits_in(elements: Iterable[PolicyElement]) -> list[str]:
    """Returns the names of the policies that count calls."""
    return [each.name for each in elements if each.name in LIMITS]


def caching_types_in(elements: Iterable[PolicyElement]) -> frozenset[str]:
    """Returns which caches the caching policies use: ``internal``, ``external`` or ``prefer-external``."""
    return frozenset(each.caching_type for each in elements if each.caching_type)


def _without_comments(xml: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := xml.find("<!--", at)) >= 0 and (end := xml.find("-->", start + 4)) >= 0:
        kept.append(xml[at:start])
        at = end + 3
    return "".join([*kept, xml[at:]])


def _attributes(text: str, start: int) -> str:
    tag = text[start : start + _LONGEST_TAG]
    end = _TAG_END.search(tag)
    return tag if end is None else tag[: end.start()]


def _element(name: str, rest: str) -> PolicyElement:
    if name == _FRAGMENT:
        fragment = _FRAGMENT_ID.search(rest)
        return PolicyElement(name, fragment=fragment[1] if fragment else "")
    told = _CACHING_TYPE.search(rest)
    return PolicyElement(name, told[1] if told else "prefer-external")


def _written(element: PolicyElement) -> str:
    if element.fragment:
        return f'<{element.name} fragment-id="{element.fragment}"/>'
    return f'<{element.name} caching-type="{element.caching_type}"/>' if element.caching_type else f"<{element.name}/>"
