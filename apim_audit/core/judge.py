"""Judges an estate: every requirement at every location of every instance."""

from dataclasses import dataclass

from apim_audit.core.checks import LocationJudge
from apim_audit.core.estate import Estate, Instance, Location, Subnet, Unreadable
from apim_audit.core.findings import Check, InstanceReport, LocationReport, NotApplicable
from apim_audit.core.intervals import IntervalSet
from apim_audit.core.models import NothingToJudge, RowPicker, judging_baseline, network_model
from apim_audit.core.required import Site, usable_addresses
from apim_audit.core.requirements import Baseline, Catalogue, Level, NetworkModel
from apim_audit.core.resolve import Resolver, space_of
from apim_audit.core.tags import ServiceTags


@dataclass(frozen=True, slots=True)
class Options:
    """How to judge.

    Attributes:
        baseline: the baseline's id.
        as_model: judge stv1 instances as if they were of this model, or None.
        on_premises: what gateways announce, as the user assumes it, or None where that stays open.
        admin_rules: security admin rules were asked for.
        hygiene: list untidy rules too.
    """

    baseline: str
    as_model: NetworkModel | None = None
    on_premises: IntervalSet | None = None
    admin_rules: bool = False
    hygiene: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was judged, with what is worth saying about the whole, and what was assumed."""

    instances: tuple[InstanceReport, ...]
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()


def judge(estate: Estate, tags: ServiceTags, catalogue: Catalogue, options: Options | str) -> Judgement:
    """Judges every instance.

    Raises:
        KeyError: the catalogue has no such baseline.
    """
    if isinstance(options, str):
        options = Options(options)
    baseline = catalogue.baseline(options.baseline)
    if baseline is None:
        raise KeyError(options.baseline)
    court = _Court(tags, catalogue, baseline, options)
    instances = tuple(court.instance(instance) for instance in estate.instances)
    return Judgement(instances, tuple(_notes(instances, baseline)))


def _notes(instances: tuple[InstanceReport, ...], asked: Baseline) -> list[str]:
    others = sorted({loc.baseline for instance in instances for loc in instance.locations if loc.baseline})
    return [f"baseline {asked.id} does not know every network model met: {other} judged those" for other in others]


def region_suffix(location: str) -> str:
    """Returns a location as regional tags write it, folded: ``West Europe`` is ``westeurope``."""
    return "".join(location.lower().split())


@dataclass(frozen=True, slots=True)
class _Court:
    tags: ServiceTags
    catalogue: Catalogue
    baseline: Baseline
    options: Options

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
        model = network_model(instance, location)
        subnet = location.subnet if isinstance(location.subnet, Subnet) else None
        if isinstance(model, NothingToJudge):
            return self._report(location, subnet, None, (), reason=model.reason)
        baseline = judging_baseline(self.catalogue, self.baseline, model)
        picker = RowPicker(
            model=model,
            premium=instance.sku.lower() == "premium",
            multi_location=len(instance.locations) > 1,
            delegations=subnet.delegations if subnet is not None else (),
        )
        judge_of = LocationJudge(instance, location, self._site(instance, location))
        checks = (judge_of.check(row) for row in picker.rows(self.catalogue, baseline))
        used = None if baseline is self.baseline else baseline.id
        return self._report(location, subnet, model, tuple(filter(_is_listed, checks)), baseline=used)

    def _report(
        self,
        location: Location,
        subnet: Subnet | None,
        model: NetworkModel | None,
        checks: tuple[Check, ...],
        **more: str | None,
    ) -> LocationReport:
        return LocationReport(
            location=location.name,
            primary=location.primary,
            platform_version=location.platform_version,
            network_model=model,
            subnet_id=location.subnet_id,
            network_security_group_id=subnet.nsg.id if subnet is not None and subnet.nsg is not None else None,
            checks=checks,
            **more,
        )

    def _site(self, instance: Instance, location: Location) -> Site | Unreadable:
        subnet = location.subnet
        if instance.unreadable:
            return Unreadable(instance.id, instance.unreadable)
        if subnet is None:
            return Unreadable(instance.id, f"the document names no subnet for {location.name}")
        if isinstance(subnet, Unreadable):
            return subnet
        space = space_of(subnet, self.tags)
        primary = instance.locations[0]
        return Site(
            subnet=subnet,
            space=space,
            resolver=Resolver(space, self.tags),
            tags=self.tags,
            regions=tuple(dict.fromkeys((region_suffix(location.name), region_suffix(primary.name)))),
            api_management=usable_addresses(subnet, space),
        )


def _is_listed(check: Check) -> bool:
    return check.level is not Level.ADVISORY or not isinstance(check.outcome, NotApplicable)
