"""What may go wrong between an end and those who are told of it: each of them is told once all the same."""

import json
import threading

import pytest

from tests.faults.channels import Refusal
from tests.faults.ledger_gate import Crossing, Guard, open_to_all
from tests.faults.pipeline import Drop, End, GatedPipeline
from tests.faults.promises import broken_promises
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script
from tests.support.waiting import HUNG_SECONDS
from videos.model.records import Status

pytestmark = pytest.mark.thorough

NOT_ACCEPTED = json.dumps(
    {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "not now"}]}
).encode()
DONE = says("Your video is on the timeline.")
CHATS = ("Slack", "Teams", "Discord")
CHANNELS = ("notify_mail", *(f"notify_{name.lower()}" for name in CHATS), "notify_event_bus")


@pytest.mark.parametrize("is_claimed", [True, False], ids=["after its claim", "before its claim"])
def test_each_notification_worker_dies_before_it_has_told(
    pipeline: GatedPipeline, *, is_claimed: bool
) -> None:
    killed: list[str] = []
    pipeline.gate.guard = _killing_at_the_first_claim(killed, is_claimed=is_claimed)
    end = pipeline.end_of(pipeline.drop(Script(DONE)))

    assert sorted(killed) == sorted(CHANNELS)
    _told_once(end)


def test_each_message_is_delivered_twice_at_once_and_once_more_when_all_is_done(
    pipeline: GatedPipeline,
) -> None:
    claims = {worker: Claims() for worker in CHANNELS}
    pipeline.gate.guard = _holding_the_first_claim(claims)
    drop = pipeline.drop(Script(DONE))
    for worker, claim in claims.items():
        pipeline.until(claim.first.is_set, f"{worker} is at work")
        _deliver_again(pipeline, drop, worker)
    end = pipeline.end_of(drop)
    assert all(claim.second.is_set() for claim in claims.values())
    _told_once(end)

    for worker in CHANNELS:
        _deliver_again(pipeline, drop, worker)
    _told_once(pipeline.end_of(drop))


@pytest.mark.parametrize("name", CHATS)
def test_a_channel_is_down_and_then_asks_for_patience(pipeline: GatedPipeline, name: str) -> None:
    channel = pipeline.channels[name]
    channel.refusals = [
        Refusal(500, "internal_error"),
        Refusal(429, "rate_limited", {"Retry-After": "1"}),
    ]
    end = pipeline.end_of(pipeline.drop(Script(DONE)))

    _told_once(end)
    posts = channel.posts(end.video.video_id)
    assert len(posts) == 3
    assert posts[0] == posts[1] == posts[2]


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("Slack", 410, "channel_is_archived"),
        ("Slack", 404, "no_service"),
        ("Teams", 401, "DirectApiAuthorizationRequired"),
        ("Discord", 404, "Unknown Webhook"),
    ],
)
def test_a_channel_is_gone(pipeline: GatedPipeline, name: str, status: int, reason: str) -> None:
    channel = pipeline.channels[name]
    channel.refusals = [Refusal(status, reason)] * 2
    end = pipeline.end_of(pipeline.drop(Script(DONE)))

    assert broken_promises(end) == [f"an end is posted to {name} once"]
    assert len(channel.posts(end.video.video_id)) == 1, "it was tried again"
    assert len(channel.refusals) == 1


@pytest.mark.parametrize("name", CHATS)
def test_a_channel_hangs_and_the_others_are_told_meanwhile(pipeline: GatedPipeline, name: str) -> None:
    channel = pipeline.channels[name]
    others = [other for other in pipeline.channels.values() if other is not channel]
    with channel.silent():
        drop = pipeline.drop(Script(DONE))
        video_id = drop.ref.video_id
        pipeline.until(lambda: bool(channel.posts(video_id)), f"{name} is told")
        pipeline.until(lambda: bool(pipeline.mails_about(drop.ref)), "the mail comes")
        pipeline.until(lambda: all(other.shown(video_id) for other in others), "the others are told")
        assert channel.shown(video_id) == []
    _told_once(pipeline.end_of(drop))


def test_the_event_bus_does_not_accept_an_event_at_once(pipeline: GatedPipeline) -> None:
    tries: list[bytes] = []

    def guard(crossing: Crossing) -> None:
        if crossing.puts_an_event():
            tries.append(crossing.content)
            if len(tries) == 1:
                crossing.answer(200, NOT_ACCEPTED)
                return
        open_to_all(crossing)

    pipeline.gate.guard = guard
    _told_once(pipeline.end_of(pipeline.drop(Script(DONE))))
    first, again = tries
    assert first == again


def test_the_worker_of_the_event_bus_dies_when_it_has_put_the_event(pipeline: GatedPipeline) -> None:
    armed = threading.Event()

    def guard(crossing: Crossing) -> None:
        if crossing.puts_an_event() and not armed.is_set():
            armed.set()
            crossing.pass_on()
            crossing.kill_client()
        else:
            open_to_all(crossing)

    pipeline.gate.guard = guard
    end = pipeline.end_of(pipeline.drop(Script(DONE)))
    assert broken_promises(end) == ["an end is put on the event bus once"]
    first, again = end.bus_events  # nobody knows whether the first one came; a reader knows both by their id
    assert first["detail"] == again["detail"]


def _told_once(end: End) -> None:
    assert broken_promises(end) == []
    assert end.video.status is Status.READY


def _deliver_again(pipeline: GatedPipeline, drop: Drop, worker: str) -> None:
    """Put the announcement into a worker's queue once more, as SQS and SNS may."""

    def announced() -> list[str]:
        return [json.dumps(event) for event in pipeline.events() if event["video_id"] == drop.ref.video_id]

    pipeline.until(lambda: bool(announced()), "the end is announced")
    pipeline.sqs.send_message(QueueUrl=pipeline.queue_of(worker), MessageBody=announced()[0])


def _killing_at_the_first_claim(killed: list[str], *, is_claimed: bool) -> Guard:
    """Each notification worker dies when it claims an announcement for the first time."""
    version = threading.Lock()

    def guard(crossing: Crossing) -> None:
        worker = _claiming(crossing)
        with version:
            dies = worker is not None and worker not in killed
            if worker is not None and dies:
                killed.append(worker)
        if not dies:
            open_to_all(crossing)
            return
        if is_claimed:
            crossing.pass_on()
        crossing.kill_client()

    return guard


class Claims:
    """That a worker has claimed an announcement, and that another one has tried to."""

    def __init__(self) -> None:
        self.first, self.second = threading.Event(), threading.Event()


def _holding_the_first_claim(claims: dict[str, Claims]) -> Guard:
    """Of each channel, the first worker waits at its claim until a second one has tried to claim, too."""

    def guard(crossing: Crossing) -> None:
        worker = _claiming(crossing)
        if worker is None:
            open_to_all(crossing)
            return
        claim = claims[worker]
        answer = crossing.pass_on()
        if claim.first.is_set():
            crossing.answer(*answer)
            claim.second.set()
        else:
            claim.first.set()
            claim.second.wait(timeout=HUNG_SECONDS)
            crossing.answer(*answer)

    return guard


def _claiming(crossing: Crossing) -> str | None:
    return next(filter(crossing.claims, CHANNELS), None)
