"""A notice over a screenshot is found by its looks, and no part of a video shows it from near."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.looking import Look, look_at

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"
SIZE = 1280, 800
SENTENCE = "We use cookies to measure our audience and to show adverts that fit."


def page(pencil: ImageDraw.ImageDraw) -> None:
    face = ImageFont.truetype(FONT, 60)
    pencil.text((120, 100), "Kettles that sing", "black", face)
    for line in range(12):
        pencil.text(
            (120, 220 + 48 * line), "Pours slowly, boils well, and sings", "black", face.font_variant(size=22)
        )


def seen(tmp_path: Path, box: tuple[int, int, int, int], ground: str, button: str | None, said: str) -> Look:
    picture = Image.new("RGB", SIZE, "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 20)
    page(pencil)
    pencil.rectangle(box, ground)
    ink = "white" if ground < "#8" else "black"
    pencil.text((box[0] + 40, box[1] + 30), said, ink, face)
    if button:
        left, top = box[2] - 200, box[3] - 66
        pencil.rectangle((left, top, left + 150, top + 44), button)
        pencil.text((left + 24, top + 9), "Accept all", "white", face)
    path = tmp_path / "Screenshot.png"
    picture.save(path)
    return look_at(path)


@pytest.mark.parametrize("ground", ["#1b1b1b", "#f0f2f5"])
def test_a_band_with_a_sentence_and_a_button_is_cut_off(tmp_path: Path, ground: str) -> None:
    look = seen(tmp_path, (0, 690, 1280, 800), ground, "#2a6fdb", SENTENCE)
    assert 0.8 < look.clean[3] <= 690 / 800
    assert all(line[3] <= 690 / 800 for line in look.lines)
    assert all(spot.y + spot.height <= 690 / 800 for spot in look.spots)


def test_a_card_in_a_corner_is_an_aside(tmp_path: Path) -> None:
    look = seen(tmp_path, (500, 600, 1256, 776), "#1b1b1b", "#2a6fdb", SENTENCE)
    (aside,) = look.asides
    assert aside == pytest.approx((500 / 1280, 600 / 800, 1257 / 1280, 777 / 800), abs=0.01)
    assert look.clean[3] > 0.98


@pytest.mark.parametrize(
    ("button", "said"), [(None, SENTENCE), ("#2a6fdb", "Total €149")], ids=["a caption", "a bar of an app"]
)
def test_a_band_without_a_button_or_a_sentence_is_a_part_of_the_page(
    tmp_path: Path, button: str | None, said: str
) -> None:
    look = seen(tmp_path, (0, 690, 1280, 800), "#1b1b1b", button, said)
    assert look.asides == ()
    assert any(line[1] > 690 / 800 for line in look.lines)
