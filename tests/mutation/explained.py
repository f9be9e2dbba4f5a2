"""Faults that no test can notice, because they change no answer, with the reason."""

HARMLESS = {
    "mask & column[alive[0]]: BitOr": "which dimension is split first is a matter of speed",
    "left.get(name, 0) + right.get(name, 0): Sub": "which choice is answered first is a matter of speed",
    "intervals.py: 64: 65 | ": "any bound beyond all members will do",
    "intervals.py: 1: 2 | _BEFORE, _BEYOND": "any bound before or beyond all members will do",
    "drop if not other.bounds or self is other:": "a shortcut: the long way gives the same set",
    "not other.bounds or self is other: And": "a shortcut that is taken less often",
    "drop if not self.bounds:": "a shortcut: the long way gives the same set",
    "not self.bounds or not other.bounds": "a shortcut: the long way gives the same set",
    "drop if len(other.bounds) < len(self.bounds):": "whichever set is gone through, the answer is the same",
    "drop if mask == (1 << len(self.classes)) - 1:": "a shortcut: adding up all classes gives the hull",
    "(1 << len(self.classes)) - 1: Add": "the shortcut is never taken then",
    "1 << len(self.classes): RShift": "the shortcut is never taken then",
    "drop if not self.cuts:": "a shortcut: without a cut there is one class, the hull",
    "drop if not common:": "a shortcut: what is cut out is empty then, and empty pieces are dropped",
    "drop kept = kept.under((unknown, mask))": "the pieces overlap then, and their union is the same",
    "len(one) < len(two): LtE": "of two sets of the same length either is looked up in the other",
    "mask == (1 << len(self.classes)) - 1: NotEq": "what all classes have is what each has, only slower to add up",
    "len(met) == len(required) == 1": "a table of one rule is compiled the long way, to the same masks",
    "len(table.clauses) == len(table.regions) == 1": "one rule is searched the long way, to the same leaf",
    "// _CLASSES_A_NODE": "how soon the budget is spent is a matter of speed",
    "8192: 819": "how soon the budget is spent, and what caches keep, is a matter of speed",
    "worlds.py: 0: -1 | perhaps = ": "what becomes of a flow does not bear on whether a leaf can be there",
    "len(set(map(verdict_of, possible))) > 1: GtE": "conditions are not read where there is one verdict",
}
"""Parts of the text of a mutant, and why it does no harm."""
