"""Signing in, and what is said where nobody can."""

import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from apim_audit.collect import ReadFrom, Request, collect
from apim_audit.collect.clouds import target_of
from apim_audit.collect.credential import _told
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import Fault, serve
from apim_audit.demo.showing import isolated
from apim_audit.errors import NoAuditError

SECRET = "PLANTED-CLIENT-SECRET"  # noqa: S105  (a decoy)


@pytest.fixture
def estate(estates: Any) -> ServedEstate:
    served: ServedEstate = estates.plain(1)
    return served


def fail_with(estate: ServedEstate, changes: dict[str, str | None]) -> NoAuditError:
    """Returns the error of a reading in an environment that is changed; None takes a variable out."""
    with serve(estate) as endpoint:
        variables: dict[str, str | None] = {**endpoint.environment(), **changes}
        with (
            isolated({name: value for name, value in variables.items() if value is not None}),
            pytest.raises(NoAuditError) as caught,
        ):
            collect(Request(endpoint.subscription_ids, arm_endpoint=endpoint.url), "")
        assert endpoint.arm_requests() == []
    return caught.value


def test_without_credentials_no_audit_is_performed(
    estate: ServedEstate, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    error = fail_with(estate, {"AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential"})
    assert str(error) == "no Azure credential works; tried EnvironmentCredential"
    assert "az login" in error.hint
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert capfd.readouterr().err == ""
    assert "azure.identity" not in caplog.text


def test_every_credential_that_was_tried_is_named(estate: ServedEstate) -> None:
    error = fail_with(estate, {"IDENTITY_HEADER": "wrong"})
    for name in ("EnvironmentCredential", "WorkloadIdentityCredential", "ManagedIdentityCredential"):
        assert name in str(error)
    assert "wrong" not in str(error)


def test_settings_that_make_no_sense_are_told_without_repeating_them(estate: ServedEstate) -> None:
    error = fail_with(estate, {"AZURE_TOKEN_CREDENTIALS": SECRET})
    assert "AZURE_TOKEN_CREDENTIALS" in error.hint
    assert SECRET not in str(error) + error.hint


def test_a_credential_that_stops_working_on_the_way_is_told(estate: ServedEstate) -> None:
    path = "/identity/oauth2/token"
    short = {"access_token": "x", "expires_on": str(int(time.time()) + 60), "resource": "", "token_type": "Bearer"}
    faults = [Fault(path, 200, json.dumps(short).encode(), times=1), Fault.refusing(path, 400, "gone")]
    with (
        serve(estate, faults=faults) as endpoint,
        isolated(endpoint.environment()),
        pytest.raises(NoAuditError, match="unauthenticated"),
    ):
        collect(Request(endpoint.subscription_ids, arm_endpoint=endpoint.url), "")


def test_codes_of_entra_id_are_told_and_nothing_else_of_its_answer() -> None:
    text = (
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\nAttempted credentials:\n"
        f"\tEnvironmentCredential: Authentication failed: AADSTS7000215: Invalid client secret {SECRET} provided.\n"
        "To mitigate this issue, please refer to the troubleshooting guidelines here at https://aka.ms/x"
    )
    assert _told(text) == "no Azure credential works; tried EnvironmentCredential (AADSTS7000215)"


@pytest.fixture
def azure_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a stand-in for the Azure CLI, a shell script, first on the path; returns the record of its runs."""
    if os.name == "nt":
        pytest.skip("the stand-in for the Azure CLI is a shell script")

    def install(script: str) -> Path:
        record = tmp_path / "record"
        record.touch()
        program = tmp_path / "az"
        program.write_text(f"#!/bin/sh\necho run >> {record}\n{script}\n", encoding="utf-8")
        program.chmod(0o700)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        return record

    return install


def test_what_the_azure_cli_says_is_not_repeated(
    estate: ServedEstate, azure_cli: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    record = azure_cli(f"echo {SECRET} >&2; exit 1")
    error = fail_with(estate, {"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"})
    assert str(error) == "no Azure credential works; tried AzureCliCredential"
    assert SECRET not in error.hint + caplog.text
    assert record.read_text(encoding="utf-8")


def test_the_azure_cli_is_run_once(estates: Any, azure_cli: Callable[[str], Path]) -> None:
    with serve(estates.plain(9), page_size=1) as endpoint:
        answer = {"accessToken": endpoint.token, "expires_on": int(time.time()) + 3600}
        record = azure_cli(f"echo '{json.dumps(answer)}'")
        with isolated(endpoint.environment() | {"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"}):
            snapshot = collect(Request(endpoint.subscription_ids, arm_endpoint=endpoint.url), "")
    assert len(snapshot.documents) == 28
    assert record.read_text(encoding="utf-8") == "run\n"


def test_each_cloud_has_its_endpoint_audience_and_authority() -> None:
    targets = {name: target_of(Request((), cloud=name)) for name in ("AzureUSGovernment", "AzureChinaCloud")}
    assert {name: (target.scope, target.authority) for name, target in targets.items()} == {
        "AzureUSGovernment": ("https://management.usgovcloudapi.net/.default", "login.microsoftonline.us"),
        "AzureChinaCloud": ("https://management.chinacloudapi.cn/.default", "login.chinacloudapi.cn"),
    }
    assert target_of(Request(())).scope == "https://management.azure.com/.default"


def test_a_custom_endpoint_is_its_own_audience_in_every_cloud() -> None:
    target = target_of(Request((), cloud="AzureChinaCloud", arm_endpoint="https://arm.stack.example/base/"))
    assert (target.endpoint, target.scope) == (
        "https://arm.stack.example/base",
        "https://arm.stack.example/base/.default",
    )
    assert target.authority == "login.chinacloudapi.cn"


@pytest.mark.parametrize("read_from", list(ReadFrom))
@pytest.mark.parametrize("cloud", ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"])
def test_every_cloud_is_read_alike(estate: ServedEstate, cloud: str, read_from: ReadFrom) -> None:
    with serve(estate) as endpoint, isolated(endpoint.environment()):
        request = Request(endpoint.subscription_ids, cloud=cloud, arm_endpoint=endpoint.url, read_from=read_from)
        snapshot = collect(request, "")
    assert (snapshot.cloud, len(snapshot.documents), snapshot.incomplete) == (cloud, 4, ())


def test_the_audience_is_the_arm_endpoint(estate: ServedEstate) -> None:
    with serve(estate) as endpoint:
        with isolated(endpoint.environment()):
            collect(Request(endpoint.subscription_ids, arm_endpoint=endpoint.url + "/"), "")
        token = next(request for request in endpoint.requests if request not in endpoint.arm_requests())
    assert parse_qs(token.query)["resource"] == [endpoint.url]
