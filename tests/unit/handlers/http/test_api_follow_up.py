"""The HTTP API: going on with a video, uploads, credits, and messages as people write them."""

from datetime import UTC, datetime, timedelta

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from backend.formats import MAX_UPLOAD_BYTES
from tests.support.backend import Answer
from tests.support.builders import (
    CREDITS,
    DELIVERED,
    NOW,
    READY,
    SENDING,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
)
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem, Status, VersionRef
from videos.model.version import Announced, Editor, Ended, Version
from videos.requests.ownership import prefix_of

PATH = f"/v1/videos/{ID}"
NEXT = VersionRef(video_id=ID, version=2)


@pytest.fixture(autouse=True)
def _credits_are_left(world: World) -> None:
    world.backend.on(CREDITS, Answer({"data": {"available": 87.5, "frozen": 12, "total": 99.5}}))


@pytest.mark.parametrize(
    ("request_of", "status", "instruction"),
    [
        (("edits", {"instruction": "Shorter."}), Status.READY, "Shorter."),
        (("edits", {"instruction": "The red one."}), Status.NEEDS_ANSWER, "The red one."),
        (("retry", None), Status.FAILED, "Make it shine."),
        (("retry", None), Status.CANCELLED, "Make it shine."),
    ],
)
def test_the_next_version_is_accepted_like_the_first(
    world: World, context: LambdaContext, request_of: tuple[str, object], status: Status, instruction: str
) -> None:
    path, body = request_of
    a_video_of_ann(world, status)
    answer = call(context, "POST", f"{PATH}/{path}", body)
    resource = content(answer, 202)
    assert header(answer, "Location") == resource["links"]["self"]
    assert (resource["status"], resource["versions"][1]["instruction"]) == ("queued", instruction)
    assert world.workflow.started == [NEXT]


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WORKING])
@pytest.mark.parametrize(
    ("path", "body"),
    [("edits", {"instruction": "a"}), ("retry", None), ("messages", {"text": "make it shorter"})],
)
def test_while_a_version_is_made_another_has_to_wait(
    world: World, context: LambdaContext, status: Status, path: str, body: object
) -> None:
    a_video_of_ann(world, status)
    answer = call(context, "POST", f"{PATH}/{path}", body)
    problem(answer, 409, "busy")
    assert header(answer, "Retry-After") == "15"
    assert all(ref.version == 1 for ref in world.workflow.started), "no next version"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("retry", Status.READY),
        ("retry", Status.NEEDS_ANSWER),
        ("cancel", Status.READY),
        ("cancel", Status.FAILED),
    ],
)
def test_what_a_video_is_not_fit_for_is_told(
    world: World, context: LambdaContext, path: str, status: Status
) -> None:
    before = a_video_of_ann(world, status)
    problem(call(context, "POST", f"{PATH}/{path}"), 409, "not-possible")
    assert (world.store.video(ID), world.workflow.started, world.workflow.cancelled) == (before, [], [])


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WORKING])
def test_a_version_under_way_is_cancelled(world: World, context: LambdaContext, status: Status) -> None:
    a_video_of_ann(world, status)
    resource = content(call(context, "POST", f"{PATH}/cancel"), 200)
    assert (resource["status"], resource["message"]) == ("cancelled", "Cancelled by its owner.")
    assert world.workflow.cancelled == [VersionRef(video_id=ID, version=1)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("edits", {}, "instruction"),
        ("edits", {"instruction": " "}, "instruction"),
        ("edits", {"instruction": "a", "url": "https://example.com/"}, "url"),
        ("messages", {"text": ""}, "text"),
        ("messages", {"instruction": "a"}, "instruction"),
    ],
)
def test_a_wish_that_cannot_be_is_told_why(
    world: World, context: LambdaContext, path: str, body: object, field: str
) -> None:
    a_video_of_ann(world, Status.READY)
    assert problem(call(context, "POST", f"{PATH}/{path}", body), 422, "invalid-request")["field"] == field
    assert world.workflow.started == []


