"""The collector reads only, stays at its endpoint, and never shows a token."""

import gc
import logging
import threading
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest

from apim_audit.collect import Request, kinds
from apim_audit.collect.arm import ArmReader
from apim_audit.collect.clouds import target_of
from apim_audit.collect.credential import sign_in
from apim_audit.collect.listing import Listing
from apim_audit.collect.pipeline import NotAllowedError, _guard, open_transport
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Site
from apim_audit.demo.endpoint import ArmEndpoint, Fault, serve
from apim_audit.demo.showing import isolated
from apim_audit.errors import NoAuditError

SERVICES = "Microsoft.ApiManagement/service"
NSGS = "Microsoft.Network/networkSecurityGroups"
TOKEN = "PLANTED-7f3a9c-TOKEN"  # noqa: S105  (a decoy)


def unregistered(path: str) -> Fault:
    namespace = path.partition("/providers/")[2].partition("/")[0]
    message = f"The subscription is not registered to use namespace '{namespace}'. See https://aka.ms/rps-not-found"
    return Fault.refusing(path, 409, "MissingSubscriptionRegistration", message)


def test_an_unregistered_network_provider_is_not_registered(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    snapshot, endpoint = read(estates.plain(1), faults=[unregistered(path)])
    assert [(entry.id, entry.reason) for entry in snapshot.incomplete] == [(path, "unregistered")]
    assert {request.method for request in endpoint.requests} == {"GET"}


def test_a_subscription_without_api_management_is_empty_and_stays_so(read: Any, estates: Any) -> None:
    path = estates.list_path(SERVICES)
    snapshot, endpoint = read(estates.plain(1), faults=[unregistered(path)])
    assert snapshot.documents == ()
    assert [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete] == [(path, "unregistered", False)]
    assert [(request.method, request.path) for request in endpoint.arm_requests()] == [("GET", path)]


@pytest.mark.parametrize(
    "link",
    [
        "https://management.azure.example/next",
        "http://127.0.0.1/next",
        "https://127.0.0.1:1/next",
        "{url}@evil.example/next",
        "//evil.example/next",
        "/relative",
        "https://[broken",
        "{url}0000000/next",
    ],
)
def test_links_to_other_origins_are_not_followed(read: Any, estates: Any, link: str) -> None:
    path = estates.list_path(NSGS)
    body = f'{{"value": [], "nextLink": "{link}"}}'.encode()
    snapshot, endpoint = read(estates.plain(1), faults=[Fault(path, 200, body)])
    assert [(entry.id, entry.reason) for entry in snapshot.incomplete] == [(path, "invalid")]
    assert "not at the ARM endpoint" in snapshot.incomplete[0].message
    assert not [request for request in endpoint.requests if "next" in request.path]


def test_links_that_go_round_in_a_circle_end(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    body = f'{{"value": [], "nextLink": "{{url}}{path}?api-version=1&$skiptoken=x"}}'.encode()
    snapshot, endpoint = read(estates.plain(1), faults=[Fault(path, 200, body)])
    assert "round in a circle" in snapshot.incomplete[0].message
    assert sum(request.path == path for request in endpoint.requests) == 2


def test_links_without_end_are_given_up(read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.pages._MAX_PAGES", 3)
    path = estates.list_path(SERVICES)
    bare = (Site("West Europe"),)
    snapshot, endpoint = read(ServedEstate(estates.instances(9, sites=bare)), page_size=1, service_tags=False)
    assert [(entry.id, entry.reason, entry.needed) for entry in snapshot.incomplete] == [(path, "invalid", True)]
    assert sum(request.path == path for request in endpoint.requests) == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda clients: clients.network.virtual_networks.begin_delete("rg-net", "vnet-apis"),
        lambda clients: clients.network.network_security_groups.begin_create_or_update("rg-net", "nsg-0", {}),
        lambda clients: clients.api_management.api_management_service.get_sso_token("rg-apis", "apim-0"),
        lambda clients: clients.network.list_network_manager_effective_connectivity_configurations("rg", "vnet", {}),
        lambda clients: clients.network.list_network_manager_effective_security_admin_rules("rg/providers/x", "v", {}),
        lambda clients: clients.network.virtual_networks.list_all().by_page("https://127.0.0.1:1/next").next(),
    ],
    ids=["delete", "put", "post", "another post", "another path", "another origin"],
)
def test_the_pipeline_itself_lets_nothing_pass_but_reading(estates: Any, call: Any) -> None:
    with serve(estates.plain(1)) as endpoint, isolated(endpoint.environment()):
        target = target_of(Request((), arm_endpoint=endpoint.url))
        with sign_in(target) as credential, ArmReader(target, credential) as arm:
            asked = len(endpoint.requests)
            with pytest.raises(NotAllowedError):
                call(arm.clients.of(estates.one))
        assert len(endpoint.requests) == asked


def passes(method: str, url: str, endpoint: str = "https://arm.example", *, over: bool = False) -> bool:
    """Tells whether the guard of the pipeline lets a request pass."""
    stop = threading.Event()
    if over:
        stop.set()
    guard = _guard(target_of(Request((), arm_endpoint=endpoint)), stop)
    try:
        guard(PipelineRequest(HttpRequest(method, url), PipelineContext(None)))
    except NotAllowedError:
        return False
    return True


NETWORKS = "/subscriptions/s-1/resourceGroups/rg-(a)/providers/Microsoft.Network/virtualNetworks"
RULES = f"{NETWORKS}/v.1_a-b/listNetworkManagerEffectiveSecurityAdminRules"
SAME = RULES.rpartition("/")[2]


@pytest.mark.parametrize(
    "path",
    [
        RULES,
        f"{RULES}?api-version=2026-03-01",
        RULES.replace("rg-(a)", "rg-%28a%29"),
        RULES.replace("rg-(a)", "rg-%C3%BC"),
        RULES.replace("rg-(a)", "..rg"),
    ],
)
def test_a_post_passes_that_only_reads(path: str) -> None:
    assert passes("POST", f"https://arm.example{path}")
    assert passes("POST", f"https://arm.example/base{path}", "https://arm.example/base/")
    assert not passes("POST", f"https://arm.example{path}", over=True)


def test_queries_of_resource_graph_pass() -> None:
    path = "/providers/Microsoft.ResourceGraph/resources"
    assert passes("POST", f"https://arm.example{path}?api-version=2021-03-01")
    assert passes("POST", f"https://arm.example/base{path}", "https://arm.example/base/")
    assert not passes("POST", f"https://arm.example{path}", "https://arm.example/base")


def test_a_post_outside_of_the_endpoints_own_path_does_not_pass() -> None:
    assert not passes("POST", f"https://arm.example{RULES}", "https://arm.example/base")
    assert not passes("POST", f"https://arm.example/b.se{RULES}", "https://arm.example/b%2Ese")
    assert not passes("POST", f"https://arm.example/base{RULES}", "https://arm.example/b.se")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post", "get"])
def test_by_other_methods_nothing_passes(method: str) -> None:
    assert not passes(method, f"https://arm.example{RULES}")


@pytest.mark.parametrize(
    "url",
    [
        f"https://arm.example{NETWORKS}/v",
        f"https://arm.example{NETWORKS}/v/listNetworkManagerEffectiveConnectivityConfigurations",
        f"https://arm.example{NETWORKS}/v/subnets/s/{SAME}",
        f"https://arm.example{NETWORKS}/../x/{SAME}",
        f"https://arm.example{NETWORKS}/%2E%2E/{SAME}",
        f"https://arm.example{NETWORKS}/./{SAME}",
        f"https://arm.example{NETWORKS}/v%2Fsubnets/{SAME}",
        f"https://arm.example{NETWORKS}/v%252Fsubnets/{SAME}",
        f"https://arm.example{NETWORKS}/v%3F/{SAME}",
        f"https://arm.example{NETWORKS}/v%0A/{SAME}",
        f"https://arm.example{NETWORKS}//{SAME}",
        f"https://arm.example{RULES}/",
        f"https://arm.example{RULES}/start",
        f"https://arm.example{RULES}%0A",
        f"https://arm.example{RULES}Too",
        f"https://arm.example/x{RULES}",
        f"https://arm.example/x?y={RULES}",
        f"https://arm.example/x#{RULES}",
        f"https://arm.example{RULES.replace('virtualNetworks', 'networkManagers')}",
        f"https://arm.example{RULES.replace('resourceGroups/rg-(a)/', '')}",
        f"https://arm.example/providers/Microsoft.ResourceGraph/resourcesHistory?x={RULES}",
        "https://arm.example/providers/Microsoft.ResourceGraph/resources/",
        "https://arm.example/providers/Microsoft.ResourceGraph/../x/resources",
        "https://arm.example/subscriptions/x/providers/Microsoft.ResourceGraph/resources",
        "https://arm.example/providers/Microsoft.ResourceGraph/operations",
        "https://evil.example/providers/Microsoft.ResourceGraph/resources",
        f"https://evil.example{RULES}",
        f"http://arm.example{RULES}",
        f"https://arm.example:444{RULES}",
        f"https://arm.example@evil.example{RULES}",
    ],
)
def test_by_post_nothing_else_passes(url: str) -> None:
    assert not passes("POST", url)


def interrupt(endpoint: ArmEndpoint, subscription: str, futures: list[Future[Listing]]) -> None:
    """Starts a reading that will be told to wait, and is interrupted while it does."""
    target = target_of(Request((), arm_endpoint=endpoint.url))
    with sign_in(target) as credential, ArmReader(target, credential) as arm:
        futures.append(arm.later(lambda: arm.list_all(kinds.SERVICES, subscription)))
        while not endpoint.arm_requests():
            time.sleep(0.01)
        raise KeyboardInterrupt


def test_an_interrupted_run_does_not_sleep_on(estates: Any) -> None:
    path = estates.list_path(SERVICES)
    fault = Fault.refusing(path, 429, "TooManyRequests", "", (("Retry-After", "50"),))
    futures: list[Future[Listing]] = []
    with serve(estates.plain(1), faults=(fault,)) as endpoint, isolated(endpoint.environment()):
        with pytest.raises(KeyboardInterrupt):
            interrupt(endpoint, estates.one, futures)
        assert futures[0].result(timeout=10).failure is not None


def test_redirects_are_not_followed(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    fault = Fault(path, 307, headers=(("Location", "https://127.0.0.1:1/elsewhere"),))
    snapshot, _ = read(estates.plain(1), faults=[fault])
    assert [(entry.id, entry.reason) for entry in snapshot.incomplete] == [(path, "unavailable")]


def test_retry_after_has_a_ceiling(read: Any, estates: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apim_audit.collect.pipeline._RETRY_AFTER_CEILING", 0.2)
    path = estates.list_path(NSGS)
    fault = replace(Fault.refusing(path, 429, "TooManyRequests", "", (("Retry-After", "86400"),)), times=2)
    started = time.monotonic()
    snapshot, endpoint = read(estates.plain(1), faults=[fault])
    assert snapshot.incomplete == ()
    assert sum(request.path == path for request in endpoint.requests) == 3
    assert 0.4 <= time.monotonic() - started < 5


def test_an_endpoint_that_throttles_for_ever_is_given_up(read: Any, estates: Any) -> None:
    path = estates.list_path(NSGS)
    fault = Fault.refusing(path, 429, "TooManyRequests", "", (("x-ms-retry-after-ms", "1"),))
    snapshot, endpoint = read(estates.plain(1), faults=[fault])
    assert [(entry.id, entry.reason) for entry in snapshot.incomplete] == [(path, "throttled")]
    assert sum(request.path == path for request in endpoint.requests) <= 5


def test_the_token_is_shown_nowhere(read: Any, estates: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("azure", "azure.identity", "msal", "urllib3"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    at_once = (("x-ms-retry-after-ms", "1"),)
    faults = [
        Fault.refusing(estates.nsg_id(0), 403, "AuthorizationFailed"),
        Fault(estates.list_path(NSGS), 500, headers=at_once),
    ]
    snapshot, endpoint = read(estates.plain(1), faults=faults, manners={"token": TOKEN})
    assert endpoint.token == TOKEN
    assert TOKEN not in repr(snapshot)
    assert TOKEN not in caplog.text
    assert endpoint.identity_header not in caplog.text


def test_the_token_is_not_in_errors(read: Any, estates: Any) -> None:
    fault = Fault.refusing(estates.list_path(SERVICES), 401, "InvalidAuthenticationToken", TOKEN)
    with pytest.raises(NoAuditError) as caught:
        read(estates.plain(1), faults=[fault], manners={"token": TOKEN})
    assert TOKEN not in str(caught.value) + caught.value.hint
    assert caught.value.__cause__ is None


def test_once_the_run_is_over_not_even_a_request_under_way_is_sent(estates: Any) -> None:
    over, places = threading.Event(), threading.Semaphore(1)
    over.set()
    with serve(estates.plain(1)) as endpoint, pytest.raises(NotAllowedError, match="over"):
        open_transport(over, places).send(HttpRequest("GET", endpoint.url))
    assert endpoint.asked == set()
    assert places.acquire(blocking=False)


def test_the_garbage_collector_is_as_before(read: Any, estates: Any) -> None:
    before = gc.get_threshold()
    read(estates.plain(1))
    with pytest.raises(NoAuditError):
        read(estates.plain(1), names=("nobody",))
    assert gc.get_threshold() == before


def test_log_levels_are_restored(read: Any, estates: Any) -> None:
    logging.getLogger("azure").setLevel(logging.INFO)
    read(estates.plain(1))
    assert logging.getLogger("azure").level == logging.INFO
    logging.getLogger("azure").setLevel(logging.NOTSET)


def test_a_password_file_does_not_replace_the_token(
    read: Any, estates: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password PLANTED-PASSWORD\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setattr("apim_audit.demo.endpoint.devnull", str(netrc))
    snapshot, _ = read(estates.plain(1))
    assert snapshot.incomplete == ()
