"""Holds a check of the core against the simulator's ruling, and replays its witness."""

from ipaddress import IPv4Address

from apim_audit.core.facts.findings import Check
from apim_audit.core.facts.verdicts import Gap, Verdict, Witness
from tests.laws.random_nsgs import Case
from tests.laws.simulator import Packet, Simulation, first_match, is_pinned
from tests.laws.translation import judged


def differences(case: Case) -> list[str]:
    """Returns what the core and the simulator do not agree on; nothing where all is well."""
    checks = judged(case.instance(), case.tags(), case.catalogue(), case.place)
    found: list[str] = []
    for row_id, needed in case.needed().items():
        problem = difference(checks[row_id], Simulation.of(needed, case.rules, case.around))
        if problem:
            found.append(f"{row_id}: {problem}")
    return found


def difference(check: Check, simulation: Simulation) -> str:
    """Returns how a check differs from the ruling of a simulation, or an empty text."""
    ruling = simulation.ruling()
    if ruling is None:
        return "" if check.verdict is Verdict.UNKNOWN else f"{check.verdict} though no flow is needed"
    evidence = check.evidence
    deciders = tuple((rule.name, rule.priority) for rule in evidence.decided_by)
    shadowed = tuple((rule.name, rule.priority) for rule in evidence.shadowed)
    told = (check.verdict.value, deciders, shadowed)
    expected = (ruling.verdict, ruling.deciders, ruling.shadowed)
    if told != expected:
        return f"{told} instead of {expected}"
    return _fault_of_gap(check.outcome, simulation) if isinstance(check.outcome, Gap) else ""


def _fault_of_gap(gap: Gap, simulation: Simulation) -> str:
    if gap.or_else:
        return "other verdicts are possible though everything is known"
    if gap.evidence.witness is None:
        return "a gap without a witness"
    if gap.evidence.witness.assuming:
        return "an assumption though everything is known"
    return fault_of_witness(gap.evidence.witness, simulation)


def packet_of(witness: Witness) -> Packet:
    """Returns the flow of a witness."""
    return Packet(
        witness.protocol,
        int(IPv4Address(witness.source)),
        witness.source_port,
        int(IPv4Address(witness.destination)),
        witness.destination_port,
    )


def fault_of_witness(witness: Witness, simulation: Simulation) -> str:
    """Returns what is wrong with a witness: not needed, decided by another rule, or explicitly allowed after all."""
    packet, needed = packet_of(witness), simulation.needed
    if not needed.holds(packet, simulation.around):
        return f"{packet} is not among the needed flows"
    rule = first_match(simulation.rules, packet, simulation.around)
    if rule.name != witness.decided_by:
        return f"{packet} is decided by {rule.name}, not by {witness.decided_by}"
    if rule.access == "Deny" or rule.is_default:
        return ""
    unpinned = [other for other in simulation.rules if not is_pinned(other)]
    second = first_match(unpinned, packet, simulation.around)
    served = second.access == "Allow" and not second.is_default
    return f"{packet} is explicitly allowed" if served or not needed.is_tag else ""
