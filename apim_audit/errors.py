"""What can stop an audit: each error carries a hint for the person and the exit status of the contract."""

from typing import ClassVar


class ApimAuditError(Exception):
    """Something that stops the command.

    Attributes:
        hint: what the person can do about it, one sentence, or empty.
        exit_status: the process's exit status.
    """

    exit_status: ClassVar[int] = 5

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(ApimAuditError):
    """The command line asks for something that makes no sense."""

    exit_status: ClassVar[int] = 2


class NoAuditError(ApimAuditError):
    """No audit was performed: no credentials, unreadable input, an unreadable scope, an instance that is not there."""


class CatalogueError(NoAuditError):
    """The requirements shipped with the program are damaged."""
