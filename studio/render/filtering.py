"""What comes out of libavfilter's graphs of sound."""

from collections.abc import Iterator

import av
from av.error import BlockingIOError as NothingYetError
from av.error import EOFError as NothingMoreError
from av.filter import Graph


def pulled(graph: Graph) -> Iterator[av.AudioFrame]:
    """The frames that are ready."""
    while True:
        try:
            frame = graph.pull()
        except (NothingYetError, NothingMoreError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame
