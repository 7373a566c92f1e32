import re
from typing import TYPE_CHECKING, Literal

from aws.queues import DeadLetterMessages, MessageQueue
from videos.events.webhooks import WebhookOrder
from videos.model.records import SendOrder

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

ORDER = WebhookOrder(id="vid-a-1-ready", owner="ann", url="https://hooks.example.com/", body='{"a": "ü🎬"}')


def test_a_message_that_is_postponed_comes_again_as_it_was(cloud: "Clients") -> None:
    url = cloud.sqs.create_queue(QueueName="webhooks")["QueueUrl"]
    queue = MessageQueue(cloud.sqs, url)
    queue.put(ORDER)
    for _ in range(2):
        (message,) = cloud.sqs.receive_message(QueueUrl=url)["Messages"]
        assert WebhookOrder.model_validate_json(message["Body"]) == ORDER
        assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)
        queue.postpone(message["ReceiptHandle"], 0)
    (message,) = cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    queue.postpone(message["ReceiptHandle"], 36000)
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)


EVERY_KIND = (
    "".join(map(chr, (*range(0x300), 0x2028, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF))) + "\\\ufffe"
)
# As SQS documents it: what XML 1.0 takes.
TAKEN = re.compile("[\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


def test_a_message_holds_no_character_that_sqs_refuses_and_loses_none(cloud: "Clients") -> None:
    url = cloud.sqs.create_queue(QueueName="webhooks")["QueueUrl"]
    order = ORDER.model_copy(update={"body": EVERY_KIND})
    MessageQueue(cloud.sqs, url).put(order)
    (message,) = cloud.sqs.receive_message(QueueUrl=url)["Messages"]
    assert TAKEN.fullmatch(message["Body"])
    assert WebhookOrder.model_validate_json(message["Body"]) == order


def test_a_message_may_be_put_for_later(cloud: "Clients") -> None:
    url = cloud.sqs.create_queue(QueueName="inbox")["QueueUrl"]
    MessageQueue(cloud.sqs, url).put(ORDER, delay_seconds=900)
    assert "Messages" not in cloud.sqs.receive_message(QueueUrl=url)
    name: Literal["ApproximateNumberOfMessagesDelayed"] = "ApproximateNumberOfMessagesDelayed"
    assert cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name] == "1"


def test_messages_of_one_owner_share_a_group_that_sqs_accepts(cloud: "Clients") -> None:
    url = cloud.sqs.create_queue(QueueName="webhooks")["QueueUrl"]
    for owner in ("ann", "ann", "Zoë / 佐藤 <z@example.com>" * 20):
        MessageQueue(cloud.sqs, url).put(ORDER, owner=owner)
    received = cloud.sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )
    groups = [message["Attributes"]["MessageGroupId"] for message in received["Messages"]]
    assert len(set(groups)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{32}", group) for group in groups)


def test_dead_letters_are_read_and_stay(cloud: "Clients") -> None:
    url = cloud.sqs.create_queue(QueueName="dead")["QueueUrl"]
    orders = [SendOrder(video_id=f"vid-{number}", version=1, task_token="t") for number in range(23)]
    for order in orders:
        MessageQueue(cloud.sqs, url).put(order)
    cloud.sqs.send_message(QueueUrl=url, MessageBody="no order")
    read = DeadLetterMessages(cloud.sqs, url).orders()
    assert sorted(read, key=lambda order: order.video_id) == sorted(orders, key=lambda order: order.video_id)
    hidden: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
    attributes = cloud.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[hidden])["Attributes"]
    assert int(attributes[hidden]) == len(orders) + 1, "they come back by themselves"
