import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from aws.topic import AnnouncementTopic
from notifications.mail import text_of
from notifications.notice import notice_of
from tests.support.builders import DELIVERED, NOW, READY, TIMELINE, a_version, a_video
from videos.events.announcements import Announcement, BatchEnded, end_of, parse_announcement, progress_of
from videos.model.records import BatchRow, Stage, Status

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

URL = "https://videos.example"
ENDED = end_of(
    a_video(name="a “b” ü 🎬.png").model_copy(update={"metadata": {"order": 7.5, "deep": [None, {"ü": 1}]}}),
    a_version(ended=READY, delivered=DELIVERED, timeline=TIMELINE),
    URL,
)
PROGRESS = progress_of(a_video(), Stage.RENDERING, "Rendering.")
BATCH = BatchEnded(
    id="bat-1-ended",
    at=NOW,
    owner="shop",
    source="inbox",
    status=Status.FAILED,
    name="spring.csv",
    message="All 3 rows have ended.",
    batch_id="bat-1",
    counts={Status.READY: 1, Status.FAILED: 1},
    rejected=1,
    results="s3://inbox/results.csv",
)
ANNOUNCEMENTS: list[Announcement] = [ENDED, PROGRESS, BATCH]


def _received(
    cloud: "Clients", topic_arn: str, announcement: Announcement, **subscription: str
) -> list[dict[str, Any]]:
    """What a queue that is subscribed so gets when the announcement is published."""
    queue = cloud.sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    cloud.sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:subscriber",
        Attributes=subscription,
    )
    message_id = AnnouncementTopic(cloud.sns, topic_arn).publish(announcement)
    messages = cloud.sqs.receive_message(QueueUrl=queue).get("Messages", [])
    envelopes: list[dict[str, Any]] = [json.loads(message["Body"]) for message in messages]
    assert all(envelope["MessageId"] == message_id for envelope in envelopes)
    return envelopes


def _variants(
    cloud: "Clients",
    topic_arn: str,
    monkeypatch: pytest.MonkeyPatch,
    announcement: Announcement,
    *,
    for_chat: bool = False,
) -> dict[str, str]:
    """What is handed to SNS for each kind of subscriber."""
    published: list[dict[str, str]] = []

    def publish(**request: str) -> dict[str, str]:
        published.append(request)
        return {"MessageId": "m"}

    monkeypatch.setattr(cloud.sns, "publish", publish)
    AnnouncementTopic(cloud.sns, topic_arn, for_chat=for_chat).publish(announcement)
    variants: dict[str, str] = json.loads(published[0]["Message"])
    return variants


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda item: item.type)
def test_a_machine_gets_the_whole_announcement(
    cloud: "Clients", topic_arn: str, announcement: Announcement
) -> None:
    (envelope,) = _received(cloud, topic_arn, announcement)
    assert parse_announcement(envelope["Message"]) == announcement
    assert envelope["Subject"] == notice_of(announcement).subject
    attributes = {name: item["Value"] for name, item in envelope["MessageAttributes"].items()}
    assert attributes == {
        "type": announcement.type,
        "status": announcement.status,
        "owner": announcement.owner,
        "source": announcement.source,
    }


@pytest.mark.parametrize(
    ("wanted", "arriving"),
    [
        ({"type": ["video.ended", "batch.ended"]}, [ENDED, BATCH]),
        ({"type": ["video.progress"]}, [PROGRESS]),
        ({"status": ["ready"]}, [ENDED]),
        ({"owner": ["inbox"], "source": ["inbox"]}, [ENDED, PROGRESS]),
        ({"owner": ["somebody else"]}, []),
    ],
)
@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda item: item.type)
def test_subscribers_choose_by_type_status_owner_and_source(
    cloud: "Clients",
    topic_arn: str,
    announcement: Announcement,
    wanted: dict[str, list[str]],
    arriving: list[Announcement],
) -> None:
    arrived = _received(cloud, topic_arn, announcement, FilterPolicy=json.dumps(wanted))
    assert bool(arrived) is (announcement in arriving)


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda item: item.type)
def test_a_mail_from_the_topic_is_the_text_for_people(
    cloud: "Clients", topic_arn: str, monkeypatch: pytest.MonkeyPatch, announcement: Announcement
) -> None:
    variants = _variants(cloud, topic_arn, monkeypatch, announcement)
    assert variants.keys() == {"default", "email"}
    assert variants["email"] == text_of(notice_of(announcement))


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda item: item.type)
def test_a_chat_gets_its_own_schema_and_all_others_what_they_got_before(
    cloud: "Clients", topic_arn: str, monkeypatch: pytest.MonkeyPatch, announcement: Announcement
) -> None:
    plain = _variants(cloud, topic_arn, monkeypatch, announcement)
    variants = _variants(cloud, topic_arn, monkeypatch, announcement, for_chat=True)
    told = json.loads(variants.pop("https"))
    assert (told["version"], told["source"], told["id"]) == ("1.0", "custom", announcement.id)
    assert variants == plain


ROW = ENDED.model_copy(update={"batch": BatchRow(batch_id="bat-1", row=2)})
STEP_OF_ROW = progress_of(a_video(), Stage.RENDERING, "Rendering.", batch=ROW.batch)
NO_ROWS = {"batch": [{"exists": False}]}


@pytest.mark.parametrize("row", [ROW, STEP_OF_ROW], ids=lambda item: item.type)
def test_the_rows_of_a_batch_are_told_to_machines_and_not_to_people(
    cloud: "Clients", topic_arn: str, row: Announcement
) -> None:
    assert _received(cloud, topic_arn, row, FilterPolicy=json.dumps(NO_ROWS)) == []
    (envelope,) = _received(cloud, topic_arn, row, FilterPolicy=json.dumps({"batch": ["bat-1"]}))
    assert parse_announcement(envelope["Message"]) == row


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS, ids=lambda item: item.type)
def test_all_else_is_told_to_people(cloud: "Clients", topic_arn: str, announcement: Announcement) -> None:
    assert len(_received(cloud, topic_arn, announcement, FilterPolicy=json.dumps(NO_ROWS))) == 1


def test_a_chat_passes_over_the_rows_of_a_batch(
    cloud: "Clients", topic_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "https" not in _variants(cloud, topic_arn, monkeypatch, ROW, for_chat=True)


def test_no_queue_that_subscribes_refuses_what_is_published(cloud: "Clients", topic_arn: str) -> None:
    odd = "a\ufffeb\uffffc\x0bd"
    made = {"metadata": {odd: [odd]}, "instruction": odd}
    ended = end_of(
        a_video(name=f"{odd}.png").model_copy(update=made), a_version(ended=READY, instruction=odd), URL
    )
    (message,) = _received(cloud, topic_arn, ended)
    assert not re.search("[\ufffe\uffff\x0b]", message["Message"])
    assert parse_announcement(message["Message"]) == ended
    assert not re.search("[\ufffe\uffff\x0b]", text_of(notice_of(ended)))
