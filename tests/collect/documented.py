"""The requests that the documentation says an audit makes; no test may see another one."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "requests.md"
ROW = re.compile(r"^\| (GET|POST) \| `([^`]+)` \|", re.MULTILINE)
TOKEN = "/identity/oauth2/token"  # noqa: S105  (a path: how the embedded endpoint hands out tokens)

REQUESTS: tuple[tuple[str, str], ...] = tuple(ROW.findall(PAGE.read_text(encoding="utf-8")))
"""Method and path of each row; braces stand for a name."""

_PATTERNS = [
    (method, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)), re.IGNORECASE)) for method, path in REQUESTS
]


def is_documented(method: str, path: str) -> bool:
    """Tells whether a request is in the table."""
    if path == TOKEN:
        return method == "GET"
    return any(method == each and pattern.fullmatch(path) for each, pattern in _PATTERNS)
