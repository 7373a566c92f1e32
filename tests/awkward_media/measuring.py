"""What becomes of a file: its colours, its length, and the distance of its picture from its sound."""

from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from studio.draft import SHORTEST_MS, Sound, parse_draft
from studio.media.items import Kind
from studio.media.probe import Probe, probe
from studio.render.film import Film, Reel
from studio.render.music import RATE
from studio.render.planes import Planes
from studio.render.sound import played
from studio.render.sources import Source
from tests.awkward_media.ffmpeg import HEIGHT, QUARTERS, WIDTH

FPS = 25
_PLACES = [(0.08, 0.2), (0.92, 0.2), (0.08, 0.85), (0.92, 0.85)]
Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Measured:
    """Moments are seconds, `None` where there is nothing to measure."""

    probe: Probe
    colour_error: float | None = None
    """The largest distance of a quarter's colour from its own (CIE 1976)."""
    flashes: tuple[float, ...] = ()
    beeps: tuple[float, ...] = ()

    def sync_error(self, late: float = 0) -> float | None:
        """Return how far the first beep is from where it should be, after the first flash."""
        if not self.flashes or not self.beeps:
            return None
        return self.beeps[0] - self.flashes[0] - late


def measure(path: Path, seconds: float = 4, begin: float = 0) -> Measured:
    """Look into a file, and draw and play it as a shot of so many seconds."""
    found = probe(path, path.name)
    sources = {"1": Source(path, found.kind, path.name)}
    beeps: tuple[float, ...] = ()
    if found.has_sound:
        sound = Sound.model_validate({"src": "1", "in": round(1000 * begin)})
        beeps = _beeps(played(sound, sources, round(seconds * RATE))[0])
    if found.kind is Kind.AUDIO:
        return Measured(found, beeps=beeps)
    frames = drawn(path, found.kind, seconds, begin)
    light = np.array([float(frame.mean()) for frame in frames])
    dark = np.flatnonzero(light < light.min() + 0.3 * (light.max() - light.min()))
    shown = frames[int(dark[0])] if len(dark) else frames[0]
    jumps = np.flatnonzero(np.diff(light) > 0.5 * (light.max() - light.min())) + 1
    flashes = tuple(int(jump) / FPS for jump in jumps) if light.max() - light.min() > 40 else ()
    return Measured(found, colour_error(shown), flashes, beeps)


def drawn(path: Path, kind: Kind, seconds: float, begin: float = 0, **shot: object) -> list[Rgb]:
    """Draw a file as a shot of its own."""
    meta = {"src": "1", "in": round(1000 * begin), **shot}
    draft = parse_draft(
        {
            "t": [{"tt": 0, "sg": [{"d": max(round(1000 * seconds), SHORTEST_MS), "m": meta}]}],
            "m": {"width": WIDTH, "height": HEIGHT, "fps": FPS},
        }
    )
    reel, target = Reel(Film(draft, {"1": Source(path, kind, path.name)})), Planes.empty(WIDTH, HEIGHT)
    frames = []
    for number in range(round(seconds * FPS) if kind is Kind.CLIP else 1):
        reel.draw(number, target)
        frames.append(rgb(target))
    return frames


def rgb(planes: Planes) -> Rgb:
    """Return a picture as a player shows it."""
    frame = av.VideoFrame(planes.width, planes.height, "yuv420p")
    frame.colorspace, frame.color_range = 1, 1
    for plane, content in zip(frame.planes, planes.all, strict=True):
        padded = np.zeros((content.shape[0], plane.line_size), np.uint8)
        padded[:, : content.shape[1]] = content
        plane.update(padded.tobytes())
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def colour_error(picture: Rgb) -> float:
    """Return the largest distance of a quarter from the colour it should have."""
    high, wide = picture.shape[:2]
    found = []
    for x, y in _PLACES:
        left, top = round(x * wide), round(y * high)
        found.append(picture[top - 3 : top + 3, left - 3 : left + 3].mean(axis=(0, 1)))
    return float(np.linalg.norm(_lab(np.array(found)) - _lab(np.array(QUARTERS)), axis=1).max())


def _lab(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.cvtColor((colours / 255).astype(np.float32)[None], cv2.COLOR_RGB2LAB)[0])


def _beeps(samples: npt.NDArray[np.float32]) -> tuple[float, ...]:
    hop = RATE // 200
    whole = samples[: len(samples) // hop * hop].reshape(-1, hop)
    loud = np.abs(whole).max(axis=1) > 0.4 * float(np.abs(samples).max(initial=0)) + 1e-3
    starts = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=0) == 1) * hop / RATE
    # An encoder's ringing is not another beep.
    return tuple(float(start) for i, start in enumerate(starts) if i == 0 or start - starts[i - 1] > 0.1)
