"""The web as others name it to us: no URL is fetched, posted to or handed on before the guard has seen it."""

from web.client import GuardedTransport, guarded_client, in_plain_words, iter_capped, probe, read_capped
from web.errors import ForbiddenAddressError, TooLargeError, UnreachableError, UrlError
from web.guard import CheckedUrl, Guard, Resolve, resolve

__all__ = [
    "CheckedUrl",
    "ForbiddenAddressError",
    "Guard",
    "GuardedTransport",
    "Resolve",
    "TooLargeError",
    "UnreachableError",
    "UrlError",
    "guarded_client",
    "in_plain_words",
    "iter_capped",
    "probe",
    "read_capped",
    "resolve",
]
