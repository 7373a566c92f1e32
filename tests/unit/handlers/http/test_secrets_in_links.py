"""A link file with a password or a signature: what is shown of it anywhere has neither."""

import importlib
import json
import logging
from http import HTTPStatus
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues import ingest
from notifications.chat import chat_notification_of
from notifications.mail import mail_of
from notifications.notice import notice_of
from notifications.slack import slack_message_of
from tests.events.payloads import event
from tests.support.builders import NOW
from tests.support.memory import MemoryBatches, MemoryInbox, MemoryStorage, MemoryStore
from tests.support.recorded import RecordedTopic
from tests.unit.handlers.batch.test_batch_steps import BATCH
from tests.unit.handlers.conftest import World, takes_media
from tests.unit.handlers.http_calls import call, content
from videos.batches.results import announce_batch, read_batch, rows_key, write_results
from videos.events.announcements import VideoEnded
from videos.model.batch import Layout
from videos.model.media import InboxFile
from videos.model.ports import InboxFileFacts
from videos.model.records import Status
from videos.model.version import Ended

ADDRESSES = [
    "http://me:hush@example.com/kettle",
    "https://hush@example.com/",
    "https://within.example.com/kettle?X-Amz-Signature=hush&X-Amz-Credential=hush%2F2026",
    "https://example.com/kettle?sig=hush&sv=2024",
    "https://within.example.com/#token=hush",
    "https://hooks.slack.com/services/T000/B000/hush",
    "https://example.com/k.mp4?Expires=1&Signature=hush&Key-Pair-Id=hush",
    "https://example.com/k.mp4?X-Goog-Credential=hush&X-Goog-Signature=hush",
    "ftp://me:hush@example.com/kettle",
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
    takes_media(world)
    with caplog.at_level(logging.DEBUG):
        assert ingest.handler(_dropped(f"inbox/shop.{ending}"), context) == {"batchItemFailures": []}
        (ref,) = world.workflow.started
        importlib.import_module("handlers.workflow.prepare").handler(ref.model_dump(), context)
        problem = world.store.version(ref).problem
        status = Status.FAILED if problem else Status.READY
        message = problem.message if problem else "Done."
        world.store.end(ref, Ended.model_validate({"status": status, "at": NOW, "message": message}))
        importlib.import_module("handlers.workflow.finish").handler(ref.model_dump(), context)
    (told,) = world.topic.published
    assert isinstance(told, VideoEnded)
    notice = notice_of(told)
    mail = mail_of(notice)
    resource = content(call(context, "GET", f"/v1/videos/{ref.video_id}", owner="inbox"), 200)
    shown = [
        told.model_dump_json(),
        json.dumps(chat_notification_of(told, notice)),
        json.dumps(slack_message_of(notice).blocks),
        mail.subject + mail.text + mail.html,
        json.dumps(resource),
        caplog.text + "".join(capsys.readouterr()),
    ]
    assert [one for one in shown if "hush" in one] == []
    assert ".com" in told.name


FIELDS = [
    "url", "callback_url", "s3_key", "s3_keys", "upload_ids", "aspect_ratio", "duration_seconds", "language",
    "title", "instruction", "callback_on_start", "callback_on_progress", "file", "edit_of", "page", "strange",
]  # fmt: skip
LONG = "x" * 2000
"""What makes a text too long for every field but the instruction."""


def _given(field: str, address: str) -> dict[str, object]:
    value = [address] if field in {"s3_keys", "upload_ids"} else address
    instruction = {"instruction": "Show it"} if field != "instruction" else {}
    return instruction | {field: value}


@pytest.mark.parametrize("address", [*ADDRESSES, f"https://me:hush@example.com/?sig=hush&a={LONG}"])
@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.usefixtures("world")
def test_no_answer_of_the_api_holds_it(
    context: LambdaContext,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    *,
    field: str,
    address: str,
) -> None:
    with caplog.at_level(logging.INFO):
        answers = [call(context, "POST", "/v1/videos", _given(field, address))]
        answers += [
            call(context, "GET", "/v1/videos"),
            call(context, "GET", "/v1/videos", query={field: address}),
        ]
        if answers[0]["statusCode"] == HTTPStatus.ACCEPTED:
            video_id = json.loads(answers[0]["body"])["id"]
            answers.append(call(context, "GET", f"/v1/videos/{video_id}"))
            answers.append(call(context, "POST", f"/v1/videos/{video_id}/edits", {"instruction": address}))
    assert [answer for answer in answers if "hush" in json.dumps(answer)] == []
    assert "hush" not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("field", FIELDS)
def test_no_result_of_a_row_holds_it(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    *,
    field: str,
    address: str,
) -> None:
    batches = MemoryBatches()
    batches.create(BATCH)
    batches.add_to_batch("bat-1", Layout(rows=1, delimiter=","))
    monkeypatch.setattr(wiring, "batches", lambda: batches)
    given = _given(field, address)
    with caplog.at_level(logging.DEBUG):
        importlib.import_module("handlers.batch.submit_row").handler(
            {"batch_id": "bat-1", "row": 2, "given": given}, context
        )
    row = json.dumps({"row": 2, "given": given}).encode()
    inbox = MemoryInbox({rows_key(BATCH): row, **world.inbox.bodies})
    results = MemoryStorage()
    inbox.bodies |= world.storage.bodies
    write_results(
        "bat-1",
        batches=batches,
        videos=world.store,
        inbox=_Written(inbox, results),
        rows_bucket="",
        results=results,
    )
    assert results.bodies
    assert "hush" not in str(results.bodies)
    assert "hush" not in caplog.text + "".join(capsys.readouterr())


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("header", ["{},file", "file,{}"])
def test_a_batch_that_is_refused_does_not_tell_it(address: str, header: str) -> None:
    batches, inbox = (
        MemoryBatches(),
        MemoryInbox({BATCH.file.key: f"{header.format(address)}\na,b\n".encode()}),
    )
    batches.create(BATCH)
    storage, topic = MemoryStorage(), RecordedTopic()
    read_batch("bat-1", batches=batches, inbox=inbox, storage=storage, rows_at_once=1)
    write_results(
        "bat-1",
        batches=batches,
        videos=MemoryStore(),
        inbox=_Written(inbox, storage),
        rows_bucket="",
        results=storage,
    )
    announce_batch(
        "bat-1", batches=batches, topic=topic, public_url="https://videos.example", has_home_page=True
    )
    assert "hush" not in str(storage.bodies) + str(topic.published)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("field", [*FIELDS, "files"])
@pytest.mark.parametrize("name", ["a.png.json", "job.json", "_defaults.json"])
def test_no_drop_tells_it(
    world: World,
    context: LambdaContext,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    *,
    name: str,
    field: str,
    address: str,
) -> None:
    given = {field: [address] if field == "files" else _given(field, address)[field]}
    if name == "job.json":
        given = {"files": ["a.png"], **given}
    world.inbox.bodies |= {"inbox/a.png": b"1", f"inbox/{name}": json.dumps(given).encode()}
    with caplog.at_level(logging.DEBUG):
        ingest.handler(_dropped("inbox/job.json" if name == "job.json" else "inbox/a.png"), context)
        (ref,) = world.workflow.started
        importlib.import_module("handlers.workflow.prepare").handler(ref.model_dump(), context)
        problem = world.store.version(ref).problem
        message = problem.message if problem else "Done."
        ended = Ended.model_validate({"status": Status.FAILED, "at": NOW, "message": message})
        world.store.end(ref, ended)
        importlib.import_module("handlers.workflow.finish").handler(ref.model_dump(), context)
    (told,) = world.topic.published
    answer = call(context, "GET", f"/v1/videos/{ref.video_id}", owner="inbox")
    shown = [told.model_dump_json(), json.dumps(answer), caplog.text + "".join(capsys.readouterr())]
    assert [one for one in shown if "hush" in one] == []


class _Written(MemoryInbox):
    """An inbox in which the results are found that are written to it."""

    def __init__(self, inbox: MemoryInbox, results: MemoryStorage) -> None:
        super().__init__(inbox.bodies)
        self._results = results

    def describe(self, file: InboxFile) -> InboxFileFacts:
        self.bodies |= self._results.bodies
        return super().describe(file)
