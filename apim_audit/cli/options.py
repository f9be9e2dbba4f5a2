"""What each command can be told: frozen values, from whose fields the parser is made."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

from typer import Argument, BadParameter, Option

from apim_audit.cli.assumptions import Announcement, announcement
from apim_audit.core.requirements import NetworkModel
from apim_audit.report import RENDERERS, Format
from apim_audit.run import DEFAULT_BASELINE, FailOn, Target

ARM_ENDPOINT_VARIABLE = "APIM_AUDIT_ARM_ENDPOINT"


class Cloud(StrEnum):
    """The Azure clouds, named as the Azure CLI names them."""

    PUBLIC = "AzureCloud"
    GOVERNMENT = "AzureUSGovernment"
    CHINA = "AzureChinaCloud"


class AsModel(StrEnum):
    """The network models that an instance can be judged as before it is migrated."""

    STV2 = "stv2"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A report to be written beside the main one."""

    format: str
    path: str


def report_file(text: str) -> ReportFile:
    """Returns the value of ``--report FORMAT=FILE``.

    Raises:
        BadParameter: the format is not known or the file not given.
    """
    name, _, path = text.partition("=")
    if name not in RENDERERS or not path:
        message = f"{text!r} is not FORMAT=FILE with a format of: {', '.join(RENDERERS)}."
        raise BadParameter(message)
    return ReportFile(name, path)


