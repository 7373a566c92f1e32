"""Every operation and field that can name something, with what is one's own, another's, guessed, malformed.

The operations come from the OpenAPI document, the fields of rows, jobs and sidecars from their models: a new
one that is not entered below fails `test_every_name_is_in_the_tables`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.batch import submit_row
from handlers.http.app import document
from tests.support.builders import DELIVERED, NOW, READY, TIMELINE, a_version, a_video
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call
from videos.model.batch import Batch
from videos.model.delivery import Delivery
from videos.model.media import Drop, InboxFile
from videos.model.video import BackendSession
from videos.requests.options import ManifestFile, ManifestRequest, RequestOptions, RowRequest, VideoRequest
from videos.requests.ownership import prefix_of

Document = dict[str, Any]

VIDEO, BATCH, KEY, UPLOAD, LOGO = "a video", "a batch", "a key", "an upload", "a logo"
# What can name something of somebody's, by its name wherever it stands. A list names several.
NAMES = {
    "video_id": VIDEO,
    "batch_id": BATCH,
    "delivery_id": VIDEO,  # the deliveries below have the ids of their videos
    "s3_key": KEY,
    "s3_keys": KEY,
    "upload_id": UPLOAD,
    "upload_ids": UPLOAD,
    "file": KEY,
    "edit_of": VIDEO,
    "brand.logo": LOGO,
}
# Fields that name an address: these are for the guard to judge (tests/unit/safe_http).
ADDRESSES = {"url", "callback_url"}
# Fields that name nothing: their value is taken as it is. `files` and `rows` hold entries with fields of
# their own, `brand` and `page` have fields of their own; these are in the tables.
HARMLESS = {
    "instruction", "text", "aspect_ratio", "duration_seconds", "language", "title", "callback_on_start",
    "callback_on_progress",
    "days",
    "metadata", "page", "file_name", "rows", "files", "mode", "status", "limit", "cursor",
    "wait", "If-None-Match", "Idempotency-Key",
    "brand", "brand.colors", "brand.font", "brand.call_to_action",
    "page.title", "page.description", "page.text", "page.url",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A place in a request that can name something."""

    method: str
    path: str
    place: str  # path, query or body
    name: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.place}:{self.name}"


def _document() -> Document:
    found: Document = json.loads(document())
    return found


def _fields() -> Iterator[Field]:
    schemas = _document()["components"]["schemas"]
    for path, operations in _document()["paths"].items():
        for method, parts in operations.items():
            for parameter in parts.get("parameters", []):
                yield Field(method.upper(), path, parameter["in"], parameter["name"])
            body = (
                parts.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            )
            if body:
                for name in _names_in(body, schemas):
                    yield Field(method.upper(), path, "body", name)


def _names_in(schema: Document, schemas: Document, within: str = "") -> Iterator[str]:
    """Yield the fields of a body, and those of the objects that are in it: `brand.logo`."""
    for part in (schema, *schema.get("anyOf", [])):
        name = part.get("$ref", "").rpartition("/")[2]
        for field, content in schemas.get(name, {}).get("properties", {}).items():
            yield f"{within}{field}"
            yield from _names_in(content, schemas, f"{within}{field}.")


FIELDS = list(_fields())
NAMING = [field for field in FIELDS if field.name in NAMES]


def test_every_name_is_in_the_tables() -> None:
    models = (VideoRequest, RowRequest, ManifestRequest, ManifestFile, RequestOptions)
    known = NAMES.keys() | ADDRESSES | HARMLESS
    assert {field.name for field in FIELDS} <= known
    schemas = [model.model_json_schema(ref_template="{model}") for model in models]
    assert {
        name
        for schema in schemas
        for name in _names_in({"$ref": "the request"}, {"the request": schema, **schema.get("$defs", {})})
    } <= known
    assert not NAMES.keys() & HARMLESS
    assert len(NAMING) >= 13


