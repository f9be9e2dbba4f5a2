"""A masked report gives nothing away, in any format, and still says the same of the same thing."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from apim_audit import run
from apim_audit.core.facts.findings import Observation, Origin, Standing, Waiver
from apim_audit.core.facts.reports import FixedGap, Report, Scope, WaiverProblem, WaiverProblemKind
from apim_audit.core.facts.requirements import Requirement
from apim_audit.core.facts.text import printable
from apim_audit.core.facts.verdicts import Gap, Verdict
from apim_audit.core.judging.judge import Options
from apim_audit.report import RENDERERS
from apim_audit.report.masking import NOTE, mask
from apim_audit.report.masks import Masks
from apim_audit.report.summary import summarise
from apim_audit.snapshot import load_files, load_service_tags, names_in
from tests.report.html.samples import RULES, everything
from tests.report.samples import BLOCKED, CONTOSO, EITHER, FULL, TOO_WIDE, UNKNOWN, instance, location

FIXTURES = Path(__file__).parents[2] / "fixtures"
SECRETS = ("zebra", "yak", "10.20.30.40", "52.1.2.3", "fd00:dead::7", "5ec7e700-0000-4000-8000-00000000aaaa")
EVIL = "\x1b[31mzebra\u202e</script>=cmd|::error::##vso["
ZEBRA = (
    "/subscriptions/5ec7e700-0000-4000-8000-00000000aaaa/resourceGroups/rg-zebra/providers/"
    "Microsoft.ApiManagement/service/zebra"
)


def planted() -> Report:
    """A report that names the secrets wherever a report can name anything."""
    assert isinstance(BLOCKED.outcome, Gap)
    evidence = BLOCKED.evidence
    assert evidence.witness is not None
    flow = replace(
        evidence.witness, source="52.1.2.3", destination="10.20.30.40", decided_by="zebra-rule", assuming=("if yak is",)
    )
    outcome = replace(
        BLOCKED.outcome,
        evidence=replace(
            evidence,
            witness=flow,
            decided_by=(replace(evidence.decided_by[0], name="zebra-rule"),),
            shadowed=(replace(evidence.shadowed[0], name=EVIL),),
        ),
        or_else=(replace(EITHER.outcome.or_else[0], condition="if `yak` widens 10.20.30.40/8"),),  # type: ignore[union-attr]
    )
    blocked = replace(
        BLOCKED,
        outcome=outcome,
        message=f"`zebra-rule` (200) drops it, such as 52.1.2.3:1024 to 10.20.30.40:3443, before `{printable(EVIL)}`",
        near_misses=(replace(BLOCKED.near_misses[0], name="zebra-late", message="`zebra-late` would serve"),),
        peer=("10.20.30.40", "fd00:dead::7"),
        origins=(Origin("yak/main.tf", 3, "module.yak.azurerm_network_security_rule.zebra[0]"),),
        raised_by="the custom cache zebra",
    )
    waived = replace(UNKNOWN, waiver=Waiver("yak asked for it", "zebra@yak.example", "2027-01-01"))
    place = replace(
        location(blocked, waived),
        subnet_id=f"{ZEBRA}/subnets/yak",
        network_security_group_id="yak/no-id-at-all",
        reason="because of yak",
        hygiene=(replace(TOO_WIDE, name="zebra-wide", message="`zebra-wide` is wide"),),
        observed=(
            Observation(
                "zebra.blob.core.windows.net", "failure", None, Standing.DISAGREES, ("storage",), "zebra fails"
            ),
        ),
        origin=Origin("yak.json"),
    )
    zebra = replace(instance(place), id=ZEBRA, name="zebra", resource_group="rg-zebra", subscription_id=SECRETS[-1])
    assert FULL.comparison is not None
    failing = tuple(replace(each, instance_id=ZEBRA) for each in FULL.comparison.newly_failing)
    return replace(
        FULL,
        instances=(zebra,),
        scope=Scope((SECRETS[-1],), "rg-zebra", ("zebra",), "yak", tenant=True),
        incomplete=(
            replace(
                FULL.incomplete[0], id=f"{ZEBRA}/x", message=f"yak.json: peering yak of {ZEBRA} (zebra@yak.example)"
            ),
            replace(FULL.incomplete[0], id="yak.json", message="'yak of the zoo' is not \"yak\""),
        ),
        assumptions=("gateways announce 10.20.30.40-10.20.30.49 from on-premises",),
        notes=(f"zebra-yak: {SECRETS[-1]} has fd00:dead::7/64, zebra.azure-api.net", printable(EVIL)),
        comparison=replace(FULL.comparison, newly_failing=failing),
        fixed=(FixedGap(ZEBRA.upper(), "westeurope", "sql", Verdict.MISSING),),
        waiver_problems=(WaiverProblem(WaiverProblemKind.EXPIRED, "waiver 1 (sql): have zebra@yak.example renew it"),),
        names=frozenset({"yak", "zebra", "zebra-rule", "zebra-late", EVIL, ZEBRA, "yak.json"}),
    )


def texts(value: Any) -> list[str]:
    """Every text of a value, enumerations and the catalogue's rows left out."""
    if isinstance(value, (Enum, Requirement)):
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, (tuple, frozenset)):
        return [text for each in value for text in texts(each)]
    if is_dataclass(value):
        return [text for each in fields(value) for text in texts(getattr(value, each.name))]
    return []