@pytest.mark.parametrize(
    ("text", "done", "said"),
    [
        ("make the title bigger", "edit", "Version 2 is being made."),
        ("把标题放大", "edit", "Version 2 is being made."),
        ("export", "export", "It is already rendered. See links.video."),
        ("How many credits are left?", "credits", "87.5 credits are left, 12 are reserved."),
        ("积分", "credits", "87.5 credits are left, 12 are reserved."),
        ("status", "status", "It is ready."),
        ("upload", "upload", "To upload a file, get a form from POST /v1/uploads"),
    ],
)
def test_a_message_goes_where_its_meaning_leads(
    world: World, context: LambdaContext, text: str, done: str, said: str
) -> None:
    a_video_of_ann(world, Status.READY)
    answer = content(call(context, "POST", f"{PATH}/messages", {"text": text}), 200)
    assert answer["done"] == done
    assert answer["message"].startswith(said)
    assert answer["video"]["id"] == ID
    assert world.workflow.started == ([NEXT] if done == "edit" else [])
    assert len(world.backend.requests) == (done == "credits")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.READY, "It is already rendered"),
        (Status.WORKING, "It is rendered automatically when its timeline is stable"),
        (Status.FAILED, "There is nothing to export yet."),
    ],
)
def test_an_export_needs_no_agent(world: World, context: LambdaContext, status: Status, said: str) -> None:
    a_video_of_ann(world, status)
    answer = content(call(context, "POST", f"{PATH}/messages", {"text": "export"}), 200)
    assert answer["message"].startswith(said)
    assert (world.workflow.started, world.backend.requests) == ([], [])


def test_the_balance_is_the_backends(world: World, context: LambdaContext) -> None:
    balance = content(call(context, "GET", "/v1/credits"), 200)
    assert balance == {"available": 87.5, "frozen": 12, "total": 99.5}
    assert len(world.backend.requests) == 1


def test_a_backend_that_cannot_be_asked_is_told_in_plain_words(world: World, context: LambdaContext) -> None:
    world.backend.on(CREDITS, Answer({}, status=500))
    answer = call(context, "GET", "/v1/credits")
    said = problem(answer, 502, "backend")
    assert "500" not in said["detail"]
    assert said["code"] == "backend_unavailable"
    assert header(answer, "Retry-After") == "10"


def test_a_backend_that_is_busy_says_when_to_ask_again(world: World, context: LambdaContext) -> None:
    world.backend.on(CREDITS, Answer({}, status=429, headers={"Retry-After": "7"}))
    answer = call(context, "GET", "/v1/credits")
    said = problem(answer, 503, "backend-busy")
    assert said["code"] == "rate_limited"
    assert header(answer, "Retry-After") == "7"


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "photo", "a.png.exe", "png", "batch.doc"])
def test_what_no_video_can_be_made_of_is_refused_before_it_is_uploaded(
    context: LambdaContext, name: str
) -> None:
    said = problem(call(context, "POST", "/v1/uploads", {"file_name": name}), 422, "invalid-request")
    assert said["field"] == "file_name"
    assert f"“{name}”" in said["detail"]
    assert "mp4" in said["detail"]
    assert "csv" in said["detail"]


@pytest.mark.parametrize("name", ["A.PNG", "rows.csv", "rows.JSONL", "a b.m4v"])
def test_media_and_batches_may_be_uploaded(context: LambdaContext, name: str) -> None:
    content(call(context, "POST", "/v1/uploads", {"file_name": name}), 201)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Über a.png", "Über a.png"),
        ("${filename}.png", "_{filename}.png"),
        ("IMG_1.HEIC", "IMG_1.HEIC"),
        ("...avif", "...avif"),
        ("Batch.XLSX", "Batch.XLSX"),
        ("rows.ndjson", "rows.ndjson"),
    ],
)
def test_an_upload_is_a_form_for_one_key_of_the_callers(
    world: World, context: LambdaContext, name: str, stored: str
) -> None:
    ticket = content(call(context, "POST", "/v1/uploads", {"file_name": name}), 201)
    assert ticket["fields"]["key"] == f"{prefix_of('ann', ticket['upload_id'])}{stored}"
    assert ticket["fields"]["policy"] == f"{MAX_UPLOAD_BYTES} bytes, 900 seconds"
    assert ticket["max_bytes"] == MAX_UPLOAD_BYTES
    left = datetime.fromisoformat(ticket["expires_at"]) - datetime.now(UTC)
    assert left.total_seconds() == pytest.approx(900, abs=30)
    assert world.inbox.bodies == {}


