"""The pages for people: what they show, what they let the browser do, and who gets to see them."""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path

import pytest

from watch_page import pages
from watch_page.pages import (
    ChangeView,
    ProgressView,
    VersionView,
    WatchView,
    gone,
    refusal,
    unfinished_page,
    watch_page,
)
from watch_page.rendering import HtmlPage

VIEW = WatchView(
    title="Tidewater kettle",
    instruction="Make a teaser.",
    agent_says="Your video is ready.\nNot done: a logo top right.",
    version=1,
    timeline='Timeline (2 tracks): 1. Video: hero shot (0-3s) 2. Title: "Slow mornings" (1-3s)',
    duration_seconds=63.4,
    width=1080,
    height=1920,
    video_url="../watch/vid-1/play.mp4?version=1&signature=a",
    poster_url="../watch/vid-1/poster.jpg?version=1&signature=a",
    captions_url="../watch/vid-1/captions.vtt?version=1&signature=a",
    download_url="../watch/vid-1/video.mp4?version=1&signature=a",
    files_origin="https://the-videos.s3.example:8443",
    expires_on=date(2027, 3, 9),
)
CHANGE = ChangeView(
    video_id="vid-1",
    page_key="a-key-of-this-page",
    newest=2,
    state_url="../watch/vid-1/state.json?change=t",
    estimate_url="../watch/vid-1/estimate?change=t",
    changes_url="../watch/vid-1/changes?change=t",
    deletion_url="../watch/vid-1/deletion?change=t",
    share_url="../watch/vid-1?signature=a",
    until=date(2027, 3, 1),
    question=None,
    problem=None,
    can_export=False,
    progress=None,
    editor_url="https://nemovideo.com/workspace/claim?ct=clm_1",
    versions=(
        VersionView(
            number=2,
            instruction="Make it shorter.",
            changes=("Video shortened from 8s to 6s",),
            is_shown=True,
            page_url="../watch/vid-1?version=2&signature=a&change=t",
            download_url="../watch/vid-1/video.mp4?version=2&signature=a",
            poster_url="../watch/vid-1/poster.jpg?version=2&signature=a",
        ),
    ),
)
NOW = datetime.now(UTC)


class Seen(HTMLParser):
    """A page as a browser takes it apart: its elements in order, and its texts by element."""

    def __init__(self, page: HtmlPage) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page.body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((self.elements[-1][0], data))

    def element(self, tag: str) -> Mapping[str, str | None]:
        [attributes] = [attributes for name, attributes in self.elements if name == tag]
        return attributes

    def text(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]


