"""What is asked of a word in a rule that stands for nothing known, with the tag that was probably meant."""

import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from apim_audit.core.sets.tags import ServiceTags, fold, is_not_yet_known

_SEPARATORS = re.compile(r"[,;\s]+")
_LONGEST = 60
_VENDOR = "azure"
# A guess that misleads is worse than none: these keep `Sql` for `SqlServer` and give nothing for `Data`.
_ALIKE = 0.75
_SHORTEST_PART = 3
_LEAST_OF_THE_WORD = 0.3
_LEAST_OF_A_TAG = 0.5


def word_question(text: str, tags: ServiceTags, is_unknown: Callable[[str, ServiceTags], bool]) -> str:
    """Returns what is wrong with a word, with the tag that it may be a slip for.

    Args:
        text: the word.
        tags: the tags that are known.
        is_unknown: tells whether a word is neither an address nor a name that is known.
    """
    if is_not_yet_known(text):
        return f"which addresses does a rule name? They are {text}"
    word = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    parts = [part for part in _SEPARATORS.split(text) if part]
    if len(parts) > 1 and ("," in text or ";" in text or not any(is_unknown(part, tags) for part in parts)):
        return f"what is `{word}`? Write each address or tag as an entry of its own"
    meant = _tag_meant(fold("".join(parts)), tags)
    if meant:
        return f"is `{word}` a misspelt `{tags.written(meant)}`?"
    return f"what is `{word}`? It is no address, prefix or known service tag"


def _tag_meant(word: str, tags: ServiceTags) -> str:
    head, dot, region = word.partition(".")
    if dot and tags.knows(head):
        regions = {name.partition(".")[2]: name for name in tags.regions.get(head, ())}
        close = get_close_matches(region, regions, n=1, cutoff=_ALIKE)
        return regions[close[0]] if close else ""
    whole = _whole_tag_meant(head, [name for name in tags.names if "." not in name])
    regional = f"{whole}.{region}"
    return regional if dot and tags.knows(regional) else whole


def _whole_tag_meant(word: str, names: Sequence[str]) -> str:
    """Returns the tag that begins or ends with the word or is a part of it, else one that is spelt much like it."""
    parts = [name for name in (_tag_around(word, names), _tag_within(word, names)) if name]
    if parts:
        return min(parts, key=lambda name: abs(len(name) - len(word)))
    short = {name.removeprefix(_VENDOR): name for name in names}
    close = get_close_matches(word.removeprefix(_VENDOR), short, n=1, cutoff=_ALIKE)
    return short[close[0]] if close else ""


def _tag_around(word: str, names: Sequence[str]) -> str:
    around = sorted((name for name in names if name.startswith(word) or name.endswith(word)), key=len)
    if not around or len(word.removeprefix(_VENDOR)) <= _SHORTEST_PART:
        return ""
    return around[0] if len(around) == 1 or len(word) >= _LEAST_OF_A_TAG * len(around[0]) else ""


def _tag_within(word: str, names: Sequence[str]) -> str:
    within = max((name for name in names if name in word), key=len, default="")
    return within if len(within) >= max(_SHORTEST_PART, _LEAST_OF_THE_WORD * len(word)) else ""
