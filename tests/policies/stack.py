"""The deployed pipeline with all that is optional switched on, and its roles, to be changed while it runs."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx

from aws.api_keys import ApiKeys
from aws.owner_buckets import Destinations
from aws.sign_in import SignInAddresses
from aws.table import VideoTable
from infra.local.cloud import EMBEDDED_AWS, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.mailbox import QUEUE as MAILBOX
from infra.local.stack import STACK
from infra.verification.template import EVERYTHING
from tests.e2e.services import Receiver, receiving
from tests.faults import by_hand
from tests.faults.channels import ChatChannel, chat_channel, other_channels, webhook_parameters
from tests.faults.event_bus import QUEUE as BUS_TARGET
from tests.faults.event_bus import ListenedBus
from tests.faults.scripted import scripted
from tests.support import http
from tests.support.scripted_backend.server import ScriptedBackend, scripted_backend
from tests.support.waiting import HUNG_SECONDS
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile
from videos.model.records import VersionRef

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import FunctionConfigurationTypeDef
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef
    from types_boto3_stepfunctions import SFNClient

T = TypeVar("T")
RECORDING_CLOUD = Path(__file__).with_name("recording_cloud.py")
ENDED = {"ready", "failed", "cancelled", "needs_answer"}
# No word of it stands anywhere else.
INSTRUCTION = "Show zebrafinches."
ASKED = {"instruction": INSTRUCTION}
# The embedded cloud asks no key for leave, and keeps to whom it was told.
KEY = "arn:aws:kms:us-east-1:000000000000:key/7e1f6f0e-0000-4000-8000-000000000000"

# What EVERYTHING lets results be copied to. The second one is not there at first.
COPIES, LATE_COPIES = "nemo-video-test-copies", "nemo-video-test-late-copies"

# Of the inbox: long enough for a first look, by a function that has just begun, to come before its end.
PATIENCE_SECONDS = 6


class GaveUpError(AssertionError):
    """What was waited for did not come."""


@dataclass
class Role:
    """The role of a function or a workflow, by the logical id of that, with its inline policy."""

    owner: str
    name: str
    policy_name: str
    policy: dict[str, Any]

    @property
    def statements(self) -> list[str]:
        return [str(statement["Sid"]) for statement in self.policy["Statement"]]


@dataclass
class Stack:
    """What a scenario needs of the deployed pipeline."""

    endpoints: Endpoints
    backend: ScriptedBackend
    slack: ChatChannel
    others: list[ChatChannel]
    receiver: Receiver
    bus: ListenedBus
    record: Path
    patience_seconds: float = HUNG_SECONDS
    s3: "S3Client" = field(init=False)
    sqs: "SQSClient" = field(init=False)
    sfn: "SFNClient" = field(init=False)
    iam: "IAMClient" = field(init=False)
    functions: "LambdaClient" = field(init=False)
    key: str = ""

    def __post_init__(self) -> None:
        access = self.endpoints.access
        self.s3, self.sqs, self.sfn = (
            access.client("s3"),
            access.client("sqs"),
            access.client("stepfunctions"),
        )
        self.s3.create_bucket(Bucket=COPIES)
        self.iam, self.functions = access.client("iam"), access.client("lambda")

    @property
    def destinations(self) -> Destinations:
        """The buckets of owners."""
        return Destinations(self.endpoints.access.dynamodb().Table(self.endpoints.api_keys_table))

    @property
    def addresses(self) -> SignInAddresses:
        """Who can sign in to the home page."""
        return SignInAddresses(self.endpoints.access.dynamodb().Table(self.endpoints.api_keys_table))

    def copied(self, key: str, bucket: str = COPIES) -> bool:
        """Whether an owner's bucket has an object."""
        answer = self.s3.list_objects_v2(Bucket=bucket, Prefix=key)
        return key in [item["Key"] for item in answer.get("Contents", [])]

    @property
    def channels(self) -> list[ChatChannel]:
        """The chat channels that are told."""
        return [self.slack, *self.others]

    def begin_anew(self) -> None:
        """Forget what only the first call of all has to find out: the key, and who is asked for a token."""
        self.forget_identity()
        keys = self.endpoints.access.dynamodb().Table(self.endpoints.api_keys_table)
        self.key = ApiKeys(keys).make("inbox")

    def awaited(self, look: Callable[[], T | None], what: str) -> T:
        """What `look` sees, as soon as it sees it."""
        deadline = time.monotonic() + self.patience_seconds
        while not (seen := look()):
            if time.monotonic() > deadline:
                raise GaveUpError(what)
            time.sleep(0.1)
        return seen

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        headers = {"x-api-key": self.key, **arguments.pop("headers", {})}
        address = f"{self.endpoints.api_url}/v1{path}"
        answer = http.request(method, address, headers=headers, **arguments)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer

    def tool(self, name: str, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Return what a tool for AI agents returns."""
        call = {"name": name, "arguments": arguments}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
        headers = {"x-api-key": self.key, "Accept": "application/json, text/event-stream"}
        answer = http.post(f"{self.endpoints.api_url}/mcp", json=message, headers=headers)
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        result = answer.json()["result"]
        assert not result["isError"], result
        returned: dict[str, Any] = result["structuredContent"]
        return returned

    def put(self, key: str, body: bytes, **arguments: Any) -> str:  # noqa: ANN401 - boto3's own
        """Put an object into the inbox bucket; returns the id of the video that comes of it, if one does."""
        bucket = self.endpoints.inbox_bucket
        version = self.s3.put_object(Bucket=bucket, Key=key, Body=body, **arguments)["VersionId"]
        return video_id_for(idempotency_key_of(InboxFile(bucket=bucket, key=key, version_id=version)))

    def tags(self, key: str) -> dict[str, str]:
        """How an object of the inbox bucket is marked."""
        marked = self.s3.get_object_tagging(Bucket=self.endpoints.inbox_bucket, Key=key)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in marked}

    def video(self, video_id: str) -> dict[str, Any]:
        """The video as its record has it; empty while there is none."""
        table = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        item: dict[str, Any] = table.get_item(Key={"video_id": video_id, "item": "video"}).get("Item", {})
        return item

    def version(self, video_id: str, number: int = 1) -> dict[str, Any]:
        """The version as its record has it; empty while there is none."""
        table = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        key = {"video_id": video_id, "item": f"version#{number:04d}"}
        item: dict[str, Any] = table.get_item(Key=key).get("Item", {})
        return item

    def ended(self, video_id: str, number: int = 1) -> str:
        """The status with which a version ended, once its end was announced and paid for."""

        def look() -> str | None:
            version = self.version(video_id, number)
            return str(version["ended"]["status"]) if version.get("ended") else None

        status = self.awaited(look, f"version {number} of {video_id} ends")
        self.awaited(lambda: self.version(video_id, number).get("announced"), f"{video_id} is announced")
        return status

    def events(self, video_id: str) -> list[dict[str, Any]]:
        """What the topic's subscriber has got of a video."""
        paths = self.endpoints.mailbox_dir.glob(f"*{video_id}*.json")
        return [json.loads(path.read_bytes()) for path in sorted(paths) if ".slack." not in path.name]

    def mailed(self, video_id: str) -> bool:
        texts = self.endpoints.mailbox_dir.glob("*.txt")
        return any(f"Video id: {video_id}\n" in path.read_text() for path in texts)

    @contextlib.contextmanager
    def generations_held(self) -> Iterator[None]:
        """Let messages lie in the generation queue while the block runs."""
        queue = self.endpoints.generation_queue_url.rsplit("/", 1)[-1]
        mappings = self.functions.list_event_source_mappings()["EventSourceMappings"]
        (uuid,) = (m["UUID"] for m in mappings if m["EventSourceArn"].endswith(f":{queue}"))
        self.functions.update_event_source_mapping(UUID=uuid, Enabled=False)
        try:
            yield
        finally:
            self.functions.update_event_source_mapping(UUID=uuid, Enabled=True)

    @contextlib.contextmanager
    def without_events(self) -> Iterator[None]:
        """Have S3 tell of no drops while the block runs."""
        bucket = self.endpoints.inbox_bucket
        told = self.s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
        self.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        try:
            yield
        finally:
            self.s3.put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={"QueueConfigurations": told}
            )

    def without_announcing(self) -> contextlib.AbstractContextManager[None]:
        """Have versions end without a word while the block runs."""
        arn = self.endpoints.state_machine_arn
        return by_hand.changed_workflow(self.sfn, arn, by_hand.without_announcing)

    def beginning_late(self) -> contextlib.AbstractContextManager[None]:
        """Have versions begin a moment after they are accepted, while the block runs."""
        return by_hand.changed_workflow(self.sfn, self.endpoints.state_machine_arn, by_hand.beginning_late)

    def losing_rows(self) -> contextlib.AbstractContextManager[None]:
        """Have the rows of a batch fail once their videos were started, while the block runs."""
        return by_hand.changed_workflow(self.sfn, self.batch_machine_arn, by_hand.losing_its_rows)

    @property
    def batch_machine_arn(self) -> str:
        """The workflow of batches, whose name differs from that of videos by its ending."""
        return f"{self.endpoints.state_machine_arn.removesuffix('video')}batch"

    def ask_and_hold(self) -> str:
        """Ask for a video, and wait until it has a session; its instruction is to be held."""
        video_id: str = self.call("POST", "/videos", json={"instruction": INSTRUCTION}).json()["id"]
        self.awaited(lambda: self.video(video_id).get("backend_session"), "its session is opened")
        return video_id

    def waiting_drops(self) -> int:
        """How many drops the ingest is going to look at again."""
        config = self.s3.get_bucket_notification_configuration(Bucket=self.endpoints.inbox_bucket)
        name = config["QueueConfigurations"][0]["QueueArn"].rsplit(":", 1)[-1]
        delayed: Literal["ApproximateNumberOfMessagesDelayed"] = "ApproximateNumberOfMessagesDelayed"
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=[delayed]
        )
        return int(answer["Attributes"][delayed])

    def dead_letter(self, video_id: str) -> str:
        """Let the held instruction of a video be a dead letter; the address of where it lies."""

        def look() -> "MessageTypeDef | None":
            held = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            return next((message for message in held if video_id in message["Body"]), None)

        queue = self.endpoints.generation_queue_url
        message = self.awaited(look, "the instruction is queued")
        return by_hand.make_dead_letter(self.sqs, queue, message)

    def stop(self, video_id: str) -> None:
        """Stop the first execution of a video, as somebody may do by hand."""
        arn = self.endpoints.state_machine_arn.replace(":stateMachine:", ":execution:")
        self.sfn.stop_execution(
            executionArn=f"{arn}:{VersionRef(video_id=video_id, version=1).execution_name}"
        )

    def recover(self, video_id: str) -> None:
        """Let a video have begun an hour ago, and the recovery look for such."""
        videos = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        by_hand.age(videos, VersionRef(video_id=video_id, version=1))
        self.functions.invoke(FunctionName=self.endpoints.recover_function)

    def end_two_hours_ago(self, video_id: str) -> None:
        """Let the first version have ended then."""
        videos = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        by_hand.age_end(videos, VersionRef(video_id=video_id, version=1))

    def function(self, handler: str) -> str:
        """The name of the function with that handler."""
        (name,) = (
            f["FunctionName"] for f in self._functions() if f["Handler"].endswith(f".{handler}.handler")
        )
        return name

    def forget_identity(self) -> None:
        """Have whoever needs an anonymous token next make the identity it is given to."""
        videos = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        videos.delete_item(Key={"video_id": "anonymous-identity", "item": "identity"})

    def clean_up(self) -> None:
        """Leave nothing of what went wrong to those that come after."""
        for arn in (self.endpoints.state_machine_arn, self.batch_machine_arn):
            for execution in self.sfn.list_executions(stateMachineArn=arn, statusFilter="RUNNING")[
                "executions"
            ]:
                with contextlib.suppress(self.sfn.exceptions.ClientError):
                    self.sfn.stop_execution(executionArn=execution["executionArn"])
        for url in self.sqs.list_queues()["QueueUrls"]:
            # Their readers hold what they are just reading.
            if not url.endswith((f"/{MAILBOX}", f"/{BUS_TARGET}")):
                self.sqs.purge_queue(QueueUrl=url)
        videos = self.endpoints.access.dynamodb().Table(self.endpoints.videos_table)
        store = VideoTable(videos)
        for ref in list(store.begun_before(datetime.now(UTC))):
            store.is_over(ref)  # for the recovery
        # While others have credits set aside, nobody looks at the balance.
        videos.delete_item(Key={"video_id": f"budget#account#{datetime.now(UTC):%Y-%m}", "item": "account"})
        for channel in self.channels:
            channel.refusals.clear()
        self.receiver.statuses.clear()

    def roles(self) -> list[Role]:
        """The roles of the stack's functions and workflows."""
        cloudformation = self.endpoints.access.client("cloudformation")
        made = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        resources = [item for page in made for item in page["StackResourceSummaries"]]
        roles = []
        for item in resources:
            if item["ResourceType"] != "AWS::IAM::Role":
                continue
            name = item["PhysicalResourceId"]
            for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]:
                given = self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                document: dict[str, Any] = json.loads(json.dumps(given))
                if "Sid" not in document["Statement"][0]:  # SAM's own, for the schedule
                    continue
                owner = item["LogicalResourceId"].removesuffix("Role")
                roles.append(Role(owner, name, policy, document))
        return roles

    @contextlib.contextmanager
    def without(self, role: Role, sid: str) -> Iterator[None]:
        """Let a role do without one statement while the block runs; its workers begin anew."""
        left = [statement for statement in role.policy["Statement"] if statement["Sid"] != sid]
        self._give(role, {**role.policy, "Statement": left})
        try:
            yield
        finally:
            self._give(role, role.policy)

    def _give(self, role: Role, policy: dict[str, Any]) -> None:
        if policy["Statement"]:
            document = json.dumps(policy)
            self.iam.put_role_policy(RoleName=role.name, PolicyName=role.policy_name, PolicyDocument=document)
        else:
            self.iam.delete_role_policy(RoleName=role.name, PolicyName=role.policy_name)
        for function in self._functions():
            if function["Role"].endswith(f"/{role.name}"):
                # A warm worker remembers what it has read; here, setting the same size ends it.
                self.functions.update_function_configuration(
                    FunctionName=function["FunctionName"], MemorySize=function["MemorySize"]
                )

    def _functions(self) -> Iterator["FunctionConfigurationTypeDef"]:
        for page in self.functions.get_paginator("list_functions").paginate():
            yield from page["Functions"]


