"""``check`` of 1,000 instances with 60 rules each, beside parsing the same JSON in a bare interpreter.

``python -m tests.benchmarks.check_many`` prints milliseconds of whole processes. The estate comes in two forms: as
Azure Resource Manager writes it, and with nothing in it but the fields that are read.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from apim_audit.snapshot import Document
from tests.benchmarks.measuring import PROGRAM, python, show, times_of
from tests.benchmarks.random_estate import Maker, documents, public_tag_file, public_tags

INSTANCES = 1000
RULES = 60
RUNS = 3
PARSE = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
UNREAD = frozenset(
    {"etag", "resourceGuid", "defaultSecurityRules", "hostnameConfigurations", "customProperties", "systemData", "tags"}
)


def main() -> None:
    """Prints the table."""
    made = list(documents(Maker.of(Random(1), public_tags()), INSTANCES, RULES))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "estate.json"
        start_up = times_of((*PROGRAM, "check", _written(path, [])), RUNS).cpu
        rows = [
            *compared("as Azure writes it", _written(path, made), start_up),
            *compared("what is read of it", _written(path, [_slim(each) for each in made]), start_up),
        ]
    show(["estate", "MB", "process", "CPU", "wall", "ratio", "ratio less start-up"], rows)


def compared(form: str, path: str, start_up: float) -> Iterable[list[object]]:
    """Yields the lines of the table for one form of the estate.

    Args:
        form: what the form is called.
        path: the estate.
        start_up: CPU time of a check of nothing, in milliseconds.
    """
    bare = times_of(python(PARSE, path), RUNS)
    size = Path(path).stat().st_size / 1e6
    yield [form, size, "json.load", bare.cpu, bare.wall, "", ""]
    tags = ("--service-tags", str(public_tag_file()))
    for name, options in (
        ("check -f table", ("-f", "table")),
        ("check -f json", ("-f", "json")),
        ("check -f json, with tags", ("-f", "json", *tags)),
    ):
        times = times_of((*PROGRAM, "check", path, *options), RUNS)
        yield [form, size, name, times.cpu, times.wall, times.cpu / bare.cpu, (times.cpu - start_up) / bare.cpu]


def _written(path: Path, made: list[Document]) -> str:
    path.write_text(json.dumps(made), encoding="utf-8")
    return str(path)


def _slim(value: Document) -> Document:
    return {key: _slim_value(each) for key, each in value.items() if key not in UNREAD and each not in ([], None)}


def _slim_value(value: object) -> object:
    if isinstance(value, dict):
        return _slim(value)
    return [_slim_value(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
