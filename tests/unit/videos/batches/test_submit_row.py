from dataclasses import dataclass, field, replace

import pytest

from tests.support.builders import NOW, READY, REF, SENDING, SESSION_ID, TIMELINE, a_batch, a_version, a_video
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

BATCH = a_batch(owner="ann", source="api")
TOKEN = "a task's token"
BLOCKED = "The address could not be checked."


@dataclass
class Submitting:
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
def case() -> Submitting:
    made = Submitting()
    made.batches.create(BATCH)
    made.inbox.bodies = {
        "inbox/spring/a.png": b"1",
        "inbox/files/b.png": b"1",
        "files/b.png": b"1",
        "inbox/spring/sub/c.png": b"1",
    }
    return made


def test_a_row_whose_video_was_deleted_is_not_made_again(case: Submitting) -> None:
    assert case.submit(file="a.png") == "begun"
    case.end(Status.CANCELLED)
    video = case.video()
    assert case.store.remove(video, case.store.versions(video.video_id))
    assert case.submit(file="a.png") == "completed"
    assert len(case.workflow.started) == 1


def test_a_row_becomes_a_video_of_the_batchs_owner(case: Submitting) -> None:
    verdict = case.submit(file="a.png", instruction="Make it shine.", duration_seconds="8", title="Spring")
    assert verdict == "begun"
    video = case.video()
    assert (video.owner, video.source, video.instruction) == ("ann", "api", "Make it shine.")
    assert video.media == (InboxFile(bucket="inbox", key="inbox/spring/a.png", version_id="v1"),)
    assert (video.options.duration_seconds, video.options.title) == (8, "Spring")
    assert case.version().batch == BatchRow(batch_id="bat-1", row=2)


@pytest.mark.parametrize(
    ("stored", "written"),
    [
        ("Cafe\u0301.png", "Caf\u00e9.png"),
        ("Caf\u00e9.png", "Cafe\u0301.png"),
        ("Kettle.PNG", "kettle.png"),
        ("sub/KETTLE.png", "sub/kettle.PNG"),
    ],
)
def test_a_row_names_a_file_as_somebody_writes_it(case: Submitting, stored: str, written: str) -> None:
    case.inbox.bodies[f"inbox/spring/{stored}"] = b"1"
    assert case.submit(file=written) == "begun"
    assert case.video().media == (InboxFile(bucket="inbox", key=f"inbox/spring/{stored}", version_id="v1"),)
    assert case.submit(row=3, s3_keys=[f"inbox/spring/{written}"]) == "begun"
    assert case.video().media == (InboxFile(bucket="inbox", key=f"inbox/spring/{stored}", version_id="v1"),)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ("a.png", "inbox/spring/a.png"),
        ("sub/c.png", "inbox/spring/sub/c.png"),
        ("inbox/files/b.png", "inbox/files/b.png"),
        ("inbox/spring/a.png", "inbox/spring/a.png"),
    ],
)
def test_a_file_is_looked_for_beside_the_batch_and_then_by_its_key(
    case: Submitting, file: str, key: str
) -> None:
    case.submit(file=file)
    assert [media.name for media in case.video().media] == [key.rsplit("/", 1)[-1]]
    assert case.video().instruction == "The default."


def test_a_file_may_be_named_after_a_page(case: Submitting) -> None:
    case.inbox.bodies["inbox/spring/www.shop.example.png"] = b"1"
    assert case.submit(file="www.shop.example.png") == "begun"
    assert [media.name for media in case.video().media] == ["www.shop.example.png"]


def test_a_file_may_be_named_as_windows_does(case: Submitting) -> None:
    assert case.submit(file="sub\\c.png") == "begun"
    file = InboxFile(bucket="inbox", key="inbox/spring/sub/c.png", version_id="v1")
    assert case.video().media == (file,)


def test_a_file_may_be_an_address(case: Submitting) -> None:
    case.submit(file="HTTPS://example.com/kettle")
    assert case.video().media == (WebAddress(url="HTTPS://example.com/kettle"),)


@pytest.mark.parametrize("column", ["file", "url"])
def test_an_address_that_turns_us_away_is_a_warning(case: Submitting, column: str) -> None:
    assert case.order(row=2, given={column: "https://blocked.example/"}) == "begun"
    assert [line.message for line in case.video().history] == ["Accepted.", BLOCKED]


