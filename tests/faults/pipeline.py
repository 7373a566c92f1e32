"""The deployed pipeline as a test sees it: drop a file, wait until nothing moves, look at what came of it."""

import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from aws.table import VideoTable
from infra.local.endpoints import Endpoints
from tests.faults import by_hand
from tests.faults.channels import ChatChannel
from tests.faults.event_bus import QUEUE as BUS_TARGET
from tests.faults.event_bus import ListenedBus
from tests.faults.ledger_gate import LedgerGate
from tests.support import http
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Script, ScriptedBackend
from tests.support.waiting import awaited
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile
from videos.model.records import VersionRef
from videos.model.version import Version
from videos.model.video import Video

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_stepfunctions import SFNClient
    from types_boto3_stepfunctions.type_defs import HistoryEventTypeDef

# The time of workers, and after it their queues', are cut: killed workers are waited for. Of the generation
# worker's, 900 s and 960 s, its least is left for the stream, 1 s, because the handler keeps 30 s for itself.
HASTE = {
    "send_instruction": (15, 16),
    "notify_mail": (12, 13),
    "notify_slack": (12, 13),
    "notify_teams": (12, 13),
    "notify_discord": (12, 13),
    "notify_event_bus": (12, 13),
}

# What Step Functions calls it when a function is throttled.
THROTTLED = "Lambda.TooManyRequestsException"

# A file without one would wait for another that says what to do with it.
ASKED = {"instruction": "Generate a short promotional video from this content."}


@dataclass(frozen=True)
class Drop:
    """A file that was dropped, and the script that the backend plays for it."""

    file: InboxFile
    script: Script
    version: int = 1

    @property
    def ref(self) -> VersionRef:
        return VersionRef(video_id=video_id_for(idempotency_key_of(self.file)), version=self.version)


@dataclass(frozen=True)
class End:
    """What came of a dropped file.

    `announcements` is all that was ever announced of the video, `mails` all that was ever mailed of it, and
    `posts` all that stands in each chat channel, by its name. `bus_events` were put on the event bus.
    """

    script: Script
    video: Video
    version: Version
    execution_status: str
    announcements: list[dict[str, Any]]
    mails: list[str]
    posts: dict[str, list[dict[str, Any]]]
    bus_events: list[dict[str, Any]]
    stored: list[str]

    @property
    def message(self) -> str:
        """What happened and what to do next, as it was announced."""
        event = self.announcements[0]
        return f"{event['message']} {event['advice']}"


