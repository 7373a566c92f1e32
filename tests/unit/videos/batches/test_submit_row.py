from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, READY, REF, SENDING, SESSION_ID, TIMELINE, a_version, a_video
from tests.support.memory import MemoryBatches, MemoryInbox, MemoryStore
from tests.support.recorded import RecordedTasks, RecordedWorkflow
from videos.batches.submit_row import MAX_TRIES, Dependencies, RowEnded, RowOrder, complete_row, submit_row
from videos.lifecycle.edit import MAX_WAITING, begin_next
from videos.model.batch import Batch
from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile, WebAddress
from videos.model.records import BatchRow, Problem, Status, VersionRef
from videos.model.version import Ended, Version
from videos.model.video import BackendSession, Video
from videos.requests.options import FieldError
from videos.requests.ownership import NamedObjects, Ownership
from videos.requests.sources import Reached

BATCH = Batch(
    batch_id="bat-1",
    owner="ann",
    source="api",
    file=InboxFile(bucket="inbox", key="inbox/spring/batch.csv", version_id="v1"),
    secret="5ec4e7",
    fingerprint="",
    created_at=NOW,
    expires_at=NOW + timedelta(days=30),
)
TOKEN = "a task's token"
BLOCKED = "The address could not be checked."


@dataclass
class World:
    """What a given is made of."""

    batches: MemoryBatches = field(default_factory=MemoryBatches)
    store: MemoryStore = field(default_factory=MemoryStore)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    tasks: RecordedTasks = field(default_factory=RecordedTasks)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    @property
    def given(self) -> Dependencies:
        parts = {name: part for name, part in vars(self).items() if name != "inbox"}
        return Dependencies(
            **parts,
            objects=NamedObjects(bucket="inbox", inbox=self.inbox, ownership=Ownership.of("ann")),
            reachable=_reached,
            allowed=_checked,
            default_instruction="The default.",
            keep_days=30,
            public_url="https://videos.example",
        )

    def submit(self, row: int = 2, **given: object) -> str:
        return self.order(row=row, given=given)

    def order(self, **order: object) -> str:
        return submit_row(
            RowOrder.model_validate({"batch_id": "bat-1", "row": 2, **order}), self.given
        ).verdict

    def video(self) -> Video:
        """The video of the workflow that was started last."""
        return self.store.video(self.workflow.started[-1].video_id)

    def version(self) -> Version:
        return self.store.version(self.workflow.started[-1])

    def end(self, status: Status, **parts: object) -> None:
        video = self.video()
        self.store.add_to_video(video.video_id, BackendSession(session_id=SESSION_ID))
        ended = {"status": status, "at": NOW, "message": f"It is {status}."}
        self.store.end(video.ref, Ended.model_validate(ended))
        for part in parts.values():
            assert isinstance(part, Problem)
            self.store.write(video.ref, part)

    def complete(self) -> None:
        complete_row(
            self.version(),
            store=self.store,
            batches=self.batches,
            tasks=self.tasks,
            public_url="https://v.example",
        )


def _reached(field: str, url: str) -> Reached:
    return Reached(_checked(field, url), BLOCKED if "blocked" in url else None)


def _checked(field: str, url: str) -> str:
    if "within" in url:
        raise FieldError(field, "It leads inside.")
    return url


@pytest.fixture
def world() -> World:
    made = World()
    made.batches.create(BATCH)
    made.inbox.bodies = {
        "inbox/spring/a.png": b"1",
        "inbox/files/b.png": b"1",
        "files/b.png": b"1",
        "inbox/spring/sub/c.png": b"1",
    }
    return made


def test_a_row_whose_video_was_deleted_is_not_made_again(world: World) -> None:
    assert world.submit(file="a.png") == "begun"
    world.end(Status.CANCELLED)
    video = world.video()
    assert world.store.remove(video, world.store.versions(video.video_id))
    assert world.submit(file="a.png") == "completed"
    assert len(world.workflow.started) == 1


def test_a_row_becomes_a_video_of_the_batchs_owner(world: World) -> None:
    verdict = world.submit(file="a.png", instruction="Make it shine.", duration_seconds="8", title="Spring")
    assert verdict == "begun"
    video = world.video()
    assert (video.owner, video.source, video.instruction) == ("ann", "api", "Make it shine.")
    assert video.media == (InboxFile(bucket="inbox", key="inbox/spring/a.png", version_id="v1"),)
    assert (video.options.duration_seconds, video.options.title) == (8, "Spring")
    assert world.version().batch == BatchRow(batch_id="bat-1", row=2)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("Cafe\u0301.png", "Caf\u00e9.png"),
        ("Caf\u00e9.png", "Cafe\u0301.png"),
        ("Kettle.PNG", "kettle.png"),
        ("sub/KETTLE.png", "sub/kettle.PNG"),
    ],
)
def test_a_row_names_a_file_as_somebody_writes_it(world: World, stored: str, written: str) -> None:
    world.inbox.bodies[f"inbox/spring/{stored}"] = b"1"
    assert world.submit(file=written) == "begun"
    assert world.video().media == (InboxFile(bucket="inbox", key=f"inbox/spring/{stored}", version_id="v1"),)
    assert world.submit(row=3, s3_keys=[f"inbox/spring/{written}"]) == "begun"
    assert world.video().media == (InboxFile(bucket="inbox", key=f"inbox/spring/{stored}", version_id="v1"),)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("a.png", "inbox/spring/a.png"),
        ("sub/c.png", "inbox/spring/sub/c.png"),
        ("inbox/files/b.png", "inbox/files/b.png"),
        ("inbox/spring/a.png", "inbox/spring/a.png"),
    ],
)
def test_a_file_is_looked_for_beside_the_batch_and_then_by_its_key(world: World, file: str, key: str) -> None:
    world.submit(file=file)
    assert [media.name for media in world.video().media] == [key.rsplit("/", 1)[-1]]
    assert world.video().instruction == "The default."


