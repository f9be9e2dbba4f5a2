"""The configuration file: defaults of options, below the environment and the command line.

A file that was merely found in the current folder is trusted less than one that was named: a checked-out repository may
have brought it along.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typer import Context, TyperException

from apim_audit.errors import UsageError

DEFAULT_FILE = ".apim-audit.toml"

_SAYS_WHERE_TOKENS_GO = frozenset({"arm-endpoint"})
_WRITES_FILES = frozenset({"output", "report", "save-snapshot"})
NOT_IN_A_FILE = frozenset({"config", "help", "management-group", "subscription", "tenant"})
"""What is read is said each time; these names are commands' as well."""


def configure(context: Context, path: str | None) -> str | None:
    """Makes the options of a configuration file the defaults of a command; returns the file's name, None without one.

    Args:
        context: the command that is being parsed, before any of its other options.
        path: the file that was asked for, or None for the one in the current folder, if there is one.

    Raises:
        UsageError: the file cannot be read, or anything in its options is wrong.
    """
    if context.resilient_parsing:  # the shell completes a line
        return path
    if path is None and not os.path.lexists(DEFAULT_FILE):
        return None
    # Only here, so that nobody waits for a TOML parser who has no file.
    from apim_audit.gate.toml_file import read_toml, refuse  # noqa: PLC0415

    file = DEFAULT_FILE if path is None else path
    reading = _Reading(context, found=path is None)
    context.default_map = reading.defaults(read_toml(file, UsageError).get("options", {}))
    refuse([f"{file}: {problem}" for problem in reading.problems], UsageError)
    return file


@dataclass(frozen=True, slots=True)
class _Reading:
    """The options of a file while they are read, for all commands: what is wrong is wrong for every run.

    Attributes:
        context: the command that is being parsed.
        found: the file was not named by anybody.
    """

    context: Context
    found: bool
    problems: list[str] = field(default_factory=list)

    def defaults(self, options: object) -> dict[str, Any]:
        """Returns the defaults of the command that is being parsed, by parameter."""
        commands = self._commands()
        if not isinstance(options, dict):
            self.problems.append("options is not a table; begin it with [options]")
            return {}
        shared = {key: value for key, value in options.items() if key not in commands}
        defaults = self._checked("options", shared, commands)
        for command in (key for key in options if key in commands):
            table = options[command]
            if isinstance(table, dict):
                defaults |= self._checked(f"options.{command}", table, {command: commands[command]})
            else:
                self.problems.append(f"options.{command} is not a table; begin it with [options.{command}]")
        return defaults

    def _commands(self) -> dict[str, Mapping[str, Any]]:
        # The parser at hand knows only the command that is being parsed.
        from apim_audit.cli.parsing import whole_parser  # noqa: PLC0415  (it imports the options, and they this module)

        program = whole_parser()
        found = {name: {_key(each): each for each in command.params} for name, command in program.commands.items()}
        return {
            name: {key: each for key, each in options.items() if key and key not in NOT_IN_A_FILE}
            for name, options in found.items()
            if "config" in options
        }

    def _checked(
        self, table: str, values: Mapping[str, object], commands: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Any]:
        from apim_audit.gate.toml_file import unknown_keys  # noqa: PLC0415

        known = {key: option for options in commands.values() for key, option in options.items()}
        tables = commands if len(commands) > 1 else ()  # a misspelt table of a command looks like an option
        self.problems.extend(f"{table}: {problem}" for problem in unknown_keys(values, (*known, *tables)))
        own = commands.get(self.context.info_name or "", {})
        defaults = {}
        for key in (key for key in values if key in known):
            found = {
                id(each[key]): self._faults(table, key, each[key], values[key])
                for each in commands.values()
                if key in each
            }
            if all(found.values()):
                self.problems.extend(found[id(own.get(key, known[key]))])
            elif key in own and not found[id(own[key])]:
                defaults[own[key].name] = values[key]
        return defaults

    def _faults(self, table: str, key: str, option: Any, value: object) -> list[str]:  # noqa: ANN401
        return [f"{table}: {key}: {problem}" for problem in self._problems(key, option, value)]

    def _problems(self, key: str, option: Any, value: object) -> Iterator[str]:  # noqa: ANN401  (typer's is not public)
        shape = _shape_wanted(option, value)
        if shape:
            yield f"expected {shape}"
            return
        try:
            option.process_value(self.context, value)
        except TyperException as error:
            yield error.format_message().partition(": ")[2].replace("Value error, ", "")
            return
        if self.found:
            yield from _beyond_trust(key, value)


def _beyond_trust(key: str, value: Any) -> Iterator[str]:  # noqa: ANN401  (of the right shape by now)
    if key in _SAYS_WHERE_TOKENS_GO:
        yield f"a file that nobody named must not say where tokens go; give it as --{key}, or the file as --config"
    if key in _WRITES_FILES:
        paths = [each.partition("=")[2] for each in value] if isinstance(value, list) else [value]
        if any(map(_is_astray, paths)):
            yield (
                "a file that nobody named may have reports written below its own folder only, and to no name that "
                "begins with a dot; or give the file as --config"
            )


def _is_astray(path: str) -> bool:
    inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath("."))
    return not inside or Path(path).is_absolute() or any(part.startswith(".") for part in Path(path).parts)


def _key(option: Any) -> str:  # noqa: ANN401
    longest: str = max(option.opts, key=len)
    return longest[2:] if longest.startswith("--") else ""


def _shape_wanted(option: Any, value: object) -> str:  # noqa: ANN401
    if option.is_flag:
        return "" if isinstance(value, bool) else "true or false"
    if option.multiple or option.nargs != 1:
        texts = value if isinstance(value, list) and all(isinstance(each, str) for each in value) else None
        return "" if texts is not None and (option.multiple or len(texts) == option.nargs) else _list_of(option)
    fits = isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool))
    return "" if fits and value != "" else "a text"


def _list_of(option: Any) -> str:  # noqa: ANN401
    return "a list of texts" if option.multiple else f"a list of {option.nargs} texts"
