"""A mailbox on this machine: whatever the topic says becomes files in a folder."""

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.access import Access

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

QUEUE = "nemo-video-mailbox"


@contextlib.contextmanager
def mailbox(access: Access, *, topic_arn: str, folder: Path) -> Iterator[None]:
    """Subscribe to the topic and write each notification down while the block runs.

    `0001-<announcement id>.txt` is the mail as a person would get it, `.json` what a machine gets.
    """
    sqs: SQSClient = access.client("sqs")
    queue_url = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        },
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    access.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)

    folder.mkdir(parents=True, exist_ok=True)
    stopping = threading.Event()
    reader = threading.Thread(
        target=_read, args=(sqs, queue_url, folder, stopping), name="mailbox", daemon=True
    )
    reader.start()
    try:
        yield
    finally:
        stopping.set()
        reader.join()


def _read(sqs: "SQSClient", queue_url: str, folder: Path, stopping: threading.Event) -> None:
    number = len(list(folder.glob("*.json")))
    while not stopping.is_set():
        messages = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in messages.get("Messages", []):
            number += 1
            _write(folder, number, json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])


def _write(folder: Path, number: int, envelope: dict[str, str]) -> None:
    event = json.loads(envelope["Message"])
    name = f"{number:04d}-{event['id']}"
    (folder / f"{name}.txt").write_text(f"Subject: {envelope['Subject']}\n\n{event['text']}")
    part = folder / f".{name}.part"
    part.write_text(json.dumps(event, ensure_ascii=False, indent=2) + "\n")
    part.replace(folder / f"{name}.json")
