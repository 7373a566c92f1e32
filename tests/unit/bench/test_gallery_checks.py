"""The checks of the gallery find each fault in a film that was made with it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from bench.drawings import font
from bench.gallery_checks import Checked, check
from bench.gallery_inputs import Input
from studio.draft import parse_draft
from studio.media.items import Kind, Media
from studio.render.sources import Source

SIZE = (1280, 720)
LINE = (0.1, 0.4, 0.9, 0.55)
"""Where the picture's one line of text is."""
TITLE: dict[str, Any] = {
    "s": 0,
    "d": 4000,
    "m": {"text": "Kettles", "role": "title", "place": "top", "size": 0.6, "fade": 200},
}
GOOD: dict[str, Any] = {
    "src": "page",
    "fit": "contain",
    "ground": "colours",
    "layout": "split",
    "move": "zoom_in",
}


LAST: dict[str, Any] = {
    "s": 4000,
    "d": 3000,
    "m": {**GOOD, "layout": "card", "fade": 400, "transition": "push"},
}
NAME: dict[str, Any] = {"s": 4000, "d": 3000, "m": {"text": "Halden", "role": "closing", "scrim": False}}


@pytest.fixture
def page(tmp_path: Path) -> Media:
    picture = Image.new("RGB", SIZE, "white")
    face: ImageFont.FreeTypeFont = font(92, 700)
    ImageDraw.Draw(picture).text((128, 290), "Kettles that sing well", "black", face)
    picture.save(tmp_path / "page.png")
    return Media("page", "page", Kind.IMAGE, tmp_path / "page.png", "image/png", "0", *SIZE)


def checked(
    page: Media, shots: list[dict[str, Any]], *texts: dict[str, Any], captions: bool = False
) -> Checked:
    tracks: list[dict[str, Any]] = [{"tt": 0, "sg": shots}]
    if texts:
        tracks.append({"tt": 7, "sg": list(texts)})
    draft = parse_draft({"t": tracks, "m": {"width": 640, "height": 360, "captions": captions}})
    assert page.path is not None
    given = Input("page", "", page, [LINE], ["Kettles that sing well"])
    return check(given, draft, {"page": Source(page.path, Kind.IMAGE, "page")})


def test_a_good_film_passes(page: Media) -> None:
    title = {**TITLE, "m": {"text": "Kettles", "role": "title", "scrim": False}}
    assert checked(page, [{"d": 4000, "m": GOOD}, LAST], title, NAME).passes


def test_a_line_that_is_cut_is_found(page: Media) -> None:
    path = [{"x": 0.2, "zoom": 2}, {"x": 0.2, "zoom": 2.1}]
    found = checked(page, [{"d": 4000, "m": {"src": "page", "fit": "cover", "path": path}}])
    assert found.text_cut == 1
    crop = {"left": 0, "top": 0.3, "width": 0.5, "height": 0.4}
    assert checked(page, [{"d": 4000, "m": {**GOOD, "crop": crop}}]).text_cut == 1


def test_a_text_over_a_text_is_found(page: Media) -> None:
    over = {**TITLE, "m": {"text": "Kettles\nand pots", "role": "title", "place": "middle", "size": 2}}
    shot = {"d": 4000, "m": {"src": "page", "fit": "cover", "move": "zoom_in"}}
    assert checked(page, [shot], over).text_over_text == 1


def test_a_text_below_a_picture_that_made_room_for_it_is_not_over_it(page: Media) -> None:
    """The more words there are, the smaller is the picture of the last card."""
    said = "Kettles that sing in every kitchen of the north"
    name = {**NAME, "m": {**NAME["m"], "text": said, "size": 1.6}}
    assert checked(page, [{"d": 4000, "m": GOOD}, LAST], name).text_over_text == 0


CAPTION: dict[str, Any] = {"s": 0, "d": 4000, "m": {"text": "It sings", "role": "caption", "fade": 200}}
ACTION: dict[str, Any] = {"s": 0, "d": 4000, "m": {"text": "Order it", "role": "call_to_action", "fade": 200}}


@pytest.mark.thorough
def test_captions_have_their_own_room(page: Media) -> None:
    title = {**TITLE, "m": {"text": "Kettles", "role": "title", "scrim": False}}
    card = {"s": 2000, "d": 2000, "m": {}}
    last = [{**text, "s": 2000, "d": 2000} for text in (ACTION, CAPTION)]
    shots = [{"d": 2000, "m": GOOD}, card]
    found = checked(page, shots, {**title, "d": 2000}, *last, captions=True)
    assert (found.text_over_text, found.low_contrast) == (0, 0)
    assert checked(page, shots, {**title, "d": 2000}, *last).text_over_text == 1, "without the room"


@pytest.mark.thorough
def test_captions_over_a_line_of_the_picture_are_found(page: Media) -> None:
    assert page.path is not None
    moved = Image.new("RGB", SIZE, "white")
    moved.paste(Image.open(page.path).crop((0, 280, 1280, 420)), (0, 540))
    moved.save(page.path)
    shot = {"d": 4000, "m": {"src": "page", "fit": "cover", "move": "still"}}
    long = {
        **CAPTION,
        "m": {**CAPTION["m"], "text": "It sings on every stove in the whole house", "size": 1.4},
    }
    assert checked(page, [shot], long, captions=True).text_over_text == 1


