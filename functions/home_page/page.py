"""The home page: one document with a style and a script of our own, the same for everybody.

It holds no data and no key. Its script asks the API for what it shows, with the key that somebody types in or
gets for a mailed link.
"""

from pathlib import Path
from typing import Final

from watch_page.rendering import BASE_STYLE, NO_ICON, HtmlPage, render, templates_in

_HERE: Final = Path(__file__).parent
_SCRIPTS: Final = (
    "api.js",
    "elements.js",
    "uploads.js",
    "new_video.js",
    "deliveries.js",
    "videos.js",
    "batches.js",
    "spending.js",
    "mailed_link.js",
    "session.js",
)
"""In this order. Each one uses the names of those before it, and no page elsewhere sees them."""
_SCRIPT: Final = '"use strict";\n{{\n{}}}\n'.format(
    "".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
)
_STYLE: Final = BASE_STYLE + (_HERE / "home.css").read_text(encoding="utf-8")
_TEMPLATES: Final = templates_in(_HERE)


def home_page(*, files_origin: str, uploads_origin: str, mails_links: bool) -> HtmlPage:
    """Return the page. Posters come from `files_origin`, and files are sent to `uploads_origin`.

    `mails_links`: people can also sign in with a mailed link.
    """
    return render(
        _TEMPLATES,
        "home.html",
        style=_STYLE,
        script=_SCRIPT,
        sources={
            "connect-src": f"'self' {uploads_origin}",
            "img-src": f"'self' data: {files_origin}",  # data: is for the empty icon
            "require-trusted-types-for": "'script'",  # the browser refuses to make markup of a text
        },
        title="Your videos",
        icon=NO_ICON,
        mails_links=mails_links,
    )
