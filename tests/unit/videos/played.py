"""The use cases and the real client along the real workflow, in front of the scripted backend.

The clock is that of `property.world`, so waits of an hour take no time.
"""

from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import httpx

from backend.errors import TokenExpiredError
from media_probe.examine import examine
from nemovideo import Attribution, NemoVideo
from nemovideo.exchange import BackendTransport
from tests.faults.scenarios import Act, Scenario
from tests.support.scripted_backend.server import Script, ScriptedBackend
from tests.unit.videos.property.simulation import API_SECONDS, Schedule, Simulation
from videos.lifecycle.edit import cancel, export, retry
from videos.model.records import Status
from videos.model.version import Version
from videos.steps.store_result import VideoFacts

# A test that hangs fails; no stream of a scenario that is played here lasts so long.
STREAM_SECONDS = 20.0


class Tokens:
    """Implements `nemovideo.TokenSource` with what the scripted backend takes."""

    def __init__(self, backend: ScriptedBackend) -> None:
        self._backend = backend
        self._made = 0

    def token(self) -> str:
        if not self._backend.clients:
            self._made += 1
            self._backend.clients[f"nmv_usr_{self._made}"] = "a client"
        return next(iter(self._backend.clients))

    def renew(self, rejected: str) -> str:
        if rejected in self._backend.clients:  # the backend has said so without a reason
            raise TokenExpiredError("There is no other token.")
        return self.token()


@dataclass(frozen=True)
class End:
    """What came of the video; of several versions, of the last."""

    script: Script
    versions: list[Version]
    stored: list[str]
    ends: int
    announced: int
    running: int
    seconds: float

    @property
    def status(self) -> Status | None:
        ended = self.versions[-1].ended
        return ended.status if ended is not None else None

    @property
    def message(self) -> str:
        version = self.versions[-1]
        ended, problem = version.ended, version.problem
        said = f"{ended.message if ended else ''} {problem.advice if problem else ''}"
        return said if version.problem is None else f"{version.problem.message} {said}"


class _Played(Simulation):
    def __init__(self, scenario: Scenario, script: Script, client: NemoVideo) -> None:
        if scenario.cancelled_at:
            script.meanwhile[scenario.cancelled_at] = self.cancel
        super().__init__(Schedule(), client)

    def stream_seconds(self, left: float) -> float:
        return min(super().stream_seconds(left), STREAM_SECONDS)

    def examine(self, file: BinaryIO) -> VideoFacts:
        return examine(file)

    def act(self, act: Act) -> None:
        """Let the owner ask for it, and everything come to its end."""
        video = self.store.kept.video("vid-0")
        call = partial(retry, video, backend=self.client) if act is Act.RETRY else partial(export, video)
        self.world.spawn(partial(call, store=self.store, workflow=self.machine), API_SECONDS, _raised)
        self.world.run()

    def cancel(self) -> None:
        """Let the owner cancel it at this moment."""
        video, now = self.store.kept.video("vid-0"), self.world.now()
        cancel(video, store=self.store, workflow=self.machine, backend=self.client, now=now)


def play(scenario: Scenario, backend: ScriptedBackend) -> End:
    """Have a video made by the pipeline in front of the backend, which behaves as the scenario says."""
    script = scenario.script()
    backend.play(script)
    with httpx.Client(transport=BackendTransport(), trust_env=False) as http:
        tokens, attribution = Tokens(backend), Attribution(platform="unknown")
        client = NemoVideo(backend.url, tokens, attribution=attribution, http=http)
        pipeline = _Played(scenario, script, client)
        if scenario.then is not None:
            (first,) = pipeline.store.versions("vid-0")
            assert first.ended, "the first version has no end"
            assert first.ended.status is scenario.ends, first.problem
            pipeline.act(scenario.then)
    had = [execution for executions in pipeline.machine.executions.values() for execution in executions]
    return End(
        script=script,
        versions=pipeline.store.versions("vid-0"),
        stored=sorted(pipeline.storage.kept.bodies),
        ends=len(pipeline.store.ends),
        announced=len({event.id for event in pipeline.topic.ends}),
        running=sum(execution is not None and execution.runs for execution in had),
        seconds=pipeline.store.ends[-1][1],
    )


def _raised(outcome: object) -> None:
    if isinstance(outcome, BaseException):
        raise outcome
