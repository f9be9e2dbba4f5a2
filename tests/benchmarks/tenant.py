"""Reading and judging a tenant of 10,000 instances in 500 subscriptions, 50 ms a request, by both ways.

``python -m tests.benchmarks.tenant [INSTANCES SUBSCRIPTIONS RULES]``

The endpoint runs in a process of its own and writes its resources beforehand, so that what is measured is the program
alone.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from apim_audit.collect import ReadFrom, Request, collect
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.documents import Place, Site, network_security_group, route_table, service, subnet, virtual_network
from apim_audit.demo.endpoint import ArmEndpoint, serve
from apim_audit.demo.tags import service_tag_answer
from apim_audit.run import audit
from apim_audit.snapshot import Document
from tests.benchmarks.measuring import show
from tests.benchmarks.random_estate import REQUIRED, Maker

INSTANCES, SUBSCRIPTIONS, RULES = 10_000, 500, 60
LATENCY = 0.05
SKUS = ("Developer", "Premium", "StandardV2")
TAKEN_AT = "2026-11-22T06:31:00Z"


def estate_of(instances: int, subscriptions: int, rules: int) -> ServedEstate:
    """Returns an estate in which each subscription has one VNet, and each instance a subnet, NSG and route table."""
    each = instances // subscriptions
    ids = [f"00000000-0000-4000-8000-{index:012}" for index in range(subscriptions)]
    maker = Maker(Random(1), ("13.64.0.0/16", "20.60.0.0/16", "40.74.0.0/15"))
    documents = [document for one in ids for document in _subscription(one, each, rules, maker)]
    return ServedEstate(tuple(documents), service_tag_answer(ids[0]))


def _subscription(subscription: str, instances: int, rules: int, maker: Maker) -> Iterator[Document]:
    place = Place(subscription, "rg-apis", "West Europe")
    network = place.id("Microsoft.Network/virtualNetworks", "vnet")
    subnets = []
    for index in range(instances):
        group = network_security_group(place, f"nsg-{index:02}", [*REQUIRED, *maker.rules(rules - len(REQUIRED))])
        table = route_table(place, f"rt-{index:02}")
        inside = subnet(network, f"snet-{index:02}", f"10.0.{index}.0/27", group["id"], table["id"])
        subnets.append(inside)
        yield group
        yield table
        sites = (Site("West Europe", inside["id"]),)
        yield service(place, f"apim-{index:02}", SKUS[index % len(SKUS)], "External", sites)
    yield virtual_network(place, "vnet", "10.0.0.0/8", subnets)


def serve_apart(instances: int, subscriptions: int, rules: int) -> None:
    """Serves the estate until standard input ends; then tells what was asked."""
    estate = estate_of(instances, subscriptions, rules)
    with serve(estate, page_size=100, latency=LATENCY, written=True) as endpoint:
        _tell({"url": endpoint.url, "environment": endpoint.environment(), "subscriptions": endpoint.subscription_ids})
        for _ in sys.stdin:
            _tell(_asked(endpoint))
            endpoint.requests.clear()


def _asked(endpoint: ArmEndpoint) -> dict[str, Any]:
    requests = endpoint.arm_requests()
    return {
        "requests": len(requests),
        "firsts": sum("skiptoken" not in request.query for request in requests),
        "refused": len(endpoint.refused()),
        "inFlight": endpoint.most_in_flight,
        "perSubscription": max(Counter(request.path.split("/")[2] for request in requests).values()),
    }


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def read_and_judge(url: str, way: str, subscriptions: list[str]) -> None:
    """Reads and judges in this process, and tells what it took; without Python's search for cycles, as the program."""
    gc.disable()
    request = Request(tuple(subscriptions), arm_endpoint=url, read_from=ReadFrom(way))
    if way == "graph":
        request = Request((), arm_endpoint=url, tenant=True)
    times = [_moment()]
    snapshot = collect(request, TAKEN_AT)
    times.append(_moment())
    report = audit(snapshot)
    times.append(_moment())
    _tell({"times": times, "instances": len(report.instances), "incomplete": len(report.incomplete)})


def _moment() -> tuple[float, float, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.monotonic(), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


@contextmanager
def _served(arguments: list[str]) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "tests.benchmarks.tenant", "serve", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  (ours)
        try:
            yield server
        finally:
            server.kill()


def _line(server: "subprocess.Popen[str]") -> dict[str, Any]:
    assert server.stdout is not None
    told: dict[str, Any] = json.loads(server.stdout.readline())
    return told


def measure(arguments: list[str]) -> None:
    """Prints the table."""
    with _served(arguments) as server:
        endpoint = _line(server)
        rows: list[list[object]] = [[way, *_measured(server, endpoint, way)] for way in ("graph", "arm")]
    headings = (
        "way", "requests", "without further pages", "most in a subscription", "in flight", "s to read", "ideal s",
        "CPU s to read", "MB after reading", "s to judge", "CPU s to judge", "MB in all", "instances", "not read",
    )  # fmt: skip
    ways = [str(row[0]) for row in rows]
    show(["", *ways], zip(headings[1:], *(row[1:] for row in rows), strict=True))


def _measured(server: "subprocess.Popen[str]", endpoint: dict[str, Any], way: str) -> list[object]:
    done = subprocess.run(  # noqa: S603  (ours)
        [sys.executable, "-m", "tests.benchmarks.tenant", "read", endpoint["url"], way],
        env={**os.environ, **endpoint["environment"]},
        input=json.dumps(endpoint["subscriptions"]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert server.stdin is not None
    server.stdin.write("asked\n")
    server.stdin.flush()
    asked = _line(server)
    begun, read, judged = told["times"]
    counts = [asked["requests"], asked["firsts"], asked["perSubscription"], asked["inFlight"]]
    reading = [read[0] - begun[0], asked["requests"] * LATENCY / asked["inFlight"], read[1] - begun[1], read[2]]
    judging = [judged[0] - read[0], judged[1] - read[1], judged[2]]
    return [*counts, *reading, *judging, told["instances"], told["incomplete"]]


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", *numbers]:
            serve_apart(*map(int, numbers))
        case ["read", url, way]:
            read_and_judge(url, way, json.load(sys.stdin))
        case numbers:
            measure(numbers or [str(INSTANCES), str(SUBSCRIPTIONS), str(RULES)])
