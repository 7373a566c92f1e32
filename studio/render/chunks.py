"""Rendering in pieces: where the timeline is cut.

The pieces are encoded apart, side by side or on other machines, and joined without encoding again.

The cuts depend on the draft alone, not on the machine: so do the bytes that come out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SHORTEST_S, LONGEST_S = 2, 6


@dataclass(frozen=True)
class Chunk:
    """Frames from `first` up to, but not including, `end`."""

    first: int
    end: int


def plan(frames: int, fps: int, cuts: Sequence[int]) -> list[Chunk]:
    """Cut the timeline at shots (`cuts`: the frames they begin with), and long shots in even parts.

    Every chunk begins with a key frame, which costs least where the picture changes anyway.
    """
    edges = [0]
    for cut in sorted(cuts):
        if cut - edges[-1] >= SHORTEST_S * fps and frames - cut >= SHORTEST_S * fps:
            edges.append(cut)
    edges.append(frames)
    return [
        chunk
        for first, end in pairwise(edges)
        for chunk in divide(first, end, -(-(end - first) // (LONGEST_S * fps)))
    ]


def divide(first: int, end: int, parts: int) -> list[Chunk]:
    """As even parts as whole frames allow."""
    edges = [first + (end - first) * part // parts for part in range(parts + 1)]
    return [Chunk(*edge) for edge in pairwise(edges)]
