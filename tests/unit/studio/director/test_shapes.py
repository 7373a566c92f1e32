"""What is drawn on a page is found as whole things, and no crop of the page cuts one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director import framing
from studio.director.boxes import area_of, common_area
from studio.director.camera import crop_of
from studio.director.direct import direct
from studio.director.framing import Scenery, Wanted
from studio.director.language import read_instruction
from studio.director.material import gather
from studio.director.shapes import Shapes, clean_part, find_shapes, with_pale_cards
from studio.director.text_lines import Box
from studio.director.views import seen_in
from studio.director.vocabulary import Aspect
from studio.draft import Canvas, Crop, Draft, Layout, Move
from studio.media.intake import describe
from studio.media.items import Media, Part
from tests.support.selection import mostly_thorough
from tests.unit.studio.director.test_direct import FONT

ASPECTS = mostly_thorough((Aspect.WIDE, Aspect.TALL, Aspect.SQUARE), quick={Aspect.WIDE})
SIZE = 480, 320


def page() -> Image.Image:
    """An avatar of one colour, a button, and a card that holds both."""
    picture = Image.new("RGB", SIZE, (29, 155, 240))
    pencil = ImageDraw.Draw(picture)
    pencil.rounded_rectangle((60, 40, 420, 280), 8, fill="white")
    pencil.ellipse((80, 60, 130, 110), fill=(229, 72, 77))
    pencil.rounded_rectangle((160, 220, 240, 246), 4, fill=(255, 200, 0))
    return picture


def near(box: Box, other: tuple[int, int, int, int]) -> bool:
    shares = (other[0] / SIZE[0], other[1] / SIZE[1], other[2] / SIZE[0], other[3] / SIZE[1])
    return all(abs(one - two) < 0.015 for one, two in zip(box, shares, strict=True))


def test_drawings_of_few_colours_are_things_and_what_holds_them_is_a_card() -> None:
    found = find_shapes(np.asarray(page()), [])
    assert any(near(box, (80, 60, 131, 111)) for box in found.things)
    assert any(near(box, (160, 220, 241, 247)) for box in found.things)
    assert any(near(box, (60, 40, 421, 281)) for box in found.cards)
    assert not any(near(box, (60, 40, 421, 281)) for box in found.things)


def test_text_is_no_thing() -> None:
    picture = Image.new("RGB", SIZE, "white")
    ImageDraw.Draw(picture).text((40, 100), "Pours slowly", "black", ImageFont.truetype(FONT, 40))
    line = 30 / SIZE[0], 95 / SIZE[1], 400 / SIZE[0], 160 / SIZE[1]
    assert find_shapes(np.asarray(picture), [line]).things == ()


@pytest.mark.parametrize("shape", [0.6, 1.0, 1.8])
def test_a_frame_cuts_no_thing_where_there_is_a_way(shape: float) -> None:
    thing = 0.5, 0.35, 0.62, 0.5
    found = framing.frame(Wanted((0.3, 0.3, 0.48, 0.5), [shape]), Scenery(1, things=[thing]))
    assert found is not None
    assert framing.holds(found, thing) or not framing.is_cut(found, thing, 0)


def test_a_frame_may_lie_within_a_card() -> None:
    found = framing.frame(Wanted((0.4, 0.4, 0.6, 0.6), [1.0]), Scenery(1, cards=[(0.05, 0.05, 0.95, 0.95)]))
    assert found is not None
    assert found[2] - found[0] < 0.3


def test_a_sliver_of_a_neighbour_is_trimmed() -> None:
    scenery = Scenery(1, seams=[(0, 0.62, 1, 0.625)])
    kept = framing.trimmed((0.2, 0.2, 0.65, 0.65), (0.3, 0.3, 0.55, 0.55), scenery)
    assert kept[3] < 0.62
    assert kept[:3] == (0.2, 0.2, 0.65)
    # What is larger belongs to the picture, and so does what holds a part of the target.
    assert framing.trimmed((0.2, 0.2, 0.9, 0.9), (0.3, 0.3, 0.55, 0.55), scenery)[3] == 0.9
    assert framing.trimmed((0.2, 0.2, 0.65, 0.65), (0.3, 0.3, 0.55, 0.64), scenery)[3] == 0.65


def lines_of_text(size: tuple[int, int], first: int, count: int) -> Image.Image:
    picture = Image.new("RGB", size, "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 24)
    for line in range(count):
        pencil.text((60, first + 60 * line), "Pours slowly, boils in no time", "black", face)
    return picture


def test_text_that_a_screenshot_cuts_is_left_out() -> None:
    whole = lines_of_text((960, 660), 20, 11)
    *_, bottom = clean_part(np.asarray(whole.crop((0, 0, 960, 575))), [])
    assert 505 / 575 < bottom < 567 / 575
    assert clean_part(np.asarray(whole.crop((0, 0, 960, 600))), [])[3] == 1


def test_an_empty_end_is_trimmed_and_a_fair_margin_stays() -> None:
    picture = lines_of_text((960, 900), 20, 8)
    *_, bottom = clean_part(np.asarray(picture), [])
    assert 460 / 900 < bottom < 560 / 900
    ImageDraw.Draw(picture).rectangle((0, 600, 960, 900), fill=(26, 188, 156))
    assert clean_part(np.asarray(picture), [])[3] == pytest.approx(600 / 900, abs=0.01)


@pytest.fixture
def post(tmp_path: Path) -> Media:
    picture = page().resize((1200, 800))
    pencil = ImageDraw.Draw(picture)
    for line in range(3):
        pencil.text((200, 320 + 60 * line), "Two years and four", "black", ImageFont.truetype(FONT, 36))
    path = tmp_path / "Screenshot 2026-01-01.png"
    picture.save(path)
    return describe(path, path.name)


def directed(media: Media, aspect: Aspect, words: str) -> Draft:
    draft = direct(replace(read_instruction(words), aspect=aspect), [media])
    assert draft is not None
    return draft


@pytest.mark.parametrize("aspect", mostly_thorough(Aspect, quick={Aspect.WIDE}))
def test_no_scene_cuts_an_avatar_or_a_button(post: Media, aspect: Aspect) -> None:
    for shot in directed(post, aspect, 'title "The editor"').shots:
        crop = shot.meta.crop or Crop()
        seen = crop.left, crop.top, crop.left + crop.width, crop.top + crop.height
        for thing in ((80, 60, 130, 110), (160, 220, 240, 246)):
            box = thing[0] / 480, thing[1] / 320, thing[2] / 480, thing[3] / 320
            assert not framing.is_cut(seen, box, 0)


def test_an_upright_scene_that_is_not_filled_keeps_the_title(post: Media) -> None:
    draft = directed(post, Aspect.TALL, 'title "The editor"')
    for shot in draft.shots:
        if shot.meta.layout is Layout.CARD:
            continue
        crop = shot.meta.crop or Crop()
        shape = 1.5 * crop.width / crop.height
        has_text = any(shot.start <= caption.start < shot.end for caption in draft.captions)
        assert has_text or shape <= 1.001
        assert not has_text or shot.meta.layout is Layout.SPLIT


def tiles_of(
    columns: int, rows: int, size: tuple[int, int], top: int, left: int
) -> tuple[Image.Image, list[Box]]:
    """A page whose pictures stand side by side without gaps, and where they are."""
    width, height = size
    picture = Image.new("RGB", size, "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 56)
    pencil.text((90, 90), "Our kettles, all of them", "black", face)
    for line in range(4):
        text = "Pours slowly and boils very well indeed, day after day"
        pencil.text((90, 200 + 44 * line), text, "black", face.font_variant(size=24))
    wide, high = (width - 2 * left) // columns, 360 if height > width else 220
    shade = Image.linear_gradient("L").resize((wide, high))
    found: list[Box] = []
    for row in range(rows):
        for column in range(columns):
            x, y, hue = left + column * wide, top + row * high, 53 * (3 * row + 2 * column) % 256
            tile = Image.merge(
                "HSV", (Image.new("L", shade.size, hue), Image.new("L", shade.size, 150), shade)
            )
            thing = 0.3 * wide, 0.25 * high, 0.7 * wide, 0.8 * high
            ImageDraw.Draw(tile).ellipse(thing, ((hue + 120) % 256, 200, 220))
            picture.paste(tile.convert("RGB"), (x, y))
            found.append((x / width, y / height, (x + wide) / width, (y + high) / height))
    return picture, found


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize(
    ("columns", "rows", "size", "top", "left"),
    [(3, 3, (1280, 1740), 560, 0), (4, 2, (1280, 900), 420, 0), (3, 2, (1280, 1500), 520, 100)],
)
def test_a_tile_without_gaps_is_in_a_scene_or_out_of_it(  # noqa: PLR0917 - a table
    tmp_path: Path, aspect: Aspect, columns: int, rows: int, size: tuple[int, int], top: int, left: int
) -> None:
    picture, tiles = tiles_of(columns, rows, size, top, left)
    path = tmp_path / "Screenshot 2026-03-09.png"
    picture.save(path)
    media = describe(path, path.name)
    (item,) = gather([media]).items
    assert len(item.look.shapes.tiles) == columns * rows
    draft = directed(media, aspect, "make a video")
    for shot in draft.shots:
        if shot.meta.move is Move.SCROLL:
            continue
        view = seen_in(shot.meta, item, draft.canvas)
        parts = [common_area(view, tile) / area_of(tile) for tile in tiles]
        assert not any(0.04 < part < 0.96 for part in parts)


def test_a_button_whose_edge_a_photo_crosses_is_a_thing() -> None:
    picture = Image.new("RGB", SIZE, (70, 60, 55))
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 9)
    for x in range(0, 480, 12):
        pencil.line((x, 0, x + 160, 320), fill=(70 + x // 4, 90, 60), width=5)
    button = (190, 200, 290, 226)
    pencil.rounded_rectangle(button, 13, fill=(244, 98, 58))
    pencil.text((205, 207), "FIND OUT MORE", "white", face)
    line = 204 / 480, 207 / 320, 276 / 480, 218 / 320
    things = find_shapes(np.asarray(picture), [line]).things
    wanted = tuple(edge / side for edge, side in zip(button, (480, 320, 480, 320), strict=True))
    assert any(box == pytest.approx(wanted, abs=0.01) for box in things)


def test_a_card_that_hardly_differs_from_the_ground_is_found() -> None:
    """And what holds no text, or is no rectangle, is none."""
    picture = Image.new("RGB", SIZE, "#f6f7fb")
    pencil = ImageDraw.Draw(picture)
    pencil.rounded_rectangle((40, 40, 440, 140), 8, fill="white")
    pencil.rectangle((40, 160, 440, 220), fill="white")
    pencil.ellipse((40, 230, 200, 310), fill="white")
    lines = [(0.15, 0.2, 0.5, 0.26), (0.15, 0.82, 0.3, 0.86)]
    assert find_shapes(np.asarray(picture), lines).cards == ()
    (card,) = with_pale_cards(Shapes(), np.asarray(picture), "#f6f7fb", lines).cards
    assert near(card, (40, 40, 441, 141))


def test_a_card_of_a_screenshot_is_shown_whole(tmp_path: Path) -> None:
    picture = Image.new("RGB", (1920, 1080), "#0d1117")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 24)
    pencil.text((60, 40), "Production, last 24 hours", "white", face.font_variant(size=40))
    boxes = [(60 + 900 * column, 130 + 460 * row) for column in range(2) for row in range(2)]
    for x, y in boxes:
        pencil.rectangle((x, y, x + 870, y + 430), "#161d27")
        for line in range(6):
            pencil.text((x + 40, y + 30 + 60 * line), f"GET /v1/orders {line}     184 ms", "#aeb8c8", face)
    path = tmp_path / "Screenshot.png"
    picture.save(path)
    media = describe(path, path.name)
    (item,) = gather([media]).items
    assert len(item.look.shapes.cards) == len(boxes)
    cards = [spot for spot in item.spots if spot.part is Part.PICTURE]
    assert len(cards) == 3
    for width, height in ((1920, 1080), (1080, 1920), (1080, 1080)):
        canvas = Canvas(width=width, height=height, aspect="16:9")
        for spot in cards:
            crop = crop_of(item, spot, canvas)
            view = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
            shares = [common_area(view, card) / area_of(card) for card in item.look.shapes.cards]
            assert sorted(round(share, 2) for share in shares) == [0, 0, 0, 1]