def test_a_file_may_be_named_after_a_page(world: World) -> None:
    world.inbox.bodies["inbox/spring/www.shop.example.png"] = b"1"
    assert world.submit(file="www.shop.example.png") == "begun"
    assert [media.name for media in world.video().media] == ["www.shop.example.png"]


def test_a_file_may_be_named_as_windows_does(world: World) -> None:
    assert world.submit(file="sub\\c.png") == "begun"
    file = InboxFile(bucket="inbox", key="inbox/spring/sub/c.png", version_id="v1")
    assert world.video().media == (file,)


def test_a_file_may_be_an_address(world: World) -> None:
    world.submit(file="HTTPS://example.com/kettle")
    assert world.video().media == (WebAddress(url="HTTPS://example.com/kettle"),)


@pytest.mark.parametrize("column", ["file", "url"])
def test_an_address_that_turns_us_away_is_a_warning(world: World, column: str) -> None:
    assert world.order(row=2, given={column: "https://blocked.example/"}) == "begun"
    assert [line.message for line in world.video().history] == ["Accepted.", BLOCKED]


def test_the_same_row_twice_is_one_video_whatever_has_changed_meanwhile(world: World) -> None:
    world.submit(file="a.png")
    world.inbox.version_id = "v2"
    world.inbox.bodies.clear()
    assert world.submit(file="a.png") == "begun"
    assert len(world.workflow.started) == 1
    world.submit(3, instruction="Another one.")
    assert len(world.workflow.started) == 2


def test_a_crash_between_remembering_and_starting_heals(world: World) -> None:
    world.workflow.crashes = 1
    with pytest.raises(ConnectionError):
        world.submit(file="a.png")
    assert world.submit(file="a.png") == "begun"
    assert len(world.workflow.started) == 1


@pytest.mark.parametrize(
    ("given", "column", "words"),
    [
        ({"file": "none.png"}, "file", "there is no “none.png” beside the batch file"),
        ({"file": "https://within.example.com"}, "file", "It leads inside."),
        ({"file": "a.png", "callback_url": "https://within.example.com"}, "callback_url", "It leads inside."),
        ({"file": "a.png", "duration_seconds": "long"}, "duration_seconds", "is not a whole number"),
        ({"file": "a.png", "titel": "x"}, "titel", "Did you mean “title”?"),
        ({"file": "a.png", "instruction": "export"}, "instruction", "asks for an export"),
        ({"instruction": "credits?"}, "instruction", "GET /v1/credits"),
        ({"language": "en"}, "request", "Give an instruction, a URL or a file"),
        ({"edit_of": "vid-none", "instruction": "Shorter."}, "edit_of", "there is no video “vid-none”"),
        ({"edit_of": "vid-none"}, "request", "With edit_of, give an instruction"),
        ({"edit_of": "vid-none", "instruction": "x", "file": "a.png"}, "request", "and no file or address"),
        ({"edit_of": "inbox/none.png", "instruction": "x"}, "edit_of", "there is no video “inbox/none.png”"),
    ],
)
def test_a_row_that_makes_no_sense_is_rejected_for_a_column(
    world: World, given: dict[str, object], column: str, words: str
) -> None:
    world.batches.tokens[2] = TOKEN
    assert world.order(given=given) == "completed"
    outcome = world.batches.completed[2]
    assert (outcome.status, outcome.column, outcome.video_id) == ("rejected", column, None)
    assert words in outcome.reason
    assert world.workflow.started == []
    assert world.tasks.succeeded == [(TOKEN, RowEnded(status="rejected"))]


