import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apim_audit import __version__
from apim_audit.catalogue import load_catalogue
from apim_audit.cli import main
from apim_audit.cli.assumptions import Announcement, announced
from apim_audit.cli.execution import _options
from apim_audit.cli.options import (
    COMMANDS,
    AsModel,
    Check,
    Cloud,
    Collect,
    Command,
    Demo,
    Doctor,
    ReportFile,
    Requirements,
    Subscription,
    name_of,
)
from apim_audit.cli.parsing import parse
from apim_audit.cli.streams import style_of
from apim_audit.core.facts.findings import Severity
from apim_audit.core.facts.reports import Incomplete, Report
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.core.sets.intervals import IntervalSet
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.demo.estate import SUBSCRIPTION, demo_estate
from apim_audit.errors import UsageError
from apim_audit.report import RENDERERS, Format, PlainFormat, Style
from apim_audit.run import DEFAULT_BASELINE, FailOn, Target, exit_status
from tests.report.samples import BLOCKED, COMPLIANT, DEFAULT_ONLY, FORBIDDEN, UNKNOWN, instance, location, report
from tests.report.strict_schema import STRICT

ROOT = Path(__file__).parents[1]
NSG_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/networkSecurityGroups/n"
VNET_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"
SERVICE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/contoso"


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        ("check a.json", Check(files=("a.json",))),
        (
            "check a - -f json -o out --service-tags tags --fail-on note --allow-unknown --allow-incomplete -q",
            Check(
                files=("a", "-"),
                format=Format.JSON,
                output="out",
                service_tags="tags",
                fail_on=FailOn.NOTE,
                allow_unknown=True,
                allow_incomplete=True,
                quiet=True,
            ),
        ),
        (
            "check a --report json=x=y --report table=z --baseline 2026-04",
            Check(files=("a",), report=(ReportFile("json", "x=y"), ReportFile("table", "z")), baseline="2026-04"),
        ),
        ("check a --fail-on NEVER --format JSON", Check(files=("a",), fail_on=FailOn.NEVER, format=Format.JSON)),
        ("subscription s1 s2", Subscription(subscriptions=("s1", "s2"))),
        (
            "subscription s -g rg -n a -n b --cloud azurechinacloud --arm-endpoint https://x --save-snapshot f -v",
            Subscription(
                subscriptions=("s",),
                resource_group="rg",
                name=("a", "b"),
                cloud=Cloud.CHINA,
                arm_endpoint="https://x",
                save_snapshot="f",
                verbose=True,
            ),
        ),
        ("collect s -o f --allow-incomplete", Collect(subscriptions=("s",), output="f", allow_incomplete=True)),
        ("requirements", Requirements()),
        (
            "requirements --network-model stv1 -f json",
            Requirements(network_model=NetworkModel.STV1, format=PlainFormat.JSON),
        ),
        ("demo -f json", Demo(format=Format.JSON)),
        ("demo --features --observed", Demo(features=True, observed=True)),
        ("doctor --role", Doctor(role=True)),
        ("doctor s1 s2 -f json", Doctor(subscriptions=("s1", "s2"), format=PlainFormat.JSON)),
        (
            "check a --assume on-premises=10.0.0.0/8,192.0.2.1 --assume ON-PREMISES=fd00::/8 --admin-rules",
            Check(
                files=("a",),
                assume=(Announcement(("10.0.0.0/8", "192.0.2.1")), Announcement(("fd00::/8",))),
                admin_rules=True,
            ),
        ),
        (
            "subscription s --as STV2 --hygiene --compare-baseline 2026-04 --assume on-premises=none",
            Subscription(
                subscriptions=("s",),
                as_model=AsModel.STV2,
                hygiene=True,
                compare_baseline="2026-04",
                assume=(Announcement(()),),
            ),
        ),
        ("collect s -o f --admin-rules", Collect(subscriptions=("s",), output="f", admin_rules=True)),
        ("demo --as stv2 --hygiene", Demo(as_model=AsModel.STV2, hygiene=True)),
        (
            "requirements --compare 2021-12 2026-04 --network-model stv2",
            Requirements(compare=("2021-12", "2026-04"), network_model=NetworkModel.STV2),
        ),
    ],
)
def test_argv_becomes_a_value(argv: str, command: Command) -> None:
    assert parse(argv.split()) == command


