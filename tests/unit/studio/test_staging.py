"""Scenes of a picture and a text: laid out for each format, with room between the two."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from studio.director.vocabulary import Aspect
from studio.draft import Caption, CaptionSegment, Role, parse_draft
from studio.media.items import Kind
from studio.render import pictures
from studio.render.camera import ease
from studio.render.film import Film, Reel
from studio.render.lettering import letter
from studio.render.planes import Planes
from studio.render.sources import Source
from studio.staging import Area, safe_area, split, window, with_button

SIZES = [aspect.size for aspect in Aspect]
LONG = "An uncommonly long line about everything that happened on the coast this summer and the one before"


def apart(one: Area, other: Area) -> bool:
    return (
        one.right <= other.left
        or other.right <= one.left
        or one.bottom <= other.top
        or other.bottom <= one.top
    )


@pytest.mark.parametrize("bleeds", [False, True])
@pytest.mark.parametrize("shape", [0.5, 1.0, 1.78, 2.4])
@pytest.mark.parametrize("size", SIZES)
def test_picture_and_text_do_not_touch(size: tuple[int, int], shape: float, bleeds: bool) -> None:  # noqa: FBT001
    stage = split(*size, shape, bleeds=bleeds)
    assert apart(stage.picture, stage.text)
    safe = safe_area(*size)
    assert safe.left <= stage.text.left
    assert stage.text.right <= safe.right
    assert safe.top <= stage.text.top
    assert stage.text.bottom <= safe.bottom + 0.02 * size[1]
    if bleeds:
        assert {stage.picture.top, stage.picture.right - size[0]} == {0}


@pytest.mark.parametrize("size", SIZES)
def test_upright_texts_leave_the_edges_to_the_player(size: tuple[int, int]) -> None:
    if size[1] > size[0]:
        text = split(*size, 1, bleeds=False).text
        assert text.top >= 0.14 * size[1]
        assert text.bottom <= 0.8 * size[1]


@pytest.mark.parametrize("size", [size for size in SIZES if size[1] > size[0]])
def test_the_ground_of_an_upright_scene_is_not_half_of_it(size: tuple[int, int]) -> None:
    stage = split(*size, 1.6, bleeds=True)
    assert stage.picture.bottom >= 0.57 * size[1]
    assert 0 < stage.text.top - stage.picture.bottom < 0.03 * size[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "text", ["Made by hand\nHalden", LONG, "halden-lamps-and-shades.example", "山间茶\n明前采摘"]
)
def test_a_text_beside_a_picture_stays_in_its_area(size: tuple[int, int], role: Role, text: str) -> None:
    area = split(*size, 1.3, bleeds=False).text
    found = letter(Caption(text=text, role=role, scrim=False), *size, area)
    assert found is not None
    rows, columns = np.nonzero(found.mask > 0.5)
    assert area.left - 2 <= found.x + columns.min() <= found.x + columns.max() <= area.right + 2
    assert area.top - 2 <= found.y + rows.min() <= found.y + rows.max() <= area.bottom + 2


@pytest.mark.parametrize("size", SIZES)
def test_a_headline_beside_a_picture_is_large(size: tuple[int, int]) -> None:
    """7 to 9 % of the height of a wide frame; 4.5 to 6 % of an upright one, with what upright adds."""
    from studio.render import lettering  # noqa: PLC0415 - its table

    share = lettering._BESIDE[Role.TITLE].size * min(size) / size[1]  # noqa: SLF001 - as above
    assert 0.045 <= share <= 0.09


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [0.2, 1.0, 1.6])
def test_a_window_is_even_and_on_the_canvas(size: tuple[int, int], shape: float) -> None:
    place = window(*size, shape)
    assert not any(side % 2 for side in (place.x, place.y, place.width, place.height, place.bar))
    assert 0 < place.x < place.x + place.width < size[0]
    assert 0 < place.y - place.bar < place.y + place.height < size[1]


def film(
    tmp_path: Path, size: tuple[int, int], shots: list[dict[str, object]], *texts: CaptionSegment
) -> Film:
    Image.new("RGB", (800, 600), (200, 30, 30)).save(tmp_path / "red.png")
    tracks: list[dict[str, object]] = [{"tt": 0, "sg": shots}]
    if texts:
        tracks.append({"tt": 7, "sg": [text.model_dump(mode="json") for text in texts]})
    draft = parse_draft({"t": tracks, "m": {"width": size[0], "height": size[1]}})
    return Film(draft, {"red": Source(tmp_path / "red.png", Kind.IMAGE, "red.png")})


def reds(film_: Film, number: int) -> np.ndarray:
    """Where a frame is red."""
    target = Planes.empty(*film_.size)
    Reel(film_).draw(number, target)
    return np.asarray(target.v > 170)


@pytest.mark.parametrize("fit", ["contain", "cover"])
@pytest.mark.parametrize("size", [(640, 360), (360, 640), (360, 360)])
def test_the_picture_leaves_the_texts_area_free(tmp_path: Path, size: tuple[int, int], fit: str) -> None:
    shot = {
        "d": 2000,
        "m": {"src": "red", "fit": fit, "layout": "split", "ground": "colours", "move": "zoom_in"},
    }
    title = CaptionSegment(start=0, duration=2000, meta=Caption(text="Red", scrim=False))
    split_film = film(tmp_path, size, [shot], title)
    area = split(*size, 800 / 600, bleeds=fit == "cover").text
    for number in (0, 30, 59):
        seen = reds(split_film, number)
        assert seen.mean() > 0.1
        assert not seen[area.top // 2 : area.bottom // 2, area.left // 2 : area.right // 2].any()


def test_a_split_scene_without_text_gives_the_picture_the_canvas(tmp_path: Path) -> None:
    shot = {"d": 2000, "m": {"src": "red", "fit": "contain", "layout": "split", "ground": "colours"}}
    seen = np.flatnonzero(reds(film(tmp_path, (640, 360), [shot]), 0).any(axis=0))
    assert abs(seen[0] + seen[-1] - 319) <= 2


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_a_scene_pushes_the_other_one_out(tmp_path: Path, size: tuple[int, int]) -> None:
    shots: list[dict[str, object]] = [
        {"d": 1000, "m": {"colours": ["#101010", "#202020"]}},
        {"s": 1000, "d": 1000, "m": {"src": "red", "fit": "cover", "fade": 400, "transition": "push"}},
    ]
    pushing = film(tmp_path, size, shots)
    shares = []
    for number in range(30, 44):
        seen = reds(pushing, number)
        axis = 1 if size[1] > size[0] else 0
        filled = np.asarray(seen.any(axis=axis))
        # It comes from the right, or from below, whole and unmixed.
        assert (seen == np.expand_dims(filled, axis)).all()
        assert list(filled) == sorted(filled)
        shares.append(float(filled.mean()))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_a_ground_that_two_scenes_share_rests_while_they_change(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """Else its two ends would meet in a seam that crosses the canvas."""
    colours = ["#103050", "#a04020"]
    red = {"src": "red", "fit": "contain", "ground": "colours", "colours": colours, "move": "still"}
    shots: list[dict[str, object]] = [
        {"d": 1000, "m": {"colours": colours}},
        {"s": 1000, "d": 1000, "m": {**red, "fade": 400, "transition": "push"}},
        {"s": 2000, "d": 1000, "m": {**red, "fade": 400, "transition": "push"}},
    ]
    changing = film(tmp_path, size, shots)
    reel, rest, target = Reel(changing), Planes.empty(*size), Planes.empty(*size)
    reel.draw(0, rest)
    for number in (*range(30, 43), *range(60, 73)):
        reel.draw(number, target)
        edges = np.s_[:4, :], np.s_[-4:, :], np.s_[:, :4], np.s_[:, -4:]
        for edge in edges[2:] if size[1] > size[0] else edges[:2]:
            assert np.abs(target.y[edge].astype(int) - rest.y[edge]).max() <= 8
    alone = Planes.empty(*size)
    reel.draw(55, alone)
    reel.draw(73, target)
    assert np.abs(target.y.astype(int) - alone.y).mean() < 1


@pytest.mark.parametrize("second", [["#103050", "#a04020"], ["#204010", "#101040"]])
@pytest.mark.parametrize("size", [(640, 360), (360, 640), (360, 360)])
def test_nothing_of_the_ground_moves_with_pictures_and_texts(
    tmp_path: Path, size: tuple[int, int], second: list[str]
) -> None:
    """Outside of them, a frame is both scenes' grounds, one fading into the other."""
    first = ["#103050", "#a04020"]
    red = {"src": "red", "fit": "contain", "ground": "colours", "layout": "split"}
    shots: list[dict[str, object]] = [
        {"d": 1000, "m": {**red, "colours": first, "move": "zoom_in"}},
        {
            "s": 1000,
            "d": 1000,
            "m": {**red, "colours": second, "move": "zoom_out", "fade": 400, "transition": "push"},
        },
    ]
    texts = [
        CaptionSegment(start=start, duration=1000, meta=Caption(text="A\nred", scrim=False))
        for start in (0, 1000)
    ]
    reel, target = Reel(film(tmp_path, size, shots, *texts)), Planes.empty(*size)
    grounds = [
        Planes.from_rgb(pictures.gradient((colours[0], colours[1]), *size)).y.astype(float)
        for colours in (first, second)
    ]
    reach = round(0.18 * min(size))
    for number in (29, 33, 36, 39, 45):
        reel.draw(number, target)
        share = ease((number / 30 - 1) / 0.4)
        things = (np.repeat(np.repeat(target.v > 155, 2, 0), 2, 1) | (target.y > 150)).astype(np.uint8)
        around = np.asarray(cv2.dilate(things, np.ones((reach, reach), np.uint8)))
        blend = (1 - share) * grounds[0] + share * grounds[1]
        assert np.abs(target.y - blend)[around == 0].max() <= 2


