"""Files that hold an address: what browsers and desktops make when a link is dragged into a folder."""

import plistlib
import re
from dataclasses import dataclass
from typing import Any

from videos.texts import decoded, visible

LINK_ENDINGS = frozenset({"url", "webloc", "desktop"})
"""A `.txt` may hold one, too."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")

_WITHOUT_SCHEME = re.compile(
    r"www\.[^\s/]+\.\S+|(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?::\d{1,5})?/\S*", re.IGNORECASE
)
"""As people type an address, and as browsers show it: `www.shop.example`, `shop.example/kettle`."""


_JOINTS = " -|\u2013\u2014"
"""Between the title of a page and its address, where an app shares both in one line."""

_SENTENCE_ENDS = (".", "!", "?", ":", "\u2026", "\u3002", "\uff01", "\uff1a", "\uff1f")


@dataclass(frozen=True)
class TextLink:
    """A text with one address. `above` and `below` are the words before and after it."""

    address: str
    above: str = ""
    below: str = ""

    @property
    def title(self) -> str | None:
        """The title of the page: words before the address that are no sentence."""
        return None if self._says_what_to_do else self.above or None

    @property
    def instruction(self) -> str | None:
        """What to do with the page: the text after the address, and a sentence before it."""
        above = self.above if self._says_what_to_do else ""
        return "\n".join(filter(None, (above, self.below))) or None

    @property
    def _says_what_to_do(self) -> bool:
        return self.above.endswith(_SENTENCE_ENDS)


class NoAddressError(ValueError):
    """A link file without an address. The message says what is wrong with it."""


def address_in(name: str, body: bytes) -> str:
    """The address that a link file holds, as it stands there: what it is worth is for the guard to say.

    Args:
        name: The file's name; its ending says what it is: `url` (Windows), `webloc` (macOS), `desktop`
            (freedesktop.org), or else text (`link_in`).
        body: The file.

    Raises:
        NoAddressError: It holds none.
    """
    match name.rsplit(".", 1)[-1].lower():
        case "url":
            found = _entry(decoded(body), "internetshortcut", ("url",))
        case "desktop":
            # KDE marks an entry that may hold variables.
            found = _entry(decoded(body), "desktop entry", ("url", "url[$e]"))
        case "webloc":
            found = _webloc(body)
        case _:
            found = link.address if (link := link_in(decoded(body))) else ""
    address = visible(found)
    if not _SCHEME.fullmatch(address):
        raise NoAddressError("there is no address in it.")
    return address


def with_scheme(text: str) -> str:
    """Return an address that people typed without `https://` with it, and any other text as it is."""
    address = visible(text)
    return f"https://{address}" if _WITHOUT_SCHEME.fullmatch(address) else text


def begins_with_address(text: str) -> bool:
    """Return whether the first line of a text is an address."""
    return _alone(_parted(text)[0]) is not None


def link_in(text: str) -> TextLink | None:
    """Return the address that a text is about, and the words around it.

    The address is alone in the first line, or in the second one. A text of one line may also begin or end
    with it, as apps share links. Any other text is about something else, or about several pages.
    """
    first, below = _parted(re.sub(r"\r\n?", "\n", text))
    if address := _alone(first):
        return TextLink(address, below=below)
    second, rest = _parted(below)
    if address := _alone(second):
        is_list = any(_alone(visible(line)) for line in rest.split("\n"))
        return None if is_list else TextLink(address, above=first, below=rest)
    return None if below else _beside_words(first)


def _parted(text: str) -> tuple[str, str]:
    """Return the first line of a text that is not empty, and what is below it."""
    line, _, below = visible(text).partition("\n")
    return visible(line), visible(below)


def _alone(line: str) -> str | None:
    """Return the address that is all of a line, without the brackets that some programs put around it."""
    bare = line[1:-1] if line.startswith("<") and line.endswith(">") else line
    address = visible(with_scheme(bare))
    return address if _SCHEME.fullmatch(address) else None


def _beside_words(line: str) -> TextLink | None:
    if line.count("://") != 1:
        return None
    before, _, last = line.rpartition(" ")
    if address := _alone(last):
        return TextLink(address, above=before.rstrip(_JOINTS))
    first, _, after = line.partition(" ")
    address = _alone(first)
    return TextLink(address, below=after.lstrip(_JOINTS)) if address else None


def _entry(text: str, section: str, keys: tuple[str, ...]) -> str:
    """The value of the last entry of the section under one of the keys, the first key first.

    Not `configparser`, which fails on continued lines, and joins them.
    """
    entries: dict[str, str] = {}
    inside = False
    for line in map(str.strip, re.split(r"[\r\n]+", text.replace("\x00", ""))):
        if line.startswith("["):
            inside = line.strip("[] ").lower() == section
        elif inside and not line.startswith(("#", ";")):
            name, equals, value = line.partition("=")
            if equals:
                entries[name.strip().lower()] = value.strip()
    return next((entries[key] for key in keys if entries.get(key)), "")


def _webloc(body: bytes) -> str:
    try:
        found: Any = plistlib.loads(body)
    except Exception as error:
        raise NoAddressError("it is no property list.") from error
    address = found.get("URL") if isinstance(found, dict) else None
    return address if isinstance(address, str) else ""