MASKED = run.masked(planted())


def test_what_is_planted_is_everywhere() -> None:
    found = " ".join(texts(planted())).lower()
    assert [secret for secret in SECRETS if secret not in found] == []


def test_no_text_of_a_masked_report_gives_anything_away() -> None:
    assert [text for text in texts(MASKED) if any(secret in text.lower() for secret in SECRETS)] == []


@pytest.mark.parametrize("name", RENDERERS)
def test_no_format_gives_anything_away(name: str) -> None:
    text = RENDERERS[name](MASKED).lower()
    assert [secret for secret in SECRETS if secret in text] == []
    plain = RENDERERS[name](planted()).lower()
    assert any(secret in plain for secret in SECRETS)  # this test can fail


def test_a_masked_report_says_the_same() -> None:
    assert replace(summarise(MASKED)) == summarise(planted())
    assert MASKED.notes[-1] == NOTE
    pairs = zip(MASKED.checks(), planted().checks(), strict=True)
    assert all((one.id, one.verdict, one.severity) == (other.id, other.verdict, other.severity) for one, other in pairs)


def test_equal_names_get_equal_masks_wherever_they_stand() -> None:
    (zebra,) = MASKED.instances
    assert zebra.name == zebra.id.rpartition("/")[2] == MASKED.scope.names[0]
    assert zebra.resource_group == MASKED.scope.resource_group
    assert f"/resourceGroups/{zebra.resource_group}/" in zebra.id
    assert zebra.subscription_id == MASKED.scope.subscriptions[0] == zebra.id.split("/")[2]
    assert MASKED.comparison is not None
    assert {failing.instance_id for failing in MASKED.comparison.newly_failing} == {zebra.id}
    assert MASKED.fixed is not None
    assert MASKED.fixed[0].instance_id.endswith(f"/{zebra.name}")
    blocked = next(MASKED.checks())
    witness = blocked.evidence.witness
    assert witness is not None
    assert witness.decided_by == blocked.evidence.decided_by[0].name
    assert blocked.message.startswith(f"`{witness.decided_by}` (200) drops it, such as {witness.source}:1024 to ")
    assert f"{witness.destination}:3443" in blocked.message
    assert f"`{blocked.evidence.shadowed[0].name}`" in blocked.message
    assert blocked.peer is not None
    assert blocked.peer[0] == witness.destination
    assert MASKED.assumptions[0].startswith(f"gateways announce {witness.destination}-")


def test_different_names_get_different_masks() -> None:
    masks = Masks(frozenset())
    names = [f"name{number}" for number in range(50)]
    assert len({masks.name(name, "rule") for name in names}) == 50
    assert [masks.name(name.upper()) for name in names] == [masks.name(name) for name in names]


def test_a_mask_is_nobodys_own_name() -> None:
    masks = Masks(frozenset())
    masks.learn(["rule-1", "rule-2"])
    assert masks.name("secret", "rule") == "rule-3"


