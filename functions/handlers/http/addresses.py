"""Addresses that callers give are hostile until the guard has looked at them."""

import os

from handlers import wiring
from nemovideo.assumptions import refused_site
from videos.requests import FieldError
from videos.sources import Reached
from web.errors import NotThereError, UnreachableError, UrlError


def reachable(field: str, url: str) -> Reached:
    """Ask for a page or file that the backend is going to fetch, and follow its redirects.

    What turns us away may let the backend in: that is a warning. The address is kept, and not what it
    redirects to, which may expire, is another one each time, and may hold a secret of the site.

    Raises:
        FieldError: It leads into a private network, or there is no such page.
    """
    from web.client import as_requested, probe  # noqa: PLC0415 - most callers give a file: httpx is for those who do not

    _taken(field, url)
    try:
        found = probe(url, wiring.guard(), contact=os.environ["CONTACT_ADDRESS"])
    except UrlError as error:
        if _may_be_there(error):
            warning = f"The address could not be checked: {error} The video service tries it all the same."
            return Reached(as_requested(url), warning)
        raise FieldError(field, f"{error} {error.advice}") from error
    _taken(field, found)
    return Reached(as_requested(url))


def _may_be_there(error: UrlError) -> bool:
    return isinstance(error, UnreachableError) and not isinstance(error, NotThereError)


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
        if _may_be_there(error):
            return url  # it is checked again when it is called
        raise FieldError(field, f"{error} {error.advice}") from error