def test_a_command_is_frozen() -> None:
    command = parse(["check", "a"])
    with pytest.raises(FrozenInstanceError):
        command.quiet = True  # type: ignore[union-attr, misc]


def test_a_target_is_what_to_read() -> None:
    narrow = ["-g", "rg", "-n", "a", "--cloud", "AzureUSGovernment", "--admin-rules"]
    for argv in (["collect", "s", "-o", "f", *narrow], ["subscription", "s", *narrow]):
        command = parse(argv)
        assert isinstance(command, (Collect, Subscription))
        assert command.target == Target(("s",), "rg", ("a",), "AzureUSGovernment", None, admin_rules=True)


@pytest.mark.parametrize("written", ["azurechinacloud", "AZURECHINACLOUD", "AzureChinaCloud"])
def test_a_cloud_in_any_letter_case(written: str) -> None:
    command = parse(["subscription", "s", "--cloud", written])
    assert isinstance(command, Subscription)
    assert command.cloud is Cloud.CHINA


@pytest.mark.parametrize("name", ["", *map(name_of, COMMANDS)])
def test_the_help_fits_a_screen_and_writes_names_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert parse([name, "--help"] if name else ["--help"]) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 80 for line in out.split("\n"))
    assert ("--cloud <AzureCloud|AzureUSGovernment|AzureChinaCloud>" in out) == ("--cloud" in out)


def test_the_endpoint_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APIM_AUDIT_ARM_ENDPOINT", "https://127.0.0.1:1")
    command = parse(["subscription", "s"])
    assert isinstance(command, Subscription)
    assert command.arm_endpoint == "https://127.0.0.1:1"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ("", "Missing command."),
        ("chek", "No such command 'chek'."),
        ("check", "Missing argument 'FILE"),
        ("check a --foo", "No such option: --foo"),
        ("check a -f xml", f"'xml' is not one of {', '.join(repr(str(name)) for name in RENDERERS)}."),
        ("check a --report xml=f", f"'xml=f' is not FORMAT=FILE with a format of: {', '.join(RENDERERS)}."),
        ("check a --report json=", "'json=' is not FORMAT=FILE"),
        ("check a --report json", "'json' is not FORMAT=FILE"),
        ("check a --fail-on loud", "'loud' is not one of 'error', 'warning', 'note', 'never'."),
        ("collect s", "Missing option '-o' / '--output'."),
        ("subscription", "Missing argument 'ID"),
        (
            "subscription s --cloud Moon",
            "'Moon' is not one of 'AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'.",
        ),
        ("check a --assume on-premises=10.0.0.0/33", "'10.0.0.0/33' in 'on-premises=10.0.0.0/33' is no address prefix"),
        ("check a --assume on-premises=10.0.0.0/8,", "'' in 'on-premises=10.0.0.0/8,' is no address prefix"),
        ("check a --assume on-premises=none,10.0.0.0/8", "'none' in 'on-premises=none,10.0.0.0/8' is no address"),
        ("check a --assume on-premises=Storage", "'Storage' in 'on-premises=Storage' is no address prefix"),
        ("check a --assume on-premises=", "is neither on-premises=PREFIX,... nor on-premises=none."),
        ("check a --assume on-premises", "is neither on-premises=PREFIX,... nor on-premises=none."),
        ("check a --assume moon=10.0.0.0/8", "'moon=10.0.0.0/8' is neither on-premises=PREFIX,... nor"),
        ("check a --as stv1", "'stv1' is not one of 'stv2'."),
        ("requirements --compare 2021-12", "Option '--compare' requires 2 arguments."),
        ("collect s -o f --hygiene", "No such option: --hygiene"),
        ("demo --admin-rules", "No such option: --admin-rules"),
    ],
)
def test_argv_that_makes_no_sense_is_a_usage_error(argv: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv.split())
    assert message in str(caught.value)
    assert "Value error" not in str(caught.value)
    assert "--help" in caught.value.hint


