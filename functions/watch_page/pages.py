"""The pages that people see: a finished video, a deleted one, and the refusal of a link.

They hold no script and load nothing but the video and its poster. The content security policy says so to the
browser, so that whatever a user wrote into a title stays text.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """What the page of a finished video shows.

    `timeline` is the one-line summary of the tracks, `width` and `height` are in pixels; the three links need
    no further permission and redirect to `files_origin`, and `expires_on` is the day on which they end.
    """

    title: str
    instruction: str
    agent_says: str | None
    version: int
    timeline: str | None
    duration_seconds: float
    width: int
    height: int
    video_url: str
    poster_url: str
    download_url: str
    files_origin: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A whole answer to a browser."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: str


_HERE: Final = Path(__file__).parent
_STYLE: Final = (_HERE / "watch.css").read_text(encoding="utf-8")
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

# Where a track begins in the summary: "Timeline (2 tracks): 1. Video: … 2. Title: …".
_TRACK_NUMBER: Final = re.compile(r" \d+\. (?=\w[\w -]*: )")


def watch_page(view: WatchView) -> HtmlPage:
    """The page where a finished video is watched and downloaded."""
    return _page(
        HTTPStatus.OK,
        "watch.html",
        style=f":root {{ --ratio: {view.width} / {view.height}; }}\n{_STYLE}",
        sources=dict.fromkeys(("media-src", "img-src"), f"'self' {view.files_origin}"),
        title=view.title,
        icon=view.poster_url,
        view=view,
        facts=_facts(view),
        tracks=_tracks(view.timeline),
    )


def refusal() -> HtmlPage:
    """The one page for every link that does not work: it does not tell whether there is such a video."""
    return _notice(
        HTTPStatus.FORBIDDEN,
        "This link does not work",
        "It has expired, or a part of it is missing.",
        "Open the link in the message again, and check that it is complete. Some programs cut long links. If "
        "it still does not work, ask the sender for a new link.",
    )


def gone() -> HtmlPage:
    """Return the page for a link that worked until its video was deleted."""
    return _notice(
        HTTPStatus.GONE,
        "This video was deleted",
        "Its owner has deleted it, so it cannot be watched or downloaded any more.",
        "If you still need it, ask the person who sent you the link.",
    )


def _notice(status: HTTPStatus, title: str, *said: str) -> HtmlPage:
    return _page(
        status,
        "notice.html",
        style=_STYLE,
        sources={"img-src": "data:"},
        title=title,
        said=said,
        icon="data:,",  # none, so that no browser goes and asks for one
    )


def _page(
    status: HTTPStatus, template: str, *, style: str, sources: Mapping[str, str], **shown: object
) -> HtmlPage:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        **sources,
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return HtmlPage(
        status=status,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Referrer-Policy": "no-referrer",  # the address is the key to the video
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
        body=_TEMPLATES.get_template(template).render(style=Markup(style), **shown),  # noqa: S704 - our own file
    )


def _facts(view: WatchView) -> list[str]:
    minutes, seconds = divmod(round(view.duration_seconds), 60)
    facts = [f"{minutes}:{seconds:02d}", f"{view.width} × {view.height}"]  # noqa: RUF001 - a multiplication sign
    return [*facts, f"Version {view.version}"] if view.version > 1 else facts


def _tracks(summary: str | None) -> list[tuple[str, str]]:
    """Label and segments of each track."""
    if not summary:
        return []
    tracks = _TRACK_NUMBER.split(summary)[1:] or [summary]
    parts = [track.partition(": ") for track in tracks]
    return [(label + colon, segments) for label, colon, segments in parts]