OWN_UPLOAD, OTHERS_UPLOAD = "upl-00000000000000000000000a", "upl-00000000000000000000000b"
LONG = "x" * 900
SECRET = "0123456789abcdef0123456789abcdef"
OWN: dict[str, str] = {
    VIDEO: "vid-own",
    BATCH: "bat-own",
    KEY: f"{prefix_of('ann', OWN_UPLOAD)}batch.csv",
    UPLOAD: OWN_UPLOAD,
    LOGO: OWN_UPLOAD,
}
MISSING: dict[str, str] = {
    VIDEO: "vid-missing",
    BATCH: "bat-missing",
    KEY: "inbox/missing.csv",
    UPLOAD: "upl-missing",
    LOGO: "upl-missing",
}
# What exists, is somebody else's or the pipeline's own, and could be known or computed.
FOREIGN: dict[str, list[str]] = {
    VIDEO: ["vid-bob", "vid-inbox", "inbox/dropped.csv", "inbox/batch.csv"],
    BATCH: ["bat-bob", "bat-inbox"],
    KEY: [
        f"{prefix_of('bob', OTHERS_UPLOAD)}batch.csv",
        f"batches/bat-bob/{SECRET}/batch.jsonl",
        f"batches/bat-bob/{SECRET}/results.csv",
        f"batches/{prefix_of('bob', 'bat-bob').removeprefix('uploads/')}batch.jsonl",
        "inbox/batch.csv",
        "inbox/results.csv",
        "inbox/dropped.csv",
        "videos/vid-bob/1/video.mp4",
        "videos/vid-bob/1/batch.csv",
        "reports/sweep.jsonl",
        "batch.csv",
        "files/batch.csv",
    ],
    UPLOAD: [OTHERS_UPLOAD, f"../{prefix_of('bob', OTHERS_UPLOAD).split('/')[1]}/{OTHERS_UPLOAD}"],
}
FOREIGN[LOGO] = FOREIGN[KEY] + FOREIGN[UPLOAD]
MALFORMED: dict[str, list[str]] = {
    VIDEO: [" ", "vid-", "vid-own ", "VID-OWN", "vid-own#", "anonymous-identity", "inbox#inbox/a.csv", LONG],
    BATCH: [" ", "BAT-OWN", "bat-own ", "row#0000001", LONG],
    KEY: [
        "..", ".", "/", "inbox/", f"inbox/../{OWN[KEY]}", f"./{OWN[KEY]}", f"/{OWN[KEY]}", OWN[KEY].upper(),
        *(OWN[KEY].replace("/", other) for other in ("//", "\\", "%2F", "\u2215")),
        f"s3://the-inbox/{OWN[KEY]}", LONG, "ü" * 1024,
    ],
    UPLOAD: [" ", "..", "/", OWN_UPLOAD[:-1], f"{OWN_UPLOAD}/", "upl-", "%", LONG],
}  # fmt: skip
MALFORMED[LOGO] = MALFORMED[KEY] + MALFORMED[UPLOAD]


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A video, a batch, an upload and their files of each owner; everything that is named exists."""
    for owner in ("ann", "bob", "inbox"):
        video_id = "vid-own" if owner == "ann" else f"vid-{owner}"
        dropped = None
        if owner == "inbox":
            dropped = Drop(file=InboxFile(bucket="the-inbox", key="inbox/dropped.csv"), at=NOW)
        video = a_video().model_copy(
            update={"video_id": video_id, "owner": owner, "dropped": dropped, "media": ()}
            | {"backend_session": BackendSession(session_id="1")}
        )
        world.store.create(video, a_version(video_id=video_id, delivered=DELIVERED, timeline=TIMELINE))
        world.store.end(video.ref, READY)
        webhook = {"delivery_id": video_id, "type": "video.started", "version": 1, "created_at": NOW}
        delivery = Delivery.model_validate({"video_id": video_id} | webhook)
        world.deliveries.add(delivery, expires_at=NOW)
        batch_id = "bat-own" if owner == "ann" else f"bat-{owner}"
        world.batches.create(
            Batch(
                batch_id=batch_id,
                owner=owner,
                source="api",
                file=InboxFile(bucket="the-inbox", key=f"batches/{batch_id}/{SECRET}/batch.jsonl"),
                fingerprint="",
                secret=SECRET,
                created_at=NOW,
                expires_at=NOW,
            )
        )
    keys = [OWN[KEY], *FOREIGN[KEY], *filter(None, MALFORMED[KEY])]
    world.inbox.bodies |= dict.fromkeys(keys, b"instruction\nA kettle\n")
    monkeypatch.setattr(wiring, "beside_the_input", lambda: world.storage)
    return world


def _ask(context: LambdaContext, field: Field, value: str) -> dict[str, Any]:
    """Send a request that is right but for the one value."""
    path = re.sub(r"\{\w+\}", lambda _: "the-id", field.path)
    raw_id = value if field.place == "path" else "vid-own"
    query = {field.name: value} if field.place == "query" else None
    body: dict[str, object] | None = None
    if field.method == "POST":
        body = {"text": "Make it blue"} if path.endswith("/messages") else {"instruction": "Make it blue"}
        if field.place == "body":
            body = _naming(field.name, value)
            body = body if path == "/v1/batches" else {"instruction": "a"} | body
        if path.endswith(("/retry", "/cancel", "/redeliver")):
            body = None
    return call(context, field.method, path, body, query=query, raw_id=raw_id)


def _naming(name: str, value: str) -> dict[str, object]:
    """Return the part of a body in which a field has this value."""
    within, _, inner = name.rpartition(".")
    named = {inner: [value] if name.endswith("s") else value}
    return {within: named} if within else dict(named)


def _said(answer: dict[str, Any], value: str) -> tuple[int, str]:
    """Status and words of an answer, without the value itself."""
    shown = value if len(value) <= 80 else value[:79] + "…"
    return answer["statusCode"], answer["body"].replace(json.dumps(shown, ensure_ascii=False)[1:-1], "<name>")


@pytest.mark.parametrize("field", NAMING, ids=str)
def test_what_is_ones_own_may_be_named(desk: World, context: LambdaContext, field: Field) -> None:
    answer = _ask(context, field, OWN[NAMES[field.name]])
    looked_into = '"unsupported_file"' in answer["body"]  # an estimate reads the file, which is no picture
    assert answer["statusCode"] in {200, 202, 204, 409} or looked_into, answer
    assert desk.store.video("vid-bob").version == 1


@pytest.mark.parametrize("field", NAMING, ids=str)
def test_what_is_anothers_is_answered_like_what_does_not_exist(
    desk: World, context: LambdaContext, field: Field
) -> None:
    kind = NAMES[field.name]
    missing = _said(_ask(context, field, MISSING[kind]), MISSING[kind])
    assert missing[0] in {404, 422} or (field.name == "s3_key" and '"videos":[]' in missing[1])
    before = dict(desk.inbox.bodies)
    for value in FOREIGN[kind]:
        if field.place == "path" and "/" in value:
            continue
        answer = _ask(context, field, value)
        if field.path == "/v1/batches" and kind == KEY and not _may_be_a_batch(value):
            assert answer["statusCode"] == 422  # judged by its name, before anything is looked for
        else:
            assert _said(answer, value) == missing, value
    assert (desk.workflow.started, desk.batch_workflow.started) == ([], [])
    assert (desk.inbox.bodies, desk.storage.bodies) == (before, {})
    assert [desk.store.video(video).version for video in ("vid-bob", "vid-inbox")] == [1, 1]


def _may_be_a_batch(key: str) -> bool:
    return "/" in key and key.endswith((".csv", ".jsonl")) and not key.endswith("/results.csv")


@pytest.mark.parametrize("field", NAMING, ids=str)
def test_what_is_malformed_names_nothing(desk: World, context: LambdaContext, field: Field) -> None:
    for value in MALFORMED[NAMES[field.name]]:
        answer = _ask(context, field, value)
        assert answer["statusCode"] in {404, 405, 422} or '"videos":[]' in answer["body"], (value, answer)
    assert (desk.workflow.started, desk.batch_workflow.started) == ([], [])


IN_A_ROW = [*(name for name in RowRequest.model_fields if name in NAMES), "brand.logo"]


def _row(desk: World, context: LambdaContext, name: str, value: str) -> tuple[str, str, str]:
    """Carry out a row of Ann's batch; its verdict, and what it was rejected for."""
    desk.batches.completed.clear()
    order = {"batch_id": "bat-own", "row": 2, "given": {"instruction": "a"} | _naming(name, value)}
    verdict = str(submit_row.handler(order, context)["verdict"])
    outcome = desk.batches.completed.get(2)
    shown = value if len(value) <= 80 else value[:79] + "…"
    reason = outcome.reason.replace(f"“{shown}”", "<name>") if outcome else ""
    return verdict, str(outcome.column) if outcome else "", reason