def test_announcements_add_up() -> None:
    found = announced([Announcement(("10.0.0.0/8", "fd00::/8")), Announcement(("10.255.0.0/15", "192.0.2.1"))])
    assert found == IntervalSet.union_of([(10 << 24, (11 << 24) - 1), (0xC0000201, 0xC0000201)])
    assert announced([Announcement(()), Announcement(())]) == IntervalSet.empty()
    assert announced([]) is None


def test_nothing_and_something_cannot_both_be_announced() -> None:
    with pytest.raises(UsageError, match="on-premises=none"):
        announced([Announcement(()), Announcement(("10.0.0.0/8",))])


def test_every_format_of_the_command_line_has_a_renderer() -> None:
    assert list(RENDERERS) == list(Format)


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        (Check(files=("a",)), False),
        (Check(files=("a",), report=(ReportFile("json", "b"),)), False),
        (Check(files=("a",), format=Format.HTML), True),
        (Demo(report=(ReportFile("json", "b"), ReportFile("html", "c"))), True),
    ],
)
def test_rules_are_kept_only_for_the_format_that_draws_them(command: Check | Demo, kept: bool) -> None:  # noqa: FBT001
    assert _options(command).rule_stacks is kept


def test_the_default_baseline_is_in_the_catalogue() -> None:
    assert load_catalogue().baseline(DEFAULT_BASELINE) is not None


NOTE = replace(DEFAULT_ONLY, severity=Severity.NOTE)
UNNEEDED = replace(FORBIDDEN, needed=False)


@pytest.mark.parametrize(
    ("checks", "incomplete", "fail_on", "allowed", "status"),
    [
        ((), (), "warning", "", 0),
        ((COMPLIANT,), (), "note", "", 0),
        ((BLOCKED,), (), "error", "", 3),
        ((BLOCKED,), (), "warning", "", 3),
        ((BLOCKED,), (), "never", "", 0),
        ((DEFAULT_ONLY,), (), "error", "", 0),
        ((DEFAULT_ONLY,), (), "warning", "", 3),
        ((NOTE,), (), "warning", "", 0),
        ((NOTE,), (), "note", "", 3),
        ((UNKNOWN,), (), "warning", "", 4),
        ((UNKNOWN,), (), "never", "", 4),
        ((UNKNOWN,), (), "warning", "unknown", 0),
        ((UNKNOWN,), (), "warning", "incomplete", 4),
        ((UNKNOWN, BLOCKED), (), "warning", "", 3),
        ((UNKNOWN, BLOCKED), (), "never", "", 4),
        ((COMPLIANT,), (FORBIDDEN,), "warning", "", 4),
        ((COMPLIANT,), (FORBIDDEN,), "never", "", 4),
        ((COMPLIANT,), (FORBIDDEN,), "warning", "incomplete", 0),
        ((COMPLIANT,), (FORBIDDEN,), "warning", "unknown", 4),
        ((COMPLIANT,), (UNNEEDED,), "warning", "", 0),
        ((UNKNOWN,), (FORBIDDEN,), "warning", "unknown incomplete", 0),
        ((BLOCKED,), (FORBIDDEN,), "warning", "unknown incomplete", 3),
    ],
)
def test_the_exit_status(
    checks: tuple[Any, ...], incomplete: tuple[Incomplete, ...], fail_on: str, allowed: str, status: int
) -> None:
    found: Report = report(instance(location(*checks)), incomplete=incomplete)
    unknown, left_out = "unknown" in allowed, "incomplete" in allowed
    assert exit_status(found, FailOn(fail_on), allow_unknown=unknown, allow_incomplete=left_out) == status


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "colour"),
    [
        (Screen(), {}, True),
        (io.StringIO(), {}, False),
        (None, {}, False),
        (Screen(), {"NO_COLOR": "1"}, False),
        (Screen(), {"NO_COLOR": ""}, True),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Screen(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals(stream: Any, environment: Mapping[str, str], colour: bool) -> None:  # noqa: FBT001
    assert style_of(stream, environment).colour is colour


def test_the_width_is_the_screens_or_eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert style_of(Screen(), {}) == Style(colour=True, width=100)
    assert style_of(io.StringIO(), {}) == Style(colour=False, width=80)
    monkeypatch.setenv("COLUMNS", "7")
    assert style_of(Screen(), {}).width == 40


def run(
    *argv: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[bytes]":
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "APIM_AUDIT_"))}
    return subprocess.run(  # noqa: S603  (our own program)
        [sys.executable, "-m", "apim_audit", *argv],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**inherited, **(environment or {})},
        timeout=120,
    )


