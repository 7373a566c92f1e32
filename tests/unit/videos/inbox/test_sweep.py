"""The sweep: nothing dropped is missed, nothing is made twice."""

import tracemalloc
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from tests.support.builders import NOW
from tests.support.intake import IntakeFixture
from tests.support.memory import MemoryCheckpoint, MemoryInbox
from videos.inbox.sweep import Summary, SweptObject, sweep
from videos.model.media import Drop, InboxFile
from videos.model.ports import InboxPage
from videos.model.records import Stage

LATER = NOW + timedelta(hours=1)


@dataclass
class Sweeping(IntakeFixture):
    """An inbox that is swept."""

    inbox: MemoryInbox = field(default_factory=lambda: MemoryInbox(dropped_at=NOW, page_size=7))
    checkpoint: MemoryCheckpoint = field(default_factory=MemoryCheckpoint)

    def begin_all(self) -> None:
        """What the workflow does first."""
        for ref in self.workflow.started:
            self.store.report(ref.video_id, Stage.INSPECTING, 2, "Looking.")

    def sweep(
        self, *, now: datetime = LATER, has_time: Callable[[], bool] = lambda: True
    ) -> tuple[list[SweptObject], Summary]:
        *findings, summary = sweep(
            self.intake,
            listing=self.inbox,
            index=self.store,
            checkpoint=self.checkpoint,
            now=lambda: now,
            min_age=timedelta(minutes=15),
            kept_for=timedelta(days=30),
            has_time=has_time,
        )
        assert isinstance(summary, Summary)
        assert all(isinstance(finding, SweptObject) for finding in findings)
        return [finding for finding in findings if isinstance(finding, SweptObject)], summary


@pytest.fixture
def case() -> Sweeping:
    return Sweeping()


def test_what_no_event_came_for_is_submitted_once(case: Sweeping) -> None:
    case.inbox.bodies = {f"inbox/{number:02}.png": b"1" for number in range(20)}
    for number in (3, 11):
        file = InboxFile(bucket="the-inbox", key=f"inbox/{number:02}.png", version_id="v1")
        case.intake.take(Drop(file=file, at=NOW), now=LATER)
    case.begin_all()
    findings, summary = case.sweep()
    assert Counter(finding.found for finding in findings) == {"submitted": 18}
    assert (summary.looked_at, summary.found, summary.complete) == (20, {"submitted": 18}, True)
    assert len(case.workflow.started) == 20
    case.begin_all()
    assert case.sweep() == ([], Summary(looked_at=20, found={}, complete=True))


def test_what_is_no_input_is_named_with_the_reason(case: Sweeping) -> None:
    case.inbox.bodies = {
        "inbox/.DS_Store": b"1",
        "inbox/a.png.txt": b"1",
        "inbox/notes.txt": b"Buy milk.",
        "inbox/trip/job.json": b'{"files": ["b.png"]}',
        "inbox/trip/b.png": b"1",
    }
    findings, _ = case.sweep()
    assert {finding.key: finding.reason for finding in findings if finding.found == "ignored"} == {
        "inbox/.DS_Store": "not meant as input: hidden, temporary, incomplete, or made by a system",
        "inbox/a.png.txt": "says what to do with the file beside it",
        "inbox/notes.txt": "a text that is not about one address, beside no file of its name",
        "inbox/trip/b.png": "part of inbox/trip/job.json",
    }
    assert len(case.workflow.started) == 1


