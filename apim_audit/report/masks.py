"""Masks for what is somebody's own: names, ids, addresses. The same thing gets the same mask wherever it stands."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from apim_audit.core.facts.text import printable

_EVERYBODYS_ADDRESSES = frozenset(
    {"0.0.0.0", "127.0.0.1", "128.0.0.0", "168.63.129.16", "169.254.169.254", "255.255.255.255", "::", "::1"}  # noqa: S104  (no socket is bound)
)
_KINDS = {
    "subscriptions": "subscription",
    "resourcegroups": "group",
    "service": "instance",
    "gateways": "gateway",
    "networksecuritygroups": "nsg",
    "securityrules": "rule",
    "virtualnetworks": "vnet",
    "subnets": "subnet",
    "virtualnetworkpeerings": "peering",
    "routetables": "table",
    "routes": "route",
    "managementgroups": "management-group",
}
_NO_NAME_AFTER = frozenset({"", "providers", "locations"})
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an and any are as at be because but by can cannot could default does for from given has have if in into is
        it its itself live may must neither network no none nor not nothing of on one only or other own part
        resource rule rules same security service services subnet tag tags than that the their them there these they
        this to twice what when where which with without
        """,
    )
)
_FOUND_IN_TEXT = re.compile(
    r"""
    (?P<quoted> `[^`]*` | (?<!\w)'[^']*'(?!\w) | (?<!\w)"[^"]*"(?!\w) )
    | (?P<id> /subscriptions/[^\s'"`(),;:]+ )
    | (?P<mail> [\w.+-]+@[\w-]+(?:\.[\w-]+)+ )
    | (?P<address>
        (?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w)(?!\.\d)
        | (?<![\w:.])[0-9A-Fa-f]*(?::[0-9A-Fa-f]*){2,7}(?:\d*(?:\.\d+){3})?(?![\w:])
      )
    | (?P<guid> (?<!\w)[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?!\w) )
    | (?P<word> \w(?:[\w.-]*\w)? )
    """,
    re.VERBOSE,
)
_PIECES = re.compile(r"([.-]+)")
_PLAIN_NAME = re.compile(r"\w(?:[\w.-]*\w)?")
_KEY_LENGTH = 4
_SHORTEST_ID = 3


