"""Files read whole and written whole or not at all."""

import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import BinaryIO

from apim_audit.errors import ApimAuditError

STANDARD_INPUT = "-"


class NotWrittenError(ApimAuditError):
    """Something was worked out, but it cannot be written to where it should go."""


def name_of(path: str) -> str:
    """Returns what people call a file."""
    return "standard input" if path == STANDARD_INPUT else path


def read_bytes(path: str, stdin: BinaryIO | None = None) -> bytes:
    """Returns the content of a file; ``-`` is standard input where one is given.

    Raises:
        OSError: the file cannot be read.
    """
    if path == STANDARD_INPUT and stdin is not None:
        return stdin.read()
    return Path(path).read_bytes()


def write_atomically(path: str, text: str) -> None:
    """Writes a file as UTF-8, so that a reader finds the old content or the new one, never a part.

    A link is followed; a device or pipe is written to directly; the mode of a file that is there is kept.

    Raises:
        NotWrittenError: the file cannot be written.
    """
    content = text.encode("utf-8", "backslashreplace")
    target = os.path.realpath(path)
    try:
        if _is_special(target):
            Path(target).write_bytes(content)
        else:
            _replace(target, content)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"{path} could not be written: {reason}"
        raise NotWrittenError(message, "Name a file in a folder that exists and that you may write to.") from None


def _is_special(target: str) -> bool:
    try:
        mode = Path(target).stat().st_mode
    except FileNotFoundError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(target: str, content: bytes) -> None:
    # In the same folder, because a rename is atomic only within a file system; the umask sets the mode.
    temporary = Path(f"{target}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if Path(target).exists():
            shutil.copymode(target, temporary)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
