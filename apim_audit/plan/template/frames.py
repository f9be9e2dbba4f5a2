"""Where an expression is evaluated: the template round it, the deployment, the loops and lambdas it stands in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol

from apim_audit.core.facts.findings import Origin
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.text import printable
from apim_audit.plan.located_json import LocatedObject
from apim_audit.plan.template.syntax import Node
from apim_audit.plan.template.values import ExpressionError, Meter, Value, member

_MOST_PROBLEMS = 100
_LONGEST = 500


class Level(Enum):
    """The kind of scope that a template is deployed to."""

    RESOURCE_GROUP = auto()
    SUBSCRIPTION = auto()
    MANAGEMENT_GROUP = auto()
    TENANT = auto()


@dataclass(frozen=True, slots=True)
class Setting:
    """What a deployment is told besides its template; ``Unknown`` where that is not known.

    Attributes:
        name: of the deployment.
        location: of the resource group, or of the deployment above it.
    """

    level: Level
    subscription: Value
    resource_group: Value
    location: Value
    tenant: Value
    management_group: Value
    name: Value


class Opaque(Protocol):
    """A value that is evaluated member by member."""

    @property
    def text(self) -> str:
        """The expression that it is the value of."""

    def member(self, name: str) -> Value:
        """Returns a member, ``Unknown`` where it cannot be told.

        Raises:
            ExpressionError: there is no such member.
        """


class Deployed(Protocol):
    """A nested deployment, as ``reference`` sees it."""

    def reference(self) -> Value:
        """Returns what a reference to it gives."""


class Machine(Protocol):
    """Evaluates expressions and JSON that holds them."""

    def node(self, node: Node, frame: "Frame") -> Value:
        """Returns the value of a syntax tree.

        Raises:
            ExpressionError: it cannot be evaluated.
        """

    def json(self, value: Value, frame: "Frame") -> Value:
        """Returns JSON with its expressions evaluated; one that cannot be is ``Unknown``, and a problem."""


@dataclass(slots=True)
class Shared:
    """What all templates of one reading share.

    Attributes:
        file: the template's name.
        linked: returns the text of a file that a template names relative to itself, or None where there is none.
        found: what could not be understood, in the order of finding.
        missing: names of parameters that were asked for and have no value.
    """

    file: str
    machine: Machine
    linked: Callable[[str], str | None]
    meter: Meter
    found: dict[tuple[str, str], Incomplete] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)

    def problem(self, place: Origin | None, problem: str, *, needed: bool = False) -> None:
        """Records what could not be understood.

        Args:
            place: where it is written down.
            problem: what, as a sentence that follows the place.
            needed: whether resources may be missed for it; else a value that is unknown tells it as well.
        """
        origin = place or Origin(self.file)
        where = printable(origin.file) if origin.line is None else f"{printable(origin.file)}, line {origin.line}"
        if len(self.found) < _MOST_PROBLEMS or needed:
            entry = Incomplete(origin.file, "not-evaluated", f"{where}: {printable(problem[:_LONGEST])}", needed=needed)
            self.found.setdefault((where, problem), entry)


class ParameterValues(Protocol):
    """The parameters of a template or of a function."""

    def value(self, name: str) -> Value:
        """Returns the value of a parameter.

        Raises:
            ExpressionError: there is no such parameter, or it depends on itself.
        """


@dataclass(frozen=True, slots=True)
class Arguments:
    """The parameters of a user-defined function."""

    values: Mapping[str, Value]

    def value(self, name: str) -> Value:
        """Returns the argument of a name.

        Raises:
            ExpressionError: there is none.
        """
        there, found = member(self.values, name)
        if there:
            return found
        message = f"the function has no parameter {name}"
        raise ExpressionError(message)


@dataclass(slots=True)
class Scope:
    """One template with what it is deployed with.

    Attributes:
        variables: as they are written; evaluated when they are asked for.
        functions: user-defined functions by their folded names with namespace.
        deployments: nested deployments by folded name, id and symbolic name.
        calls: the user-defined functions within which it is evaluated.
    """

    shared: Shared
    setting: Setting
    parameters: ParameterValues
    variables: Mapping[str, Callable[[], Value]] = field(default_factory=dict)
    functions: Mapping[str, LocatedObject] = field(default_factory=dict)
    deployments: dict[str, Deployed] = field(default_factory=dict)
    calls: frozenset[str] = frozenset()
    _known: dict[str, Value] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def variable(self, name: str) -> Value:
        """Returns the value of a variable.

        Raises:
            ExpressionError: there is none of the name, or it depends on itself.
        """
        key = name.lower()
        if key not in self._known:
            self._known[key] = self._evaluated(key, name)
        return self._known[key]

    def _evaluated(self, key: str, name: str) -> Value:
        evaluate = self.variables.get(key)
        if evaluate is None:
            message = f"there is no variable {name}"
            raise ExpressionError(message)
        if key in self._open:
            message = f"variable {name} depends on itself"
            raise ExpressionError(message)
        self._open.add(key)
        try:
            return evaluate()
        finally:
            self._open.discard(key)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression stands.

    Attributes:
        loops: the present index of each copy loop by its folded name; that of the resource's own loop under "".
        lambdas: the present values of lambda variables by their folded names.
    """

    scope: Scope
    loops: Mapping[str, int] = field(default_factory=dict)
    lambdas: Mapping[str, Value] = field(default_factory=dict)

    def value(self, node: Node) -> Value:
        """Returns the value of a syntax tree here.

        Raises:
            ExpressionError: it cannot be evaluated.
        """
        return self.scope.shared.machine.node(node, self)

    def json(self, value: Value) -> Value:
        """Returns JSON with its expressions evaluated here."""
        return self.scope.shared.machine.json(value, self)

    def in_loop(self, name: str, index: int, *, own: bool = False) -> "Frame":
        """Returns the place in a round of a copy loop; ``own`` for the loop of a resource itself."""
        loops = {**self.loops, name.lower(): index}
        if own:
            loops[""] = index
        return replace(self, loops=loops)

    def in_lambda(self, variables: Mapping[str, Value]) -> "Frame":
        """Returns the place within a lambda."""
        return replace(self, lambdas={**self.lambdas, **{name.lower(): value for name, value in variables.items()}})
