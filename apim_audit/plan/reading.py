"""The files of a plan, told apart by what is in them and read by whoever knows their format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from apim_audit.errors import NoAuditError
from apim_audit.plan.errors import PlanError
from apim_audit.plan.model import Plan
from apim_audit.plan.terraform import is_terraform_plan, read_terraform_plan
from apim_audit.snapshot.files import name_of, read_bytes
from apim_audit.snapshot.parsing import UnreadableTextError, kind_of, parse

_HINT = (
    "Give a plan as JSON (terraform show -json PLANFILE, tofu show -json PLANFILE), "
    "the JSON answer of an ARM what-if, an ARM template or a .bicep file."
)
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Format:
    """One format of plans.

    Attributes:
        recognise: whether a parsed file is of this format.
        read: reads one, given its name and its parsed content; raises PlanError.
    """

    recognise: Callable[[object], bool]
    read: Callable[[str, object], Plan]


FORMATS = (Format(is_terraform_plan, read_terraform_plan),)
"""The formats of files that hold one JSON value, told by their content."""


def read_plans(files: Sequence[str], stdin: BinaryIO, parameters: Sequence[str] = ()) -> Plan:
    """Returns what all files together would change, in their order.

    Args:
        files: their names; ``-`` is standard input.
        stdin: standard input.
        parameters: parameter files of a template.

    Raises:
        NoAuditError: files that cannot be read, each with its reason.
    """
    problems: list[str] = []
    plans: list[Plan] = []
    for path in files:
        name = name_of(path)
        try:
            plans.append(_read(name, read_bytes(path, stdin)))
        except OSError as error:
            problems.append(f"{name}: {error.strerror or error}")
        except (UnreadableTextError, PlanError) as error:
            problems += [f"{name}: {problem}" for problem in error.problems]
        except ValueError as error:  # a NUL in the file's name
            problems.append(f"{name}: {error}")
    if problems:
        raise NoAuditError("\n  ".join(["the plan cannot be read:", *problems]), _HINT)
    return Plan(
        changes=tuple(change for plan in plans for change in plan.changes),
        incomplete=tuple(entry for plan in plans for entry in plan.incomplete),
        notes=tuple(note for plan in plans for note in plan.notes),
    )


def _read(name: str, content: bytes) -> Plan:
    if content.startswith(_ZIP):
        problem = "is a plan in Terraform's own binary form; give what `terraform show -json` makes of it"
        raise PlanError(problem)
    values = parse(content)
    if len(values) == 1:
        body = values[0].json
        for known in FORMATS:
            if known.recognise(body):
                return known.read(name, body)
    raise PlanError(_guess([value.json for value in values]))


def _guess(values: Sequence[object]) -> str:
    body = values[0]
    if len(values) > 1:
        return (
            "holds several JSON values; is it the log of `terraform plan -json`? Give `terraform show -json PLANFILE`"
        )
    if not isinstance(body, dict):
        return f"holds {kind_of(body)}, not a plan"
    if "format_version" in body and "values" in body:
        return "is a Terraform state, not a plan: run `terraform show -json PLANFILE` with a saved plan"
    return "is neither a Terraform plan, a what-if answer nor a template"
