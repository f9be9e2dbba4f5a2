"""How many requests reading a subscription of 1,000 instances takes, counted at the embedded ARM endpoint.

``python -m tests.benchmarks.requests_per_subscription``
"""

import re
from collections import Counter
from random import Random

from apim_audit.collect import Request, collect
from apim_audit.demo.arm import ServedEstate
from apim_audit.demo.endpoint import RecordedRequest, serve
from apim_audit.demo.showing import isolated
from apim_audit.demo.tags import service_tag_answer
from tests.benchmarks.measuring import show
from tests.benchmarks.random_estate import SUBSCRIPTION, Maker, documents, public_tags

INSTANCES = 1000
RULES = 10
PAGES = (50, 1000)
LIST = re.compile(r"/subscriptions/[^/]+/providers/(.+)")


def main() -> None:
    """Prints the table."""
    made = tuple(documents(Maker.of(Random(1), public_tags()), INSTANCES, RULES))
    estate = ServedEstate(made, service_tag_answer(SUBSCRIPTION))
    counted = {size: Counter(map(kind_of, asked(estate, size))) for size in PAGES}
    kinds = sorted({kind for counts in counted.values() for kind in counts})
    rows = [[kind, *(counts[kind] for counts in counted.values())] for kind in kinds]
    rows.append(["all", *(counts.total() for counts in counted.values())])
    show([f"requests for {INSTANCES} instances", *(f"pages of {size}" for size in PAGES)], rows)


def asked(estate: ServedEstate, page_size: int) -> list[RecordedRequest]:
    """Returns what the endpoint is asked while the estate is read."""
    with serve(estate, page_size=page_size) as endpoint:
        with isolated(endpoint.environment()):
            collect(Request((SUBSCRIPTION,), arm_endpoint=endpoint.url), "2026-11-22T06:31:00Z")
        return endpoint.arm_requests()


def kind_of(request: RecordedRequest) -> str:
    """Returns which list a request is a page of, or that it is for a single resource."""
    match = LIST.fullmatch(request.path)
    return match[1] if match else "single resources"


if __name__ == "__main__":
    main()
