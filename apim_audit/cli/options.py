"""What each command can be told: frozen values, from whose fields the parser is made."""

import re
from abc import abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

from typer import Argument, BadParameter, Option

from apim_audit.cli.assumptions import Announcement, announcement
from apim_audit.cli.configuration import DEFAULT_FILE, configure
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.errors import UsageError
from apim_audit.report import RENDERERS, Format, PlainFormat
from apim_audit.run import DEFAULT_BASELINE, Deployment, FailOn, Gate, Target

ARM_ENDPOINT_VARIABLE = "APIM_AUDIT_ARM_ENDPOINT"


class Cloud(StrEnum):
    """The Azure clouds, named as the Azure CLI names them."""

    PUBLIC = "AzureCloud"
    GOVERNMENT = "AzureUSGovernment"
    CHINA = "AzureChinaCloud"


class ReadFrom(StrEnum):
    """Where lists of resources are read from."""

    AUTO = "auto"
    ARM = "arm"
    GRAPH = "graph"


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


def cloud(text: str) -> Cloud:
    """Returns the value of ``--cloud``, in any letter case.

    Raises:
        BadParameter: there is no such cloud.
    """
    found = next((each for each in Cloud if each.lower() == text.strip().lower()), None)
    if found is None:
        message = f"{text!r} is not one of {', '.join(repr(each.value) for each in Cloud)}."
        raise BadParameter(message)
    return found


