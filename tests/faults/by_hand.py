"""What people do to the deployed pipeline behind its back, and what time does."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from videos.model.records import VersionRef

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_sqs import SQSClient
    from types_boto3_stepfunctions import SFNClient


@contextlib.contextmanager
def changed_workflow(sfn: "SFNClient", arn: str, change: Callable[[str], str]) -> Iterator[None]:
    """Have executions that start while the block runs follow another definition."""
    definition = sfn.describe_state_machine(stateMachineArn=arn)["definition"]
    sfn.update_state_machine(stateMachineArn=arn, definition=change(definition))
    try:
        yield
    finally:
        sfn.update_state_machine(stateMachineArn=arn, definition=definition)


def without_announcing(definition: str) -> str:
    """The workflow, but it dies where it should announce."""
    workflow = json.loads(definition)
    workflow["States"]["Finish"] = {"Type": "Fail", "Error": "Broken"}
    return json.dumps(workflow)


def beginning_late(definition: str) -> str:
    """The workflow, but its first step waits a moment."""
    workflow = json.loads(definition)
    first = workflow["StartAt"]
    workflow["States"]["Wait first"] = {"Type": "Wait", "Seconds": 3, "Next": first}
    return json.dumps(workflow | {"StartAt": "Wait first"})


def losing_its_rows(definition: str) -> str:
    """The workflow of a batch, but a row whose video was started fails."""
    workflow = json.loads(definition)
    row = workflow["States"]["Carry out each row"]["ItemProcessor"]["States"]
    row["Wait for the end"] = {"Type": "Fail", "Error": "Broken"}
    return json.dumps(workflow)


def age(table: "Table", ref: VersionRef) -> None:
    """Let a version have begun an hour ago."""
    table.update_item(
        Key={"video_id": ref.video_id, "item": f"version#{ref.version:04d}"},
        UpdateExpression="SET created_at = :then",
        ExpressionAttributeValues={":then": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
    )


def age_end(table: "Table", ref: VersionRef) -> None:
    """Let a version have ended two hours ago."""
    table.update_item(
        Key={"video_id": ref.video_id, "item": f"version#{ref.version:04d}"},
        UpdateExpression="SET ended.#at = :then",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":then": (datetime.now(UTC) - timedelta(hours=2)).isoformat()},
    )


def make_dead_letter(sqs: "SQSClient", queue_url: str, message: Mapping[str, Any]) -> str:
    """Let a message that was received be a dead letter of its queue; the address of where it lies."""
    asked = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["RedrivePolicy"])
    target = json.loads(asked["Attributes"]["RedrivePolicy"])["deadLetterTargetArn"]
    lies_in = sqs.get_queue_url(QueueName=target.rsplit(":", 1)[-1])["QueueUrl"]
    sqs.send_message(QueueUrl=lies_in, MessageBody=message["Body"])
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return lies_in
