"""Live reading of API Management instances and their networks; the only code that knows credentials, the SDK and HTTP.

Importing this package is cheap: azure-identity and the management SDKs load when `collect` is called.
"""

from apim_audit.collect.gathered import InterruptedReadingError
from apim_audit.collect.progress import Counts, Progress
from apim_audit.collect.request import ReadFrom, Request
from apim_audit.core.facts.permissions import Diagnosis
from apim_audit.snapshot import Snapshot

__all__ = ["Counts", "InterruptedReadingError", "Progress", "ReadFrom", "Request", "collect", "diagnose"]


def collect(request: Request, taken_at: str, progress: Progress | None = None) -> Snapshot:
    """Reads what a request asks for; nothing in Azure is ever written.

    Args:
        request: what to read, and from where.
        taken_at: the time to note in the snapshot, ISO 8601 in UTC to the second.
        progress: is told how far the reading is.

    Returns:
        ARM's own JSON of the selected instances, their VNets, NSGs and route tables, the service tags, and what could
        not be read; in an order that does not depend on timing.

    Raises:
        NoAuditError: no credential works, the scope itself cannot be read, or an instance asked for is not there.
        UsageError: the cloud or the ARM endpoint makes no sense.
        InterruptedReadingError: somebody pressed Ctrl-C; it holds what had been read.
    """
    from apim_audit.collect.reading import read  # noqa: PLC0415  (the SDK is slow to import)

    return read(request, taken_at, progress or Progress())


def diagnose(request: Request) -> Diagnosis:
    """Looks whether an audit of subscriptions can be made; nothing in Azure is ever written.

    Raises:
        NoAuditError: no credential works, or no subscription can be reached.
        UsageError: the cloud or the ARM endpoint makes no sense.
    """
    from apim_audit.collect.doctor import diagnose as look  # noqa: PLC0415  (the SDK is slow to import)

    return look(request)