def test_an_uploaded_file_may_be_named_by_its_id(world: World, context: LambdaContext) -> None:
    tickets = [content(call(context, "POST", "/v1/uploads", {"file_name": "a.png"}), 201) for _ in range(2)]
    for ticket in tickets:
        world.inbox.bodies[ticket["fields"]["key"]] = b"1"
    ids = [ticket["upload_id"] for ticket in tickets]
    resource = content(call(context, "POST", "/v1/videos", {"upload_ids": ids}), 202)
    assert len({file.name for file in world.store.video(resource["id"]).media}) == 1
    assert len(set(world.store.video(resource["id"]).media)) == 2


@pytest.mark.parametrize("name", ["", "a/b.png", "a\nb.png", "\x00", "x" * 201, 7, None])
def test_a_file_has_a_plain_name(world: World, context: LambdaContext, name: object) -> None:
    answer = call(context, "POST", "/v1/uploads", {"file_name": name})
    assert problem(answer, 422, "invalid-request")["field"] == "file_name"
    assert world.inbox.bodies == {}


@pytest.mark.parametrize(
    "name", ["a.pdf", "a.PDF", "a.docx", "a.png.exe", "png", "a", "a.", "..", "a.txt", "a.json"]
)
@pytest.mark.usefixtures("world")
def test_a_file_that_could_become_nothing_is_refused_at_once(context: LambdaContext, name: str) -> None:
    said = problem(call(context, "POST", "/v1/uploads", {"file_name": name}), 422, "invalid-request")
    assert said["field"] == "file_name"
    assert said["detail"] == (
        f"file_name: “{name}” does not have an accepted file type. Upload one of these: mp4, mov, avi,"
        " webm, mkv, jpg, png, gif, webp, heic, avif, mp3, wav, m4a, aac. Or a batch: csv, tsv, xlsx, jsonl,"
        " ndjson."
    )


def test_a_video_is_deleted_and_gone(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY, announced=Announced(at=datetime.now(UTC), message_id="m-1"))
    answer = call(context, "DELETE", PATH)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert world.storage_deleter.prefixes == [f"videos/{ID}/"]
    problem(call(context, "GET", PATH), 404, "not-found")
    problem(call(context, "DELETE", PATH), 404, "not-found")


def test_what_is_being_made_is_not_deleted(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.WORKING)
    problem(call(context, "DELETE", PATH), 409, "busy")
    assert world.storage_deleter.prefixes == []


@pytest.mark.parametrize(("caller", "kind"), [({"owner": "ben"}, 404), ({"scopes": "read"}, 403)])
def test_nobody_else_deletes_it(
    world: World, context: LambdaContext, caller: dict[str, str], kind: int
) -> None:
    a_video_of_ann(world, Status.READY, announced=Announced(at=datetime.now(UTC), message_id="m-1"))
    problem(call(context, "DELETE", PATH, **caller), kind, {404: "not-found", 403: "scope"}[kind])  # type: ignore[arg-type]
    assert world.store.versions(ID) != []


