"""The state machine as those see it who start, stop and take over executions."""

from collections.abc import Callable, Iterator
from datetime import datetime

from tests.unit.videos.property.cloud import Store
from tests.unit.videos.property.workflow import Execution
from tests.unit.videos.property.world import World
from videos.model.ports import Past
from videos.model.records import Job, Stage, Status
from videos.model.version import Turn
from videos.model.video import Video

Run = Callable[[Job], Execution]


class Machine:
    """Implements `Workflow` and `Executions` of the ports. Keeps each turn's executions in their order."""

    def __init__(self, world: World, run: Run) -> None:
        self.executions: dict[Job, list[Execution | None]] = {}
        self._world = world
        self._run = run

    def start(self, job: Job) -> None:
        self._world.call("workflow.start", lambda: self._begin(job, 0))

    def cancel(self, job: Job) -> None:
        executions = self.executions.get(job, [None])
        for execution in executions:
            if execution is not None and execution.runs:
                self._world.call("workflow.stop", execution.stop)
        self.take_over(job, attempt=len(executions))

    def running(self) -> set[str]:
        return {job.execution_name for job, had in self.executions.items() if any(e and e.runs for e in had)}

    def past(self, job: Job) -> Past | None:
        first, *others = self.executions.get(job, [None])
        if any(execution and execution.runs for execution in (first, *others)):
            return None
        return Past(begun=first is not None, takeovers=len(others))

    def take_over(self, job: Job, *, attempt: int) -> None:
        self._world.call("workflow.start", lambda: self._begin(job, attempt))

    def _begin(self, job: Job, number: int) -> None:
        executions = self.executions.setdefault(job, [])
        if len(executions) > number:
            return  # one of this name was started before
        while len(executions) < number:
            executions.append(None)
        executions.append(self._run(job))


class Library:
    """The store as those see it who go on with videos, and the reaper's list of what may not be over."""

    def __init__(self, store: Store, world: World) -> None:
        self._store = store
        self._world = world
        self._over: set[Job] = set()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def turns(self, video_id: str) -> list[Turn]:
        mine = [turn for turn in self._store.turns.values() if turn.video_id == video_id]
        return sorted(mine, key=lambda turn: turn.number)

    def begin(self, video: Video, turn: Turn) -> bool:
        def effect() -> bool:
            kept = self._store.videos[video.video_id]
            if kept.stage is not Stage.ENDED or kept.turn != turn.number - 1:
                return False
            self._store.turns[turn.job.execution_name] = turn
            news = {"turn": turn.number, "status": Status.QUEUED, "stage": Stage.QUEUED}
            self._store.videos[video.video_id] = kept.model_copy(update=news)
            return True

        return self._world.call("store.begin", effect)

    def begun_before(self, moment: datetime) -> Iterator[Job]:
        assert moment.tzinfo
        yield from [turn.job for turn in self._store.turns.values() if turn.job not in self._over]

    def is_over(self, job: Job) -> None:
        self._over.add(job)
