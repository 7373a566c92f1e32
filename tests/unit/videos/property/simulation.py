"""The pipeline of the template in a world of its own: real use cases and workflow, all else modelled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import BinaryIO

from backend.errors import NemoVideoError
from handlers.workflow.step import TransientError, problem_in
from nemovideo import NemoVideo
from tests.support.builders import CHECKS, nothing_is_superseded
from tests.support.memory import MemoryInbox
from tests.support.recorded import NO_PICTURES, RecordedOutbox, RecordedTags, RecordedWebhooks
from tests.unit.videos.property.backend import HANDOVER_SECONDS, Behaviour, SimulatedBackend
from tests.unit.videos.property.cloud import (
    Delivery,
    FaultyCostBook,
    FaultyLedger,
    FaultyStorage,
    FaultyStore,
    FaultyTasks,
    FaultyTopic,
    Queue,
    queue_settings,
)
from tests.unit.videos.property.machine import Machine
from tests.unit.videos.property.workflow import Execution, Step, UseCase
from tests.unit.videos.property.world import Fault, World, raised_again
from videos.lifecycle.edit import cancel, retry
from videos.lifecycle.recovery import Recovered, recover
from videos.model.errors import VersionEndedError, VideoError, problem_of
from videos.model.media import WebAddress
from videos.model.records import SendOrder, VersionRef
from videos.model.version import Reply, Version
from videos.model.video import Video
from videos.spending.budgets import Limits
from videos.spending.costs import Costs
from videos.steps.deliver import deliver
from videos.steps.finish import Finishing, finish
from videos.steps.generate import begin_render
from videos.steps.prepare import Preparation, prepare
from videos.steps.render import render
from videos.steps.result import StepResult
from videos.steps.send_instruction import Worker, send_instruction
from videos.steps.store_result import UnplayableError, VideoFacts


@dataclass(frozen=True)
class Schedule:
    """All that is to happen.

    Attributes:
        starts: when each of the videos is asked for, in seconds.
        owners: whose they are, over and over.
        limits: what may be spent.
        copies: when further copies of each queue message arrive, in seconds after the first.
        cancels: when the owner of the first video cancels it.
        jitter: a seed for the waits of the workflow's retries; without it each is as long as it may be.
        retries: when the owner retries it; a retry is made again until it is accepted.
    """

    behaviour: Behaviour = field(default_factory=Behaviour)
    faults: tuple[Fault, ...] = ()
    copies: tuple[float, ...] = ()
    starts: tuple[float, ...] = (0,)
    owners: tuple[str, ...] = ("somebody",)
    limits: Limits = field(default_factory=Limits)
    cancels: tuple[float, ...] = ()
    retries: tuple[float, ...] = ()
    jitter: int | None = None


API_SECONDS = 29
REAPER_VISITS = 24


class Simulation:
    """Runs a schedule to the end of all things."""

    def __init__(self, schedule: Schedule, client: NemoVideo | None = None) -> None:
        self.world = World(schedule.faults, jitter=schedule.jitter)
        self.schedule = schedule
        self.store = FaultyStore(self.world)
        self.ledger = FaultyLedger(self.world, self.store.kept)
        self.backend = SimulatedBackend(self.world, schedule.behaviour)
        self.client = client or self.backend
        self.costs = Costs(FaultyCostBook(self.world, self.store.kept), self.client, self.world.now)
        self.storage = FaultyStorage(self.world)
        self.topic = FaultyTopic(self.world)
        self.tasks = FaultyTasks(self.world)
        self.machine = Machine(self.world, self._run)
        self.measured: list[VersionRef] = []
        self.workers = 0
        self._queue = Queue(self.world, schedule.copies, self._work)
        for number, start in enumerate(schedule.starts):
            owner = schedule.owners[number % len(schedule.owners)]
            self.world.after(start, partial(self._start, f"vid-{number}", owner))
        self._ask(schedule)
        self.world.run()

    @property
    def executions(self) -> dict[str, Execution]:
        """The newest execution of each video."""
        newest = ((ref, execution) for ref, had in self.machine.executions.items() for execution in had)
        return {ref.video_id: execution for ref, execution in newest if execution is not None}

    def _ask(self, schedule: Schedule) -> None:
        """What the owner asks for, and the recovery every five minutes as long as that may matter."""
        for at in schedule.cancels:
            self.world.after(at, partial(self._call_api, self._cancel))
        for at in schedule.retries:
            self.world.after(at, partial(self._call_api, self._retry))
        if schedule.cancels:
            last = max((*schedule.cancels, *schedule.retries))
            for visit in range(1, REAPER_VISITS + 1):
                self.world.after(last + visit * 300, lambda: self.world.spawn(self._recover, 120, _ignore))

    def _call_api(self, call: Callable[[], object]) -> None:
        self.world.spawn(call, API_SECONDS, _ignore)

    def _cancel(self) -> None:
        video = self.store.video("vid-0")
        cancel(video, store=self.store, workflow=self.machine, backend=self.client, now=self.world.now())

    def _retry(self) -> None:
        video = self.store.video("vid-0")
        retry(video, store=self.store, workflow=self.machine, backend=self.client)

    def _recover(self) -> None:
        findings = recover(
            store=self.store,
            unfinished=self.store,
            executions=self.machine,
            workflow=self.machine,
            now=self.world.now(),
            has_time=lambda: True,
        )
        assert all(finding.recovered is not Recovered.GIVEN_UP for finding in findings)

    def _run(self, ref: VersionRef) -> Execution:
        return Execution(ref, self.world, self._steps(), self._queue.send, self.tasks.tokens)

    def _start(self, video_id: str, owner: str) -> None:
        now = self.world.now()
        video = Video(
            video_id=video_id,
            owner=owner,
            source="api",
            media=(WebAddress(url="https://example.com/kettle.png"),),
            instruction="a short film",
            request_fingerprint="",
            link_key="key",
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(days=30),
        )
        version = Version(video_id=video_id, number=1, instruction=video.instruction, created_at=now)
        self.store.create(video, version)
        self.machine.executions[version.ref] = [self._run(version.ref)]

    def _steps(self) -> dict[str, Step]:
        store, backend, clock = self.store, self.client, self.world.now
        preparation = Preparation(
            store=store,
            inbox=MemoryInbox(),
            tags=RecordedTags(),
            checks=CHECKS,
            webhooks=RecordedWebhooks(),
            ledger=self.ledger,
            book=self.costs.book,
            limits=self.schedule.limits,
            backend=backend,
            pictures=NO_PICTURES,
            clock=clock,
        )
        use_cases: dict[str, UseCase] = {
            "Prepare": partial(prepare, given=preparation),
            "Render": partial(
                render,
                store=store,
                backend=backend,
                costs=self.costs,
                clock=clock,
                pause=self.world.let_pass,
            ),
            "Deliver": partial(
                deliver,
                store=store,
                storage=self.storage,
                outbox=RecordedOutbox(),
                backend=backend,
                costs=self.costs,
                examine=self.examine,
            ),
        }
        steps: dict[str, Step] = {name: partial(self._step, case) for name, case in use_cases.items()}
        return steps | {"Finish": self._finish}

    def _step(self, use_case: UseCase, ref: VersionRef, _before: Mapping[str, str]) -> StepResult:
        """What `handlers.workflow.step` does around a use case."""
        try:
            return use_case(ref)
        except VersionEndedError:
            return StepResult(next="finish")
        except VideoError as error:
            self.store.write(ref, error.problem)
        except NemoVideoError as error:
            if error.retryable:
                raise TransientError(problem_of(error)) from error
            self.store.write(ref, problem_of(error))
        return StepResult(next="finish")

    def _finish(self, ref: VersionRef, before: Mapping[str, str]) -> StepResult:
        given = Finishing(
            store=self.store,
            backend=self.client,
            costs=self.costs,
            ledger=self.ledger,
            topic=self.topic,
            webhooks=RecordedWebhooks(),
            tags=RecordedTags(),
            public_url="https://example.org",
            row_ended=_ignore,
            begin_next=_ignore,
            measure=lambda ref, _: self.measured.append(ref),
            clock=self.world.now,
        )
        return finish(ref, given, reason=problem_in(before))

    def _work(self, delivery: Delivery) -> None:
        """What `handlers.queues.send_instruction` does with a message."""
        left = self.world.lifetime_left()
        self.workers += 1
        worker = Worker(
            name=f"worker {self.workers}",
            now=self.world.now,
            alive_until=self.world.now() + timedelta(seconds=left),
            stream_seconds=self.stream_seconds(left),
            last_try=delivery.receive_count >= queue_settings().worker_max_receives,
            receives=delivery.receive_count,
        )
        order = SendOrder.model_validate(delivery.body)
        send_instruction(
            order,
            worker,
            store=self.store,
            backend=self.client,
            costs=self.costs,
            tasks=self.tasks,
            texts=self.storage,
            refuse_superseded=nothing_is_superseded,
            begin_render=self._begin_render,
        )

    def _begin_render(self, ref: VersionRef, worker: Worker, reply: Reply) -> int:
        return begin_render(
            ref,
            worker,
            reply,
            store=self.store,
            backend=self.client,
            costs=self.costs,
            failed=_excused,
            pause=self.world.let_pass,
        )

    def stream_seconds(self, left: float) -> float:
        """How long a worker listens that lives so long."""
        return left - HANDOVER_SECONDS

    def examine(self, file: BinaryIO) -> VideoFacts:
        """What a decoder would say of a file."""
        kind, _, length = file.read().decode().rpartition(" ")
        if not kind.startswith("film"):
            raise UnplayableError("a player cannot open it")
        return VideoFacts(int(length), 1080, 1920, "h264", "aac", b"a poster")


def _excused(error: Exception) -> None:
    """Let go of an error that a worker may meet after the reply, and of no other."""
    if not isinstance(error, VersionEndedError):
        raised_again(error)


def _ignore(_outcome: object) -> None:
    pass
