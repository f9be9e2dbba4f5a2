"""From a snapshot's documents to the estate: the one way in."""

from dataclasses import dataclass, replace

from apim_audit.core.facts.estate import Estate, Instance, NetworkSecurityGroup, RouteTable
from apim_audit.core.facts.reports import Incomplete
from apim_audit.core.facts.requirements import Catalogue
from apim_audit.core.sets.tags import ServiceTags
from apim_audit.decode.features import FEATURE_KINDS, with_features
from apim_audit.decode.gaps import Gaps
from apim_audit.decode.index import Index
from apim_audit.decode.instances import InstanceReader, substance_of_instance
from apim_audit.decode.joined import Network
from apim_audit.decode.network_status import with_network_status
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Kind, Resource, fold_id, kind_of_id, name_in, sort_documents
from apim_audit.decode.security_groups import notes_on_group
from apim_audit.decode.service_tags import cloud_of_tags, clouds_of, parse_tags, used_names
from apim_audit.decode.unknown_words import UnknownWords
from apim_audit.snapshot import ServiceTagDocument, Snapshot

_NOT_WHOLE = (
    "The service tags are not whole (nextLink is set): a tag that they lack counts as one without data; give all pages "
    "of the answer in one array"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A snapshot as values.

    Attributes:
        tags: with the data of the tags that the audit can touch.
        incomplete: what the snapshot could not read, then what was wrong in its documents, by id.
        notes: what people should know besides, one sentence each.
    """

    estate: Estate
    tags: ServiceTags
    incomplete: tuple[Incomplete, ...]
    notes: tuple[str, ...]


def decode(
    snapshot: Snapshot,
    catalogue: Catalogue,
    *,
    admin_rules: bool = True,
    features: bool = False,
    observed: bool = False,
) -> Decoded:
    """Returns the estate that a snapshot's documents describe.

    Nothing in a document raises: what cannot be understood is Unreadable in the estate and told in ``incomplete``.

    Args:
        snapshot: the documents.
        catalogue: knows the names of tags and which of them requirements name.
        admin_rules: whether security admin rules count; where they do not, their documents are passed over, and that
            they could not be read is nothing that a location needs.
        features: whether the features that instances use count; likewise.
        observed: whether what the services observe counts; no location ever needs it.
    """
    problems = Problems()
    resources = sort_documents(snapshot.documents, problems)
    if not admin_rules:
        resources[Kind.ADMIN_RULES] = []
    network = Network(resources, Gaps(snapshot.incomplete), problems)
    instances = _instances([*resources[Kind.SERVICE], *resources[Kind.GATEWAY]], network, problems)
    if features:
        instances = with_features(instances, resources, snapshot.incomplete, problems)
    if observed:
        instances = with_network_status(instances, resources[Kind.NETWORK_STATUS], snapshot, problems)
    data, cloud_notes, why_none = _tags_that_count(snapshot, instances)
    used = used_names(catalogue, instances, network.subnets())
    tags = parse_tags(data, used, catalogue, problems)
    if why_none:
        tags = replace(tags, origin=why_none)
    asked = {
        kind.value for kind in (*(FEATURE_KINDS if features else ()), *((Kind.ADMIN_RULES,) if admin_rules else ()))
    }
    incomplete = problems.finish(network.used | asked | {fold_id(instance.id) for instance in instances})
    unread = [_counted(entry, admin_rules=admin_rules, features=features) for entry in snapshot.incomplete]
    notes = (*cloud_notes, *_notes_on(network, UnknownWords(used, tags)))
    return Decoded(Estate(instances), tags, (*unread, *incomplete), notes)


def _counted(entry: Incomplete, *, admin_rules: bool, features: bool) -> Incomplete:
    """Returns what could not be read, not needed where nobody asks for it."""
    kind = kind_of_id(entry.id)
    passed_over = (kind is Kind.ADMIN_RULES and not admin_rules) or (kind in FEATURE_KINDS and not features)
    return replace(entry, needed=False) if passed_over else entry


def _instances(resources: list[Resource], network: Network, problems: Problems) -> tuple[Instance, ...]:
    index = Index(InstanceReader(network, problems).read, substance_of_instance, problems)
    index.extend(resources)
    found = (index.read(key) for key in sorted(index.keys()))
    return tuple(replace(instance, unreadable=conflict) if conflict else instance for instance, conflict in found)


def _tags_that_count(
    snapshot: Snapshot, instances: tuple[Instance, ...]
) -> tuple[ServiceTagDocument | None, tuple[str, ...], str]:
    data = snapshot.service_tags
    if data is None:
        return None, (), ""
    notes = () if data.whole else (_NOT_WHOLE,)
    if data.cloud is None:
        return data, notes, ""
    ours = (cloud_of_tags(snapshot.cloud),) if snapshot.cloud else clouds_of(instances)
    theirs = cloud_of_tags(data.cloud)
    if set(ours) <= {theirs}:
        return data, notes, ""
    note = f"The service tags are those of the cloud {theirs}, the instances are in {' and '.join(ours)}"
    why_none = f"the service tags that count (those given are of {theirs}, the instances in {' and '.join(ours)})"
    return None, (f"{note}: the tags count as unknown; give those of the instances' cloud",), why_none


def _notes_on(network: Network, words: UnknownWords) -> list[str]:
    notes: list[str] = []
    for subnet in network.subnets():
        if not subnet.prefixes and not subnet.ipv6_only:
            notes.append(f"Subnet {name_in(subnet.id)}: its own address prefixes are not known")
        if isinstance(subnet.nsg, NetworkSecurityGroup):
            notes += [*notes_on_group(subnet.nsg), *words.notes_on_group(subnet.nsg)]
        if isinstance(subnet.route_table, RouteTable):
            notes += words.notes_on_table(subnet.route_table)
    return list(dict.fromkeys(notes))
