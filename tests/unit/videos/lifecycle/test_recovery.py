from collections.abc import Mapping
from datetime import timedelta
from itertools import product

import pytest

from tests.support.builders import (
    NOW,
    PHOTO,
    READY,
    REF,
    RENDERING,
    SENDING,
    a_reply,
    a_version,
    a_video,
)
from tests.support.memory import MemoryStore
from tests.support.recorded import MemoryDeadLetters, RecordedTasks, RecordedWorkflow
from videos.lifecycle.recovery import MAX_ATTEMPTS, Recovered, RecoveredVersion, recover, release_tasks
from videos.model.errors import INTERRUPTED, VideoNotFoundError
from videos.model.failure_codes import FailureCode
from videos.model.ports import Past
from videos.model.records import Problem, SendOrder, Stage, Status, VersionRef
from videos.model.version import Announced, Charge, Ended, Reservation, Version
from videos.model.video import Planned, QueuedEdit, Video
from videos.steps.prepare import where_it_stands

LATER = NOW + timedelta(minutes=10)
LONG_AGO = SENDING.model_copy(update={"alive_until": NOW})
ANNOUNCED = Announced(at=NOW, message_id="m")
RESERVED = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))
CHARGED = Charge(at=NOW, credits=10)
DIED = Past(begun=True, takeovers=0)
RENDERED: dict[str, object] = {"send_lock": LONG_AGO, "reply": a_reply(), "rendering": RENDERING}
WAITS = QueuedEdit(idempotency_key="a note", instruction="Make it shorter")


def _recovered(
    store: MemoryStore, workflow: RecordedWorkflow, *, after: timedelta = LATER - NOW
) -> list[RecoveredVersion]:
    return list(
        recover(
            store=store,
            unfinished=store,
            executions=workflow,
            workflow=workflow,
            now=NOW + after,
            has_time=lambda: True,
        )
    )


NOTHING: Mapping[str, object] = {}


def _world(
    past: Past | None, parts: Mapping[str, object] = NOTHING, *, video: Video | None = None
) -> tuple[MemoryStore, RecordedWorkflow]:
    store = MemoryStore()
    store.create(video or _video(), a_version(**parts))
    return store, RecordedWorkflow(pasts={REF: past})


def _video(stage: Stage = Stage.GENERATING, **parts: object) -> Video:
    return a_video().model_copy(update={"stage": stage, **parts})


def test_what_is_worked_on_is_left_alone() -> None:
    store, workflow = _world(None)
    assert _recovered(store, workflow) == []
    assert (workflow.started, workflow.taken_over) == ([], [])


@pytest.mark.parametrize(
    ("parts", "past", "recovered"),
    [
        ({}, DIED, Recovered.FAILED),
        ({}, Past(begun=False, takeovers=0), Recovered.FAILED),
        (RENDERED, DIED, Recovered.FOLLOWED),
        (RENDERED, Past(begun=False, takeovers=0), Recovered.FOLLOWED),
        (RENDERED, Past(begun=True, takeovers=1), Recovered.FAILED),
        ({"exports": 1}, DIED, Recovered.FOLLOWED),
        ({"ended": READY}, DIED, Recovered.ANNOUNCED),
        ({"ended": READY, "announced": ANNOUNCED, "reservation": RESERVED}, DIED, Recovered.ANNOUNCED),
    ],
)
def test_what_nobody_works_on_is_taken_over_where_it_stood(
    parts: dict[str, object], past: Past, recovered: Recovered
) -> None:
    store, workflow = _world(past, parts)
    assert _recovered(store, workflow) == [RecoveredVersion(ref=REF, recovered=recovered)]
    assert workflow.taken_over == [(REF, past.takeovers + 1)]
    assert store.version(REF).problem == (INTERRUPTED if recovered is Recovered.FAILED else None)
    went_on = {Recovered.FAILED: "finish", Recovered.FOLLOWED: "render", Recovered.ANNOUNCED: "finish"}
    assert where_it_stands(store.version(REF)) == went_on[recovered]


