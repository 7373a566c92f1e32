"""The pages that people see: a finished video, and the refusal of a link.

They hold no script and load nothing but the video and its poster. The content security policy says so to the
browser, so that whatever a user wrote into a title stays text.
"""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchView:
    """What the page of a finished video shows.

    `timeline` is the one-line summary of the tracks, `width` and `height` are in pixels; the three links need
    no further permission, and `expires_on` is the day on which the page's own link ends.
    """

    title: str
    instruction: str
    version: int
    timeline: str | None
    duration_seconds: float
    width: int
    height: int
    video_url: str
    poster_url: str
    download_url: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Page:
    """A whole answer to a browser."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: str


class _Html(str):
    """Markup made here; any other text is escaped before it becomes part of a page."""

    __slots__ = ()


_STYLE: Final = Path(__file__).with_name("watch.css").read_text(encoding="utf-8")

_DOCUMENT: Final = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<title>$title</title>
<link rel="icon" href="$icon">
<style>$style</style>
</head>
<body>
$main
</body>
</html>
""")

_WATCH: Final = Template("""\
<main>
<video controls playsinline preload="metadata" width="$width" height="$height" aria-label="$title" \
poster="$poster_url" src="$video_url"></video>
<article>
<h1 dir="auto">$title</h1>
<p class="facts">$facts</p>
<a class="button" href="$download_url">Download video</a>
<h2>Instruction</h2>
<p class="said" dir="auto">$instruction</p>
$timeline
<p class="note">This page can be opened until <time datetime="$expires_iso">$expires</time>. \
If the video stops loading, reload the page.</p>
</article>
</main>""")

_TIMELINE: Final = Template("""\
<h2>Timeline</h2>
<ol role="list">$tracks</ol>""")

_TRACK: Final = Template("""<li dir="auto"><b>$label</b>$segments</li>""")

_REFUSAL: Final = Template("""\
<main>
<article class="refusal">
<h1>This link does not work</h1>
<p>It has expired, or a part of it is missing.</p>
<p>Open it once more from the message that brought it, and make sure that the whole link is used: some \
programs cut long ones in two. If that does not help, ask whoever sent it for a new one.</p>
</article>
</main>""")

# Where a track begins in the summary: "Timeline (2 tracks): 1. Video: … 2. Title: …".
_TRACK_NUMBER: Final = re.compile(r" \d+\. (?=\w[\w -]*: )")


def watch_page(view: WatchView) -> Page:
    """The page where a finished video is watched and downloaded."""
    main = _fill(
        _WATCH,
        title=view.title,
        facts=_facts(view),
        instruction=view.instruction,
        timeline=_timeline(view.timeline),
        width=str(view.width),
        height=str(view.height),
        video_url=view.video_url,
        poster_url=view.poster_url,
        download_url=view.download_url,
        expires=f"{view.expires_on.day} {view.expires_on:%B %Y}",
        expires_iso=view.expires_on.isoformat(),
    )
    return _page(
        HTTPStatus.OK,
        title=view.title,
        icon=view.poster_url,
        main=main,
        style=f":root {{ --ratio: {view.width} / {view.height}; }}\n{_STYLE}",
        sources={"media-src": _origin(view.video_url), "img-src": _origin(view.poster_url)},
    )


def refusal() -> Page:
    """The one page for every link that does not work: it does not tell whether there is such a video."""
    return _page(
        HTTPStatus.FORBIDDEN,
        title="This link does not work",
        icon="data:,",  # none, so that no browser goes and asks for one
        main=_fill(_REFUSAL),
        style=_STYLE,
        sources={"img-src": "data:"},
    )


def _page(
    status: HTTPStatus, *, title: str, icon: str, main: _Html, style: str, sources: Mapping[str, str]
) -> Page:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        **sources,
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return Page(
        status=status,
        headers={
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Referrer-Policy": "no-referrer",  # the address is the key to the video
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
        body=_fill(_DOCUMENT, title=title, icon=icon, style=_Html(style), main=main),
    )


def _facts(view: WatchView) -> str:
    minutes, seconds = divmod(round(view.duration_seconds), 60)
    facts = [f"{minutes}:{seconds:02d}", f"{view.width} × {view.height}"]  # noqa: RUF001 - a multiplication sign
    return " · ".join([*facts, f"Version {view.version}"] if view.version > 1 else facts)


def _timeline(summary: str | None) -> _Html:
    if not summary:
        return _Html()
    tracks = _TRACK_NUMBER.split(summary)[1:] or [summary]
    return _fill(_TIMELINE, tracks=_Html("".join(map(_track, tracks))))


def _track(track: str) -> _Html:
    label, colon, segments = track.partition(": ")
    return _fill(_TRACK, label=label + colon, segments=segments)


def _fill(template: Template, **values: str) -> _Html:
    return _Html(
        template.substitute(
            {
                name: value if isinstance(value, _Html) else html.escape(value)
                for name, value in values.items()
            }
        )
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
