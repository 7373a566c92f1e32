"""The pages that people see: a finished video, a deleted one, and the refusal of a link.

They load nothing but the video, its captions and its poster. A page that may change its video has one script,
our own. The others have none. The content security policy says so to the browser, so that whatever a user
wrote into a title stays text.
"""

import re
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Final

from watch_page.rendering import BASE_STYLE, HERE, NO_ICON, HtmlPage, render, templates_in


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


_COMMON_CHANGES: Final = (
    ("Shorter", "Make it shorter."),
    ("9:16", "Change the aspect ratio to 9:16."),
    ("No music", "Remove the music."),
    ("Bigger title", "Make the title bigger."),
)
_STYLE: Final = BASE_STYLE + (HERE / "watch.css").read_text(encoding="utf-8")
_SCRIPT: Final = (HERE / "change.js").read_text(encoding="utf-8")
_TEMPLATES: Final = templates_in()

# Where a track begins in the summary: "Timeline (2 tracks): 1. Video: … 2. Title: …".
_TRACK_NUMBER: Final = re.compile(r" \d+\. (?=\w[\w -]*: )")


def watch_page(view: WatchView, change: ChangeView | None = None) -> HtmlPage:
    """Return the page where a finished video is watched, downloaded and, with a change link, changed."""
    return render(
        _TEMPLATES,
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
    return render(
        _TEMPLATES,
        "unfinished.html",
        script=_SCRIPT,
        style=_STYLE,
        sources={"img-src": "data:"},
        title=title,
        icon=NO_ICON,
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


def nothing_here() -> HtmlPage:
    """Return the page for an address at which this stack has no page for people."""
    return _notice(
        HTTPStatus.NOT_FOUND,
        "There is no page here",
        "The address may be incomplete, or this page is switched off.",
        "If you were looking for a video, open the link in the message about it.",
    )


def _notice(status: HTTPStatus, title: str, *said: str) -> HtmlPage:
    return render(
        _TEMPLATES,
        "notice.html",
        status,
        style=_STYLE,
        sources={"img-src": "data:"},
        title=title,
        said=said,
        icon=NO_ICON,
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