def test_the_reason_that_a_step_left_behind_is_the_one_told() -> None:
    reason = Problem(code=FailureCode.REFUSED, message="It is empty.", advice="Drop another one.")
    store, workflow = _world(DIED, {"problem": reason})
    _recovered(store, workflow)
    assert store.version(REF).problem == reason


def test_what_was_remembered_and_never_begun_is_begun() -> None:
    store, workflow = _world(Past(begun=False, takeovers=0), video=_video(Stage.QUEUED))
    assert _recovered(store, workflow) == [RecoveredVersion(ref=REF, recovered=Recovered.BEGUN)]
    assert (workflow.started, workflow.taken_over) == ([REF], [])


def test_a_version_that_began_just_now_is_left_to_whoever_starts_it() -> None:
    store, workflow = _world(Past(begun=False, takeovers=0), video=_video(Stage.QUEUED))
    assert _recovered(store, workflow, after=timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"reservation": RESERVED, "charge": CHARGED},
    ],
)
def test_what_is_over_is_looked_at_no_more(parts: dict[str, object]) -> None:
    store, workflow = _world(
        DIED, parts | {"ended": READY, "announced": ANNOUNCED}, video=_video(Stage.ENDED)
    )
    assert _recovered(store, workflow) == []
    assert list(store.begun_before(LATER)) == []
    assert workflow.taken_over == []


STEPS = (Planned(instruction="1", media=(PHOTO,)), Planned(instruction="2", media=(PHOTO,)))
CANCELLED = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled.")


@pytest.mark.parametrize(
    ("video", "parts", "leads_on"),
    [
        (_video(Stage.ENDED, waiting=(WAITS,)), {"ended": READY}, True),
        (_video(Stage.QUEUED, waiting=(WAITS,), version=2), {"ended": READY}, False),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": READY, "step": 1}, True),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": READY, "step": 2}, False),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": CANCELLED, "step": 1}, False),
    ],
)
def test_a_version_is_over_when_what_waits_for_its_end_has_begun(
    video: Video, parts: dict[str, object], *, leads_on: bool
) -> None:
    store, workflow = _world(DIED, parts | {"announced": ANNOUNCED}, video=video)
    found = [RecoveredVersion(ref=REF, recovered=Recovered.ANNOUNCED)] if leads_on else []
    assert _recovered(store, workflow) == found
    assert bool(list(store.begun_before(LATER))) is leads_on


def test_an_earlier_version_that_was_not_announced_is_announced_although_the_next_one_runs() -> None:
    store, workflow = _world(DIED, {"ended": READY}, video=_video(Stage.GENERATING, version=2))
    assert _recovered(store, workflow) == [RecoveredVersion(ref=REF, recovered=Recovered.ANNOUNCED)]


def test_what_dies_again_and_again_is_given_up_and_stays_in_sight() -> None:
    store, workflow = _world(Past(begun=True, takeovers=MAX_ATTEMPTS))
    for _ in range(2):
        assert _recovered(store, workflow) == [RecoveredVersion(ref=REF, recovered=Recovered.GIVEN_UP)]
    assert workflow.taken_over == []


def test_a_video_that_was_deleted_meanwhile_is_nobodys_business() -> None:
    class Forgetful(MemoryStore):
        def video(self, video_id: str) -> Video:
            raise VideoNotFoundError(video_id)

    store = Forgetful()
    store.create(_video(), a_version())
    assert _recovered(store, RecordedWorkflow(pasts={REF: DIED})) == []


def test_it_stops_when_its_time_is_over() -> None:
    store, workflow = _world(DIED)
    reaping = recover(
        store=store,
        unfinished=store,
        executions=workflow,
        workflow=workflow,
        now=LATER,
        has_time=lambda: False,
    )
    assert list(reaping) == []


