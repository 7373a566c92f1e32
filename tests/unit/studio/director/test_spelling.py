"""Whether a line of a picture spells a text: in any font, in capitals, over two lines, light on dark."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.spelling import Written, spells, written
from studio.director.text_lines import text_lines

FONTS = Path(__file__).resolve().parents[4] / "studio" / "fonts"


def shown(
    text: str, face: str = "Montserrat-Bold.ttf", ink: int = 0, ground: int = 255
) -> tuple[Written, ...]:
    sheet = Image.new("L", (960, 320), ground)
    font = ImageFont.truetype(FONTS / face, 54)
    ImageDraw.Draw(sheet).multiline_text((60, 80), text, ink, font, spacing=18)
    picture = np.asarray(sheet)
    return written(picture, text_lines(picture))


@pytest.mark.parametrize("face", ["Montserrat-Medium.ttf", "Inter.ttf", "Lora-Bold.ttf", "Oswald-Medium.ttf"])
@pytest.mark.parametrize("text", ["Plainmail", "GRAYSCALE", "Grow with us"])
def test_a_text_is_recognised_in_a_line(text: str, face: str) -> None:
    assert spells(shown(text, face), text)
    assert spells(shown(text, face, ink=240, ground=20), text.title())
    assert not spells(shown(text, face), "Three reasons")
    assert not spells(shown(text, face), "Kettles that sing")


def test_a_text_is_recognised_as_a_part_and_over_two_lines() -> None:
    lines = shown("Generate more leads\nwith a landing page")
    assert spells(lines, "More leads")
    assert spells(lines, "Generate more leads with a landing page")
    assert not spells(lines, "Fewer clicks")


def test_what_no_font_here_has_is_not_recognised() -> None:
    assert not spells(shown("Plainmail"), "山间茶")
    assert not spells(shown("Plainmail"), "a")
