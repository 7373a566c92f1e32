# ruff: noqa: RUF001 - quotation marks of all kinds
"""What stands in quotation marks. Found in one pass: a regular expression would begin again at every mark."""

from collections.abc import Iterator
from dataclasses import dataclass

_CLOSING = {'"': '"', "“": "”", "「": "」", "『": "』", "《": "》", "‘": "’", "'": "'"}


@dataclass(frozen=True)
class Quotation:
    """Where it stands, marks included, and what it says."""

    start: int
    end: int
    words: str


def quotations(text: str) -> Iterator[Quotation]:
    """Quotations in their order, none empty and none inside another."""
    places = _Places(text)
    position = 0
    while position < len(text):
        end = _end(text, position, places) if text[position] in _CLOSING else None
        if end is None:
            position += 1
        else:
            yield Quotation(position, end + 1, text[position + 1 : end])
            position = end + 1


def _end(text: str, start: int, places: "_Places") -> int | None:
    """Where the quotation that would begin at `start` ends."""
    mark = text[start]
    if mark == "'":
        if start and _is_word(text[start - 1]):
            return None
        # Apostrophes within words do not end it, and neither does a line.
        end = places.after_word("'", start + 2)
        line = places.next("\n", start + 1)
        return end if end is not None and (line is None or end < line) else None
    end = places.next(_CLOSING[mark], start + 1)
    if end is None or end == start + 1:
        return None
    return None if mark == "‘" and end + 1 < len(text) and _is_word(text[end + 1]) else end


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


class _Places:
    """Where characters stand in a text, asked for from left to right; each place is looked at once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}
        self._found_after_word: dict[str, int] = {}

    def next(self, character: str, start: int) -> int | None:
        """The first one at `start` or later."""
        found = self._found.get(character, -1)
        if found < start:
            found = self._text.find(character, start)
            found = len(self._text) if found < 0 else found
            self._found[character] = found
        return found if found < len(self._text) else None

    def after_word(self, character: str, start: int) -> int | None:
        """The first one at `start` or later that no word goes on after."""
        found = self._found_after_word.get(character, -1)
        if found < start:
            found = start
            while found < len(self._text) and not self._ends_here(character, found):
                found += 1
            self._found_after_word[character] = found
        return found if found < len(self._text) else None

    def _ends_here(self, character: str, place: int) -> bool:
        follows = self._text[place + 1 : place + 2]
        return self._text[place] == character and not (follows and _is_word(follows))
