"""Text from strangers, made harmless: file names, instructions and what an agent says may hold anything."""

import unicodedata
from itertools import accumulate

# Joiners that words and emoji are made with; all other invisible characters may go.
_JOINERS = {"\u200c", "\u200d"}
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def one_line(text: str, limit: int) -> str:
    """One line of at most `limit` visible characters: no controls, no marks that change the direction."""
    visible = "".join(_visible(character) for character in text)
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def escaped(text: str, limit: int) -> str:
    """Text for chats that read `<…>` as a command: at most `limit` characters, entities whole."""
    characters = [_ENTITIES.get(character, character) for character in text]
    if sum(map(len, characters)) <= limit:
        return "".join(characters)
    lengths = accumulate(map(len, characters))
    return "".join(c for c, length in zip(characters, lengths, strict=True) if length < limit) + "…"


def _visible(character: str) -> str:
    if character in _JOINERS:
        return character
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf" | "Cs" | "Co" | "Cn":
            return ""
    return character
