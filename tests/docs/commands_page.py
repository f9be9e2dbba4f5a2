"""Writes the reference page of the commands from what ``--help`` prints.

``python -m tests.docs.commands_page`` writes docs/reference/commands.md.
"""

import io
import os
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

from apim_audit.cli.options import COMMANDS, name_of
from apim_audit.cli.parsing import PROGRAM, parse

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"

_INTRODUCTION = f"""\
# Commands

<!-- Generated from the program's help by `python -m tests.docs.commands_page`; edit that, not this. -->

Reports go to standard output or to the files that `-o` and `--report` name; everything else goes to standard error.
Pages of their own have [the exit status](exit-status.md), [the input of check](input.md),
[the JSON report](json-report.md) and [snapshots](snapshot.md). Colours are shown on a terminal only; `NO_COLOR` turns
them off.

## {PROGRAM}
"""


def page() -> str:
    """Returns the page, as Markdown."""
    parts = [_INTRODUCTION, _help()]
    for command in COMMANDS:
        name = name_of(command)
        parts += [f"## {PROGRAM} {name}\n", _help(name)]
    return "\n".join(parts)


def _help(*command: str) -> str:
    printed = io.StringIO()
    # The variables of the terminal that typer looks at; nothing of ours.
    with patch.dict(os.environ, {"COLUMNS": "80", "NO_COLOR": "1"}), redirect_stdout(printed):
        parse([*command, "--help"])
    return f"```text\n{printed.getvalue().rstrip()}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
