"""Pictures as phones and cameras make them: what is uploaded is what the phone shows."""

import io
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from pictures import converting
from pictures.converting import converted
from tests.awkward_media.ffmpeg import card
from tests.awkward_media.pictures import P3, STORED, in_profile, profile
from tests.template.sam import read_template
from videos.model.errors import RefusedError

pillow_heif.register_heif_opener()

KINDS = ("HEIF", "AVIF")
PROPERTIES = read_template()["Resources"]["PrepareFunction"]["Properties"]
ORIENTATION = 0x0112
NEAR = 8  # what two lossy encodings change


def _encoded(kind: str, picture: Image.Image, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    body = io.BytesIO()
    picture.save(body, kind, quality=95, **options)
    return body.getvalue()


def _shown(content: bytes, name: str = "IMG_1.heic") -> Image.Image:
    picture = converted(name, io.BytesIO(content))
    return Image.open(io.BytesIO(picture.content))


def _differs(found: Image.Image, wanted: Image.Image) -> float:
    assert found.size == wanted.size
    pixels = np.asarray(found.convert("RGB")).astype(int), np.asarray(wanted.convert("RGB")).astype(int)
    return float(np.abs(pixels[0] - pixels[1]).mean())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "becomes"), [("IMG_1.HEIC", "IMG_1.jpg"), ("a.b.jpg", "a.b.jpg"), ("x", "x.jpg")]
)
def test_a_photo_becomes_a_jpeg_under_its_name(kind: str, name: str, becomes: str) -> None:
    picture = converted(name, io.BytesIO(_encoded(kind, card())))
    assert (picture.name, picture.mime) == (becomes, "image/jpeg")
    shown = Image.open(io.BytesIO(picture.content))
    assert (shown.format, shown.mode) == ("JPEG", "RGB")
    assert _differs(shown, card()) < NEAR


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright_once(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    turned = card().transpose(STORED[orientation]) if orientation in STORED else card()
    shown = _shown(_encoded(kind, turned, exif=exif.tobytes()))
    assert _differs(shown, card()) < NEAR
    assert shown.getexif().get(ORIENTATION, 1) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_colours_of_its_profile_are_shown(kind: str) -> None:
    content = profile(P3)
    wide = in_profile(content)
    shown = _shown(_encoded(kind, wide, icc_profile=content))
    assert _differs(shown, card()) < NEAR < _differs(shown, wide) + NEAR
    assert _differs(shown, card()) < _differs(wide, card())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [b"no profile", profile(P3)[:200]])
def test_a_damaged_profile_does_not_count(kind: str, bad: bytes) -> None:
    assert _differs(_shown(_encoded(kind, card(), icc_profile=bad)), card()) < NEAR


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_transparent_stays_so_as_a_png(kind: str) -> None:
    picture = card().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    found = converted("cutout.heic", io.BytesIO(_encoded(kind, picture)))
    assert (found.name, found.mime) == ("cutout.png", "image/png")
    shown = Image.open(io.BytesIO(found.content))
    assert shown.mode == "RGBA"
    alphas = [np.asarray(each.getchannel("A")).astype(int) for each in (shown, picture)]
    assert np.abs(alphas[0] - alphas[1]).mean() < NEAR


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_could_be_transparent_and_is_not_becomes_a_jpeg(kind: str) -> None:
    assert _shown(_encoded(kind, card().convert("RGBA"))).format == "JPEG"


@pytest.mark.parametrize("kind", KINDS)
def test_grey_pictures_are_taken(kind: str) -> None:
    assert _differs(_shown(_encoded(kind, card().convert("L"))), card().convert("L")) < NEAR


def test_ten_bits_become_eight() -> None:
    values = np.asarray(card()).astype(np.uint16) * 257
    body = io.BytesIO()
    deep = pillow_heif.from_bytes(mode="RGB;16", size=card().size, data=values.tobytes())
    deep.save(body, quality=95)
    assert pillow_heif.open_heif(io.BytesIO(body.getvalue()), convert_hdr_to_8bit=False).info["bit_depth"] > 8
    assert _differs(_shown(body.getvalue(), "canon.hif"), card()) < NEAR


def test_nothing_of_where_and_when_is_passed_on() -> None:
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    assert not dict(_shown(_encoded("HEIF", card(), exif=exif)).getexif())


def test_of_several_pictures_in_a_heic_the_first_is_shown() -> None:
    album = pillow_heif.from_pillow(card())
    album.add_from_pillow(Image.new("RGB", (64, 64), "white"))
    body = io.BytesIO()
    album.save(body, quality=95)
    assert _differs(_shown(body.getvalue(), "burst.heics"), card()) < NEAR


def _animation(frames: int = 3) -> bytes:
    pictures = [Image.new("RGB", (64, 48), (80 * number, 120, 200)) for number in range(frames)]
    return _encoded("AVIF", pictures[0], save_all=True, append_images=pictures[1:], duration=[100, 200, 300])


def test_an_animation_keeps_moving() -> None:
    found = converted("moving.avifs", io.BytesIO(_animation()))
    assert (found.name, found.mime) == ("moving.webp", "image/webp")
    shown = Image.open(io.BytesIO(found.content))
    assert getattr(shown, "n_frames", 1) == 3
    for number, (red, duration) in enumerate(zip((0, 80, 160), (100, 200, 300), strict=True)):
        shown.seek(number)
        assert shown.convert("RGB").getpixel((5, 5)) == pytest.approx((red, 120, 200), abs=NEAR)
        assert shown.info["duration"] == duration


def test_an_animation_that_is_too_long_becomes_its_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MOST_PIXELS_IN_MOTION", 3 * 64 * 48 - 1)
    assert _shown(_animation()).format == "JPEG"


def test_too_many_pixels_are_refused_before_they_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MOST_PIXELS", 320 * 180 - 1)
    with pytest.raises(RefusedError, match="320x180 pixels") as refused:
        _shown(_encoded("HEIF", card()))
    assert refused.value.problem.code == "file_too_large"


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "MAX_BYTES", 1024 * 1024)
    with pytest.raises(RefusedError, match="more than 1 MB"):
        converted("a.heic", io.BytesIO(bytes(2 * 1024 * 1024)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("keeps", [40, 300, 0.6])
def test_a_damaged_picture_is_refused_with_advice(kind: str, keeps: float) -> None:
    content = _encoded(kind, card())
    with pytest.raises(RefusedError, match=r"“IMG_1.heic” cannot be opened") as refused:
        _shown(content[: int(keeps * len(content)) if keeps < 1 else int(keeps)])
    assert "JPEG" in refused.value.problem.advice


def test_other_formats_are_not_opened() -> None:
    with pytest.raises(RefusedError):
        _shown(_encoded("PNG", card()))


@pytest.mark.parametrize("bad", [b"Exif\0\0II*\0", b"Exif\0\0\xf9M\0*\0\0\0\x08\0\0"])
def test_damaged_metadata_does_not_count(bad: bytes) -> None:
    assert _differs(_shown(_encoded("HEIF", card(), exif=bad)), card()) < NEAR


def test_the_longest_animation_fits_into_the_memory_of_its_function() -> None:
    """Pillow encodes an animation from all its frames at once, and has four bytes for each pixel."""
    memory = PROPERTIES["MemorySize"] * 1024 * 1024
    assert memory / 2 > 4 * converting.MOST_PIXELS_IN_MOTION
