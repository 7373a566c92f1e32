"""Deliver: stream the finished MP4 to the video storage, check it there, and mark the version as ready.

The sources have an order: the address, a fresh address if that one has expired, the backend's download call.
An error that may pass is never hidden by one of a later source that does not.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, Literal

from pydantic import BaseModel

from backend import Render, VideoBackend
from backend.captions import webvtt
from backend.errors import ExportBlockedError, NemoVideoError, RenderNotFoundError
from videos.events.editor import link_editor
from videos.events.stages import PROGRESS
from videos.model.errors import DeliveryError, VideoNotFoundError
from videos.model.media import Media, WebAddress
from videos.model.ports import StoredFile, VideoStorage, VideoStore
from videos.model.records import Stage, Status, VersionRef
from videos.model.redaction import without_secrets
from videos.model.version import Delivered, Ended, Timeline, Version
from videos.model.video import Video
from videos.spending.costs import Costs
from videos.steps.outages import Call, ask_again, wait_after

# The draft's length and the container's may differ by a frame or an audio packet, not by more.
TOLERANCE_MS = 500
# A file that is no video may be a page of the CDN's that passes. If it stays so, it is given up earlier.
BAD_FILE_PATIENCE = 10 * 60


@dataclass(frozen=True)
class VideoFacts:
    """What a decoder says of a stored video. `poster` is a JPEG of a frame with much to see."""

    duration_ms: int
    width: int
    height: int
    video_codec: str
    audio_codec: str | None
    poster: bytes


class UnplayableError(ValueError):
    """The decoder cannot make anything of it."""


Examine = Callable[[BinaryIO], VideoFacts]


class Delivering(BaseModel):
    """Whether the video was delivered; if not, the render is looked at again after `wait_seconds`.

    `because` says why it was not, or what could not be stored with it.
    """

    verdict: Literal["delivered", "wait"]
    wait_seconds: int = 0
    because: str = ""


def deliver(
    ref: VersionRef,
    *,
    store: VideoStore,
    storage: VideoStorage,
    backend: VideoBackend,
    costs: Costs,
    examine: Examine,
) -> Delivering:
    """Store the video, check what was stored, and end the version as ready.

    Raises:
        DeliveryError: What came is not the video that was drafted, time and again.
        NemoVideoError: The plan does not allow exports: the backend's final word.
        VideoError: It could not be fetched for too long.
    """
    version = store.version(ref)
    if version.ended is not None:
        return Delivering(verdict="delivered")
    if version.rendering is None or version.timeline is None:
        raise RuntimeError(f"{ref.execution_name} has nothing to deliver; the workflow renders first")
    store.report(ref.video_id, Stage.DELIVERING, *PROGRESS[Stage.DELIVERING])
    folder = f"videos/{ref.video_id}/{ref.version}"
    delivery = _Delivery(folder, version.timeline, storage, backend, examine)
    try:
        delivered = delivery.take(version.rendering.known_as)
    except DeliveryError as error:
        wait = ask_again(ref, Call.DOWNLOAD, error, store, patience=BAD_FILE_PATIENCE)
        return Delivering(verdict="wait", wait_seconds=wait, because=str(error))
    except NemoVideoError as error:
        wait = wait_after(ref, Call.DOWNLOAD, error, store)
        return Delivering(verdict="wait", wait_seconds=wait, because=str(error))
    because = ""
    try:
        captions_key = _store_captions(folder, version.timeline, delivered.duration_ms, storage)
    except Exception as error:  # noqa: BLE001 - the video is delivered without captions, too
        captions_key, because = None, f"The captions could not be stored: {error!r}"
    delivered = delivered.model_copy(update={"captions_key": captions_key})
    if not _is_unwanted(ref, store):
        description = _description(store.video(ref.video_id), version, delivered)
        storage.store(f"{folder}/video.json", description, "application/json")
        store.write(ref, delivered)
        link_editor(ref, store=store, backend=backend)
        costs.end(version)
        store.end(ref, Ended(status=Status.READY, at=datetime.now(UTC), message="The video is ready."))
    if _is_unwanted(ref, store):
        for name in ("video.mp4", "poster.jpg", "captions.vtt", "video.json"):
            storage.remove(f"{folder}/{name}")
    return Delivering(verdict="delivered", because=because)


def _store_captions(folder: str, timeline: Timeline, milliseconds: int, storage: VideoStorage) -> str | None:
    """Store the words of the video; None if it has none."""
    shown = [cue.model_copy(update={"text": without_secrets(cue.text)}) for cue in timeline.cues]
    captions = webvtt(shown, milliseconds)
    if not captions:
        return None
    key = f"{folder}/captions.vtt"
    storage.store(key, captions.encode(), "text/vtt; charset=utf-8")
    return key


def _is_unwanted(ref: VersionRef, store: VideoStore) -> bool:
    """Whether the version was cancelled, or its video deleted, while the file came.

    No function is stopped.
    """
    try:
        ended = store.version(ref).ended
    except VideoNotFoundError:
        return True
    return ended is not None and ended.status is not Status.READY


@dataclass(frozen=True)
class _Delivery:
    folder: str
    timeline: Timeline
    storage: VideoStorage
    backend: VideoBackend
    examine: Examine

    def take(self, render_id: str) -> Delivered:
        """Store and check the video from the first source that has it.

        Raises:
            DeliveryError, NemoVideoError: what may pass, if anything does, else what the first source said.
        """
        failures: list[DeliveryError | NemoVideoError] = []
        for source in self._sources(render_id, failures):
            try:
                return self._take(source)
            except (DeliveryError, NemoVideoError) as error:
                failures.append(error)
        raise max(failures, key=_hope)

    def _sources(self, render_id: str, failures: list[DeliveryError | NemoVideoError]) -> Iterator[Render]:
        """Yield the address, a fresh one if that one has expired, and the backend's own download call."""
        render = self.backend.render(render_id).model_copy(update={"id": render_id})
        if render.url is not None:
            yield render
            if isinstance(failures[-1], RenderNotFoundError | ExportBlockedError):
                try:
                    fresh = self.backend.render(render_id).url
                except NemoVideoError as error:
                    failures.append(error)
                else:
                    if fresh is not None and fresh != render.url:
                        yield render.model_copy(update={"url": fresh})
        yield render.model_copy(update={"url": None})

    def _take(self, render: Render) -> Delivered:
        key = f"{self.folder}/video.mp4"
        with self.backend.download(render) as download:
            stored = self.storage.store_stream(key, download.iter_bytes(), "video/mp4")
            expected = download.content_length
        try:
            facts = self._checked(key, stored, expected)
        except DeliveryError:
            self.storage.remove(key)
            raise
        return Delivered(
            bucket=self.storage.bucket,
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
            with self.storage.open(key) as file:
                facts = self.examine(file)
        except UnplayableError as error:
            raise _bad(str(error)) from error
        if facts.video_codec != "h264":
            raise _bad(f"its video is {facts.video_codec}, not H.264")
        if not self._may_last(facts.duration_ms):
            lasts, drafted = facts.duration_ms / 1000, self.timeline.duration_ms / 1000
            raise _bad(f"it lasts {lasts:.1f} s where the timeline has {drafted:.1f} s")
        return facts

    def _may_last(self, milliseconds: int) -> bool:
        """Whether the draft allows this length. If unclear, a file that plays to its end is believed."""
        shortest, longest = self.timeline.shortest_ms, self.timeline.longest_ms
        if shortest is None or longest is None:
            return True
        return shortest - TOLERANCE_MS <= milliseconds <= longest + TOLERANCE_MS

    def _poster(self, poster: bytes) -> str:
        key = f"{self.folder}/poster.jpg"
        self.storage.store(key, poster, "image/jpeg")
        return key


def _hope(error: DeliveryError | NemoVideoError) -> int:
    """How likely it is that asking again helps."""
    if isinstance(error, DeliveryError):
        return 1
    return 2 if error.retryable else 0


def _bad(why: str) -> DeliveryError:
    return DeliveryError(
        f"The video service delivered a file that is not the finished video: {why}.",
        advice="Export it again: that is free. If it fails again, the video service has a fault.",
    )


def _description(video: Video, version: Version, delivered: Delivered) -> bytes:
    return json.dumps(
        {
            "video_id": video.video_id,
            "version": version.number,
            "owner": video.owner,
            "instruction": version.instruction,
            "media": [_described(item) for item in video.media],
            "timeline": version.timeline.summary if version.timeline else None,
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
