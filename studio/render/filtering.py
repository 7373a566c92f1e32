"""What comes out of libavfilter's graphs."""

from collections.abc import Iterator

import av
from av.error import BlockingIOError as NothingYetError
from av.error import EOFError as NothingMoreError
from av.filter import Graph


def pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    """Yield the frames of sound that are ready."""
    return (frame for frame in _ready(graph) if isinstance(frame, av.AudioFrame))


def pulled_pictures(graph: Graph) -> Iterator[av.VideoFrame]:
    """Yield the frames of pictures that are ready."""
    return (frame for frame in _ready(graph) if isinstance(frame, av.VideoFrame))


def _ready(graph: Graph) -> Iterator[av.AudioFrame | av.VideoFrame]:
    while True:
        try:
            yield graph.pull()
        except (NothingYetError, NothingMoreError):
            return
