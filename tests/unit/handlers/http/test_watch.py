"""The page of a video and its files, to those who come with a link, and to those whose link is none."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import pytest

from handlers import wiring
from handlers.http import watch
from tests.unit.handlers.conftest import Context
from videos.events.signed_links import (
    captions_url,
    change_url,
    download_url,
    poster_url,
    video_url,
    watch_url,
)
from videos.model.errors import VideoNotFoundError
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.records import Status
from videos.model.version import Delivered, Editor, Timeline, Version
from videos.model.video import Deleted, Options, Video

PAGES = "https://videos.example"
NOW = datetime.now(UTC)


@dataclass
class World:
    """One video, and the links that were signed for its visitors."""

    video: Video
    versions: list[Version]
    signed: list[tuple[str, int, str | None]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    is_deleted: bool = False
    has_lost_captions: bool = False

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: str = "GET") -> str:
        self.signed.append((key, seconds, download_as))
        self.methods.append(method)
        return f"https://the-videos.s3.example/{key}?signature={len(self.signed)}"

    def read(self, key: str) -> bytes:
        if self.has_lost_captions:
            raise FileNotFoundError(key)
        return f"WEBVTT {key}".encode()

    def visit(self, url: str, method: str = "GET") -> dict[str, Any]:
        parts = urlsplit(url)
        video_id, _, file = parts.path.removeprefix("/watch/").partition("/")
        event = {
            "httpMethod": method,
            "pathParameters": {"video_id": video_id} | ({"file": file} if file else {}),
            "queryStringParameters": dict(parse_qsl(parts.query)) or None,
            "multiValueQueryStringParameters": parse_qs(parts.query) or None,
        }
        return watch.handler(event, Context())

    def mailed(self) -> str:
        return watch_url(PAGES, self.video)

    def for_changes(self, *, since: datetime = NOW) -> str:
        return change_url(PAGES, self.video, version=1, since=since, days=7)


Make = Callable[..., World]
Address = Callable[[str, Video, int], str]
FILES: dict[str, Address] = {
    "poster.jpg": poster_url,
    "video.mp4": download_url,
    "play.mp4": video_url,
    "captions.vtt": captions_url,
}


def _src(answer: dict[str, Any], attribute: str) -> str:
    """The address in an attribute of a page, as a browser resolves it beside the page's own."""
    (found,) = re.findall(f'{attribute}="([^"]+)"', answer["body"])
    return urljoin(f"{PAGES}/watch/vid-1", html.unescape(found))


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    def make(
        *, media: tuple[Media, ...] = (), delivered: int = 1, versions: int = 1, **facts: object
    ) -> World:
        video = Video.model_validate(_VIDEO | {"media": media} | facts)
        world = World(
            video, [_version(number, delivered=number <= delivered) for number in range(1, versions + 1)]
        )

        def find(video_id: str) -> Video:
            if video_id != video.video_id or world.is_deleted:
                raise VideoNotFoundError(video_id)
            return video

        def left_of(video_id: str) -> Deleted | None:
            is_known = video_id == video.video_id and world.is_deleted
            return Deleted(video_id=video_id, link_key=video.link_key) if is_known else None

        store = SimpleNamespace(video=find, versions=lambda _: world.versions, deleted=left_of)
        monkeypatch.setenv("CHANGE_LINKS", "true")
        monkeypatch.setattr(wiring, "store", lambda: store)
        monkeypatch.setattr(wiring, "storage", lambda: world)
        return world

    return make


def test_the_mailed_link_opens_the_video_with_links_of_an_hour(make: Make) -> None:
    world = make()
    answer = world.visit(world.mailed())
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert "What version 1 was to do." in answer["body"]
    for link, *signed in (
        (_src(answer, "aria-label[^>]* src"), "videos/vid-1/1/video.mp4", 3600, None),
        (_src(answer, "poster"), "videos/vid-1/1/poster.jpg", 3600, None),
        (_src(answer, 'button" href'), "videos/vid-1/1/video.mp4", 3600, "Make a 3.5 s clip.mp4"),
    ):
        assert world.visit(link)["statusCode"] == 302
        assert world.signed[-1] == tuple(signed)


def test_the_links_of_a_page_lead_to_the_stack_under_whatever_name_it_was_reached(make: Make) -> None:
    world = make()
    body = world.visit(world.mailed())["body"]
    assert body.count('"../watch/vid-1/') == 5  # the poster is the icon, too
    assert "s3.example" not in body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("address", [video_url, download_url, poster_url])