class Mortal(RecordedWorkflow):
    """Carries a takeover out, as the workflow does, or dies before, within or after one of its steps."""

    def __init__(self, store: MemoryStore, lives: list[int]) -> None:
        super().__init__(pasts={REF: DIED})
        self.store, self.lives, self.announcements = store, lives, 0

    def take_over(self, ref: VersionRef, *, attempt: int) -> None:
        super().take_over(ref, attempt=attempt)
        self.pasts[ref] = Past(begun=True, takeovers=attempt)
        steps = [self._end, self._announce, self._tell_that_it_was]
        for step in steps[: self.lives.pop(0) if self.lives else len(steps)]:
            step(ref)

    def _end(self, ref: VersionRef) -> None:
        failed = Ended(status=Status.FAILED, at=NOW, message="It failed.")
        self.store.end(ref, READY if self.store.version(ref).problem is None else failed)

    def _announce(self, ref: VersionRef) -> None:
        self.announcements += self.store.version(ref).announced is None

    def _tell_that_it_was(self, ref: VersionRef) -> None:
        self.store.write_once(ref, ANNOUNCED)


@pytest.mark.parametrize("lives", list(product(range(4), repeat=3)))
@pytest.mark.parametrize(
    "parts", [{}, {"exports": 1, "rendering": RENDERING}], ids=["nothing was sent", "it is rendered"]
)
def test_however_often_it_dies_a_version_ends_once_and_is_announced(
    lives: tuple[int, ...], parts: dict[str, object]
) -> None:
    store = MemoryStore()
    store.create(_video(), a_version(**parts))
    workflow = Mortal(store, list(lives))
    for _ in range(MAX_ATTEMPTS + 1):
        _recovered(store, workflow)
    version: Version = store.version(REF)
    assert version.ended is not None
    assert [line.stage for line in store.video(REF.video_id).history].count(Stage.ENDED) == 1
    assert workflow.announcements >= 1
    assert list(store.begun_before(LATER)) == []
    died_untold = sum(life == 2 for life in lives[: len(workflow.taken_over)])
    assert workflow.announcements <= 1 + died_untold, (
        "twice only where it died before it knew that it had told"
    )


ORDER = SendOrder(video_id=REF.video_id, version=1, task_token="token")


def test_a_task_whose_message_lies_among_the_dead_letters_is_released() -> None:
    store, tasks = _world(None)[0], RecordedTasks()
    assert list(release_tasks(MemoryDeadLetters([ORDER]), store=store, tasks=tasks)) == [REF]
    assert tasks.failed == [("token", INTERRUPTED.code, INTERRUPTED.message)]
    assert store.version(REF).problem == INTERRUPTED


def test_why_a_task_is_released_is_known_before_its_workflow_goes_on() -> None:
    class Watched(RecordedTasks):
        def fail(self, task_token: str, code: str, message: str) -> bool:
            assert store.version(REF).problem == INTERRUPTED
            return super().fail(task_token, code, message)

    store, tasks = _world(None)[0], Watched()
    assert list(release_tasks(MemoryDeadLetters([ORDER]), store=store, tasks=tasks)) == [REF]


def test_a_dead_letter_of_what_has_ended_or_is_gone_concerns_nobody() -> None:
    store, tasks = _world(None, {"ended": READY})[0], RecordedTasks()
    gone = ORDER.model_copy(update={"video_id": "vid-gone"})
    assert list(release_tasks(MemoryDeadLetters([ORDER, gone]), store=store, tasks=tasks)) == []
    # The execution may wait for it still, if it was not stopped when its turn ended.
    assert [token for token, _, _ in tasks.failed] == [ORDER.task_token]


def test_a_letter_of_a_task_that_was_replaced_leaves_its_version_alone() -> None:
    store, tasks = _world(None)[0], RecordedTasks(gone={"token"})
    assert list(release_tasks(MemoryDeadLetters([ORDER]), store=store, tasks=tasks)) == []
    assert store.version(REF).problem is None


@pytest.mark.parametrize(
    "problem", [Problem(code=FailureCode.REFUSED, message="No.", advice="Another."), INTERRUPTED]
)
def test_a_letter_that_comes_late_leaves_the_reason_of_a_failure(problem: Problem) -> None:
    store, tasks = _world(None, {"problem": problem})[0], RecordedTasks(gone={"token"})
    assert list(release_tasks(MemoryDeadLetters([ORDER]), store=store, tasks=tasks)) == []
    assert store.version(REF).problem == problem
