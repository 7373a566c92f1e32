"""The worker of the Slack queue, with Slack's answers below its SDK."""

import json
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues import notifying
from handlers.queues.notify_slack import handler, metrics
from tests.support.builders import a_video
from tests.unit.handlers.announced import DONE, END, RECEIPT, failed, queued
from tests.unit.handlers.conftest import World
from tests.unit.notifications.slack_wire import SECRET, WEBHOOK, SlackAnswer, SlackWire, wire_slack
from videos.events.announcements import Announcement, progress_of
from videos.events.webhooks import WAITS
from videos.model.records import Stage

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

OUTCOMES = [
    SlackAnswer(),
    SlackAnswer(429, "rate_limited", {"Retry-After": "37"}),
    SlackAnswer(500, "no"),
    SlackAnswer(410, "channel_is_archived"),
    TimeoutError("slow"),
]


@pytest.fixture
def slack(answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> SlackWire:
    layer = DynamoDBPersistenceLayer(answers_table.name)
    monkeypatch.setattr(notifying, "_persistence", lambda: layer)
    monkeypatch.setattr(wiring, "channel_webhook_url", lambda: WEBHOOK)
    monkeypatch.setattr(metrics, "service", "nemo-video-pipeline")  # of the environment, when it is imported
    return wire_slack(monkeypatch)


@pytest.mark.parametrize("announcement", [END, progress_of(a_video(), Stage.RENDERING, "Rendering.")])
def test_an_announcement_is_posted_once_for_people(
    world: World, context: LambdaContext, slack: SlackWire, announcement: Announcement
) -> None:
    assert [handler(queued(announcement), context) for _ in range(2)] == [DONE, DONE]
    (message,) = slack.messages
    assert "kettle.png" in message["text"]
    assert message["blocks"]
    assert world.notifications.postponed == []


def test_a_limit_is_kept_to_the_second_and_then_it_is_told(
    world: World, context: LambdaContext, slack: SlackWire
) -> None:
    slack.answers = [SlackAnswer(429, "rate_limited", {"Retry-After": "37"}), SlackAnswer()]
    made = queued()
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, 37)]
    assert handler(queued(receives=2), context) == DONE
    first, second = slack.messages
    assert first == second


@pytest.mark.parametrize(
    "answer", [SlackAnswer(500, "no"), TimeoutError("slow"), ConnectionResetError()], ids=str
)
def test_while_slack_is_down_it_is_told_later(
    world: World, context: LambdaContext, slack: SlackWire, answer: SlackAnswer | Exception
) -> None:
    slack.answers = [answer, SlackAnswer()]
    made = queued(receives=3)
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[2])]
    assert handler(queued(receives=4), context) == DONE
    assert len(slack.requests) == 2


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_webhook_that_is_gone_is_not_tried_again(
    world: World, context: LambdaContext, slack: SlackWire, status: int
) -> None:
    slack.answers = [SlackAnswer(status, "channel_is_archived")]
    assert [handler(queued(receives=n), context) for n in (1, 2)] == [DONE, DONE]
    assert (len(slack.requests), world.notifications.postponed) == (1, [])


def test_the_operator_learns_of_a_webhook_that_is_gone(
    context: LambdaContext,
    slack: SlackWire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    slack.answers = [SlackAnswer(410, "channel_is_archived")]
    handler(queued(), context)
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "Put a new webhook URL into the secret" in error.message
    assert "HTTP 410 channel_is_archived" in str(vars(error))
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    (metric,) = [item for item in counted if "SlackWebhookGone" in item]
    assert metric["SlackWebhookGone"] == [1.0]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]], "as the alarm has it"


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("answer", OUTCOMES, ids=str)
def test_the_webhook_is_logged_at_no_level(
    context: LambdaContext,
    slack: SlackWire,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    answer: SlackAnswer | Exception,
) -> None:
    slack.answers = [answer]
    with caplog.at_level("DEBUG"):
        handler(queued(), context)
    logged = "".join(capsys.readouterr()) + caplog.text + repr([vars(record) for record in caplog.records])
    assert len(slack.requests) == 1
    assert logged
    assert SECRET not in logged
