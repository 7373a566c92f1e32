"""Footage: the frames of a clip or an animation, by the moment at which they are seen."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import av
import av.error
from av.filter import Graph
from PIL import Image

from studio.errors import UnsupportedFileError
from studio.media import animations, containers, picture_files
from studio.render import pictures
from studio.render.filtering import pulled_pictures
from studio.render.frames import Look, Rendition, layers

# No frame is shown for less, so that damaged time stamps cannot hold up a clip.
_INSTANT = 1e-3
# A frame nearer than this is reached by decoding on, not by a jump.
_JUMP_S = 4.0
# Frames in which something must be seen, how opaque a pixel is that is seen, and the share of those.
_FADING_FRAMES, _VISIBLE, _ENOUGH = 90, 127, 0.005


@dataclass(frozen=True)
class Timed:
    """A decoded frame and the seconds of the clip between which it is seen."""

    start: float
    end: float
    frame: av.VideoFrame | Image.Image
    is_last: bool = False


class Footage:
    """The frames of one file. For one thread.

    It reads forwards. Going back, and jumping ahead, cost a jump to the key frame before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: Iterator[Timed] = iter(())
        self._current: Timed | None = None

    def at(self, moment: float) -> Timed:
        """Return the frame seen `moment` seconds after the file's beginning.

        The first one is seen from the beginning on, and the last one for ever.

        Raises:
            UnsupportedFileError: no frame can be decoded.
        """
        current = self._current
        if current is None or _is_far(current, moment):
            # Where a jump leads nowhere, the file is read from its beginning.
            current = self._open(moment) or self._open(0)
            if current is None:
                raise UnsupportedFileError(f"{containers.DAMAGED}.")
        while moment >= current.end - _INSTANT and not current.is_last:
            following = next(self._frames, None)
            current = replace(current, is_last=True) if following is None else following
        self._current = current
        return current

    def _open(self, moment: float) -> Timed | None:
        """Return the first frame from which the moment can be reached."""
        self._frames = _frames(self._path, moment)
        found = next(self._frames, None)
        return found and replace(found, start=min(found.start, moment))


def _is_far(current: Timed, moment: float) -> bool:
    """Whether a moment is reached by opening the file again rather than by decoding on."""
    if moment < current.start - _INSTANT:
        return True
    return moment > current.end + _JUMP_S and not current.is_last


def telling_layers(path: Path) -> pictures.Pixels | None:
    """Return the first frame in which there is something to see. A title may fade in from nothing."""
    found = None
    for timed in islice(_frames(path, 0), _FADING_FRAMES):
        found = layers(timed.frame)
        if not pictures.has_alpha(found) or (found[..., 3] > _VISIBLE).mean() > _ENOUGH:
            break
    return found


def rendition(path: Path, look: Look) -> Rendition:
    """Return what makes pictures of a file's frames."""
    if containers.demuxer(path) is None:
        return Rendition(look)
    with containers.opened(path) as file:
        return Rendition(look, file.video.sample_aspect_ratio if file.video is not None else None)


def _frames(path: Path, moment: float) -> Iterator[Timed]:
    """Frames in their order, from one at or before the moment."""
    return _clip(path, moment) if containers.demuxer(path) else _animation(path)


def _clip(path: Path, moment: float) -> Iterator[Timed]:
    with containers.opened(path) as file:
        stream = file.video
        if stream is None:
            return
        length = 1 / float(stream.average_rate or 25)
        if moment > _JUMP_S:
            # Where a file cannot jump, it is read from its beginning.
            with suppress(av.error.FFmpegError):
                tick = float(stream.time_base or 1)
                file.container.seek(round((file.zero + moment) / tick), stream=stream)
        before: Timed | None = None
        for frame in _progressive(containers.decoded(file, stream), stream):
            start = file.seconds(frame, stream)
            if start is None:
                start = before.end if before else 0.0
            if before is not None:
                start = max(start, before.start + _INSTANT)
                yield replace(before, end=start)
            before = Timed(start, start + (_duration(frame, stream) or length), frame)
        if before is not None:
            yield replace(before, is_last=True)


def _duration(frame: av.VideoFrame, stream: av.VideoStream) -> float:
    return float((frame.duration or 0) * (frame.time_base or stream.time_base or 1))


def _progressive(frames: Iterator[av.VideoFrame], stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """Frames without the comb teeth of two fields. Ordinary frames pass untouched."""
    graph: Graph | None = None
    shape: tuple[int, int, str] | None = None
    for frame in frames:
        if graph is None and not frame.interlaced_frame:
            yield frame
            continue
        found = frame.width, frame.height, frame.format.name
        if graph is None or found != shape:
            if graph is not None:
                graph.push(None)
                yield from pulled_pictures(graph)
            graph, shape = _deinterlacer(frame, stream), found
        graph.push(frame)
        yield from pulled_pictures(graph)
    if graph is not None:
        graph.push(None)
        yield from pulled_pictures(graph)


def _deinterlacer(frame: av.VideoFrame, stream: av.VideoStream) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=stream.time_base
    )
    bwdif, sink = graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    return graph


def _animation(path: Path) -> Iterator[Timed]:
    end = 0.0
    with picture_files.open_picture(path) as picture:
        for milliseconds in animations.frames(picture):
            start, end = end, end + milliseconds / 1000
            # All frames are one object: the last one must be known before the file is closed.
            yield Timed(start, end, picture, is_last=picture.tell() == getattr(picture, "n_frames", 1) - 1)
