"""Loudness, as ITU-R BS.1770 and EBU R 128 measure it, and how a mix is brought to it."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.filter import Graph

from studio.render.filtering import pulled
from studio.render.music import RATE, Samples

TARGET_LUFS = -14.0
CEILING = 10 ** (-2 / 20)
"""Peaks between samples, and those that encoding adds, stay below -1 dBTP."""
SILENCE_LUFS = -60.0
"""What is quieter is not made louder: it would be noise."""
_LOOK_AHEAD = RATE // 200


@dataclass(frozen=True)
class Loudness:
    lufs: float
    """Integrated."""
    true_peak: float
    """Of full scale."""


def measure(samples: Samples) -> Loudness:
    """Two channels at 48 kHz."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    metadata: dict[str, str] = {}
    for start in range(0, samples.shape[1], RATE):
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + RATE]), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts = RATE, start
        graph.push(frame)
        for metered in pulled(graph):
            metadata = metered.metadata
    # What is shorter than the meter's first window has no loudness.
    lufs, peak = metadata.get("lavfi.r128.I"), metadata.get("lavfi.r128.true_peak")
    return Loudness(
        float(lufs) if lufs else -70.0, float(peak) if peak else float(np.abs(samples).max(initial=0))
    )


def levelled(samples: Samples, target: float = TARGET_LUFS) -> Samples:
    """The same sound at the target's loudness. Silence stays silent."""
    found = measure(samples).lufs
    if found < SILENCE_LUFS:
        return samples
    return samples * np.float32(10 ** ((target - found) / 20))


def mastered(samples: Samples, volume: float) -> Samples:
    """At the loudness of online video times `volume`, with peaks held below the ceiling."""
    for _ in range(3):
        # Holding peaks takes loudness; a second round gives it back.
        samples = levelled(samples)
        if np.abs(samples).max(initial=0) <= CEILING:
            break
        samples = limited(samples)
    return samples * np.float32(volume)


def limited(samples: Samples) -> Samples:
    """Turned down around peaks, smoothly and before they come."""
    peaks = np.abs(samples).max(axis=0, keepdims=True)
    gain = np.minimum(1, CEILING / np.maximum(peaks, 1e-9)).astype(np.float32)
    size = (2 * _LOOK_AHEAD + 1, 1)
    lowest = cv2.erode(gain, np.ones((1, size[0]), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return samples * np.asarray(cv2.blur(lowest, size, borderType=cv2.BORDER_REPLICATE), np.float32)
