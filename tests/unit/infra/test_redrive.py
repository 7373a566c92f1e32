"""Dead-letter messages: what each is about, and what happens when it is sent again."""

import json

import pytest

from infra.operations.dead_letters import DeadLetterMessage, QueueName, effect, subject_of
from infra.operations.redrive import Choice
from tests.support.builders import DELIVERED, NOW, REF, SENDING, TIMELINE, a_version, a_video
from videos.events.announcements import end_of
from videos.events.webhooks import WebhookOrder
from videos.model.records import SendOrder, Status
from videos.model.version import Ended, Version

READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
ORDER = SendOrder(video_id=REF.video_id, version=1, task_token="a token")
CALLBACK = WebhookOrder(id="vid-1-1-ready", owner="ann", url="https://ann.example/?key=secret", body="{}")
DROPPED = {"Records": [{"s3": {"object": {"key": "inbox/gr%C3%BCn+2.png"}}}]}
END = end_of(
    a_video(), a_version(ended=READY, delivered=DELIVERED, timeline=TIMELINE), "https://videos.example"
)


@pytest.mark.parametrize(
    ("queue", "body", "title"),
    [
        ("generation", ORDER.model_dump_json(), f"{REF.video_id}, version 1"),
        ("inbox", json.dumps(DROPPED), "inbox/grün 2.png"),
        ("webhook", CALLBACK.model_dump_json(), "vid-1-1-ready to ann.example"),
        ("notification", END.model_dump_json(), END.id),
        ("generation", "{}", "an invalid message"),
        ("inbox", "no JSON", "an invalid message"),
        ("inbox", '{"Records": []}', "an invalid message"),
        ("inbox", "[]", "an invalid message"),
        ("notification", "{}", "an invalid message"),
    ],
)
def test_a_message_says_what_it_is_about_and_no_secret(queue: QueueName, body: str, title: str) -> None:
    assert subject_of(queue, body).title == title


@pytest.mark.parametrize(
    ("version", "effect_says"),
    [
        (None, "has been deleted"),
        (a_version(ended=READY, send_lock=SENDING), "has ended as ready"),
        (a_version(send_lock=SENDING), "not sent again"),
        (a_version(), "It was never sent"),
    ],
)
def test_what_becomes_of_an_instruction_is_known_from_the_send_lock(
    version: Version | None, effect_says: str
) -> None:
    assert effect_says in effect("generation", version)


def _message(queue: QueueName, message_id: str) -> DeadLetterMessage:
    return DeadLetterMessage(
        queue=queue, message_id=message_id, body="", receipt="r", source_arn="a", sent_at=NOW
    )


@pytest.mark.parametrize(
    ("choice", "meant"),
    [
        (Choice(), []),
        (Choice(everything=True), ["1", "2", "3"]),
        (Choice(queue="inbox"), ["1", "2"]),
        (Choice(message_id="2"), ["2"]),
        (Choice(message_id="2", everything=True), ["2"]),
    ],
)
def test_what_was_chosen_is_meant_and_nothing_else(choice: Choice, meant: list[str]) -> None:
    messages = [_message("inbox", "1"), _message("inbox", "2"), _message("webhook", "3")]
    assert [message.message_id for message in messages if choice.means(message)] == meant
    assert choice.is_made is bool(meant)