def test_what_was_dropped_just_now_is_left_to_its_event(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/a.png": b"1"}
    assert case.sweep(now=NOW + timedelta(minutes=14)) == (
        [],
        Summary(looked_at=0, found={}, complete=True),
    )


def test_what_has_outlived_its_video_is_left_alone(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/a.png": b"1"}
    case.sweep(now=NOW + timedelta(days=30))
    assert case.workflow.started == []


def test_a_note_that_no_event_came_for_is_carried_out_once(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/a.png": b"1", "inbox/a.png.edit.txt": b"Bluer."}
    findings, _ = case.sweep()
    assert [finding.found for finding in findings] == ["submitted", "submitted"]
    video_id = findings[0].video_id
    assert video_id == findings[1].video_id
    assert video_id is not None
    assert [change.instruction for change in case.store.video(video_id).waiting] == ["Bluer."]
    case.begin_all()
    (again,), _ = case.sweep()
    assert (again.found, again.reason) == ("ignored", f"asked for before, of {video_id}")


def test_a_batch_that_no_event_came_for_is_carried_out_once(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/spring/batch.csv": b"file\na.png\n", "inbox/spring/a.png": b"1"}
    (file, batch), _ = case.sweep()
    assert (file.found, file.reason) == ("ignored", "part of inbox/spring/batch.csv")
    assert (batch.found, [batch.batch_id]) == ("submitted", case.batch_workflow.started)
    (_, again), _ = case.sweep(now=LATER + timedelta(hours=1))
    assert (again.found, again.reason) == ("ignored", f"accepted before, as {batch.batch_id}")
    assert case.workflow.started == []


def test_a_sweep_without_time_is_continued_by_the_next_one(case: Sweeping) -> None:
    case.inbox.bodies = {f"inbox/{number:02}.png": b"1" for number in range(20)}
    looks = []
    for _ in range(3):
        findings, summary = case.sweep(has_time=lambda: False)
        looks.append((len(findings), summary.complete))
        case.begin_all()
    assert looks == [(7, False), (7, False), (6, True)]
    assert len(case.workflow.started) == 20


def test_one_object_that_cannot_be_looked_at_keeps_no_other_from_it(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/a.png": b"1", "inbox/b.png": b"1"}
    case.workflow.crashes = 1
    findings, _ = case.sweep()
    assert [finding.found for finding in findings] == ["failed", "submitted"]
    assert "ConnectionError" in str(findings[0].reason)


def test_what_was_remembered_and_not_started_is_started(case: Sweeping) -> None:
    case.inbox.bodies = {"inbox/a.png": b"1"}
    case.workflow.crashes = 1
    case.sweep()
    findings, _ = case.sweep()
    assert [finding.found for finding in findings] == ["restarted"]
    (ref,) = case.workflow.started
    case.store.report(ref.video_id, Stage.INSPECTING, 2, "Looking.")
    assert case.sweep()[0] == []


def test_a_page_is_kept_at_once(case: Sweeping) -> None:
    class Endless:
        """A listing of which no more may be read than is asked for."""

        pages = 0

        def page(self, after: str | None) -> InboxPage:
            Endless.pages += 1
            return InboxPage(drops=[], cursor=f"{after}1")

    lines = sweep(
        case.intake,
        listing=Endless(),
        index=case.store,
        checkpoint=case.checkpoint,
        now=lambda: LATER,
        min_age=timedelta(),
        kept_for=timedelta(days=30),
        has_time=lambda: Endless.pages < 3,
    )
    assert next(lines) == Summary(looked_at=0, found={}, complete=False)
    assert Endless.pages == 3


class Rows:
    """An inbox of so many pages, all of whose objects are videos that are under way."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    def page(self, after: str | None) -> InboxPage:
        number = int(after or 0)
        drops = [
            Drop(file=InboxFile(bucket="b", key=f"inbox/{number}/{item}.png", version_id="v"), at=NOW)
            for item in range(1000)
        ]
        return InboxPage(drops=drops, cursor=str(number + 1) if number + 1 < self._pages else None)

    def stages(self, video_ids: Collection[str]) -> dict[str, Stage]:
        return dict.fromkeys(video_ids, Stage.RENDERING)


def _peak(case: Sweeping, pages: int) -> int:
    inbox = Rows(pages)
    tracemalloc.start()
    (summary,) = sweep(
        case.intake,
        listing=inbox,
        index=inbox,
        checkpoint=case.checkpoint,
        now=lambda: LATER,
        min_age=timedelta(),
        kept_for=timedelta(days=30),
        has_time=lambda: True,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert summary == Summary(looked_at=1000 * pages, found={}, complete=True)
    return peak


def test_the_memory_it_takes_does_not_grow_with_the_inbox(case: Sweeping) -> None:
    _peak(case, 1)  # what is made once
    assert _peak(case, 12) < 1.5 * _peak(case, 2)
