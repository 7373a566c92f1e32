"""The text in quotation marks, found in one pass.

A regular expression would look for the closing mark again from each opening one: a text of opening marks
alone would take time in the square of its length.
"""

from collections.abc import Iterator, Mapping

INSIDE_WORDS = "'"
"""The mark that is an apostrophe, too. It opens before a word, and closes after one."""


def quotations(text: str, marks: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Yield where each quotation starts and ends, its marks included; none is empty or inside another.

    Args:
        text: is read once.
        marks: the closing mark of each opening one.
    """
    places = _Places(text)
    position = 0
    while position < len(text):
        end = _end(text, position, marks, places) if text[position] in marks else None
        if end is None:
            position += 1
        else:
            yield position, end + 1
            position = end + 1


def _end(text: str, start: int, marks: Mapping[str, str], places: "_Places") -> int | None:
    opening = text[start]
    if opening != INSIDE_WORDS:
        end = places.next(marks[opening], start + 1)
        return end if end is not None and end > start + 1 else None
    if start and _is_word(text[start - 1]):
        return None
    end = places.next_unless_inside_a_word(start + 2) if text[start + 1 : start + 2] != INSIDE_WORDS else None
    return end if end is not None and not _is_word(text[end + 1 : end + 2]) else None


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


class _Places:
    """Where marks stand in a text, asked for from left to right; each place is looked at once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[str, int] = {}
        self._apostrophe = -1

    def next(self, mark: str, start: int) -> int | None:
        """Return the place of the first one at `start` or later."""
        if self._found.get(mark, -1) < start:
            found = self._text.find(mark, start)
            self._found[mark] = found if found >= 0 else len(self._text)
        return self._found[mark] if self._found[mark] < len(self._text) else None

    def next_unless_inside_a_word(self, start: int) -> int | None:
        """Return the place of the first apostrophe at `start` or later that is not inside a word."""
        if self._apostrophe < start:
            found = start - 1
            while (found := self._text.find(INSIDE_WORDS, found + 1)) >= 0:
                if not (_is_word(self._text[found - 1]) and _is_word(self._text[found + 1 : found + 2])):
                    break
            self._apostrophe = found if found >= 0 else len(self._text)
        return self._apostrophe if self._apostrophe < len(self._text) else None
