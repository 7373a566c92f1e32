"""Which webhooks are ordered, under which ids, and when they are tried again."""

import json
from itertools import pairwise

import pytest

from tests.support.builders import DELIVERED, NOW, REF, TIMELINE, a_store, a_version, a_video
from tests.support.recorded import RecordedTopic, RecordedWebhooks
from videos.events.announcements import end_of
from videos.events.webhooks import WAITS, call_back_at_end, call_back_at_start, next_wait
from videos.model.records import Status
from videos.model.version import Ended
from videos.model.video import Video, Webhook
from videos.steps.announce_end import announce

HOOK = "https://hooks.example.com/nemo"
HOUR = 3600
LONGEST_VISIBILITY = 12 * HOUR  # of SQS


def _video(webhook: Webhook | None) -> Video:
    metadata = {"order": 7.5, "deep": {"list": [1, None, "ü"]}}
    return a_video().model_copy(update={"owner": "ann", "webhook": webhook, "metadata": metadata})


def _end(status: Status, video: Video, queue: RecordedWebhooks) -> None:
    ended = Ended.model_validate({"status": status, "at": NOW, "message": "It ended."})
    version = a_version(ended=ended, delivered=DELIVERED, timeline=TIMELINE)
    call_back_at_end(video, end_of(video, version, "https://videos.example"), queue)


@pytest.mark.parametrize("on_start", [True, False])
def test_a_start_is_told_to_whom_asked_for_it(*, on_start: bool) -> None:
    queue = RecordedWebhooks()
    for webhook in (None, Webhook(url=HOOK, on_start=on_start)):
        call_back_at_start(_video(webhook), queue)
    assert [order.id for order in queue.orders] == [f"{REF.execution_name}-started"] * on_start


def test_a_start_says_what_begins() -> None:
    queue, video = RecordedWebhooks(), _video(Webhook(url=HOOK, on_start=True))
    call_back_at_start(video, queue)
    (order,) = queue.orders
    body = json.loads(order.body)
    assert (order.owner, order.url, body["type"]) == ("ann", HOOK, "video.started")
    assert queue.owners == ["ann"]
    assert body["data"] == {"video_id": video.video_id, "version": 1, "metadata": video.metadata}


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.CANCELLED, Status.NEEDS_ANSWER])
def test_an_end_is_told_with_all_that_is_announced(status: Status) -> None:
    queue, video = RecordedWebhooks(), _video(Webhook(url=HOOK))
    _end(status, video, queue)
    (order,) = queue.orders
    body = json.loads(order.body)
    assert (order.id, order.owner, order.url) == (f"{REF.execution_name}-{status}", "ann", HOOK)
    assert body["type"] == "video.ended"
    assert (body["data"]["id"], body["data"]["status"]) == (order.id, status)
    assert body["data"]["metadata"] == video.metadata
    assert (body["data"]["links"] is not None) is (status is Status.READY)


def test_nobody_is_called_who_did_not_ask() -> None:
    queue = RecordedWebhooks()
    _end(Status.READY, _video(None), queue)
    assert queue.orders == []


def test_an_id_is_the_same_each_time_and_another_for_each_happening() -> None:
    queue, video = RecordedWebhooks(), _video(Webhook(url=HOOK, on_start=True))
    second = video.model_copy(update={"version": 2})
    for _ in range(2):
        call_back_at_start(video, queue)
        call_back_at_start(second, queue)
        _end(Status.READY, video, queue)
    ids = [order.id for order in queue.orders]
    assert ids[:3] == ids[3:]
    assert len(set(ids)) == 3


def test_an_end_is_ordered_before_it_counts_as_announced() -> None:
    class Unreachable(RecordedTopic):
        def publish(self, _announcement: object) -> str:
            raise ConnectionError("the topic could not be reached")

    ended = Ended(status=Status.READY, at=NOW, message="The video is ready.")
    store, queue = a_store(_video(Webhook(url=HOOK)), ended=ended, delivered=DELIVERED), RecordedWebhooks()
    with pytest.raises(ConnectionError):
        announce(REF, store=store, topic=Unreachable(), webhooks=queue, public_url="https://a.example")
    for _ in range(2):
        announce(REF, store=store, topic=RecordedTopic(), webhooks=queue, public_url="https://a.example")
    assert [order.id for order in queue.orders] == [f"{REF.execution_name}-ready"] * 2


def test_the_waits_grow_and_add_up_to_about_a_day() -> None:
    assert all(shorter < longer for shorter, longer in pairwise(WAITS))
    assert 24 * HOUR <= sum(WAITS) <= 27 * HOUR
    assert max(WAITS) < LONGEST_VISIBILITY


@pytest.mark.parametrize(("tries", "seconds"), [(1, 10), (2, 30), (len(WAITS), 36000), (99, 36000)])
def test_each_try_has_its_wait(tries: int, seconds: int) -> None:
    assert next_wait(tries) == seconds