def test_the_same_row_twice_is_one_video_whatever_has_changed_meanwhile(case: Submitting) -> None:
    case.submit(file="a.png")
    case.inbox.version_id = "v2"
    case.inbox.bodies.clear()
    assert case.submit(file="a.png") == "begun"
    assert len(case.workflow.started) == 1
    case.submit(3, instruction="Another one.")
    assert len(case.workflow.started) == 2


def test_a_crash_between_remembering_and_starting_heals(case: Submitting) -> None:
    case.workflow.crashes = 1
    with pytest.raises(ConnectionError):
        case.submit(file="a.png")
    assert case.submit(file="a.png") == "begun"
    assert len(case.workflow.started) == 1


@pytest.mark.parametrize(
    ("given", "column", "words"),
    [
        ({"file": "none.png"}, "file", "“none.png” is neither a file beside the batch file"),
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
    case: Submitting, given: dict[str, object], column: str, words: str
) -> None:
    case.batches.tokens[2] = TOKEN
    assert case.order(given=given) == "completed"
    outcome = case.batches.completed[2]
    assert (outcome.status, outcome.column, outcome.video_id) == ("rejected", column, None)
    assert words in outcome.reason
    assert case.workflow.started == []
    assert case.tasks.succeeded == [(TOKEN, RowEnded(status="rejected"))]


def test_a_line_that_is_no_row_is_rejected(case: Submitting) -> None:
    assert case.order(fault="the line is not JSON.") == "completed"
    assert case.batches.completed[2].reason == "the line is not JSON."
    assert case.batches.completed[2].column is None


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.NEEDS_ANSWER, Status.CANCELLED])
def test_the_end_of_a_version_is_the_end_of_its_row(case: Submitting, status: Status) -> None:
    case.batches.tokens[2] = TOKEN
    case.submit(file="a.png")
    case.end(status, problem=Problem(code=FailureCode.REFUSED, message="m", advice="Do this."))
    case.complete()
    outcome = case.batches.completed[2]
    assert (outcome.status, outcome.video_id) == (status, case.video().video_id)
    ready = status is Status.READY
    assert (outcome.link or "").startswith("https://v.example/watch/") is ready
    assert bool(outcome.reason) is not ready
    assert ("Do this." in outcome.reason) is (status is Status.FAILED)
    assert case.tasks.succeeded == [(TOKEN, RowEnded(status=status))]


def test_an_end_whose_word_was_lost_is_found_when_the_row_is_submitted_again(case: Submitting) -> None:
    case.submit(file="a.png")
    case.end(Status.READY)
    assert case.submit(file="a.png") == "completed"
    assert case.batches.completed[2].status is Status.READY


def test_a_version_that_no_row_asked_for_completes_none(case: Submitting) -> None:
    case.submit(file="a.png")
    case.end(Status.READY)
    version = case.version().model_copy(update={"batch": None})
    complete_row(version, store=case.store, batches=case.batches, tasks=case.tasks, public_url="")
    assert case.batches.completed == {}


def test_a_row_may_edit_a_video_and_does_so_once(case: Submitting) -> None:
    case.submit(2, file="a.png")
    case.end(Status.READY)
    video_id = case.video().video_id
    for _ in range(2):
        assert case.submit(3, edit_of=video_id, instruction="Make it shorter.") == "begun"
    assert [version.instruction for version in case.store.versions(video_id)] == [
        "The default.",
        "Make it shorter.",
    ]
    assert case.version().batch == BatchRow(batch_id="bat-1", row=3)
    case.end(Status.READY)
    case.complete()
    assert case.batches.completed[3].video_id == video_id


def test_a_row_may_name_the_key_that_its_video_was_made_of(case: Submitting) -> None:
    dropped = Drop(file=InboxFile(bucket="inbox", key="inbox/kettle.png", version_id="v1"), at=NOW)
    case.store.create(a_video().model_copy(update={"owner": "ann", "dropped": dropped}), a_version())
    case.store.end(REF, READY)
    assert case.submit(3, edit_of="inbox/kettle.png", instruction="Make it shorter.") == "begun"
    assert case.version().ref == VersionRef(video_id=REF.video_id, version=2)


