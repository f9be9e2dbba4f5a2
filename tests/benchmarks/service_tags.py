"""What Microsoft's service tag file adds to a run, beside parsing its JSON in a bare interpreter.

``python -m tests.benchmarks.service_tags`` prints milliseconds of whole processes.
"""

import json
from pathlib import Path

from tests.benchmarks.measuring import PROGRAM, Times, python, show, times_of
from tests.benchmarks.random_estate import public_tag_file

RUNS = 9
ESTATE = Path(__file__).parents[2] / "docs" / "tutorial" / "contoso.json"
PARSE = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"


def main() -> None:
    """Prints the table."""
    path = public_tag_file()
    values = json.loads(path.read_text(encoding="utf-8"))["values"]
    prefixes = sum(len(value["properties"]["addressPrefixes"]) for value in values)
    check = (*PROGRAM, "check", str(ESTATE), "-f", "json")
    nothing, parse = times_of(python("import json"), RUNS), times_of(python(PARSE, str(path)), RUNS)
    without, given = times_of(check, RUNS), times_of((*check, "--service-tags", str(path)), RUNS)
    show(
        [f"{path.name}: {len(values)} tags, {prefixes} prefixes", "CPU", "wall"],
        [
            ("json.load in a bare interpreter, less its start", *_difference(parse, nothing)),
            ("check without tags", without.cpu, without.wall),
            ("check with tags", given.cpu, given.wall),
            ("what the tags add", *_difference(given, without)),
        ],
    )


def _difference(whole: Times, part: Times) -> tuple[float, float]:
    return whole.cpu - part.cpu, whole.wall - part.wall


if __name__ == "__main__":
    main()