def service(**properties: Any) -> dict[str, Any]:
    return {
        "id": SERVICE_ID,
        "name": "contoso",
        "type": "Microsoft.ApiManagement/service",
        "location": "West Europe",
        "sku": {"name": "Developer", "capacity": 1},
        "properties": {
            "provisioningState": "Succeeded",
            "platformVersion": "stv2",
            "virtualNetworkType": "Internal",
            "virtualNetworkConfiguration": {"subnetResourceId": f"{VNET_ID}/subnets/apim"},
            **properties,
        },
    }


def rule(name: str, priority: int, direction: str, access: str, ends: tuple[str, str, str]) -> dict[str, Any]:
    source, destination, port = ends
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": direction,
            "access": access,
            "protocol": "*",
            "sourceAddressPrefix": source,
            "sourcePortRange": "*",
            "destinationAddressPrefix": destination,
            "destinationPortRange": port,
        },
    }


ALLOW_IN = rule("AllowIn", 100, "Inbound", "Allow", ("*", "*", "*"))
ALLOW_OUT = rule("AllowOut", 100, "Outbound", "Allow", ("*", "*", "*"))
DENY_OUT = rule("DenyOut", 90, "Outbound", "Deny", ("*", "*", "*"))


def network(*rules: dict[str, Any]) -> list[dict[str, Any]]:
    subnet = {
        "id": f"{VNET_ID}/subnets/apim",
        "name": "apim",
        "properties": {"addressPrefix": "10.0.1.0/24", "networkSecurityGroup": {"id": NSG_ID}},
    }
    vnet = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": [subnet], "virtualNetworkPeerings": []}
    return [
        {
            "id": VNET_ID,
            "name": "v",
            "type": "Microsoft.Network/virtualNetworks",
            "location": "westeurope",
            "properties": vnet,
        },
        {
            "id": NSG_ID,
            "name": "n",
            "type": "Microsoft.Network/networkSecurityGroups",
            "location": "westeurope",
            "properties": {"securityRules": list(rules)},
        },
    ]


