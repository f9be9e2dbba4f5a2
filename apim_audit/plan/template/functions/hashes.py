"""``uniqueString`` and ``guid``: names that Azure makes out of texts, always the same.

``guid`` is a name-based UUID of version 5 (Azure documentation, ``bicep-functions-string``, 2025-02-12). The algorithm
of ``uniqueString`` is not documented: a 64-bit hash in the manner of MurmurHash3, in base 32. It is held here against
pairs that others published (tests).
"""

from uuid import UUID, uuid5

from apim_audit.plan.template.functions.registry import Function, family, text
from apim_audit.plan.template.values import Value

_NAMESPACE = UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_CHARACTERS = 13
_MASK = 0xFFFFFFFF
_C1, _C2 = 0xAB0E9789, 0x239B961B
_END1, _END2 = 0x85EBCA6B, 0xC2B2AE35


def _rotate(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _MASK


def _scramble(word: int, first: int, by: int, second: int) -> int:
    return _rotate(word * first & _MASK, by) * second & _MASK


def _finish(word: int) -> int:
    word = (word ^ (word >> 16)) * _END1 & _MASK
    word = (word ^ (word >> 13)) * _END2 & _MASK
    return word ^ (word >> 16)


def murmur64(data: bytes) -> int:
    """Returns the 64-bit hash that ``uniqueString`` is made of."""
    high = low = 0
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        low ^= _scramble(int.from_bytes(data[at : at + 4], "little"), _C2, 15, _C1)
        low = ((_rotate(low, 19) + high) * 5 + 0x561CCD1B) & _MASK
        high ^= _scramble(int.from_bytes(data[at + 4 : at + 8], "little"), _C1, 17, _C2)
        high = ((_rotate(high, 13) + low) * 5 + 0x0BCAA747) & _MASK
    rest = data[whole:]
    low ^= _scramble(int.from_bytes(rest[:4], "little"), _C2, 15, _C1)
    high ^= _scramble(int.from_bytes(rest[4:], "little"), _C1, 17, _C2)
    high ^= len(data)
    low = ((low ^ len(data)) + high) & _MASK
    high = _finish((high + low) & _MASK)
    low = (_finish(low) + high) & _MASK
    return ((high + low) & _MASK) << 32 | low


def unique_string(arguments: list[Value]) -> str:
    """Returns the 13 characters that Azure makes of texts."""
    number = murmur64("-".join(map(text, arguments)).encode("utf-8", "replace"))
    return "".join(_ALPHABET[(number << 5 * place >> 59) & 31] for place in range(_CHARACTERS))


HASHES = family(
    Function("uniqueString", unique_string, 1, None),
    Function("guid", lambda arguments: str(uuid5(_NAMESPACE, "-".join(map(text, arguments)))), 1, None),
)
"""The hash functions by their folded names."""
