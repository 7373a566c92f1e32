"""Handlers as Lambda calls them: real events, and the ports of `handlers.wiring` in memory."""

import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from safe_http.guard import Guard
from tests.support.backend import Answer, Backend
from tests.support.builders import EMPTY, SESSION_ID, STATE, state_of
from tests.support.memory import (
    InboxStorage,
    MemoryBatches,
    MemoryCheckpoint,
    MemoryCostBook,
    MemoryDeliveries,
    MemoryInbox,
    MemoryLedger,
    MemoryLinkBook,
    MemoryStorage,
    MemoryStore,
)
from tests.support.recorded import (
    MemoryDeadLetters,
    RecordedBatchWorkflow,
    RecordedDeleter,
    RecordedMessages,
    RecordedOutbox,
    RecordedPictures,
    RecordedQueue,
    RecordedTags,
    RecordedTasks,
    RecordedTopic,
    RecordedWebhooks,
    RecordedWorkflow,
)
from tests.unit.conftest import REGION

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

SETTINGS = {
    "DEFAULT_INSTRUCTION": "The default.",
    "KEEP_DAYS": "30",
    "PATIENCE_SECONDS": "60",
    "BATCH_PATIENCE_SECONDS": "3600",
    "COPIES_MAKE_VIDEOS": "false",
    "IGNORE_PATTERNS": "",
    "INBOX_BUCKET": "the-inbox",
    "INBOX_READERS": "",
    "CONTACT_ADDRESS": "https://contact.example/",
    "VIDEOS_BUCKET": "the-videos",
    "PUBLIC_URL": "https://videos.example",
    "EXTENSION_ORIGIN": "",
    "MAX_RECEIVES": "22",
    "CREDITS_PER_DAY": "0",
    "CREDITS_PER_MONTH": "0",
    "OWNER_CREDITS_PER_DAY": "0",
    "OWNER_CREDITS_PER_MONTH": "0",
    "OVER_BUDGET": "wait",
    "CHANGE_LINKS": "true",
    "HOME_PAGE": "true",
    "MAILED_LINKS": "false",
    "CHANGE_LINK_DAYS": "7",
    "CHANGE_LINK_CHANGES": "3",
    "CHANGE_LINK_CREDITS": "500",
    "POWERTOOLS_SERVICE_NAME": "nemo-video-pipeline",
}


@dataclass(frozen=True)
class World:
    """What the handlers are wired to."""

    store: MemoryStore = field(default_factory=MemoryStore)
    ledger: MemoryLedger = field(init=False)
    cost_book: MemoryCostBook = field(init=False)
    change_links: MemoryLinkBook = field(init=False)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    storage: MemoryStorage = field(default_factory=MemoryStorage)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    tasks: RecordedTasks = field(default_factory=RecordedTasks)
    topic: RecordedTopic = field(default_factory=RecordedTopic)
    webhooks: RecordedWebhooks = field(default_factory=RecordedWebhooks)
    deliveries: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    notifications: RecordedQueue = field(default_factory=RecordedQueue)
    generations: RecordedQueue = field(default_factory=RecordedQueue)
    dropped_again: RecordedMessages = field(default_factory=RecordedMessages)
    batches: MemoryBatches = field(default_factory=MemoryBatches)
    batch_workflow: RecordedBatchWorkflow = field(default_factory=RecordedBatchWorkflow)
    beside_the_input: InboxStorage = field(init=False)
    outbox: RecordedOutbox = field(default_factory=RecordedOutbox)
    inbox_deleter: RecordedDeleter = field(default_factory=RecordedDeleter)
    storage_deleter: RecordedDeleter = field(default_factory=RecordedDeleter)
    tags: RecordedTags = field(default_factory=RecordedTags)
    dead_letter_messages: MemoryDeadLetters = field(default_factory=MemoryDeadLetters)
    checkpoint: MemoryCheckpoint = field(default_factory=MemoryCheckpoint)
    backend: Backend = field(default_factory=Backend)
    pictures: RecordedPictures = field(default_factory=RecordedPictures)
    guard: Guard = field(default_factory=lambda: Guard(resolve=_resolve))

    def __post_init__(self) -> None:
        object.__setattr__(self, "beside_the_input", InboxStorage(self.inbox))
        object.__setattr__(self, "ledger", MemoryLedger(self.store))
        object.__setattr__(self, "cost_book", MemoryCostBook(self.store))
        object.__setattr__(self, "change_links", MemoryLinkBook(self.store))


def _resolve(host: str, _port: int) -> list[str]:
    """The hosts that there are: some on the public internet, one within."""
    if host not in {"example.com", "hooks.example.com", "within.example.com"}:
        raise OSError(host)
    return ["10.0.0.7" if host.startswith("within") else "93.184.215.14"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    for name, port in vars(world).items():
        wired = world.backend.client if name == "backend" else port
        monkeypatch.setattr(wiring, name, lambda wired=wired: wired)
    wiring.intake.cache_clear()  # it is made of ports
    # What the guard allows answers; nothing is asked of it.
    monkeypatch.setattr("safe_http.client.probe", lambda url, guard, **_: str(guard.check(url).url))
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    return world


@pytest.fixture(scope="session")
def _unused_layer() -> DynamoDBPersistenceLayer:
    session = boto3.Session("an-access-key", "a-secret-key", region_name=REGION)
    return DynamoDBPersistenceLayer("IdempotencyTable", boto3_session=session)


@pytest.fixture
def kept_answers(answers_table: "Table", _unused_layer: DynamoDBPersistenceLayer) -> DynamoDBPersistenceLayer:
    """What Powertools keeps in the empty table of answers; its client is made once."""
    assert _unused_layer.table_name == answers_table.name
    return copy.copy(_unused_layer)


@pytest.fixture(autouse=True)
def _metrics_may_be_empty() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No application metrics to publish")
        yield


def takes_media(world: World) -> None:
    """Let the backend open a session and take whatever is uploaded."""
    world.backend.on(
        "POST /api/tasks/me/with-session/nemo_agent", Answer({"data": {"session_id": SESSION_ID}})
    )
    world.backend.on(f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}", Answer({"data": {"files": []}}))
    world.backend.on(STATE, Answer(state_of(EMPTY)))


class Context(LambdaContext):
    """What Lambda tells a function of itself, ten minutes before its time is over."""

    def __init__(self) -> None:
        self._function_name = "a-function"
        self._function_version = "1"
        self._invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:a-function"
        self._memory_limit_in_mb = 256
        self._aws_request_id = "8f5b6a70-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 600_000


@pytest.fixture
def context() -> LambdaContext:
    return Context()