def test_a_page_with_the_colour_of_the_ground_stays_whole_while_scenes_change(tmp_path: Path) -> None:
    """A dark part of a page looks like the ground that it stands on."""
    size, dark = (640, 360), (14, 90, 94)
    page = np.full((300, 480, 3), dark, np.uint8)
    page[:60], page[240:] = 255, 255
    page[120:160, 120:360:4] = 255  # letters on the dark part
    Image.fromarray(page).save(tmp_path / "page.png")
    shot = {"src": "page", "fit": "contain", "ground": "colours", "colours": ["#0e5a5e"] * 2, "move": "still"}
    draft = parse_draft(
        {
            "t": [
                {
                    "tt": 0,
                    "sg": [
                        {"d": 1000, "m": shot},
                        {"s": 1000, "d": 1000, "m": {**shot, "fade": 400, "transition": "push"}},
                    ],
                }
            ],
            "m": {"width": size[0], "height": size[1]},
        }
    )
    reel = Reel(Film(draft, {"page": Source(tmp_path / "page.png", Kind.IMAGE, "page.png")}))
    whole, target = Planes.empty(*size), Planes.empty(*size)
    reel.draw(0, whole)
    reel.draw(36, target)
    middle = np.s_[120:240]
    for moved in range(300, 340, 2):
        if np.abs(target.y[middle, :200].astype(int) - whole.y[middle, moved : moved + 200]).mean() < 1:
            break
    else:
        pytest.fail("the page that goes is not whole")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920), (1080, 1080)])
@pytest.mark.parametrize("button", [(120, 40), (400, 120), (1600, 160), (60, 60)])
def test_a_button_stands_below_the_words_and_both_in_the_middle(
    width: int, height: int, button: tuple[int, int]
) -> None:
    stage = with_button(width, height, button, 200)
    safe, picture = safe_area(width, height), stage.picture
    assert stage.text.height == 200
    assert stage.text.bottom < picture.top
    assert stage.text.top >= safe.top
    assert picture.bottom <= safe.bottom
    assert abs((stage.text.top - safe.top) - (safe.bottom - picture.bottom)) <= 2
    assert abs(picture.left + picture.right - width) <= 1
    assert picture.width <= 0.7 * width + 1
    assert picture.width / button[0] <= 2.21
    assert abs(picture.width / picture.height - button[0] / button[1]) < 0.05 * button[0] / button[1]