FINE = json.dumps([service(), *network(ALLOW_IN, ALLOW_OUT)]).encode()
BAD = json.dumps([service(), *network(ALLOW_IN, ALLOW_OUT, DENY_OUT)]).encode()
UNREADABLE = json.dumps([service()]).encode()
OLD_PLATFORM = json.dumps([service(platformVersion="stv1"), *network(ALLOW_IN, ALLOW_OUT)]).encode()


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    ("stdin", "options", "status"),
    [
        (FINE, "", 0),
        (BAD, "", 3),
        (BAD, "--fail-on never", 0),
        (UNREADABLE, "", 4),
        (UNREADABLE, "--allow-unknown", 4),
        (UNREADABLE, "--allow-unknown --allow-incomplete", 0),
        (b"[]", "", 0),
        (b"", "", 5),
        (b"{", "", 5),
        (FINE, "--service-tags none", 5),
        (FINE, "--baseline 1999-01", 2),
        (FINE, "--compare-baseline 1999-01", 2),
        (FINE, "--assume on-premises=none --assume on-premises=10.0.0.0/8", 2),
        (FINE, "--admin-rules", 4),
        (FINE, "--compare-baseline 2026-04 --hygiene --as stv2 --assume on-premises=none", 0),
        (BAD, "--compare-baseline 2026-04 --hygiene --as stv2 --assume on-premises=none", 3),
        (OLD_PLATFORM, "--compare-baseline 2026-04", 0),
        (FINE, "-", 2),
    ],
)
def test_the_exit_status_of_check_whatever_the_format(stdin: bytes, options: str, status: int, form: str) -> None:
    done = run("check", "-", *options.split(), "-f", form, stdin=stdin)
    assert done.returncode == status, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("argv", "status"),
    [
        ("", 2),
        ("check --foo", 2),
        ("requirements", 0),
        ("requirements --network-model v2-injection", 2),
        ("requirements --network-model v2-injection --baseline 2026-04", 0),
        ("requirements --compare 2021-12 2026-04", 0),
        ("requirements --compare 2026-04 2021-12 -f json --network-model v2-injection", 0),
        ("requirements --compare 2021-12 2021-12 --network-model v2-injection", 2),
        ("requirements --compare 2021-12 1999-01", 2),
        ("requirements --compare 2021-12 2026-04 --baseline 2026-04", 2),
        ("--version", 0),
        ("--help", 0),
        ("check -h", 0),
    ],
)
def test_the_exit_status_of_the_rest(argv: str, status: int) -> None:
    done = run(*argv.split())
    assert done.returncode == status, done.stderr
    assert bool(done.stdout) == (status == 0)
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("stdin", [FINE, BAD, UNREADABLE, b"[]"])
def test_what_check_prints_fits_the_schema(stdin: bytes) -> None:
    assert fits_the_schema(run("check", "-", "-f", "json", stdin=stdin).stdout)


def judged(stdin: bytes, *options: str) -> Any:
    done = run("check", "-", "-f", "json", *options, stdin=stdin)
    assert fits_the_schema(done.stdout), done.stderr
    return json.loads(done.stdout)


def test_what_is_assumed_stands_in_the_report() -> None:
    assert judged(FINE)["assumptions"] == []
    [announcement] = judged(FINE, "--assume", "on-premises=192.0.2.0/24")["assumptions"]
    assert "192.0.2.0-192.0.2.255" in announcement
    [platform] = judged(FINE, "--as", "stv2")["assumptions"]
    assert "stv2" in platform


def test_an_instance_is_judged_as_the_platform_it_is_to_become() -> None:
    def model(*options: str) -> Any:
        return judged(OLD_PLATFORM, *options)["instances"][0]["locations"][0]["networkModel"]

    assert (model(), model("--as", "stv2")) == ("stv1", "stv2")


def test_a_report_without_admin_rules_says_so() -> None:
    assert any("--admin-rules" in note for note in judged(FINE)["notes"])
    assert not any("--admin-rules" in note for note in judged(FINE, "--admin-rules")["notes"])


def test_untidy_rules_are_listed_when_they_are_asked_for() -> None:
    shadowed = rule("Shadowed", 200, "Inbound", "Allow", ("Internet", "*", "443"))
    estate = json.dumps([service(), *network(ALLOW_IN, ALLOW_OUT, shadowed)]).encode()
    assert "hygiene" not in judged(estate)["instances"][0]["locations"][0]
    found = judged(estate, "--hygiene")["instances"][0]["locations"][0]["hygiene"]
    assert ("shadowed", "Shadowed") in [(finding["kind"], finding["name"]) for finding in found]


def test_another_baseline_is_compared_and_changes_nothing_else() -> None:
    alone, compared = judged(OLD_PLATFORM), judged(OLD_PLATFORM, "--compare-baseline", "2026-04")
    assert alone["comparison"] is None
    assert compared["comparison"]["baseline"] == "2026-04"
    failing = compared["comparison"]["newlyFailing"]
    assert "platform-version" in [each["requirement"] for each in failing]
    assert {each["instanceId"] for each in failing} == {SERVICE_ID}
    assert {**alone, "comparison": None} == {**compared, "comparison": None}
    newer = judged(OLD_PLATFORM, "--baseline", "2026-04", "--compare-baseline", "2021-12")
    assert newer["comparison"]["newlyFailing"] == []


