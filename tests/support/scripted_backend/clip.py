"""The smallest media a pipeline takes and delivers: a picture to drop, a video to be rendered."""

import io
from functools import cache

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

SECONDS = 2
WIDTH, HEIGHT, FRAMES_PER_SECOND, SAMPLES_PER_SECOND = 320, 180, 25, 44_100


@cache
def picture() -> bytes:
    """A PNG."""
    body = io.BytesIO()
    with av.open(body, mode="w", format="image2pipe") as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb24"
        container.mux(stream.encode(VideoFrame.from_ndarray(_pixels(0), format="rgb24")))
        container.mux(stream.encode(None))
    return body.getvalue()


@cache
def clip() -> bytes:
    """An MP4 of `SECONDS`: H.264 and AAC."""
    body = io.BytesIO()
    with av.open(body, mode="w", format="mp4") as container:
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", rate=SAMPLES_PER_SECOND, layout="mono")
        for number in range(SECONDS * FRAMES_PER_SECOND):
            frame = VideoFrame.from_ndarray(_pixels(number), format="rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        silence = np.zeros((1, SECONDS * SAMPLES_PER_SECOND), dtype=np.float32)
        sound = AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        sound.sample_rate, sound.pts = SAMPLES_PER_SECOND, 0
        container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
    return body.getvalue()


def _pixels(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    pixels = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    pixels[:, (number * 4) % WIDTH :] = (200, 120, 40)
    return pixels
