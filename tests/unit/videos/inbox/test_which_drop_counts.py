"""Of several drops of one key, the last one counts, whenever S3 tells of which; and nothing is paid twice."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.backend import Backend
from tests.support.builders import SENDING
from tests.support.media import picture
from tests.support.memory import MemoryBatches, MemoryStorage, MemoryStore, costs_of
from tests.support.recorded import RecordedBatchWorkflow, RecordedTopic, RecordedWebhooks, RecordedWorkflow
from tests.support.versioned_inbox import VersionedInbox
from videos.batches.results import read_batch
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Taken, Waiting
from videos.inbox.intake import Intake
from videos.lifecycle.edit import begin_next
from videos.model.batch import Layout
from videos.model.errors import VideoError
from videos.model.media import Drop, InboxFile
from videos.model.ports import InboxFileFacts
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended
from videos.model.video import Video, Webhook
from videos.requests.sources import Reached
from videos.steps.announce_end import announce, record_failure
from videos.steps.session import AddressChecks, inspect_media

KEY = "inbox/shop/photo.png"
PNG, OTHER = picture("PNG"), picture("PNG") + b"another"
CHECKS = AddressChecks(reachable=lambda _, url: Reached(url), allowed=lambda _, url: url)
MINUTE = timedelta(minutes=1)


@dataclass
class World:
    """An inbox with versions, its intake, and the workflow up to where money is spent."""

    inbox: VersionedInbox = field(default_factory=VersionedInbox)
    store: MemoryStore = field(default_factory=MemoryStore)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    batches: MemoryBatches = field(default_factory=MemoryBatches)
    batch_workflow: RecordedBatchWorkflow = field(default_factory=RecordedBatchWorkflow)
    topic: RecordedTopic = field(default_factory=RecordedTopic)
    webhooks: RecordedWebhooks = field(default_factory=RecordedWebhooks)
    paid: list[Video] = field(default_factory=list)
    copies_count: bool = False
    _worked: set[VersionRef] = field(default_factory=set)

    def take(self, drop: Drop, *, after: timedelta = MINUTE) -> Taken:
        intake = Intake(
            store=self.store,
            inbox=self.inbox,
            workflow=self.workflow,
            tags=self.inbox,
            batches=self.batches,
            batch_workflow=self.batch_workflow,
            default_instruction="The default.",
            keep_days=30,
            patience=MINUTE,
            batch_patience=timedelta(hours=1),
            copies_count=self.copies_count,
        )
        return intake.take(drop, now=drop.at + after)

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
def world() -> World:
    return World()


def test_what_was_overwritten_before_its_event_came_is_superseded(world: World) -> None:
    old, new = world.inbox.put(KEY, PNG), world.inbox.put(KEY, OTHER)
    videos = [world.accepted(old, after=timedelta()), world.accepted(new)]
    world.work()
    assert [world.status(video) for video in videos] == [Status.SUPERSEDED, Status.WORKING]
    assert [video.video_id for video in world.paid] == [videos[1].video_id]
    assert world.topic.published == []
    assert "replaced" in world.store.video(videos[0].video_id).history[-1].message


def test_what_is_overwritten_before_the_first_step_is_superseded(world: World) -> None:
    old = world.accepted(world.inbox.put(KEY, PNG, instruction="Old."), after=timedelta())
    new = world.accepted(world.inbox.put(KEY, PNG, instruction="New."), after=timedelta())
    world.work()
    assert (world.status(old), [video.instruction for video in world.paid]) == (Status.SUPERSEDED, ["New."])
    assert world.store.made_of(KEY) == world.store.video(new.video_id)
    assert world.topic.published == []


@pytest.mark.parametrize("is_late", [True, False])
def test_what_was_deleted_is_superseded(world: World, *, is_late: bool) -> None:
    drop = world.inbox.put(KEY, PNG, instruction="Old.")
    if is_late:
        world.accepted(drop)
    world.inbox.delete(KEY)
    video = world.accepted(drop)
    world.work()
    assert (world.status(video), world.paid, world.topic.published) == (Status.SUPERSEDED, [], [])
    assert "deleted" in world.store.video(video.video_id).message


def test_a_file_that_cannot_be_read_is_a_video_that_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = world.inbox.put(KEY, PNG)

    def refused(file: InboxFile) -> InboxFileFacts:
        raise PermissionError(file.key)

    monkeypatch.setattr(world.inbox, "describe", refused)
    video = world.accepted(drop)
    world.work()
    assert world.status(video) is Status.FAILED
    assert "cannot be read" in world.store.video(video.video_id).message


def test_what_was_dropped_after_a_deletion_is_made(world: World) -> None:
    old = world.inbox.put(KEY, PNG)
    world.inbox.delete(KEY)
    new = world.accepted(world.inbox.put(KEY, PNG))
    world.accepted(old)
    world.work()
    assert [video.video_id for video in world.paid] == [new.video_id]


def test_a_service_that_waits_for_the_end_is_called(world: World) -> None:
    drop = world.inbox.put(KEY, PNG)
    world.inbox.put(f"{KEY}.json", '{"callback_url": "https://hooks.example/", "callback_on_start": true}')
    video = world.accepted(drop)
    assert video.webhook == Webhook(url="https://hooks.example/", on_start=True)
    world.inbox.put(KEY, OTHER)
    world.work()
    (order,) = world.webhooks.orders
    assert order.id == f"{video.ref.execution_name}-superseded", "of its end alone: it never began"


def test_a_video_that_was_made_outlives_its_file_and_can_be_changed(world: World) -> None:
    video = world.accepted(world.inbox.put(KEY, PNG))
    world.work()
    world.store.end(video.ref, Ended(status=Status.READY, at=video.created_at, message="Ready."))
    world.inbox.delete(KEY)
    ready = world.store.video(video.video_id)
    second = world.store.version(video.ref).model_copy(update={"number": 2, "ended": None})
    assert world.store.begin(ready, second)
    world.workflow.start(second.ref)
    world.work()
    assert world.status(video) is not Status.SUPERSEDED


@pytest.mark.parametrize("name", ["batch.csv", "Batch.JSONL"])
def test_a_batch_that_was_overwritten_or_deleted_is_not_begun(world: World, name: str) -> None:
    key = f"inbox/shop/{name}"
    old = world.inbox.put(key, "file\na.png\n")
    new = world.inbox.put(key, "file\nb.png\n")
    assert isinstance(world.take(old), Ignored)
    assert isinstance(world.take(new), AcceptedBatch)
    gone = world.inbox.put("inbox/gone/batch.csv", "file\na.png\n")
    world.inbox.delete("inbox/gone/batch.csv")
    assert isinstance(world.take(gone), Ignored)
    assert len(world.batch_workflow.started) == 1


def test_each_version_of_a_note_is_a_change_unless_it_was_deleted(world: World) -> None:
    video = world.accepted(world.inbox.put(KEY, PNG))
    notes = [world.inbox.put(f"{KEY}.edit.txt", text) for text in ("Bluer.", "", "Shorter.")]
    taken = [world.take(note) for note in notes]
    assert isinstance(taken[1], Ignored), "it was empty"
    waiting = world.store.video(video.video_id).waiting
    assert [change.instruction for change in waiting] == ["Bluer.", "Shorter."]
    gone = world.inbox.put(f"{KEY}.edit.txt", "Louder.")
    world.inbox.delete(f"{KEY}.edit.txt")
    assert isinstance(world.take(gone), Ignored)


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
    world = World()
    drops = [world.inbox.put(KEY, PNG)]
    for number, action in enumerate(actions):
        is_there = KEY in world.inbox.bodies
        if action == "put":
            drops.append(world.inbox.put(KEY, PNG + bytes([number])))
        elif action == "empty":
            drops.append(world.inbox.put(KEY, b""))
        elif action == "delete":
            world.inbox.delete(KEY)
        elif action == "event":
            world.take(order.choice(drops))
        elif action == "work":
            world.work()
        elif is_there:
            drops.append(world.inbox.copy_onto_itself(KEY, with_tags=action == "copy"))
    late = drops * 3
    order.shuffle(late)
    for drop in (*late, *drops, *drops, *_swept(drops), *_swept(drops)):
        world.take(drop, after=timedelta(hours=1))
        world.work()

    content = world.inbox.bodies.get(KEY)
    bodies = [world.inbox.content(video.dropped.file) for video in world.paid if video.dropped]
    assert len(bodies) == len(set(bodies)), "no content is paid twice"
    assert (content in bodies) == bool(content), "what is there is made, and nothing else is made last"
    assert not [end for end in world.topic.published if "is empty" not in end.message]
    if content:
        made = world.store.made_of(KEY)
        assert made is not None
        assert made.dropped is not None
        assert world.inbox.content(made.dropped.file) == content


def test_an_empty_object_waits_for_its_content(world: World) -> None:
    empty = world.inbox.put(KEY, b"", instruction="Shine.")
    taken = world.take(empty, after=timedelta())
    assert isinstance(taken, Waiting)
    assert "empty" in taken.reason
    video = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    assert world.take(empty) == Ignored(
        "“photo.png” was replaced before work on it began. Nothing was charged."
    )
    world.work()
    assert [paid.video_id for paid in world.paid] == [video.video_id]
    assert world.topic.published == []


def test_an_object_that_stays_empty_is_reported_once(world: World) -> None:
    empty = world.inbox.put(KEY, b"")
    for minutes in range(15):
        assert isinstance(world.take(empty, after=minutes * MINUTE), Waiting)
    for _ in range(2):
        world.accepted(empty, after=15 * MINUTE)
        world.work()
    (end,) = world.topic.published
    assert "is empty" in end.message


@pytest.mark.parametrize("name", ["job.json", "batch.csv", "shop.url", "page.txt", "photo.png.edit.txt"])
def test_every_kind_of_file_may_be_empty_at_first(world: World, name: str) -> None:
    assert isinstance(world.take(world.inbox.put(f"inbox/shop/{name}", b""), after=timedelta()), Waiting)
    assert world.workflow.started == []
    assert world.batch_workflow.started == []


@pytest.mark.parametrize("beside", ["photo.png.json", "_defaults.json"])
def test_an_empty_sidecar_may_get_its_content(world: World, beside: str) -> None:
    world.inbox.put(f"inbox/shop/{beside}", b"")
    drop = world.inbox.put(KEY, PNG)
    assert isinstance(world.take(drop, after=timedelta()), Waiting)
    world.inbox.put(f"inbox/shop/{beside}", '{"instruction": "Shine."}')
    assert world.accepted(drop).instruction == "Shine."


def test_a_job_waits_for_the_content_of_its_parts(world: World) -> None:
    world.inbox.put("inbox/shop/a.png", b"")
    ref = world.inbox.put("inbox/shop/job.json", '{"files": ["a.png"]}')
    assert isinstance(world.take(ref, after=timedelta()), Waiting)
    part = world.inbox.put("inbox/shop/a.png", PNG)
    assert world.accepted(ref, after=timedelta()).media == (part.file,)


@pytest.mark.parametrize("state", ["queued", "working", "ready", "failed"])
@pytest.mark.parametrize(("with_tags", "told_as_copy"), [(True, True), (True, False), (False, True)])
def test_a_copy_onto_itself_makes_nothing(
    world: World, state: str, *, with_tags: bool, told_as_copy: bool
) -> None:
    video = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    if state != "queued":
        world.work()
    if state in {"ready", "failed"}:
        world.store.end(video.ref, Ended(status=Status(state), at=video.created_at, message="."))
    copies = [
        world.inbox.copy_onto_itself(KEY, with_tags=with_tags, told_as_copy=told_as_copy) for _ in range(2)
    ]
    for copy in copies * 2:
        world.take(copy)
        world.work()
    assert len(world.paid) == 1
    if with_tags or state != "queued":
        assert world.workflow.started == [video.ref], "nor is there a video that ends as superseded"
    assert world.topic.published == []


def test_a_copy_of_a_file_whose_instruction_is_not_sent_yet_waits(world: World) -> None:
    """The worker may come back to it later, and then the copy counts, for it carries no tags."""
    video = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    world.store.report(video.video_id, Stage.GENERATING, 20, "The service is not available.")
    assert isinstance(world.take(world.inbox.copy_onto_itself(KEY, with_tags=False)), Waiting)


def test_a_part_of_a_job_that_is_dropped_again_stays_a_part_of_it(world: World) -> None:
    part = world.inbox.put(KEY, PNG)
    video = world.accepted(world.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    world.inbox.put(KEY, OTHER)
    assert world.take(part) == Ignored(f"part of {video.video_id}")
    assert world.inbox.marks(part.file)["video-id"] == video.video_id


def test_a_copy_may_count(world: World) -> None:
    world.copies_count = True
    world.accepted(world.inbox.put(KEY, PNG))
    world.work()
    world.accepted(world.inbox.copy_onto_itself(KEY))
    world.work()
    assert len(world.paid) == 2


@pytest.mark.parametrize(
    "what", ["again", "other content", "an instruction", "from elsewhere", "after deletion"]
)
def test_what_is_no_copy_of_itself_is_a_new_drop(world: World, what: str) -> None:
    first = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    world.work()
    world.store.end(first.ref, Ended(status=Status.READY, at=first.created_at, message="."))
    if what == "again":
        drop = world.inbox.put(KEY, PNG, instruction="Shine.")
    elif what == "an instruction":
        drop = world.inbox.copy_onto_itself(KEY, instruction="Another one.")
    elif what == "after deletion":
        world.inbox.delete(KEY)
        drop = world.inbox.put(KEY, PNG, copied=True)
    else:
        tags = {"video-id": "vid-another"} if what == "from elsewhere" else {}
        drop = world.inbox.put(KEY, OTHER, copied=True, tags=tags)
    world.accepted(drop)
    world.work()
    assert len(world.paid) == 2


def test_a_copy_before_anything_was_accepted_is_the_drop(world: World) -> None:
    old = world.inbox.put(KEY, PNG)
    assert isinstance(world.take(old, after=timedelta()), Waiting)
    copy = world.inbox.copy_onto_itself(KEY, instruction="Shine.")
    world.accepted(copy)
    world.accepted(old)
    world.work()
    assert [video.instruction for video in world.paid] == ["Shine."]


def test_a_batch_that_is_copied_onto_itself_is_not_begun_again(world: World) -> None:
    key = "inbox/shop/batch.csv"
    taken = world.take(world.inbox.put(key, "file\na.png\n"))
    assert isinstance(taken, AcceptedBatch)
    copy = world.inbox.copy_onto_itself(key)
    assert isinstance(world.take(copy), Waiting), "it may be superseded yet"
    world.batches.add_to_batch(taken.batch.batch_id, Layout(rows=1))
    assert isinstance(world.take(copy), Ignored)
    assert len(world.batch_workflow.started) == 1


def test_a_job_and_a_note_that_are_copied_onto_themselves_make_nothing(world: World) -> None:
    world.inbox.put(KEY, PNG)
    video = world.accepted(world.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    world.take(world.inbox.put(f"{KEY}.edit.txt", "Bluer."))
    world.work()
    for key in ("inbox/shop/job.json", f"{KEY}.edit.txt", KEY):
        assert isinstance(world.take(world.inbox.copy_onto_itself(key)), Ignored)
    assert len(world.store.video(video.video_id).waiting) == 1


@pytest.mark.parametrize("claim", ["job.json", "batch.csv"])
def test_a_part_stays_one_when_what_claims_it_is_deleted(world: World, claim: str) -> None:
    part = world.inbox.put(KEY, PNG)
    body = '{"files": ["photo.png"]}' if claim == "job.json" else "file\nphoto.png\n"
    claiming = world.inbox.put(f"inbox/shop/{claim}", body)
    world.take(claiming)
    assert isinstance(world.take(part), Ignored)
    world.inbox.delete(f"inbox/shop/{claim}")
    assert isinstance(world.take(part, after=timedelta(days=2)), Ignored)
    again = world.inbox.put(KEY, PNG)
    assert isinstance(world.take(again), Accepted), "dropped again, by itself"


def test_a_crash_after_the_mark_makes_no_copy_of_a_file_that_is_dropped_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.accepted(world.inbox.put(KEY, PNG))
    world.work()
    world.store.end(first.ref, Ended(status=Status.READY, at=first.created_at, message="."))
    again = world.inbox.put(KEY, PNG)
    with monkeypatch.context() as crash:
        crash.setattr(world.store, "create", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            world.take(again)
    world.accepted(again)
    world.work()
    assert len(world.paid) == 2


@pytest.mark.parametrize("with_tags", [True, False])
@pytest.mark.parametrize("name", ["photo.png", "job.json", "part.png", "photo.png.edit.txt"])
def test_a_copy_makes_nothing_when_the_version_that_was_copied_has_expired(
    world: World, name: str, *, with_tags: bool
) -> None:
    """The bucket keeps old versions for a day, and the sweep looks for as long as videos are kept."""
    key = f"inbox/shop/{name}"
    world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."))
    world.inbox.put("inbox/shop/part.png", PNG)
    world.accepted(world.inbox.put("inbox/shop/job.json", '{"files": ["part.png"]}'))
    world.take(world.inbox.put(f"{KEY}.edit.txt", "Bluer."))
    world.work()
    copy = world.inbox.copy_onto_itself(key, with_tags=with_tags)
    world.take(copy)
    world.inbox.forget_earlier_versions(key)
    (swept,) = _swept([copy])
    assert isinstance(world.take(swept), Ignored)
    assert len(world.workflow.started) == 2
    moved = world.inbox.put("inbox/alone/photo.png", PNG, tags=world.inbox.marks(copy.file), copied=True)
    world.accepted(moved)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, "Shine.") for name in ("photo.txt", "notes.txt", "bacth.csv", "photo.json")),
        ("photo.txt", "Shine.\nwww.shop.example"),
    ],
)
@pytest.mark.parametrize("then", ["replaced", "deleted"])
def test_what_would_be_no_video_is_none_that_is_superseded(
    world: World, name: str, then: str, text: str
) -> None:
    world.inbox.put(KEY, PNG)
    drop = world.inbox.put(f"inbox/shop/{name}", text)
    if then == "replaced":
        world.inbox.put(f"inbox/shop/{name}", "Shine, please.")
    else:
        world.inbox.delete(f"inbox/shop/{name}")
    assert isinstance(world.take(drop), Ignored)
    assert world.workflow.started == []


def test_a_link_in_a_text_is_superseded_as_any_other(world: World) -> None:
    drop = world.inbox.put("inbox/shop/page.txt", "https://shop.example/kettle")
    world.inbox.put("inbox/shop/page.txt", "https://shop.example/pot")
    video = world.accepted(drop)
    world.work()
    assert world.status(video) is Status.SUPERSEDED


def test_a_note_does_not_go_on_with_what_is_superseded(world: World) -> None:
    old = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    note = world.inbox.put(f"{KEY}.edit.txt", "Bluer.")
    world.take(note)
    new = world.accepted(world.inbox.put(KEY, OTHER, instruction="Shine."), after=timedelta())
    world.work()
    assert world.status(old) is Status.SUPERSEDED
    begin_next(old.ref, store=world.store, workflow=world.workflow)
    world.work()
    assert [video.video_id for video in world.paid] == [new.video_id]
    world.take(*_swept([note]))
    assert [change.instruction for change in world.store.video(new.video_id).waiting] == ["Bluer."]


def test_no_step_of_a_sequence_is_made_when_its_job_is_superseded(world: World) -> None:
    for name in ("a.png", "b.png"):
        world.inbox.put(f"inbox/shop/{name}", PNG)
    ref = '{"mode": "sequence", "files": [{"file": "a.png"}, {"file": "b.png"}], "instruction": "%s"}'
    old = world.accepted(world.inbox.put("inbox/shop/job.json", ref % "Shine."))
    new = world.accepted(world.inbox.put("inbox/shop/job.json", ref % "Shine, please."))
    world.work()
    assert world.status(old) is Status.SUPERSEDED
    begin_next(old.ref, store=world.store, workflow=world.workflow)
    world.work()
    assert [video.video_id for video in world.paid] == [new.video_id]


def _withhold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let S3 tell of the files and give none, as of archived ones."""

    def refuses(file: InboxFile, *_: object) -> bytes:
        raise PermissionError(file.key)

    monkeypatch.setattr(world.inbox, "head", refuses)
    monkeypatch.setattr(world.inbox, "open", refuses)


