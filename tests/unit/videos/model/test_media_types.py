import pytest

from backend.formats import ACCEPTED_FORMATS, ENDINGS, FORMATS, MAX_UPLOAD_BYTES
from tests.support.media import Film, animated_png, picture, wav
from videos.model.errors import RefusedError
from videos.model.media_types import HEAD_BYTES, format_of

SHORT = 0.5


def _film(container: str, video: str | None = "libx264", audio: str | None = None, flags: str = "") -> bytes:
    return Film(seconds=SHORT, container=container, video=video, audio=audio, flags=flags).encoded()


def _brand(brand: bytes, *others: bytes) -> bytes:
    """The beginning of a file in ISO's container, with its brands."""
    brands = b"".join(others or (brand,))
    return (16 + len(brands)).to_bytes(4, "big") + b"ftyp" + brand + bytes(4) + brands + bytes(500)


# What each is called, and what its bytes are.
GOOD = {
    "clip.mp4": _film("mp4", audio="aac"),
    "fragments.mp4": _film("mp4", flags="frag_keyframe+empty_moov+default_base_moof"),
    "phone.m4v": _film("ipod"),
    "camera.mp4": _brand(b"MSNV"),
    "old-phone.mp4": _brand(b"3gp4"),
    "clip.mov": _film("mov"),
    "before-brands.mov": bytes([0, 0, 0, 8]) + b"wide" + bytes(4) + b"mdat" + bytes(100),
    "clip.avi": _film("avi", "mpeg4"),
    "clip.webm": _film("webm", "libvpx"),
    "clip.mkv": _film("matroska"),
    "kind-named-late.mkv": b"\x1a\x45\xdf\xa3" + bytes(5000),
    "photo.jpg": picture("JPEG"),
    "photo.jpeg": picture("JPEG"),
    "windows.jfif": picture("JPEG"),
    "photo.jpe": picture("JPEG"),
    "photo.png": picture("PNG"),
    "moving.png": animated_png(),
    "photo.gif": picture("GIF"),
    "photo.webp": picture("WEBP"),
    "iphone.heic": _brand(b"heic", b"mif1", b"MiHE", b"MiPr", b"miaf", b"MiHB", b"heic"),
    "any.heif": _brand(b"mif1", b"mif1", b"heic"),
    "unknown.heif": _brand(b"mif1", b"miaf"),
    "canon.hif": _brand(b"heix", b"mif1", b"heix"),
    "burst.heics": _brand(b"msf1", b"hevc", b"msf1"),
    "burst.heifs": _brand(b"hevc", b"mif1"),
    "photo.avif": picture("AVIF"),
    "other.avif": _brand(b"mif1", b"avif", b"miaf"),
    "moving.avifs": _brand(b"avis", b"avif", b"msf1"),
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
    expected = next(found for found in FORMATS if _ending(name) in found.endings)
    content = GOOD[name]
    for called in (name, name.upper(), f"Übergröße + 1.{name}"):
        found = format_of(called, len(content), content[:HEAD_BYTES])
        assert found is expected
        assert found.name_for(called) == called


# What a file is, what it is called, and as what it is uploaded.
MISNAMED = [
    ("photo.webp", "photo.jpg", "photo.webp", "image/webp"),
    ("photo.webp", "photo.PNG", "photo.webp", "image/webp"),
    ("photo.png", "shop.v2.jpg", "shop.v2.png", "image/png"),
    ("photo.jpg", "photo.png", "photo.jpg", "image/jpeg"),
    ("photo.gif", "photo.jpeg", "photo.gif", "image/gif"),
    ("photo.avif", "photo.jpg", "photo.avif", "image/avif"),
    ("photo.avif", "photo.webp", "photo.avif", "image/avif"),
    ("iphone.heic", "IMG_0001.JPG", "IMG_0001.heic", "image/heic"),
    ("iphone.heic", "IMG_0001.avif", "IMG_0001.heic", "image/heic"),
    ("photo.jpg", "IMG_0001.HEIC", "IMG_0001.jpg", "image/jpeg"),
    ("photo.png", "clip.mp4", "clip.png", "image/png"),
    ("clip.mp4", "clip.mov", "clip.mp4", "video/mp4"),
    ("clip.mov", "clip.mp4", "clip.mov", "video/quicktime"),
    ("clip.mp4", "clip.png", "clip.mp4", "video/mp4"),
    ("clip.webm", "clip.mp4", "clip.webm", "video/webm"),
    ("clip.webm", "clip.mkv", "clip.webm", "video/webm"),
    ("clip.mkv", "clip.webm", "clip.mkv", "video/x-matroska"),
    ("clip.avi", "clip.mp4", "clip.avi", "video/x-msvideo"),
    ("song.m4a", "song.mp4", "song.m4a", "audio/mp4"),
    ("song.m4a", "song.mp3", "song.m4a", "audio/mp4"),
    ("song.mp3", "song.wav", "song.mp3", "audio/mpeg"),
    ("untagged.mp3", "song.aac", "song.mp3", "audio/mpeg"),
    ("song.aac", "song.mp3", "song.aac", "audio/aac"),
    ("song.wav", "song.mp3", "song.wav", "audio/wav"),
]


@pytest.mark.parametrize(("is_", "called", "uploaded_as", "mime"), MISNAMED)
def test_a_file_with_a_wrong_ending_is_taken_for_what_it_is(
    is_: str, called: str, uploaded_as: str, mime: str
) -> None:
    found = format_of(called, len(GOOD[is_]), GOOD[is_][:HEAD_BYTES])
    assert (found.name_for(called), found.mime) == (uploaded_as, mime)


def test_where_the_bytes_fit_several_formats_the_name_decides() -> None:
    older = GOOD["before-brands.mov"]
    assert format_of("a.mp4", 9, older).mime == "video/mp4"
    assert format_of("a.jpg", 9, older).mime == "video/quicktime"
    assert format_of("a.webm", 9, GOOD["kind-named-late.mkv"]).mime == "video/webm"
    assert format_of("song.m4a", 9, _brand(b"isom")).mime == "audio/mp4"


def test_every_format_of_the_backend_is_accepted_and_tried() -> None:
    assert set(ACCEPTED_FORMATS) <= {_ending(name) for name in GOOD}
    assert {_ending(name) for name in GOOD} == ENDINGS


@pytest.mark.parametrize(
    ("name", "size", "head", "code"),
    [
        ("a.png", 0, b"", "empty_file"),
        ("a.xyz", 0, b"", "empty_file"),
        ("a.mp4", MAX_UPLOAD_BYTES + 1, GOOD["clip.mp4"], "file_too_large"),
        ("a.pdf", 9, b"%PDF-1.7\n", "unsupported_file"),
        ("a", 9, GOOD["photo.png"], "unsupported_file"),
        ("png", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.png.exe", 9, GOOD["photo.png"], "unsupported_file"),
        ("a.mp3", 1, b"\xff", "unsupported_file"),
        ("a.mp4", 9, b"<!DOCTYPE html>", "unsupported_file"),
        ("a.jpg", 500, _brand(b"crx ", b"crx ", b"isom"), "unsupported_file"),
        ("a.jpg", 9, b"%PDF-1.7\n", "unsupported_file"),
        ("a.png", 9, b"BM" + bytes(60), "unsupported_file"),
        ("a.jpg", 9, b"II*\x00" + bytes(60), "unsupported_file"),
        ("a.jpg", 9, b"not an image", "unsupported_file"),
        ("a.gif", 1, b"G", "unsupported_file"),
    ],
)
def test_what_cannot_become_a_video_is_refused_with_advice(
    name: str, size: int, head: bytes, code: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        format_of(name, size, head[:HEAD_BYTES])
    assert caught.value.problem.code == code
    assert name in str(caught.value)
    assert caught.value.problem.advice


def test_as_large_as_allowed_is_accepted() -> None:
    assert format_of("a.mp4", MAX_UPLOAD_BYTES, GOOD["clip.mp4"][:HEAD_BYTES]).mime == "video/mp4"
