"""Where a command reads and writes, looked at before it does either: minutes of reading must not end in a lost file."""

import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from apim_audit.cli.options import Command, Live
from apim_audit.errors import UsageError

STANDARD_STREAM = "-"
"""Standard input among the inputs, standard output among the outputs."""

_INPUTS = ("files", "parameters", "onto", "service_tags", "waivers", "known_gaps", "config")
_FROM_STDIN = ("files", "parameters", "onto")
_STDIN_DEVICE = "/dev/stdin"


def ensure_sound_paths(command: Command) -> None:
    """Looks whether what a command reads and writes are files of their own, and can be written.

    Raises:
        UsageError: standard input or output is asked for twice, an output takes the place of an input or of another
            output, is a folder, or its folder does not exist.
    """
    if isinstance(command, Live) and command.save_snapshot == STANDARD_STREAM:
        message = "--save-snapshot goes to a file; collect -o - writes a snapshot to standard output"
        raise UsageError(message)
    if list(_paths(command, _FROM_STDIN)).count(STANDARD_STREAM) > 1:
        message = "standard input (-) can be read only once"
        raise UsageError(message)
    outputs = list(_outputs(command))
    _ensure_apart(outputs)
    for path in (path for path in outputs if path != STANDARD_STREAM):
        _ensure_writable(path)
        _ensure_no_input(path, _paths(command, _INPUTS))


def file_of(path: str | None) -> str | None:
    """Returns the file that an output names, None for standard output."""
    return None if path == STANDARD_STREAM else path


def _paths(command: Command, fields: Iterable[str]) -> Iterator[str]:
    for field in fields:
        value = getattr(command, field, None)
        yield from (value,) if isinstance(value, str) else value or ()


def _outputs(command: Command) -> Iterator[str]:
    yield STANDARD_STREAM if command.output is None else command.output
    yield from (each.path for each in getattr(command, "report", ()))
    yield from _paths(command, ("save_snapshot",))


def _ensure_apart(outputs: Iterable[str]) -> None:
    asked = Counter(STANDARD_STREAM if _is_standard_output(path) else os.path.realpath(path) for path in outputs)
    for path, count in asked.items():
        if count > 1:
            name = "standard output" if path == STANDARD_STREAM else path
            message = f"{name} is asked for {count} times; give each output a file of its own"
            raise UsageError(message, "without -o the report goes there" if path == STANDARD_STREAM else "")


def _is_standard_output(path: str) -> bool:
    if path == STANDARD_STREAM:
        return True
    with suppress(OSError, ValueError):  # there is none, or no file can have such a name
        found = Path(path).stat()
        # In a terminal one follows the other, and /dev/null takes any number.
        return not stat.S_ISCHR(found.st_mode) and os.path.samestat(found, os.fstat(1))
    return False


def _ensure_writable(path: str) -> None:
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        message = f"{path} cannot be written: it is a folder, or its folder does not exist"
        raise UsageError(message, "create the folder first, or name another file")


def _ensure_no_input(path: str, inputs: Iterable[str]) -> None:
    for each in inputs:
        if _are_one_file(path, _STDIN_DEVICE if each == STANDARD_STREAM else each):
            name = "standard input" if each == STANDARD_STREAM else each
            message = f"{path} is read in the same run ({name}), and would be overwritten"
            raise UsageError(message, "name another file for the output")


def _are_one_file(path: str, other: str) -> bool:
    """Tells whether two paths lead to one file, by links or letter case too; a terminal or a pipe is none."""
    with suppress(OSError, ValueError):  # one of them is not there, or no file can have such a name
        found = Path(path).stat()
        return stat.S_ISREG(found.st_mode) and os.path.samestat(found, Path(other).stat())
    return os.path.realpath(path) == os.path.realpath(other)
