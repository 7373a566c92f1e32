"""Render a page for a browser, with a content security policy that names its own style and script."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE: Final = Path(__file__).parent
BASE_STYLE: Final = (HERE / "base.css").read_text(encoding="utf-8")
"""The colors and controls of all pages."""
NO_ICON: Final = "data:,"
"""With this address, no browser asks for an icon."""


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A whole answer to a browser."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: str


def templates_in(*folders: Path) -> Environment:
    """Return the templates of these folders, and `page.html`, which they extend."""
    return Environment(
        loader=FileSystemLoader([*folders, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def render(
    templates: Environment,
    template: str,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    style: str,
    sources: Mapping[str, str],
    script: str | None = None,
    **shown: object,
) -> HtmlPage:
    """Return a page. `sources` is what the browser may load, as directives of the policy."""
    scripts = {"script-src": _hash_of(script), "connect-src": "'self'"} if script is not None else {}
    policy = {
        "default-src": "'none'",
        "style-src": _hash_of(style),
        **scripts,
        **sources,
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    own = {"style": Markup(style), "script": Markup(script or "")}  # noqa: S704 - our own files
    return HtmlPage(
        status=status,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Referrer-Policy": "no-referrer",  # the address of a video's page is the key to the video
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
        body=templates.get_template(template).render(**own, **shown),
    )


def _hash_of(source: str) -> str:
    """Return what names our own style or script to a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
