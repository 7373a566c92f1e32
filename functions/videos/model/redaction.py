"""Addresses as they are shown: without passwords and signatures, which are for the one who fetches them.

What is shown: names of videos, messages, answers, mails, subjects, events, logs. The address itself is kept
where the backend, or the service that is called back, is given it.
"""

import re
from urllib.parse import quote_plus, unquote_plus, urlsplit

MAX_VALUE_CHARS = 40
"""A query parameter with a longer name or value is a token more often than a word."""

_TIMES_ENCODED = 3
"""An address within the address is encoded so often at most."""

_SECRET = re.compile(
    r"(?:^|_)(?:auth|authorization|bearer|code|cookie|creds?|credentials?|digest|hash|hmac|jwt|key|login|mac|md5|nonce|otp|pass|passwd"
    r"|passcode|passphrase|password|pin|policy|pw|pwd|sas|secret|session|sessionid|sid|sig|sign|signature|signed|ticket"
    r"|tk|tok|token|userinfo|verify)(?:$|_)"
    r"|^saml|^x_(?:amz|goog|oss|cos|ms)_|^q_(?:ak|sign|signature|key|header|url)_?|^(?:hdne?[atl]{1,3}|hdnts|gda|expires)$"
    r"|(?:token|secret|signature|password|sess(?:ion)?id|access_?(?:key_)?id|(?:access|api|auth|client|license|pass|preview|private|public"
    r"|resource|rl|secret|share|temp|user)_?key)$",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
"""Where a name in camel case, or with hyphens or dots, has its next word."""

_ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]{0,31}:/{1,2}|(?<![\w.@/-])www\.)[^\s\"'<>“”]+", re.IGNORECASE
)
_WITHOUT_SCHEME = re.compile(
    r"(?<![\w/.@:-])(?!mailto:)[\w.+%-]{1,64}:(?!/)[^\s@\"<>“”]{1,128}@(?=[\w-]{1,63}\.|localhost\b|\[)"
)
"""`me:secret@shop.example`, as people type it."""
_QUERY_WITHOUT_SCHEME = re.compile(
    r"(?<![\w.@/:%-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}(?::\d{1,5})?(?:/[^\s\"'<>“”?]{0,512})?\?[^\s\"'<>“”]{1,2048}"
)
_USER = re.compile(
    r"([A-Za-z][A-Za-z0-9+.-]{0,31}:/{1,2}|(?<![\w:/.])//)[^\s/?#@:\[\"'<>“”]{0,64}:(?!\d{1,5}(?:[/?#\s]|$))[^\s@]{1,128}@"
)
"""Passwords hold any character, also such as should be escaped. What looks like a port is one."""

# Services whose addresses are secret as a whole: anyone who knows one can post.
_SECRET_PATHS = re.compile(
    r"hooks\.(?:slack|slack-gov|zapier)\.com|(?:.+\.)?webhook\.office\.com|outlook\.office(?:365)?\.com"
    r"|(?:.+\.)?(?:logic\.azure|api\.powerplatform)\.com|api\.telegram\.org|hook(?:\.\w+)?\.(?:make|integromat)\.com|maker\.ifttt\.com"
    r"|(?:(?:ptb|canary)\.)?discord(?:app)?\.com(?=/api/webhooks/)|open\.(?:feishu|larksuite)\.\w+"
    r"|webhook\.site|chat\.googleapis\.com",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w.-]+")  # a JSON Web Token


def shown_address(address: str) -> str:
    """Return the address without user, password, fragment, and what looks secret in its path and query."""
    address = _USER.sub(r"\1", address)
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return address.partition("?")[0].rpartition("@")[2]
    netloc, path = parts.netloc.rpartition("@")[2], parts.path
    if not netloc and "@" in path and address.partition(":")[2][:1] == "/":  # one slash is missing
        path = path[: len(path) - len(path.lstrip("/"))] + path.rpartition("@")[2]
    path = "/".join(map(_shown_segment, path.split("/")))
    if _SECRET_PATHS.match(f"{host}{path}"):
        path = "/…"
    query = re.sub(r"[^&;]+", _shown_parameter, parts.query)
    query = re.sub(r"^[&;]+|[&;]+$|(?<=[&;])[&;]+", "", query) if query != parts.query else query
    if (netloc, path, query) == (parts.netloc, parts.path, parts.query) and not parts.fragment:
        return address  # as it was written
    return parts._replace(netloc=netloc, path=path, query=query, fragment="").geturl()


def without_secrets(text: str) -> str:
    """Return a text with each address in it as it is shown."""
    text = _USER.sub(r"\1", text)
    for pattern in (_ADDRESS, _QUERY_WITHOUT_SCHEME):
        text = pattern.sub(lambda found: shown_address(found[0]), text)
    return _WITHOUT_SCHEME.sub("", text)


def _shown_segment(segment: str) -> str:
    """Return a part of a path without parameters that look secret, such as `;jsessionid=`."""
    first, *parameters = segment.split(";")
    kept = [one for one in parameters if not _is_secret(*_parameter(one))]
    return ";".join((_TOKEN.sub("…", first), *kept))


def _shown_parameter(found: re.Match[str]) -> str:
    name, value = _parameter(found[0])
    if _is_secret(name, value):
        return ""
    for _ in range(_TIMES_ENCODED):  # an address within the address
        if "@" in value or "?" in value or "://" in value:
            break
        value = unquote_plus(value, errors="replace")
    else:
        return found[0]
    shown = without_secrets(value)
    return found[0] if shown == value else f"{quote_plus(name)}={quote_plus(shown, safe=':/')}"


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return unquote_plus(name, errors="replace"), unquote_plus(value, errors="replace")


def _is_secret(name: str, value: str) -> bool:
    if max(len(name), len(value)) > MAX_VALUE_CHARS or _TOKEN.search(value):
        return True
    return _SECRET.search(_WORDS.sub("_", name).strip("_")) is not None
