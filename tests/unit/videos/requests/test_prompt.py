"""What the agent is told of a video's options."""

import pytest

from tests.support.builders import NOW, SENDING, TIMELINE, a_version, a_video
from videos.model.records import Status
from videos.model.version import Ended, Version
from videos.model.video import BackendSession, Options, Video
from videos.requests.prompt import message_of


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(), []),
        (Options(aspect_ratio="16:9"), ["Format: landscape 16:9."]),
        (Options(aspect_ratio="9:16"), ["Format: vertical 9:16."]),
        (Options(aspect_ratio="1:1"), ["Format: square 1:1."]),
        (Options(duration_seconds=12), ["Length: 12 seconds."]),
        (Options(title="Tidewater 🎬"), ['Title: "Tidewater 🎬".']),
        (Options(language="pt-BR"), ["Language of all texts: pt-BR."]),
        (
            Options(aspect_ratio="1:1", duration_seconds=3, language="de", title="A"),
            ["Format: square 1:1.", "Length: 3 seconds.", 'Title: "A".', "Language of all texts: de."],
        ),
    ],
)
def test_wishes_follow_the_first_instruction_and_no_other(options: Options, said: list[str]) -> None:
    video = a_video().model_copy(update={"options": options})
    first, second = a_version(), a_version(number=2, instruction="Shorter.")
    assert message_of(video, first).splitlines() == ["Make it shine.", *said]
    assert message_of(video, second, [a_version(send_lock=SENDING)]) == "Shorter."


def _rebuilt(**news: object) -> Video:
    """A video whose session was forgotten, and another one opened."""
    return a_video().model_copy(update={"backend_session": BackendSession(session_id="another"), **news})


def _a_version(number: int, instruction: str, status: Status = Status.READY, **parts: object) -> Version:
    ended = Ended.model_validate({"status": status, "at": NOW, "message": "It ended."})
    return a_version(number=number, instruction=instruction, send_lock=SENDING, ended=ended, **parts)


def test_a_new_session_is_told_all_that_was_asked_for_in_order() -> None:
    video = _rebuilt(options=Options(aspect_ratio="9:16"))
    earlier = [
        _a_version(1, "Make it shine.", timeline=TIMELINE),
        _a_version(2, "Add a title.", Status.NEEDS_ANSWER),
        _a_version(3, "Blue.", Status.FAILED, timeline=TIMELINE),
    ]
    assert message_of(video, a_version(number=4, instruction="Shorter."), earlier).splitlines() == [
        "Make one video of what was uploaded.",
        "It was made before, and was like this:",
        "Timeline (3 tracks): …",
        "This was asked for so far, one after the other:",
        "1. Make it shine. Format: vertical 9:16.",
        "2. Add a title.",
        "3. Blue.",
        "Do all of that, and then this:",
        "Shorter.",
    ]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_what_led_to_nothing_is_not_asked_for_again(status: Status) -> None:
    earlier = [_a_version(1, "Make it shine."), _a_version(2, "Make it dull.", status)]
    message = message_of(_rebuilt(), a_version(number=3, instruction="Shorter."), earlier)
    assert "dull" not in message
    assert "1. Make it shine." in message


def test_what_is_tried_again_is_said_once() -> None:
    earlier = [_a_version(1, "Make it shine.", Status.FAILED, timeline=TIMELINE)]
    video = _rebuilt(options=Options(title="A"))
    assert message_of(video, a_version(number=2), earlier) == 'Make it shine.\nTitle: "A".'


def test_a_retry_of_what_never_reached_the_agent_keeps_its_wishes() -> None:
    video = a_video().model_copy(update={"options": Options(title="A")})
    failed = a_version(ended=Ended(status=Status.FAILED, at=NOW, message="No session."))
    assert message_of(video, a_version(number=2), [failed]) == 'Make it shine.\nTitle: "A".'


def test_a_new_session_is_told_everything_once() -> None:
    told = SENDING.model_copy(update={"session_id": "another"})
    earlier = [_a_version(1, "Make it shine."), a_version(number=2, instruction="Blue.", send_lock=told)]
    assert message_of(_rebuilt(), a_version(number=3, instruction="Shorter."), earlier) == "Shorter."
