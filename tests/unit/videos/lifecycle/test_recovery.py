from collections.abc import Mapping
from datetime import timedelta
from itertools import product

import pytest

from tests.unit.videos.memory import MemoryStore
from tests.unit.videos.recorded import LyingOrders, RecordedTasks, RecordedWorkflow
from tests.unit.videos.samples import (
    JOB,
    NOW,
    PHOTO,
    READY,
    RENDERING,
    SENDING,
    a_reply,
    a_turn,
    a_video,
)
from videos.lifecycle.recovery import MAX_ATTEMPTS, Finding, Reaped, reap, release_tasks
from videos.model.errors import INTERRUPTED, VideoNotFoundError
from videos.model.failure_codes import FailureCode
from videos.model.ports import Past
from videos.model.records import Job, Problem, SendOrder, Stage, Status
from videos.model.version import Announced, Ended, Reservation, Settlement, Turn
from videos.model.video import Change, Planned, Video
from videos.steps.prepare import where_it_stands

LATER = NOW + timedelta(minutes=10)
LONG_AGO = SENDING.model_copy(update={"alive_until": NOW})
ANNOUNCED = Announced(at=NOW, message_id="m")
RESERVED = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))
SETTLED = Settlement(at=NOW, credits=10)
DIED = Past(begun=True, takeovers=0)
RENDERED: dict[str, object] = {"sending": LONG_AGO, "reply": a_reply(), "rendering": RENDERING}
WAITS = Change(asked_by="a note", instruction="Make it shorter")


def _reaped(
    store: MemoryStore, workflow: RecordedWorkflow, *, after: timedelta = LATER - NOW
) -> list[Finding]:
    return list(
        reap(
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
    store.create(video or _video(), a_turn(**parts))
    return store, RecordedWorkflow(pasts={JOB: past})


def _video(stage: Stage = Stage.GENERATING, **parts: object) -> Video:
    return a_video().model_copy(update={"stage": stage, **parts})


def test_what_is_worked_on_is_left_alone() -> None:
    store, workflow = _world(None)
    assert _reaped(store, workflow) == []
    assert (workflow.started, workflow.taken_over) == ([], [])


@pytest.mark.parametrize(
    ("parts", "past", "reaped"),
    [
        ({}, DIED, Reaped.FAILED),
        ({}, Past(begun=False, takeovers=0), Reaped.FAILED),
        (RENDERED, DIED, Reaped.FOLLOWED),
        (RENDERED, Past(begun=False, takeovers=0), Reaped.FOLLOWED),
        (RENDERED, Past(begun=True, takeovers=1), Reaped.FAILED),
        ({"exports": 1}, DIED, Reaped.FOLLOWED),
        ({"ended": READY}, DIED, Reaped.ANNOUNCED),
        ({"ended": READY, "announced": ANNOUNCED, "reservation": RESERVED}, DIED, Reaped.ANNOUNCED),
    ],
)
def test_what_nobody_works_on_is_taken_over_where_it_stood(
    parts: dict[str, object], past: Past, reaped: Reaped
) -> None:
    store, workflow = _world(past, parts)
    assert _reaped(store, workflow) == [Finding(job=JOB, reaped=reaped)]
    assert workflow.taken_over == [(JOB, past.takeovers + 1)]
    assert store.turn(JOB).problem == (INTERRUPTED if reaped is Reaped.FAILED else None)
    went_on = {Reaped.FAILED: "finish", Reaped.FOLLOWED: "render", Reaped.ANNOUNCED: "finish"}
    assert where_it_stands(store.turn(JOB)) == went_on[reaped]


def test_the_reason_that_a_step_left_behind_is_the_one_told() -> None:
    reason = Problem(code=FailureCode.REFUSED, message="It is empty.", advice="Drop another one.")
    store, workflow = _world(DIED, {"problem": reason})
    _reaped(store, workflow)
    assert store.turn(JOB).problem == reason


def test_what_was_remembered_and_never_begun_is_begun() -> None:
    store, workflow = _world(Past(begun=False, takeovers=0), video=_video(Stage.QUEUED))
    assert _reaped(store, workflow) == [Finding(job=JOB, reaped=Reaped.BEGUN)]
    assert (workflow.started, workflow.taken_over) == ([JOB], [])


def test_a_turn_that_began_just_now_is_left_to_whoever_starts_it() -> None:
    store, workflow = _world(Past(begun=False, takeovers=0), video=_video(Stage.QUEUED))
    assert _reaped(store, workflow, after=timedelta(minutes=1)) == []


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"reservation": RESERVED, "settlement": SETTLED},
    ],
)
def test_what_is_over_is_looked_at_no_more(parts: dict[str, object]) -> None:
    store, workflow = _world(
        DIED, parts | {"ended": READY, "announced": ANNOUNCED}, video=_video(Stage.ENDED)
    )
    assert _reaped(store, workflow) == []
    assert list(store.begun_before(LATER)) == []
    assert workflow.taken_over == []


STEPS = (Planned(instruction="1", media=(PHOTO,)), Planned(instruction="2", media=(PHOTO,)))
CANCELLED = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled.")


@pytest.mark.parametrize(
    ("video", "parts", "leads_on"),
    [
        (_video(Stage.ENDED, waiting=(WAITS,)), {"ended": READY}, True),
        (_video(Stage.QUEUED, waiting=(WAITS,), turn=2), {"ended": READY}, False),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": READY, "step": 1}, True),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": READY, "step": 2}, False),
        (_video(Stage.ENDED, sequence=STEPS), {"ended": CANCELLED, "step": 1}, False),
    ],
)
def test_a_turn_is_over_when_what_waits_for_its_end_has_begun(
    video: Video, parts: dict[str, object], *, leads_on: bool
) -> None:
    store, workflow = _world(DIED, parts | {"announced": ANNOUNCED}, video=video)
    found = [Finding(job=JOB, reaped=Reaped.ANNOUNCED)] if leads_on else []
    assert _reaped(store, workflow) == found
    assert bool(list(store.begun_before(LATER))) is leads_on


