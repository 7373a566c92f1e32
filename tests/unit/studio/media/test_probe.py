import io
from pathlib import Path

import pytest
from PIL import Image

from studio.errors import UnsupportedFileError
from studio.media.containers import demuxer
from studio.media.items import Kind
from studio.media.probe import probe


def stored(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(content)
    return path


def picture(form: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "red").save(content, form, **options)
    return content.getvalue()


@pytest.mark.parametrize(
    ("form", "mime"),
    [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_pictures_are_known_by_their_content(tmp_path: Path, form: str, mime: str) -> None:
    found = probe(stored(tmp_path, picture(form)), "whatever.mp4")
    assert (found.kind, found.mime, found.width, found.height) == (Kind.IMAGE, mime, 64, 48)


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_animations_are_clips(tmp_path: Path, form: str) -> None:
    more = [Image.new("RGB", (64, 48), "blue")]
    content = picture(form, save_all=True, append_images=more, duration=[100, 300])
    found = probe(stored(tmp_path, content), "animation")
    assert (found.kind, found.duration, found.fps) == (Kind.CLIP, 400, 5)


def test_a_turned_photo_is_measured_upright(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    found = probe(stored(tmp_path, picture("JPEG", exif=turned)), "photo.jpg")
    assert (found.width, found.height) == (48, 64)


def test_a_format_that_pillow_knows_but_the_protocol_does_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFileError, match=r"“logo\.png” cannot be used: .* Accepted: mp4, mov"):
        probe(stored(tmp_path, picture("BMP")), "logo.png")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x20ftypisom", "mov"),
        (b"\0\0\0\x20ftypM4A ", "mov"),
        (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x20ftypheic", None),
        (b"\0\0\0\x20ftypavif", None),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"RIFF\0\0\0\0WAVEfmt ", "wav"),
        (b"RIFF\0\0\0\0WEBPVP8 ", None),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"ID3\4", "mp3"),
        (b"\xff\xfb\x90", "mp3"),
        (b"\xff\xf1\x50", "aac"),
        (b"\xff\xd8\xff\xe0", None),
        (b"#EXTM3U\n", None),
        (b"", None),
    ],
)
def test_the_reader_is_chosen_by_the_first_bytes(tmp_path: Path, head: bytes, name: str | None) -> None:
    assert demuxer(stored(tmp_path, head)) == name
