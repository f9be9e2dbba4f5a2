"""What must stay true of the whole: start-up is quick, functions are short. The layers are import-linter's."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pytest

import apim_audit

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SOURCE = Path(apim_audit.__file__).parent
HEAVY = {"azure", "cryptography", "jinja2", "jsonschema", "msal", "pydantic", "requests", "rich", "tabulate", "tomllib"}
MODULES = "import sys, json; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"


def python(code: str, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "-c", code, *argv], input=b"[]", capture_output=True, check=True, cwd=ROOT, timeout=60
    )


def loaded_by(code: str) -> set[str]:
    return set(json.loads(python(f"{code}\n{MODULES}").stderr.splitlines()[-1]))


def loaded_by_command(*argv: str) -> set[str]:
    return loaded_by(f"from apim_audit.cli import main; main({list(argv)!r})")


def top(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def ours(modules: set[str]) -> set[str]:
    return {module.split(".")[1] for module in modules if module.startswith("apim_audit.")}


def test_the_command_line_loads_nothing_heavy() -> None:
    added = loaded_by("import apim_audit.cli") - loaded_by("import typer")
    assert top(added).isdisjoint(HEAVY | {"logging"})
    assert ours(added) == {"cli", "core", "errors", "report", "run"}


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(argument: str) -> None:
    loaded = loaded_by_command(argument)
    assert top(loaded).isdisjoint(HEAVY)
    assert ours(loaded) == {"cli", "core", "errors", "report", "run"}


def test_check_loads_neither_azure_nor_what_its_format_does_not_need() -> None:
    loaded = loaded_by_command("check", "-", "-f", "json")
    assert top(loaded).isdisjoint(HEAVY - {"pydantic", "tomllib"})  # typer brings the one, the catalogue the other
    assert ours(loaded).isdisjoint({"collect", "demo"})
    assert "tabulate" in loaded_by_command("check", "-")


def test_the_version_takes_no_more_than_twice_what_typer_takes() -> None:
    version, typer = "from apim_audit.cli import main; main(['--version'])", "import typer"
    taken = [(cpu_time(version), cpu_time(typer)) for _ in range(7)]
    assert min(ours for ours, _ in taken) < 2 * min(theirs for _, theirs in taken)


def cpu_time(code: str) -> float:
    # Not the time on the clock, of which other processes take their part.
    return float(python(f"{code}\nimport sys, time; print(time.process_time(), file=sys.stderr)").stderr)


def test_no_function_is_long() -> None:
    lengths = {f"{path.name}: {function.name}": length(function) for path, function in functions()}
    assert {name: lines for name, lines in lengths.items() if lines > 50} == {}
    assert median(lengths.values()) < 10


def functions() -> "Iterator[tuple[Path, ast.FunctionDef]]":
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def length(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - function.lineno + 1 - docstring_lines(function) if body else 1  # type: ignore[operator]


def docstring_lines(function: ast.FunctionDef) -> int:
    first = function.body[0]
    return first.end_lineno - first.lineno + 1 if ast.get_docstring(function) is not None else 0  # type: ignore[operator]
