"""``plan`` of a Terraform plan of 5,000 resources, created from nothing and laid over the estate as it is.

``python -m tests.benchmarks.plan_many`` prints milliseconds of whole processes. Each rule is a resource of its own, and
one rule of every NSG goes where the estate is there already.
"""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.benchmarks.measuring import PROGRAM, show, times_of
from tests.benchmarks.random_estate import Maker, documents
from tests.plan.azurerm_blocks import blocks_of
from tests.plan.terraform_plans import Block, plan

RESOURCES = 5000
RULES = 45  # a service, a VNet, a subnet, an NSG and its association make 50 with them
RUNS = 3
PREFIXES = ("13.64.0.0/14", "20.40.0.0/16", "52.224.0.0/11")


def main() -> None:
    """Prints the table."""
    bodies = list(documents(Maker(Random(1), PREFIXES), RESOURCES // (RULES + 5), RULES, served=True))
    blocks = list(islice(blocks_of(bodies, inline=False), RESOURCES))
    changed = [block.gone() if block.after and block.after.get("priority") == 101 else block.kept() for block in blocks]
    with TemporaryDirectory() as folder:
        onto = Path(folder) / "estate.json"
        onto.write_text(json.dumps(bodies), encoding="utf-8")
        created, altered = _written(folder, "created", blocks), _written(folder, "altered", changed)
        rows = []
        for name, arguments in (
            ("created from nothing", (created,)),
            ("100 rules go, nothing else known", (altered,)),
            ("100 rules go, --onto", (altered, "--onto", str(onto))),
        ):
            times = times_of((*PROGRAM, "plan", *arguments), RUNS)
            rows.append([name, len(blocks), times.cpu, times.wall])
    show(["plan", "resources", "CPU", "wall"], rows)


def _written(folder: str, name: str, blocks: Iterable[Block]) -> str:
    path = Path(folder) / f"{name}.json"
    path.write_text(json.dumps(plan(blocks)), encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