@pytest.mark.parametrize("name", ["job.json", "page.url", "page.txt", "photo.png.edit.txt"])
def test_a_file_that_s3_does_not_give_is_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    drop = world.inbox.put(f"inbox/shop/{name}", "Shine.")
    _withhold(world, monkeypatch)
    video = world.accepted(drop)
    world.work()
    problem = world.store.version(video.ref).problem
    assert problem is not None
    assert (problem.code, name in problem.message) == ("unreadable_file", True)


@pytest.mark.parametrize("name", ["photo.png.txt", "_defaults.json"])
def test_a_file_whose_sidecar_s3_does_not_give_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    world.inbox.put(f"inbox/shop/{name}", "Shine.")
    drop = world.inbox.put(KEY, PNG)
    _withhold(world, monkeypatch)
    problem = world.store.version(world.accepted(drop).ref).problem
    assert problem is not None
    assert name in problem.message


def test_a_job_and_a_batch_that_s3_does_not_give_keep_their_files(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.inbox.put("inbox/shop/job.json", "1")
    drop = world.inbox.put(KEY, PNG)
    batch = world.take(world.inbox.put("inbox/batch.csv", "file\n"))
    assert isinstance(batch, AcceptedBatch)
    _withhold(world, monkeypatch)
    assert isinstance(world.take(drop), Ignored)
    read_batch(
        batch.batch.batch_id,
        batches=world.batches,
        inbox=world.inbox,
        storage=MemoryStorage(),
        rows_at_once=1,
    )
    refused = world.batches.batch(batch.batch.batch_id).refused
    assert refused is not None
    assert "cannot be read" in refused.reason


def test_a_copy_does_not_bring_a_deleted_video_back(world: World) -> None:
    """Deleting a video deletes the version that it was made of; the copy stays, and the sweep finds it."""
    video = world.accepted(world.inbox.put(KEY, PNG, instruction="Shine."), after=timedelta())
    world.work()
    copy = world.inbox.copy_onto_itself(KEY)
    world.take(copy)
    world.store.end(video.ref, Ended(status=Status.READY, at=video.created_at, message="."))
    assert world.store.remove(world.store.video(video.video_id), world.store.versions(video.video_id))
    world.inbox.forget_earlier_versions(KEY)
    assert world.take(*_swept([copy])) == Ignored("its video was deleted")
    world.accepted(world.inbox.put(KEY, PNG))


@pytest.mark.parametrize("there", ["a copy", "another file"])
def test_a_copy_stands_in_for_the_version_that_was_dropped(world: World, there: str) -> None:
    """The bucket keeps old versions for a day; a video may wait longer, and be changed later."""
    world.inbox.put(KEY, PNG)
    video = world.accepted(world.inbox.put("inbox/shop/job.json", '{"files": ["photo.png"]}'))
    if there == "a copy":
        world.inbox.copy_onto_itself(KEY)
    else:
        world.inbox.put(KEY, OTHER)
    world.inbox.forget_earlier_versions(KEY)
    world.work()
    assert world.status(video) is (Status.WORKING if there == "a copy" else Status.FAILED)
