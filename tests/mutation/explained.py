"""Faults that no test can notice, because they change no answer, with the reason."""

HARMLESS = {
    "mask & column[alive[0]]: BitOr": "which dimension is split first is a matter of speed",
    "left.get(name, 0) + right.get(name, 0): Sub": "which choice is answered first is a matter of speed",
    "bisect_right(there, first) - 1 & ~1: BitOr": "the walk starts at the first interval; what lies before is dropped",
    "intervals.py:6: 64: 65": "any bound beyond all members will do",
    "worlds.py:271: 0: -1": "what becomes of a flow does not bear on whether a leaf can be there",
    "len(set(map(verdict_of, possible))) > 1: GtE": "conditions are not read where there is one verdict",
}
"""Parts of the text of a mutant, and why it does no harm."""
