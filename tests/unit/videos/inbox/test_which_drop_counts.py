"""Of several drops of one key, the last one counts, whenever S3 tells of which; and nothing is paid twice."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.backend import Backend
from tests.support.builders import CHECKS, SENDING
from tests.support.intake import IntakeFixture
from tests.support.media import picture
from tests.support.memory import MemoryStorage, costs_of
from tests.support.recorded import RecordedTopic, RecordedWebhooks
from tests.support.versioned_inbox import VersionedInbox
from videos.batches.results import read_batch
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Taken, Waiting
from videos.lifecycle.edit import begin_next
from videos.model.batch import Layout
from videos.model.errors import VideoError
from videos.model.media import Drop, InboxFile
from videos.model.ports import InboxFileFacts, Tags
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended
from videos.model.video import Video, Webhook
from videos.steps.announce_end import announce, record_failure
from videos.steps.session import inspect_media

KEY = "inbox/shop/photo.png"
PNG, OTHER = picture("PNG"), picture("PNG") + b"another"
MINUTE = timedelta(minutes=1)


@dataclass
class VersionedDropping(IntakeFixture):
    """An inbox with versions, its intake, and the workflow up to where money is spent."""

    inbox: VersionedInbox = field(default_factory=VersionedInbox)
    topic: RecordedTopic = field(default_factory=RecordedTopic)
    webhooks: RecordedWebhooks = field(default_factory=RecordedWebhooks)
    paid: list[Video] = field(default_factory=list)
    _worked: set[VersionRef] = field(default_factory=set)

    @property
    def tags_of_inbox(self) -> Tags:
        return self.inbox

    def take(self, drop: Drop, *, after: timedelta = MINUTE) -> Taken:
        return self.intake.take(drop, now=drop.at + after)

    def accepted(self, drop: Drop, *, after: timedelta = MINUTE) -> Video:
        taken = self.take(drop, after=after)
        assert isinstance(taken, Accepted), taken
        return taken.video

    def work(self) -> None:
        """Let each video that was begun come to where the agent is paid."""
        for ref in self.workflow.started:
            if ref in self._worked:
                continue
            self._worked.add(ref)
            try:
                inspect_media(
                    ref,
                    store=self.store,
                    inbox=self.inbox,
                    tags=self.inbox,
                    checks=CHECKS,
                    webhooks=self.webhooks,
                )
            except VideoError as error:
                self.store.write(ref, error.problem)
                self._fail(ref)
                announce(ref, store=self.store, topic=self.topic, webhooks=self.webhooks, public_url="")
            else:
                self.store.report(ref.video_id, Stage.GENERATING, 20, "The agent works.")
                self.store.lock(ref, SENDING)
                self.paid.append(self.store.video(ref.video_id))

    def _fail(self, ref: VersionRef) -> None:
        backend = Backend().client
        costs = costs_of(self.store, backend)
        record_failure(ref, reason=None, store=self.store, backend=backend, costs=costs)

    def status(self, video: Video) -> Status:
        return self.store.video(video.video_id).status


@pytest.fixture
def case() -> VersionedDropping:
    return VersionedDropping()


def test_what_was_overwritten_before_its_event_came_is_superseded(case: VersionedDropping) -> None:
    old, new = case.inbox.put(KEY, PNG), case.inbox.put(KEY, OTHER)
    videos = [case.accepted(old, after=timedelta()), case.accepted(new)]
    case.work()
    assert [case.status(video) for video in videos] == [Status.SUPERSEDED, Status.WORKING]
    assert [video.video_id for video in case.paid] == [videos[1].video_id]
    assert case.topic.published == []
    assert "replaced" in case.store.video(videos[0].video_id).history[-1].message


def test_what_is_overwritten_before_the_first_step_is_superseded(case: VersionedDropping) -> None:
    old = case.accepted(case.inbox.put(KEY, PNG, instruction="Old."), after=timedelta())
    new = case.accepted(case.inbox.put(KEY, PNG, instruction="New."), after=timedelta())
    case.work()
    assert (case.status(old), [video.instruction for video in case.paid]) == (Status.SUPERSEDED, ["New."])
    assert case.store.made_of(KEY) == case.store.video(new.video_id)
    assert case.topic.published == []


@pytest.mark.parametrize("is_late", [True, False])
def test_what_was_deleted_is_superseded(case: VersionedDropping, *, is_late: bool) -> None:
    drop = case.inbox.put(KEY, PNG, instruction="Old.")
    if is_late:
        case.accepted(drop)
    case.inbox.delete(KEY)
    video = case.accepted(drop)
    case.work()
    assert (case.status(video), case.paid, case.topic.published) == (Status.SUPERSEDED, [], [])
    assert "deleted" in case.store.video(video.video_id).message


def test_a_file_that_cannot_be_read_is_a_video_that_says_so(
    case: VersionedDropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = case.inbox.put(KEY, PNG)

    def refused(file: InboxFile) -> InboxFileFacts:
        raise PermissionError(file.key)

    monkeypatch.setattr(case.inbox, "describe", refused)
    video = case.accepted(drop)
    case.work()
    assert case.status(video) is Status.FAILED
    assert "cannot be read" in case.store.video(video.video_id).message


def test_what_was_dropped_after_a_deletion_is_made(case: VersionedDropping) -> None:
    old = case.inbox.put(KEY, PNG)
    case.inbox.delete(KEY)
    new = case.accepted(case.inbox.put(KEY, PNG))
    case.accepted(old)
    case.work()
    assert [video.video_id for video in case.paid] == [new.video_id]


def test_a_service_that_waits_for_the_end_is_called(case: VersionedDropping) -> None:
    drop = case.inbox.put(KEY, PNG)
    case.inbox.put(
        f"{KEY}.json",
        '{"callback_url": "https://hooks.example/", "callback_on_start": true, "callback_on_progress": true}',
    )
    video = case.accepted(drop)
    assert video.webhook == Webhook(url="https://hooks.example/", on_start=True, on_progress=True)
    case.inbox.put(KEY, OTHER)
    case.work()
    (order,) = case.webhooks.orders
    assert order.id == f"{video.ref.execution_name}-superseded", "of its end alone: it never began"


def test_a_video_that_was_made_outlives_its_file_and_can_be_changed(case: VersionedDropping) -> None:
    video = case.accepted(case.inbox.put(KEY, PNG))
    case.work()
    case.store.end(video.ref, Ended(status=Status.READY, at=video.created_at, message="Ready."))
    case.inbox.delete(KEY)
    ready = case.store.video(video.video_id)
    second = case.store.version(video.ref).model_copy(update={"number": 2, "ended": None})
    assert case.store.begin(ready, second)
    case.workflow.start(second.ref)
    case.work()
    assert case.status(video) is not Status.SUPERSEDED


@pytest.mark.parametrize("name", ["batch.csv", "Batch.JSONL"])
def test_a_batch_that_was_overwritten_or_deleted_is_not_begun(case: VersionedDropping, name: str) -> None:
    key = f"inbox/shop/{name}"
    old = case.inbox.put(key, "file\na.png\n")
    new = case.inbox.put(key, "file\nb.png\n")
    assert isinstance(case.take(old), Ignored)
    assert isinstance(case.take(new), AcceptedBatch)
    gone = case.inbox.put("inbox/gone/batch.csv", "file\na.png\n")
    case.inbox.delete("inbox/gone/batch.csv")
    assert isinstance(case.take(gone), Ignored)
    assert len(case.batch_workflow.started) == 1


def test_each_version_of_a_note_is_a_change_unless_it_was_deleted(case: VersionedDropping) -> None:
    video = case.accepted(case.inbox.put(KEY, PNG))
    notes = [case.inbox.put(f"{KEY}.edit.txt", text) for text in ("Bluer.", "", "Shorter.")]
    taken = [case.take(note) for note in notes]
    assert isinstance(taken[1], Ignored), "it was empty"
    waiting = case.store.video(video.video_id).waiting
    assert [change.instruction for change in waiting] == ["Bluer.", "Shorter."]
    gone = case.inbox.put(f"{KEY}.edit.txt", "Louder.")
    case.inbox.delete(f"{KEY}.edit.txt")
    assert isinstance(case.take(gone), Ignored)


def _swept(drops: list[Drop]) -> list[Drop]:
    """What the sweep finds: the last drop, without what events tell."""
    return [drops[-1].model_copy(update={"copied": False, "sequencer": ""})]


ACTIONS = st.lists(
    st.sampled_from(["put", "empty", "copy", "plain copy", "delete", "event", "work"]), max_size=14
)


@example(order=Random(0), actions=["event", "work", "plain copy"])  # noqa: S311 - the same each time
@given(order=st.randoms(use_true_random=False), actions=ACTIONS)
def test_what_is_there_at_last_is_paid_once_in_any_order_of_events(order: Random, actions: list[str]) -> None:
    """Events come in any order, some twice, some only with the sweep; work begins at any time."""
    case = VersionedDropping()
    drops = [case.inbox.put(KEY, PNG)]
    for number, action in enumerate(actions):
        is_there = KEY in case.inbox.bodies
        if action == "put":
            drops.append(case.inbox.put(KEY, PNG + bytes([number])))
        elif action == "empty":
            drops.append(case.inbox.put(KEY, b""))
        elif action == "delete":
            case.inbox.delete(KEY)
        elif action == "event":
            case.take(order.choice(drops))
        elif action == "work":
            case.work()
        elif is_there:
            drops.append(case.inbox.copy_onto_itself(KEY, with_tags=action == "copy"))
    late = drops * 3
    order.shuffle(late)
    for drop in (*late, *drops, *drops, *_swept(drops), *_swept(drops)):
        case.take(drop, after=timedelta(hours=1))
        case.work()

    content = case.inbox.bodies.get(KEY)
    bodies = [case.inbox.content(video.dropped.file) for video in case.paid if video.dropped]
    assert len(bodies) == len(set(bodies)), "no content is paid twice"
    assert (content in bodies) == bool(content), "what is there is made, and nothing else is made last"
    assert not [end for end in case.topic.published if "is empty" not in end.message]
    if content:
        made = case.store.made_of(KEY)
        assert made is not None
        assert made.dropped is not None
        assert case.inbox.content(made.dropped.file) == content


def test_an_empty_object_waits_for_its_content(case: VersionedDropping) -> None:
    empty = case.inbox.put(KEY, b"", instruction="Shine.")
    taken = case.take(empty, after=timedelta())
    assert isinstance(taken, Waiting)
    assert "empty" in taken.reason
    video = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    assert case.take(empty) == Ignored(
        "“photo.png” was replaced before work on it began. Nothing was charged."
    )
    case.work()
    assert [paid.video_id for paid in case.paid] == [video.video_id]
    assert case.topic.published == []


def test_an_object_that_stays_empty_is_reported_once(case: VersionedDropping) -> None:
    empty = case.inbox.put(KEY, b"")
    for minutes in range(15):
        assert isinstance(case.take(empty, after=minutes * MINUTE), Waiting)
    for _ in range(2):
        case.accepted(empty, after=15 * MINUTE)
        case.work()
    (end,) = case.topic.published
    assert "is empty" in end.message


@pytest.mark.parametrize("name", ["job.json", "batch.csv", "shop.url", "page.txt", "photo.png.edit.txt"])
def test_every_kind_of_file_may_be_empty_at_first(case: VersionedDropping, name: str) -> None:
    assert isinstance(case.take(case.inbox.put(f"inbox/shop/{name}", b""), after=timedelta()), Waiting)
    assert case.workflow.started == []
    assert case.batch_workflow.started == []


@pytest.mark.parametrize("beside", ["photo.png.json", "_defaults.json"])
def test_an_empty_sidecar_may_get_its_content(case: VersionedDropping, beside: str) -> None:
    case.inbox.put(f"inbox/shop/{beside}", b"")
    drop = case.inbox.put(KEY, PNG)
    assert isinstance(case.take(drop, after=timedelta()), Waiting)
    case.inbox.put(f"inbox/shop/{beside}", '{"instruction": "Shine."}')
    assert case.accepted(drop).instruction == "Shine."


def test_a_job_waits_for_the_content_of_its_parts(case: VersionedDropping) -> None:
    case.inbox.put("inbox/shop/a.png", b"")
    ref = case.inbox.put("inbox/shop/job.json", '{"files": ["a.png"]}')
    assert isinstance(case.take(ref, after=timedelta()), Waiting)
    part = case.inbox.put("inbox/shop/a.png", PNG)
    assert case.accepted(ref, after=timedelta()).media == (part.file,)


@pytest.mark.parametrize("state", ["queued", "working", "ready", "failed"])
@pytest.mark.parametrize(("with_tags", "told_as_copy"), [(True, True), (True, False), (False, True)])
def test_a_copy_onto_itself_makes_nothing(
    case: VersionedDropping, state: str, *, with_tags: bool, told_as_copy: bool
) -> None:
    video = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    if state != "queued":
        case.work()
    if state in {"ready", "failed"}:
        case.store.end(video.ref, Ended(status=Status(state), at=video.created_at, message="."))
    copies = [
        case.inbox.copy_onto_itself(KEY, with_tags=with_tags, told_as_copy=told_as_copy) for _ in range(2)
    ]
    for copy in copies * 2:
        case.take(copy)
        case.work()
    assert len(case.paid) == 1
    if with_tags or state != "queued":
        assert case.workflow.started == [video.ref], "nor is there a video that ends as superseded"
    assert case.topic.published == []


def test_a_copy_of_a_file_whose_instruction_is_not_sent_yet_waits(case: VersionedDropping) -> None:
    """The worker may come back to it later, and then the copy counts, for it carries no tags."""
    video = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    case.store.report(video.video_id, Stage.GENERATING, 20, "The service is not available.")
    assert isinstance(case.take(case.inbox.copy_onto_itself(KEY, with_tags=False)), Waiting)


def test_a_part_of_a_job_that_is_dropped_again_stays_a_part_of_it(case: VersionedDropping) -> None:
    part = case.inbox.put(KEY, PNG)
    video = case.accepted(case.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    case.inbox.put(KEY, OTHER)
    assert case.take(part) == Ignored(f"part of {video.video_id}")
    assert case.inbox.marks(part.file)["video-id"] == video.video_id


def test_a_copy_may_count(case: VersionedDropping) -> None:
    case.copies_count = True
    case.accepted(case.inbox.put(KEY, PNG))
    case.work()
    case.accepted(case.inbox.copy_onto_itself(KEY))
    case.work()
    assert len(case.paid) == 2


@pytest.mark.parametrize(
    "what", ["again", "other content", "an instruction", "from elsewhere", "after deletion"]
)
def test_what_is_no_copy_of_itself_is_a_new_drop(case: VersionedDropping, what: str) -> None:
    first = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    case.work()
    case.store.end(first.ref, Ended(status=Status.READY, at=first.created_at, message="."))
    if what == "again":
        drop = case.inbox.put(KEY, PNG, instruction="Shine.")
    elif what == "an instruction":
        drop = case.inbox.copy_onto_itself(KEY, instruction="Another one.")
    elif what == "after deletion":
        case.inbox.delete(KEY)
        drop = case.inbox.put(KEY, PNG, copied=True)
    else:
        tags = {"video-id": "vid-another"} if what == "from elsewhere" else {}
        drop = case.inbox.put(KEY, OTHER, copied=True, tags=tags)
    case.accepted(drop)
    case.work()
    assert len(case.paid) == 2


def test_a_copy_before_anything_was_accepted_is_the_drop(case: VersionedDropping) -> None:
    old = case.inbox.put(KEY, PNG)
    assert isinstance(case.take(old, after=timedelta()), Waiting)
    copy = case.inbox.copy_onto_itself(KEY, instruction="Shine.")
    case.accepted(copy)
    case.accepted(old)
    case.work()
    assert [video.instruction for video in case.paid] == ["Shine."]


def test_a_batch_that_is_copied_onto_itself_is_not_begun_again(case: VersionedDropping) -> None:
    key = "inbox/shop/batch.csv"
    taken = case.take(case.inbox.put(key, "file\na.png\n"))
    assert isinstance(taken, AcceptedBatch)
    copy = case.inbox.copy_onto_itself(key)
    assert isinstance(case.take(copy), Waiting), "it may be superseded yet"
    case.batches.add_to_batch(taken.batch.batch_id, Layout(rows=1))
    assert isinstance(case.take(copy), Ignored)
    assert len(case.batch_workflow.started) == 1


def test_a_job_and_a_note_that_are_copied_onto_themselves_make_nothing(case: VersionedDropping) -> None:
    case.inbox.put(KEY, PNG)
    video = case.accepted(case.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    case.take(case.inbox.put(f"{KEY}.edit.txt", "Bluer."))
    case.work()
    for key in ("inbox/shop/job.json", f"{KEY}.edit.txt", KEY):
        assert isinstance(case.take(case.inbox.copy_onto_itself(key)), Ignored)
    assert len(case.store.video(video.video_id).waiting) == 1


@pytest.mark.parametrize("claim", ["job.json", "batch.csv"])
def test_a_part_stays_one_when_what_claims_it_is_deleted(case: VersionedDropping, claim: str) -> None:
    part = case.inbox.put(KEY, PNG)
    body = '{"files": ["photo.png"]}' if claim == "job.json" else "file\nphoto.png\n"
    claiming = case.inbox.put(f"inbox/shop/{claim}", body)
    case.take(claiming)
    assert isinstance(case.take(part), Ignored)
    case.inbox.delete(f"inbox/shop/{claim}")
    assert isinstance(case.take(part, after=timedelta(days=2)), Ignored)
    again = case.inbox.put(KEY, PNG)
    assert isinstance(case.take(again), Accepted), "dropped again, by itself"


def test_a_crash_after_the_mark_makes_no_copy_of_a_file_that_is_dropped_again(
    case: VersionedDropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = case.accepted(case.inbox.put(KEY, PNG))
    case.work()
    case.store.end(first.ref, Ended(status=Status.READY, at=first.created_at, message="."))
    again = case.inbox.put(KEY, PNG)
    with monkeypatch.context() as crash:
        crash.setattr(case.store, "create", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            case.take(again)
    case.accepted(again)
    case.work()
    assert len(case.paid) == 2


@pytest.mark.parametrize("with_tags", [True, False])
@pytest.mark.parametrize("name", ["photo.png", "job.json", "part.png", "photo.png.edit.txt"])
def test_a_copy_makes_nothing_when_the_version_that_was_copied_has_expired(
    case: VersionedDropping, name: str, *, with_tags: bool
) -> None:
    """The bucket keeps old versions for a day, and the sweep looks for as long as videos are kept."""
    key = f"inbox/shop/{name}"
    case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."))
    case.inbox.put("inbox/shop/part.png", PNG)
    case.accepted(case.inbox.put("inbox/shop/job.json", '{"files": ["part.png"]}'))
    case.take(case.inbox.put(f"{KEY}.edit.txt", "Bluer."))
    case.work()
    copy = case.inbox.copy_onto_itself(key, with_tags=with_tags)
    case.take(copy)
    case.inbox.forget_earlier_versions(key)
    (swept,) = _swept([copy])
    assert isinstance(case.take(swept), Ignored)
    assert len(case.workflow.started) == 2
    moved = case.inbox.put("inbox/alone/photo.png", PNG, tags=case.inbox.marks(copy.file), copied=True)
    case.accepted(moved)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, "Shine.") for name in ("photo.txt", "notes.txt", "bacth.csv", "photo.json")),
        ("photo.txt", "Shine.\nwww.shop.example"),
    ],
)
@pytest.mark.parametrize("then", ["replaced", "deleted"])
def test_what_would_be_no_video_is_none_that_is_superseded(
    case: VersionedDropping, name: str, then: str, text: str
) -> None:
    case.inbox.put(KEY, PNG)
    drop = case.inbox.put(f"inbox/shop/{name}", text)
    if then == "replaced":
        case.inbox.put(f"inbox/shop/{name}", "Shine, please.")
    else:
        case.inbox.delete(f"inbox/shop/{name}")
    assert isinstance(case.take(drop), Ignored)
    assert case.workflow.started == []


def test_a_link_in_a_text_is_superseded_as_any_other(case: VersionedDropping) -> None:
    drop = case.inbox.put("inbox/shop/page.txt", "https://shop.example/kettle")
    case.inbox.put("inbox/shop/page.txt", "https://shop.example/pot")
    video = case.accepted(drop)
    case.work()
    assert case.status(video) is Status.SUPERSEDED


def test_a_note_does_not_go_on_with_what_is_superseded(case: VersionedDropping) -> None:
    old = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    note = case.inbox.put(f"{KEY}.edit.txt", "Bluer.")
    case.take(note)
    new = case.accepted(case.inbox.put(KEY, OTHER, instruction="Shine."), after=timedelta())
    case.work()
    assert case.status(old) is Status.SUPERSEDED
    begin_next(old.ref, store=case.store, workflow=case.workflow)
    case.work()
    assert [video.video_id for video in case.paid] == [new.video_id]
    case.take(*_swept([note]))
    assert [change.instruction for change in case.store.video(new.video_id).waiting] == ["Bluer."]


def test_no_step_of_a_sequence_is_made_when_its_job_is_superseded(case: VersionedDropping) -> None:
    for name in ("a.png", "b.png"):
        case.inbox.put(f"inbox/shop/{name}", PNG)
    ref = '{"mode": "sequence", "files": [{"file": "a.png"}, {"file": "b.png"}], "instruction": "%s"}'
    old = case.accepted(case.inbox.put("inbox/shop/job.json", ref % "Shine."))
    new = case.accepted(case.inbox.put("inbox/shop/job.json", ref % "Shine, please."))
    case.work()
    assert case.status(old) is Status.SUPERSEDED
    begin_next(old.ref, store=case.store, workflow=case.workflow)
    case.work()
    assert [video.video_id for video in case.paid] == [new.video_id]


def _withhold(case: VersionedDropping, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let S3 tell of the files and give none, as of archived ones."""

    def refuses(file: InboxFile, *_: object) -> bytes:
        raise PermissionError(file.key)

    monkeypatch.setattr(case.inbox, "head", refuses)
    monkeypatch.setattr(case.inbox, "open", refuses)


