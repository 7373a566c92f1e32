"""The pages for people: what they show, what they let the browser do, and who gets to see them."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from http import HTTPStatus
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

import pytest

from handlers import watch, wiring
from videos.errors import VideoNotFoundError
from videos.links import watch_url
from videos.models import Delivered, InboxFile, Media, Timeline, Turn, Video, WebAddress, Wishes
from web.pages import Page, WatchView, refusal, watch_page

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

VIEW = WatchView(
    title="Tidewater kettle",
    instruction="Make a teaser.",
    version=1,
    timeline='Timeline (2 tracks): 1. Video: hero shot (0-3s) 2. Title: "Slow mornings" (1-3s)',
    duration_seconds=63.4,
    width=1080,
    height=1920,
    video_url="https://the-videos.s3.example/v.mp4?X-Amz-Signature=a&X-Amz-Expires=3600",
    poster_url="https://posters.example:8443/p.jpg?X-Amz-Signature=b",
    download_url="https://the-videos.s3.example/v.mp4?X-Amz-Signature=c",
    expires_on=date(2027, 3, 9),
)
NOW = datetime.now(UTC)


class Seen(HTMLParser):
    """A page as a browser takes it apart: its elements in order, and its texts by element."""

    def __init__(self, page: Page) -> None:
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


def policy_of(page: Page) -> dict[str, str]:
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
    assert "1:03 · 1080 × 1920" in seen.text("p")  # noqa: RUF001 - a multiplication sign
    assert seen.element("time")["datetime"] == "2027-03-09"
    assert "9 March 2027" in seen.text("time")
    assert [text for name, text in seen.texts if name in {"li", "b"}] == [
        "Video: ",
        "hero shot (0-3s)",
        "Title: ",
        '"Slow mornings" (1-3s)',
    ]


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
    assert [(label + segments).replace("&quot;", '"') for label, segments in lines] == tracks
    assert ("Timeline" in body) is bool(tracks)


def test_nothing_a_user_wrote_becomes_markup() -> None:
    hostile = """$title</title></style><script>alert('1')</script>" onerror="alert(2)"""
    page = watch_page(replace(VIEW, title=hostile, instruction=hostile, timeline=hostile))
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
        "media-src": "https://the-videos.s3.example",
        "img-src": "https://posters.example:8443",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("page", [watch_page(VIEW), refusal()], ids=["video", "refusal"])
def test_no_page_leaks_its_address_or_stays_in_a_cache(page: Page) -> None:
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


def test_the_refusal_says_what_to_do() -> None:
    page = refusal()
    assert page.status is HTTPStatus.FORBIDDEN
    assert Seen(page).text("h1") == ["This link does not work"]
    assert "Open it once more" in page.body
    assert policy_of(page) == {
        "default-src": "'none'",
        "style-src": f"'{style_digest(page)}'",
        "img-src": "data:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def style_digest(page: Page) -> str:
    [style] = re.findall(r"<style>(.*?)</style>", page.body, re.DOTALL)
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


@dataclass
class World:
    """One video, and the links that were signed for its visitors."""

    video: Video
    turns: list[Turn]
    signed: list[tuple[str, int, str | None]] = field(default_factory=list)

    def link(self, key: str, *, seconds: int, download_as: str | None = None) -> str:
        self.signed.append((key, seconds, download_as))
        return f"https://the-videos.s3.example/{key}?signature={len(self.signed)}"

    def visit(self, url: str) -> dict[str, Any]:
        parts = urlsplit(url)
        event = {
            "pathParameters": {"video_id": parts.path.removeprefix("/watch/")},
            "queryStringParameters": dict(parse_qsl(parts.query)) or None,
        }
        return watch.handler(event, _CONTEXT)

    def mailed(self) -> str:
        return watch_url("https://videos.example", self.video)


Make = Callable[..., World]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    def make(*, media: tuple[Media, ...] = (), delivered: int = 1, turns: int = 1, **facts: object) -> World:
        video = Video.model_validate(_VIDEO | {"media": media} | facts)
        world = World(video, [_turn(number, delivered=number <= delivered) for number in range(1, turns + 1)])
        monkeypatch.setattr(wiring, "store", lambda: SimpleNamespace(video=find, turns=lambda _: world.turns))
        monkeypatch.setattr(wiring, "shelf", lambda: world)

        def find(video_id: str) -> Video:
            if video_id != video.video_id:
                raise VideoNotFoundError(video_id)
            return video

        return world

    return make


def test_the_mailed_link_opens_the_video_with_links_of_an_hour(make: Make) -> None:
    world = make()
    answer = world.visit(world.mailed())
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert world.signed == [
        ("videos/vid-1/1/video.mp4", 3600, None),
        ("videos/vid-1/1/poster.jpg", 3600, None),
        ("videos/vid-1/1/video.mp4", 3600, "Make a 3.5 s clip.mp4"),
    ]
    assert "What turn 1 was to do." in answer["body"]


def test_each_visit_signs_its_own_links(make: Make) -> None:
    world = make()
    first, second = world.visit(world.mailed()), world.visit(world.mailed())
    assert 'video.mp4?signature=1"' in first["body"]
    assert 'video.mp4?signature=4"' in second["body"]


def test_the_newest_version_that_was_delivered_is_shown(make: Make) -> None:
    world = make(turns=3, delivered=2)
    answer = world.visit(world.mailed())
    assert "What turn 2 was to do." in answer["body"]
    assert "Version 2" in answer["body"]
    assert {key.rsplit("/", 1)[0] for key, *_ in world.signed} == {"videos/vid-1/2"}


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(make: Make) -> None:
    waiting = make(delivered=0)
    answers = [waiting.visit(waiting.mailed())]
    world = make()
    mailed = world.mailed()
    expired = watch_url(
        "https://videos.example",
        world.video.model_copy(update={"expires_at": NOW - timedelta(seconds=1)}),
    )
    bad = [mailed[:-1], mailed.partition("?")[0], mailed.replace("vid-1", "vid-2"), expired, mailed + "0"]
    answers += [world.visit(url) for url in bad]
    assert world.signed == []
    assert answers[0]["statusCode"] == 403
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("media", "title"),
    [
        ((InboxFile(bucket="b", key="spring/Tidewater kettle v1.2.png"),), "Tidewater kettle v1.2"),
        ((WebAddress(url="https://shop.example/p/kettle%20%2B%20cup.html?ref=1"),), "kettle + cup"),
        ((WebAddress(url="https://shop.example/"),), "shop.example"),
        ((), "Make a 3.5 s clip"),
    ],
)
def test_without_a_title_it_is_named_after_what_it_is_made_from(
    make: Make, media: tuple[Media, ...], title: str
) -> None:
    world = make(media=media)
    assert f"<title>{title}</title>" in world.visit(world.mailed())["body"]


@pytest.mark.parametrize(
    ("title", "file_name"),
    [
        ("Köln, 3. Heat: the Finish", "Koln 3. Heat the Finish.mp4"),
        ('a"; filename="b.exe\r\nX: y', "a filename b.exe X y.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("东京", "video.mp4"),
        ("x" * 300, f"{'x' * 80}.mp4"),
    ],
)
def test_the_download_has_a_name_for_every_disk(make: Make, title: str, file_name: str) -> None:
    world = make(wishes=Wishes(title=title))
    world.visit(world.mailed())
    assert world.signed[-1][2] == file_name


def _turn(number: int, *, delivered: bool) -> Turn:
    folder = f"videos/vid-1/{number}"
    return Turn(
        video_id="vid-1",
        number=number,
        instruction=f"What turn {number} was to do.",
        created_at=NOW,
        timeline=Timeline(
            fingerprint="f", summary="Timeline (1 track): 1. Video: x (0-2s)", duration_ms=2000
        ),
        delivered=Delivered(
            bucket="the-videos",
            key=f"{folder}/video.mp4",
            poster_key=f"{folder}/poster.jpg",
            size=9,
            sha256="0" * 64,
            duration_ms=2000,
            width=1920,
            height=1080,
        )
        if delivered
        else None,
    )


_VIDEO = {
    "video_id": "vid-1",
    "owner": "an-owner",
    "source": "inbox",
    "instruction": "Make a 3.5 s clip",
    "request_fingerprint": "f",
    "link_key": "a-key",
    "created_at": NOW,
    "updated_at": NOW,
    "expires_at": NOW + timedelta(days=30),
}
_CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(
        function_name="watch",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:watch",
        aws_request_id="8f5b6a70-0000-4000-8000-000000000000",
    ),
)
