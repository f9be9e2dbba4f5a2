"""From argv to an exit status; every error that has a name is told in a sentence, never as a traceback."""

import sys
from collections.abc import Sequence
from importlib import import_module

from apim_audit.cli.options import Command
from apim_audit.cli.parsing import PROGRAM, parse
from apim_audit.cli.streams import say, use_utf8
from apim_audit.errors import ApimAuditError, NoAuditError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit status.

    Args:
        argv: the arguments without the program's name; those of the process where not given.
    """
    use_utf8()
    try:
        command = parse(sys.argv[1:] if argv is None else argv)
        return command if isinstance(command, int) else _execute(command)
    except ApimAuditError as error:
        _tell(error)
        return error.exit_status
    except KeyboardInterrupt:
        say(f"{PROGRAM}: interrupted")
        return INTERRUPTED


def _execute(command: Command) -> int:
    # Only here, so that --version and --help need not wait for it.
    status: int = import_module("apim_audit.cli.execution").execute(command)
    return status


def _tell(error: ApimAuditError) -> None:
    what = "no audit was performed: " if isinstance(error, NoAuditError) else ""
    say(f"{PROGRAM}: {what}{error}")
    if error.hint:
        say(f"hint: {error.hint}")
