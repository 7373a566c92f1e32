import pytest

from nemovideo import ACCEPTED_FORMATS, MAX_UPLOAD_BYTES
from tests.unit.videos.media import Film, animated_png, picture, wav
from videos.errors import RefusedError
from videos.media_types import ACCEPTED, HEAD_BYTES, MAX_BYTES, media_type

SHORT = 0.5


def _film(container: str, video: str | None = "libx264", audio: str | None = None, flags: str = "") -> bytes:
    return Film(seconds=SHORT, container=container, video=video, audio=audio, flags=flags).encoded()


def _brand(brand: bytes) -> bytes:
    """The beginning of an MP4 that names no brand but its maker's own."""
    return (20).to_bytes(4, "big") + b"ftyp" + brand + bytes(4) + brand + bytes(500)


# What each is called, and what its bytes are.
GOOD = {
    "clip.mp4": _film("mp4", audio="aac"),
    "fragments.mp4": _film("mp4", flags="frag_keyframe+empty_moov+default_base_moof"),
    "phone.m4v": _film("ipod"),
    "camera.mp4": _brand(b"MSNV"),
    "old-phone.mp4": _brand(b"3gp4"),
    "clip.mov": _film("mov"),
    "before-brands.mov": bytes([0, 0, 0, 8]) + b"wide" + bytes(4) + b"mdat" + bytes(100),
    "called-mov.mov": _film("mp4"),
    "clip.avi": _film("avi", "mpeg4"),
    "clip.webm": _film("webm", "libvpx"),
    "clip.mkv": _film("matroska"),
    "kind-named-late.mkv": b"\x1a\x45\xdf\xa3" + bytes(5000),
    "called-mkv.mkv": _film("webm", "libvpx"),
    "photo.jpg": picture("JPEG"),
    "photo.jpeg": picture("JPEG"),
    "photo.png": picture("PNG"),
    "moving.png": animated_png(),
    "photo.gif": picture("GIF"),
    "photo.webp": picture("WEBP"),
    "song.mp3": _film("mp3", None, "libmp3lame"),
    "untagged.mp3": b"\xff\xfb\x90\x64" + bytes(400),
    "with-checksums.mp3": b"\xff\xfa\x90\x64" + bytes(400),
    "layer-two.mp3": b"\xff\xfd\x90\x64" + bytes(400),
    "song.wav": wav(),
    "long.wav": b"RF64\xff\xff\xff\xffWAVEds64" + bytes(400),
    "song.m4a": _film("ipod", None, "aac"),
    "song.aac": _film("adts", None, "aac"),
    "with-checksums.aac": b"\xff\xf0\x50\x80" + bytes(400),
    "tagged.aac": b"ID3\x04\0\0\0\0\0\0\xff\xf1\x50\x80" + bytes(400),
}


def _ending(name: str) -> str:
    return name.rsplit(".", 1)[-1]


@pytest.mark.parametrize("name", GOOD)
def test_an_accepted_file_is_known_by_its_bytes(name: str) -> None:
    kind = next(kind for kind, endings in ACCEPTED.items() if _ending(name) in endings)
    content = GOOD[name]
    for called in (name, name.upper(), f"Übergröße + 1.{name}"):
        assert media_type(called, len(content), content[:HEAD_BYTES]) == kind


def test_every_format_of_the_backend_is_accepted_and_tried() -> None:
    assert set(ACCEPTED_FORMATS) <= {_ending(name) for name in GOOD}
    assert {_ending(name) for name in GOOD} == {ending for endings in ACCEPTED.values() for ending in endings}
    assert MAX_BYTES == MAX_UPLOAD_BYTES


@pytest.mark.parametrize(
    ("name", "size", "head", "code"),
    [
        ("a.png", 0, b"", "empty_file"),
        ("a.xyz", 0, b"", "empty_file"),
        ("a.mp4", MAX_BYTES + 1, GOOD["clip.mp4"], "file_too_large"),
        ("a.pdf", 9, b"%PDF-1.7\n", "unsupported_file"),
        ("a.heic", 500, _brand(b"heic"), "unsupported_file"),
        ("a", 9, GOOD["photo.png"], "unsupported_file"),
        ("png", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.png.exe", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.png", 500, _brand(b"heic"), "unsupported_file"),
        ("a.jpg", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.mp4", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.mp4", 9, GOOD["clip.webm"], "unsupported_file"),
        ("a.mov", 500, _brand(b"heic"), "unsupported_file"),
        ("a.wav", 9, GOOD["song.mp3"], "unsupported_file"),
        ("a.mp3", 1, b"\xff", "unsupported_file"),
        ("a.mp4", 9, b"<!DOCTYPE html>", "unsupported_file"),
        ("a.jpg", 9, b"not an image", "unsupported_file"),
        ("a.gif", 1, b"G", "unsupported_file"),
    ],
)
def test_what_cannot_become_a_video_is_refused_with_advice(
    name: str, size: int, head: bytes, code: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        media_type(name, size, head[:HEAD_BYTES])
    assert caught.value.problem.code == code
    assert name in str(caught.value)
    assert caught.value.problem.advice


def test_as_large_as_allowed_is_accepted() -> None:
    assert media_type("a.mp4", MAX_BYTES, GOOD["clip.mp4"][:HEAD_BYTES]) == "video/mp4"
