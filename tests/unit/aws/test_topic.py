import json
from typing import TYPE_CHECKING, Any

import pytest

from aws.topic import AnnouncementTopic
from videos.models import InboxFile
from videos.ports import Announcement

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

ANNOUNCEMENT = Announcement(
    id="vid-1-1-ready",
    video_id="vid-1",
    turn=1,
    owner="inbox",
    source="inbox",
    status="ready",
    name="a “b” ü 🎬.png",
    instruction="Make it shine.",
    message="The video is ready.",
    media=(InboxFile(bucket="b", key="k", version_id="v"),),
    subject="Ready: ü 🎬 (8 s)",
    text="The video is ready.\n\nWatch: …\n",
)


def _received(cloud: "Clients", topic_arn: str, **subscription: str) -> list[dict[str, Any]]:
    """What a queue with this filter policy gets when the announcement is published."""
    queue = cloud.sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    cloud.sns.subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint="arn:aws:sqs:us-east-1:123456789012:subscriber",
        Attributes=subscription,
    )
    message_id = AnnouncementTopic(cloud.sns, topic_arn).publish(ANNOUNCEMENT)
    messages = cloud.sqs.receive_message(QueueUrl=queue).get("Messages", [])
    envelopes: list[dict[str, Any]] = [json.loads(message["Body"]) for message in messages]
    assert all(envelope["MessageId"] == message_id for envelope in envelopes)
    return envelopes


def test_a_machine_gets_the_whole_announcement(cloud: "Clients", topic_arn: str) -> None:
    (envelope,) = _received(cloud, topic_arn)
    assert Announcement.model_validate_json(envelope["Message"]) == ANNOUNCEMENT
    assert envelope["Subject"] == ANNOUNCEMENT.subject


@pytest.mark.parametrize(
    ("wanted", "arrives"),
    [
        ({"status": ["ready"]}, True),
        ({"status": ["failed"]}, False),
        ({"owner": ["inbox"], "source": ["inbox"]}, True),
        ({"owner": ["somebody else"]}, False),
    ],
)
def test_subscribers_choose_by_status_owner_and_source(
    cloud: "Clients", topic_arn: str, wanted: dict[str, list[str]], *, arrives: bool
) -> None:
    assert bool(_received(cloud, topic_arn, FilterPolicy=json.dumps(wanted))) is arrives


def test_a_mail_is_the_text_for_people(
    cloud: "Clients", topic_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[dict[str, str]] = []

    def publish(**request: str) -> dict[str, str]:
        published.append(request)
        return {"MessageId": "m"}

    monkeypatch.setattr(cloud.sns, "publish", publish)
    AnnouncementTopic(cloud.sns, topic_arn).publish(ANNOUNCEMENT)
    assert json.loads(published[0]["Message"])["email"] == ANNOUNCEMENT.text
