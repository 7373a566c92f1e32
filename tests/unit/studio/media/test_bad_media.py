"""What strangers send: answered with the file's name, within limits that are counted, not timed."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageFile

from studio.draft import parse_draft
from studio.errors import UnsupportedFileError, UnusableDraftError
from studio.media.items import Kind
from studio.media.picture_files import MOST_PIXELS
from studio.media.probe import probe
from studio.render import pictures
from studio.render.draft_file import render_draft
from studio.render.film import Film, Reel
from studio.render.job import render_video
from studio.render.planes import Planes
from studio.render.sources import Source

SIZE = {"width": 320, "height": 180}


def show(path: Path, kind: Kind, output: Path, **shot: object) -> None:
    draft = parse_draft({"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "1", **shot}}]}], "m": SIZE})
    render_video(draft, {"1": Source(path, kind, path.name)}, output, lambda _: None)


def clip(path: Path, frames: int = 60) -> Path:
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for _ in range(frames):
            noise = rng.integers(0, 255, (96, 160, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def png_of(width: int, height: int) -> bytes:
    def part(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", header)
        + part(b"IDAT", zlib.compress(bytes(1000)))
        + part(b"IEND", b"")
    )


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_clip_cut_short_is_named(tmp_path: Path, kept: float) -> None:
    whole = clip(tmp_path / "whole.mp4").read_bytes()
    path = tmp_path / "holiday.mp4"
    path.write_bytes(whole[: round(kept * len(whole))])
    with pytest.raises(UnsupportedFileError, match=r"“holiday\.mp4” cannot be used"):
        show(path, Kind.CLIP, tmp_path / "video.mp4")
    assert not (tmp_path / "video.mp4").exists()


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.webp"])
def test_a_picture_cut_short_is_named(tmp_path: Path, name: str) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / name
    Image.fromarray(rng.integers(0, 255, (300, 400, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(
        UnsupportedFileError,
        match=rf"“{name}” cannot be used: it is .*incomplete.* Upload it again",
    ):
        show(path, Kind.IMAGE, tmp_path / "video.mp4")


def test_a_picture_of_too_many_pixels_is_refused_before_any_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(100_000, 100_000))

    def load(_: ImageFile.ImageFile) -> None:
        pytest.fail("its pixels were decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(UnsupportedFileError, match=r"“bomb\.png” .* 100000x100000 pixels are too many"):
        probe(path, "bomb.png")
    with pytest.raises(UnsupportedFileError, match=r"“bomb\.png” .* 100000x100000 pixels are too many"):
        show(path, Kind.IMAGE, tmp_path / "video.mp4")


def test_a_large_picture_is_reduced_as_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (7000, 5000), "red").save(path)
    assert MOST_PIXELS > 7000 * 5000
    loaded = pictures.load(path)
    assert loaded.shape[0] * loaded.shape[1] <= 1.01 * pictures.MOST_PIXELS
    assert loaded.shape[1] / loaded.shape[0] == pytest.approx(1.4, abs=0.01)


def test_of_an_endless_animation_only_what_is_shown_is_composed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "endless.gif"
    two = [Image.new("P", (16, 16), colour) for colour in (0, 1)]
    small = io.BytesIO()
    two[0].save(small, "GIF", save_all=True, append_images=[two[1], *two * 49], duration=20, optimize=False)
    head, frame = small.getvalue()[:-1].split(b"\x21\xf9", 1)
    path.write_bytes(head + (b"\x21\xf9" + frame) * 100 + b";")
    found = probe(path, "endless.gif")
    assert found.kind is Kind.CLIP
    composed = 0
    pixels = pictures.pixels

    def counted(picture: Image.Image) -> Any:  # noqa: ANN401 - what the function returns
        nonlocal composed
        composed += 1
        return pixels(picture)

    monkeypatch.setattr(pictures, "pixels", counted)
    show(path, Kind.CLIP, tmp_path / "video.mp4")
    assert 0 < composed <= 30


def test_a_shot_that_begins_after_its_clip_is_told(tmp_path: Path) -> None:
    path = clip(tmp_path / "short.mp4")
    with pytest.raises(
        UnsupportedFileError, match=r"“short\.mp4” .* 2\.0 seconds long, and the shot begins after 5\.0"
    ):
        show(path, Kind.CLIP, tmp_path / "video.mp4", **{"in": 5000})


def test_a_missing_medium_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFileError, match=r"“gone\.png” is not there any more"):
        show(tmp_path / "gone.png", Kind.IMAGE, tmp_path / "video.mp4")
    draft = parse_draft({"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "7"}}]}]})
    with pytest.raises(UnusableDraftError, match="a medium that is not there: 7"):
        Film(draft, {})


def test_shots_that_overlap_or_leave_gaps_make_a_video(tmp_path: Path) -> None:
    shots = [
        {"s": 400, "d": 400, "m": {"colours": ["#ff0000", "#ff0000"]}},
        {"s": 0, "d": 900, "m": {"colours": ["#0000ff", "#0000ff"], "unknown": [1]}},
        {"s": 1500, "d": 100, "m": {"fade": 3000}, "later": None},
    ]
    draft = parse_draft({"t": [{"tt": 0, "sg": shots}], "d": 2000, "m": SIZE, "version": 9})
    output = tmp_path / "video.mp4"
    render_video(draft, {}, output, lambda _: None)
    with av.open(str(output)) as container:
        shown = [frame.to_ndarray(format="rgb24")[90, 160].astype(int) for frame in container.decode(video=0)]
    assert len(shown) == 60
    # The shot begun last is seen, until another begins.
    assert shown[5][2] > shown[5][0]
    assert shown[20][0] > shown[20][2]
    assert shown[40][0] > shown[40][2]


@pytest.mark.parametrize("text", ["\u202e\u200b", "Z" + "\u0301" * 4999, "a" * 5000])
def test_strange_texts_are_drawn(text: str) -> None:
    caption = {"d": 1000, "m": {"text": text}}
    draft = parse_draft({"t": [{"tt": 0, "sg": [{"d": 1000}]}, {"tt": 7, "sg": [caption]}], "m": SIZE})
    Reel(Film(draft, {})).draw(15, Planes.empty(320, 180))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("𓀀", "no font here has"), ("\ud800", "unicode string"), ("a" * 5001, "at most 5000")],
)
def test_texts_that_cannot_be_drawn_are_told(text: str, reason: str) -> None:
    with pytest.raises(UnusableDraftError, match=reason):
        Film(
            parse_draft(
                {"t": [{"tt": 0, "sg": [{"d": 1000}]}, {"tt": 7, "sg": [{"d": 9, "m": {"text": text}}]}]}
            ),
            {},
        )


def test_a_draft_file_names_files_of_its_folder_alone(tmp_path: Path) -> None:
    draft, outside = tmp_path / "a" / "draft.json", tmp_path / "secret.png"
    draft.parent.mkdir()
    Image.new("RGB", (64, 64)).save(outside)
    draft.write_text('{"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "../secret.png"}}]}]}')
    with pytest.raises(UnusableDraftError, match="outside"):
        render_draft(draft, tmp_path / "video.mp4", draft.parent, lambda _: None)
    draft.write_text('{"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "none.png"}}]}]}')
    with pytest.raises(UnusableDraftError, match=r"does not have: none\.png"):
        render_draft(draft, tmp_path / "video.mp4", draft.parent, lambda _: None)
    draft.write_text("{")
    with pytest.raises(UnusableDraftError, match=r"draft\.json is not a draft"):
        render_draft(draft, tmp_path / "video.mp4", draft.parent, lambda _: None)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "mp3", "png"])
@pytest.mark.parametrize(
    "playlist",
    [
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/hostname\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'><BaseURL>file:///etc/</BaseURL></MPD>",
        "<ASX version='3.0'><Entry><Ref href='http://127.0.0.1/'/></Entry></ASX>",
        "[Reference]\nRef1=http://127.0.0.1/\n",
        "%d.png",
        "concat:/etc/hostname|/etc/hostname",
        "#!AMR\n#EXTM3U\nhttp://127.0.0.1/",
    ],
)
@pytest.mark.parametrize("disguise", ["", "\0\0\0\x20ftypisom", "RIFF\0\0\0\0AVI ", "ID3"])
def test_a_playlist_in_any_disguise_names_no_other_file(
    tmp_path: Path, suffix: str, playlist: str, disguise: str
) -> None:
    path = tmp_path / f"file.{suffix}"
    path.write_text(disguise + playlist, "latin-1")
    with pytest.raises(UnsupportedFileError):
        probe(path, path.name)
