"""The files of a plan, told apart by what is in them and read by whoever knows their format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from apim_audit.errors import NoAuditError
from apim_audit.plan.bicep import is_bicep, read_bicep
from apim_audit.plan.errors import PlanError
from apim_audit.plan.model import Plan
from apim_audit.plan.template import DeploymentContext, ParameterFile, is_template, read_template
from apim_audit.plan.terraform import is_terraform_plan, read_terraform_plan
from apim_audit.plan.what_if import is_what_if, read_what_if
from apim_audit.snapshot.files import name_of, read_bytes
from apim_audit.snapshot.parsing import UnreadableTextError, kind_of, parse, text_of

_HINT = (
    "Give a plan as JSON (terraform show -json PLANFILE, tofu show -json PLANFILE), "
    "the JSON answer of an ARM what-if, an ARM template or a .bicep file."
)
_ANYWHERE = DeploymentContext()
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Format:
    """One format of plans, told by its content.

    Attributes:
        recognise: whether a parsed file is of this format.
        read: reads one, given its name and its parsed content.
    """

    recognise: Callable[[object], bool]
    read: Callable[[str, object], Plan]


FORMATS = (Format(is_terraform_plan, read_terraform_plan), Format(is_what_if, read_what_if))
"""The formats of files that tell everything by themselves; templates take parameters and a place besides."""


@dataclass(frozen=True, slots=True)
class PlanReader:
    """Reads plans.

    Attributes:
        stdin: standard input, for a file of the name ``-``.
        parameters: parameter files of a template.
        context: where a template is deployed.
    """

    stdin: BinaryIO
    parameters: Sequence[str] = ()
    context: DeploymentContext = _ANYWHERE

    def read(self, files: Sequence[str]) -> Plan:
        """Returns what all files together would change, in their order.

        Args:
            files: their names; ``-`` is standard input.

        Raises:
            NoAuditError: files that cannot be read, each with its reason.
        """
        given: list[ParameterFile] = []
        plans: list[Plan] = []
        problems: list[str] = []
        for path in self.parameters:
            _tried(path, problems, lambda path=path: given.append(self._parameter_file(path)))  # type: ignore[misc]
        for path in files:
            _tried(path, problems, lambda path=path: plans.append(self._plan(path, given)))  # type: ignore[misc]
        if problems:
            raise NoAuditError("\n  ".join(["the plan cannot be read:", *problems]), _HINT)
        return joined(plans)

    def _parameter_file(self, path: str) -> ParameterFile:
        return ParameterFile(name_of(path), text_of(read_bytes(path, self.stdin)))

    def _plan(self, path: str, parameters: Sequence[ParameterFile]) -> Plan:
        name = name_of(path)
        if is_bicep(path):
            return read_bicep(path, parameters, self.context)
        content = read_bytes(path, self.stdin)
        if content.startswith(_ZIP):
            problem = "is a plan in Terraform's own binary form; give what `terraform show -json` makes of it"
            raise PlanError(problem)
        values = [value.json for value in parse(content)]
        for known in FORMATS if len(values) == 1 else ():
            if known.recognise(values[0]):
                return known.read(name, values[0])
        if len(values) == 1 and is_template(values[0]):
            return read_template(name, text_of(content), parameters, self.context)
        raise PlanError(_guess(values))


def _tried(path: str, problems: list[str], read: Callable[[], object]) -> None:
    try:
        read()
    except OSError as error:
        problems.append(f"{name_of(path)}: {error.strerror or error}")
    except (UnreadableTextError, PlanError) as error:
        problems += [f"{name_of(path)}: {problem}" for problem in error.problems]
    except ValueError as error:  # a NUL in the file's name
        problems.append(f"{name_of(path)}: {error}")


def joined(plans: Sequence[Plan]) -> Plan:
    """Returns several plans as one, in their order."""
    return Plan(
        changes=tuple(change for plan in plans for change in plan.changes),
        incomplete=tuple(entry for plan in plans for entry in plan.incomplete),
        notes=tuple(note for plan in plans for note in plan.notes),
    )


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
    if "format_version" in body:
        return "is written by Terraform, but it is no plan: give what `terraform show -json PLANFILE` prints"
    return "is neither a Terraform plan, a what-if answer nor a template"
