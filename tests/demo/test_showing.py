"""The demo runs anywhere, asks nobody but its own endpoint, and never touches the user's credentials."""

import os
import platform
import socket
import subprocess
from pathlib import Path
from typing import Any, Never

import pytest

from apim_audit.core.facts.requirements import Level
from apim_audit.core.facts.verdicts import Verdict
from apim_audit.demo import demo_snapshot
from apim_audit.demo.estate import STORIES, demo_estate
from apim_audit.demo.showing import isolated
from apim_audit.run import audit

TAKEN_AT = "2026-11-22T06:31:00Z"
PLANTED = {
    "AZURE_TENANT_ID": "00000000-0000-4000-8000-00000000000f",
    "AZURE_CLIENT_ID": "00000000-0000-4000-8000-00000000000e",
    "AZURE_CLIENT_SECRET": "PLANTED",
    "AZURE_FEDERATED_TOKEN_FILE": "/nowhere",
    "AZURE_TOKEN_CREDENTIALS": "nonsense",
    "AZURE_AUTHORITY_HOST": "http://nonsense",
    "AZURE_SDK_CLOUD_CONF": "nonsense",
    "ARM_CLIENT_SECRET": "PLANTED",
    "MSI_ENDPOINT": "http://127.0.0.1:1",
    "MSI_SECRET": "PLANTED",
    "IDENTITY_SERVER_THUMBPRINT": "PLANTED",
    "IMDS_ENDPOINT": "http://127.0.0.1:1",
    "HTTPS_PROXY": "http://user:PLANTED@127.0.0.1:1",
    "https_proxy": "http://user:PLANTED@127.0.0.1:1",
    "ALL_PROXY": "http://127.0.0.1:1",
    "REQUESTS_CA_BUNDLE": "/nowhere.pem",
    "CURL_CA_BUNDLE": "/nowhere.pem",
}


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login user password PLANTED\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))


@pytest.fixture
def contacted(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Records the hosts that are connected to or looked up, and lets no program start."""
    platform.platform()  # runs uname once and keeps its answer, which the SDK's user agent asks for
    hosts: set[str] = set()
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def recording_connect(self: socket.socket, address: Any) -> None:
        hosts.add(str(address[0]))
        connect(self, address)

    def recording_look_up(host: Any, *rest: Any, **options: Any) -> Any:
        hosts.add(str(host))
        return look_up(host, *rest, **options)

    def no_program(*_: Any, **__: Any) -> Never:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", recording_connect)
    monkeypatch.setattr(socket, "getaddrinfo", recording_look_up)
    monkeypatch.setattr(subprocess, "Popen", no_program)
    return hosts


@pytest.mark.usefixtures("hostile_environment")
def test_only_loopback_is_contacted_whatever_the_environment_says(contacted: set[str]) -> None:
    before = dict(os.environ)
    snapshot = demo_snapshot(TAKEN_AT)
    assert contacted == {"127.0.0.1"}
    assert dict(os.environ) == before
    assert "PLANTED" not in repr(snapshot)


def fail_in_isolation() -> None:
    with isolated({"IDENTITY_NOT_THERE_BEFORE": "1"}):
        assert "AZURE_CLIENT_ID" not in os.environ
        raise RuntimeError


def test_the_environment_is_restored_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "mine")
    before = dict(os.environ)
    with pytest.raises(RuntimeError):
        fail_in_isolation()
    assert dict(os.environ) == before


def test_the_snapshot_is_the_estate_without_strangers_and_what_is_forbidden() -> None:
    estate = demo_estate()
    snapshot = demo_snapshot(TAKEN_AT)
    used = [document for document in estate.documents if "rg-network-hub" not in document["id"]]
    expected = sorted(
        (document for document in used if document["id"] not in estate.forbidden),
        key=lambda document: document["id"].casefold(),
    )
    assert [document.body for document in snapshot.documents] == expected
    assert [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete] == [
        (forbidden, "forbidden", True) for forbidden in estate.forbidden
    ]
    assert snapshot.taken_at == TAKEN_AT
    assert snapshot.service_tags is not None


def test_two_runs_bring_the_same() -> None:
    assert demo_snapshot(TAKEN_AT) == demo_snapshot(TAKEN_AT)


def test_every_story_is_found_to_be_as_it_says() -> None:
    report = audit(demo_snapshot(TAKEN_AT))
    told = {
        (story.name, primary): (story.north_verdicts, story.verdicts)[primary]
        for story in STORIES
        for primary in (0, 1)
    }
    for instance in report.instances:
        for location in instance.locations:
            found = {check.id: str(check.verdict) for check in location.checks if check.level is not Level.ADVISORY}
            expected = told[instance.name, location.primary]
            assert {name: verdict for name, verdict in found.items() if verdict != Verdict.COMPLIANT} == expected
    assert {instance.name for instance in report.instances} == {story.name for story in STORIES}
    assert all("--admin-rules" in note for note in report.notes)