def _clouds(incomplete: str) -> list[str]:
    return [each.value for each in Cloud if each.lower().startswith(incomplete.lower())]


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
Config: TypeAlias = Annotated[
    str | None,
    Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=configure,
        help=f"Defaults of options, and waivers; without it {DEFAULT_FILE} of the current folder.",
    ),
]
WaiversFile: TypeAlias = Annotated[
    str | None, Option("--waivers", metavar="FILE", help="The waivers, instead of those of the configuration file.")
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
Files: TypeAlias = Annotated[tuple[str, ...], Argument(metavar="FILE", help="Files; - is standard input.")]
Subscriptions: TypeAlias = Annotated[tuple[str, ...], Argument(metavar="ID", help="Subscription ids or names.")]
ReadFromOption: TypeAlias = Annotated[
    ReadFrom,
    Option(
        "--read-from",
        case_sensitive=False,
        help="Lists by Resource Manager (arm) or Resource Graph (graph); auto takes arm for up to 20 subscriptions.",
    ),
]
BelowManagementGroup: TypeAlias = Annotated[
    str | None,
    Option("--management-group", metavar="NAME", help="All subscriptions below it, instead of given ones."),
]
OfTenant: TypeAlias = Annotated[
    bool, Option("--tenant", help="All subscriptions of the tenant, instead of given ones.")
]
ResourceGroup: TypeAlias = Annotated[
    str | None, Option("-g", "--resource-group", metavar="NAME", help="Only instances of this resource group.")
]
Names: TypeAlias = Annotated[
    tuple[str, ...], Option("-n", "--name", metavar="NAME", help="Only the instance of this name; repeatable.")
]
CloudOption: TypeAlias = Annotated[
    Cloud,
    # Not as a choice of typer's, which writes the names in lower case.
    Option("--cloud", metavar=f"<{'|'.join(Cloud)}>", parser=cloud, autocompletion=_clouds, help="The Azure cloud."),
]
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
class Auditing(Options):
    """What every command that judges can be told."""

    baseline: Baseline = DEFAULT_BASELINE
    assume: Assume = ()
    as_model: Annotated[
        AsModel | None, Option("--as", case_sensitive=False, help="Judge stv1 instances by the rules of this platform.")
    ] = None
    features: Features = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting(Auditing):
    """What every command that writes a report can be told."""

    format: ReportFormat = Format.TABLE
    output: Output = None
    report: Reports = ()
    compare_baseline: Annotated[
        str | None, Option("--compare-baseline", metavar="ID", help="Also tell what this baseline would newly fail.")
    ] = None
    hygiene: Annotated[
        bool, Option("--hygiene", help="Also list rules far wider than needed, shadowed and redundant ones.")
    ] = False
    mask: Annotated[
        bool, Option("--mask", help="Replace names, ids and addresses, for reports that leave the house.")
    ] = False
    observed: Observed = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging(Reporting):
    """What every command can be told whose exit status depends on the findings."""

    config: Config = None
    service_tags: ServiceTags = None
    admin_rules: AdminRules = False
    fail_on: Annotated[
        FailOn, Option("--fail-on", case_sensitive=False, help="The quietest gap that makes the exit status 3.")
    ] = FailOn.WARNING
    allow_unknown: Annotated[bool, Option("--allow-unknown", help="Do not fail because a check is undecided.")] = False
    allow_incomplete: AllowIncomplete = False
    waivers: WaiversFile = None
    known_gaps: Annotated[
        str | None, Option("--known-gaps", metavar="FILE", help="Gaps that do not count: only new ones do.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live(Judging):
    """What every command that reads live and judges can be told."""

    resource_group: ResourceGroup = None
    name: Names = ()
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    read_from: ReadFromOption = ReadFrom.AUTO
    save_snapshot: Annotated[
        str | None, Option("--save-snapshot", metavar="FILE", help="Keep what was read, for check.")
    ] = None

    @property
    @abstractmethod
    def target(self) -> Target:
        """What to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Live):
    """Read subscriptions live, judge them and report.

    Credentials are those that azure-identity's DefaultAzureCredential finds: environment, managed identity, Azure CLI
    and so on. Nothing in Azure is changed.
    """

    subscriptions: Subscriptions

    @property
    def target(self) -> Target:
        """What to read."""
        return _target(self, subscriptions=self.subscriptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementGroup(Live):
    """Read all subscriptions below a management group live, judge them and report.

    They are those that the identity can see; of others Azure says nothing, and the report says how many were read.
    """

    management_group: Annotated[str, Argument(metavar="NAME", help="The group's name (its id), not its display name.")]

    @property
    def target(self) -> Target:
        """What to read."""
        return _target(self, management_group=self.management_group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant(Live):
    """Read all subscriptions of the tenant live, judge them and report.

    They are those that the identity can see; of others Azure says nothing, and the report says how many were read.
    """

    @property
    def target(self) -> Target:
        """What to read."""
        return _target(self, tenant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect(Options):
    """Only read: write a snapshot for check.

    The exit status is 4 where something could not be read.
    """

    subscriptions: Subscriptions = ()
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="Where the snapshot goes.")]
    config: Config = None
    management_group: BelowManagementGroup = None
    tenant: OfTenant = False
    resource_group: ResourceGroup = None
    name: Names = ()
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    read_from: ReadFromOption = ReadFrom.AUTO
    service_tags: ServiceTags = None
    admin_rules: AdminRules = False
    features: Features = False
    observed: Observed = False
    allow_incomplete: AllowIncomplete = False

    @property
    def target(self) -> Target:
        """What to read.

        Raises:
            UsageError: no scope is given, or more than one.
        """
        _ensure_one_scope(self)
        return _target(
            self, subscriptions=self.subscriptions, management_group=self.management_group, tenant=self.tenant
        )


def _target(
    command: Live | Collect,
    *,
    subscriptions: tuple[str, ...] = (),
    management_group: str | None = None,
    tenant: bool = False,
) -> Target:
    return Target(
        subscriptions=subscriptions,
        resource_group=command.resource_group,
        names=command.name,
        cloud=command.cloud.value,
        arm_endpoint=command.arm_endpoint,
        admin_rules=command.admin_rules,
        management_group=management_group,
        tenant=tenant,
        read_from=command.read_from.value,
        features=command.features,
        observed=command.observed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Judging):
    """Judge documents offline; the network is never touched.

    Each file holds JSON as Azure Resource Manager answers it: a resource, an array of resources, a list answer, a
    Resource Graph answer, one resource a line, or a snapshot written by collect. Several files are one estate.
    """

    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineGaps(Auditing):
    """Write down the gaps of today, for --known-gaps.

    The files are those of check, and so are the options that judging depends on. Gaps that are waived are left out, and
    so is what is undecided.
    """

    files: Files
    output: Annotated[str, Option("-o", "--output", metavar="FILE", help="Where the known gaps go.")]
    config: Config = None
    service_tags: ServiceTags = None
    admin_rules: AdminRules = False
    waivers: WaiversFile = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Judging):
    """Judge what a deployment would leave behind, before it is deployed.

    Each file is a Terraform or OpenTofu plan as JSON (show -json), the JSON answer of an ARM what-if, an ARM template,
    or a .bicep file. The changes are laid over the current state, where one is given, and the instances that they touch
    are judged: which gaps the deployment causes, which it fixes, and which are there already.
    """

    files: Annotated[tuple[str, ...], Argument(metavar="FILE", help="Plans and templates; - is standard input.")]
    parameters: Annotated[
        tuple[str, ...], Option("--parameters", metavar="FILE", help="A parameter file of the template; repeatable.")
    ] = ()
    onto: Annotated[
        tuple[str, ...],
        Option("--onto", metavar="FILE", help="The current state: a snapshot, or input of check; repeatable."),
    ] = ()
    onto_subscription: Annotated[
        tuple[str, ...],
        Option("--onto-subscription", metavar="ID", help="Read the current state of this live; repeatable."),
    ] = ()
    subscription: Annotated[
        str | None, Option("--subscription", metavar="ID", help="The subscription that a template is deployed to.")
    ] = None
    resource_group: Annotated[
        str | None, Option("-g", "--resource-group", metavar="NAME", help="The resource group of a template.")
    ] = None
    location: Annotated[
        str | None, Option("--location", metavar="NAME", help="The location of that resource group.")
    ] = None
    every: Annotated[bool, Option("--all", help="Judge every instance, not only those that the plan touches.")] = False
    gate: Annotated[Gate, Option("--gate", case_sensitive=False, help="Whether gaps count that are there already.")] = (
        Gate.CAUSED
    )
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None

    @property
    def deployment(self) -> Deployment:
        """What is planned, and onto what."""
        live = Target(
            subscriptions=self.onto_subscription,
            cloud=self.cloud.value,
            arm_endpoint=self.arm_endpoint,
            admin_rules=self.admin_rules,
        )
        return Deployment(
            files=self.files,
            parameters=self.parameters,
            onto=self.onto,
            onto_live=live if self.onto_subscription else None,
            every=self.every,
            subscription=self.subscription,
            resource_group=self.resource_group,
            location=self.location,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor(Options):
    """Look whether subscriptions can be audited: credentials, the endpoint, and each read that an audit makes.

    Nothing is judged, kept or changed. The exit status is 4 where a read that every audit makes is not permitted.
    """

    subscriptions: Subscriptions = ()
    management_group: BelowManagementGroup = None
    tenant: OfTenant = False
    role: Annotated[
        bool, Option("--role", help="Only print an Azure role with exactly the reads that are made, for the ids.")
    ] = False
    cloud: CloudOption = Cloud.PUBLIC
    arm_endpoint: ArmEndpoint = None
    format: Annotated[
        PlainFormat, Option("-f", "--format", case_sensitive=False, help="The format of what is told.")
    ] = PlainFormat.TABLE
    output: Output = None

    @property
    def target(self) -> Target:
        """What to look at.

        Raises:
            UsageError: no scope is given, or more than one.
        """
        _ensure_one_scope(self)
        return Target(
            self.subscriptions,
            cloud=self.cloud.value,
            arm_endpoint=self.arm_endpoint,
            management_group=self.management_group,
            tenant=self.tenant,
        )


def _ensure_one_scope(command: Collect | Doctor) -> None:
    if [bool(command.subscriptions), command.management_group is not None, command.tenant].count(True) != 1:
        message = "give subscriptions, or --management-group, or --tenant, and only one of them"
        raise UsageError(message, f"apim-audit {name_of(type(command))} --help shows what can be given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements(Options):
    """Print the catalogue of requirements, or what changes from one baseline to another."""

    config: Config = None
    baseline: Baseline = DEFAULT_BASELINE
    compare: Annotated[
        tuple[str, str] | None,
        Option("--compare", metavar="ID ID", help="Only what changes from the one baseline to the other."),
    ] = None
    network_model: Annotated[
        NetworkModel | None,
        Option(
            "--network-model",
            case_sensitive=False,
            metavar="MODEL",
            help=f"Only what this model needs: {', '.join(NetworkModel)}.",
        ),
    ] = None
    format: Annotated[
        PlainFormat, Option("-f", "--format", case_sensitive=False, help="The format of the catalogue.")
    ] = PlainFormat.TABLE
    output: Output = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo(Reporting):
    """Audit a small estate that the program brings along; no account, no network.

    It is served by an embedded endpoint on loopback and read by the same code as subscription. Credentials of your own
    are never looked at, and the exit status is 0 whatever is found.
    """


Command: TypeAlias = (
    Subscription | ManagementGroup | Tenant | Collect | Check | Plan | BaselineGaps | Doctor | Requirements | Demo
)
COMMANDS: tuple[type[Command], ...] = (
    Subscription, ManagementGroup, Tenant, Collect, Check, Plan, BaselineGaps, Doctor, Requirements, Demo,
)  # fmt: skip
"""Every command, in the order of the help."""


def name_of(command: type[Command]) -> str:
    """Returns the name of a command: its class's words in lower case, with hyphens between."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", command.__name__).lower()
