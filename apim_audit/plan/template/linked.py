"""Templates that a template names by a path relative to itself, read from the disk."""

import os
import stat
from pathlib import Path

from apim_audit.snapshot.parsing import UnreadableTextError, text_of

_LARGEST = 16 * 1024 * 1024


def path_beside(file: str, relative: str) -> str | None:
    """Returns the path of a file that another names relative to itself; None where it is not relative."""
    if os.path.isabs(relative) or ":" in relative or relative.startswith(("/", "\\")) or "\0" in relative:  # noqa: PTH117
        return None
    return os.path.normpath(os.path.join(os.path.dirname(file), relative))  # noqa: PTH118, PTH120  (names, not files)


def read_linked(path: str) -> str | None:
    """Returns the text of a template on the disk; None where there is none that can be read.

    Only regular files of a template's size are opened: a name in a template must not make the run hang.
    """
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        return text_of(Path(path).read_bytes())
    except (OSError, UnreadableTextError):
        return None
