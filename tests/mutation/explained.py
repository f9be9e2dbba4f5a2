"""Faults that no test can notice, because they change no answer, with the reason."""

HARMLESS = {
    "mask & column[alive[0]]: BitOr": "which dimension is split first is a matter of speed",
    "left.get(name, 0) + right.get(name, 0): Sub": "which choice is answered first is a matter of speed",
    "intervals.py:6: 64: 65": "any bound beyond all members will do",
    "intervals.py:6: 1: 2": "any bound before or beyond all members will do",
    "len(one) < len(two): LtE": "of two sets of the same length either is looked up in the other",
    "mask == (1 << len(self.classes)) - 1: NotEq": "what all classes have is what each has, only slower to add up",
    "len(met) == len(required) == 1": "a table of one rule is compiled the long way, to the same masks",
    "len(table.clauses) == len(table.regions) == 1": "one rule is searched the long way, to the same leaf",
    "// _CLASSES_A_NODE": "how soon the budget is spent is a matter of speed",
    "8192: 819": "how soon the budget is spent, and what caches keep, is a matter of speed",
    "worlds.py:271: 0: -1": "what becomes of a flow does not bear on whether a leaf can be there",
    "len(set(map(verdict_of, possible))) > 1: GtE": "conditions are not read where there is one verdict",
}
"""Parts of the text of a mutant, and why it does no harm."""
