"""Create all adapters of the domain's ports. Each is created when first needed, once per process.

Imports are inside the functions, so that a cold start loads only what the function uses.
"""

# ruff: noqa: PLC0415
import logging
import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource
    from types_boto3_s3 import S3Client
    from types_boto3_stepfunctions import SFNClient

    from aws.api_keys import ApiKeys
    from aws.batches import BatchTable
    from aws.buckets import BucketDeleter, InboxBucket, StorageBucket
    from aws.change_links import ChangeLinkTable
    from aws.checkpoint import SweepCheckpoint
    from aws.costs import CostTable
    from aws.deliveries import DeliveryTable, TrackedWebhooks
    from aws.event_bus import EventBus
    from aws.ledger import BudgetTable
    from aws.mailer import Mailer
    from aws.outbox import OutboxFolder
    from aws.owner_buckets import ConfiguredBuckets
    from aws.queues import DeadLetterMessages, MessageQueue
    from aws.sign_in import SignInAddresses, SignIns
    from aws.table import VideoTable
    from aws.tags import ObjectTags
    from aws.topic import AnnouncementTopic
    from aws.waits import WaitLeases
    from aws.workflow import BatchMachine, StateMachine, TaskTokens
    from backend import VideoBackend
    from pictures import ConvertedPictures
    from safe_http.guard import Guard
    from videos.inbox.intake import Intake
    from videos.lifecycle.change_links import LinkLimits
    from videos.requests.ownership import NamedObjects
    from videos.spending.budgets import Limits
    from videos.spending.costs import Costs


