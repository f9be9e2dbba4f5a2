"""The functions of the template language whose results depend on their arguments alone, by family."""

from collections.abc import Mapping

from apim_audit.plan.template.functions.addresses import ADDRESSES
from apim_audit.plan.template.functions.collections import COLLECTIONS
from apim_audit.plan.template.functions.dates import DATES
from apim_audit.plan.template.functions.hashes import HASHES
from apim_audit.plan.template.functions.numbers import NUMBERS
from apim_audit.plan.template.functions.registry import Function
from apim_audit.plan.template.functions.strings import STRINGS

PURE: Mapping[str, Function] = {**STRINGS, **COLLECTIONS, **NUMBERS, **DATES, **ADDRESSES, **HASHES}
"""By their folded names."""

__all__ = ["PURE", "Function"]
