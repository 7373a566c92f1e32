# ruff: noqa: RUF001 - Chinese punctuation
"""Fonts by name or kind: those that the studio ships are used, others are named with what there is."""

from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from studio.director.direct import Directed, directed
from studio.director.edits import Edited, NotEdited, edit
from studio.director.fonts import font_of
from studio.director.language import read_instruction
from studio.draft import Caption, Font, Role, parse_draft
from studio.media.items import Media
from studio.render import typeface
from studio.render.layout import Style, fit
from studio.render.lettering import letter

FONTS = Path(__file__).resolve().parents[4] / "studio" / "fonts"


def of(instruction: str, *media: Media) -> Directed:
    made = directed(read_instruction(instruction), media)
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("instruction", "font"),
    [
        ('Make a video with the title "Halden", use the Lora font', Font.LORA),
        ("Make a video in a serif font", Font.LORA),
        ("Make a video in a sans-serif typeface", Font.INTER),
        ("Make a video. Font: Montserrat", Font.MONTSERRAT),
        ('Make a video and use the font "Oswald"', Font.OSWALD),
        ('Make a video with a "JetBrains Mono" font', Font.JETBRAINS_MONO),
        ("Make a video with a handwritten font", Font.CAVEAT),
        ("Make a video in a monospaced font, with music", Font.JETBRAINS_MONO),
        ("Erstelle ein Video. Schrift: Inter", Font.INTER),
        ("Erstelle ein Video mit einer Serifenschrift als Schriftart", Font.LORA),
        ("Crée une vidéo. Police : Lora", Font.LORA),
        ("Haz un vídeo, usa una fuente con serifa", Font.LORA),
        ("Haz un vídeo, usa una fuente sin serifa", Font.INTER),
        ("做一个视频，字体：Lora", Font.LORA),
        ("做一个视频，标题“Halden”，用手写字体", Font.CAVEAT),
        ("フォントはLoraで動画を作って", Font.LORA),
        ("Make a video", Font.INTER),
    ],
)
def test_a_font_that_is_shipped_is_used(photo: Media, instruction: str, font: Font) -> None:
    made = of(instruction, photo)
    assert made.draft.canvas.font is font
    assert parse_draft(made.draft.to_wire()).canvas.font is font
    assert made.not_done == ()
    assert font.lower() not in " ".join(text.meta.text.lower() for text in made.draft.captions)


@pytest.mark.parametrize(
    ("instruction", "named"),
    [
        ("Make a video, use the Papyrus font", "the Papyrus font (fonts: Inter, Lora, Montserrat, Oswald, "),
        ("Make a video in the Lorra font", "the Lorra font (did you mean Lora?)"),
        ('Make a video, use the font "Jetbrain"', "the font Jetbrain (did you mean JetBrains Mono?)"),
        ("做一个视频，标题“春茶”，字体：Lora", "字体：Lora (there is one font for each script but"),
    ],
)
def test_another_font_is_named_with_what_there_is(photo: Media, instruction: str, named: str) -> None:
    made = of(instruction, photo)
    assert made.draft.canvas.font is Font.INTER
    assert [said.english for said in made.not_done if said.english.startswith(named)], made.not_done


def test_an_edit_changes_the_font(photo: Media) -> None:
    draft = of("Make a video", photo).draft
    for instruction, font in (
        ("use the Lora font", Font.LORA),
        ("use another font", Font.MONTSERRAT),
        ("make the font bigger", Font.MONTSERRAT),
        ("换成手写字体", Font.CAVEAT),
    ):
        edited = edit(draft, instruction)
        assert isinstance(edited, Edited), instruction
        draft = edited.draft
        assert draft.canvas.font is font
    refused = edit(draft, "use the Papyrus font")
    assert isinstance(refused, NotEdited)
    assert "fonts: Inter" in refused.refusals[0].english


@pytest.mark.parametrize("font", Font)
def test_each_font_sets_the_alphabet_itself_and_leaves_the_rest_to_the_others(font: Font) -> None:
    for weight in (500, 800):
        (run,) = typeface.runs("The quick brown fox, 0-9 & más!", weight, font)
        names = {
            record.toUnicode()
            for record in TTFont(FONTS / run.face)["name"].names
            if record.nameID in {1, 16}
        }
        assert any(name.startswith(font) for name in names)
    assert len({run.face for run in typeface.runs("Lamp 字幕", 800, font)}) == 2


def test_a_font_is_seen() -> None:
    caption = Caption(text="Halden lamps", role=Role.TITLE)
    drawn = [letter(caption, 640, 360, font=font) for font in Font]
    masks = [lettering.mask for lettering in drawn if lettering is not None]
    assert len(masks) == len(Font)
    for index, mask in enumerate(masks):
        for other in masks[:index]:
            assert mask.shape != other.shape or not np.array_equal(mask, other)


@pytest.mark.parametrize("font", Font)
def test_a_line_in_any_font_fits_its_box(font: Font) -> None:
    style = Style(100, 800, 3, 10, font)
    lines = fit("An uncommonly long line about everything that happened on the coast", style, 700, 400)
    assert all(line.width <= 700 and line.font is font for line in lines)
    assert font_of(f"the {font} font") is font