def test_an_earlier_turn_that_was_not_announced_is_announced_although_the_next_one_runs() -> None:
    store, workflow = _world(DIED, {"ended": READY}, video=_video(Stage.GENERATING, turn=2))
    assert _reaped(store, workflow) == [Finding(job=JOB, reaped=Reaped.ANNOUNCED)]


def test_what_dies_again_and_again_is_given_up_and_stays_in_sight() -> None:
    store, workflow = _world(Past(begun=True, takeovers=MAX_ATTEMPTS))
    for _ in range(2):
        assert _reaped(store, workflow) == [Finding(job=JOB, reaped=Reaped.GIVEN_UP)]
    assert workflow.taken_over == []


def test_a_video_that_was_deleted_meanwhile_is_nobodys_business() -> None:
    class Forgetful(MemoryStore):
        def video(self, video_id: str) -> Video:
            raise VideoNotFoundError(video_id)

    store = Forgetful()
    store.create(_video(), a_turn())
    assert _reaped(store, RecordedWorkflow(pasts={JOB: DIED})) == []


def test_it_stops_when_its_time_is_over() -> None:
    store, workflow = _world(DIED)
    reaping = reap(
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
        super().__init__(pasts={JOB: DIED})
        self.store, self.lives, self.announcements = store, lives, 0

    def take_over(self, job: Job, *, attempt: int) -> None:
        super().take_over(job, attempt=attempt)
        self.pasts[job] = Past(begun=True, takeovers=attempt)
        steps = [self._end, self._announce, self._tell_that_it_was]
        for step in steps[: self.lives.pop(0) if self.lives else len(steps)]:
            step(job)

    def _end(self, job: Job) -> None:
        failed = Ended(status=Status.FAILED, at=NOW, message="It failed.")
        self.store.end(job, READY if self.store.turn(job).problem is None else failed)

    def _announce(self, job: Job) -> None:
        self.announcements += self.store.turn(job).announced is None

    def _tell_that_it_was(self, job: Job) -> None:
        self.store.write_once(job, ANNOUNCED)


@pytest.mark.parametrize("lives", list(product(range(4), repeat=3)))
@pytest.mark.parametrize(
    "parts", [{}, {"exports": 1, "rendering": RENDERING}], ids=["nothing was sent", "it is rendered"]
)
def test_however_often_it_dies_a_turn_ends_once_and_is_announced(
    lives: tuple[int, ...], parts: dict[str, object]
) -> None:
    store = MemoryStore()
    store.create(_video(), a_turn(**parts))
    workflow = Mortal(store, list(lives))
    for _ in range(MAX_ATTEMPTS + 1):
        _reaped(store, workflow)
    turn: Turn = store.turn(JOB)
    assert turn.ended is not None
    assert [line.stage for line in store.video(JOB.video_id).history].count(Stage.ENDED) == 1
    assert workflow.announcements >= 1
    assert list(store.begun_before(LATER)) == []
    died_untold = sum(life == 2 for life in lives[: len(workflow.taken_over)])
    assert workflow.announcements <= 1 + died_untold, (
        "twice only where it died before it knew that it had told"
    )


ORDER = SendOrder(video_id=JOB.video_id, turn=1, task_token="token")


def test_a_task_whose_message_lies_among_the_dead_letters_is_released() -> None:
    store, tasks = _world(None)[0], RecordedTasks()
    assert list(release_tasks(LyingOrders([ORDER]), store=store, tasks=tasks)) == [JOB]
    assert tasks.failed == [("token", INTERRUPTED.code, INTERRUPTED.message)]
    assert store.turn(JOB).problem == INTERRUPTED


def test_why_a_task_is_released_is_known_before_its_workflow_goes_on() -> None:
    class Watched(RecordedTasks):
        def fail(self, task_token: str, code: str, message: str) -> bool:
            assert store.turn(JOB).problem == INTERRUPTED
            return super().fail(task_token, code, message)

    store, tasks = _world(None)[0], Watched()
    assert list(release_tasks(LyingOrders([ORDER]), store=store, tasks=tasks)) == [JOB]


def test_a_dead_letter_of_what_has_ended_or_is_gone_concerns_nobody() -> None:
    store, tasks = _world(None, {"ended": READY})[0], RecordedTasks()
    gone = ORDER.model_copy(update={"video_id": "vid-gone"})
    assert list(release_tasks(LyingOrders([ORDER, gone]), store=store, tasks=tasks)) == []
    # The execution may wait for it still, if it was not stopped when its turn ended.
    assert [token for token, _, _ in tasks.failed] == [ORDER.task_token]


def test_a_letter_of_a_task_that_was_replaced_leaves_its_turn_alone() -> None:
    store, tasks = _world(None)[0], RecordedTasks(gone={"token"})
    assert list(release_tasks(LyingOrders([ORDER]), store=store, tasks=tasks)) == []
    assert store.turn(JOB).problem is None


@pytest.mark.parametrize(
    "problem", [Problem(code=FailureCode.REFUSED, message="No.", advice="Another."), INTERRUPTED]
)
def test_a_letter_that_comes_late_leaves_the_reason_of_a_failure(problem: Problem) -> None:
    store, tasks = _world(None, {"problem": problem})[0], RecordedTasks(gone={"token"})
    assert list(release_tasks(LyingOrders([ORDER]), store=store, tasks=tasks)) == []
    assert store.turn(JOB).problem == problem
