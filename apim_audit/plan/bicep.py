"""Bicep files, through the compiler that the user has: ``bicep``, or ``az bicep``."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apim_audit.core.facts.text import printable
from apim_audit.errors import NoAuditError
from apim_audit.plan.located_json import NotJsonError, parse_located
from apim_audit.plan.model import Plan
from apim_audit.plan.template import DeploymentContext, ParameterFile, read_template

_SECONDS = 300
_MOST_LINES = 20
_HINT = (
    "Install Bicep (https://aka.ms/bicep-install), so that `bicep` or `az bicep` is on the path, or compile the file "
    "yourself (`bicep build`, `bicep build-params`) and give the ARM template."
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler made of a file.

    Attributes:
        template: the text of the ARM template.
        parameters: the text of the parameter file, for a ``.bicepparam``; else None.
    """

    template: str
    parameters: str | None = None


def is_bicep(file: str) -> bool:
    """Tells whether a file's name is that of a Bicep file or of a Bicep parameter file."""
    return file.lower().endswith((".bicep", ".bicepparam"))


def compile_bicep(file: str) -> Compiled:
    """Returns the ARM template that a Bicep file compiles to, and for a ``.bicepparam`` its parameters.

    The compiler is found on the path and run as the user would, without a shell. It tells no lines of the Bicep file,
    so that those of findings are those of the template.

    Raises:
        NoAuditError: there is no compiler, or it does not accept the file.
    """
    if not Path(file).is_file():
        message = f"{printable(file)} is no file"
        raise NoAuditError(message, "Name a .bicep or .bicepparam file.")
    if not file.lower().endswith(".bicepparam"):
        return Compiled(_run(file, "build"))
    return _of_parameters(file, _run(file, "build-params"))


def read_bicep(
    file: str,
    parameters: Sequence[ParameterFile] = (),
    context: DeploymentContext | None = None,
) -> Plan:
    """Returns what the deployment of a Bicep file would write; nothing in it has a line.

    Args:
        file: a ``.bicep`` or ``.bicepparam`` file.
        parameters: parameter files, which count before a ``.bicepparam``.
        context: what the deployment is told besides.

    Raises:
        NoAuditError: it cannot be compiled, or a parameter file does not fit.
    """
    compiled = compile_bicep(file)
    own = [] if compiled.parameters is None else [ParameterFile(file, compiled.parameters, lines=False)]
    return read_template(file, compiled.template, [*own, *parameters], context or DeploymentContext(), lines=False)


def _run(file: str, command: str) -> str:
    compiler = _compiler()
    path = os.path.abspath(file)  # noqa: PTH100  (a name that begins with a dash must not be an option)
    standalone = compiler[-1] != "bicep" or len(compiler) == 1
    arguments = [path, "--stdout"] if standalone else ["--file", path, "--stdout"]
    try:
        done = subprocess.run(  # noqa: S603  (a list, no shell; the program is the user's own)
            [*compiler, command, *arguments],
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        message = f"{printable(file)} was not compiled within {_SECONDS} seconds"
        raise NoAuditError(message, _HINT) from None
    except OSError as error:
        message = f"{printable(file)} was not compiled: the compiler cannot be run ({error.strerror})"
        raise NoAuditError(message, _HINT) from None
    if done.returncode != 0:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()[:_MOST_LINES]
        message = "\n  ".join([f"{printable(file)} was not compiled:", *map(printable, told)])
        raise NoAuditError(message, "Correct the file; the lines above are those of the Bicep compiler.")
    return done.stdout.decode("utf-8-sig", "replace")


def _compiler() -> list[str]:
    if found := shutil.which("bicep"):
        return [found]
    if found := shutil.which("az"):
        return [found, "bicep"]
    message = "there is no Bicep compiler on the path"
    raise NoAuditError(message, _HINT)


def _of_parameters(file: str, text: str) -> Compiled:
    # An object whose members templateJson and parametersJson are JSON texts again.
    try:
        found = parse_located(file, text)
    except NotJsonError:
        found = None
    template = found.get("templateJson") if isinstance(found, dict) else None
    parameters = found.get("parametersJson") if isinstance(found, dict) else None
    if isinstance(template, str) and isinstance(parameters, str):
        return Compiled(template, parameters)
    message = f"{printable(file)}: the compiler's answer is not understood"
    raise NoAuditError(message, _HINT)
