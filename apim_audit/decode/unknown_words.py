"""Words in rules and routes that stand for nothing known: told even where no verdict turns on them."""

from collections.abc import Iterable, Iterator

from apim_audit.core.engine.resolve import is_unknown_word, question_of, unnamed_side_question
from apim_audit.core.facts.estate import Instance, NetworkSecurityGroup, RouteTable, Subnet
from apim_audit.core.facts.rules import SecurityRule
from apim_audit.core.facts.text import printable
from apim_audit.core.sets.tags import ServiceTags, fold
from apim_audit.decode.resources import name_in
from apim_audit.decode.service_tags import words_of

_MOST_NAMED = 3
_LONGEST = 300


class UnknownWords:
    """Finds the unknown words of one estate.

    Args:
        words: what its rules and routes name, folded, each once: of hundreds of thousands of rules most name the same
            few things.
        tags: the tags that are known.
    """

    def __init__(self, words: Iterable[str], tags: ServiceTags) -> None:
        self._tags = tags
        self._words = frozenset(text for text in words if is_unknown_word(text, tags))

    def notes_on_group(self, group: NetworkSecurityGroup) -> list[str]:
        """Returns one note on the rules of an NSG, or none."""
        found: dict[str, list[str]] = {}
        for rule in group.rules if self._words else ():
            for question in self._asked(dict.fromkeys((*rule.source.expressions, *rule.destination.expressions))):
                found.setdefault(question, []).append(rule.name)
        for rule in group.rules:
            if not (rule.source.expressions and rule.destination.expressions) and _has_unnamed_side(rule):
                found.setdefault(unnamed_side_question(rule), [])
        return _note(f"NSG {name_in(group.id)}", "rule", found)

    def notes_on_table(self, table: RouteTable) -> list[str]:
        """Returns one note on the routes of a route table, or none."""
        found: dict[str, list[str]] = {}
        for route in table.routes:
            for question in self._asked((route.prefix,)):
                found.setdefault(question, []).append(route.name)
        return _note(f"Route table {name_in(table.id)}", "route", found)

    def _asked(self, texts: Iterable[str]) -> Iterator[str]:
        return (question_of(text, self._tags) for text in texts if fold(text) in self._words)


def unknown_words_in(instances: Iterable[Instance], tags: ServiceTags) -> frozenset[str]:
    """Returns the unknown words of instances' rules and routes, as they are written."""
    subnets = [location.subnet for instance in instances for location in instance.locations]
    words = words_of(subnet for subnet in subnets if isinstance(subnet, Subnet))
    return frozenset(text for text in words if is_unknown_word(text, tags))


def _has_unnamed_side(rule: SecurityRule) -> bool:
    return not all(side.expressions or side.groups for side in (rule.source, rule.destination))


def _note(title: str, part: str, found: dict[str, list[str]]) -> list[str]:
    if not found:
        return []
    told = [_shortened(f"{question}{_where(part, names)}") for question, names in found.items()]
    more = f"; and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return [f"{title}: {'; '.join(told[:_MOST_NAMED])}{more}"]


def _where(part: str, names: list[str]) -> str:
    if not names:
        return ""
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f" ({part if len(names) == 1 else f'{part}s'} {', '.join(names[:_MOST_NAMED])}{more})"


def _shortened(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
