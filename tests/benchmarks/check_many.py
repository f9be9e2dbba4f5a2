"""``check`` of 1,000 instances with 60 rules each, beside parsing the same JSON in a bare interpreter.

``python -m tests.benchmarks.check_many`` prints milliseconds of whole processes. In one estate the rules are all
random, so that almost every check is a gap; in the other each NSG has the rules that are required, and random ones
behind them. The ratios are those to parsing, less what a check of nothing takes: of CPU times, and of times on the
clock, which are less where several cores judge.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from apim_audit.snapshot import Document
from tests.benchmarks.measuring import PROGRAM, Times, python, show, times_of
from tests.benchmarks.random_estate import Maker, documents, public_tag_file, public_tags

INSTANCES = 1000
RULES = 60
RUNS = 3
PARSE = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
TAGS = ("--service-tags", str(public_tag_file()))
CHECKS: dict[str, Sequence[str]] = {
    "check -f table": ("-f", "table"),
    "check -f json": ("-f", "json"),
    "check -f table --service-tags": ("-f", "table", *TAGS),
    "check -f json --service-tags": ("-f", "json", *TAGS),
}


def main() -> None:
    """Prints the table."""
    maker = Maker.of(Random(1), public_tags())
    with TemporaryDirectory() as folder:
        path = Path(folder) / "estate.json"
        start_up = times_of((*PROGRAM, "check", _written(path, [])), RUNS)
        rows = [["nothing", 0, "check", start_up.cpu, "", start_up.wall, ""]]
        for form, served in (("random rules", False), ("required rules first", True)):
            made = documents(maker, INSTANCES, RULES, served=served)
            rows += compared(form, _written(path, made), start_up)
    show(["estate", "MB", "process", "CPU", "ratio", "wall", "ratio"], rows)


def compared(form: str, path: str, start_up: Times) -> Iterable[list[object]]:
    """Yields the lines of the table for one estate.

    Args:
        form: what the estate is called.
        path: the estate.
        start_up: what a check of nothing takes.
    """
    bare = times_of(python(PARSE, path), RUNS)
    size = Path(path).stat().st_size / 1e6
    yield [form, size, "json.load", bare.cpu, "", bare.wall, ""]
    for name, options in CHECKS.items():
        times = times_of((*PROGRAM, "check", path, *options), RUNS)
        ratios = (times.cpu - start_up.cpu) / bare.cpu, (times.wall - start_up.wall) / bare.wall
        yield [form, size, name, times.cpu, ratios[0], times.wall, ratios[1]]


def _written(path: Path, made: Iterable[Document]) -> str:
    path.write_text(json.dumps(list(made)), encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
