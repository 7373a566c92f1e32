"""What a message tells people, and what it leaves to machines."""

from typing import Any

import pytest

from notifications.mail import text_of
from notifications.notice import Notice, notice_of
from tests.notifications.samples import VIDEO_ID, announcements
from videos.events.announcements import BatchEnded, VideoEnded

ALL = announcements()


def _ready(**parts: Any) -> VideoEnded:  # noqa: ANN401 - fields of the event
    ready = ALL["ready"]
    assert isinstance(ready, VideoEnded)
    return ready.model_copy(update=parts)


def _facts(notice: Notice) -> dict[str, str]:
    return {fact.label: fact.text for fact in notice.facts}


@pytest.mark.parametrize("name", ALL)
def test_a_message_has_no_ids_codes_and_track_syntax(name: str) -> None:
    told = ALL[name]
    notice = notice_of(told)
    words = f"{notice.subject} {notice.lead} {notice.advice} {' '.join(f.text for f in notice.facts)}"
    assert VIDEO_ID not in words
    assert "s3://" not in words
    assert "tracks:" not in words
    if isinstance(told, VideoEnded):
        assert told.code is None or told.code not in [fact.text for fact in notice.facts]


@pytest.mark.parametrize("name", ALL)
def test_on_request_it_has_the_id(name: str) -> None:
    told = ALL[name]
    notice = notice_of(told, details=True)
    identifier = told.batch_id if isinstance(told, BatchEnded) else told.video_id
    assert identifier in [fact.text for fact in notice.facts]


def test_on_request_it_has_the_timeline_and_the_code() -> None:
    ready = _facts(notice_of(ALL["ready"], details=True))
    assert ready["Timeline"].startswith("3 tracks: 1. Video")
    assert _facts(notice_of(ALL["failed-no_result"], details=True))["Reason"] == "no_result"


def test_the_subject_has_the_title_of_the_video_and_its_length() -> None:
    assert notice_of(_ready()).subject == "Ready: Tidewater kettle (8 s)"
    assert notice_of(_ready(title=None)).subject == "Ready: tidewater-kettle.png (8 s)"
    assert notice_of(_ready(title=None, name="\u202e")).subject == "Ready: your video (8 s)"


def test_it_says_what_it_is_how_long_and_what_it_cost() -> None:
    assert _facts(notice_of(_ready())) == {
        "Made from": "tidewater-kettle.png",
        "Instruction": "Make a calm 8 second video of this kettle.",
        "Length": "8 s",
        "Format": "16:9, 1920 x 1080",
        "Cost": "about 10 credits, 90 left",
        "The agent says": "Your 8-second video is ready.",
    }


@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [
        (1080, 1920, "9:16, 1080 x 1920"),
        (1080, 1350, "4:5, 1080 x 1350"),
        (854, 480, "16:9, 854 x 480"),
        (1000, 700, "1000 x 700"),
        (None, None, None),
        (0, 0, None),
    ],
)
def test_a_format_has_its_usual_name(width: int | None, height: int | None, shown: str | None) -> None:
    assert _facts(notice_of(_ready(width=width, height=height))).get("Format") == shown


@pytest.mark.parametrize(
    ("said", "missing", "rest"),
    [
        ("Ready.\nNot done: a logo top right, the format 3:1.", "a logo top right, the format 3:1", "Ready."),
        (
            "Done: a. Not done: a length of 0.5 seconds. The rest.",
            "a length of 0.5 seconds",
            "Done: a. The rest.",
        ),
        ("已修改：a。未能完成：右上角的标志。", "右上角的标志", "已修改：a。"),  # noqa: RUF001 - Chinese
        (
            "已修改：a。未能完成：右上角的标志。没有理解“b”。",  # noqa: RUF001 - Chinese
            "右上角的标志",
            "已修改：a。没有理解“b”。",  # noqa: RUF001 - Chinese
        ),
        ("Nothing is missing.", None, "Nothing is missing."),
        ("Not done: x", "x", None),
    ],
)
def test_what_was_not_done_stands_in_a_line_of_its_own(
    said: str, missing: str | None, rest: str | None
) -> None:
    facts = _facts(notice_of(_ready(agent_says=said)))
    assert facts.get("Not done") == missing
    assert facts.get("The agent says") == rest


def test_a_failure_in_another_language_keeps_the_address_and_the_original() -> None:
    notice = notice_of(ALL["failed-in-german"])
    assert notice.lead == "Es sind keine Credits mehr da."
    assert notice.advice == "Laden Sie Credits auf Ihr Konto. https://nemovideo.com/register?bind=user-7"
    original = _facts(notice)["Genauer (Englisch)"]
    assert original.startswith("There are no credits left for another video. Top up credits")
    assert text_of(notice).count("https://nemovideo.com/register") == 1


def test_a_question_is_in_the_words_of_the_agent() -> None:
    notice = notice_of(ALL["needs-answer-japanese"])
    assert notice.lead == "どちらの商品を使いますか。"
    assert notice.addresses[0][0] == "答える"


def test_what_changed_has_no_short_names_of_the_vendor() -> None:
    changed = _facts(notice_of(ALL["ready-version-2"]))["Changed"]
    assert changed == "Video shortened from 8s to 6s; Music removed: Lo-fi"