def test_what_changes_between_baselines_is_printed() -> None:
    lines = run("requirements", "--compare", "2021-12", "2026-04", "--network-model", "stv2").stdout.decode()
    assert lines.startswith("From baseline 2021-12 to 2026-04\n\nstv2\n")
    assert "certificates" in lines


def test_the_demo_shows_its_report_and_is_fine() -> None:
    done = run("demo", "-f", "json")
    assert done.returncode == 0, done.stderr
    assert fits_the_schema(done.stdout)
    assert {"blocked", "missing", "unknown"} <= set(json.loads(done.stdout)["summary"]["verdicts"])


@pytest.fixture(scope="module")
def azure() -> Iterator[ArmEndpoint]:
    with serve(demo_estate()) as endpoint:
        yield endpoint


def live(azure: ArmEndpoint, *argv: str) -> "subprocess.CompletedProcess[bytes]":
    return run(*argv, environment={"APIM_AUDIT_ARM_ENDPOINT": azure.url, **azure.environment()})


def test_a_live_audit_its_snapshot_and_a_collected_one_are_judged_alike(azure: ArmEndpoint, tmp_path: Path) -> None:
    kept, collected = str(tmp_path / "kept.json"), str(tmp_path / "collected.json")
    audited = live(azure, "subscription", SUBSCRIPTION, "-f", "json", "--save-snapshot", kept)
    assert audited.returncode == 3, audited.stderr
    assert run("check", kept, "-f", "json").stdout == audited.stdout
    done = live(azure, "collect", SUBSCRIPTION, "-o", collected)
    assert done.returncode == 4, done.stderr
    assert done.stderr.decode().startswith(f"{collected}: ")
    [first, second] = (json.loads(Path(path).read_bytes()) for path in (kept, collected))
    assert first["documents"] == second["documents"]
    assert first["serviceTags"] == second["serviceTags"]


def test_admin_rules_are_read_and_kept_where_they_are_asked_for(azure: ArmEndpoint, tmp_path: Path) -> None:
    kept, collected = str(tmp_path / "kept.json"), str(tmp_path / "collected.json")
    audited = live(azure, "subscription", SUBSCRIPTION, "--admin-rules", "-f", "json", "--save-snapshot", kept)
    assert run("check", kept, "--admin-rules", "-f", "json").stdout == audited.stdout
    assert live(azure, "collect", SUBSCRIPTION, "--admin-rules", "-o", collected).returncode == 4
    [first, second] = (json.loads(Path(path).read_bytes()) for path in (kept, collected))
    assert first["documents"] == second["documents"]
    types = {document["body"]["type"].lower() for document in first["documents"]}
    assert "microsoft.network/effectivesecurityadminrules" in types


def test_features_and_observations_are_read_and_kept_where_they_are_asked_for(
    azure: ArmEndpoint, tmp_path: Path
) -> None:
    kept, both = str(tmp_path / "kept.json"), ("--features", "--observed")
    audited = live(azure, "subscription", SUBSCRIPTION, *both, "-f", "json", "--save-snapshot", kept)
    assert audited.returncode == 3, audited.stderr
    assert fits_the_schema(audited.stdout)
    assert run("check", kept, *both, "-f", "json").stdout == audited.stdout
    without = run("check", kept, "-f", "json").stdout
    plain = live(azure, "subscription", SUBSCRIPTION, "-f", "json").stdout
    assert json.loads(without)["instances"] == json.loads(plain)["instances"]
    assert b"raisedBy" not in without
    assert b'"observed": [' not in without


