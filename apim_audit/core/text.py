"""Text from outside, made harmless for whoever reads it."""


def printable(text: str) -> str:
    r"""Returns the text with everything escaped that a terminal might obey or hide.

    Control characters, bidirectional marks, other invisible ones and lone surrogates become ``\x1b``, ``\u202e`` and
    the like, as Unicode's "Other" and "Separator" categories name them.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(ord(c)) for c in text)


def _escape(code: int) -> str:
    if code <= 0xFF:  # noqa: PLR2004  (one byte; the next line is two)
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
