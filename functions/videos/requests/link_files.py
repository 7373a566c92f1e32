"""Files that hold an address: what browsers and desktops make when a link is dragged into a folder."""

import plistlib
import re
from dataclasses import dataclass
from typing import Any

from videos.model.texts import decoded, visible

LINK_ENDINGS = frozenset({"url", "webloc", "desktop"})
"""A `.txt` may hold one, too."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")

_WITHOUT_SCHEME = re.compile(
    r"www\.[^\s/]+\.\S+|(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?::\d{1,5})?/\S*", re.IGNORECASE
)
"""As people type an address, and as browsers show it: `www.shop.example`, `shop.example/kettle`."""


_IN_WORDS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
"""An address among words, which may stand in brackets or end with the mark of a sentence."""

_JOINTS = " \t\u00a0-|\u2013\u2014"
_OPENING = _JOINTS + "<([\"'\u00ab\u201c\u201e"
_CLOSING = _JOINTS + ">)]\"'\u00bb\u201d.,;:!?"

# An address does not end with these, but a bracket may be closed at its end.
_ADDRESS_ENDS = ".,;:!?)]'\u00bb\u201d"

_BULLET = re.compile(r"(?:[#*+\u2022-]+|\d+[.)])(?:\s+|$)")

_LABEL = re.compile(r"\S+(?: \S+)?[:=\uff1a]")
"""Says that an address follows, and no more: `URL:`, `URL=`, `Product page:`."""

_FORMATS = ("url", "desktop", "webloc")

_SENTENCE_ENDS = (".", "!", "?", ":", "\u3002", "\uff01", "\uff1a", "\uff1f")


@dataclass(frozen=True)
class TextLink:
    """A text with one address. `above` and `below` are the words before and after it."""

    address: str
    above: str = ""
    below: str = ""

    @property
    def _words(self) -> str:
        return "" if _LABEL.fullmatch(self.above) else _BULLET.sub("", self.above, count=1)

    @property
    def title(self) -> str | None:
        """The title of the page: words before the address that are no sentence."""
        return None if self._says_what_to_do else self._words or None

    @property
    def instruction(self) -> str | None:
        """What to do with the page: the text after the address, and a sentence before it."""
        above = self._words if self._says_what_to_do else ""
        return "\n".join(filter(None, (above, self.below))) or None

    @property
    def _says_what_to_do(self) -> bool:
        return self._words.endswith(_SENTENCE_ENDS)


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
    ending = name.rpartition(".")[2].lower()
    if ending in _FORMATS and (address := _address_of(ending, decoded(body), body)):
        return address
    link = link_in_file(body)
    if link is None:
        raise NoAddressError("it contains no URL.")
    return link.address


def link_in_file(body: bytes) -> TextLink | None:
    """Return what a text file links to; it may also be a link file with another ending."""
    text = decoded(body)
    addresses = filter(None, (_address_of(ending, text, body) for ending in _FORMATS))
    return link_in(text) or next((TextLink(address) for address in addresses), None)


def _address_of(ending: str, text: str, body: bytes) -> str:
    """Return the address in a file of that format; nothing if there is none, or it is of another format."""
    match ending:
        case "url":
            found = _entry(text, "internetshortcut", ("url",))
        case "desktop":
            # KDE marks an entry that may hold variables.
            found = _entry(text, "desktop entry", ("url", "url[$e]"))
        case _:
            found = _webloc(body)
    return _alone(visible(found)) or ""


def with_scheme(text: str) -> str:
    """Return an address that people typed without `https://` with it, and any other text as it is."""
    address = visible(text)
    return f"https://{address}" if _WITHOUT_SCHEME.fullmatch(address) else text


def begins_with_address(text: str) -> bool:
    """Return whether the first line of a text is an address."""
    return _alone(_parted(_with_line_feeds(text))[0]) is not None


def link_in(text: str) -> TextLink | None:
    """Return the address that a text is about, and the words around it.

    The address is alone in the first line, or in the second one. A text of one line may also begin or end
    with it, as apps share links. Any other text is about something else, or about several pages.
    """
    first, below = _parted(_with_line_feeds(text))
    if address := _alone(first):
        return TextLink(address, below=_without_repeats(first, below))
    second, rest = _parted(below)
    if address := _alone(second):
        rest = _without_repeats(second, rest)
        is_list = any(_alone(visible(line)) for line in rest.split("\n"))
        return None if is_list else TextLink(address, above=first, below=rest)
    return None if below else _beside_words(first)


def _with_line_feeds(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


def _parted(text: str) -> tuple[str, str]:
    """Return the first line of a text that is not empty, and what is below it."""
    line, _, below = visible(text).partition("\n")
    return visible(line), visible(below)


def _without_repeats(address: str, below: str) -> str:
    """Return a text without its first lines where they are the same address again."""
    line, rest = _parted(below)
    while line == address:
        below = rest
        line, rest = _parted(below)
    return below


def _alone(line: str) -> str | None:
    """Return the address that is all of a line, without the marks that some programs put around it."""
    bare = line[1:-1] if (line[:1], line[-1:]) in {("<", ">"), ('"', '"')} else line
    address = visible(with_scheme(bare))
    return address if _SCHEME.fullmatch(address) else None


def _beside_words(line: str) -> TextLink | None:
    match = _IN_WORDS.search(line)
    if match is None or line.count("://") != 1:
        return None
    address = match[0].rstrip(_ADDRESS_ENDS)
    if address.count("(") > address.count(")"):
        address += ")"
    before, after = line[: match.start()], line[match.end() :]
    if not after.strip(_CLOSING):
        return TextLink(address, above=_trimmed(before))
    return None if before.strip(_OPENING) else TextLink(address, below=visible(after.lstrip(_CLOSING)))


def _trimmed(title: str) -> str:
    """Return the words before an address without what joins the two."""
    trimmed = visible(title.rstrip(_OPENING))
    return trimmed.lstrip("[").rstrip("](") if title.rstrip().endswith("](") else trimmed


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
    except Exception:  # noqa: BLE001 - it raises whatever a broken file leads it to
        return ""
    address = found.get("URL") if isinstance(found, dict) else None
    return address if isinstance(address, str) else ""
