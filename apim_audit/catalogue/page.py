"""Writes the reference page of the requirements.

``python -m apim_audit.catalogue.page --write docs/reference/requirements.md``
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from apim_audit.catalogue.loader import load_catalogue
from apim_audit.core.facts.requirements import (
    Baseline,
    Catalogue,
    Flow,
    LevelRule,
    NetworkModel,
    Requirement,
    Source,
    VirtualNetworkType,
)

_ALL_PORTS = ("1-65535",)
_MODELS = (
    NetworkModel.STV2,
    NetworkModel.STV1,
    NetworkModel.V2_INJECTION,
    NetworkModel.V2_INTEGRATION,
    NetworkModel.WORKSPACE_GATEWAY,
)

_INTRODUCTION = """\
# Requirements

<!-- Generated from apim_audit/catalogue/*.toml by `python -m apim_audit.catalogue.page`; edit those, not this. -->

What apim-audit checks, row by row. A *baseline* is a dated table of requirements; `--baseline` picks one, and `2021-12`
is the default. A location's *network model* picks its column: `stv1` and `stv2` are the platforms of the classic tiers
(`stv2.1` counts as `stv2`), `v2-injection` and `v2-integration` the v2 tiers by their subnet's delegation, and
`workspace-gateway` a gateway of a workspace. A location of the classic tiers whose platform cannot be told is judged as
`stv1` and `stv2` at once.

*Required* rows keep the service working, *optional* ones serve a feature; a hyphen means that the row is not asked of
that network model. A location of a network model that the baseline does not know is judged by the earliest baseline
that does, and with `2021-12` the rows that `2026-04` requires besides are shown as *advisory*. Ports are destination
ports; source ports are always all ports. Storage, Sql and EventHub stand for the regional tags of the location's region
and of the instance's primary region. The VNet type restricts the classic tiers only: v2 tiers and workspace gateways
are told apart by delegation. [How verdicts are decided](../explanation/how-verdicts-are-decided.md) says the rest.
"""


def requirements_page(catalogue: Catalogue) -> str:
    """Returns the reference page of a catalogue, as Markdown."""
    sources = _sources_of(catalogue)
    listed = [_source(number, source) for number, source in enumerate(sources)]
    parts = [_INTRODUCTION, *map(_table, catalogue.baselines), *_sections(catalogue, sources), "## Sources\n", *listed]
    return "\n".join(parts)


def _table(baseline: Baseline) -> str:
    models = [model for model in _MODELS if baseline.knows(model)]
    header = ["requirement", "direction", "other end", "protocol, ports", "VNet type", *models]
    lines = [header, ["---"] * len(header), *(_row(requirement, models) for requirement in baseline.requirements)]
    return f"## Baseline {baseline.id}\n\n{baseline.title}.\n\n" + "".join(
        f"| {' | '.join(line)} |\n" for line in lines
    )


def _row(requirement: Requirement, models: Iterable[NetworkModel]) -> list[str]:
    flow = requirement.flow
    return [
        f"[{requirement.id}](#{requirement.id})",
        flow.direction if flow else "-",
        flow.peer.name + (" (regional)" if flow.peer.regional else "") if flow else "-",
        _ports(flow) if flow else "-",
        _types(requirement),
        *(_level(requirement.levels.get(model)) for model in models),
    ]


def _types(requirement: Requirement) -> str:
    types = [kind for kind in VirtualNetworkType if kind in requirement.applies_to]
    return "any" if len(types) == len(VirtualNetworkType) else ", ".join(types)


def _ports(flow: Flow) -> str:
    others = "".join(f"; {model}: {_listed(ports)}" for model, ports in flow.ports_of.items())
    return f"{flow.protocol.upper()} {_listed(flow.ports)}{others}"


def _listed(ports: tuple[str, ...]) -> str:
    return "all ports" if ports == _ALL_PORTS else ", ".join(ports)


def _level(rule: LevelRule | None) -> str:
    if rule is None:
        return "-"
    premium = f"; {rule.premium} on Premium" if rule.premium else ""
    several = f"; {rule.multi_location} with more than one location" if rule.multi_location else ""
    delegation = f" with delegation to `{rule.delegation}`" if rule.delegation else ""
    return f"{rule.level}{premium}{several}{delegation}"


def _sections(catalogue: Catalogue, sources: Sequence[Source]) -> Iterator[str]:
    rows = [(baseline, row) for baseline in reversed(catalogue.baselines) for row in baseline.requirements]
    yield "## What each is for, and what to do\n"
    for identifier in dict.fromkeys(row.id for _, row in rows):
        yield _section([(baseline, row) for baseline, row in rows if row.id == identifier], sources)


def _section(rows: Sequence[tuple[Baseline, Requirement]], sources: Sequence[Source]) -> str:
    newest = rows[0][1]
    parts = [f"### {newest.id}\n", f"**{newest.title}.** {newest.purpose}\n", f"What to do: {newest.remedy}\n"]
    parts += [f"What to do on `{model}`: {remedy}\n" for model, remedy in newest.remedy_of.items()]
    if newest.default_rules_suffice:
        parts.append("The default rules are good enough for this row; there is no warning for relying on them.\n")
    parts += [*_raised(newest), *(_read_in(baseline, row, sources) for baseline, row in rows)]
    return "\n".join(parts) + "\n"


def _raised(requirement: Requirement) -> Iterator[str]:
    if requirement.raised_by:
        listed = "; ".join(feature.plural for feature in requirement.raised_by)
        yield f"With `--features` required, whatever the baseline, where the instance has: {listed}.\n"
    if requirement.observed_as:
        listed = ", ".join(f"`{name}`" for name in requirement.observed_as)
        yield f"With `--observed` set beside what the network status calls {listed}.\n"


def _read_in(baseline: Baseline, requirement: Requirement, sources: Sequence[Source]) -> str:
    found: dict[Source, list[str]] = {}
    for model in (model for model in _MODELS if model in requirement.levels):
        found.setdefault(requirement.source_for(model), []).append(f"`{model}`")
    read = (f"{_link(sources.index(source))} ({', '.join(models)})" for source, models in found.items())
    return f"- {baseline.id}: {', '.join(read)}"


def _link(number: int) -> str:
    return f"[source {number + 1}](#source-{number + 1})"


def _sources_of(catalogue: Catalogue) -> tuple[Source, ...]:
    return tuple(
        dict.fromkeys(
            row.source_for(model)
            for baseline in catalogue.baselines
            for row in baseline.requirements
            for model in row.levels
        )
    )


def _source(number: int, source: Source) -> str:
    return (
        f"### Source {number + 1}\n\n{source.title}, dated {source.dated}, last compared with the catalogue on "
        f"{source.compared}:\n`{source.location}`\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Writes the page, or says whether it is in step.

    Returns:
        The exit status: 0 for written or in step, 1 for out of step.
    """
    parser = ArgumentParser(prog="python -m apim_audit.catalogue.page", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", type=Path, metavar="FILE", help="write the page to FILE")
    what.add_argument("--check", type=Path, metavar="FILE", help="tell whether FILE is in step with the catalogue")
    chosen = parser.parse_args(arguments)
    page = requirements_page(load_catalogue())
    if chosen.write:
        chosen.write.write_text(page, encoding="utf-8", newline="\n")
        return 0
    if chosen.check.is_file() and chosen.check.read_text(encoding="utf-8") == page:
        return 0
    sys.stderr.write(f"{chosen.check} is out of step with the catalogue: run this with --write instead of --check\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
