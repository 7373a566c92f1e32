"""One render, from its draft to its file."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2

from studio.draft import Draft, parse_draft
from studio.media.items import Kind
from studio.render.chunks import plan
from studio.render.encode import encode_chunk, encode_sound, join
from studio.render.film import Film
from studio.render.sound import soundtrack
from studio.render.sources import Source

MOST_WORKERS = 4
"""Each encoder at work needs some 150 MB for a picture of 1920x1080, and four times as much for 4K."""
MOST_LARGE_WORKERS = 2
_LARGE = 2 * 1920 * 1080
"""Pixels."""

Progress = Callable[[float], None]
"""Called with the percentage that is done. What it raises cancels the render."""


def render(job: Mapping[str, Any], output: Path, progress: Progress) -> None:
    """Render a job as it comes over the wire: `{"draft", "media": {id: {"path", "kind", "name"}}}`.

    Raises: as `render_video` does.
    """
    draft = parse_draft(job["draft"])
    sources = {
        id_: Source(Path(item["path"]), Kind(item["kind"]), item.get("name") or id_)
        for id_, item in job["media"].items()
    }
    render_video(draft, sources, output, progress)


def render_video(draft: Draft, sources: Mapping[str, Source], output: Path, progress: Progress) -> None:
    """Write the video; the file appears under its name only when it is whole.

    Raises:
        UnusableDraftError: the draft asks for what cannot be rendered.
        UnsupportedFileError: a medium cannot be decoded; the message names it.
        OSError: the output cannot be written.
    """
    # The chunks keep every core busy; threads within them would only get in each other's way.
    cv2.setNumThreads(1)
    film = Film(draft, sources)
    ticks = _Ticks(film.frames, progress)
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as folder:
        parts = [(Path(folder) / f"{c.first}.mp4", c) for c in plan(film.frames, film.fps, film.cuts)]
        sound, whole = Path(folder) / "sound.mp4", Path(folder) / "whole.mp4"

        def make_sound() -> None:
            encode_sound(sound, soundtrack(draft, sources, film.frames / film.fps))

        tasks: list[Callable[[], None]] = [
            partial(encode_chunk, path, film, chunk, ticks.done) for path, chunk in parts
        ]
        # Second, so that the first frames show that something is done.
        tasks.insert(1, make_sound)
        is_large = film.size[0] * film.size[1] > _LARGE
        _run(tasks, ticks.cancel, MOST_LARGE_WORKERS if is_large else MOST_WORKERS)
        join(whole, parts, sound, film.fps)
        whole.replace(output)
    progress(100)


def _run(tasks: Sequence[Callable[[], None]], cancel: Callable[[], None], most: int) -> None:
    """Run all side by side; the first that fails ends the others."""
    workers = min(len(os.sched_getaffinity(0)), most)
    with ThreadPoolExecutor(workers, "render") as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            cancel()
            pool.shutdown(cancel_futures=True)
            raise


class _CancelledError(Exception):
    pass


class _Ticks:
    """Counts the frames that all workers have done."""

    def __init__(self, frames: int, progress: Progress) -> None:
        self._frames = frames
        self._progress = progress
        self._count = 0
        self._cancelled = False
        self._lock = threading.Lock()

    def cancel(self) -> None:
        self._cancelled = True

    def done(self) -> None:
        if self._cancelled:
            raise _CancelledError
        with self._lock:
            self._count += 1
            # The joining is still to come.
            self._progress(99 * self._count / self._frames)
