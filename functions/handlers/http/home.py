"""The home page at `GET /`. It has no data: its script asks the API, with the key of whoever signs in."""

import os
from urllib.parse import urlsplit

from handlers import wiring
from home_page.page import home_page
from watch_page.pages import nothing_here
from watch_page.rendering import HtmlPage


def home() -> HtmlPage:
    """Return the home page, or the page “not found” if `HomePage` is false.

    Both addresses are signed, because a bucket's origin depends on the region and on the endpoint. Nothing is
    read or sent, and the signatures are thrown away.
    """
    if os.environ["HOME_PAGE"] != "true":
        return nothing_here()
    files = wiring.storage().link("videos/", seconds=1)
    uploads = wiring.inbox().upload_form("uploads/", max_bytes=1, seconds=1).url
    return home_page(
        files_origin=_origin_of(files),
        uploads_origin=_origin_of(uploads),
        mails_links=os.environ["MAILED_LINKS"] == "true",
    )


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