def policy_of(page: HtmlPage) -> dict[str, str]:
    directives = page.headers["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_it_shows_the_video_and_all_that_is_known_of_it() -> None:
    page = watch_page(VIEW)
    seen = Seen(page)
    assert page.status is HTTPStatus.OK
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    video = seen.element("video")
    assert (video["src"], video["poster"]) == (VIEW.video_url, VIEW.poster_url)
    assert (video["width"], video["height"], video["aria-label"]) == ("1080", "1920", "Tidewater kettle")
    assert {"controls", "playsinline"} <= video.keys()
    assert seen.element("a")["href"] == VIEW.download_url
    assert seen.text("h1") == seen.text("title") == ["Tidewater kettle"]
    assert "Make a teaser." in seen.text("p")
    assert VIEW.agent_says in seen.text("p")
    assert "1:03 · 1080 × 1920" in seen.text("p")  # noqa: RUF001 - a multiplication sign
    assert seen.element("time")["datetime"] == "2027-03-09"
    assert "9 March 2027" in seen.text("time")
    assert [text for name, text in seen.texts if name in {"li", "b"}] == [
        "Video: ",
        "hero shot (0-3s)",
        "Title: ",
        '"Slow mornings" (1-3s)',
    ]


def test_the_captions_are_offered_if_there_are_any() -> None:
    track = Seen(watch_page(VIEW)).element("track")
    assert (track["kind"], track["label"], track["src"]) == ("captions", "Captions", VIEW.captions_url)
    assert "<track" not in watch_page(replace(VIEW, captions_url=None)).body


def test_without_words_of_the_agent_there_is_no_heading_for_them() -> None:
    assert "The agent says" in watch_page(VIEW).body
    assert "The agent says" not in watch_page(replace(VIEW, agent_says=None)).body


def test_an_edited_video_says_which_version_it_is() -> None:
    assert "· Version 3" in watch_page(replace(VIEW, version=3)).body
    assert "Version" not in watch_page(VIEW).body


@pytest.mark.parametrize(
    ("summary", "tracks"),
    [
        ('Timeline (1 track): 1. Title: "Top 3. Go" (0-2s)', ['Title: "Top 3. Go" (0-2s)']),
        ("Timeline (1 track): 1. Voice-over: hello (0-2s)", ["Voice-over: hello (0-2s)"]),
        ("as another release words it", ["as another release words it"]),
        (None, []),
    ],
)
def test_each_track_is_a_line(summary: str | None, tracks: list[str]) -> None:
    body = watch_page(replace(VIEW, timeline=summary)).body
    lines = re.findall(r"<li dir=\"auto\"><b>(.*?)</b>(.*?)</li>", body)
    assert [html.unescape(label + segments) for label, segments in lines] == tracks
    assert ("Timeline" in body) is bool(tracks)


def test_nothing_a_user_wrote_becomes_markup() -> None:
    hostile = """$title</title></style><script>alert('1')</script>" onerror="alert(2)"""
    page = watch_page(replace(VIEW, title=hostile, instruction=hostile, agent_says=hostile, timeline=hostile))
    plain = Seen(watch_page(replace(VIEW, timeline="plain")))
    seen = Seen(page)
    assert [name for name, _ in seen.elements] == [name for name, _ in plain.elements]
    assert seen.element("video").keys() == plain.element("video").keys()
    assert "".join(seen.text("h1")) == hostile


def test_the_browser_may_load_the_video_and_its_poster_and_nothing_else() -> None:
    page = watch_page(VIEW)
    policy = policy_of(page)
    assert policy.pop("style-src") == f"'{style_digest(page)}'"
    assert policy == {
        "default-src": "'none'",
        "media-src": "'self' https://the-videos.s3.example:8443",
        "img-src": "'self' https://the-videos.s3.example:8443",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_a_page_for_changes_runs_our_own_script_and_calls_its_own_address() -> None:
    page = watch_page(VIEW, CHANGE)
    policy = policy_of(page)
    [script] = re.findall(r"<script>(.*?)</script>", page.body, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert policy["connect-src"] == "'self'"
    watching = policy_of(watch_page(VIEW))
    assert policy.keys() - watching.keys() == {"script-src", "connect-src"}
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_no_page_has_a_handler_in_its_markup_or_a_script_from_elsewhere() -> None:
    for page in (watch_page(VIEW), watch_page(VIEW, CHANGE), unfinished_page("A kettle", CHANGE)):
        for name, attributes in Seen(page).elements:
            assert not [attribute for attribute in attributes if attribute.startswith("on")]
            assert name != "script" or not attributes
            assert name not in {"iframe", "object", "embed", "base"}
            assert name != "link" or attributes["rel"] == "icon"
            assert not str(attributes.get("href", "")).startswith("javascript:")


def test_the_script_writes_text_and_no_markup() -> None:
    script = (Path(pages.__file__).parent / "change.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(|import", script)


def test_who_may_only_watch_gets_no_script() -> None:
    for page in (watch_page(VIEW), refusal(), gone()):
        assert "<script" not in page.body
        assert "script-src" not in page.headers["Content-Security-Policy"]


def test_nothing_a_user_wrote_becomes_markup_in_the_part_for_changes() -> None:
    hostile = """</script><script>alert('1')</script>" onerror="alert(2)"""
    version = replace(CHANGE.versions[0], instruction=hostile, changes=(hostile,))
    change = replace(CHANGE, question=hostile, problem=hostile, versions=(version,))
    running = replace(change, progress=ProgressView(40, hostile))
    for part in (change, running):
        plain = replace(part, question="q", problem="p", versions=CHANGE.versions)
        plain = replace(plain, progress=ProgressView(40, "m") if part.progress else None)
        for make in (partial(watch_page, VIEW), partial(unfinished_page, "A kettle")):
            names = [name for name, _ in Seen(make(part)).elements]
            assert names == [name for name, _ in Seen(make(plain)).elements]


def test_an_answer_is_asked_for_where_the_agent_asks() -> None:
    page = watch_page(VIEW, replace(CHANGE, question="Which one?"))
    assert {"Which one?", "Your answer"} <= {text for _, text in Seen(page).texts}
    assert "data-sentence=" not in page.body


def test_a_timeline_without_a_film_can_be_exported_again() -> None:
    sentences = [
        [attributes.get("data-sentence") for name, attributes in Seen(page).elements if name == "button"]
        for page in (watch_page(VIEW, CHANGE), watch_page(VIEW, replace(CHANGE, can_export=True)))
    ]
    assert "export" not in sentences[0]
    assert "export" in sentences[1]


@pytest.mark.parametrize(
    "page",
    [watch_page(VIEW), watch_page(VIEW, CHANGE), unfinished_page("A kettle", CHANGE), refusal(), gone()],
    ids=["video", "changes", "unfinished", "refusal", "gone"],
)
def test_no_page_leaks_its_address_or_stays_in_a_cache(page: HtmlPage) -> None:
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_the_refusal_says_what_to_do() -> None:
    page = refusal()
    assert page.status is HTTPStatus.FORBIDDEN
    assert Seen(page).text("h1") == ["This link does not work"]
    assert "ask the sender for a new link" in page.body
    assert policy_of(page) == {
        "default-src": "'none'",
        "style-src": f"'{style_digest(page)}'",
        "img-src": "data:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def style_digest(page: HtmlPage) -> str:
    [style] = re.findall(r"<style>(.*?)</style>", page.body, re.DOTALL)
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
