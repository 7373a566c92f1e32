"""Addresses that callers give are hostile until the guard has looked at them."""

from handlers import wiring
from nemovideo.assumptions import refused_site
from videos.requests import FieldError
from web.errors import UrlError


def reachable(field: str, url: str) -> str:
    """A page or file that answers, wherever its redirects lead, without reaching into a private network.

    Raises:
        FieldError: It is forbidden, or does not answer.
    """
    from web.client import probe  # noqa: PLC0415 - most callers give a file: httpx is for those who do not

    _taken(field, url)
    try:
        found = probe(url, wiring.guard())
    except UrlError as error:
        raise FieldError(field, f"{error} {error.advice}") from error
    _taken(field, found)
    return found


def _taken(field: str, url: str) -> None:
    if site := refused_site(url):
        raise FieldError(
            field, f"the video service does not take addresses of {site}. Upload the file itself instead."
        )


def allowed(field: str, url: str) -> str:
    """An address that may be called later; it is not called now.

    Raises:
        FieldError: It is forbidden.
    """
    try:
        return str(wiring.guard().check(url).url)
    except UrlError as error:
        raise FieldError(field, f"{error} {error.advice}") from error
