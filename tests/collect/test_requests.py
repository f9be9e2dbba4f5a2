"""Which requests are made and how many: none but the documented ones, and few of them."""

import re
from collections import Counter
from math import ceil
from typing import Any

import pytest

from apim_audit.collect import ReadFrom, Request, collect
from apim_audit.collect.arm import _GETS, _GROUP_LISTS, _LISTS
from apim_audit.demo.arm import ServedEstate, is_served
from apim_audit.demo.endpoint import serve
from apim_audit.demo.showing import isolated
from tests.benchmarks.tenant import estate_of
from tests.collect.documented import REQUESTS, is_documented

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
SUBSCRIPTIONS, EACH = 25, 4


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_the_endpoint_serves_what_is_documented_by_that_method_only(method: str, path: str) -> None:
    asked = re.sub(r"\{\w+\}", "x", path)
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} - {method}
    assert is_served(method, asked)
    assert not any(is_served(other, asked) for other in others)


def test_every_operation_of_the_collector_is_documented() -> None:
    group = "/subscriptions/x/resourceGroups/x/providers/"
    paths = [f"/subscriptions/x/providers/{kind.type}" for kind in _LISTS]
    paths += [group + kind.type for kind in _GROUP_LISTS]
    for kind in _GETS:
        provider, *types = kind.type.split("/")
        paths.append(group + "/".join([provider, *(f"{each}/x" for each in types)]))
    assert [path for path in paths if not is_documented("GET", path)] == []


@pytest.fixture(scope="module")
def company() -> ServedEstate:
    return estate_of(SUBSCRIPTIONS * EACH, SUBSCRIPTIONS, 8)


def asked(company: ServedEstate, page_size: int, **request: Any) -> Any:
    """Returns the endpoint after a reading at a realistic latency."""
    with serve(company, page_size=page_size, latency=0.02) as endpoint, isolated(endpoint.environment()):
        subscriptions = request.pop("subscriptions", endpoint.subscription_ids)
        snapshot = collect(Request(subscriptions, arm_endpoint=endpoint.url, **request), "")
        assert snapshot.incomplete == ()
        assert len(snapshot.documents) == len(company.documents)
    return endpoint


@pytest.mark.parametrize("page_size", [50, 2])
def test_lists_are_few_and_many_at_a_time(company: ServedEstate, page_size: int) -> None:
    endpoint = asked(company, page_size, read_from=ReadFrom.ARM)
    requests = [request for request in endpoint.arm_requests() if "/serviceTags" not in request.path]
    firsts = Counter(request.path.split("/")[2] for request in requests if "skiptoken" not in request.query)
    assert set(firsts.values()) == {5}  # with the gateways that these tiers can have
    of_gateways = sum(request.path.endswith("/gateways") for request in requests)
    assert of_gateways == SUBSCRIPTIONS
    assert len(requests) == SUBSCRIPTIONS * (2 + 3 * ceil(EACH / page_size))
    assert endpoint.most_in_flight == 8


def test_what_a_list_makes_necessary_does_not_wait_for_other_subscriptions(company: ServedEstate) -> None:
    paths = [request.path for request in asked(company, 50, read_from=ReadFrom.ARM).arm_requests()]
    of_networks = [at for at, path in enumerate(paths) if path.endswith("/virtualNetworks")]
    of_groups = [at for at, path in enumerate(paths) if path.endswith("/networkSecurityGroups")]
    assert len(of_networks) == len(of_groups) == SUBSCRIPTIONS
    assert of_groups[0] < of_networks[-1]


def test_queries_grow_with_pages_and_not_with_subscriptions(company: ServedEstate) -> None:
    endpoint = asked(company, 50, subscriptions=(), tenant=True)
    paths = Counter(request.path for request in endpoint.arm_requests())
    assert paths[GRAPH] == 6
    assert sum(paths.values()) == 7  # and the service tags
