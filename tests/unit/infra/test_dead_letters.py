"""Dead letters as SQS holds them: looked at, chosen, sent again."""

import io
import json
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from infra.operations import dead_letters
from infra.operations.dead_letters import QUEUES, DeadLetterQueues
from infra.operations.redrive import Choice, send_chosen
from infra.operations.stack import Stack
from tests.unit.conftest import Clients
from videos.model.records import SendOrder

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


@pytest.fixture
def stack(cloud: Clients, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setattr(dead_letters, "WAIT_SECONDS", 0)
    stack = Stack("a-stack", lambda _service: cloud.sqs, lambda: cloud.dynamodb)
    urls = {name: cloud.sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES.values()}
    stack.__dict__["resources"] = {"AWS::SQS::Queue": urls}
    return stack


@pytest.fixture
def source(cloud: Clients, stack: Stack) -> str:
    """A queue whose messages are dead letters after one try."""
    arn = cloud.sqs.get_queue_attributes(
        QueueUrl=stack.queues["GenerationDeadLetters"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    made = cloud.sqs.create_queue(
        QueueName="source", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    )
    return made["QueueUrl"]


def _die(sqs: "SQSClient", source: str, *versions: int) -> list[str]:
    """Let instructions become dead letters; returns their ids."""
    ids = []
    for version in versions:
        order = SendOrder(video_id="vid-1", version=version, task_token="a token")
        sent = sqs.send_message(
            QueueUrl=source,
            MessageBody=order.model_dump_json(),
            MessageAttributes={"kind": {"StringValue": "order", "DataType": "String"}},
        )
        ids.append(sent["MessageId"])
    while sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
        pass
    return ids


def _versions_in(sqs: "SQSClient", url: str) -> list[int]:
    messages = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    ).get("Messages", [])
    assert all(message["MessageAttributes"]["kind"]["StringValue"] == "order" for message in messages)
    return sorted(json.loads(message["Body"])["version"] for message in messages)


def test_looking_takes_nothing_away(cloud: Clients, stack: Stack, source: str) -> None:
    ids = _die(cloud.sqs, source, 1, 2, 3)
    dead = DeadLetterQueues(stack)
    for _ in range(2):
        assert sorted(item.message_id for item in dead.peek("generation", 50)) == sorted(ids)
    assert dead.peek("inbox", 50) == []


def test_what_was_chosen_goes_where_it_came_from_and_the_rest_stays(
    cloud: Clients, stack: Stack, source: str
) -> None:
    ids = _die(cloud.sqs, source, 1, 2, 3)
    shown = Console(file=io.StringIO())
    assert send_chosen(DeadLetterQueues(stack), Choice(message_id=ids[1]), shown) == 1
    assert _versions_in(cloud.sqs, stack.queues["GenerationDeadLetters"]) == [1, 3]
    assert _versions_in(cloud.sqs, source) == [2]


def test_a_queue_is_emptied_and_nothing_else_is_touched(cloud: Clients, stack: Stack, source: str) -> None:
    _die(cloud.sqs, source, *range(1, 13))
    shown = Console(file=io.StringIO())
    assert send_chosen(DeadLetterQueues(stack), Choice(queue="webhook"), shown) == 0
    assert send_chosen(DeadLetterQueues(stack), Choice(queue="generation"), shown) == 12
    assert DeadLetterQueues(stack).peek("generation", 50) == []
