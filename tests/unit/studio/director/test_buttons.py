"""The button of a screenshot that leads on, told by screenshots drawn so that the answer is known."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.boxes import common_area
from studio.director.buttons import find_button
from studio.director.framing import holds
from studio.director.looking import look_at
from studio.director.text_lines import Box

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"
SIZE = (1280, 800)


class Screen:
    """A page with a headline at the left, whose lines are known."""

    def __init__(self, ground: str = "#ffffff", ink: str = "#111111") -> None:
        self.picture = Image.new("RGB", SIZE, ground)
        self._pencil = ImageDraw.Draw(self.picture)
        self._ink = ink
        self.lines: list[Box] = []
        self.write((120, 180), "Kettles that sing", 64)

    def write(self, place: tuple[int, int], words: str, size: int, ink: str | None = None) -> None:
        face = ImageFont.truetype(FONT, size)
        self._pencil.text(place, words, ink or self._ink, face)
        left, top, right, bottom = self._pencil.textbbox(place, words, face)
        self.lines.append((left / SIZE[0], top / SIZE[1], right / SIZE[0], bottom / SIZE[1]))

    def button(
        self, box: tuple[int, int, int, int], words: str, fill: str = "#d8602c", radius: int = 8
    ) -> Box:
        self._pencil.rounded_rectangle(box, radius, fill=fill)
        face = ImageFont.truetype(FONT, 22)
        wide = face.getlength(words)
        self.write((round((box[0] + box[2] - wide) / 2), (box[1] + box[3]) // 2 - 14), words, 22, "#ffffff")
        return box[0] / SIZE[0], box[1] / SIZE[1], box[2] / SIZE[0], box[3] / SIZE[1]

    def field(self, box: tuple[int, int, int, int], words: str) -> None:
        self._pencil.rounded_rectangle(box, 6, fill="#f4f4f4", outline="#bbbbbb", width=2)
        self.write((box[0] + 16, (box[1] + box[3]) // 2 - 14), words, 22, "#666666")

    def found(self) -> Box | None:
        button = find_button(np.asarray(self.picture), self.lines)
        return button.box if button else None


@pytest.mark.parametrize("radius", [0, 8, 28])
@pytest.mark.parametrize(("ground", "ink"), [("#ffffff", "#111111"), ("#0b0d17", "#eeeeee")])
def test_the_button_below_the_headline_is_found_whole(radius: int, ground: str, ink: str) -> None:
    screen = Screen(ground, ink)
    screen.button((1100, 30, 1220, 78), "Sign in")
    first = screen.button((120, 330, 340, 388), "Order yours", radius=radius)
    second = screen.button((370, 330, 560, 388), "Learn more", "#555555", radius)
    found = screen.found()
    assert found is not None
    assert holds(found, first)
    assert not common_area(found, second)
    button = find_button(np.asarray(screen.picture), screen.lines)
    assert button is not None
    assert button.ground == ground


def test_the_submit_of_a_form_is_no_button_that_leads_on() -> None:
    below = Screen()
    below.field((120, 300, 520, 350), "E-mail")
    below.button((120, 380, 520, 436), "Log in")
    assert below.found() is None
    beside = Screen()
    beside.field((120, 330, 520, 388), "Your e-mail")
    beside.button((540, 330, 700, 388), "Submit")
    assert beside.found() is None


def test_a_menu_and_a_notice_have_no_button_that_leads_on() -> None:
    screen = Screen()
    screen.button((1100, 30, 1220, 78), "Sign in")
    screen.button((980, 720, 1200, 776), "Accept all")
    assert screen.found() is None


def test_a_button_on_a_photo_is_left_there() -> None:
    screen = Screen()
    noise = np.random.default_rng(1).integers(0, 255, (200, 400, 3), np.uint8)
    screen.picture.paste(Image.fromarray(noise), (60, 280))
    screen.button((120, 330, 340, 388), "Order yours")
    assert screen.found() is None


def test_a_screenshot_is_looked_at_for_its_button(tmp_path: Path) -> None:
    screen = Screen()
    box = screen.button((120, 330, 340, 388), "Order yours")
    for line in range(6):
        screen.write((120 + 620 * (line % 2), 460 + 50 * line), "Pours slowly, boils well, stays warm", 24)
    screen.picture.save(tmp_path / "screen.png")
    button = look_at(tmp_path / "screen.png").button
    assert button is not None
    assert holds(button.box, box)
