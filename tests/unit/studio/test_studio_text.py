# ruff: noqa: RUF001 - Chinese punctuation
import math

import numpy as np
import pytest

from studio.draft import Caption, Role
from studio.render.planes import Planes, colour_of
from studio.render.text import Block, Setting, Title, layout

SETTING = Setting(size=0.1, weight=800, lines=4, width=0.8, centre=0.5)
LONG = (
    "An uncommonly long title about everything that happened on the coast this summer and the one before it "
    * 3
)
SIZES = [(1920, 1080), (1080, 1920), (1080, 1080)]


def grey(width: int, height: int, level: int = 235) -> Planes:
    canvas = Planes.empty(width, height)
    canvas.y[:], canvas.u[:], canvas.v[:] = level, 128, 128
    return canvas


def fits(block: Block, width: int, height: int) -> bool:
    return all(block.font.getlength(line) <= width for line in block.lines) and block.height <= height


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize(
    "text", ["Hi", "Urban Dreams", LONG, "x" * 600, "城市之梦：夜色中的上海" * 12, "a\nb", "🎉", " "]
)
def test_no_text_is_cut_off(text: str, width: int, height: int) -> None:
    block = layout(text, SETTING, 1, width, height)
    assert fits(block, round(0.8 * width), round(0.8 * height))


@pytest.mark.parametrize("text", [LONG, "x" * 600, "城市之梦，夜色中的上海。" * 12])
def test_every_character_is_set(text: str) -> None:
    lines = layout(text, SETTING, 1, 1080, 1920).lines
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_short_title_is_set_at_full_size() -> None:
    assert layout("Urban Dreams", SETTING, 1, 1920, 1080).font.size == 108
    assert layout("Urban Dreams", SETTING, 1.3, 1920, 1080).font.size == 140


def test_lines_are_even() -> None:
    lines = layout("one two three four five six seven eight nine ten eleven", SETTING, 1, 1080, 1080).lines
    lengths = [len(line) for line in lines]
    assert len(lines) > 1
    assert min(lengths) > max(lengths) / 2


def test_chinese_lines_do_not_begin_with_punctuation() -> None:
    lines = layout("城市之梦，夜色中的上海。" * 6, SETTING, 1, 1080, 1920).lines
    assert not any(line.startswith(("，", "。")) for line in lines)


@pytest.mark.parametrize("role", Role)
def test_white_text_is_readable_on_white(role: Role) -> None:
    canvas = grey(640, 360)
    Title(Caption(text="Urban Dreams", role=role), 640, 360).draw(canvas, 1, 2)
    rows, columns = np.nonzero(canvas.y > 230)
    # The lower third leaves the rest of the frame as it is; look around the letters only.
    around = canvas.y
    if role is Role.LOWER_THIRD:
        around = canvas.y[270:300, 70:150]
        rows, columns = np.nonzero(around > 215)
    assert rows.size
    assert columns.size
    # WCAG 2: at least 3 between large text and its ground, in linear light.
    ground = float(np.percentile(around, 20)) - 16
    assert 1.05 / ((ground / 219) ** 2.2 + 0.05) > 3


def test_what_lies_behind_a_text_is_softened() -> None:
    striped = Planes.empty(640, 360)
    striped.y[:], striped.u[:], striped.v[:] = 60, 128, 128
    striped.y[:, ::8] = 180
    dimmed = Planes(*(plane.copy() for plane in striped.all))
    Title(Caption(text="Urban Dreams"), 640, 360).draw(dimmed, 1, 2)
    assert float(dimmed.y[:60].std()) < 0.2 * float(striped.y[:60].std())
    untouched = Planes(*(plane.copy() for plane in striped.all))
    Title(Caption(text="Urban Dreams", scrim=False), 640, 360).draw(untouched, 1, 2)
    assert np.array_equal(untouched.y[:60], striped.y[:60])


def test_a_text_without_end_stays() -> None:
    title = Title(Caption(text="Urban Dreams", scrim=False), 640, 360)
    early, late = grey(640, 360, 60), grey(640, 360, 60)
    title.draw(early, 1, math.inf)
    title.draw(late, 100, math.inf)
    assert np.array_equal(early.y, late.y)
    assert early.y.max() > 200


def test_a_text_appears_and_goes() -> None:
    title = Title(Caption(text="Urban Dreams", colour="#ff5a52", scrim=False), 640, 360)
    untouched = grey(640, 360, 60)
    shown = {}
    for moment in (0.0, 0.1, 1.0, 1.9, 2.0):
        canvas = grey(640, 360, 60)
        title.draw(canvas, moment, 2)
        shown[moment] = float(np.abs(canvas.y.astype(int) - untouched.y).sum())
    assert shown[0.0] == shown[2.0] == 0
    assert 0 < shown[0.1] < shown[1.0]
    assert 0 < shown[1.9] < shown[1.0]


def test_the_text_has_the_colour_asked_for() -> None:
    canvas = grey(640, 360, 60)
    Title(Caption(text="Urban Dreams", colour="#ffd84d", scrim=False), 640, 360).draw(canvas, 1, 2)
    luma, blue, _ = colour_of("#ffd84d")
    assert abs(int(canvas.y.max()) - luma) <= 1
    assert abs(int(canvas.u.min()) - blue) <= 2
