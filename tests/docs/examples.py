"""The ``console`` blocks of the documentation: commands (``$``, continued by ``>``) and what they print.

The blocks of a page are one session in one folder. A line ``...`` stands for any lines.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_TIME_OF_THE_DOCUMENTATION = "2026-11-22T06:31:00Z"
_MARK = "--- end of a command ---"
_ELISION = "..."


@dataclass(frozen=True)
class Example:
    """A command as the page writes it, prompts included, and the lines that follow."""

    written: str
    output: str

    @property
    def command(self) -> str:
        """The command as the shell gets it."""
        return "\n".join(line[2:] for line in self.written.splitlines())

    def shows(self, output: str) -> bool:
        """Tells whether the page shows this output."""
        pieces = self.output.split(f"{_ELISION}\n")
        return re.fullmatch("(?:.*\n)*?".join(map(re.escape, pieces)), output) is not None

    def with_output(self, output: str) -> "Example":
        """Returns the example with its output brought up to date, as far as it is shown in full."""
        return self if f"{_ELISION}\n" in self.output else Example(self.written, output)


def examples(text: str) -> list[Example]:
    """Returns the examples of a page in order."""
    return [example for block in _BLOCK.findall(text) for example in _of_block(block)]


def _of_block(block: str) -> Iterator[Example]:
    for piece in re.split(r"^(?=\$ )", block, flags=re.MULTILINE)[1:]:
        lines = piece.splitlines(keepends=True)
        count = 1 + next((place for place, line in enumerate(lines[1:]) if not line.startswith("> ")), len(lines) - 1)
        yield Example("".join(lines[:count]), "".join(lines[count:]))


def rewritten(text: str, replacements: Iterator[Example]) -> str:
    """Returns a page with its examples replaced, one by one."""

    def block(match: re.Match[str]) -> str:
        shown = [next(replacements) for _ in _of_block(match[1])]
        return f"```console\n{''.join(example.written + example.output for example in shown)}```"

    return _BLOCK.sub(block, text)


def outputs(commands: list[str], folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Runs commands in one session of bash and returns what each printed on standard output and standard error."""
    script = "exec 2>&1\nstatus=0\n" + "".join(
        f"(exit $status)\n{command}\nstatus=$?\necho '{_MARK}'\n" for command in commands
    )
    done = subprocess.run(  # noqa: S603  (commands of our own pages)
        ["/bin/bash", "--noprofile", "--norc", "-c", script],
        capture_output=True,
        check=False,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        timeout=300,
    )
    text = _TIME.sub(_TIME_OF_THE_DOCUMENTATION, done.stdout.decode())
    return text.split(f"{_MARK}\n")[:-1]
