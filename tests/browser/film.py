"""A real film, small: a disc that crosses the picture, and a tone; H.264 and AAC as in production."""

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

FRAMES_PER_SECOND = 24
SAMPLES_PER_SECOND = 48_000
SAMPLES_PER_FRAME = SAMPLES_PER_SECOND // FRAMES_PER_SECOND


def write_film(path: Path, *, width: int, height: int, seconds: int) -> None:
    """Write the film, and its first picture beside it as `poster.jpg`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_picture(width, height, 0)).save(path.with_name("poster.jpg"), quality=85)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as film:
        video = film.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio = film.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="mono")
        frames = seconds * FRAMES_PER_SECOND
        for number in range(frames):
            picture = _picture(width, height, number / frames)
            film.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            sound = av.AudioFrame.from_ndarray(_tone(number), format="fltp", layout="mono")
            sound.sample_rate, sound.pts = SAMPLES_PER_SECOND, number * SAMPLES_PER_FRAME
            film.mux(audio.encode(sound))
        film.mux(video.encode(None))
        film.mux(audio.encode(None))


def _picture(width: int, height: int, progress: float) -> npt.NDArray[np.uint8]:
    rows, columns = np.mgrid[0:height, 0:width]
    red, green, blue = 40 + 60 * rows / height, 60 + 110 * columns / width, np.full(rows.shape, 130)
    radius = min(width, height) / 5
    disc = np.hypot(columns - progress * width, rows - height / 2) < radius
    return np.where(disc[..., None], (245, 160, 70), np.stack([red, green, blue], axis=-1)).astype(np.uint8)


def _tone(frame: int) -> npt.NDArray[np.float32]:
    at = (np.arange(SAMPLES_PER_FRAME) + frame * SAMPLES_PER_FRAME) / SAMPLES_PER_SECOND
    return (0.1 * np.sin(2 * np.pi * 440 * at)).astype(np.float32)[None, :]
