"""What the snapshot says could not be read, looked up for a resource that is not among the documents."""

from collections.abc import Iterable

from apim_audit.core.facts.reports import Incomplete
from apim_audit.decode.resources import Kind, fold_id


class Gaps:
    """The reasons why resources could not be read, by resource, by list and by scope."""

    def __init__(self, incomplete: Iterable[Incomplete]) -> None:
        self._reasons: dict[str, str] = {}
        for gap in incomplete:
            self._reasons.setdefault(fold_id(gap.id), gap.reason)

    def reason(self, resource_id: str) -> str | None:
        """Returns why this very resource could not be read, or None where nothing says so."""
        return self._reasons.get(fold_id(resource_id))

    def wider_reason(self, resource_id: str, kind: Kind) -> str | None:
        """Returns why what would have brought the resource could not be read: its parent, its list or its scope."""
        scope = fold_id(resource_id)
        while scope := scope.rpartition("/")[0]:
            for candidate in (scope, f"{scope}/providers/{kind.value}"):
                if candidate in self._reasons:
                    return self._reasons[candidate]
        return None
