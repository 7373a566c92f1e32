"""Text of the backend: stored whole, and quoted without secrets.

JSON may hold halves of surrogate pairs, which no encoding has.
"""

import re

_QUOTED_CHARACTERS = 300
_SECRET = re.compile(r"\b(?:nmv|clm)_[\w-]+|(?<=Bearer )\S+")


def whole_characters(text: str) -> str:
    """Join surrogate pairs that were cut apart; a lone half becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def quote(text: str, *secrets: str) -> str:
    """A backend's words on one short line, with anything like a token taken out."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    line = " ".join(_SECRET.sub("[secret]", text).split())
    printable = "".join(character if character.isprintable() else "�" for character in line)
    return printable if len(printable) <= _QUOTED_CHARACTERS else printable[: _QUOTED_CHARACTERS - 1] + "…"
