"""The pages that people see: a finished video, a deleted one, and the refusal of a link.

They load nothing but the video, its captions and its poster. A page that may change its video has one script,
our own. The others have none. The content security policy says so to the browser, so that whatever a user
wrote into a title stays text.
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
    `changes_ended_on` is the day on which a change link has expired.
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
    captions_url: str | None
    download_url: str
    files_origin: str
    expires_on: date
    changes_ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """A finished version in the list of all. `changes` is what is different from the version before."""

    number: int
    instruction: str
    changes: tuple[str, ...]
    is_shown: bool
    page_url: str
    download_url: str
    poster_url: str


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How far a version is that is being made."""

    percent: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """What a holder of a change link sees beside the video.

    `page_key` is new for each page. `question` is what the agent asks, `problem` why the newest version
    failed. The addresses of the state and of the three actions have the change link in them, `share_url` has
    not.
    """

    video_id: str
    page_key: str
    newest: int
    state_url: str
    estimate_url: str
    changes_url: str
    deletion_url: str
    share_url: str
    until: date
    question: str | None
    problem: str | None
    can_export: bool
    progress: ProgressView | None
    editor_url: str | None
    versions: tuple[VersionView, ...]

    @property
    def chips(self) -> tuple[tuple[str, str], ...]:
        """The common changes, each with its sentence."""
        export = (("Export again", "export"),) if self.can_export else ()
        return (*export, *_COMMON_CHANGES)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A whole answer to a browser."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: str


_HERE: Final = Path(__file__).parent
_COMMON_CHANGES: Final = (
    ("Shorter", "Make it shorter."),
    ("9:16", "Change the aspect ratio to 9:16."),
    ("No music", "Remove the music."),
    ("Bigger title", "Make the title bigger."),
)
_STYLE: Final = (_HERE / "watch.css").read_text(encoding="utf-8")
_SCRIPT: Final = (_HERE / "change.js").read_text(encoding="utf-8")
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)

# None, so that no browser goes and asks for one.
_NO_ICON: Final = "data:,"

# Where a track begins in the summary: "Timeline (2 tracks): 1. Video: … 2. Title: …".
_TRACK_NUMBER: Final = re.compile(r" \d+\. (?=\w[\w -]*: )")


def watch_page(view: WatchView, change: ChangeView | None = None) -> HtmlPage:
    """Return the page where a finished video is watched, downloaded and, with a change link, changed."""
    return _page(
        HTTPStatus.OK,
        "watch.html",
        script=_SCRIPT if change is not None else None,
        style=f":root {{ --ratio: {view.width} / {view.height}; }}\n{_STYLE}",
        sources=dict.fromkeys(("media-src", "img-src"), f"'self' {view.files_origin}"),
        title=view.title,
        icon=view.poster_url,
        view=view,
        change=change,
        facts=_facts(view),
        tracks=_tracks(view.timeline),
    )


def unfinished_page(title: str, change: ChangeView) -> HtmlPage:
    """Return the page of a video that has no finished version yet, for a holder of a change link."""
    return _page(
        HTTPStatus.OK,
        "unfinished.html",
        script=_SCRIPT,
        style=_STYLE,
        sources={"img-src": "data:"},
        title=title,
        icon=_NO_ICON,
        change=change,
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
        icon=_NO_ICON,
    )


def _page(
    status: HTTPStatus,
    template: str,
    *,
    style: str,
    sources: Mapping[str, str],
    script: str | None = None,
    **shown: object,
) -> HtmlPage:
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
            "Referrer-Policy": "no-referrer",  # the address is the key to the video
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
        body=_TEMPLATES.get_template(template).render(**own, **shown),
    )


def _hash_of(source: str) -> str:
    """Return what names our own style or script to a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


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
