"""The use cases, one function each; catalogue, decoder, judge and collector load inside, so that starting is quick."""

from apim_audit.run.accepting import accept, accepted, masked
from apim_audit.run.asking import DEFAULT_BASELINE, Deployment, FailOn, Gate, Reading, Target
from apim_audit.run.auditing import audit, check
from apim_audit.run.catalogues import compare_baselines, requirements
from apim_audit.run.planning import plan
from apim_audit.run.reading import collect, demo, doctor, live, role
from apim_audit.run.statuses import GAPS, OK, UNDECIDED, exit_status

__all__ = [
    "DEFAULT_BASELINE", "GAPS", "OK", "UNDECIDED", "Deployment", "FailOn", "Gate", "Reading", "Target",
    "accept", "accepted", "audit", "check", "collect", "compare_baselines", "demo", "doctor", "exit_status", "live",
    "masked", "plan", "requirements", "role",
]  # fmt: skip
