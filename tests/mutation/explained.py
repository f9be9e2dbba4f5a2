"""Faults that no test can notice, because they change no answer, with the reason."""

_WHAT_FIRST = "which dimension is split first is a matter of speed"
_CHOICE = "which choice is answered first is a matter of speed"
_SPENT = "how soon the budget is spent is a matter of speed"
_NEAR = "at that size both ways to list vectors have the same result"
_MORE_ASKED = "more is asked than has to be, to the same answer"
_FEW_REGIONS = "a few regions stand for all, however many these are"
_KEPT = "what is not kept is made again"

HARMLESS = {
    "addresses.py: drop if ':' not in text:": "a shortcut: what has no colon cannot be read as IPv6",
    "classes.py: drop if mask == (1 << len(self.classes)) - 1:": "a shortcut: adding up all classes gives the hull",
    "classes.py: (1 << len(self.classes)) - 1: Add": "the shortcut is never taken then",
    "classes.py: 1 << len(self.classes): RShift": "the shortcut is never taken then",
    "classes.py: drop if not self.cuts:": "a shortcut: without a cut there is one class, the hull",
    "compiling.py: drop if last is not None and len(met) == len(required) == 1:": (
        "a table of one rule is compiled the long way, to the same masks"
    ),
    "cells.py: 4096: 409": _NEAR,
    "cells.py: addresses.size() < _FEW_ADDRESSES: LtE": _NEAR,
    "cells.py: 8: 9 | _FEW_SETS": _NEAR,
    "cells.py: 8: 7 | _FEW_SETS": _NEAR,
    "cells.py: len(possible) <= _FEW_SETS: Lt": _NEAR,
    "cells.py: addresses.size() < _FEW_ADDRESSES and len(possible) <= _FEW_SETS: Or": (
        "every vector is right for any cell, only slower"
    ),
    "cells.py: 0: -1 | places =": _MORE_ASKED,
    "cells.py: leaf.region[Dimension.OTHER] >> other & 1: BitOr": _MORE_ASKED,
    "cells.py: leaf.region[Dimension.OWN] >> own & 1: BitOr": _MORE_ASKED,
    "cells.py: asks.get(name, NO | YES) >> answer & 1: BitOr": _MORE_ASKED,
    "cells.py: False: True | return all((mask >> member.get(name, False)": (
        "what cannot be a member is decided alike whatever is asked"
    ),
    "cells.py: 1: 2 | return next((number": "any number below zero stands for no class",
    "conditions.py: False: True | mild: bool = False": "what is no loss has the same severity, mild or not",
    "intervals.py: 64: 65 | _BEFORE, _BEYOND": "any bound beyond all members will do",
    "intervals.py: 1: 2 | _BEFORE, _BEYOND": "any bound before or beyond all members will do",
    "intervals.py: drop if not other.bounds or self is other: | def union": "a shortcut: the answer is the same",
    "intervals.py: not other.bounds or self is other: And": "a shortcut that is taken less often",
    "intervals.py: drop if not self.bounds: | def union": "a shortcut: the long way has the same result",
    "intervals.py: drop if not self.bounds or not other.bounds:": "a shortcut: the long way has the same result",
    "intervals.py: not self.bounds or not other.bounds: And": "a shortcut that is taken less often",
    "intervals.py: drop if len(other.bounds) < len(self.bounds):": "either set can be gone through",
    "intervals.py: len(one) < len(two): LtE": "of two sets of the same length either is looked up in the other",
    "resolve.py: 3: 4 | _REGIONS_OF_A_TAG": _FEW_REGIONS,
    "resolve.py: 3: 2 | _REGIONS_OF_A_TAG": _FEW_REGIONS,
    "resolve.py: 2: 3 | _REGIONS_BESIDE_A_REGION": _FEW_REGIONS,
    "resolve.py: 2: 1 | _REGIONS_BESIDE_A_REGION": _FEW_REGIONS,
    "resolve.py: drop tags.resolved[name] = resolved": _KEPT,
    "resolve.py: drop self._known[text] = found": _KEPT,
    "resolve.py: 1: 2 | close = get_close_matches": "of several the first is taken",
    "resolve.py: drop if len(expressions) == 1:": "a shortcut: the union of one set is the set",
    "resolve.py: 0: -1 | return self._known.get(expressions[0])": "there is one",
    "search.py: 160000: 160001 | NODE_BUDGET": "any budget of that size will do",
    "search.py: 160000: 159999 | NODE_BUDGET": "any budget of that size will do",
    "search.py: 1: 2 | stage: int = 1": "any stage but that of admin rules will do",
    "search.py: shadows and (not self.shadowed.issuperset(self._rules(shadows))): Or": (
        "more parts are kept than one for each rule, all of them right"
    ),
    "search.py: drop if len(candidates) == 1:": "a shortcut: of one dimension the best is that one",
    "search.py: len(candidates) == 1: NotEq": _WHAT_FIRST,
    "search.py: 1: 2 | if len(candidates) == 1:": _WHAT_FIRST,
    "search.py: 1: 0 | if len(candidates) == 1:": _WHAT_FIRST,
    "search.py: 0: -1 | return candidates[0]": "there is one",
    "search.py: max(candidates, key=lambda d: self._separated(region[d], d, alive)): min for max": _WHAT_FIRST,
    "search.py: 0: 1 | inside = mask & column[alive[0]]": _WHAT_FIRST,
    "search.py: 0: -1 | inside = mask & column[alive[0]]": _WHAT_FIRST,
    "search.py: mask & column[alive[0]]: BitOr": _WHAT_FIRST,
    "search.py: 1: 2 | return sum((1 for clause in alive": _WHAT_FIRST,
    "search.py: 1: 0 | return sum((1 for clause in alive": _WHAT_FIRST,
    "search.py: not column[clause] & inside": _WHAT_FIRST,
    "search.py: column[clause] & inside: BitOr": _WHAT_FIRST,
    "search.py: not column[clause] & outside: drop not": _WHAT_FIRST,
    "search.py: column[clause] & outside: BitOr": _WHAT_FIRST,
    "search.py: 0: -1 | state.found(Leaf(table.regions[0], table.last))": "there is one",
    "search.py: 1: 0 | if table.last is not None": "the shortcut is never taken then",
    "search.py: drop if table.last is not None": "one rule is searched the long way, to the same leaf",
    "unknowns.py: drop if not common:": "a shortcut: what is cut out is empty then, and empty pieces are dropped",
    "unknowns.py: drop kept = kept.under((unknown, mask))": "the pieces overlap then, and their union is the same",
    "worlds.py: 20000: 20001 | JOIN_BUDGET": "any budget of that size will do",
    "worlds.py: 20000: 19999 | JOIN_BUDGET": "any budget of that size will do",
    "worlds.py: 16: 17 | _FATE_BITS": "any number of bits that holds all fates will do",
    "worlds.py: 16: 15 | _FATE_BITS": "any number of bits that holds all fates will do",
    "worlds.py: drop if not any((self._asks(fated.leaf.region, Place.OWN)": "a shortcut: all own ends come to the same",
    "worlds.py: drop if prod(map(len, options)) > self.budget:": "a shortcut: the budget would be spent on the way",
    "worlds.py: prod(map(len, options)) > self.budget: GtE": _SPENT,
    "worlds.py: drop self.spend() | for chosen in product": _SPENT,
    "worlds.py: drop self.spend() | def _family": _SPENT,
    "worlds.py: 1: 2 | merged:": _CHOICE,
    "worlds.py: 1: 0 | merged:": _CHOICE,
    "worlds.py: region[Dimension.OTHER] >> cell.other & 1 and self._answered(region, answers): Or": _MORE_ASKED,
    "worlds.py: region[Dimension.OTHER] >> cell.other & 1: BitOr | if region": _MORE_ASKED,
    "worlds.py: left.get(name, 0) + right.get(name, 0): Sub": _CHOICE,
    "worlds.py: 0: -1 | perhaps = ": "what becomes of a flow does not bear on whether a leaf can be there",
    "worlds.py: 0: 1 | perhaps = ": "what becomes of a flow does not bear on whether a leaf can be there",
    "worlds.py: drop if not perhaps:": "a shortcut: of no leaf none can be there",
    "worlds.py: drop if cell.addresses.size() >= len(outcomes):": "a shortcut: the long way joins the same outcomes",
    "worlds.py: cell.addresses.size() >= len(outcomes): Gt": "a shortcut that is taken less often",
    "worlds.py: outcome & _ALL_FATES: BitOr | fate = ": "what a vector meets tells it from all others: each is a group",
    "worlds.py: drop self.budget -= len(left) * len(right) // 16": _SPENT,
    "worlds.py: self.budget -= len(left) * len(right) // 16: Add": _SPENT,
    "worlds.py: 16: 17 | self.budget -= len(left)": _SPENT,
    "worlds.py: 16: 15 | self.budget -= len(left)": _SPENT,
    "worlds.py: drop self.spend() | def _join": _SPENT,
}
"""How the text of a mutant begins, and why it does no harm."""
