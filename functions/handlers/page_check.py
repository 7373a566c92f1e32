"""Checks of URLs in requests. A URL is untrusted until the guard has checked it."""

import os

from backend.assumptions import refused_site
from handlers import wiring
from safe_http.errors import NotThereError, UnreachableError, UrlError
from videos.requests.options import FieldError
from videos.requests.sources import Reached


def reachable(field: str, url: str) -> Reached:
    """Request a page or file that the backend will fetch, and follow its redirects.

    A site that rejects this request may accept the backend, so that is only a warning. The original URL is
    kept. The target of a redirect may expire, change, or contain a secret of the site.

    Raises:
        FieldError: The URL leads into a private network, does not exist, or is refused by the backend.
    """
    from safe_http.client import as_requested, probe  # noqa: PLC0415 - httpx is not needed for files, which are most requests

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
    """Return a URL that may be called later. It is not called now.

    Raises:
        FieldError: The URL is forbidden.
    """
    try:
        return str(wiring.guard().check(url).url)
    except UrlError as error:
        if _may_be_there(error):
            return url  # checked again before the call
        raise FieldError(field, f"{error} {error.advice}") from error
