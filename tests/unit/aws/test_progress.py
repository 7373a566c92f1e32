"""What the store announces when a stack wants progress told."""

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from aws.progress import AnnouncedProgress
from tests.support.builders import READY, REF, a_version, a_video
from tests.support.recorded import RecordedTopic, RecordedWebhooks
from videos.events.announcements import Announcement, VideoProgress
from videos.events.stages import PROGRESS
from videos.events.webhooks import PROGRESS_TRIES, WebhookOrder
from videos.model.records import BatchRow, Stage, Status
from videos.model.video import Webhook

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

SILENT = ClientError({"Error": {"Code": "AuthorizationError", "Message": "no"}}, "Publish")
FAILURES = [SILENT, EndpointConnectionError(endpoint_url="https://sns.example")]


@pytest.fixture
def topic() -> RecordedTopic:
    return RecordedTopic()


@pytest.fixture
def store(videos_table: "Table", topic: RecordedTopic) -> AnnouncedProgress:
    store = AnnouncedProgress(videos_table, topic=topic, webhooks=RecordedWebhooks())
    store.create(a_video(name="kettle.png"), a_version())
    return store


def _enter(store: AnnouncedProgress, stage: Stage, message: str | None = None) -> bool:
    percent, usual = PROGRESS[stage]
    return store.report(REF.video_id, stage, percent, message or usual)


def test_beginning_going_on_and_rendering_are_announced_and_nothing_else(
    store: AnnouncedProgress, topic: RecordedTopic
) -> None:
    for stage in Stage:
        if stage in PROGRESS and stage is not Stage.ENDED:
            _enter(store, stage)
        if stage is Stage.GENERATING:
            _enter(store, stage, "Still working… (2 min)")
            _enter(store, stage, "Still working… (4 min)")
    told = [item for item in topic.published if isinstance(item, VideoProgress)]
    assert [(item.stage, item.message) for item in told] == [
        (Stage.INSPECTING, PROGRESS[Stage.INSPECTING][1]),
        (Stage.GENERATING, "Still working… (2 min)"),
        (Stage.GENERATING, "Still working… (4 min)"),
        (Stage.RENDERING, PROGRESS[Stage.RENDERING][1]),
    ]
    assert len({item.id for item in told}) == len(told) == len(topic.published)
    assert {(item.video_id, item.name, item.status) for item in told} == {
        (REF.video_id, "kettle.png", Status.WORKING)
    }


def test_a_render_that_is_asked_after_again_is_no_news(
    store: AnnouncedProgress, topic: RecordedTopic
) -> None:
    assert [_enter(store, Stage.RENDERING, f"Rendering. {n} %") for n in range(3)] == [True, False, False]
    assert len(topic.published) == 1


def test_a_step_that_is_repeated_announces_under_the_same_id(
    store: AnnouncedProgress, topic: RecordedTopic
) -> None:
    for _ in range(2):
        _enter(store, Stage.GENERATING, "Still working… (2 min)")
    assert len({item.id for item in topic.published}) == 1