def test_the_demo_shows_a_raised_row_and_an_observed_disagreement() -> None:
    told = json.loads(run("demo", "--features", "--observed", "-f", "json").stdout)
    locations = [location for instance in told["instances"] for location in instance["locations"]]
    raised = [check for location in locations for check in location["checks"] if "raisedBy" in check]
    assert [(check["requirement"], check["verdict"]) for check in raised] == [("event-hub", "blocked")]
    observed = [each["standing"] for location in locations for each in location.get("observed", ())]
    assert observed.count("disagrees") == 1


def test_the_doctor_gives_4_where_a_read_is_missing_and_5_where_nothing_answers(azure: ArmEndpoint) -> None:
    fine = live(azure, "doctor", SUBSCRIPTION, "-f", "json")
    assert (fine.returncode, json.loads(fine.stdout)["fine"]) == (0, True), fine.stderr
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/routeTables"
    with serve(demo_estate(), faults=[Fault.refusing(path, 403, "AuthorizationFailed")]) as endpoint:
        lacking = live(endpoint, "doctor", SUBSCRIPTION)
    assert lacking.returncode == 4, lacking.stderr
    assert b"missing Microsoft.Network/routeTables/read" in lacking.stdout
    gone = live(azure, "doctor", "00000000-0000-4000-8000-00000000ffff")
    assert (gone.returncode, gone.stdout) == (5, b"")
    assert b"could not be reached (not-found, SubscriptionNotFound)" in gone.stderr


def test_the_doctor_wants_a_subscription_or_prints_a_role(tmp_path: Path) -> None:
    assert run("doctor").returncode == 2
    done = run("doctor", "--role", "s-1", "-o", str(tmp_path / "role.json"))
    assert (done.returncode, done.stdout) == (0, b"")
    written = json.loads((tmp_path / "role.json").read_bytes())
    assert written["AssignableScopes"] == ["/subscriptions/s-1"]
    assert all(action.endswith("/read") for action in written["Actions"])


def test_collect_is_fine_with_gaps_that_are_allowed(azure: ArmEndpoint, tmp_path: Path) -> None:
    done = live(azure, "collect", SUBSCRIPTION, "-o", str(tmp_path / "s"), "--allow-incomplete", "-q")
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_instance_that_is_not_there_is_no_audit(azure: ArmEndpoint) -> None:
    done = live(azure, "subscription", SUBSCRIPTION, "-n", "nobody")
    assert done.returncode == 5
    assert b"no audit was performed" in done.stderr


def test_an_endpoint_that_makes_no_sense_is_a_usage_error() -> None:
    assert run("subscription", "s", "--arm-endpoint", "http://x").returncode == 2


def fits_the_schema(text: bytes) -> bool:
    return Draft202012Validator(STRICT).is_valid(json.loads(text))


def test_no_audit_says_so_with_cause_and_advice() -> None:
    done = run("check", "none.json")
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "apim-audit: no audit was performed: the input cannot be read:"
    assert lines[1] == "  none.json: No such file or directory"
    assert done.stdout == b""
    assert run("check", "-").stderr.decode().splitlines()[-1].startswith("hint: Give JSON as Azure Resource Manager")


def test_the_version() -> None:
    assert run("--version").stdout.decode().strip() == f"apim-audit {__version__}"


def test_reports_go_where_they_are_told(tmp_path: Path) -> None:
    text, first, second = (str(tmp_path / name) for name in ("text", "first", "second"))
    done = run("check", "-", "-o", text, "--report", f"json={first}", "--report", f"json={second}", stdin=BAD)
    assert done.returncode == 3
    assert done.stdout == b""
    assert "blocked" in Path(text).read_text(encoding="utf-8")
    assert Path(first).read_bytes() == Path(second).read_bytes()
    assert json.loads(Path(first).read_bytes())["summary"]["instances"] == 1
    assert done.stderr.decode().startswith("1 instance, 1 location")


def test_quiet_means_nothing_but_errors_on_standard_error() -> None:
    assert run("check", "-", "-f", "json", stdin=BAD).stderr != b""
    assert run("check", "-", "-f", "json", "-q", stdin=BAD).stderr == b""
    assert run("check", "-", "-q", stdin=UNREADABLE).stderr == b""
    assert run("check", "-", "-q").stderr != b""