@pytest.mark.parametrize("name", ["job.json", "page.url", "page.txt", "photo.png.edit.txt"])
def test_a_file_that_s3_does_not_give_is_told_of(
    case: VersionedDropping, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    drop = case.inbox.put(f"inbox/shop/{name}", "Shine.")
    _withhold(case, monkeypatch)
    video = case.accepted(drop)
    case.work()
    problem = case.store.version(video.ref).problem
    assert problem is not None
    assert (problem.code, name in problem.message) == ("unreadable_file", True)


@pytest.mark.parametrize("name", ["photo.png.txt", "_defaults.json"])
def test_a_file_whose_sidecar_s3_does_not_give_says_so(
    case: VersionedDropping, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case.inbox.put(f"inbox/shop/{name}", "Shine.")
    drop = case.inbox.put(KEY, PNG)
    _withhold(case, monkeypatch)
    problem = case.store.version(case.accepted(drop).ref).problem
    assert problem is not None
    assert name in problem.message


def test_a_job_and_a_batch_that_s3_does_not_give_keep_their_files(
    case: VersionedDropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.inbox.put("inbox/shop/job.json", "1")
    drop = case.inbox.put(KEY, PNG)
    batch = case.take(case.inbox.put("inbox/batch.csv", "file\n"))
    assert isinstance(batch, AcceptedBatch)
    _withhold(case, monkeypatch)
    assert isinstance(case.take(drop), Ignored)
    read_batch(
        batch.batch.batch_id,
        batches=case.batches,
        inbox=case.inbox,
        storage=MemoryStorage(),
        rows_at_once=1,
    )
    refused = case.batches.batch(batch.batch.batch_id).refused
    assert refused is not None
    assert "cannot be read" in refused.reason


def test_a_copy_does_not_bring_a_deleted_video_back(case: VersionedDropping) -> None:
    """Deleting a video deletes the version that it was made of; the copy stays, and the sweep finds it."""
    video = case.accepted(case.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    case.work()
    copy = case.inbox.copy_onto_itself(KEY)
    case.take(copy)
    case.store.end(video.ref, Ended(status=Status.READY, at=video.created_at, message="."))
    assert case.store.remove(case.store.video(video.video_id), case.store.versions(video.video_id))
    case.inbox.forget_earlier_versions(KEY)
    assert case.take(*_swept([copy])) == Ignored("its video was deleted")
    case.accepted(case.inbox.put(KEY, PNG))


@pytest.mark.parametrize("there", ["a copy", "another file"])
def test_a_copy_stands_in_for_the_version_that_was_dropped(case: VersionedDropping, there: str) -> None:
    """The bucket keeps old versions for a day; a video may wait longer, and be changed later."""
    case.inbox.put(KEY, PNG)
    video = case.accepted(case.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    if there == "a copy":
        case.inbox.copy_onto_itself(KEY)
    else:
        case.inbox.put(KEY, OTHER)
    case.inbox.forget_earlier_versions(KEY)
    case.work()
    assert case.status(video) is (Status.WORKING if there == "a copy" else Status.FAILED)
