"""Text as people's programs write it: UTF-8 or UTF-16, with a mark or without, or Windows' own."""

import codecs
import re
import unicodedata

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


LONGEST_MESSAGE = 2000


def shortened(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """Return the beginning of a text that is longer than a message may be."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def in_figures(credits_: float) -> str:
    """Return an amount of credits as people write it: `1,000,000`, `10`, `3.33`."""
    return f"{credits_:,.2f}".rstrip("0").rstrip(".")


def visible(text: str) -> str:
    """Return the text without spaces and invisible characters around it, which are copied along."""
    first, last = 0, len(text)
    while first < last and _is_invisible(text[first]):
        first += 1
    while last > first and _is_invisible(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_invisible(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


# Marks of punctuation are left out: they stand between words in every language.
_ROW = re.compile(r"[^\x00-\x7f\s\u00ab\u00bb\u2018-\u201e\u2013\u2014\u2022\u2026]{4,}")
_FOREIGN_LETTERS = 4

# What other kinds of files begin with, as far as control characters do not show them.
_NOT_PLAIN = ("{\\rtf", "<!doctype", "<html", "<?xml", "%pdf-")
_LAYOUT = frozenset("\t\n\v\f\r\x85")


def is_plain(text: str) -> bool:
    """Return whether a decoded file was plain text, and not one of a word processor or a picture."""
    if text.lstrip().lower().startswith(_NOT_PLAIN) or "\ufffd" in text:
        return False
    return all(character in _LAYOUT or unicodedata.category(character) != "Cc" for character in text)


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that the first four bytes of a text show: a byte order mark, or zeros of UTF-16."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\x00" in head[:2]:
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return None


def is_misread(text: str) -> bool:
    """Return whether a text that was read as Windows-1252 is in an encoding of another script.

    In no language that is written in Windows-1252 do so many different letters follow on each other that are
    not ASCII. In Chinese, Russian or Greek encodings, each word is such a row.
    """
    return any(len(set(row)) >= _FOREIGN_LETTERS for row in _ROW.findall(text))


def decoded(body: bytes) -> str:
    """The text. Never fails: what is no text at all comes out as nonsense.

    Bytes of an unknown encoding become replacement characters.
    """
    if encoding := marked_encoding(body):
        return body.decode(encoding, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
        return body.decode("ascii", "replace") if is_misread(text) else text