@pytest.mark.parametrize(
    "outputs",
    ["-o none/x", "-o .", "--report json=none/x", "-o same --report json=same"],
)
def test_outputs_that_cannot_be_written_are_told_before_anything_is_read(outputs: str) -> None:
    done = run("check", "-", *outputs.split(), stdin=b"{")
    assert done.returncode == 2, done.stderr
    assert not (ROOT / "same").exists()


def test_a_reader_who_leaves_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(BAD)
    process = subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, "-m", "apim_audit", "check", str(file), "-f", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 3
    assert b"Traceback" not in errors
    assert b"Broken" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "apim_audit", "requirements"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            cwd=ROOT,
        )
    assert done.returncode == 5
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"audit" not in done.stderr.removeprefix(b"apim-audit: ")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_report_that_cannot_be_written_is_no_audit_that_was_not_performed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    done = run("check", "-", "-o", "/dev/full", "--report", f"json={kept}", stdin=BAD)
    assert done.returncode == 5
    lines = done.stderr.decode().splitlines()
    assert lines[0].startswith("1 instance, 1 location")
    assert lines[1] == "apim-audit: the audit was performed, but its report is not complete:"
    assert lines[2] == "  /dev/full could not be written: No space left on device"
    assert b"no audit" not in done.stderr
    assert json.loads(kept.read_bytes())["summary"]["instances"] == 1


def test_the_report_is_utf_8_whatever_the_locale() -> None:
    named = json.loads(FINE)
    named[0]["name"] = "caf\u00e9 \ud800"
    done = run(
        "check",
        "-",
        stdin=json.dumps(named).encode(),
        environment={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert "caf\u00e9" in done.stdout.decode("utf-8")


def test_names_from_outside_do_nothing_to_the_terminal() -> None:
    evil = json.loads(BAD)
    evil[0]["name"] = "x\x1b[2J\u202e\x9b31m"
    evil[2]["properties"]["securityRules"][2]["name"] = "deny\x1b]0;owned\x07"
    done = run("check", "-", "a\x1b[2Jb", stdin=json.dumps(evil).encode())
    assert done.returncode == 5
    assert all(line.isprintable() for line in done.stderr.decode().splitlines())
    done = run("check", "-", stdin=json.dumps(evil).encode())
    assert all(line.isprintable() for line in done.stdout.decode().split("\n"))
    assert "owned" in done.stdout.decode()


def test_judging_a_snapshot_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    snapshot = tmp_path / "s.json"
    head = {"format": "apim-audit-snapshot", "formatVersion": 1, "takenAt": "2026-11-22T06:31:00Z", "cloud": None}
    scope = {"subscriptions": ["s"], "resourceGroup": None, "names": []}
    documents = [{"source": "live", "body": body} for body in json.loads(BAD)]
    content = {**head, "scope": scope, "serviceTags": None, "incomplete": [], "documents": documents}
    snapshot.write_text(json.dumps(content))
    first, second = (
        run("check", str(snapshot), "-f", "json", environment={"PYTHONHASHSEED": seed}) for seed in ("1", "2")
    )
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["takenAt"] == "2026-11-22T06:31:00Z"
    assert json.loads(first.stdout)["scope"]["subscriptions"] == ["s"]


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Interrupted(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    class Input:
        buffer = Interrupted()

    monkeypatch.setattr(sys, "stdin", Input())
    assert main(["check", "-"]) == 130
    assert capsys.readouterr().err == "apim-audit: interrupted\n"


def test_no_line_on_standard_error_is_a_command_to_a_build_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "none\n  ::error::injected", "none ##vso[task.complete result=Succeeded]"]) == 5
    told = capsys.readouterr().err
    assert "injected" in told
    assert [line for line in told.splitlines() if line.lstrip().startswith("::") or "##vso[" in line] == []
