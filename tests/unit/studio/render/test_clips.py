"""Which frame of a clip is seen when: for every length and every frame rate, as long as anyone watches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from studio.draft import Shot
from studio.errors import UnsupportedFileError
from studio.media.items import Kind
from studio.render.clips import Clip
from studio.render.footage import Timed
from studio.render.sources import Source

RATE = 30
GIFS = [[delay / 1000] * count for delay in range(20, 160, 10) for count in range(2, 13)]
MP4S = [[1 / 30] * count for count in range(1, 120)]
# Time stamps of WebM are whole milliseconds.
WEBMS = [
    [round((i + 1) * 1000 / 30) / 1000 - round(i * 1000 / 30) / 1000 for i in range(count)]
    for count in range(1, 120)
]


def clip_of(
    lengths: list[float], monkeypatch: pytest.MonkeyPatch, *, ends: float = 0, **shot: object
) -> Clip:
    """A clip whose frames last so many seconds, of a file that ends with them or later."""
    shown = Image.new("RGB", (2, 2))

    def frames(_path: Path, _moment: float) -> Iterator[Timed]:
        start = 0.0
        for length in lengths:
            yield Timed(start, start + length, shown)
            start += length

    monkeypatch.setattr("studio.render.footage._frames", frames)
    source = Source(Path("clip"), Kind.CLIP, "clip")
    # Kept by the source once it was measured.
    vars(source)["end"] = max(ends, sum(lengths))
    return Clip(source, Shot.model_validate(shot), 4)


@pytest.mark.parametrize("lengths", [GIFS, MP4S, WEBMS], ids=["gif", "mp4", "webm"])
def test_a_clip_shorter_than_its_shot_begins_again(
    lengths: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for frames in lengths:
        clip, period = clip_of(frames, monkeypatch), sum(frames)
        for number in range(4 * RATE + 1):
            timed, place = clip.frame_at(number / RATE), number / RATE % period
            # A moment at the seam belongs to either side of it.
            distance = max(timed.start - place, place - timed.end, 0)
            assert min(distance, abs(period - distance)) <= 0.002, (len(frames), frames[0], number)


def test_the_last_picture_stays_while_the_sound_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of([0.1, 0.1], monkeypatch, ends=5)
    moments = (0, 0.15, 1, 4.9, 5.05, 5.15)
    assert [clip.frame_at(moment).start for moment in moments] == [0, 0.1, 0.1, 0.1, 0, 0.1]
    begun_later = clip_of([0.1, 0.1], monkeypatch, ends=5, **{"in": 2500})
    assert {begun_later.frame_at(moment).start for moment in (0, 2.4, 2.6, 9)} == {0.1}


def test_a_clip_of_one_frame_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of([0.04], monkeypatch)
    assert {clip.frame_at(moment).start for moment in (0, 0.02, 0.04, 0.041, 3, 2, 100)} == {0.0}


def test_a_shot_after_the_clips_end_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_of([0.5], monkeypatch, **{"in": 500})
    with pytest.raises(UnsupportedFileError, match="5 seconds long, and the shot begins after 0"):
        clip.frame_at(0)
