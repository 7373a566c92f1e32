"""A link file with a password or a signature: what is shown of it anywhere has neither."""

import importlib
import json
import logging
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import ingest
from notifications.chat import chat_notification_of
from notifications.mail import mail_of
from notifications.notice import notice_of
from notifications.slack import slack_message_of
from tests.events.payloads import event
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, content
from tests.unit.videos.samples import NOW
from videos.announcements import VideoEnded
from videos.records import Status
from videos.turn import Ended

ADDRESSES = [
    "http://me:hush@example.com/kettle",
    "https://hush@example.com/",
    "https://within.example.com/kettle?X-Amz-Signature=hush&X-Amz-Credential=hush%2F2026",
    "https://example.com/kettle?sig=hush&sv=2024",
    "https://within.example.com/#token=hush",
]


def _dropped(key: str) -> dict[str, Any]:
    made = event("sqs_s3_object_created")
    body = json.loads(made["Records"][0]["body"])
    body["Records"][0]["s3"]["object"]["key"] = key
    body["Records"][0]["eventTime"] = "2020-01-01T00:00:00.000Z"  # its wait is over
    made["Records"][0]["body"] = json.dumps(body)
    return made


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("ending", ["url", "txt", "desktop"])
def test_nothing_that_is_shown_holds_it(
    world: World,
    context: LambdaContext,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    *,
    address: str,
    ending: str,
) -> None:
    section = {"url": "[InternetShortcut]\nURL=", "desktop": "[Desktop Entry]\nURL=", "txt": ""}[ending]
    world.inbox.bodies[f"inbox/shop.{ending}"] = f"{section}{address}\n".encode()
    world.inbox.version_id = "zTlZrPcVHbHy6p7GBnoDEXAMPLE"
    with caplog.at_level(logging.DEBUG):
        assert ingest.handler(_dropped(f"inbox/shop.{ending}"), context) == {"batchItemFailures": []}
        (job,) = world.workflow.started
        found = importlib.import_module("handlers.inspect_media").handler(job.model_dump(), context)
        status = Status.FAILED if found else Status.READY
        problem = world.store.turn(job).problem
        message = problem.message if problem else "Done."
        world.store.end(job, Ended.model_validate({"status": status, "at": NOW, "message": message}))
        importlib.import_module("handlers.announce").handler(job.model_dump(), context)
    (told,) = world.topic.published
    assert isinstance(told, VideoEnded)
    notice = notice_of(told)
    mail = mail_of(notice)
    resource = content(call(context, "GET", f"/v1/videos/{job.video_id}", owner="inbox"), 200)
    shown = [
        told.model_dump_json(),
        json.dumps(chat_notification_of(told, notice)),
        json.dumps(slack_message_of(notice).blocks),
        mail.subject + mail.text + mail.html,
        json.dumps(resource),
        caplog.text + "".join(capsys.readouterr()),
    ]
    assert [one for one in shown if "hush" in one] == []
    assert "example.com" in told.name