@contextlib.contextmanager
def stack(home: Path) -> Iterator[Stack]:
    """Deploy it, and record what its roles do."""
    record = home / "calls.jsonl"
    record.touch()
    with (
        scripted_backend() as backend,
        chat_channel() as slack,
        other_channels() as others,
        receiving() as receiver,
    ):
        settings = scripted(home, backend, slack, *others)
        settings = replace(
            settings,
            trusted_hosts=(*settings.trusted_hosts, receiver.url.removeprefix("http://")),
            progress=True,
            kms_key_arn=KEY,
            parameters={
                **webhook_parameters(*others),
                "EventBus": EVERYTHING["EventBus"],
                "OwnerBuckets": EVERYTHING["OwnerBuckets"],
                "NotificationDetails": "true",  # so that messages are found by the id of their video
                "CreditsPerDay": "1000000",
                "PatienceSeconds": str(PATIENCE_SECONDS),
                "Tracing": "Active",
            },
            command=("-P", str(RECORDING_CLOUD), str(record), str(EMBEDDED_AWS)),
        )
        with embedded_cloud(settings) as endpoints:
            scheduler = endpoints.access.client("scheduler")
            for schedule in scheduler.list_schedules()["Schedules"]:  # they come when a scenario calls them
                scheduler.delete_schedule(Name=schedule["Name"])
            yield Stack(endpoints, backend, slack, others, receiver, ListenedBus(endpoints.access), record)