@pytest.mark.parametrize("name", IN_A_ROW)
def test_a_row_names_what_is_its_owners(desk: World, context: LambdaContext, name: str) -> None:
    assert _row(desk, context, name, OWN[NAMES[name]]) == ("begun", "", "")


@pytest.mark.parametrize("name", IN_A_ROW)
def test_a_row_names_nothing_else(desk: World, context: LambdaContext, name: str) -> None:
    missing = _row(desk, context, name, MISSING[NAMES[name]])
    assert missing[:2] == ("completed", name)
    for value in FOREIGN[NAMES[name]]:
        assert _row(desk, context, name, value) == missing, value
    for value in filter(str.strip, MALFORMED[NAMES[name]]):
        assert _row(desk, context, name, value)[:2] == ("completed", name), value
    assert desk.workflow.started == []


def test_what_anothers_batch_says_is_not_written_over(
    desk: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the inbox is open to all: what names results is no batch."""
    monkeypatch.setenv("INBOX_READERS", "*")
    for value in ("inbox/results.csv", "inbox/Results.CSV", "inbox/results-bat-bob.csv"):
        desk.inbox.bodies[value] = b"row,id\n"
        answer = call(context, "POST", "/v1/batches", {"s3_key": value})
        assert answer["statusCode"] == 422, answer
    assert desk.batch_workflow.started == []
