"""The workers of the chat channels, with the channels' answers below HTTP."""

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues import notifying
from handlers.queues.notifying import Handler
from handlers.queues.posting import metrics
from tests.support.builders import a_video
from tests.unit.handlers.announced import DONE, END, RECEIPT, failed, queued
from tests.unit.handlers.conftest import World
from tests.unit.notifications.channel_wire import SECRET, WEBHOOK, ChannelAnswer, ChannelWire
from videos.events.announcements import Announcement, progress_of
from videos.events.webhooks import WAITS
from videos.model.records import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

CHANNELS = ("slack", "teams", "discord")
TOO_FAST = ChannelAnswer(429, "rate_limited", {"Retry-After": "37"})
OUTCOMES = [
    ChannelAnswer(),
    TOO_FAST,
    ChannelAnswer(500, "no"),
    ChannelAnswer(410, "channel_is_archived"),
    httpx.ReadTimeout("slow"),
]


def _handler(name: str) -> Handler:
    made: Handler = import_module(f"handlers.queues.notify_{name}").handler
    return made


@pytest.fixture(params=CHANNELS)
def handler(request: pytest.FixtureRequest) -> Handler:
    return _handler(request.param)


@pytest.fixture
def channel(kept_answers: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch) -> ChannelWire:
    monkeypatch.setattr(notifying, "_persistence", lambda: kept_answers)
    monkeypatch.setattr(wiring, "channel_webhook_url", lambda: WEBHOOK)
    monkeypatch.setattr(metrics, "service", "nemo-video-pipeline")  # of the environment, when it is imported
    wire = ChannelWire()
    monkeypatch.setattr(wiring, "channel_http", lambda: wire.http)
    return wire


@pytest.mark.parametrize("announcement", [END, progress_of(a_video(), Stage.RENDERING, "Rendering.")])
def test_an_announcement_is_posted_once(
    world: World, context: LambdaContext, channel: ChannelWire, handler: Handler, announcement: Announcement
) -> None:
    assert [handler(queued(announcement), context) for _ in range(2)] == [DONE, DONE]
    (message,) = channel.messages
    assert "kettle.png" in json.dumps(message)
    assert world.notifications.postponed == []


@pytest.mark.usefixtures("world")
def test_each_channel_gets_what_another_one_has_got(context: LambdaContext, channel: ChannelWire) -> None:
    assert [_handler(name)(queued(), context) for name in (*CHANNELS, *CHANNELS)] == [DONE] * 6
    recognise: list[Callable[[dict[str, Any]], bool]] = [
        lambda message: bool(message["blocks"]),
        lambda message: message["attachments"][0]["content"]["type"] == "AdaptiveCard",
        lambda message: bool(message["embeds"]),
    ]
    assert [known(message) for known, message in zip(recognise, channel.messages, strict=True)] == [True] * 3


def test_a_limit_is_kept_to_the_second_and_then_it_is_told(
    world: World, context: LambdaContext, channel: ChannelWire, handler: Handler
) -> None:
    channel.answers = [TOO_FAST, ChannelAnswer()]
    made = queued()
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, 37)]
    assert handler(queued(receives=2), context) == DONE
    first, second = channel.messages
    assert first == second


@pytest.mark.parametrize(
    "answer", [ChannelAnswer(500, "no"), httpx.ReadTimeout("slow"), httpx.ReadError("reset")], ids=str
)
def test_while_a_channel_is_down_it_is_told_later(
    world: World,
    context: LambdaContext,
    channel: ChannelWire,
    handler: Handler,
    answer: ChannelAnswer | Exception,
) -> None:
    channel.answers = [answer, ChannelAnswer()]
    made = queued(receives=3)
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[2])]
    assert handler(queued(receives=4), context) == DONE
    assert len(channel.requests) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_webhook_that_is_gone_is_not_tried_again(
    world: World, context: LambdaContext, channel: ChannelWire, handler: Handler, status: int
) -> None:
    channel.answers = [ChannelAnswer(status, "channel_is_archived")]
    assert [handler(queued(receives=n), context) for n in (1, 2)] == [DONE, DONE]
    assert (len(channel.requests), world.notifications.postponed) == (1, [])


def test_the_operator_learns_of_a_webhook_that_is_gone(
    context: LambdaContext,
    channel: ChannelWire,
    handler: Handler,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    channel.answers = [ChannelAnswer(410, "channel_is_archived")]
    handler(queued(), context)
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "Put a new webhook URL into the secret" in error.message
    assert "HTTP 410 channel_is_archived" in str(vars(error))
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    (metric,) = [item for item in counted if "ChannelWebhookGone" in item]
    assert metric["ChannelWebhookGone"] == [1.0]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]], "as the alarm has it"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("answer", OUTCOMES, ids=str)
def test_the_webhook_is_logged_at_no_level(
    context: LambdaContext,
    channel: ChannelWire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    answer: ChannelAnswer | Exception,
) -> None:
    channel.answers = [answer]
    with caplog.at_level("DEBUG"):
        for name in CHANNELS:
            _handler(name)(queued(), context)
    logged = "".join(capsys.readouterr()) + caplog.text + repr([vars(record) for record in caplog.records])
    assert len(channel.requests) == len(CHANNELS)
    assert logged
    assert SECRET not in logged