@cache
def store() -> "VideoTable":
    from aws.table import VideoTable

    if os.environ.get("PROGRESS") is not None:
        return _store_with_progress()
    return VideoTable(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


def _store_with_progress() -> "VideoTable":
    """Return the store of a function whose steps are progress."""
    from aws.progress import AnnouncedProgress

    return AnnouncedProgress(
        _dynamodb().Table(os.environ["VIDEOS_TABLE"]),
        topic=topic() if os.environ.get("PROGRESS") == "true" else None,
        webhooks=_progress_webhooks(),
    )


@cache
def change_links() -> "ChangeLinkTable":
    from aws.change_links import ChangeLinkTable

    return ChangeLinkTable(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


def link_limits() -> "LinkLimits":
    """Return what one change link may spend: nothing, if the stack has no change links."""
    from videos.lifecycle.change_links import LinkLimits

    if os.environ["CHANGE_LINKS"] != "true":
        return LinkLimits(changes=0, credits=0)
    return LinkLimits(
        changes=int(os.environ["CHANGE_LINK_CHANGES"]), credits=float(os.environ["CHANGE_LINK_CREDITS"])
    )


@cache
def inbox() -> "InboxBucket":
    from aws.buckets import InboxBucket

    return InboxBucket(_s3(), os.environ["INBOX_BUCKET"])


def named_objects() -> "NamedObjects":
    """Return the objects that requests can use, as `INBOX_READERS` defines."""
    from videos.requests.ownership import NamedObjects, Ownership

    ownership = Ownership.of(os.environ["INBOX_READERS"])
    return NamedObjects(bucket=os.environ["INBOX_BUCKET"], inbox=inbox(), ownership=ownership)


@cache
def dropped_again() -> "MessageQueue":
    import boto3

    from aws.queues import MessageQueue

    return MessageQueue(boto3.client("sqs"), os.environ["INBOX_QUEUE"])


@cache
def inbox_deleter() -> "BucketDeleter":
    from aws.buckets import BucketDeleter

    return BucketDeleter(_s3(), os.environ["INBOX_BUCKET"])


@cache
def storage_deleter() -> "BucketDeleter":
    from aws.buckets import BucketDeleter

    return BucketDeleter(_s3(), os.environ["VIDEOS_BUCKET"])


@cache
def tags() -> "ObjectTags":
    from aws.tags import ObjectTags

    return ObjectTags(_s3())


@cache
def checkpoint() -> "SweepCheckpoint":
    from aws.checkpoint import SweepCheckpoint

    return SweepCheckpoint(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


@cache
def intake() -> "Intake":
    from datetime import timedelta

    from videos.inbox.intake import Intake

    return Intake(
        store=store(),
        inbox=inbox(),
        workflow=workflow(),
        tags=tags(),
        batches=batches(),
        batch_workflow=batch_workflow(),
        default_instruction=os.environ["DEFAULT_INSTRUCTION"],
        keep_days=int(os.environ["KEEP_DAYS"]),
        patience=timedelta(seconds=int(os.environ["PATIENCE_SECONDS"])),
        batch_patience=timedelta(seconds=int(os.environ["BATCH_PATIENCE_SECONDS"])),
        ignored=tuple(filter(None, os.environ["IGNORE_PATTERNS"].split(","))),
        copies_count=os.environ["COPIES_MAKE_VIDEOS"] == "true",
    )


@cache
def storage() -> "StorageBucket":
    from aws.buckets import StorageBucket

    return StorageBucket(_s3(), os.environ["VIDEOS_BUCKET"])


@cache
def outbox() -> "OutboxFolder":
    from aws.outbox import OutboxFolder

    return OutboxFolder(
        _s3(), videos_bucket=os.environ["VIDEOS_BUCKET"], inbox_bucket=os.environ["INBOX_BUCKET"]
    )


@cache
def owner_buckets() -> "ConfiguredBuckets":
    from aws.owner_buckets import ConfiguredBuckets, Destinations

    destinations = Destinations(_dynamodb().Table(os.environ["API_KEYS_TABLE"]))
    return ConfiguredBuckets(destinations, _s3(), videos_bucket=os.environ["VIDEOS_BUCKET"])


@cache
def workflow() -> "StateMachine":
    from aws.workflow import StateMachine

    return StateMachine(_sfn(), os.environ["STATE_MACHINE_ARN"])


@cache
def batches() -> "BatchTable":
    from aws.batches import BatchTable

    return BatchTable(_dynamodb().Table(os.environ["BATCHES_TABLE"]))


@cache
def batch_workflow() -> "BatchMachine":
    from aws.workflow import BatchMachine

    return BatchMachine(_sfn(), os.environ["BATCH_MACHINE_ARN"])


@cache
def beside_the_input() -> "StorageBucket":
    """Return the inbox bucket, as a place to store files."""
    from aws.buckets import StorageBucket

    return StorageBucket(_s3(), os.environ["INBOX_BUCKET"])


@cache
def tasks() -> "TaskTokens":
    from aws.workflow import TaskTokens

    return TaskTokens(_sfn())


@cache
def topic() -> "AnnouncementTopic":
    import boto3

    from aws.topic import AnnouncementTopic

    for_chat = os.environ.get("FOR_CHAT") == "true"
    return AnnouncementTopic(
        boto3.client("sns"), os.environ["TOPIC_ARN"], for_chat=for_chat, details=shows_details()
    )


def shows_details() -> bool:
    """Return whether messages to people have ids, codes and timelines."""
    return os.environ.get("NOTIFICATION_DETAILS") == "true"


@cache
def api_keys() -> "ApiKeys":
    from aws.api_keys import ApiKeys

    return ApiKeys(_dynamodb().Table(os.environ["API_KEYS_TABLE"]))


@cache
def sign_in_addresses() -> "SignInAddresses":
    from aws.sign_in import SignInAddresses

    return SignInAddresses(_dynamodb().Table(os.environ["API_KEYS_TABLE"]))


@cache
def sign_ins() -> "SignIns":
    from aws.sign_in import SignIns

    return SignIns(_dynamodb().Table(idempotency_table()))


@cache
def sign_in_orders() -> "MessageQueue":
    import boto3

    from aws.queues import MessageQueue

    return MessageQueue(boto3.client("sqs"), os.environ["SIGN_IN_QUEUE"])


@cache
def backend() -> "VideoBackend":
    from functools import partial

    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    from aws.tokens import SharedToken
    from nemovideo import Attribution, NemoVideo, request_anonymous_token
    from safe_http.backend import backend_client

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs, and some have signatures
    base_url = os.environ["NEMO_API_URL"]
    attribution = Attribution.detect(os.environ, __file__)
    http = backend_client(base_url, guard())
    tokens = SharedToken(
        secrets=SecretsProvider(),
        secret_arn=os.environ["NEMO_TOKEN_SECRET"],
        table=_dynamodb().Table(os.environ["VIDEOS_TABLE"]),
        ask=partial(request_anonymous_token, base_url, attribution=attribution, http=http),
    )
    return NemoVideo(base_url, tokens, attribution=attribution, http=http)


@cache
def pictures() -> "ConvertedPictures":
    from pictures import ConvertedPictures

    return ConvertedPictures(guard(), contact=os.environ["CONTACT_ADDRESS"])


@cache
def webhooks() -> "MessageQueue":
    import boto3

    from aws.queues import MessageQueue

    return MessageQueue(boto3.client("sqs"), os.environ["WEBHOOK_QUEUE"])


@cache
def deliveries() -> "DeliveryTable":
    from aws.deliveries import DeliveryTable

    return DeliveryTable(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


def tracked_webhooks() -> "TrackedWebhooks":
    """Return the queue of webhooks for those that send new ones."""
    from aws.deliveries import TrackedWebhooks

    return TrackedWebhooks(webhooks(), deliveries())


def _progress_webhooks() -> "TrackedWebhooks":
    """Return the queue of webhooks for news that no video waits for."""
    import boto3
    from botocore.config import Config

    from aws.deliveries import TrackedWebhooks
    from aws.queues import MessageQueue

    impatient = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})
    queue = MessageQueue(boto3.client("sqs", config=impatient), os.environ["WEBHOOK_QUEUE"])
    return TrackedWebhooks(queue, deliveries())


@cache
def generations() -> "MessageQueue":
    import boto3

    from aws.queues import MessageQueue

    return MessageQueue(boto3.client("sqs"), os.environ["GENERATION_QUEUE"])


@cache
def dead_letter_messages() -> "DeadLetterMessages":
    import boto3

    from aws.queues import DeadLetterMessages

    return DeadLetterMessages(boto3.client("sqs"), os.environ["GENERATION_DEAD_LETTERS"])


@cache
def notifications() -> "MessageQueue":
    import boto3

    from aws.queues import MessageQueue

    return MessageQueue(boto3.client("sqs"), os.environ["NOTIFICATION_QUEUE"])


@cache
def cost_book() -> "CostTable":
    from aws.costs import CostTable

    return CostTable(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


def costs() -> "Costs":
    from videos.spending.costs import Costs

    return Costs(cost_book(), backend())


@cache
def ledger() -> "BudgetTable":
    from aws.ledger import BudgetTable

    return BudgetTable(_dynamodb().Table(os.environ["VIDEOS_TABLE"]))


def limits() -> "Limits":
    from videos.spending.budgets import Limits, WhenOver

    return Limits(
        credits_per_day=float(os.environ["CREDITS_PER_DAY"]),
        credits_per_month=float(os.environ["CREDITS_PER_MONTH"]),
        owner_credits_per_day=float(os.environ["OWNER_CREDITS_PER_DAY"]),
        owner_credits_per_month=float(os.environ["OWNER_CREDITS_PER_MONTH"]),
        when_over=WhenOver(os.environ["OVER_BUDGET"]),
    )


@cache
def mailer() -> "Mailer":
    import boto3

    from aws.mailer import Mailer

    sender, recipient = os.environ["MAIL_SENDER"], os.environ["MAIL_RECIPIENT"]
    return Mailer(boto3.client("sesv2"), sender=sender, recipient=recipient)


def mailer_to(recipient: str) -> "Mailer":
    """Return what mails somebody who has asked for it."""
    import boto3

    from aws.mailer import Mailer

    sender = os.environ["MAIL_SENDER"]
    return Mailer(boto3.client("sesv2"), sender=sender, recipient=recipient, is_news=False)


@cache
def event_bus() -> "EventBus":
    import boto3

    from aws.event_bus import EventBus

    return EventBus(boto3.client("events"), os.environ["EVENT_BUS"])


def channel_webhook_url() -> str:
    """Return the URL of the chat channel. It is never cached, because it can be replaced at any time."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return str(SecretsProvider().get(os.environ["CHANNEL_WEBHOOK_SECRET"], force_fetch=True)).strip()


@cache
def channel_http() -> "httpx.Client":
    """Return the client that posts to chat channels. Their URLs come from the operator."""
    import httpx

    from safe_http.client import user_agent

    return httpx.Client(headers={"User-Agent": user_agent(os.environ["CONTACT_ADDRESS"])})


@cache
def guard() -> "Guard":
    from safe_http.guard import Guard

    hosts = os.environ.get("TRUSTED_HOSTS", "").split(",")
    return Guard(trusted=frozenset(filter(None, hosts)))


@cache
def guarded_http() -> "httpx.Client":
    from safe_http.client import guarded_client
    from safe_http.webhooks import ANSWER_SECONDS

    return guarded_client(guard(), contact=os.environ["CONTACT_ADDRESS"], timeout=ANSWER_SECONDS)


def idempotency_table() -> str:
    return os.environ["IDEMPOTENCY_TABLE"]


@cache
def wait_leases() -> "WaitLeases":
    from aws.waits import WaitLeases

    return WaitLeases(_dynamodb().Table(idempotency_table()))


@cache
def _dynamodb() -> "DynamoDBServiceResource":
    import boto3

    return boto3.resource("dynamodb")


@cache
def _s3() -> "S3Client":
    import boto3
    from botocore.config import Config

    # Virtual-hosted URLs have the bucket's region, so that links need no redirect.
    return boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@cache
def _sfn() -> "SFNClient":
    import boto3

    return boto3.client("stepfunctions")