class GatedPipeline:
    """A running embedded cloud, with a backend and chat channels behind it, and a gate before its ledger."""

    def __init__(
        self,
        endpoints: Endpoints,
        backend: ScriptedBackend,
        slack: ChatChannel,
        gate: LedgerGate,
        *others: ChatChannel,
    ) -> None:
        self.endpoints = endpoints
        self.backend = backend
        self.slack = slack
        self.channels = {channel.name: channel for channel in (slack, *others)}
        self.gate = gate
        access = endpoints.access
        self.bus = ListenedBus(access)
        self.s3: S3Client = access.client("s3")
        self.sqs: SQSClient = access.client("sqs")
        self.sfn: SFNClient = access.client("stepfunctions")
        self.functions: LambdaClient = access.client("lambda")
        self.table: Table = access.dynamodb().Table(endpoints.videos_table)
        self.store = VideoTable(self.table)

    def hasten(self) -> None:
        """Shorten the lives of workers and messages, and lead their ledgers through the gate.

        The recovery comes when a test calls it, and not between the steps of another one.
        """
        scheduler = self.endpoints.access.client("scheduler")
        for schedule in scheduler.list_schedules()["Schedules"]:
            scheduler.delete_schedule(Name=schedule["Name"])
        for worker, (seconds, redelivery_seconds) in HASTE.items():
            self.sqs.set_queue_attributes(
                QueueUrl=self.queue_of(worker), Attributes={"VisibilityTimeout": str(redelivery_seconds)}
            )
            self._lead_through_gate(worker, seconds)
        self._lead_through_gate("finish", seconds=30)

    def _lead_through_gate(self, handler: str, seconds: int) -> None:
        function = self._functions[handler]
        env = self.functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
        gated = dict.fromkeys(("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_EVENTBRIDGE"), self.gate.url)
        # Three attempts, so that a test can outlast the SDK's own patience with a throttled table.
        gate = {**gated, "AWS_MAX_ATTEMPTS": "3"}
        self.functions.update_function_configuration(
            FunctionName=function, Timeout=seconds, Environment={"Variables": env | gate}
        )
        self.functions.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 1}
        )

    def drop(self, script: Script) -> Drop:
        """Drop a picture. One at a time: the script is played for the session that is opened next."""
        self.backend.play(script)
        key = "inbox/picture.png"
        put = self.s3.put_object(Bucket=self.endpoints.inbox_bucket, Key=key, Body=picture(), Metadata=ASKED)
        file = InboxFile(bucket=self.endpoints.inbox_bucket, key=key, version_id=put["VersionId"])
        return Drop(file, script)

    def change(self, drop: Drop, instruction: str) -> Drop:
        """Ask for the next version, with a note beside the file."""
        self.s3.put_object(
            Bucket=drop.file.bucket, Key=f"{drop.file.key}.edit.txt", Body=instruction.encode()
        )
        return replace(drop, version=drop.version + 1)

    def end_of(self, drop: Drop) -> End:
        """Wait until the video has ended, its workflow too, and no message is left that could still act."""
        self.until(lambda: self.has_ended(drop.ref), f"{drop.ref.execution_name} ends")
        self.until(self.is_quiet, "all messages are done with")
        of_video = [event for event in self.events() if event["video_id"] == drop.ref.video_id]
        announced = [event for event in of_video if event["version"] == drop.version]
        assert announced, "the end was not announced"
        mailed = self.mails_about(drop.ref)
        assert mailed, "the end was not mailed"
        return End(
            script=drop.script,
            video=self.store.video(drop.ref.video_id),
            version=self.store.version(drop.ref),
            execution_status=self.execution_status(drop.ref),
            announcements=announced,
            mails=mailed,
            posts={name: channel.shown(drop.ref.video_id) for name, channel in self.channels.items()},
            bus_events=self.bus.ends(drop.ref.video_id, drop.version),
            stored=self._stored(drop.ref),
        )

    def until(self, condition: Callable[[], bool], what: str) -> None:
        awaited(condition, what)

    def execution_arn(self, ref: VersionRef) -> str:
        arn = self.endpoints.state_machine_arn.replace(":stateMachine:", ":execution:")
        return f"{arn}:{ref.execution_name}"

    def execution_status(self, ref: VersionRef) -> str:
        return self.sfn.describe_execution(executionArn=self.execution_arn(ref))["status"]

    def statuses(self, ref: VersionRef) -> list[str]:
        """How each execution of a version stands, in their order."""
        return self.statuses_of_versions()[self.execution_arn(ref)]

    def statuses_of_versions(self) -> dict[str, list[str]]:
        """How each execution of each version stands, in their order, by the ARN of the first."""
        statuses = defaultdict(list)
        for arn, status in sorted(self.executions().items()):
            statuses[arn.partition("-again-")[0]].append(status)
        return statuses

    def executions(self) -> dict[str, str]:
        """The ARN of every execution there ever was, and how it stands."""
        pages = self.sfn.get_paginator("list_executions").paginate(
            stateMachineArn=self.endpoints.state_machine_arn
        )
        return {item["executionArn"]: item["status"] for page in pages for item in page["executions"]}

    def transitions(self, execution_arn: str) -> int:
        """What AWS bills for an execution: every state that was entered, and the start."""
        return 1 + sum(event["type"].endswith("StateEntered") for event in self._history(execution_arn))

    def errors_of(self, ref: VersionRef) -> Counter[str]:
        """What broke a try of a step, by the names that Step Functions has for it."""
        history = self._history(self.execution_arn(ref))
        return Counter(
            event["taskFailedEventDetails"]["error"] for event in history if event["type"] == "TaskFailed"
        )

    def _history(self, execution_arn: str) -> Iterator["HistoryEventTypeDef"]:
        pages = self.sfn.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
        return (event for page in pages for event in page["events"])

    def events(self) -> Iterator[dict[str, Any]]:
        """All that a subscriber of the topic ever got."""
        for path in sorted(self.endpoints.mailbox_dir.glob("*.json")):
            yield json.loads(path.read_bytes())

    def mails(self) -> list[dict[str, Any]]:
        """All mails that SES ever took."""
        answer = http.get(f"{self.endpoints.aws_endpoint_url}/_ministack/ses/messages").raise_for_status()
        return [mail for mails in answer.json()["messages"].values() for mail in mails]

    def mails_about(self, ref: VersionRef) -> list[str]:
        """The text of all mails about a video."""
        texts = [str(mail["BodyText"]) for mail in self.mails()]
        return [text for text in texts if f"Video id: {ref.video_id}\n" in text]

    def queue_of(self, worker: str) -> str:
        """The address of the queue that a worker reads."""
        name = self._mapping(worker)["EventSourceArn"].rsplit(":", 1)[-1]
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    @cached_property
    def queue_urls(self) -> list[str]:
        """All queues that the pipeline reads."""
        queues = self.sqs.list_queues()["QueueUrls"]
        return [queue for queue in queues if not queue.endswith(f"/{BUS_TARGET}")]

    @cached_property
    def inbox_queue_url(self) -> str:
        config = self.s3.get_bucket_notification_configuration(Bucket=self.endpoints.inbox_bucket)
        name = config["QueueConfigurations"][0]["QueueArn"].rsplit(":", 1)[-1]
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    @contextlib.contextmanager
    def generations_held(self) -> Iterator[None]:
        """Let messages lie in the generation queue while the block runs."""
        self._enable("send_instruction", enabled=False)
        try:
            yield
        finally:
            self._enable("send_instruction", enabled=True)

    def double_the_message(self) -> None:
        """Deliver the one message of the held generation queue twice, as SQS may."""
        queue = self.endpoints.generation_queue_url
        self.until(lambda: self.messages_in(queue) == 1, "the instruction is queued")
        (message,) = self.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)["Messages"]
        self.sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])

    def instruction_is_queued(self) -> bool:
        """Whether a message lies in the generation queue."""
        return self.messages_in(self.endpoints.generation_queue_url) == 1

    def visible_in(self, queue: str) -> list[dict[str, Any]]:
        """What lies in a queue, once somebody who looked at it has let go of it."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            answer = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            found.extend(dict(message) for message in answer.get("Messages", []))
            return bool(found)

        self.until(look, "the messages are visible")
        return found

    def dead_letter_the_message(self) -> str:
        """Let the one message of the held generation queue be a dead letter; the address of where it lies."""
        queue = self.endpoints.generation_queue_url
        self.until(self.instruction_is_queued, "the instruction is queued")
        (message,) = self.sqs.receive_message(QueueUrl=queue)["Messages"]
        return by_hand.make_dead_letter(self.sqs, queue, message)

    def stop(self, ref: VersionRef) -> None:
        """Stop an execution, as somebody may do by hand."""
        self.sfn.stop_execution(executionArn=self.execution_arn(ref))

    def recover(self, ref: VersionRef, *, times: int = 1) -> None:
        """Let a version have begun an hour ago, and let so many recoveries look at it at once."""
        by_hand.age(self.table, ref)
        for _ in range(times):
            self.functions.invoke(FunctionName=self.endpoints.recover_function, InvocationType="Event")

    def is_unfinished(self, ref: VersionRef) -> bool:
        """Whether the recovery still looks at a version."""
        return ref in self.store.begun_before(datetime.now(UTC))

    def age_render(self, drop: Drop, *, attempt: int) -> None:
        """Make the render of that attempt look as if it had been asked for an hour ago."""

        def is_asked_for() -> bool:
            if not self._knows(drop.ref):
                return False
            rendering = self.store.version(drop.ref).rendering
            return rendering is not None and rendering.attempt == attempt and rendering.answered

        self.until(is_asked_for, f"render {attempt} is asked for, and the answer is stored")
        self.table.update_item(
            Key={"video_id": drop.ref.video_id, "item": f"version#{drop.ref.version:04d}"},
            UpdateExpression="SET rendering.asked_at = :then",
            ConditionExpression="rendering.attempt = :attempt",
            ExpressionAttributeValues={
                ":then": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
                ":attempt": attempt,
            },
        )

    def waiting_drops(self) -> int:
        """How many events lie in the inbox's queue."""
        return self.messages_in(self.inbox_queue_url)

    @contextlib.contextmanager
    def ingest_held(self) -> Iterator[None]:
        """Let events lie in the inbox's queue while the block runs."""
        self._enable("ingest", enabled=False)
        try:
            yield
        finally:
            self._enable("ingest", enabled=True)

    def _enable(self, worker: str, *, enabled: bool) -> None:
        self.functions.update_event_source_mapping(UUID=self._mapping(worker)["UUID"], Enabled=enabled)

    @cached_property
    def _functions(self) -> dict[str, str]:
        """The ARN of each function, by the name of its handler."""
        pages = self.functions.get_paginator("list_functions").paginate()
        functions = [function for page in pages for function in page["Functions"]]
        return {function["Handler"].split(".")[2]: function["FunctionArn"] for function in functions}

    @property
    def puts_events(self) -> bool:
        """Whether it was deployed with an event bus."""
        return "notify_event_bus" in self._functions

    def _mapping(self, worker: str) -> dict[str, Any]:
        mappings = self.functions.list_event_source_mappings()["EventSourceMappings"]
        (mapping,) = (dict(m) for m in mappings if m["FunctionArn"] == self._functions[worker])
        return mapping

    def has_ended(self, ref: VersionRef) -> bool:
        return (
            self._knows(ref)
            and self.store.version(ref).ended is not None
            and "RUNNING" not in self.statuses(ref)
        )

    def _knows(self, ref: VersionRef) -> bool:
        return "Item" in self.table.get_item(
            Key={"video_id": ref.video_id, "item": f"version#{ref.version:04d}"}
        )

    def is_quiet(self) -> bool:
        return all(self.messages_in(queue) == 0 for queue in self.queue_urls)

    def messages_in(self, queue_url: str) -> int:
        waiting: Literal["ApproximateNumberOfMessages"] = "ApproximateNumberOfMessages"
        in_flight: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
        answer = self.sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=[waiting, in_flight])
        return sum(int(count) for count in answer["Attributes"].values())

    def _stored(self, ref: VersionRef) -> list[str]:
        prefix = f"videos/{ref.video_id}/{ref.version}/"
        listing = self.s3.list_objects_v2(Bucket=self.endpoints.videos_bucket, Prefix=prefix)
        return sorted(item["Key"].removeprefix(prefix) for item in listing.get("Contents", []))
