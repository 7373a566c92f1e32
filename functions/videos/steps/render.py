"""Render: wait until the draft is stable, start its render, and poll it until it is completed."""

import time
from collections.abc import Callable

from backend import VideoBackend
from videos.model.clock import Clock, utc_now
from videos.model.ports import VideoStore
from videos.model.records import Job
from videos.model.version import Turn
from videos.spending.costs import Costs
from videos.steps.render_attempts import poll_render, start_render
from videos.steps.result import RenderResult
from videos.steps.short_polling import look_closely
from videos.steps.stabilize import settle_timeline


def render(
    job: Job,
    *,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    clock: Clock = utc_now,
    pause: Callable[[float], None] = time.sleep,
) -> RenderResult:
    """Go on with the render of a version, until it is completed or a longer wait is due.

    Raises:
        NemoVideoError: The video service's final word.
        VideoError: There is nothing to render, or the render failed.
        TurnEndedError: It was cancelled meanwhile.
    """
    rendering = _Rendering(job, store, backend, costs, clock)
    return look_closely(rendering.go_on, pause=pause)


class _Rendering:
    """A version on its way to a completed render."""

    def __init__(
        self, job: Job, store: VideoStore, backend: VideoBackend, costs: Costs, clock: Clock
    ) -> None:
        self._job = job
        self._store = store
        self._backend = backend
        self._costs = costs
        self._clock = clock

    def go_on(self) -> RenderResult:
        """Take the steps that are due now."""
        while True:
            turn = self._store.turn(self._job)
            if turn.ended is not None:
                return RenderResult(next="finish")
            if turn.timeline is None:
                result = self._stabilize()
            elif _is_rendered(turn):
                result = self._poll()
            else:
                result = self._start()
            if result is not None:
                return result

    def _stabilize(self) -> RenderResult | None:
        settled = settle_timeline(
            self._job, store=self._store, backend=self._backend, costs=self._costs, clock=self._clock
        )
        if settled.verdict == "wait":
            return _wait(settled.wait_seconds, settled.because)
        return RenderResult(next="finish") if settled.verdict == "asked" else None

    def _start(self) -> RenderResult | None:
        started = start_render(self._job, store=self._store, backend=self._backend, clock=self._clock)
        return _wait(started.wait_seconds, started.because) if started.wait_seconds else None

    def _poll(self) -> RenderResult | None:
        polled = poll_render(self._job, store=self._store, backend=self._backend, clock=self._clock)
        match polled.verdict:
            case "completed":
                return RenderResult(next="deliver")
            case "running":
                return _wait(polled.wait_seconds, polled.because)
            case "failed":
                return self._start()


def _is_rendered(turn: Turn) -> bool:
    """Whether the stable draft of a version is being rendered, as far as is known."""
    rendering, timeline = turn.rendering, turn.timeline
    if rendering is None or timeline is None or rendering.failed:
        return False
    return rendering.draft == timeline.fingerprint


def _wait(seconds: int, because: str = "") -> RenderResult:
    return RenderResult(next="wait_for_render", wait_seconds=seconds, because=because)
