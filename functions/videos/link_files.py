"""Files that hold an address: what browsers and desktops make when a link is dragged into a folder."""

import plistlib
import re
from typing import Any

from videos.texts import decoded, visible

LINK_ENDINGS = frozenset({"url", "webloc", "desktop"})
"""A `.txt` may hold one, too."""

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")

_WITHOUT_SCHEME = re.compile(
    r"www\.[^\s/]+\.\S+|(?:[a-z0-9][a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?::\d{1,5})?/\S*", re.IGNORECASE
)
"""As people type an address, and as browsers show it: `www.shop.example`, `shop.example/kettle`."""


class NoAddressError(ValueError):
    """A link file without an address. The message says what is wrong with it."""


def address_in(name: str, body: bytes) -> str:
    """The address that a link file holds, as it stands there: what it is worth is for the guard to say.

    Args:
        name: The file's name; its ending says what it is: `url` (Windows), `webloc` (macOS), `desktop`
            (freedesktop.org), or else text with the address in its first line.
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
            found = with_scheme(_first_line(decoded(body)))
    address = visible(found)
    if not _SCHEME.fullmatch(address):
        raise NoAddressError("there is no address in it.")
    return address


def with_scheme(text: str) -> str:
    """Return an address that people typed without `https://` with it, and any other text as it is."""
    address = visible(text)
    return f"https://{address}" if _WITHOUT_SCHEME.fullmatch(address) else text


def holds_address(text: str) -> bool:
    """Return whether the first line of a text is an address."""
    first = _first_line(text)
    return any(pattern.fullmatch(first) for pattern in (_SCHEME, _WITHOUT_SCHEME))


def text_below(body: bytes) -> str | None:
    """What stands below the address in a text file: what is to be done with it."""
    return visible(visible(decoded(body)).partition("\n")[2]) or None


def _first_line(text: str) -> str:
    """Return the first line of a text, without the brackets that some programs put around an address."""
    first = visible(visible(text).partition("\n")[0])
    return first[1:-1] if first.startswith("<") and first.endswith(">") else first


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
