import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.builders import NOW
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, content, header, problem
from videos.batches.batch import NewBatch, accept_batch
from videos.inbox.drop import idempotency_key_of
from videos.model.batch import BatchEnd, Layout, RowOutcome
from videos.model.media import InboxFile
from videos.model.records import Status
from videos.requests.ownership import prefix_of

ROWS = [{"file": "a.png", "title": "Grün"}, {"instruction": "Make it shine."}]
DROPPED = "inbox/spring/batch.csv"


@pytest.fixture(autouse=True)
def _batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch file in the inbox, which the caller may use."""
    world.inbox.bodies[DROPPED] = b"file\na.png\n"
    monkeypatch.setenv("INBOX_READERS", "ann")


def _post(context: LambdaContext, body: object, **parts: str) -> dict[str, object]:
    return content(call(context, "POST", "/v1/batches", body, **parts), 202)  # type: ignore[arg-type]


def test_rows_become_a_file_where_nothing_that_is_dropped_lies(world: World, context: LambdaContext) -> None:
    answer = call(context, "POST", "/v1/batches", {"rows": ROWS})
    batch = content(answer, 202)
    assert header(answer, "Location") == f"https://videos.example/v1/batches/{batch['id']}"
    ((key, body),) = world.beside_the_input.bodies.items()
    assert world.beside_the_input.content_types[key] == "application/jsonl"
    kept = world.batches.batch(str(batch["id"]))
    assert len(kept.secret) == 32
    assert key == f"batches/{batch['id']}/{kept.secret}/batch.jsonl" == kept.file.key
    assert [json.loads(line) for line in body.splitlines()] == ROWS
    assert world.batch_workflow.started == [batch["id"]]
    assert batch["name"] == "rows of a request"
    assert (kept.owner, kept.source, kept.file.version_id) == ("ann", "api", "v1")


def test_the_same_key_is_the_same_batch_and_another_request_under_it_is_refused(
    world: World, context: LambdaContext
) -> None:
    made = [_post(context, {"rows": ROWS}, request_id="r-1") for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    assert len(world.beside_the_input.bodies) == 1
    problem(
        call(context, "POST", "/v1/batches", {"rows": ROWS[:1]}, request_id="r-1"),
        422,
        "idempotency-key-reused",
    )


def test_a_file_in_the_inbox_is_the_batch_that_dropping_it_makes(
    world: World, context: LambdaContext
) -> None:
    batch = _post(context, {"s3_key": DROPPED})
    file = InboxFile(bucket="the-inbox", key=DROPPED, version_id="v1")
    dropped = NewBatch(idempotency_key=idempotency_key_of(file), owner="ann", source="inbox", file=file)
    again = accept_batch(dropped, store=world.batches, workflow=world.batch_workflow, keep_days=30)
    assert (again.batch_id, batch["name"]) == (batch["id"], "spring/batch.csv")
    assert world.batch_workflow.started == [batch["id"]]


def test_a_file_that_was_dropped_is_not_carried_out_once_more_for_somebody_else(
    world: World, context: LambdaContext
) -> None:
    file = InboxFile(bucket="the-inbox", key=DROPPED, version_id="v1")
    dropped = NewBatch(idempotency_key=idempotency_key_of(file), owner="inbox", source="inbox", file=file)
    accept_batch(dropped, store=world.batches, workflow=world.batch_workflow, keep_days=30)
    refused = problem(call(context, "POST", "/v1/batches", {"s3_key": DROPPED}), 409, "not-possible")
    assert "upload it again" in refused["detail"]
    assert len(world.batch_workflow.started) == 1


def test_a_file_may_have_been_uploaded(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[f"{prefix_of('ann', 'upl-1')}many.CSV"] = b"file\na.png\n"
    batch = _post(context, {"upload_id": "upl-1"})
    assert world.batches.batch(str(batch["id"])).file.name == "many.CSV"


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "body", "Give exactly one of rows, s3_key and upload_id"),
        ({"rows": ROWS, "s3_key": DROPPED}, "body", "Give exactly one of"),
        ({"rows": []}, "rows", "The minimum is 1."),
        ({"rows": ROWS * 251}, "rows", "The limit is 500."),
        ({"s3_key": "inbox/spring/none.csv"}, "s3_key", "there is no “inbox/spring/none.csv”"),
        (
            {"s3_key": "inbox/kettle.png"},
            "s3_key",
            "A batch is a .csv, .tsv, .xlsx, .jsonl or .ndjson file in a folder",
        ),
        ({"s3_key": "batch.csv"}, "s3_key", "in a folder"),
        ({"s3_key": "inbox/spring/Results.csv"}, "s3_key", "a reserved name for results"),
        ({"upload_id": "upl-none"}, "upload_id", "there is no upload “upl-none”"),
    ],
)
def test_what_is_no_batch_is_refused_by_its_field(
    world: World, context: LambdaContext, body: dict[str, object], field: str, words: str
) -> None:
    refused = problem(call(context, "POST", "/v1/batches", body), 422, "invalid-request")
    assert refused["field"] == field
    assert words in refused["detail"]
    assert world.batch_workflow.started == []


def test_how_a_batch_goes_and_ends(world: World, context: LambdaContext) -> None:
    made = _post(context, {"rows": ROWS})
    path = f"/v1/batches/{made['id']}"

    def seen() -> tuple[object, ...]:
        batch = content(call(context, "GET", path), 200)
        return batch["status"], batch["progress"], batch["message"], batch["counts"], batch["rows"]

    assert seen() == ("queued", 0, "The file is being read.", {}, None)
    batch_id = str(made["id"])
    world.batches.add_to_batch(batch_id, Layout(rows=4))
    assert seen() == ("working", 0, "0 of 4 rows have ended.", {"open": 4}, 4)
    world.batches.complete(batch_id, RowOutcome(row=2, status="rejected"), expires_at=NOW)
    world.batches.complete(batch_id, RowOutcome(row=1, status=Status.READY), expires_at=NOW)
    counts = {"rejected": 1, "ready": 1, "open": 2}
    assert seen() == ("working", 49, "2 of 4 rows have ended.", counts, 4)
    results = InboxFile(bucket="the-inbox", key="batches/x/results.csv", version_id="v9")
    ended = BatchEnd(
        at=NOW, message="All 4 rows have ended.", counts={Status.READY: 3}, rejected=1, results=results
    )
    world.batches.add_to_batch(batch_id, ended)
    assert seen() == ("failed", 100, "All 4 rows have ended.", {"ready": 3, "rejected": 1}, 4)
    results_link = content(call(context, "GET", path), 200)["links"]["results"]
    assert results_link.startswith(f"https://videos.example/batches/{batch_id}/results.csv?expires=")
    link = urlsplit(results_link)
    given = dict(parse_qsl(link.query))
    world.inbox.bodies[results.key] = text = b"row,status\n1,ready\n"
    for method, body in (("GET", text.decode()), ("HEAD", "")):
        answer = call(context, method, link.path, query=given)
        assert (answer["statusCode"], answer["body"]) == (200, body)
        assert answer["multiValueHeaders"]["Content-Type"] == ["text/csv; charset=utf-8"]
    world.inbox.bodies[results.key] = text * 300_000  # too large for a response
    for method in ("GET", "HEAD"):
        answer = call(context, method, link.path, query=given)
        (location,) = answer["multiValueHeaders"]["Location"]
        assert answer["statusCode"] == 302
        assert location == (
            f"https://inbox.example/batches/x/results.csv?version=v9&seconds=3600&method={method}"
        )
    later = str(int(given["expires"]) + 1)
    for wrong in ({}, given | {"signature": "0" * 64}, given | {"expires": later}, given | {"expires": "x"}):
        problem(call(context, "GET", link.path, query=wrong), 403, "link")
    problem(call(context, "GET", "/batches/bat-none/results.csv", query=given), 403, "link")


def test_a_batch_is_seen_by_its_owner_and_by_who_may_look(context: LambdaContext) -> None:
    made = _post(context, {"rows": ROWS})
    path = f"/v1/batches/{made['id']}"
    gone = problem(call(context, "GET", path, owner="bob"), 404, "not-found")
    assert gone["detail"] == "There is no such batch, or it is not yours."
    problem(call(context, "GET", "/v1/batches/bat-none"), 404, "not-found")
    problem(call(context, "GET", path, scopes="write"), 403, "scope")
    problem(call(context, "POST", "/v1/batches", {"rows": ROWS}, scopes="read"), 403, "scope")


def test_batches_are_listed_for_their_owner_page_by_page(world: World, context: LambdaContext) -> None:
    made = [_post(context, {"rows": ROWS}, request_id=f"r-{number}")["id"] for number in range(3)]
    _post(context, {"rows": ROWS}, owner="bob", request_id="r-bob")
    world.batches.add_to_batch(str(made[1]), Layout(rows=2))
    world.batches.complete(str(made[1]), RowOutcome(row=1, status=Status.READY), expires_at=NOW)

    def listed(**query: str) -> dict[str, object]:
        return content(call(context, "GET", "/v1/batches", query=query), 200)

    first = listed(limit="2")
    rest = listed(limit="2", cursor=str(first["cursor"]))
    batches = [*first["batches"], *rest["batches"]]  # type: ignore[misc]
    assert [batch["id"] for batch in batches] == made[::-1]
    assert rest["cursor"] is None
    assert (batches[1]["status"], batches[1]["counts"]) == ("working", {"ready": 1, "open": 1})
    assert [batch["id"] for batch in listed(status="working")["batches"]] == [made[1]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"cursor": "x"}, "cursor"),
        ({"limit": "101"}, "limit"),
        ({"status": "x"}, "status"),
        ({"s3_key": "a"}, "s3_key"),
    ],
)
def test_a_list_of_batches_that_cannot_be_is_refused(
    context: LambdaContext, query: dict[str, str], field: str
) -> None:
    refused = problem(call(context, "GET", "/v1/batches", query=query), 422, "invalid-request")
    assert refused["field"] == field
    problem(call(context, "GET", "/v1/batches", scopes="write"), 403, "scope")