@pytest.mark.parametrize(
    "text",
    [
        "TCP 443 to Storage.WestEurope",
        "168.63.129.16:1024 and 0.0.0.0/0",
        "`AllowVnetInBound` (65000)",
        "is `Sql` a tag of 2026-11-22T06:31:00Z, 06:31:00?",
        "the subnet has no NSG, and without one the load balancer passes nothing: this is lost",
        "destinationPortRange '3443,3444' is not a port",
        "default-only if the platform is stv1",
    ],
)
def test_what_is_everybodys_stays(text: str) -> None:
    masks = Masks(frozenset({"sql", "storage.westeurope", "allowvnetinbound", "default-only"}))
    masks.learn(["default", "the", "subnet", "rule", "contoso"])
    assert masks.text(text) == text


def test_a_catalogue_word_stays_in_sentences_but_a_resource_of_that_name_is_masked() -> None:
    named = replace(FULL, instances=(replace(instance(location(BLOCKED)), name="Storage", id=f"{CONTOSO}/x/Storage"),))
    masked = run.masked(replace(named, names=frozenset({"Storage"})))
    assert masked.instances[0].name == masked.instances[0].id.rpartition("/")[2] != "Storage"
    assert (
        "443 to Storage"
        in mask(replace(FULL, names=frozenset({"Storage"})), {"storage"}).instances[0].locations[0].checks[5].message
    )


def test_rules_that_are_drawn_are_masked_like_those_that_decide() -> None:
    masked = mask(everything(), {"apimanagement", "internet"})
    (stack,) = masked.rule_stacks
    (location,) = (each for each in masked.locations() if each.origin is not None)
    names = {rule.priority: rule.name for rule in stack.rules if rule.direction == "Inbound"}
    assert not {rule.name for rule in RULES} & set(names.values())
    assert names[65500] == "DenyAllInBound"
    assert stack.network_security_group_id == location.network_security_group_id
    (blocked,) = (check for check in location.checks if check.verdict is Verdict.BLOCKED)
    assert names[200] == blocked.evidence.decided_by[0].name
    assert next(rule.source for rule in stack.rules if rule.priority == 300) == "ApiManagement"


CASES = sorted(path.parent for path in FIXTURES.rglob("estate.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_name_of_a_real_estate_is_left(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    with (case / "estate.json").open("rb") as stdin:
        snapshot = load_files(["estate.json"], stdin)
    tags = load_service_tags(str(FIXTURES / "service-tags.json"))
    options = Options("2026-04", hygiene=True, keep_names=True, rule_stacks=True)
    report = run.audit(replace(snapshot, service_tags=tags), options)
    masked = run.masked(report)
    own = {name for text in names_in(snapshot) for name in text.split("/")[8:] or [text] if is_own(name)}
    for name, render in RENDERERS.items():
        text = render(masked).lower()
        shown = {each for each in own if holds(text, each)}
        frame = render(replace(masked, instances=(), incomplete=(), notes=(), rule_stacks=())).lower()
        assert [each for each in shown if not holds(frame, each)] == [], name
    body = json.loads(RENDERERS["json"](masked))
    assert body["summary"] == json.loads(RENDERERS["json"](report))["summary"]


def holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


EVERYBODYS = re.compile(
    r"subnets|securityrules|virtualnetworkpeerings|routes|default|internet|gatewaysubnet|storage|clients|live"
    r"|consumption|injected|integrated|[a-z]|.*inbound|.*outbound|standard input|estate\.json\[\d+\]|.*/.*"
    r"|properties|rules?|providers"
)


def is_own(name: str) -> bool:
    return bool(name.strip()) and not EVERYBODYS.fullmatch(name.strip().lower())


def test_a_word_that_is_no_tag_may_be_anybodys_own_and_is_masked(tmp_path: Path) -> None:
    estate = json.loads((FIXTURES / "compliant" / "estate.json").read_text(encoding="utf-8"))
    text = json.dumps(estate).replace('"ApiManagement"', '"Acme-Frankfurt-DMZ"')
    (tmp_path / "estate.json").write_text(text, encoding="utf-8")
    with (tmp_path / "estate.json").open("rb") as stdin:
        snapshot = load_files([str(tmp_path / "estate.json")], stdin)
    report = run.audit(snapshot, Options("2021-12", keep_names=True, rule_stacks=True))
    assert "Acme-Frankfurt-DMZ" in RENDERERS["json"](report)
    for name, render in RENDERERS.items():
        assert "acme" not in render(run.masked(report)).lower(), name