def test_a_video_that_has_ended_announces_no_progress(store: AnnouncedProgress, topic: RecordedTopic) -> None:
    store.end(REF, READY)
    _enter(store, Stage.GENERATING, "Still working… (2 min)")
    _enter(store, Stage.RENDERING)
    assert topic.published == []


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_topic_that_fails_fails_no_step(
    videos_table: "Table", caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    class Failing(RecordedTopic):
        def publish(self, announcement: Announcement) -> str:
            super().publish(announcement)
            raise error

    topic = Failing()
    store = AnnouncedProgress(videos_table, topic=topic, webhooks=RecordedWebhooks())
    store.create(a_video(), a_version())
    assert _enter(store, Stage.INSPECTING)
    assert len(topic.published) == 1
    assert store.video(REF.video_id).stage is Stage.INSPECTING
    assert "progress was not announced" in caplog.text


def test_a_row_of_a_batch_says_so(videos_table: "Table", topic: RecordedTopic) -> None:
    store = AnnouncedProgress(videos_table, topic=topic, webhooks=RecordedWebhooks())
    row = BatchRow(batch_id="bat-1", row=2)
    store.create(a_video(), a_version(batch=row))
    _enter(store, Stage.RENDERING)
    (told,) = topic.published
    assert isinstance(told, VideoProgress)
    assert told.batch == row


HOOK = Webhook(url="https://hooks.example.com/", on_progress=True)


@pytest.fixture
def queue() -> RecordedWebhooks:
    return RecordedWebhooks()


def _called_back(
    table: "Table", queue: RecordedWebhooks, webhook: Webhook | None = HOOK
) -> AnnouncedProgress:
    """Return a store without a topic, with a video whose service asked for progress."""
    store = AnnouncedProgress(table, topic=None, webhooks=queue)
    store.create(a_video().model_copy(update={"webhook": webhook}), a_version())
    return store


def _told(queue: RecordedWebhooks) -> list[int]:
    return [json.loads(order.body)["data"]["progress"] for order in queue.orders]


def test_a_service_gets_each_ten_percent_once(videos_table: "Table", queue: RecordedWebhooks) -> None:
    store = _called_back(videos_table, queue)
    for stage in Stage:
        if stage in PROGRESS and stage is not Stage.ENDED:
            _enter(store, stage)
            _enter(store, stage)
        if stage is Stage.RENDERING:
            for percent in (67, 74, 75, 76, 84, 85, 86, 94):
                store.report(REF.video_id, stage, percent, PROGRESS[stage][1])
    assert _told(queue) == [10, 20, 55, 65, 75, 85, 95]


def test_progress_that_goes_back_is_no_news(videos_table: "Table", queue: RecordedWebhooks) -> None:
    store = _called_back(videos_table, queue)
    for stage in (
        Stage.GENERATING,
        Stage.OPENING_SESSION,
        Stage.UPLOADING,
        Stage.GENERATING,
        Stage.STABILIZING,
    ):
        _enter(store, stage)
    assert _told(queue) == [20, 55]


def test_a_webhook_about_progress_says_what_goes_on(videos_table: "Table", queue: RecordedWebhooks) -> None:
    store = _called_back(videos_table, queue)
    _enter(store, Stage.RENDERING)
    (order,) = queue.orders
    body = json.loads(order.body)
    assert (order.id, order.type) == (f"{REF.execution_name}-progress-65", "video.progress")
    assert order.most_tries == PROGRESS_TRIES
    assert body["type"] == "video.progress"
    assert body["data"] == {
        "video_id": REF.video_id,
        "version": 1,
        "stage": "rendering",
        "progress": 65,
        "metadata": None,
    }


@pytest.mark.parametrize("webhook", [None, Webhook(url=HOOK.url, on_start=True)])
def test_who_did_not_ask_gets_no_progress(
    videos_table: "Table", queue: RecordedWebhooks, webhook: Webhook | None
) -> None:
    store = _called_back(videos_table, queue, webhook)
    _enter(store, Stage.RENDERING)
    assert queue.orders == []


def test_after_the_end_no_progress_is_sent(videos_table: "Table", queue: RecordedWebhooks) -> None:
    store = _called_back(videos_table, queue)
    store.end(REF, READY)
    _enter(store, Stage.RENDERING)
    assert queue.orders == []


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_queue_that_fails_fails_no_step(videos_table: "Table", error: Exception) -> None:
    class Failing(RecordedWebhooks):
        def put(self, order: WebhookOrder, *, owner: str) -> None:
            super().put(order, owner=owner)
            raise error

    queue = Failing()
    store = _called_back(videos_table, queue)
    assert _enter(store, Stage.RENDERING)
    assert len(queue.orders) == 1


def test_an_export_that_nobody_asked_for_sends_no_progress(
    videos_table: "Table", queue: RecordedWebhooks
) -> None:
    store = AnnouncedProgress(videos_table, topic=None, webhooks=queue)
    store.create(a_video().model_copy(update={"webhook": HOOK}), a_version(automatic=True))
    _enter(store, Stage.RENDERING)
    assert queue.orders == []
