"""What goes to the topic, as facts for machines."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import ValidationError

from tests.support.builders import (
    DELIVERED,
    NOW,
    READY,
    REF,
    SENDING,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
)
from videos.events.announcements import VideoEnded, advice_of, end_of, parse_announcement, progress_of
from videos.events.signed_links import may_watch, watch_url
from videos.model.failure_codes import FailureCode
from videos.model.media import WebAddress
from videos.model.records import Problem, Stage, Status
from videos.model.version import Cost, Ended

URL = "https://videos.example/live"
PROBLEM = Problem(code=FailureCode.REFUSED, message="“a.png” is empty.", advice="Upload it again.")
FAILED = Ended(status=Status.FAILED, at=NOW, message=PROBLEM.message)
ASKED = Ended(status=Status.NEEDS_ANSWER, at=NOW, message="Which style?")
CANCELLED = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled on request.")
DONE: dict[str, Any] = {"timeline": TIMELINE, "delivered": DELIVERED, "ended": READY}


def test_a_ready_video_is_announced_with_what_it_is() -> None:
    video = a_video(name="kettle.png").model_copy(update={"metadata": {"order": [7.5, "ü"]}})
    end = end_of(video, a_version(**DONE), URL + "/")
    assert (end.id, end.at, end.status) == (f"{REF.execution_name}-ready", NOW, Status.READY)
    assert (end.name, end.message, end.advice, end.code) == ("kettle.png", "The video is ready.", None, None)
    assert end.duration_seconds == 8
    assert (end.width, end.height) == (DELIVERED.width, DELIVERED.height)
    assert [source.name for source in end.sources] == [media.name for media in video.media]
    assert end.metadata == video.metadata
    assert end.edits_url == f"{URL}/v1/videos/{video.video_id}/edits"


def test_its_links_are_the_pipelines_own_and_live_as_long_as_it_says() -> None:
    video = a_video().model_copy(update={"expires_at": NOW + timedelta(days=3)})
    links = end_of(video, a_version(**DONE), URL).links
    assert links is not None
    assert links.expires_at == video.expires_at
    page = f"{URL}/watch/{video.video_id}"
    paths = {
        links.watch: page,
        links.poster: f"{page}/poster.jpg",
        links.download: f"{page}/video.mp4",
        links.captions or "": f"{page}/captions.vtt",
    }
    for link, path in paths.items():
        query = dict(parse_qsl(urlsplit(link).query))
        assert link.startswith(f"{path}?")
        assert query.pop("version", None) == (None if link == links.watch else "1")
        assert may_watch(video, **query, now=links.expires_at - timedelta(seconds=1))
        assert not may_watch(video, **query, now=links.expires_at)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("I made a calm video. Click the Export button to download it.", "I made a calm video."),
        ("Click the Export button to download it.", None),
        (
            "Ready. Click the Export button to download.\nNot done: a logo top right, “confetti”.",
            "Ready.\nNot done: a logo top right, “confetti”.",
        ),
        ("", None),
    ],
)
def test_the_agent_is_quoted_without_what_makes_sense_only_on_its_own_page(
    said: str, told: str | None
) -> None:
    assert end_of(a_video(), a_version(reply=a_reply(text=said), **DONE), URL).agent_says == told


def test_changes_and_credits_are_told() -> None:
    timeline = TIMELINE.model_copy(update={"changes": ("Title added: 'x'",)})
    end = end_of(
        a_video(),
        a_version(
            send_lock=SENDING, cost=Cost(credits=12.5, available=87.5), **DONE | {"timeline": timeline}
        ),
        URL,
    )
    assert end.changes == ("Title added: 'x'",)
    assert (end.credits_used, end.credits_left) == (12.5, 87.5)


@pytest.mark.parametrize("ended", [FAILED, ASKED, CANCELLED], ids=lambda ended: ended.status)
def test_what_is_not_ready_has_no_links(ended: Ended) -> None:
    end = end_of(a_video(), a_version(**DONE | {"ended": ended}), URL)
    assert (end.status, end.message) == (ended.status, ended.message)
    assert (end.links, end.duration_seconds, end.width) == (None, None, None)


def test_a_failure_says_why_and_what_to_do() -> None:
    end = end_of(a_video(), a_version(ended=FAILED, problem=PROBLEM), URL)
    assert (end.code, end.message, end.advice) == ("refused", PROBLEM.message, PROBLEM.advice)


def test_a_question_is_told_in_the_agents_words_with_the_way_to_answer() -> None:
    end = end_of(a_video(WebAddress(url="https://example.com/a")), a_version(ended=ASKED), URL)
    assert (end.name, end.message) == ("https://example.com/a", "Which style?")
    assert end.advice == "Submit it again with the answer in the instruction."
    with_page = end_of(a_video(), a_version(ended=ASKED), URL, change_days=7)
    assert with_page.advice == "Answer in one sentence on the video's page."
    over_the_api = advice_of(a_version(ended=ASKED))
    assert over_the_api is not None
    assert f"/v1/videos/{REF.video_id}/edits" in over_the_api


@pytest.mark.parametrize(
    ("ended", "has_session", "is_given"),
    [
        (READY, True, True),
        (ASKED, True, True),
        (FAILED, True, True),
        (FAILED, False, False),
        (CANCELLED, True, False),
    ],
)
def test_a_change_link_comes_with_each_end_that_can_be_gone_on_from(
    ended: Ended, *, has_session: bool, is_given: bool
) -> None:
    video = a_video() if has_session else a_video().model_copy(update={"backend_session": None})
    version = a_version(ended=ended)
    assert end_of(video, version, URL).change_url is None
    told = [end_of(video, version, URL, change_days=7).change_url for _ in range(2)]
    assert told[0] == told[1], "the same end has the same link, however often it is announced"
    assert (told[0] is not None) is is_given
    if told[0] is not None:
        assert told[0].startswith(f"{watch_url(URL, video)}&change=1.")


def test_a_link_of_a_later_version_is_another_link() -> None:
    urls = {
        end_of(a_video(), a_version(ended=READY, number=number), URL, change_days=7).change_url
        for number in (1, 2)
    }
    assert len(urls) == 2


@pytest.mark.parametrize("ended", [READY, CANCELLED], ids=lambda ended: ended.status)
def test_a_problem_left_behind_is_no_advice_where_nothing_failed(ended: Ended) -> None:
    end = end_of(a_video(), a_version(problem=PROBLEM, **DONE | {"ended": ended}), URL)
    assert (end.advice, end.code) == (None, None)


def test_what_has_not_ended_has_no_end() -> None:
    with pytest.raises(ValueError, match=f"{REF.execution_name} has not ended"):
        end_of(a_video(), a_version(), URL)


def test_each_step_forward_has_one_id() -> None:
    def told(stage: Stage, message: str) -> str:
        return progress_of(a_video(), stage, message).id

    ids = [told(Stage.GENERATING, f"Still working… ({minutes} min)") for minutes in (2, 4, 2)]
    assert ids[0] == ids[2] != ids[1]
    assert told(Stage.RENDERING, "Rendering.") not in ids


@pytest.mark.parametrize("body", ["", "{}", '{"type": "video.lost", "id": "a"}', '{"type": "video.ended"}'])
def test_what_is_no_announcement_is_not_taken_for_one(body: str) -> None:
    with pytest.raises(ValidationError):
        parse_announcement(body)


def test_an_announcement_is_read_as_it_was_written() -> None:
    end = end_of(a_video(), a_version(**DONE), URL)
    assert isinstance(parse_announcement(end.model_dump_json()), VideoEnded)
    assert parse_announcement(end.model_dump_json()) == end


@pytest.mark.parametrize(
    ("first", "now", "language"),
    [
        ("Make a calm video", "Make it shorter, without music", "en"),
        ("Make a calm video", "Bitte kürzer und ohne Musik", "de"),
        ("Mach ein ruhiges Video von diesem Kessel", "9:16", "de"),
        ("9:16", "4:5", "en"),
    ],
)
def test_it_has_the_language_of_the_instruction_or_else_of_the_first_one(
    first: str, now: str, language: str
) -> None:
    video = a_video().model_copy(update={"instruction": first})
    assert end_of(video, a_version(**DONE, instruction=now), URL).language == language


def test_progress_has_the_language_of_the_video() -> None:
    video = a_video().model_copy(update={"instruction": "この写真の動画を作ってください。"})
    assert progress_of(video, Stage.RENDERING, "Rendering.").language == "ja"


def test_a_ready_video_has_the_title_that_it_shows_without_secrets() -> None:
    draft = {"t": [{"tt": 7, "sg": [{"d": 1000, "m": {"text": "See https://a:b@shop.example"}}]}]}
    done = DONE | {"timeline": TIMELINE.model_copy(update={"draft": json.dumps(draft)})}
    assert end_of(a_video(), a_version(**done), URL).title == "See https://shop.example"
    assert end_of(a_video(), a_version(**done | {"ended": FAILED}), URL).title is None
    too_large = DONE | {"timeline": TIMELINE.model_copy(update={"draft": "{}"})}
    assert end_of(a_video(), a_version(**too_large), URL).title is None


def test_an_event_from_before_there_were_languages_is_english() -> None:
    end = end_of(a_video(), a_version(**DONE), URL)
    old = end.model_dump(mode="json", exclude={"language", "title"})
    read = parse_announcement(json.dumps(old))
    assert isinstance(read, VideoEnded)
    assert (read.language, read.title) == ("en", None)
