"""What a team accepts for now, as files say it: waivers and known gaps; and where the defaults of options stand."""

from apim_audit.gate.acceptance import Accepted, Sources, accept, load_accepted
from apim_audit.gate.known_gaps import known_gaps_text

__all__ = ["Accepted", "Sources", "accept", "known_gaps_text", "load_accepted"]
