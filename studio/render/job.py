"""One render, from its draft to its file."""

import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2

from studio.draft import Draft, parse_draft
from studio.media import Kind
from studio.render.chunks import Chunk, plan
from studio.render.encode import encode_chunk, encode_sound, join
from studio.render.film import Film
from studio.render.sound import soundtrack
from studio.render.sources import Source

MOST_WORKERS = 4
"""Each encoder at work needs some 150 MB for a picture of 1920x1080."""

Progress = Callable[[float], None]
"""Is told the percentage that is done. What it raises cancels the render."""


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
    film = Film(draft, sources)
    chunks = plan(film.frames, film.fps, film.cuts)
    output.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.parent, prefix=f".{output.name}-") as folder:
        unfinished = Path(folder) / "video.mp4"
        _render_chunks(draft, sources, film, chunks, unfinished, progress)
        unfinished.replace(output)
    progress(100)


def _render_chunks(
    draft: Draft,
    sources: Mapping[str, Source],
    film: Film,
    chunks: list[Chunk],
    output: Path,
    progress: Progress,
) -> None:
    # The chunks keep every core busy; threads within them would only get in each other's way.
    cv2.setNumThreads(1)
    ticks = _Ticks(film.frames, progress)
    parts = [(output.with_name(f"{chunk.first}.mp4"), chunk) for chunk in chunks]
    sound = output.with_name("sound.mp4")

    def make_sound() -> None:
        encode_sound(sound, soundtrack(draft, sources, film.frames / film.fps))

    workers = min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    with ThreadPoolExecutor(workers, "render") as pool:
        tasks: list[Future[None]] = []
        for number, (path, chunk) in enumerate(parts):
            tasks.append(pool.submit(encode_chunk, path, film, chunk, ticks.done))
            if number == 0:
                tasks.append(pool.submit(make_sound))
        try:
            for task in as_completed(tasks):
                task.result()
        except BaseException:
            ticks.cancel()
            pool.shutdown(cancel_futures=True)
            raise
    join(output, parts, sound, film.fps)


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