Baseline: TypeAlias = Annotated[str, Option("--baseline", metavar="ID", help="The dated table of requirements.")]
ServiceTags: TypeAlias = Annotated[
    str | None,
    Option("--service-tags", metavar="FILE", help="Microsoft's service tag file, or a Service Tags list answer."),
]
ReportFormat: TypeAlias = Annotated[
    Format, Option("-f", "--format", case_sensitive=False, help="The format of the report.")
]
Output: TypeAlias = Annotated[
    str | None, Option("-o", "--output", metavar="FILE", help="Where the report goes instead of standard output.")
]
Reports: TypeAlias = Annotated[
    tuple[ReportFile, ...],
    Option("--report", metavar="FORMAT=FILE", parser=report_file, help="Write this report too; repeatable."),
]
Assume: TypeAlias = Annotated[
    tuple[Announcement, ...],
    Option(
        "--assume",
        metavar="on-premises=PREFIX,...",
        parser=announcement,
        help="What gateways announce from on-premises, or on-premises=none; repeatable.",
    ),
]
AdminRules: TypeAlias = Annotated[
    bool, Option("--admin-rules", help="Security admin rules of Azure Virtual Network Manager too.")
]
Features: TypeAlias = Annotated[
    bool, Option("--features", help="Optional rows that a feature in use needs count as required.")
]
Observed: TypeAlias = Annotated[
    bool, Option("--observed", help="Also compare with what the services themselves observe.")
]
AllowIncomplete: TypeAlias = Annotated[
    bool, Option("--allow-incomplete", help="Do not fail because something could not be read.")
]
Subscriptions: TypeAlias = Annotated[tuple[str, ...], Argument(metavar="ID", help="Subscription ids.")]
ResourceGroup: TypeAlias = Annotated[
    str | None, Option("-g", "--resource-group", metavar="NAME", help="Only instances of this resource group.")
]
Names: TypeAlias = Annotated[
    tuple[str, ...], Option("-n", "--name", metavar="NAME", help="Only the instance of this name; repeatable.")
]
CloudOption: TypeAlias = Annotated[Cloud, Option("--cloud", case_sensitive=False, help="The Azure cloud.")]
ArmEndpoint: TypeAlias = Annotated[
    str | None,
    Option("--arm-endpoint", metavar="URL", envvar=ARM_ENDPOINT_VARIABLE, help="Another Resource Manager endpoint."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What every command can be told."""

    quiet: Annotated[bool, Option("-q", "--quiet", help="Say nothing on standard error but errors.")] = False
    verbose: Annotated[bool, Option("-v", "--verbose", help="Log what is done on standard error.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting(Options):
    """What every command that writes a report can be told."""

    baseline: Baseline = DEFAULT_BASELINE
    format: ReportFormat = Format.TABLE
    output: Output = None
    report: Reports = ()
    assume: Assume = ()
    as_model: Annotated[
        AsModel | None, Option("--as", case_sensitive=False, help="Judge stv1 instances by the rules of this platform.")
    ] = None
    compare_baseline: Annotated[
        str | None, Option("--compare-baseline", metavar="ID", help="Also tell what this baseline would newly fail.")
    ] = None
    hygiene: Annotated[
        bool, Option("--hygiene", help="Also list rules far wider than needed, shadowed and redundant ones.")
    ] = False
    features: Features = False
    observed: Observed = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging(Reporting):
    """What every command can be told whose exit status depends on the findings."""

    service_tags: ServiceTags = None
    admin_rules: AdminRules = False
    fail_on: Annotated[
        FailOn, Option("--fail-on", case_sensitive=False, help="The quietest gap that makes the exit status 3.")
    ] = FailOn.WARNING
    allow_unknown: Annotated[bool, Option("--allow-unknown", help="Do not fail because a check is undecided.")] = False
    allow_incomplete: AllowIncomplete = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Judging):
    """Read subscriptions live, judge them and report.

    Credentials are those that azure-identity's DefaultAzureCredential finds: environment, managed identity, Azure CLI
    and so on. Nothing in Azure is changed.
    """

    subscriptions: Subscriptions
    resource_group: ResourceGroup = None
    name: Names = ()
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    save_snapshot: Annotated[
        str | None, Option("--save-snapshot", metavar="FILE", help="Keep what was read, for check.")
    ] = None

    @property
    def target(self) -> Target:
        """What to read."""
        return _target(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Options):
    """Only read: write a snapshot for check.

    The exit status is 4 where something could not be read.
    """

    subscriptions: Subscriptions
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="Where the snapshot goes.")]
    resource_group: ResourceGroup = None
    name: Names = ()
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    service_tags: ServiceTags = None
    admin_rules: AdminRules = False
    features: Features = False
    observed: Observed = False
    allow_incomplete: AllowIncomplete = False

    @property
    def target(self) -> Target:
        """What to read."""
        return _target(self)


def _target(command: Subscription | Collect) -> Target:
    return Target(
        subscriptions=command.subscriptions,
        resource_group=command.resource_group,
        names=command.name,
        cloud=command.cloud.value,
        arm_endpoint=command.arm_endpoint,
        admin_rules=command.admin_rules,
        features=command.features,
        observed=command.observed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Judging):
    """Judge documents offline; the network is never touched.

    Each file holds JSON as Azure Resource Manager answers it: a resource, an array of resources, a list answer, a
    Resource Graph answer, one resource a line, or a snapshot written by collect. Several files are one estate.
    """

    files: Annotated[tuple[str, ...], Argument(metavar="FILE", help="Files; - is standard input.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor(Options):
    """Look whether subscriptions can be audited: credentials, the endpoint, and each read that an audit makes.

    Nothing is judged, kept or changed. The exit status is 4 where a read that every audit makes is not permitted.
    """

    subscriptions: Annotated[tuple[str, ...], Argument(metavar="ID", help="Subscription ids.")] = ()
    role: Annotated[
        bool, Option("--role", help="Only print an Azure role with exactly the reads that are made, for the ids.")
    ] = False
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    format: ReportFormat = Format.TABLE
    output: Output = None

    @property
    def target(self) -> Target:
        """What to look at."""
        return Target(self.subscriptions, cloud=self.cloud.value, arm_endpoint=self.arm_endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements(Options):
    """Print the catalogue of requirements, or what changes from one baseline to another."""

    baseline: Baseline = DEFAULT_BASELINE
    compare: Annotated[
        tuple[str, str] | None,
        Option("--compare", metavar="ID ID", help="Only what changes from the one baseline to the other."),
    ] = None
    network_model: Annotated[
        NetworkModel | None, Option("--network-model", case_sensitive=False, help="Only what this model needs.")
    ] = None
    format: ReportFormat = Format.TABLE
    output: Output = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo(Reporting):
    """Audit a small estate that the program brings along; no account, no network.

    It is served by an embedded endpoint on loopback and read by the same code as subscription. Credentials of your own
    are never looked at, and the exit status is 0 whatever is found.
    """


Command: TypeAlias = Subscription | Collect | Check | Doctor | Requirements | Demo
COMMANDS: tuple[type[Command], ...] = (Subscription, Collect, Check, Doctor, Requirements, Demo)
"""Every command, in the order of the help."""


def name_of(command: type[Command]) -> str:
    """Returns the name of a command: its class's words in lower case, with hyphens between."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", command.__name__).lower()
