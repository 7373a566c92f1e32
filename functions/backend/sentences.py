"""A sentence as its words are compared: without quotations, capitals and accents."""

import unicodedata
from functools import lru_cache
from typing import Final

from backend.intent_words import QUOTE
from backend.quotations import quotations

_QUOTATION_MARKS: Final = {
    pair[0]: pair[1]
    for pair in "“” „“ ‘’ 「」 『』 《》 «» ‹› ``".split()  # noqa: RUF001, SIM905 - as people write them
} | {'"': '"', "'": "'"}


def sentence_of(text: str) -> str:
    """Return the text in small letters without accents. A quotation is content: QUOTE stands for it."""
    return _plain(unquoted(unicodedata.normalize("NFKC", text).casefold()))


def _plain(text: str) -> str:
    """The text without the accents of Latin letters, and with one kind of apostrophe."""
    return "".join(map(_base, text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")))


@lru_cache(maxsize=4096)
def _base(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if base.isascii() and base.isalpha() else letter


def unquoted(text: str) -> str:
    """Return the text with QUOTE in place of each quotation."""
    pieces, position = [], 0
    for start, end in quotations(text, _QUOTATION_MARKS):
        pieces += [text[position:start], f" {QUOTE} "]
        position = end
    return "".join([*pieces, text[position:]])