def test_a_line_that_is_no_row_is_rejected(world: World) -> None:
    assert world.order(fault="the line is not JSON.") == "completed"
    assert world.batches.completed[2].reason == "the line is not JSON."
    assert world.batches.completed[2].column is None


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.NEEDS_ANSWER, Status.CANCELLED])
def test_the_end_of_a_version_is_the_end_of_its_row(world: World, status: Status) -> None:
    world.batches.tokens[2] = TOKEN
    world.submit(file="a.png")
    world.end(status, problem=Problem(code=FailureCode.REFUSED, message="m", advice="Do this."))
    world.complete()
    outcome = world.batches.completed[2]
    assert (outcome.status, outcome.video_id) == (status, world.video().video_id)
    ready = status is Status.READY
    assert (outcome.link or "").startswith("https://v.example/watch/") is ready
    assert bool(outcome.reason) is not ready
    assert ("Do this." in outcome.reason) is (status is Status.FAILED)
    assert world.tasks.succeeded == [(TOKEN, RowEnded(status=status))]


def test_an_end_whose_word_was_lost_is_found_when_the_row_is_submitted_again(world: World) -> None:
    world.submit(file="a.png")
    world.end(Status.READY)
    assert world.submit(file="a.png") == "completed"
    assert world.batches.completed[2].status is Status.READY


def test_a_version_that_no_row_asked_for_completes_none(world: World) -> None:
    world.submit(file="a.png")
    world.end(Status.READY)
    version = world.version().model_copy(update={"batch": None})
    complete_row(version, store=world.store, batches=world.batches, tasks=world.tasks, public_url="")
    assert world.batches.completed == {}


def test_a_row_may_edit_a_video_and_does_so_once(world: World) -> None:
    world.submit(2, file="a.png")
    world.end(Status.READY)
    video_id = world.video().video_id
    for _ in range(2):
        assert world.submit(3, edit_of=video_id, instruction="Make it shorter.") == "begun"
    assert [version.instruction for version in world.store.versions(video_id)] == [
        "The default.",
        "Make it shorter.",
    ]
    assert world.version().batch == BatchRow(batch_id="bat-1", row=3)
    world.end(Status.READY)
    world.complete()
    assert world.batches.completed[3].video_id == video_id


def test_a_row_may_name_the_key_that_its_video_was_made_of(world: World) -> None:
    dropped = Drop(file=InboxFile(bucket="inbox", key="inbox/kettle.png", version_id="v1"), at=NOW)
    world.store.create(a_video().model_copy(update={"owner": "ann", "dropped": dropped}), a_version())
    world.store.end(REF, READY)
    assert world.submit(3, edit_of="inbox/kettle.png", instruction="Make it shorter.") == "begun"
    assert world.version().ref == VersionRef(video_id=REF.video_id, version=2)


def test_an_edit_waits_in_line_while_a_version_is_made_and_completes_its_row(world: World) -> None:
    world.submit(2, file="a.png")
    video_id = world.video().video_id
    for _ in range(2):
        assert world.submit(3, edit_of=video_id, instruction="Make it shorter.") == "begun"
    assert len(world.store.video(video_id).waiting) == 1
    world.end(Status.READY)
    begin_next(world.version().ref, store=world.store, workflow=world.workflow)
    assert world.version().batch == BatchRow(batch_id="bat-1", row=3)
    world.end(Status.READY)
    world.complete()
    assert world.batches.completed[3].video_id == video_id


def test_a_row_that_asks_for_an_export_pays_for_nothing(world: World) -> None:
    world.submit(2, file="a.png")
    first = world.video().ref
    for part in (SENDING, TIMELINE):
        world.store.write(first, part)
    world.end(Status.FAILED)
    for _ in range(2):
        assert world.submit(3, edit_of=first.video_id, instruction="export") == "begun"
    version = world.version()
    assert (version.exports, version.batch) == (1, BatchRow(batch_id="bat-1", row=3))
    world.end(Status.READY)
    world.complete()
    assert world.batches.completed[3].status is Status.READY


def test_a_row_that_asks_for_the_status_is_rejected_with_the_reason(world: World) -> None:
    world.submit(2, file="a.png")
    world.end(Status.READY)
    assert world.submit(3, edit_of=world.video().video_id, instruction="status") == "completed"
    assert world.batches.completed[3].column == "instruction"


def test_a_row_waits_for_a_place_in_line_but_not_for_ever(world: World) -> None:
    world.submit(2, file="a.png")
    edit = {"edit_of": world.video().video_id, "instruction": "Make it shorter."}
    for row in range(MAX_WAITING):
        assert world.order(row=row + 3, given=edit) == "begun"
    assert world.order(row=99, given=edit) == "busy"
    assert world.order(row=99, given=edit, tries=MAX_TRIES) == "completed"
    assert world.batches.completed[99].status is Status.FAILED


def test_nobody_edits_what_is_somebody_elses(world: World) -> None:
    world.submit(2, file="a.png")
    world.end(Status.READY)
    world.batches.create(BATCH.model_copy(update={"batch_id": "bat-2", "owner": "bob"}))
    order = RowOrder(
        batch_id="bat-2", row=2, given={"edit_of": world.video().video_id, "instruction": "Mine now."}
    )
    assert submit_row(order, replace(world.given)).verdict == "completed"
    assert "or it is not yours" in world.batches.completed[2].reason
