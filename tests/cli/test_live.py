"""The live commands: their scopes, what they say while they read, and their exit statuses."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_audit.cli import main
from apim_audit.cli.options import Collect, Command, ManagementGroup, ReadFrom, Subscription, Tenant
from apim_audit.cli.parsing import parse
from apim_audit.cli.progress import LoggedProgress, TerminalProgress, shown
from apim_audit.collect import Progress
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.demo.estate import SUBSCRIPTION, demo_estate
from apim_audit.demo.graph import ServedGraph
from apim_audit.demo.showing import isolated
from apim_audit.errors import UsageError
from apim_audit.run import GAPS, Target

GRAPH = ServedGraph(names={SUBSCRIPTION: "Contoso"}, management_groups={"mg-contoso": (SUBSCRIPTION,)})
NOTE = "1 subscription was read, those of {} that the identity can see"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ArmEndpoint]:
    with serve(replace(demo_estate(), graph=GRAPH)) as running:
        yield running


def run(endpoint: ArmEndpoint, *argv: str) -> int:
    with isolated(endpoint.environment()):
        return main([*argv, "--arm-endpoint", endpoint.url])


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        ("management-group mg", ManagementGroup(management_group="mg")),
        ("tenant --read-from ARM -g rg", Tenant(read_from=ReadFrom.ARM, resource_group="rg")),
        ("subscription one two", Subscription(subscriptions=("one", "two"))),
        ("collect --tenant -o f", Collect(tenant=True, output="f")),
        ("collect --management-group mg -o f", Collect(management_group="mg", output="f")),
    ],
)
def test_argv_becomes_a_scope(argv: str, command: Command) -> None:
    assert parse(argv.split()) == command


@pytest.mark.parametrize(
    ("argv", "target"),
    [
        ("management-group mg --read-from graph", Target((), management_group="mg", read_from="graph")),
        ("tenant -n a", Target((), names=("a",), tenant=True)),
        ("collect s -o f", Target(("s",))),
        ("collect --tenant -o f", Target((), tenant=True)),
        ("collect --management-group mg -o f", Target((), management_group="mg")),
    ],
)
def test_a_scope_is_what_to_read(argv: str, target: Target) -> None:
    command = parse(argv.split())
    assert isinstance(command, (ManagementGroup, Tenant, Collect))
    assert command.target == target


@pytest.mark.parametrize(
    "argv", ["collect -o f", "collect s --tenant -o f", "collect --tenant --management-group mg -o f"]
)
def test_collect_takes_one_scope(argv: str) -> None:
    command = parse(argv.split())
    assert isinstance(command, Collect)
    with pytest.raises(UsageError, match="only one of them"):
        _ = command.target


@pytest.mark.parametrize(
    ("argv", "note"),
    [
        (("management-group", "mg-contoso"), NOTE.format("management group mg-contoso")),
        (("tenant",), NOTE.format("the tenant")),
        (("tenant", "--read-from", "arm"), NOTE.format("the tenant")),
        (("subscription", "contoso", "--read-from", "graph"), None),
    ],
)
def test_every_scope_gives_the_same_findings(
    endpoint: ArmEndpoint, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], note: str | None
) -> None:
    assert run(endpoint, "subscription", SUBSCRIPTION, "-q", "-f", "json") == GAPS
    expected = json.loads(capsys.readouterr().out)
    assert run(endpoint, *argv, "-q", "-f", "json") == GAPS
    found = json.loads(capsys.readouterr().out)
    assert found["instances"] == expected["instances"]
    assert found["incomplete"] == expected["incomplete"]
    assert found["scope"]["subscriptions"] == [SUBSCRIPTION]
    assert any(note in each for each in found["notes"]) if note else found["notes"] == expected["notes"]


def test_collect_reads_a_tenant(endpoint: ArmEndpoint, tmp_path: Path) -> None:
    kept = tmp_path / "tenant.json"
    assert run(endpoint, "collect", "--tenant", "-o", str(kept), "-q", "--allow-incomplete") == 0
    scope = json.loads(kept.read_text(encoding="utf-8"))["scope"]
    assert (scope["subscriptions"], scope["tenant"]) == ([SUBSCRIPTION], True)


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        (("subscription", "Nowhere"), "no subscription is named 'Nowhere'"),
        (("management-group", "mg-nowhere"), "management group mg-nowhere"),
    ],
)
def test_a_scope_that_is_not_there_is_no_audit(
    endpoint: ArmEndpoint, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], cause: str
) -> None:
    assert run(endpoint, *argv) == 5
    errors = capsys.readouterr().err
    assert "no audit was performed" in errors
    assert cause in errors
    assert "hint:" in errors


def throttled() -> tuple[Fault, ...]:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/routeTables"
    return (replace(Fault.refusing(path, 429, "TooManyRequests", headers=(("Retry-After", "1"),)), times=1),)


@pytest.mark.parametrize(("options", "waits", "phases"), [((), 1, 0), (("-v",), 1, 4), (("-q",), 0, 0)])
def test_elsewhere_than_on_a_terminal_lines_are_logged(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...], waits: int, phases: int
) -> None:
    with serve(demo_estate(), faults=throttled()) as endpoint:
        assert run(endpoint, "subscription", SUBSCRIPTION, "-f", "json", *options) == GAPS
    output, errors = capsys.readouterr()
    json.loads(output)
    assert errors.count("Azure throttles: waiting 1 s") == waits
    assert errors.count("reading ") >= phases
    assert phases or "INFO" not in errors
    assert "\x1b" not in errors


@pytest.mark.skipif(os.name == "nt", reason="terminals are made the POSIX way")
def test_on_a_terminal_a_line_is_redrawn_and_gone_in_the_end() -> None:
    import pty  # noqa: PLC0415  (POSIX only)

    with serve(demo_estate(), faults=throttled()) as endpoint:
        pid, screen = pty.fork()
        if pid == 0:
            with isolated(endpoint.environment()):
                os.environ["TERM"] = "xterm"
                argv = ["-m", "apim_audit", "subscription", SUBSCRIPTION, "-f", "json", "-o", os.devnull]
                os.execv(sys.executable, [sys.executable, *argv, "--arm-endpoint", endpoint.url])  # noqa: S606  (ours)
        drawn = everything(screen)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == GAPS
    assert re.search(r"reading [\w ]+ \d+/\d+; \d+ resources", drawn)
    assert re.search(r"Azure throttles: \d s to wait", drawn) or "reading" in drawn
    assert "\x1b[?25h" in drawn  # the cursor is back
    assert "WARNING" not in drawn


def everything(screen: int) -> str:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(screen, 65_536)
        except OSError:  # Linux says so where nobody is left to write
            part = b""
        if not part:
            return b"".join(parts).decode()
        parts.append(part)


def test_a_terminal_tells_what_is_left_to_wait() -> None:
    class Bars:
        def add_task(self, *_: Any, **__: Any) -> int:
            return 0

        reset = update = add_task

    progress = TerminalProgress(Bars())  # type: ignore[arg-type]
    progress.begin("NSGs", 7)
    progress.step()
    progress.add(3)
    assert progress.told() == "reading NSGs 1/7; 3 resources"
    with progress.waiting(29.6):
        assert progress.told() == "reading NSGs 1/7; 3 resources; Azure throttles: 30 s to wait"
    assert progress.told() == "reading NSGs 1/7; 3 resources"


def test_quiet_shows_nothing_and_a_dumb_terminal_logs() -> None:
    with shown(quiet=True, environment_is_dumb=False) as progress:
        assert type(progress) is Progress
    with shown(quiet=False, environment_is_dumb=True) as progress:
        assert type(progress) is LoggedProgress


def test_progress_counts_from_any_thread() -> None:
    progress = Progress()
    progress.begin("instances", 2)
    progress.step()
    progress.add(5)
    counts = progress.counts()
    assert (counts.phase, counts.done, counts.parts, counts.documents, counts.waiting) == ("instances", 1, 2, 5, 0)
    with progress.waiting(60), progress.waiting(30):
        assert 50 < progress.counts().waiting <= 60
    assert progress.counts().waiting == 0
    started = time.monotonic()
    with progress.waiting(0.2):
        assert progress.counts().waiting == 0  # not worth telling
    assert time.monotonic() >= started


def test_a_snapshot_can_go_to_standard_output(endpoint: ArmEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(endpoint, "collect", SUBSCRIPTION, "-o", "-", "--allow-incomplete") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["format"] == "apim-audit-snapshot"
    assert err.startswith("standard output: ") or "\nstandard output: " in err
