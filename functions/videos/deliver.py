"""Delivering: the finished MP4 is streamed to the shelf, then checked where it stands, then called ready."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from nemovideo import NemoVideoError, Render
from videos.errors import DeliveryError, VideoNotFoundError
from videos.media import Media, WebAddress
from videos.ports import Shelf, StoredFile, VideoStore
from videos.records import Job, Stage, Status
from videos.stages import PROGRESS
from videos.turn import Delivered, Ended, Timeline, Turn
from videos.video import Video

if TYPE_CHECKING:
    from nemovideo import NemoVideo

# The draft's length and the container's may differ by a frame or an audio packet, not by more.
TOLERANCE_MS = 500


@dataclass(frozen=True)
class VideoFacts:
    """What a decoder says of a stored video. `poster` is a JPEG of a telling frame."""

    duration_ms: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    poster: bytes


class UnplayableError(ValueError):
    """The decoder cannot make anything of it."""


Examine = Callable[[BinaryIO], VideoFacts]


def deliver(job: Job, *, store: VideoStore, shelf: Shelf, backend: "NemoVideo", examine: Examine) -> None:
    """Store the video, check what was stored, and end the turn as ready.

    Raises:
        DeliveryError: What came is not the video that was drafted.
        NemoVideoError: It could not be fetched.
    """
    turn = store.turn(job)
    if turn.ended is not None:
        return
    if turn.rendering is None or turn.timeline is None:
        raise RuntimeError(f"{job.execution_name} has nothing to deliver; the workflow renders first")
    store.report(job.video_id, Stage.DELIVERING, *PROGRESS[Stage.DELIVERING])
    folder = f"videos/{job.video_id}/{job.turn}"
    delivery = _Delivery(folder, turn.timeline, shelf, backend, examine)
    render = backend.render(turn.rendering.render_id)
    try:
        delivered = delivery.take(render)
    except (DeliveryError, NemoVideoError):
        # Nothing behind the address, or not the video: the backend's own download call is the second source.
        delivered = delivery.take(render.model_copy(update={"url": None}))
    if _is_unwanted(job, store):
        shelf.remove(delivered.key)
        shelf.remove(delivered.poster_key)
        return
    description = _description(store.video(job.video_id), turn, delivered)
    shelf.store(f"{folder}/video.json", description, "application/json")
    store.write(job, delivered)
    store.end(job, Ended(status=Status.READY, at=datetime.now(UTC), message="The video is ready."))


def _is_unwanted(job: Job, store: VideoStore) -> bool:
    """Whether the turn was cancelled, or its video deleted, while the file came: that stops no function."""
    try:
        ended = store.turn(job).ended
    except VideoNotFoundError:
        return True
    return ended is not None and ended.status is not Status.READY


@dataclass(frozen=True)
class _Delivery:
    folder: str
    timeline: Timeline
    shelf: Shelf
    backend: "NemoVideo"
    examine: Examine

    def take(self, render: Render) -> Delivered:
        key = f"{self.folder}/video.mp4"
        with self.backend.download(render) as download:
            stored = self.shelf.store_stream(key, download.iter_bytes(), "video/mp4")
            expected = download.content_length
        try:
            facts = self._checked(key, stored, expected)
        except DeliveryError:
            self.shelf.remove(key)
            raise
        return Delivered(
            bucket=self.shelf.bucket,
            key=key,
            poster_key=self._poster(facts.poster),
            size=stored.size,
            sha256=stored.sha256,
            duration_ms=facts.duration_ms,
            width=facts.width,
            height=facts.height,
        )

    def _checked(self, key: str, stored: StoredFile, expected: int | None) -> VideoFacts:
        if stored.size == 0:
            raise _bad("it is empty")
        if expected is not None and stored.size != expected:
            raise _bad(f"{stored.size} of {expected} bytes arrived")
        try:
            with self.shelf.open(key) as file:
                facts = self.examine(file)
        except UnplayableError as error:
            raise _bad(str(error)) from error
        if facts.video_codec != "h264":
            raise _bad(f"its video is {facts.video_codec}, not H.264")
        if abs(facts.duration_ms - self.timeline.duration_ms) > TOLERANCE_MS:
            lasts, drafted = facts.duration_ms / 1000, self.timeline.duration_ms / 1000
            raise _bad(f"it lasts {lasts:.1f} s where the timeline has {drafted:.1f} s")
        return facts

    def _poster(self, poster: bytes) -> str:
        key = f"{self.folder}/poster.jpg"
        self.shelf.store(key, poster, "image/jpeg")
        return key


def _bad(why: str) -> DeliveryError:
    return DeliveryError(
        f"The video service delivered a file that is not the finished video: {why}.",
        advice="Ask for it again; if it goes on, the video service has a fault.",
    )


def _description(video: Video, turn: Turn, delivered: Delivered) -> bytes:
    return json.dumps(
        {
            "video_id": video.video_id,
            "turn": turn.number,
            "owner": video.owner,
            "instruction": turn.instruction,
            "media": [_described(item) for item in video.media],
            "timeline": turn.timeline.summary if turn.timeline else None,
            "duration_ms": delivered.duration_ms,
            "width": delivered.width,
            "height": delivered.height,
            "size": delivered.size,
            "sha256": delivered.sha256,
        },
        ensure_ascii=False,
        indent=2,
    ).encode()


def _described(item: Media) -> dict[str, object]:
    if isinstance(item, WebAddress):
        return {"url": item.name}  # without what is secret in it
    return item.model_dump(mode="json", exclude={"kind"})
