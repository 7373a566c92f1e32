"""Files as phones, browsers and recorders make them: what becomes of each kind, and of random others."""

import re
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from studio.errors import UnsupportedFileError
from studio.media.items import Kind
from studio.media.probe import probe
from studio.render import pictures as loading
from tests.awkward_media import pictures
from tests.awkward_media.ffmpeg import card, run
from tests.awkward_media.kinds import KINDS
from tests.awkward_media.measuring import colour_error, drawn, measure
from tests.awkward_media.members import (
    LARGEST_ERROR,
    LARGEST_HDR_ERROR,
    LARGEST_LENGTH_ERROR,
    LARGEST_SYNC_ERROR,
    member,
    watched,
    wrong,
)
from videos.model.errors import RefusedError
from videos.model.media_types import HEAD_BYTES, format_of

# The last one is H.264 in AVI, whose reader guesses wrong times.
RANDOM_MEMBERS = (0, 1, 2, 3, 129)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_file_comes_out_as_players_show_it(name: str, tmp_path: Path) -> None:
    build, expected = KINDS[name]
    path = build(tmp_path)
    # The pipeline's gate takes every one of them, by its first bytes.
    content = path.read_bytes()
    format_of(path.name, len(content), content[:HEAD_BYTES])
    if expected.refused:
        with pytest.raises(UnsupportedFileError, match=re.compile(expected.refused, re.DOTALL)):
            probe(path, path.name)
        return
    found = measure(path, 3.5)
    if expected.length is not None:
        assert found.probe.duration / 1000 == pytest.approx(expected.length, abs=LARGEST_LENGTH_ERROR + 0.04)
    if expected.coloured and found.probe.kind is not Kind.AUDIO:
        largest = LARGEST_HDR_ERROR if "HEVC" in name else LARGEST_ERROR
        assert found.colour_error is not None
        assert found.colour_error <= largest
        assert found.probe.width * 9 == found.probe.height * 16
    if (sync := found.sync_error(expected.late)) is not None:
        assert abs(sync) <= LARGEST_SYNC_ERROR


@pytest.mark.parametrize("seed", RANDOM_MEMBERS)
def test_random_clips_come_out_as_players_show_them(seed: int, tmp_path: Path) -> None:
    clip = member(seed)
    assert wrong(clip, measure(clip.build(tmp_path), watched(clip))) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", b"BM" + bytes(300)),
        ("photo.webp", b"II*\0" + bytes(300)),
        ("song.mp3", b"fLaC" + bytes(300)),
        ("song.mp3", b"OggS" + bytes(300)),
        ("clip.mp4", b"#EXTM3U\nhttp://example.com/a.ts\n"),
        ("clip.mov", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
    ],
)
def test_the_gate_and_the_studio_refuse_the_same(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RefusedError):
        format_of(name, len(content), content)
    with pytest.raises(UnsupportedFileError, match="Accepted: mp4"):
        probe(path, name)


TRANSPARENT = {
    "vp8.webm": "-c:v libvpx -auto-alt-ref 0 -pix_fmt yuva420p",
    "vp9.webm": "-c:v libvpx-vp9 -pix_fmt yuva420p",
    "prores.mov": "-c:v prores_ks -pix_fmt yuva444p10le",
    "animation.mov": "-c:v qtrle -pix_fmt argb",
    "png.mov": "-c:v png -pix_fmt rgba",
}


@pytest.mark.parametrize("name", TRANSPARENT)
def test_what_is_transparent_shows_one_ground(name: str, tmp_path: Path) -> None:
    box = "drawbox=x=120:y=60:w=80:h=60:c=blue@1:t=fill:replace=1"
    hidden = f"color=c=0xfa0000@0.0:s=320x180:d=0.4,format=rgba,{box}"
    run("-f", "lavfi", "-i", hidden, *TRANSPARENT[name].split(), tmp_path / name)
    frames = drawn(tmp_path / name, Kind.CLIP, 0.4)
    assert np.abs(frames[2][90, 160].astype(int) - (0, 0, 254)).max() <= 8
    corners = np.array([frame[20, 20] for frame in frames]).astype(int)
    assert corners.std(axis=0).max() <= 2
    assert corners.min() >= 245
    coloured = drawn(tmp_path / name, Kind.CLIP, 0.4, ground="colours", colours=["#00ff00", "#00ff00"])
    assert coloured[2][20, 20, 1] - int(coloured[2][20, 20, 0]) > 150


def test_the_ground_is_chosen_by_what_is_seen(tmp_path: Path) -> None:
    """White letters that fade in: on a white ground nobody would see them."""
    source = "color=c=white:s=320x180:d=1,format=rgba,fade=in:st=0.2:d=0.4:alpha=1"
    path = tmp_path / "title.mov"
    run("-f", "lavfi", "-i", source, "-c:v", "png", "-pix_fmt", "rgba", path)
    frames = drawn(path, Kind.CLIP, 1)
    assert frames[0].max() < 60
    assert frames[-1].min() > 240


def test_a_recording_may_change_its_size(tmp_path: Path) -> None:
    path = tmp_path / "meeting.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuvj420p"
        for number, size in enumerate([(320, 180)] * 10 + [(640, 360)] * 10 + [(180, 320)] * 10):
            picture = np.asarray(card(*size))
            context = av.CodecContext.create("mjpeg", "w")
            context.width, context.height, context.pix_fmt = *size, "yuvj420p"
            context.time_base = Fraction(1, 25)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = 0
            for packet in context.encode(frame.reformat(format="yuvj420p")):
                packet.stream, packet.time_base = stream, Fraction(1, 25)
                packet.pts = packet.dts = number
                container.mux(packet)
    frames = drawn(path, Kind.CLIP, 1.2, fit="cover")
    assert max(colour_error(frame) for frame in frames[:20]) <= 5
    # An upright picture covers the canvas with its middle: red and green above, blue and yellow below.
    assert frames[25][30, 40, 0] > 180
    assert frames[25][150, 40, 2] > 180


def test_grey_of_sixteen_bits_keeps_its_levels(tmp_path: Path) -> None:
    ramp = loading.load(pictures.grey_ramp(tmp_path / "ramp.png"))
    assert np.abs(ramp[90, :, 0].astype(int) - np.linspace(0, 255, 320)).max() <= 1


def test_an_animation_without_its_default_image_begins_with_its_first_frame(tmp_path: Path) -> None:
    path = pictures.animation(tmp_path / "a.png", [100] * 4, default_image=True)
    assert abs(int(drawn(path, Kind.CLIP, 0.1)[0][90, 160, 0]) - 50) <= 3
