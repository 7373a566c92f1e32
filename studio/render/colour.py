"""Colours of wide gamut and high dynamic range, brought to BT.709.

libswscale brings matrices and ranges of ordinary video to BT.709. What it does with the rest takes it seconds
for each table; here one table is computed for each kind of colours, and applied by libavfilter.
"""

import functools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from studio.render.planes import Planes

Colours = npt.NDArray[np.float64]
"""Any shape x 3."""

_BT2020, _P3 = 9, 12
_PQ, _HLG = 16, 18
# Frames go through one at a time: any unit will do.
_TICK = Fraction(1, 1000)
_SIZE = 33
"""Steps of the table along each of its three sides."""
_WHITE, _HLG_PEAK = 203.0, 1000.0
"""Nits of white below brighter highlights, and of a display's brightest light (ITU-R BT.2408, BT.2100)."""
_KNEE = 0.75
"""Up to this share of white, light stays as it is; above, highlights share what is left."""
_DISPLAY_GAMMA = 2.4
# Linear light to BT.709's primaries (ITU-R BT.2087, and SMPTE EG 432-1's primaries with white D65).
_TO_BT709 = {
    _BT2020: [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    _P3: [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]],
}


@dataclass(frozen=True)
class Mapping:
    """From the colours of one kind of video to BT.709."""

    primaries: int
    transfer: int


class Mapper:
    """Applies mappings. For one thread."""

    def __init__(self) -> None:
        self._graphs: dict[tuple[Mapping, int, int], Graph] = {}

    def planes(self, mapping: Mapping, frame: av.VideoFrame, width: int, height: int) -> Planes:
        """Return a frame as a picture of the size."""
        key = mapping, width, height
        graph = self._graphs.get(key)
        if graph is None:
            graph = self._graphs[key] = _graph(mapping, width, height)
        # Each frame comes out as it goes in.
        graph.push(frame.reformat(width, height, "gbrp16le"))
        return Planes.from_frame(graph.vpull())


def mapping_of(frame: av.VideoFrame) -> Mapping | None:
    """Return what brings a frame to BT.709; `None` for ordinary video."""
    transfer = frame.color_trc if frame.color_trc in {_PQ, _HLG} else 0
    primaries = frame.color_primaries
    if transfer and primaries not in _TO_BT709:
        primaries = _BT2020
    return Mapping(primaries, transfer) if primaries in _TO_BT709 else None


def _graph(mapping: Mapping, width: int, height: int) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("gbrp16le"), time_base=_TICK)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "colours.cube"
        path.write_text(_cube(mapping))
        table, sink = graph.add("lut3d", f"file={path}"), graph.add("buffersink")
    source.link_to(table)
    table.link_to(sink)
    graph.configure()
    return graph


@functools.cache
def _cube(mapping: Mapping) -> str:
    steps = np.linspace(0, 1, _SIZE)
    # In a table's file, red changes first.
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    entries = mapped(mapping, np.stack([red, green, blue], axis=-1)).reshape(-1, 3)
    lines = (f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in entries)
    return f"LUT_3D_SIZE {_SIZE}\n" + "\n".join(lines) + "\n"


def mapped(mapping: Mapping, signal: Colours) -> Colours:
    """Bring red, green and blue of a signal, 0 to 1, to those of BT.709, 0 to 1."""
    light = _linear(mapping.transfer, signal) @ np.array(_TO_BT709[mapping.primaries]).T
    if mapping.transfer:
        light = _within_white(light)
    return np.asarray(np.clip(light, 0, 1) ** (1 / _DISPLAY_GAMMA))


def _linear(transfer: int, signal: Colours) -> Colours:
    """Light, in shares of white."""
    if transfer == _PQ:
        # SMPTE ST 2084.
        power = signal ** (1 / 78.84375)
        share = np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)
        return np.asarray(10_000 / _WHITE * share ** (1 / 0.1593017578125))
    if transfer == _HLG:
        # ITU-R BT.2100: the scene's light, then a display's system gamma, for each colour as zimg does.
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)  # noqa: PLR2004
        return np.asarray(_HLG_PEAK / _WHITE * scene**1.2)
    return np.asarray(signal**_DISPLAY_GAMMA)


def _within_white(light: Colours) -> Colours:
    """Bring highlights below white, and keep their hue."""
    strongest = np.max(light, axis=-1, keepdims=True)
    above = np.maximum(strongest - _KNEE, 0) / (1 - _KNEE)
    held = np.where(strongest > _KNEE, _KNEE + (1 - _KNEE) * above / (1 + above), strongest)
    return np.asarray(light * held / np.maximum(strongest, 1e-9))
