"""No secret in any output, log at any level, snapshot or traceback: tokens are planted, and everything is searched."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve

ROOT = Path(__file__).parents[2]
TOKEN = "PLANTED-7f3a9c-TOKEN"  # noqa: S105  (a decoy)
GRAPH = "/providers/Microsoft.ResourceGraph/resources"
SERVICES = "Microsoft.ApiManagement/service"
NSGS = "Microsoft.Network/networkSecurityGroups"
AT_ONCE = (("x-ms-retry-after-ms", "1"),)

MAIN = "import sys; from apim_audit.__main__ import main; sys.exit(main())"
EVERY_LOG = """
import logging
logging.basicConfig(level=logging.DEBUG, force=True)
from apim_audit.cli import execution
execution._log = lambda command: None
"""
CRASH = """
import apim_audit.decode
def decode(*_, **__):
    raise RuntimeError("planted")
apim_audit.decode.decode = decode
"""
CRASH_WHILE_READING = """
from apim_audit.collect import pages
def endless(*_):
    raise RuntimeError("planted")
pages.endless = endless
"""


def echoing(path: str, status: int) -> Fault:
    """Returns an answer that repeats the token that it was sent, as careless proxies do."""
    headers = (*AT_ONCE, ("WWW-Authenticate", f'Bearer error="{TOKEN}"'), ("X-Echo", TOKEN))
    return Fault.refusing(path, status, TOKEN, f"Authorization: Bearer {TOKEN}", headers)


def faults(estates: Any, kind: str) -> tuple[Fault, ...]:
    services, nsgs = estates.list_path(SERVICES), estates.list_path(NSGS)
    return {
        "whole": (),
        "forbidden": (echoing(services, 403),),
        "refused token": (echoing(services, 401), echoing(GRAPH, 401)),
        "throttled": (echoing(nsgs, 429), echoing(GRAPH, 429)),
        "reset": (Fault(nsgs, rightly=True, cut=50),),
        "other origin": (Fault(nsgs, 200, f'{{"value": [], "nextLink": "https://{TOKEN}.example/"}}'.encode()),),
        "no JSON": (Fault(nsgs, 200, TOKEN.encode()), Fault(GRAPH, 200, TOKEN.encode())),
        "redirect": (Fault(nsgs, 307, headers=(("Location", f"https://x.example/?{TOKEN}"),)),),
    }[kind]


def searched(endpoint: ArmEndpoint, code: str, folder: Path, *argv: str) -> "subprocess.CompletedProcess[str]":
    """Runs the program and looks for secrets in all that it leaves behind."""
    done = subprocess.run(  # noqa: S603  (ours)
        [sys.executable, "-c", code + MAIN, *argv, "--arm-endpoint", endpoint.url],
        env={**os.environ, **endpoint.environment()},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    left = [done.stdout, done.stderr, *(path.read_text(encoding="utf-8") for path in folder.iterdir())]
    for secret in (TOKEN, endpoint.identity_header):
        assert not any(secret in text for text in left), secret
    return done


KINDS = ("whole", "forbidden", "refused token", "throttled", "reset", "other origin", "no JSON", "redirect")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["arm", "graph"])
def test_no_output_log_report_or_snapshot_holds_a_secret(estates: Any, tmp_path: Path, kind: str, way: str) -> None:
    files = ("--save-snapshot", str(tmp_path / "kept.json"), "-o", str(tmp_path / "report.txt"))
    argv = ("subscription", estates.one, "-v", "--read-from", way, *files)
    with serve(estates.plain(1), token=TOKEN, faults=faults(estates, kind)) as endpoint:
        code = EVERY_LOG if kind != "forbidden" else ""
        done = searched(endpoint, code, tmp_path, *argv)
        assert endpoint.refused() == []
    assert done.returncode in {0, 3, 4, 5}, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("crash", [CRASH, CRASH_WHILE_READING], ids=["while judging", "while reading"])
def test_no_traceback_holds_a_secret(estates: Any, tmp_path: Path, crash: str) -> None:
    with serve(estates.plain(3), token=TOKEN, page_size=1) as endpoint:
        done = searched(endpoint, EVERY_LOG + crash, tmp_path, "subscription", estates.one)
    assert "RuntimeError: planted" in done.stderr