@dataclass(slots=True)
class Masks:
    """The masks of one report, given out in the order in which they are asked for.

    Attributes:
        everybodys: folded words that are nobody's own: service tags, requirements, default rules and the like.
    """

    everybodys: frozenset[str]
    _own: set[str] = field(default_factory=set)
    _odd: dict[str, list[str]] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)
    _numbers: Counter[str] = field(default_factory=Counter)
    _texts: dict[str, str] = field(default_factory=dict)

    def learn(self, names: Iterable[str]) -> None:
        """Takes note of names that must not be seen, in sentences either."""
        for name in names:
            if name.startswith("/"):
                self.learn(segment for segment, kind in _segments(name) if kind)
            else:
                self._learn(name.strip().lower())
                self._learn(printable(name).strip().lower())

    def _learn(self, name: str) -> None:
        if name in self._own or not any(map(str.isalnum, name)):
            return
        self._own.add(name)
        if not _PLAIN_NAME.fullmatch(name):
            candidates = self._odd.setdefault(name[:_KEY_LENGTH], [])
            candidates.append(name)
            candidates.sort(key=len, reverse=True)

    def name(self, name: str, kind: str = "name") -> str:
        """Returns the mask of a name, whatever the name is; of a kind where it has none yet."""
        key = printable(name).strip().lower()
        if not key:
            return name
        if key not in self._given:
            self._given[key] = self._new(kind)
        return self._given[key]

    def id(self, text: str) -> str:
        """Returns an ARM id with every name in it masked; types and namespaces stay. What is no id is one name."""
        if not text.startswith("/"):
            return self.name(text, "source")
        return "/".join(self.name(segment, kind) if kind else segment for segment, kind in _segments(text))

    def address(self, text: str) -> str:
        """Returns the mask of an address, or the address itself where it is everybody's."""
        try:
            known = str(ip_address(text))
        except ValueError:
            if ":" in text:  # a time of day, perhaps
                return text
            known = text
        return text if known in _EVERYBODYS_ADDRESSES else self.name(known, "address")

    def text(self, text: str) -> str:
        """Returns a sentence with everything masked that is somebody's own."""
        if text not in self._texts:
            self._texts[text] = "".join(self._masked_parts(text))
        return self._texts[text]

    def _new(self, kind: str) -> str:
        while True:
            self._numbers[kind] += 1
            mask = f"{kind}-{self._numbers[kind]}"
            if mask not in self._own:  # else somebody's own name would be seen after all
                return mask

    def _masked_parts(self, text: str) -> Iterator[str]:
        start = place = 0
        folded = text.lower() if self._odd else ""
        while place < len(folded):
            odd = self._odd_name_at(folded, place)
            if odd:
                yield _FOUND_IN_TEXT.sub(self._found, text[start:place])
                yield self.name(odd)
                start = place = place + len(odd)
            else:
                place += 1
        yield _FOUND_IN_TEXT.sub(self._found, text[start:])

    def _odd_name_at(self, folded: str, place: int) -> str:
        keys = (folded[place : place + length] for length in range(_KEY_LENGTH, 0, -1))
        names = (name for key in keys for name in self._odd.get(key, ()))
        return next((name for name in names if folded.startswith(name, place)), "")

    def _found(self, match: re.Match[str]) -> str:
        found = match[0]
        return _HOW[match.lastgroup or "word"](self, found)

    def quoted(self, found: str) -> str:
        """Returns a quoted word: whoever wrote it, it is masked unless it is everybody's or has no letter."""
        mark, word = found[0], found[1:-1]
        if word.lower() in self.everybodys or not any(map(str.isalpha, word)):
            return f"{mark}{_FOUND_IN_TEXT.sub(self._found, word)}{mark}"
        return f"{mark}{self.id(word) if word.startswith('/') else self.name(word)}{mark}"

    def word(self, found: str) -> str:
        """Returns a word of a sentence; of one that is put together from several its parts count, too."""
        if self._is_free(found):
            return found
        if found.lower() in self._own:
            return self.name(found)
        return "".join(self._pieces(_PIECES.split(found)))

    def _pieces(self, pieces: list[str]) -> Iterator[str]:
        place = 0
        while place < len(pieces):
            ends = range(len(pieces), place, -1)
            joined = ("".join(pieces[place:end]) for end in ends)
            longest = next((each for each in joined if each.lower() in self._own and not self._is_free(each)), "")
            yield self.name(longest) if longest else pieces[place]
            place += len(_PIECES.split(longest)) if longest else 1

    def _is_free(self, word: str) -> bool:
        return word.lower() in _WORDS or word.lower() in self.everybodys


def _segments(resource_id: str) -> Iterator[tuple[str, str]]:
    """Yields the segments of an id, each with its kind where it is a name: types and namespaces are everybody's."""
    segments = resource_id.split("/")
    if len(segments) < _SHORTEST_ID or segments[1].lower() not in {"subscriptions", "providers"}:
        yield from ((segment, "resource" if segment else "") for segment in segments)
        return
    type_ = ""
    for segment in segments:
        if type_ in _NO_NAME_AFTER:
            yield segment, ""
            type_ = "" if type_ else segment.lower()
        elif segment:
            yield segment, _KINDS.get(type_, "resource")
            type_ = ""
        else:
            yield segment, ""


_HOW: Mapping[str, Callable[[Masks, str], str]] = {
    "quoted": Masks.quoted,
    "id": Masks.id,
    "mail": lambda masks, found: masks.name(found, "person"),
    "address": Masks.address,
    "guid": lambda masks, found: masks.name(found, "id"),
    "word": Masks.word,
}
