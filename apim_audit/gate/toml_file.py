"""The TOML file of a project: read whole, with everything that is wrong with it said at once."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from apim_audit.errors import ApimAuditError

TOP_LEVEL = ("options", "unwaivable", "waivers")

_HINT = "correct the file; nothing of it was used"
_LONGEST = 60


def read_toml(path: str, error: type[ApimAuditError], keys: Sequence[str] = TOP_LEVEL) -> Mapping[str, object]:
    """Returns the content of a TOML file.

    Args:
        path: the file's name.
        error: what is raised.
        keys: what may stand at the top.

    Raises:
        ApimAuditError: it cannot be read, is no TOML, or has a key at the top that means nothing.
    """
    try:
        content = tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        msg = f"{path} cannot be read: {problem.strerror}"
        raise error(msg, "name a file that is there and that you may read") from None
    except (ValueError, RecursionError) as problem:  # tomllib's own is a ValueError; so is a name with a NUL
        msg = f"{path} is not TOML: {problem}"
        raise error(msg, _HINT) from None
    refuse([f"{path}: {each}" for each in unknown_keys(content, keys)], error)
    return content


def unknown_keys(table: Mapping[str, object], known: Iterable[str]) -> Iterator[str]:
    """Yields, for each key that means nothing, what is wrong and which one may be meant."""
    names = tuple(known)
    for key in table:
        if key not in names:
            yield f"{shown(key)[1:-1]}: there is no such key{meant(key, names)}"


def meant(word: str, known: Iterable[str]) -> str:
    """Returns a question after the nearest known word, or the list of them where none is near."""
    names = tuple(known)
    near = get_close_matches(word.lower(), names, n=1)
    return f"; is {near[0]} meant?" if near else f"; the known ones are {', '.join(names)}"


def shown(value: object) -> str:
    """Returns a value as people may see it, cut to about a line."""
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def refuse(problems: Iterable[str], error: type[ApimAuditError]) -> None:
    """Raises an error that names all problems; returns where there is none.

    Raises:
        ApimAuditError: there is a problem.
    """
    lines = tuple(problems)
    if lines:
        message = lines[0] if len(lines) == 1 else "\n  ".join(["the file cannot be used:", *lines])
        raise error(message, _HINT)
