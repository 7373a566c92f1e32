"""The reference timeline by MoviePy, run by `bench.rendering` in an environment of its own.

`python rendering_moviepy.py folder font`
"""

import math
import sys
from pathlib import Path

import numpy as np
from moviepy import (  # type: ignore[import-not-found]
    AudioArrayClip,
    CompositeVideoClip,
    ImageClip,
    TextClip,
    vfx,
)

SIZE = 1920, 1080


def ease(share: float) -> float:
    return (1 - math.cos(math.pi * min(max(share, 0), 1))) / 2


def photo(path: Path, first: tuple[float, float, float], last: tuple[float, float, float]) -> ImageClip:
    """Under a camera that goes from one framing (x, y, zoom) to another."""
    clip = ImageClip(str(path)).with_duration(10.5)
    cover = max(SIZE[0] / clip.w, SIZE[1] / clip.h)

    def at(moment: float) -> list[float]:
        share = ease(moment / 10.5)
        return [one + (other - one) * share for one, other in zip(first, last, strict=True)]

    def position(moment: float) -> tuple[float, float]:
        x, y, zoom = at(moment)
        wide, high = clip.w * cover * zoom, clip.h * cover * zoom
        left, top = SIZE[0] / 2 - x * wide, SIZE[1] / 2 - y * high
        return min(max(left, SIZE[0] - wide), 0), min(max(top, SIZE[1] - high), 0)

    return clip.resized(lambda moment: cover * at(moment)[2]).with_position(position)


def main() -> None:
    folder, font = Path(sys.argv[1]), sys.argv[2]
    page = ImageClip(str(folder / "page.png")).resized(width=SIZE[0]).with_duration(10.5)
    page = page.with_position(lambda moment: (0, -2400 * ease(moment / 10.5)))
    shots = [
        page,
        photo(folder / "harbour.jpg", (0.5, 0.5, 1), (0.56, 0.46, 1.15)).with_start(10),
        photo(folder / "market.jpg", (0.44, 0.55, 1.2), (0.5, 0.5, 1)).with_start(20),
    ]
    shots = [shots[0], *(shot.with_effects([vfx.CrossFadeIn(0.5)]) for shot in shots[1:])]
    title = TextClip(font=font, text="Urban Dreams", font_size=108, color="white").with_position("center")
    third = TextClip(font=font, text="Made in the harbour", font_size=54, color="white", bg_color="black")
    fades = [vfx.CrossFadeIn(0.5), vfx.CrossFadeOut(0.5)]
    texts = [
        title.with_start(0.5).with_duration(3.5).with_effects(fades),
        third.with_position((140, 900)).with_start(11).with_duration(7).with_effects(fades),
    ]
    time = np.arange(30 * 48_000) / 48_000
    tone = 0.2 * np.sin(2 * np.pi * 220 * time)
    video = CompositeVideoClip([*shots, *texts], size=SIZE).with_duration(30)
    video.with_audio(AudioArrayClip(np.stack([tone, tone], axis=1), fps=48_000)).write_videofile(
        str(folder / "moviepy.mp4"),
        fps=30,
        codec="libx264",
        preset="veryfast",
        audio_codec="aac",
        temp_audiofile_path=str(folder),
        logger=None,
        ffmpeg_params=["-crf", "21", "-pix_fmt", "yuv420p"],
    )


if __name__ == "__main__":
    main()
