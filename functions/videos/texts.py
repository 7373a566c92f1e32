"""Text as people's programs write it: UTF-8 or UTF-16, with a mark or without, or Windows' own."""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


LONGEST_MESSAGE = 2000


def shortened(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return the beginning of a text that is longer than a message may be."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def in_figures(credits_: float) -> str:
    """Return an amount of credits as people write it: `1,000,000`, `10`, `3.33`."""
    return f"{credits_:,.2f}".rstrip("0").rstrip(".")


def decoded(body: bytes) -> str:
    """The text. Never fails: what is no text at all comes out as nonsense."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if b"\x00" in body[:2]:
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
