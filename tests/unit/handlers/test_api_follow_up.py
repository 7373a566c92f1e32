"""The HTTP API: going on with a video, uploads, credits, and messages as people write them."""

from datetime import UTC, datetime

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from tests.unit.videos.backend import Answer
from tests.unit.videos.samples import CREDITS, a_turn
from videos.media_types import MAX_BYTES
from videos.ownership import prefix_of
from videos.records import Job, Status
from videos.turn import Announced, Turn

PATH = f"/v1/videos/{ID}"
NEXT = Job(video_id=ID, turn=2)


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
    problem(call(context, "POST", f"{PATH}/{path}", body), 409, "busy")
    assert all(job.turn == 1 for job in world.workflow.started), "no next turn"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("retry", Status.READY),
        ("retry", Status.NEEDS_ANSWER),
        ("cancel", Status.READY),
        ("cancel", Status.CANCELLED),
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
    assert world.workflow.cancelled == [Job(video_id=ID, turn=1)]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("edits", {}, "instruction"),
        ("edits", {"instruction": " "}, "instruction"),
        ("edits", {"instruction": "a", "url": "https://example.com/"}, "url"),
        ("messages", {"text": ""}, "text"),
        ("messages", {"instruction": "a"}, "text"),
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
        ("export", "export", "It is rendered already: see links.video."),
        ("How many credits are left?", "credits", "87.5 credits are left, 12 are reserved."),
        ("积分", "credits", "87.5 credits are left, 12 are reserved."),
        ("status", "status", "It is ready."),
        ("upload", "upload", "POST /v1/uploads gives a form"),
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
        (Status.READY, "It is rendered already"),
        (Status.WORKING, "It is rendered as soon as its timeline has settled"),
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
    said = problem(call(context, "GET", "/v1/credits"), 502, "backend")
    assert "500" not in said["detail"]


@pytest.mark.parametrize(
    ("name", "stored"), [("Über a.png", "Über a.png"), ("${filename}", "_{filename}"), ("..", "..")]
)
def test_an_upload_is_a_form_for_one_key_of_the_callers(
    world: World, context: LambdaContext, name: str, stored: str
) -> None:
    ticket = content(call(context, "POST", "/v1/uploads", {"file_name": name}), 201)
    assert ticket["fields"]["key"] == f"{prefix_of('ann', ticket['upload_id'])}{stored}"
    assert ticket["fields"]["policy"] == f"{MAX_BYTES} bytes, 900 seconds"
    assert ticket["max_bytes"] == MAX_BYTES
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


def test_a_video_is_deleted_and_gone(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY, announced=Announced(at=datetime.now(UTC), message_id="m-1"))
    answer = call(context, "DELETE", PATH)
    assert (answer["statusCode"], answer["body"]) == (204, "")
    assert world.shelf_bin.prefixes == [f"videos/{ID}/"]
    problem(call(context, "GET", PATH), 404, "not-found")
    problem(call(context, "DELETE", PATH), 404, "not-found")


def test_what_is_being_made_is_not_deleted(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.WORKING)
    problem(call(context, "DELETE", PATH), 409, "busy")
    assert world.shelf_bin.prefixes == []


@pytest.mark.parametrize(("caller", "kind"), [({"owner": "ben"}, 404), ({"scopes": "read"}, 403)])
def test_nobody_else_deletes_it(
    world: World, context: LambdaContext, caller: dict[str, str], kind: int
) -> None:
    a_video_of_ann(world, Status.READY, announced=Announced(at=datetime.now(UTC), message_id="m-1"))
    problem(call(context, "DELETE", PATH, **caller), kind, {404: "not-found", 403: "scope"}[kind])  # type: ignore[arg-type]
    assert world.store.turns(ID) != []


def test_a_version_that_begins_while_the_video_is_read_is_not_shown_as_the_one_before(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = a_video_of_ann(world, Status.READY)
    turns = world.store.turns

    def turns_a_moment_later(video_id: str) -> list[Turn]:
        world.store.begin(video, a_turn(number=2))
        return turns(video_id)

    monkeypatch.setattr(world.store, "turns", turns_a_moment_later)
    resource = content(call(context, "GET", PATH), 200)
    assert [version["status"] for version in resource["versions"]] == ["ready"]
