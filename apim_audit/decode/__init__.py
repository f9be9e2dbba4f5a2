"""ARM documents to values: the only code that knows how Azure Resource Manager names its fields."""

from apim_audit.decode.estate import Decoded, decode

__all__ = ["Decoded", "decode"]