def test_a_version_that_begins_while_the_video_is_read_is_not_shown_as_the_one_before(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = a_video_of_ann(world, Status.READY)
    versions = world.store.versions

    def versions_a_moment_later(video_id: str) -> list[Version]:
        world.store.begin(video, a_version(number=2))
        return versions(video_id)

    monkeypatch.setattr(world.store, "versions", versions_a_moment_later)
    resource = content(call(context, "GET", PATH), 200)
    assert [version["status"] for version in resource["versions"]] == ["ready"]


MADE: dict[str, object] = {"send_lock": SENDING, "reply": a_reply(), "timeline": TIMELINE}
FAILED = Problem(
    code=FailureCode.RENDER_FAILED, message="The render failed 2 times.", advice="Export it again."
)


def _failed(world: World, **parts: object) -> None:
    video = a_video().model_copy(update={"owner": "ann", "source": "api"})
    world.store.create(video, a_version(problem=FAILED, **parts))
    world.store.end(
        VersionRef(video_id=ID, version=1), Ended(status=Status.FAILED, at=NOW, message=FAILED.message)
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("export", None),
        ("retry", None),
        ("edits", {"instruction": "please export it"}),
        ("messages", {"text": "export"}),
    ],
)
def test_a_finished_timeline_without_a_film_is_exported_for_free(
    world: World, context: LambdaContext, path: str, body: object
) -> None:
    _failed(world, **MADE)
    before = content(call(context, "GET", PATH), 200)
    assert before["retry"] == {"way": "export", "expected_credits": 0, "expected": "free of charge"}
    assert "POST /v1/videos/" in before["advice"]
    answer = content(call(context, "POST", f"{PATH}/{path}", body), 200 if path == "messages" else 202)
    video = answer.get("video", answer)
    assert [version["exports"] for version in video["versions"]] == [None, 1]
    assert video["history"][-1]["message"] == "Version 2: exports version 1 again, free of charge."
    assert world.workflow.started == [NEXT]
    assert world.store.version(NEXT).send_lock is None


def test_an_export_of_what_is_rendered_already_changes_nothing(world: World, context: LambdaContext) -> None:
    before = a_video_of_ann(world, Status.READY)
    resource = content(call(context, "POST", f"{PATH}/export"), 202)
    assert (resource["status"], len(resource["versions"])) == ("ready", 1)
    assert (world.store.video(ID), world.workflow.started) == (before, [])


def test_where_nothing_can_be_exported_that_is_told(world: World, context: LambdaContext) -> None:
    _failed(world)
    problem(call(context, "POST", f"{PATH}/export"), 409, "not-possible")


def test_a_retry_that_would_be_charged_says_so_before(world: World, context: LambdaContext) -> None:
    _failed(world)
    assert content(call(context, "GET", PATH), 200)["retry"] == {
        "way": "generate",
        "expected_credits": 100,
        "expected": "up to 100 credits, no video made yet",
    }


@pytest.mark.parametrize(
    ("instruction", "said"), [("status", "It is ready."), ("credits?", "87.5 credits are left")]
)
def test_a_command_is_no_edit(world: World, context: LambdaContext, instruction: str, said: str) -> None:
    a_video_of_ann(world, Status.READY)
    answer = call(context, "POST", f"{PATH}/edits", {"instruction": instruction})
    assert said in problem(answer, 422, "invalid-request")["detail"]
    assert world.workflow.started == []


@pytest.mark.parametrize(
    "instruction", ["how many credits do I have left?", "export", "status", "导出", "upload"]
)
@pytest.mark.parametrize("url", [None, "https://example.com/"])
def test_a_command_is_no_new_video(
    world: World, context: LambdaContext, instruction: str, url: str | None
) -> None:
    body = {"instruction": instruction} | ({"url": url} if url else {})
    assert (
        "Nothing was charged." in problem(call(context, "POST", "/v1/videos", body), 422, "refused")["detail"]
    )
    assert world.workflow.started == []


def test_the_question_about_a_finished_video_is_passed_on(world: World, context: LambdaContext) -> None:
    question = a_reply(text="It is ready! Would you like to change the music?", is_question=True)
    video = a_video().model_copy(update={"owner": "ann"})
    editor = Editor(
        link="https://nemovideo.com/workspace/claim?ct=clm_1",
        expires_at=datetime.now(UTC) + timedelta(days=1),
    )
    made = {
        "send_lock": SENDING,
        "reply": question,
        "timeline": TIMELINE,
        "delivered": DELIVERED,
        "editor": editor,
    }
    world.store.create(video, a_version(**made))
    world.store.end(VersionRef(video_id=ID, version=1), READY)
    resource = content(call(context, "GET", PATH), 200)
    assert resource["question"] == question.text
    assert resource["versions"][0]["question"] == question.text
    assert resource["links"]["editor"] == editor.link
