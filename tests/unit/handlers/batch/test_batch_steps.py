"""The steps of a batch's workflow, and of its rows', each fed as the workflow feeds it."""

import importlib
import json

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from tests.events.payloads import Event
from tests.support.builders import READY, REF, a_batch, a_version, a_video
from tests.unit.handlers.conftest import World
from videos.batches.results import rows_key
from videos.batches.submit_row import RowEnded
from videos.events.announcements import BatchEnded
from videos.model.media import InboxFile
from videos.model.records import Status

KEY = "inbox/spring/batch.csv"
BATCH = a_batch(file=InboxFile(bucket="the-inbox", key=KEY, version_id="v1"))


@pytest.fixture(autouse=True)
def _batch(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.batches.create(BATCH)
    monkeypatch.setenv("ROWS_AT_ONCE", "7")
    world.inbox.bodies = {KEY: b"file\na.png\nnone.png\n", "inbox/spring/a.png": b"1"}


def _run(name: str, step_input: Event, context: LambdaContext) -> Event:
    answer: Event = importlib.import_module(f"handlers.{name}").handler(step_input, context)
    json.dumps(answer)  # or Lambda could not hand it on
    return answer


def test_a_batch_from_its_file_to_its_announcement(world: World, context: LambdaContext) -> None:
    read = _run("batch.read", {"batch_id": "bat-1"}, context)
    key = rows_key(world.batches.batch("bat-1"))
    assert read == {
        "batch_id": "bat-1",
        "rows": 2,
        "rows_at_once": 7,
        "bucket": "shelf",
        "folder": key.rpartition("/")[0],
        "key": key,
    }
    rows = [json.loads(line) for line in world.storage.bodies[key].splitlines()]
    verdicts = [_run("batch.submit_row", {**row, "batch_id": "bat-1", "tries": 0}, context) for row in rows]
    assert verdicts == [{"verdict": "begun"}, {"verdict": "completed"}]

    world.batches.tokens[2] = "a token"
    (ref,) = world.workflow.started
    world.store.end(ref, READY)
    _run("workflow.finish", ref.model_dump(), context)
    assert world.tasks.succeeded == [("a token", RowEnded(status=Status.READY))]
    assert (world.batches.completed[2].link or "").startswith("https://videos.example/watch/vid-")

    world.inbox.bodies |= world.storage.bodies | {"inbox/spring/results.csv": b""}
    assert _run("batch.write_results", {"batch_id": "bat-1"}, context) == {}
    assert len(world.beside_the_input.bodies["inbox/spring/results.csv"].splitlines()) == 3
    assert _run("batch.announce", {"batch_id": "bat-1"}, context) == {}
    _, told = world.topic.published
    assert isinstance(told, BatchEnded)
    assert (told.counts, told.rejected) == ({Status.READY: 1}, 1)


def test_the_end_of_a_version_that_no_row_asked_for_needs_no_batches(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(wiring, "batches")
    world.store.create(a_video(), a_version(ended=READY))
    assert _run("workflow.finish", REF.model_dump(), context)["next"] == "done"
    assert world.tasks.succeeded == []
