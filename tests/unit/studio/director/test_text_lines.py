"""Lines of text, found in pictures drawn so that their places are known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.text_lines import Box, text_lines

FONTS = Path(__file__).resolve().parents[4] / "studio" / "fonts"
SIZE = (960, 640)
Colour = tuple[int, int, int]


def textured(size: tuple[int, int], low: int, high: int) -> Image.Image:
    """A photo of nothing: soft noise."""
    noise = np.random.default_rng(3).integers(0, 255, (size[1], size[0], 3), np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 6)
    return Image.fromarray(cv2.normalize(soft, np.empty_like(soft), low, high, cv2.NORM_MINMAX))


def written(picture: Image.Image, height: int, ink: Colour, text: str = "Made to be used") -> list[Box]:
    """Write lines of a size; their boxes."""
    pencil = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONTS / "Inter.ttf", height)
    boxes = []
    for number in range(3):
        place = (80, 60 + round(number * 2 * height))
        pencil.text(place, text, ink, font)
        left, top, right, bottom = pencil.textbbox(place, text, font)
        boxes.append((left / SIZE[0], top / SIZE[1], right / SIZE[0], bottom / SIZE[1]))
    return boxes


def found_in(picture: Image.Image) -> list[Box]:
    return text_lines(np.asarray(picture.convert("L")))


def covered(box: Box, lines: list[Box]) -> float:
    """The share of a box, along its middle, that lines cover."""
    middle = (box[1] + box[3]) / 2
    across = [line for line in lines if line[1] <= middle <= line[3]]
    places = np.linspace(box[0], box[2], 200)
    return float(np.mean([any(line[0] <= place <= line[2] for line in across) for place in places]))


@pytest.mark.parametrize("height", [13, 18, 26, 40, 64, 96])
@pytest.mark.parametrize(
    ("ground", "ink"),
    [
        ("white", (30, 30, 30)),
        ("#10141c", (240, 240, 240)),
        ("#f4623a", (255, 255, 255)),
        (None, (255, 255, 255)),
    ],
)
def test_lines_of_any_size_and_colour_are_found(height: int, ground: str | None, ink: Colour) -> None:
    picture = Image.new("RGB", SIZE, ground) if ground else textured(SIZE, 20, 70)
    boxes = written(picture, height, ink)
    lines = found_in(picture)
    assert [covered(box, lines) > 0.85 for box in boxes] == [True] * 3
    if ground:
        assert max(line[3] - line[1] for line in lines) < 2.4 * height / SIZE[1]


def test_things_side_by_side_hide_no_line() -> None:
    """Shapes of one height on one level look like huge letters. The lines among them are found."""
    picture = Image.new("RGB", SIZE, (40, 40, 40))
    pencil = ImageDraw.Draw(picture)
    for number in range(5):
        pencil.rectangle((60 + 180 * number, 40, 180 + 180 * number, 300), fill=(84, 84, 84))
    boxes = written(picture, 22, (255, 255, 255), "Made to be used for many years and more")
    lines = found_in(picture)
    assert [covered(box, lines) > 0.85 for box in boxes] == [True] * 3
    assert max(line[3] - line[1] for line in lines) < 0.3


def test_other_scripts_are_found() -> None:
    picture = Image.new("RGB", SIZE, "white")
    pencil = ImageDraw.Draw(picture)
    pencil.text(
        (80, 60), "明前采摘三天送到", "black", ImageFont.truetype(FONTS / "NotoSansCJK-Bold-subset.otf", 30)
    )
    pencil.text((80, 260), "Привет из города", "black", ImageFont.truetype(FONTS / "Inter.ttf", 30))
    lines = found_in(picture)
    assert any(line[1] < 0.2 for line in lines)
    assert any(0.38 < line[1] < 0.5 for line in lines)


def test_a_picture_without_text_has_hardly_a_long_line() -> None:
    lines = found_in(textured(SIZE, 0, 255))
    assert len([line for line in lines if (line[2] - line[0]) * 1.5 > 5 * (line[3] - line[1])]) < 3
    assert found_in(Image.new("RGB", SIZE, "white")) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (31, 31)])
def test_a_picture_of_any_size_is_read(size: tuple[int, int]) -> None:
    assert text_lines(np.zeros((size[1], size[0]), np.uint8)) == []


def test_noise_takes_no_time() -> None:
    """More spots than letters could be: there is no text to be found."""
    noise = np.random.default_rng(1).integers(0, 255, (1600, 1600), np.uint8)
    assert len(text_lines(noise)) < 400
