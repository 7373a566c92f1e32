"""Addresses as they are shown: without passwords and signatures, which are for the one who fetches them.

What is shown: names of videos, messages, mails, subjects, events, logs. The address itself is kept where the
backend, or the service that is called back, is given it.
"""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

MAX_VALUE_CHARS = 40
"""A query parameter with a longer name or value is a token more often than a word."""

_SECRET = re.compile(
    r"(?:^|[_.-])(?:auth|authorization|code|creds?|credentials?|hmac|jwt|key|pass|passwd|passcode|password|pwd|sas|secret"
    r"|session|sessionid|sid|sig|sign|signature|ticket|token)"
    r"(?:$|[_.-])|^x-(?:amz|goog|oss|cos|ms)-|^(?:awsaccesskeyid|googleaccessid|apikey|accesskey|policy|expires)$"
    r"|(?:token|secret|signature|password|apikey)$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}://[^\s\"'<>“”]+")


def shown_address(address: str) -> str:
    """Return the address without user, password, fragment, and the query parameters that look secret."""
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return address.partition("?")[0].rpartition("@")[2]
    kept = [(name, value) for name, value in query if not _is_secret(name, value)]
    host = parts.netloc.rpartition("@")[2]
    if host == parts.netloc and len(kept) == len(query) and not parts.fragment:
        return address  # as it was written
    return parts._replace(netloc=host, query=urlencode(kept, errors="replace"), fragment="").geturl()


def without_secrets(text: str) -> str:
    """Return a text with each address in it as it is shown."""
    return _ADDRESS.sub(lambda found: shown_address(found[0]), text)


def _is_secret(name: str, value: str) -> bool:
    return max(len(name), len(value)) > MAX_VALUE_CHARS or _SECRET.search(name) is not None