@pytest.mark.thorough
def test_a_text_that_cannot_be_read_is_found(page: Media) -> None:
    pale = {**TITLE, "m": {**TITLE["m"], "scrim": False}}
    shot = {"d": 4000, "m": {"src": "page", "fit": "cover", "move": "zoom_in"}}
    found = checked(page, [shot], pale)
    assert found.low_contrast == 1
    hasty = {**TITLE, "d": 500, "m": {"text": "Five words in no time", "scrim": False}}
    assert checked(page, [{"d": 4000, "m": GOOD}], hasty).unreadable == 1


@pytest.mark.thorough
def test_what_rests_too_long_is_found(page: Media) -> None:
    found = checked(page, [{"d": 7000, "m": {**GOOD, "move": "still"}}])
    assert found.static_s > 4
    assert not found.passes


@pytest.mark.thorough
def test_empty_ground_is_found(page: Media) -> None:
    shots = [{"d": 2000, "m": {}}, {"s": 2000, "d": 2000, "m": GOOD}]
    found = checked(page, shots, {**TITLE, "s": 2000, "d": 2000})
    assert found.blank_s > 1.5
    assert not found.has_message


@pytest.mark.thorough
def test_an_end_without_a_name_is_found(page: Media) -> None:
    title = {**TITLE, "m": {"text": "Pots", "role": "title", "scrim": False}}
    assert checked(page, [{"d": 4000, "m": GOOD}], title).wrong_ending == 1
    assert checked(page, [{"d": 4000, "m": GOOD}, LAST], title, NAME).wrong_ending == 0


@pytest.mark.thorough
def test_scenes_that_hardly_differ_are_found(page: Media) -> None:
    full: dict[str, Any] = {**GOOD, "layout": "full"}
    whole = {"s": 4000, "d": 3000, "m": full}
    near = {"left": 0.05, "top": 0.3, "width": 0.9, "height": 0.4}
    found = checked(page, [{"d": 4000, "m": GOOD}, whole])
    assert (found.alike, found.framings) == (1, 1)
    found = checked(page, [{"d": 4000, "m": GOOD}, {**whole, "m": {**full, "crop": near}}])
    assert (found.alike, found.framings) == (0, 2)


@pytest.mark.thorough
def test_a_text_that_can_be_read_beside_itself_is_found(page: Media) -> None:
    said = {**TITLE, "m": {"text": "Kettles that sing", "role": "body", "scrim": False}}
    assert checked(page, [{"d": 4000, "m": GOOD}], said).said_twice == 1


@pytest.mark.thorough
def test_a_scene_that_waits_for_its_text_is_found(page: Media) -> None:
    late = {"s": 1500, "d": 2500, "m": {"text": "Pots", "role": "body", "scrim": False, "fade": 200}}
    assert checked(page, [{"d": 4000, "m": GOOD}], late).textless_s > 1.5


@pytest.mark.thorough
def test_filler_from_near_is_found(page: Media) -> None:
    draft = parse_draft(
        {
            "t": [{"tt": 0, "sg": [{"d": 4000, "m": {**GOOD, "crop": {"top": 0.3, "height": 0.5}}}]}],
            "m": {"width": 640, "height": 360},
        }
    )
    assert page.path is not None
    given = Input("page", "", page, [LINE], ["Lorem ipsum dolor sit amet"])
    assert check(given, draft, {"page": Source(page.path, Kind.IMAGE, "page")}).filler == 1


@pytest.mark.thorough
def test_a_view_of_bare_sky_is_found(tmp_path: Path) -> None:
    rows = np.linspace(120, 200, 750).reshape(-1, 1)
    photo = np.repeat(rows, 1200, axis=1)
    photo[450:] = np.random.default_rng(2).integers(0, 120, (75, 300)).repeat(4, 0).repeat(4, 1)
    Image.fromarray(photo.astype(np.uint8)).convert("RGB").save(tmp_path / "page.jpg")
    media = Media("page", "page", Kind.IMAGE, tmp_path / "page.jpg", "image/jpeg", "0", 1200, 750)
    for y, flat in ((0.3, 1), (0.7, 0)):
        path = [{"y": y, "zoom": 2}, {"y": y, "zoom": 2.1}]
        assert checked(media, [{"d": 4000, "m": {"src": "page", "fit": "cover", "path": path}}]).flat == flat


@pytest.mark.thorough
def test_a_picture_with_nothing_to_see_at_an_end_is_found(page: Media) -> None:
    blank = {"left": 0, "top": 0, "width": 0.5, "height": 0.3}
    assert checked(page, [{"d": 4000, "m": {**GOOD, "crop": blank}}, LAST]).empty == 1
    last = {**LAST, "m": {**GOOD, "layout": "card", "crop": blank}}
    assert checked(page, [{"d": 4000, "m": GOOD}, last]).empty == 1
    assert checked(page, [{"d": 4000, "m": GOOD}, LAST]).empty == 0


@pytest.mark.thorough
def test_a_headline_beside_two_pictures_of_a_page_is_found(page: Media) -> None:
    shots = [{"s": start, "d": 3000, "m": GOOD} for start in (0, 3000)]
    said = [{"s": start, "d": 3000, "m": {"text": "Halden", "role": "title"}} for start in (0, 3000)]
    draft = parse_draft(
        {"t": [{"tt": 0, "sg": shots}, {"tt": 7, "sg": said}], "m": {"width": 640, "height": 360}}
    )
    assert page.path is not None
    sources = {"page": Source(page.path, Kind.IMAGE, "page")}
    for is_page in (True, False):
        given = Input("page", "", page, [LINE], ["Kettles that sing well"], is_page=is_page)
        assert check(given, draft, sources).said_twice == is_page