def test_an_edit_waits_in_line_while_a_version_is_made_and_completes_its_row(case: Submitting) -> None:
    case.submit(2, file="a.png")
    video_id = case.video().video_id
    for _ in range(2):
        assert case.submit(3, edit_of=video_id, instruction="Make it shorter.") == "begun"
    assert len(case.store.video(video_id).waiting) == 1
    case.end(Status.READY)
    begin_next(case.version().ref, store=case.store, workflow=case.workflow)
    assert case.version().batch == BatchRow(batch_id="bat-1", row=3)
    case.end(Status.READY)
    case.complete()
    assert case.batches.completed[3].video_id == video_id


def test_a_row_that_asks_for_an_export_pays_for_nothing(case: Submitting) -> None:
    case.submit(2, file="a.png")
    first = case.video().ref
    for part in (SENDING, TIMELINE):
        case.store.write(first, part)
    case.end(Status.FAILED)
    for _ in range(2):
        assert case.submit(3, edit_of=first.video_id, instruction="export") == "begun"
    version = case.version()
    assert (version.exports, version.batch) == (1, BatchRow(batch_id="bat-1", row=3))
    case.end(Status.READY)
    case.complete()
    assert case.batches.completed[3].status is Status.READY


def test_a_row_that_asks_for_the_status_is_rejected_with_the_reason(case: Submitting) -> None:
    case.submit(2, file="a.png")
    case.end(Status.READY)
    assert case.submit(3, edit_of=case.video().video_id, instruction="status") == "completed"
    assert case.batches.completed[3].column == "instruction"


def test_a_row_waits_for_a_place_in_line_but_not_for_ever(case: Submitting) -> None:
    case.submit(2, file="a.png")
    edit = {"edit_of": case.video().video_id, "instruction": "Make it shorter."}
    for row in range(MAX_WAITING):
        assert case.order(row=row + 3, given=edit) == "begun"
    assert case.order(row=99, given=edit) == "busy"
    assert case.order(row=99, given=edit, tries=MAX_TRIES) == "completed"
    assert case.batches.completed[99].status is Status.FAILED


def test_nobody_edits_what_is_somebody_elses(case: Submitting) -> None:
    case.submit(2, file="a.png")
    case.end(Status.READY)
    case.batches.create(BATCH.model_copy(update={"batch_id": "bat-2", "owner": "bob"}))
    order = RowOrder(
        batch_id="bat-2", row=2, given={"edit_of": case.video().video_id, "instruction": "Mine now."}
    )
    assert submit_row(order, replace(case.given)).verdict == "completed"
    assert "or it is not yours" in case.batches.completed[2].reason


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"file": "a.png"}, "spring/row-2-a.png"),
        ({"file": "day 2/b.png"}, "spring/row-2-b.png"),
        ({"url": "https://example.com/kettle"}, "spring/row-2"),
        ({"instruction": "A kettle"}, "spring/row-2"),
        ({"file": "inbox/other/c.png"}, "spring/row-2"),
    ],
)
def test_a_row_of_a_dropped_batch_has_a_place_in_the_outbox(given: dict[str, object], path: str) -> None:
    files = ("inbox/spring/a.png", "inbox/spring/day 2/b.png", "inbox/other/c.png")
    case = Submitting(inbox=MemoryInbox(dict.fromkeys(files, b"1")))
    case.batches.create(a_batch())
    assert case.order(given=given) == "begun"
    place = case.video().row_result
    assert place is not None
    assert (place.bucket, place.path) == ("inbox", path)
    assert place.order.endswith("#bat-1")


@pytest.mark.parametrize(
    "batch",
    [
        a_batch(owner="ann"),
        a_batch(file=InboxFile(bucket="inbox", key="batches/bat-1/5ec4e7/batch.jsonl")),
    ],
)
def test_a_row_of_another_batch_has_none(batch: Batch) -> None:
    case = Submitting()
    case.batches.create(batch)
    assert case.submit(instruction="A kettle") == "begun"
    assert case.video().row_result is None


def test_the_results_name_the_copy_of_a_ready_video() -> None:
    case = Submitting(inbox=MemoryInbox({"inbox/spring/a.png": b"1"}))
    case.batches.create(a_batch())
    case.submit(file="a.png")
    case.end(Status.READY)
    case.complete()
    assert case.batches.completed[2].outbox == "outbox/spring/row-2-a.png.mp4"


def test_the_results_name_no_copy_of_a_video_that_failed() -> None:
    case = Submitting()
    case.batches.create(a_batch())
    case.submit(instruction="A kettle")
    case.end(Status.FAILED)
    case.complete()
    assert case.batches.completed[2].outbox is None
