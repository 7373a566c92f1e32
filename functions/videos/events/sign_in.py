"""Signing in with a mailed link: what is an address, and how often a link can be asked for."""

import ipaddress
import re
from datetime import datetime
from typing import Final, get_args

from backend.languages import DEFAULT, Code
from videos.model.records import Record

LINK_SECONDS: Final = 15 * 60
"""How long a mailed link works."""
SESSION_SECONDS: Final = 60 * 60
"""How long somebody stays signed in."""
WINDOW_SECONDS: Final = 15 * 60
LINKS_OF_ADDRESS: Final = 3
"""How many links can be asked for within a window for one address."""
LINKS_OF_CALLER: Final = 20
"""How many links one caller can ask for within a window."""
LONGEST_ADDRESS: Final = 254

_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS: Final = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_SUBSCRIBER: Final = 64
"""Bits of the network of one subscriber of IPv6."""


class SignInOrder(Record):
    """Somebody asks for a link. Whether the address can sign in is not known yet. `id` is in the log."""

    id: str
    address: str
    language: Code
    asked_at: datetime


def plain_address(text: str) -> str | None:
    """Return an e-mail address in lower case, or None if it is not one.

    Only ASCII: no letter of another script can be taken for one of somebody else's address.
    """
    address = text.strip()
    if not address.isascii() or len(address) > LONGEST_ADDRESS:
        return None
    return address.lower() if _ADDRESS.fullmatch(address.lower()) else None


def caller_of(source_ip: str) -> str:
    """Return what callers are counted by: an IPv4 address, or the IPv6 network of one subscriber."""
    address = ipaddress.ip_address(source_ip)
    if address.version == 4:  # noqa: PLR2004
        return str(address)
    return str(ipaddress.ip_network((address, _SUBSCRIBER), strict=False))


def language_of(tag: str) -> Code:
    """Return the language of messages that is nearest to a browser's, such as `de-AT`. Default: English."""
    known: tuple[Code, ...] = get_args(Code)
    return next((code for code in known if code == tag.lower().partition("-")[0]), DEFAULT)
