"""The effective security admin rules of the VNets that the instances use."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apim_audit.collect.arm import ArmReader
from apim_audit.collect.failures import Failure, unread
from apim_audit.collect.kinds import ADMIN_RULES, VIRTUAL_NETWORKS, Held, ResourceId, fold, id_of, parse_id, text_at
from apim_audit.core.facts.reports import Incomplete
from apim_audit.snapshot import Document

_TYPE = "Microsoft.Network/effectiveSecurityAdminRules"
_BELOW_CONFIGURATION = "/rulecollections/"


@dataclass(frozen=True, slots=True)
class AdminRuleSets:
    """A document for each VNet, and what could not be read."""

    documents: tuple[Document, ...]
    incomplete: tuple[Incomplete, ...]


def read_admin_rules(arm: ArmReader, networks: Sequence[Held]) -> AdminRuleSets:
    """Reads the admin rules of VNets.

    Args:
        arm: the reader.
        networks: documents, VNets among them.

    Returns:
        A document for each VNet with the id, the type and the names that Resource Graph gives it, and in it ARM's own
        answer, rule by rule.
    """
    ids = {fold(id_of(document)): parse_id(VIRTUAL_NETWORKS, id_of(document)) for document in networks}
    vnets = [resource_id for resource_id in ids.values() if resource_id is not None]
    documents: list[Document] = []
    incomplete: list[Incomplete] = []
    for vnet, answer in zip(vnets, arm.each(arm.admin_rules, vnets), strict=True):
        if isinstance(answer, Failure):
            incomplete.append(_gap(vnet, answer))
        else:
            documents.append(_document(vnet, answer))
    return AdminRuleSets(tuple(documents), tuple(incomplete))


def _gap(vnet: ResourceId, failure: Failure) -> Incomplete:
    return unread(f"the security admin rules of VNet {vnet.name}", _id(vnet), failure, ADMIN_RULES)


def _id(vnet: ResourceId) -> str:
    return f"{vnet.text.strip().rstrip('/')}/providers/{_TYPE}/default"


def _document(vnet: ResourceId, rules: Iterable[object]) -> Document:
    by_configuration: dict[str, list[object]] = {}
    for rule in rules:
        by_configuration.setdefault(_configuration(rule), []).append(rule)
    configurations = [{"id": each, "rules": rules} for each, rules in by_configuration.items()]
    return {
        "id": _id(vnet),
        "name": "default",
        "type": _TYPE,
        "properties": {"resourceId": vnet.text, "effectiveSecurityAdminConfigurations": configurations},
    }


def _configuration(rule: object) -> str:
    """Returns the id of the configuration that a rule belongs to, or an empty text."""
    rule_id = text_at(rule, "id") or ""
    end = rule_id.lower().find(_BELOW_CONFIGURATION)
    return rule_id[:end] if end >= 0 else ""
