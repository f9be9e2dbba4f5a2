"""Ctrl-C while Azure is slow, sent to a real process: it ends at once, and what had been read is not lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.run import UNDECIDED

INTERRUPTED = 130
NSGS = "Microsoft.Network/networkSecurityGroups"
SLOW = 30.0
PROMPT = 5.0  # a second is what people wait; this machine may have other things to do

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")


def started(endpoint: ArmEndpoint, *argv: str) -> "subprocess.Popen[str]":
    # Tests that run in the background ignore SIGINT, and what they start would do so too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(  # noqa: S603  (ours)
        [sys.executable, "-m", "apim_audit", *argv, "--arm-endpoint", endpoint.url],
        env={**os.environ, **endpoint.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def interrupted(endpoint: ArmEndpoint, path: str, *argv: str) -> tuple[int, str, str, float]:
    """Runs the program and interrupts it while a path is asked; returns status, output, errors, seconds to the end."""
    with started(endpoint, *argv) as process:
        while path not in endpoint.asked and process.poll() is None:
            time.sleep(0.02)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=SLOW)
    return process.returncode, output, errors, time.monotonic() - sent


@pytest.fixture
def stuck(estates: Any) -> Any:
    """Instances and VNets are answered, NSGs not before everybody has left."""
    path = estates.list_path(NSGS)
    return path, serve(estates.plain(2), faults=(Fault(path, rightly=True, delay=SLOW),))


def test_it_ends_at_once_and_says_what_had_been_read(stuck: Any, estates: Any, tmp_path: Path) -> None:
    path, serving = stuck
    with serving as endpoint:
        kept = tmp_path / "kept.json"
        argv = ("subscription", estates.one, "--save-snapshot", str(kept))
        status, output, errors, seconds = interrupted(endpoint, path, *argv)
    assert (status, output) == (INTERRUPTED, "")
    assert seconds < PROMPT
    assert "had been read" in errors
    assert f"{kept} keeps them" in errors
    assert "Traceback" not in errors
    snapshot = json.loads(kept.read_text(encoding="utf-8"))
    assert {"apim-0", "apim-1", "vnet-apis"} <= {document["body"]["name"] for document in snapshot["documents"]}
    assert [(entry["reason"], entry["needed"]) for entry in snapshot["incomplete"]] == [("interrupted", True)]


def test_what_was_kept_is_never_compliant(stuck: Any, estates: Any, tmp_path: Path) -> None:
    path, serving = stuck
    kept = tmp_path / "kept.json"
    with serving as endpoint:
        interrupted(endpoint, path, "collect", estates.one, "-o", str(kept))
    argv = [sys.executable, "-m", "apim_audit", "check", str(kept), "-f", "json", "--fail-on", "never"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603  (ours)
    report = json.loads(done.stdout)
    assert done.returncode == UNDECIDED
    checks = [check for one in report["instances"] for at in one["locations"] for check in at["checks"]]
    assert {check["verdict"] for check in checks if check["direction"] is not None} == {"unknown"}


def test_before_anything_was_read_nothing_is_kept(estates: Any, tmp_path: Path) -> None:
    path = estates.list_path("Microsoft.ApiManagement/service")
    kept = tmp_path / "kept.json"
    kept.write_text("of yesterday", encoding="utf-8")
    with serve(estates.plain(1), faults=(Fault(path, rightly=True, delay=SLOW),)) as endpoint:
        status, _, errors, seconds = interrupted(endpoint, path, "collect", estates.one, "-o", str(kept))
    assert (status, seconds < PROMPT) == (INTERRUPTED, True)
    assert "0 resources had been read" in errors
    assert kept.read_text(encoding="utf-8") == "of yesterday"


def test_a_wait_that_azure_asks_for_does_not_hold_it_up(estates: Any) -> None:
    path = estates.list_path("Microsoft.ApiManagement/service")
    fault = Fault.refusing(path, 429, "TooManyRequests", headers=(("Retry-After", "50"),))
    with serve(estates.plain(1), faults=(fault,)) as endpoint:
        status, _, errors, seconds = interrupted(endpoint, path, "subscription", estates.one)
    assert (status, seconds < PROMPT) == (INTERRUPTED, True)
    assert "Traceback" not in errors
