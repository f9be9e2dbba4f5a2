"""Argv to a command's frozen value; running it is another matter."""

import inspect
from collections.abc import Callable, Sequence
from copy import copy
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import typer

from apim_audit import __version__
from apim_audit.cli.options import COMMANDS, Command, name_of
from apim_audit.errors import UsageError

PROGRAM = "apim-audit"
VARIABLES = "APIM_AUDIT_"
"""What the variables of the environment begin with that are defaults of options."""

_HELP = """\
Decides exactly whether the network security groups round Azure API Management let the required traffic through.

Exit status: 0 fine, 2 usage, 3 gaps, 4 undecided or not wholly read, 5 no audit was performed.
"""


def parse(argv: Sequence[str]) -> Command | int:
    """Returns the command that argv asks for, or an exit status where all is done (``--help``, ``--version``).

    Raises:
        UsageError: argv makes no sense.
    """
    try:
        parsed: Command | int = _parser(_needed(argv)).main(list(argv), prog_name=PROGRAM, standalone_mode=False)
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = PROGRAM if context is None else context.command_path
        message = error.format_message().replace("Value error, ", "")  # pydantic's, in front of typer's own words
        raise UsageError(message + _variable(error), f"{path} --help shows what can be given") from None
    return parsed


def _variable(error: typer.TyperException) -> str:
    """Returns which variable of the environment a wrong value came from, if from one."""
    context, parameter = getattr(error, "ctx", None), getattr(error, "param", None)
    if context is None or parameter is None:
        return ""
    source = context.get_parameter_source(parameter.name)
    return f" (from the variable {parameter.envvar})" if source and source.name == "ENVIRONMENT" else ""


def _builder(command: Callable[..., Command]) -> Callable[..., Command]:
    # typer makes a parser of a function's signature; this is the signature of the command's constructor.
    def build(**values: Any) -> Command:  # noqa: ANN401  (what typer hands over)
        return command(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})

    signature = inspect.signature(command)
    parameters = [p.replace(annotation=_for_typer(p.annotation)) for p in signature.parameters.values()]
    build.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    build.__doc__ = command.__doc__
    return build


def _for_typer(annotation: Any) -> Any:  # noqa: ANN401  (annotations have no type of their own)
    # typer knows lists where our values are tuples of any length.
    if get_origin(annotation) is not Annotated:
        return annotation
    kind, *marks = get_args(annotation)
    if get_origin(kind) is tuple and get_args(kind)[1:] == (...,):
        kind = list[get_args(kind)[0]]  # type: ignore[misc]
    return Annotated[kind, *map(_with_variable, marks)]


def _with_variable(mark: Any) -> Any:  # noqa: ANN401  (typer's marks; options are among them)
    """Returns a mark of an option with its variable in the environment: ``--fail-on`` is ``APIM_AUDIT_FAIL_ON``."""
    # The first name of an option stands where a default would; typer moves it later.
    declared = (getattr(mark, "default", None), *(getattr(mark, "param_decls", None) or ()))
    names = [name for name in declared if isinstance(name, str) and name.startswith("--")]
    if not names or mark.envvar is not None:
        return mark
    marked = copy(mark)
    marked.envvar, marked.show_envvar = f"{VARIABLES}{names[0][2:].replace('-', '_').upper()}", False
    return marked


def _show_version(wanted: bool) -> None:  # noqa: FBT001  (typer calls it so)
    if wanted:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _program(
    *,
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """Stands for the options before the command."""


def _needed(argv: Sequence[str]) -> tuple[type[Command], ...]:
    """Returns the commands that a parser of argv has to know: making all of them takes longer than running one."""
    first = next((each for each in argv if not each.startswith("-")), None)
    named = tuple(command for command in COMMANDS if name_of(command) == first)
    return named or (() if list(argv) == ["--version"] else COMMANDS)


def whole_parser() -> Any:  # noqa: ANN401  (typer's own class is not public)
    """Returns the parser of all commands."""
    return _parser(COMMANDS)


@cache
def _parser(commands: tuple[type[Command], ...]) -> Any:  # noqa: ANN401  (typer's own class is not public)
    app = typer.Typer(
        name=PROGRAM,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich costs more than the rest of --help
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=_HELP)(_program)
    for command in commands:
        app.command(name_of(command))(_builder(command))
    return typer.main.get_command(app)
