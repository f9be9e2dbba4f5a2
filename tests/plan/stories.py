"""The stories of fixtures/plans: each a Terraform plan, with the state that it meets where there is one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from apim_audit.demo.documents import deny_in
from tests.plan.judging import RULES, estate, inline, kept, rule_address, separate
from tests.plan.terraform_plans import Block, call, plan

Json = dict[str, Any]
Story = tuple[Json, list[Json] | None]

GROUP = "azurerm_network_security_group"
ASSOCIATION = "azurerm_subnet_network_security_group_association.vnet-apim"


def in_module(block: Block, module: str, **expressions: Any) -> Block:
    return replace(block, module=module, expressions={**block.expressions, **expressions})


def hub_and_spoke() -> tuple[list[Block], Json]:
    """Returns a network module called for two regions, whose subnets and NSGs reach the service through outputs."""
    blocks = separate()
    network: list[Block] = []
    for key in ("hub", "spoke"):
        for block in blocks.values():
            if block.type not in {"azurerm_api_management", ASSOCIATION.partition(".")[0]}:
                after = {**(block.after or {}), "resource_group_name": f"rg-{key}"}
                network.append(in_module(replace(block, after=after), f'module.net["{key}"]'))
    joined = in_module(
        blocks[ASSOCIATION],
        'module.net["spoke"].module.join[0]',
        subnet_id="var.subnet_id",
        network_security_group_id="var.group_id",
    )
    service = in_module(
        blocks["azurerm_api_management.apis"],
        "module.gateway",
        virtual_network_configuration=[{"subnet_id": "var.subnets"}],
    )
    join = call({"subnet_id": "azurerm_subnet.vnet-apim.id", "group_id": f"{GROUP}.nsg.id"}, [joined], {})
    outputs = {"subnet_id": "azurerm_subnet.vnet-apim.id"}
    modules = {
        "net": call({}, [b for b in network if '"hub"' in b.module], outputs, module_calls={"join": join}),
        "gateway": call({"subnets": 'module.net["spoke"].subnet_id'}, [service], {}),
    }
    return [*network, joined, service], modules


def _hub_and_spoke() -> Story:
    blocks, modules = hub_and_spoke()
    # In the spoke the rule for the control plane has been forgotten.
    forgotten = ('module.net["spoke"]', "AllowManagement")
    return plan([b for b in blocks if (b.module, b.key) != forgotten], modules), None


def _inline_to_separate() -> Story:
    before, after = inline(), separate()
    group = before[f"{GROUP}.nsg"].altered(security_rule=[])
    rules = [block for block in after.values() if block.type == "azurerm_network_security_rule"]
    others = [block.kept() for block in before.values() if block.type != GROUP]
    return plan([group, *others, *(block for block in rules if block.key != "AllowSql")]), estate()


def _priorities() -> Story:
    rules = (*RULES[:3], deny_in(4000, "DenyRest"), *RULES[3:])
    blocks = separate(rules)
    raised = blocks[rule_address("DenyRest")].altered(priority=101)
    lowered = blocks[rule_address("AllowManagement")].altered(priority=4000)
    return plan(kept(blocks, DenyRest=raised, AllowManagement=lowered)), estate(rules)


def _for_each() -> Story:
    blocks = separate()
    plain = blocks["azurerm_subnet.vnet-apim"]
    subnets = [
        replace(plain, name="all", key=key, after={**(plain.after or {}), "name": key.replace("/", "-")})
        for key in ("apim", "a/b")
    ]
    written = {"subnet_id": "each.value.id", "network_security_group_id": f"{GROUP}.nsg.id"}
    joined = replace(
        blocks[ASSOCIATION], name="all", key="apim", expressions={"for_each": "azurerm_subnet.all", **written}
    )
    service = replace(
        blocks["azurerm_api_management.apis"],
        expressions={"virtual_network_configuration": [{"subnet_id": 'azurerm_subnet.all["apim"].id'}]},
    )
    others = [b for b in blocks.values() if b.address not in {plain.address, ASSOCIATION, service.address}]
    return plan([*others, *subnets, joined, service]), None


def _unknown() -> Story:
    blocks = separate()
    rule = blocks[rule_address("AllowSql")]
    after = {name: value for name, value in (rule.after or {}).items() if name != "destination_port_range"}
    unknown = replace(rule, after=after, unknown={"id": True, "destination_port_range": True})
    return plan(kept(blocks, AllowSql=unknown)), estate([*RULES[:4], *RULES[5:]])


def _sensitive() -> Story:
    blocks = separate((*RULES, deny_in(110, "DenyPartner", "198.51.100.77", "443")))
    rule = replace(blocks[rule_address("DenyPartner")], sensitive={"source_address_prefix": True})
    lowered = blocks[rule_address("AllowClients")].altered(priority=4001)
    return plan(kept(blocks, DenyPartner=rule, AllowClients=lowered)), estate()


def _refused() -> Story:
    blocks = separate()
    twice = blocks[rule_address("AllowSql")].altered(priority=100, destination_port_range="1433,11000-11999")
    return plan(kept(blocks, AllowSql=twice)), estate()


def _fixed() -> Story:
    blocks = separate()
    new = blocks[rule_address("AllowManagement")]
    gone = blocks[rule_address("AllowClients")].gone()
    current = [RULES[0], *RULES[2:5]]  # key-vault stays as it is: allowed by default only, perhaps
    there = {address: block for address, block in blocks.items() if address != rule_address("AllowKeyVault")}
    return plan(kept(there, AllowManagement=new, AllowClients=gone)), estate(current)


STORIES: Mapping[str, Callable[[], Story]] = {
    "fixed-caused-and-there": _fixed,
    "for-each": _for_each,
    "hub-and-spoke": _hub_and_spoke,
    "inline-to-separate": _inline_to_separate,
    "not-known-until-apply": _unknown,
    "priorities-reordered": _priorities,
    "rules-refused": _refused,
    "sensitive": _sensitive,
}
