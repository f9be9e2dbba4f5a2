"""A plan laid over a live subscription: the same SDK code as the audit, over TLS on loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

from apim_audit.demo.endpoint import serve
from apim_audit.demo.estate import SUBSCRIPTION, demo_estate
from tests.plan.terraform_plans import Block, plan

ROOT = Path(__file__).parents[2]
DENY = {
    "name": "DenyAll",
    "resource_group_name": "rg-network-westeurope",
    "network_security_group_name": "nsg-apim-all-allowed",
    "priority": 101,
    "direction": "Outbound",
    "access": "Deny",
    "protocol": "*",
    "source_port_range": "*",
    "destination_port_range": "*",
    "source_address_prefix": "*",
    "destination_address_prefix": "Sql",
}


def test_a_plan_that_tells_no_subscription_meets_the_live_one(tmp_path: Path) -> None:
    rule = Block("azurerm_network_security_rule", "deny", after=DENY, unknown={"id": True})
    (tmp_path / "plan.json").write_text(json.dumps(plan([rule])), encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "APIM_AUDIT_"))}
    with serve(demo_estate()) as endpoint:
        done = subprocess.run(  # noqa: S603  (our own program)
            [
                sys.executable,
                "-m",
                "apim_audit",
                "plan",
                "plan.json",
                "--onto-subscription",
                SUBSCRIPTION,
                "-f",
                "json",
            ],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={
                **inherited,
                "PYTHONPATH": str(ROOT),
                "APIM_AUDIT_ARM_ENDPOINT": endpoint.url,
                **endpoint.environment(),
            },
            timeout=120,
        )
    assert done.returncode == 3, done.stderr
    report = json.loads(done.stdout)
    assert [each["name"] for each in report["instances"]] == ["apim-all-allowed"]
    (location,) = report["instances"][0]["locations"]
    assert [
        c["requirement"] for c in location["checks"] if c.get("change") == "caused" and c["severity"] == "error"
    ] == ["sql"]
    assert report["serviceTags"]["source"] == "live"
