"""Render: wait until the draft is stable, start its render, and poll it until it is completed."""

import time
from collections.abc import Callable

from backend import VideoBackend
from videos.model.clock import Clock, utc_now
from videos.model.ports import VideoStore
from videos.model.records import VersionRef
from videos.model.version import Version
from videos.spending.costs import Costs
from videos.steps.render_attempts import poll_render, start_render
from videos.steps.result import RenderResult
from videos.steps.short_polling import poll_shortly
from videos.steps.stabilize import stabilize


def render(
    ref: VersionRef,
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
        VersionEndedError: It was cancelled meanwhile.
    """
    rendering = _Rendering(ref, store, backend, costs, clock)
    return poll_shortly(rendering.go_on, pause=pause)


class _Rendering:
    """A version on its way to a completed render."""

    def __init__(
        self, ref: VersionRef, store: VideoStore, backend: VideoBackend, costs: Costs, clock: Clock
    ) -> None:
        self._ref = ref
        self._store = store
        self._backend = backend
        self._costs = costs
        self._clock = clock

    def go_on(self) -> RenderResult:
        """Take the steps that are due now."""
        while True:
            version = self._store.version(self._ref)
            if version.ended is not None:
                return RenderResult(next="finish")
            if version.timeline is None:
                result = self._stabilize()
            elif _is_rendered(version):
                result = self._poll()
            else:
                result = self._start()
            if result is not None:
                return result

    def _stabilize(self) -> RenderResult | None:
        stabilized = stabilize(
            self._ref, store=self._store, backend=self._backend, costs=self._costs, clock=self._clock
        )
        if stabilized.verdict == "wait":
            return _wait(stabilized.wait_seconds, stabilized.because)
        return RenderResult(next="finish") if stabilized.verdict == "asked" else None

    def _start(self) -> RenderResult | None:
        started = start_render(self._ref, store=self._store, backend=self._backend, clock=self._clock)
        return _wait(started.wait_seconds, started.because) if started.wait_seconds else None

    def _poll(self) -> RenderResult | None:
        polled = poll_render(self._ref, store=self._store, backend=self._backend, clock=self._clock)
        match polled.verdict:
            case "completed":
                return RenderResult(next="deliver")
            case "running":
                return _wait(polled.wait_seconds, polled.because)
            case "failed":
                return self._start()


def _is_rendered(version: Version) -> bool:
    """Whether the stable draft of a version is being rendered, as far as is known."""
    rendering, timeline = version.rendering, version.timeline
    if rendering is None or timeline is None or rendering.failed:
        return False
    return rendering.draft == timeline.fingerprint


def _wait(seconds: int, because: str = "") -> RenderResult:
    return RenderResult(next="wait_for_render", wait_seconds=seconds, because=because)
