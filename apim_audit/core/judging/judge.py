"""Judges an estate: every requirement at every location of every instance."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from apim_audit.core.engine.resolve import Resolver, space_of
from apim_audit.core.facts.estate import (
    AdminRules,
    Estate,
    Instance,
    Location,
    NetworkSecurityGroup,
    Subnet,
    Unreadable,
    VirtualNetwork,
)
from apim_audit.core.facts.features import InUse
from apim_audit.core.facts.findings import Check, Origin
from apim_audit.core.facts.models import NothingToJudge, Row, RowPicker, judging_baseline, network_model
from apim_audit.core.facts.observed import disagreements, observations
from apim_audit.core.facts.reports import InstanceReport, LocationReport, RuleStack
from apim_audit.core.facts.requirements import Baseline, Catalogue, NetworkModel
from apim_audit.core.facts.rules import SecurityRule
from apim_audit.core.facts.verdicts import Compliant, NearMiss, NotApplicable
from apim_audit.core.judging.checks import LocationJudge
from apim_audit.core.judging.near_misses import told_kindly
from apim_audit.core.judging.required import Site, usable_addresses
from apim_audit.core.judging.stacks import rule_stacks
from apim_audit.core.sets.addresses import format_address
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.core.sets.tags import ServiceTags


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge.

    Attributes:
        baseline: the baseline's id.
        as_model: judge stv1 instances as if they were of this model, or None.
        on_premises: what gateways announce, as the user assumes it, or None where that stays open.
        admin_rules: security admin rules were asked for.
        hygiene: list untidy rules too.
        keep_names: keep with the report what is named in the documents, so that it can be masked.
        features: what the instances use raises rows to required.
        observed: what the services themselves observe is set beside the verdicts.
        rule_stacks: keep the rules too, for formats that draw them.
    """

    baseline: str
    as_model: NetworkModel | None = None
    on_premises: IntervalSet | None = None
    admin_rules: bool = False
    hygiene: bool = False
    keep_names: bool = False
    features: bool = False
    observed: bool = False
    rule_stacks: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was judged, with what is worth saying about the whole, and what was assumed."""

    instances: tuple[InstanceReport, ...]
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    rule_stacks: tuple[RuleStack, ...] = ()


Spread = Callable[[Callable[[Instance], InstanceReport], Sequence[Instance]], Iterable[InstanceReport]]
"""Has instances judged, each by itself, and returns their reports in their order."""


def judge(
    estate: Estate, tags: ServiceTags, catalogue: Catalogue, options: Options | str, spread: Spread = map
) -> Judgement:
    """Judges every instance.

    Args:
        estate: the instances.
        tags: what the service tags hold.
        catalogue: the baselines.
        options: how to judge, or only the baseline's id.
        spread: has them judged, perhaps side by side.

    Raises:
        KeyError: the catalogue has no such baseline.
    """
    if isinstance(options, str):
        options = Options(options)
    baseline = catalogue.baseline(options.baseline)
    if baseline is None:
        raise KeyError(options.baseline)
    court = _Court(tags, catalogue, baseline, options)
    instances = tuple(spread(court.instance, estate.instances))
    notes = (*_baseline_notes(instances, baseline), *_estate_notes(estate, options), *disagreements(instances))
    stacks = rule_stacks(estate, admin_rules=options.admin_rules) if options.rule_stacks else ()
    return Judgement(instances, notes, tuple(_assumptions(options)), stacks)


def _baseline_notes(instances: tuple[InstanceReport, ...], asked: Baseline) -> list[str]:
    others = sorted({loc.baseline for instance in instances for loc in instance.locations if loc.baseline})
    return [f"Baseline {asked.id} does not know every network model met: {other} judged those" for other in others]


def _estate_notes(estate: Estate, options: Options) -> Iterator[str]:
    for instance in estate.instances:
        if instance.disabled_by_migration:
            yield f"{instance.name}: an automatic migration dropped its VNet and blocked its endpoints"
        state = instance.provisioning_state
        if state is not None and state.lower() != "succeeded":
            yield f"{instance.name} is {state}: what was read may change"
    vnets = [
        location.subnet.virtual_network
        for instance in estate.instances
        for location in instance.locations
        if isinstance(location.subnet, Subnet)
    ]
    if vnets and not options.admin_rules:
        yield "Security admin rules of Azure Virtual Network Manager were not looked at (--admin-rules)"
    if any(isinstance(vnet, VirtualNetwork) and vnet.gateway for vnet in vnets):
        yield "A VNet has a gateway: routes that it learns by BGP cannot be seen"


def _assumptions(options: Options) -> Iterator[str]:
    if options.on_premises is not None:
        spans = [f"{format_address(first)}-{format_address(last)}" for first, last in options.on_premises.spans()]
        yield f"gateways announce {', '.join(spans) or 'nothing'} from on-premises and nothing else"
    if options.as_model is not None:
        yield f"stv1 instances are judged as {options.as_model}"


def region_suffix(location: str) -> str:
    """Returns a location as regional tags write it, folded: ``West Europe`` is ``westeurope``."""
    return "".join(location.lower().split())


@dataclass(frozen=True, slots=True)
class _Court:
    tags: ServiceTags
    catalogue: Catalogue
    baseline: Baseline
    options: Options
    rows: dict[tuple[RowPicker, str], tuple[Row, ...]] = field(default_factory=dict)

    def instance(self, instance: Instance) -> InstanceReport:
        return InstanceReport(
            id=instance.id,
            name=instance.name,
            resource_group=instance.resource_group,
            subscription_id=instance.subscription_id,
            sku=instance.sku,
            virtual_network_type=instance.virtual_network_type.value,
            locations=tuple(self._location(instance, location) for location in instance.locations),
        )

    def _location(self, instance: Instance, location: Location) -> LocationReport:
        subnet = location.subnet if isinstance(location.subnet, Subnet) else None
        report = LocationReport(
            location=location.name,
            primary=location.primary,
            platform_version=location.platform_version,
            network_model=None,
            subnet_id=location.subnet_id,
            network_security_group_id=(subnet.nsg.id or None)
            if subnet is not None and subnet.nsg is not None
            else None,
            checks=(),
            origin=_origin(instance, subnet),
        )
        model = network_model(instance, location)
        if isinstance(model, NothingToJudge):
            return replace(report, reason=model.reason)
        if model is NetworkModel.STV1 and self.options.as_model is not None:
            model = self.options.as_model
        return self._judged(report, instance, location, model)

    def _judged(
        self, report: LocationReport, instance: Instance, location: Location, model: NetworkModel
    ) -> LocationReport:
        baseline = judging_baseline(self.catalogue, self.baseline, model)
        picker = RowPicker(
            model=model,
            premium=instance.sku.lower() == "premium",
            multi_location=len(instance.locations) > 1,
            delegations=location.subnet.delegations if isinstance(location.subnet, Subnet) else (),
            in_use=self._in_use(instance, location),
        )
        judging = LocationJudge(instance, location, model, self._site(instance, location), self.tags)
        if (picker, baseline.id) not in self.rows:
            self.rows[picker, baseline.id] = picker.rows(self.catalogue, baseline)
        judged = ((row, judging.check(row)) for row in self.rows[picker, baseline.id])
        checks = tuple(check for row, check in judged if _is_listed(row, check))
        used = None if baseline is self.baseline else baseline.id
        checks = _with_kind_hints(checks)
        untidy = judging.untidy(checks) if self.options.hygiene else ()
        seen = observations(location.observed, checks, self.catalogue) if self.options.observed else ()
        return replace(report, network_model=model, checks=checks, baseline=used, hygiene=untidy, observed=seen)

    def _in_use(self, instance: Instance, location: Location) -> tuple[InUse, ...]:
        if not self.options.features:
            return ()
        here = region_suffix(location.name)
        return tuple(each for each in instance.in_use if each.location in {None, here})

    def _site(self, instance: Instance, location: Location) -> Site | Unreadable:
        subnet = location.subnet
        if instance.unreadable:
            return Unreadable(instance.id, instance.unreadable)
        if subnet is None:
            return Unreadable(instance.id, f"the document names no subnet for {location.name}")
        if isinstance(subnet, Unreadable):
            return subnet
        admin_rules = _admin_rules(subnet) if self.options.admin_rules else ()
        space = space_of(subnet, self.tags, self.options.on_premises)
        primary = instance.locations[0]
        return Site(
            subnet=subnet,
            space=space,
            resolver=Resolver(space, self.tags),
            tags=self.tags,
            regions=tuple(dict.fromkeys((region_suffix(location.name), region_suffix(primary.name)))),
            api_management=usable_addresses(subnet, space),
            on_premises=self.options.on_premises,
            admin_rules=admin_rules,
        )


def _origin(instance: Instance, subnet: Subnet | None) -> Origin | None:
    nsg = None if subnet is None else subnet.nsg
    return (nsg.origin if isinstance(nsg, NetworkSecurityGroup) else None) or instance.origin


def _admin_rules(subnet: Subnet) -> tuple[SecurityRule, ...] | Unreadable:
    vnet = subnet.virtual_network
    if isinstance(vnet, Unreadable):
        return vnet
    if vnet.admin_rules is None:
        return Unreadable(vnet.id, f"the admin rules of {vnet.id.rsplit('/', 1)[-1]} are not among the documents")
    return vnet.admin_rules.rules if isinstance(vnet.admin_rules, AdminRules) else vnet.admin_rules


def _with_kind_hints(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    serving = {
        (check.direction, rule.name)
        for check in checks
        if isinstance(check.outcome, Compliant)
        for rule in check.evidence.decided_by
    }
    return tuple(
        replace(check, near_misses=tuple(_kind_hint(miss, check, serving) for miss in check.near_misses))
        if check.near_misses
        else check
        for check in checks
    )


def _kind_hint(miss: NearMiss, check: Check, serving: set[tuple[str | None, str]]) -> NearMiss:
    return told_kindly(miss, check.ports or ()) if (check.direction, miss.name) in serving else miss


def _is_listed(row: Row, check: Check) -> bool:
    return row.own or not isinstance(check.outcome, NotApplicable)