def test_the_link_to_a_file_is_signed_for_the_method_that_is_asked_for(
    make: Make, address: Address, method: str
) -> None:
    world = make()
    assert world.visit(address(PAGES, world.video, 1), method=method)["statusCode"] == 302
    assert world.methods == [method]


@pytest.mark.parametrize("version", [1, 2])
def test_the_captions_of_a_version_are_answered_themselves(make: Make, version: int) -> None:
    """A browser follows no redirect of a track to another site."""
    world = make(versions=3, delivered=2)
    answer = world.visit(captions_url(PAGES, world.video, version))
    assert answer["statusCode"] == 200
    assert answer["headers"] == {
        "Content-Type": "text/vtt; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer["body"] == f"WEBVTT videos/vid-1/{version}/captions.vtt"
    assert world.signed == []


def test_captions_that_there_are_not_are_refused(make: Make) -> None:
    world = make()
    link = captions_url(PAGES, world.video, 1)
    never = world.visit(f"{PAGES}/watch/vid-2/captions.vtt?expires=1&signature=2")
    world.has_lost_captions = True
    assert world.visit(link) == never
    without = world.versions[0].delivered
    assert without
    world.versions[0] = world.versions[0].model_copy(
        update={"delivered": without.model_copy(update={"captions_key": None})}
    )
    assert world.visit(link) == never
    assert never["statusCode"] == 403
    assert "<track" not in world.visit(world.mailed())["body"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_link_to_a_deleted_video_says_so(make: Make, method: str) -> None:
    world = make()
    world.is_deleted = True
    links = [world.mailed(), *(address(PAGES, world.video, 1) for address in FILES.values())]
    for link in links:
        answer = world.visit(link, method=method)
        assert answer["statusCode"] == 410
        assert ("This video was deleted" in answer["body"]) is (method == "GET")
        assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert world.signed == []


def test_nobody_else_is_told_that_a_video_was_deleted(make: Make) -> None:
    world = make()
    expired = world.video.model_copy(update={"expires_at": NOW - timedelta(seconds=1)})
    never = world.visit(f"{PAGES}/watch/vid-2?expires=1&signature=2")
    world.is_deleted = True
    mailed = world.mailed()
    bad = [mailed[:-1], mailed.partition("?")[0], mailed + "0", watch_url(PAGES, expired)]
    assert [world.visit(link) for link in bad] == [never] * len(bad)
    assert never["statusCode"] == 403


def test_who_asks_for_the_head_gets_the_head(make: Make) -> None:
    world = make()
    links = [world.mailed(), *(address(PAGES, world.video, 1) for address in FILES.values())]
    for link in links:
        whole, head = (world.visit(link, method=method) for method in ("GET", "HEAD"))
        assert head["statusCode"] == whole["statusCode"]
        assert head["headers"].keys() == whole["headers"].keys()
        assert head["body"] == ""


def test_the_newest_version_that_was_delivered_is_shown(make: Make) -> None:
    world = make(versions=3, delivered=2)
    answer = world.visit(world.mailed())
    assert "What version 2 was to do." in answer["body"]
    assert "Version 2" in answer["body"]
    world.visit(_src(answer, "poster"))
    assert world.signed[-1][0] == "videos/vid-1/2/poster.jpg"


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(make: Make) -> None:
    waiting = make(delivered=0)
    answers = [waiting.visit(waiting.mailed())]
    world = make()
    mailed = world.mailed()
    expired = watch_url(
        PAGES,
        world.video.model_copy(update={"expires_at": NOW - timedelta(seconds=1)}),
    )
    bad = [mailed[:-1], mailed.partition("?")[0], mailed.replace("vid-1", "vid-2"), expired, mailed + "0"]
    answers += [world.visit(url) for url in bad]
    assert world.signed == []
    assert answers[0]["statusCode"] == 403
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("file", "signed"),
    [
        ("poster.jpg", ("videos/vid-1/{}/poster.jpg", 3600, None)),
        ("play.mp4", ("videos/vid-1/{}/video.mp4", 3600, None)),
        ("video.mp4", ("videos/vid-1/{}/video.mp4", 3600, "Make a 3.5 s clip.mp4")),
    ],
)
def test_a_file_of_a_version_is_found_at_a_link_signed_at_each_visit(
    make: Make, file: str, signed: tuple[str, int, str | None], version: int
) -> None:
    world = make(versions=3, delivered=2)
    key, *rest = signed
    for visit in (1, 2):
        answer = world.visit(FILES[file](PAGES, world.video, version))
        assert answer["statusCode"] == 302
        assert answer["headers"] == {
            "Location": f"https://the-videos.s3.example/{key.format(version)}?signature={visit}",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        assert answer["body"] == ""
    assert world.signed == [(key.format(version), *rest)] * 2


def test_a_page_may_be_asked_for_a_version_too(make: Make) -> None:
    world = make(versions=2, delivered=2)
    assert "What version 1 was to do." in world.visit(world.mailed() + "&version=1")["body"]


def test_whatever_is_wrong_with_the_link_of_a_file_the_answer_is_the_refusal(make: Make) -> None:
    world = make(versions=3, delivered=2)
    refused = world.visit(f"{PAGES}/watch/vid-2?expires=1&signature=2")
    expired = world.video.model_copy(update={"expires_at": NOW - timedelta(seconds=1)})
    for name, address in FILES.items():
        link = address(PAGES, world.video, 2)
        bad = [
            link[:-1],
            link.partition("?")[0],
            link.replace("vid-1", "vid-2"),
            link.replace(name, "video.json"),
            link.replace(name, "../1/video.mp4"),
            link.replace(name, name.upper()),
            address(PAGES, expired, 2),
            *(address(PAGES, world.video, version) for version in (0, 3, 4, 10**30)),
            *(link.replace("version=2", f"version={version}") for version in ("02", "-1", "latest", "٢")),
        ]
        assert [world.visit(url) for url in bad] == [refused] * len(bad)
    assert refused["statusCode"] == 403
    assert world.signed == []


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
    world = make(options=Options(title=title))
    world.visit(download_url(PAGES, world.video, 1))
    assert world.signed[-1][2] == file_name


# --- Change links ----------------------------------------------------------------------------------------


def _parts(answer: dict[str, Any]) -> dict[str, str]:
    return {
        name: html.unescape(value) for name, value in re.findall(r'data-([\w-]+)="([^"]*)"', answer["body"])
    }


def test_a_change_link_shows_the_video_and_what_can_be_done(make: Make) -> None:
    world = make(versions=3, delivered=2)
    answer = world.visit(world.for_changes())
    assert answer["statusCode"] == 200
    assert "Change this video" in answer["body"]
    parts = _parts(answer)
    assert parts["video-id"] == "vid-1"
    token = _token(world.video)
    for action in ("estimate", "changes", "deletion"):
        assert parts[action] == f"../watch/vid-1/{action}?change={token}"
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)" aria-label', answer["body"])]
    pages, *_ = links[::3]
    assert len(links) == 6, "each finished version plays, downloads and has a poster"
    shown = world.visit(urljoin(f"{PAGES}/watch/vid-1", links[3]))["body"]
    assert "Version 1 (shown)" in shown
    assert "Change this video" in shown
    for link in links[1:3]:
        assert world.visit(urljoin(f"{PAGES}/watch/vid-1", link))["statusCode"] == 302
    assert pages


def test_the_link_for_others_only_shows_the_video(make: Make) -> None:
    world = make()
    body = world.visit(world.for_changes())["body"]
    (share,) = re.findall(r'<a href="([^"]+)">Open a page for sharing', body)
    shared = world.visit(urljoin(f"{PAGES}/watch/vid-1", html.unescape(share)))
    assert shared["statusCode"] == 200
    assert shared == world.visit(world.mailed())
    assert "change" not in shared["body"].partition("<main>")[2].casefold().replace("exchange", "")


def test_each_page_has_a_key_of_its_own(make: Make) -> None:
    world = make()
    keys = {_parts(world.visit(world.for_changes()))["page-key"] for _ in range(5)}
    assert len(keys) == 5
    assert all(len(key) >= 24 for key in keys)


def test_the_state_is_for_holders_of_the_change_link(make: Make) -> None:
    world = make(status=Status.WORKING, progress=40, message="The agent is at work.", version=2)
    answer = world.visit(urljoin(f"{PAGES}/watch/vid-1", _parts(world.visit(world.for_changes()))["state"]))
    assert answer["headers"]["Content-Type"] == "application/json"
    assert json.loads(answer["body"]) == {
        "running": True,
        "version": 2,
        "progress": 40,
        "message": "The agent is at work.",
    }
    refused = world.visit(f"{PAGES}/watch/vid-2?expires=1&signature=2")
    watching = world.mailed().replace("vid-1?", "vid-1/state.json?")
    assert world.visit(watching) == refused


def test_a_running_version_is_shown_and_nothing_is_asked_for(make: Make) -> None:
    world = make(status=Status.WORKING, progress=40, message="The agent is at work.", version=2)
    body = world.visit(world.for_changes())["body"]
    assert 'data-running="yes"' in body
    assert "The agent is at work." in body


def test_a_question_is_shown_even_when_nothing_was_finished(make: Make) -> None:
    world = make(delivered=0, status=Status.NEEDS_ANSWER, message="Which kettle: the red or the blue one?")
    answer = world.visit(world.for_changes())
    assert answer["statusCode"] == 200
    assert "Which kettle: the red or the blue one?" in answer["body"]
    assert "Your answer" in answer["body"]
    assert "<video" not in answer["body"]
    assert world.visit(world.mailed())["statusCode"] == 403, "who may only watch has nothing to see"


def test_a_version_that_failed_says_why(make: Make) -> None:
    world = make(versions=2, delivered=1, version=2, status=Status.FAILED, message="The timeline is empty.")
    body = world.visit(world.for_changes())["body"]
    assert "Version 2 failed. The timeline is empty." in body


def test_the_project_opens_in_the_editor_while_its_link_is_valid(make: Make) -> None:
    link = "https://nemovideo.com/workspace/claim?ct=clm_1"
    for expires_at, is_shown in ((NOW + timedelta(days=1), True), (NOW - timedelta(days=1), False)):
        world = make()
        editor = Editor(link=link, expires_at=expires_at)
        world.versions[0] = world.versions[0].model_copy(update={"editor": editor})
        assert (link in world.visit(world.for_changes())["body"]) is is_shown
        assert link not in world.visit(world.mailed())["body"]


def _token(video: Video) -> str:
    (token,) = parse_qs(urlsplit(change_url(PAGES, video, version=1, since=NOW, days=7)).query)["change"]
    return token


FORGED_CHANGES: dict[str, Callable[[World], str]] = {
    "truncated": lambda world: world.for_changes()[:-1],
    "longer": lambda world: world.for_changes() + "0",
    "twice": lambda world: f"{world.for_changes()}&change={world.for_changes().rpartition('=')[2]}",
    "the watch signature": lambda world: f"{world.mailed()}&change={world.mailed().rpartition('=')[2]}",
    "another video's": lambda world: (
        f"{world.mailed()}&change={_token(world.video.model_copy(update={'video_id': 'vid-2'}))}"
    ),
    "another link id": lambda world: world.for_changes().replace("change=1.", "change=2."),
}


@pytest.mark.parametrize("kind", FORGED_CHANGES)
def test_a_forged_change_link_only_shows_the_video(make: Make, kind: str) -> None:
    world = make()
    answer = world.visit(FORGED_CHANGES[kind](world))
    assert answer == world.visit(world.mailed())


def test_a_change_token_alone_opens_no_page(make: Make) -> None:
    world = make()
    token = _token(world.video)
    refused = world.visit(f"{PAGES}/watch/vid-2?expires=1&signature=2")
    for query in (f"change={token}", f"expires={token.split('.')[1]}&signature={token.split('.')[2]}"):
        assert world.visit(f"{PAGES}/watch/vid-1?{query}") == refused


def test_an_expired_change_link_says_so_and_shows_the_video(make: Make) -> None:
    world = make()
    body = world.visit(world.for_changes(since=NOW - timedelta(days=8)))["body"]
    assert "You could change the video with this link until" in body
    assert "data-page-key" not in body
    assert "<script" not in body


def test_a_stack_without_change_links_only_shows_the_video(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make()
    monkeypatch.setenv("CHANGE_LINKS", "false")
    assert world.visit(world.for_changes()) == world.visit(world.mailed())
    refused = world.visit(f"{PAGES}/watch/vid-2?expires=1&signature=2")
    assert world.visit(world.for_changes().replace("vid-1?", "vid-1/state.json?")) == refused


def test_the_change_link_of_a_deleted_video_says_so(make: Make) -> None:
    world = make()
    link = world.for_changes()
    world.is_deleted = True
    assert world.visit(link)["statusCode"] == 410


def _version(number: int, *, delivered: bool) -> Version:
    folder = f"videos/vid-1/{number}"
    return Version(
        video_id="vid-1",
        number=number,
        instruction=f"What version {number} was to do.",
        created_at=NOW,
        timeline=Timeline(
            fingerprint="f", summary="Timeline (1 track): 1. Video: x (0-2s)", duration_ms=2000
        ),
        delivered=Delivered(
            bucket="the-videos",
            key=f"{folder}/video.mp4",
            poster_key=f"{folder}/poster.jpg",
            captions_key=f"{folder}/captions.vtt",
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
