"""The subject of a photo stays whole, and no text lies over it; grounds and buttons stand out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from studio import staging
from studio.director.colours import READABLE, accent_on, contrast, ground_of_cut_out, palette, stands_out
from studio.director.material import gather
from studio.director.photos import subject_of
from studio.director.text_lines import Box
from studio.director.vocabulary import Aspect
from studio.draft import Draft, Fit, Ground, Layout, Place, Role, ShotSegment
from studio.media.items import Media
from tests.unit.studio.director.test_direct import directed, drawn

colours = st.integers(0, 0xFFFFFF).map(lambda code: f"#{code:06x}")
SUBJECTS = {
    "in the middle": (1000, 500, 1400, 1100),
    "at the side": (1700, 300, 2100, 1300),
    "wide": (700, 400, 1700, 900),
    "at the edge": (0, 500, 500, 1100),
}


@pytest.fixture(params=list(SUBJECTS))
def photo_of_a_thing(request: pytest.FixtureRequest, tmp_path: Path) -> Media:
    picture = Image.linear_gradient("L").resize((2400, 1600)).convert("RGB")
    ImageDraw.Draw(picture).rectangle(SUBJECTS[request.param], fill=(240, 180, 60))
    return drawn(tmp_path, "a.jpg", picture)


def views(draft: Draft, shot: ShotSegment, media: Media) -> list[Box]:
    """What of a photo is seen at the beginning and the end of a shot that it fills."""
    width, height = draft.canvas.width, draft.canvas.height
    if shot.meta.layout is Layout.SPLIT:
        area = staging.split(width, height, media.width / media.height, bleeds=True).picture
        width, height = area.width, area.height
    relative = width / height / (media.width / media.height)
    found = []
    for stop in shot.meta.path:
        wide, high = min(relative, 1) / stop.zoom, min(1 / relative, 1) / stop.zoom
        left, top = min(max(stop.x - wide / 2, 0), 1 - wide), min(max(stop.y - high / 2, 0), 1 - high)
        found.append((left, top, left + wide, top + high))
    return found


def holds(frame: Box, box: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and frame[2] >= box[2] and frame[3] >= box[3]


@pytest.mark.parametrize("aspect", Aspect)
def test_the_subject_lies_in_the_first_and_the_last_view(photo_of_a_thing: Media, aspect: Aspect) -> None:
    subject = subject_of(gather([photo_of_a_thing]).items[0])
    assert subject is not None
    inner = subject[0] + 0.001, subject[1] + 0.001, subject[2] - 0.001, subject[3] - 0.001
    draft = directed(f'{aspect}, title "Noon"', photo_of_a_thing)
    for shot in draft.shots:
        if shot.meta.fit is Fit.COVER:
            assert all(holds(view, inner) for view in views(draft, shot, photo_of_a_thing))


@pytest.mark.parametrize("aspect", Aspect)
def test_a_subject_does_not_touch_the_edge_of_a_view(photo_of_a_thing: Media, aspect: Aspect) -> None:
    """An edge of the photo itself aside, and where there is no room around the subject."""
    subject = subject_of(gather([photo_of_a_thing]).items[0])
    assert subject is not None
    draft = directed(f'{aspect}, title "Noon"', photo_of_a_thing)
    for shot in draft.shots:
        for view in views(draft, shot, photo_of_a_thing) if shot.meta.fit is Fit.COVER else ():
            for axis in (0, 1):
                size = view[axis + 2] - view[axis]
                taken = (subject[axis + 2] - subject[axis]) / size
                before, after = subject[axis] - view[axis], view[axis + 2] - subject[axis + 2]
                at_edge = view[axis] <= 0 or view[axis + 2] >= 1 or subject[axis] <= 0.06
                assert min(before, after) >= 0.0149 * size or at_edge or taken > 0.96


@pytest.mark.parametrize("aspect", Aspect)
def test_no_title_lies_over_the_subject(photo_of_a_thing: Media, aspect: Aspect) -> None:
    subject = subject_of(gather([photo_of_a_thing]).items[0])
    assert subject is not None
    draft = directed(f'{aspect}, title "Noon"', photo_of_a_thing)
    first, title = draft.shots[0], draft.captions[0].meta
    if first.meta.layout is Layout.SPLIT:
        return
    assert title.place is not None
    caption = title.role, title.text
    band = staging.over(caption, title.place, draft.canvas.width, draft.canvas.height)
    for view in views(draft, first, photo_of_a_thing):
        wide, high = view[2] - view[0], view[3] - view[1]
        seen = (
            view[0] + band[0] * wide,
            view[1] + band[1] * high,
            view[0] + band[2] * wide,
            view[1] + band[3] * high,
        )
        across = min(seen[2], subject[2]) - max(seen[0], subject[0])
        down = min(seen[3], subject[3]) - max(seen[1], subject[1])
        whole = (subject[2] - subject[0]) * (subject[3] - subject[1])
        assert max(across, 0) * max(down, 0) <= 0.02 * whole


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize("place", Place)
def test_a_text_over_a_picture_is_expected_in_the_safe_area(aspect: Aspect, place: Place) -> None:
    safe = staging.safe_area(*aspect.size)
    left, top, right, bottom = staging.over((Role.TITLE, "Quiet mornings"), place, *aspect.size)
    assert safe.left - 2 <= left * aspect.size[0] < right * aspect.size[0] <= safe.right + 2
    assert safe.top - 2 <= top * aspect.size[1] < bottom * aspect.size[1] <= safe.bottom + 2


@given(theme=colours)
def test_a_button_stands_out_and_is_the_themes_or_plain(theme: str) -> None:
    ground = palette("", theme)
    accent = accent_on(ground, theme)
    assert stands_out(ground, accent)


@pytest.mark.parametrize("theme", ["#2937f0", "#0d6efd", "#1abc9c", "#64a19d", "#0085a1", "#f4623a"])
def test_a_usual_theme_is_seen_on_buttons(theme: str) -> None:
    """Lighter or darker, but never another hue."""
    accent = accent_on(palette("", theme), theme)
    red, green, blue = (int(accent[place : place + 2], 16) for place in (1, 3, 5))
    assert accent == "#ffffff" or max(red, green, blue) - min(red, green, blue) > 30


@given(colour=colours)
def test_a_cut_out_stands_out_from_its_ground(colour: str) -> None:
    assert contrast(ground_of_cut_out(colour), colour) >= 3


@given(tone=st.integers(0, 255).map(lambda level: f"#{level:02x}{level:02x}{level:02x}"), words=st.text())
def test_a_grey_picture_has_a_neutral_ground(tone: str, words: str) -> None:
    for colour in palette(words, None, tone):
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        assert max(red, green, blue) - min(red, green, blue) <= 12
        assert contrast("#ffffff", colour) >= READABLE


def test_a_cut_out_stands_on_a_light_plain_ground(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((200, 200, 700, 700), fill=(221, 106, 71, 255))
    shot = directed('title "Our cup"', drawn(tmp_path, "cup.png", picture)).shots[0]
    assert shot.meta.ground is Ground.PLAIN
    assert contrast(shot.meta.colours[0], "#dd6a47") >= 3


HORIZON = 0.7


def hills(cloud: float) -> Image.Image:
    """Trees below a sky with a bright cloud that catches the eye, and has nothing in it."""
    rows, columns = np.mgrid[0:750, 0:1200] / np.array([750, 1200]).reshape(2, 1, 1)
    light = 90 + 160 * np.exp(-(((columns - 0.5) / 0.22) ** 2) - ((rows - cloud) / 0.2) ** 2)
    trees = np.random.default_rng(1).integers(0, 90, (57, 300)).repeat(4, 0).repeat(4, 1)
    light[round(HORIZON * 750) :] = trees[: 750 - round(HORIZON * 750)]
    return Image.fromarray(light.astype(np.uint8)).convert("RGB")


@pytest.mark.parametrize("aspect", [Aspect.WIDE, Aspect.TALL, Aspect.SQUARE])
@pytest.mark.parametrize("cloud", [0.25, 0.35])
def test_no_view_of_a_photo_is_sky_alone(tmp_path: Path, cloud: float, aspect: Aspect) -> None:
    media = drawn(tmp_path, "IMG_1.jpg", hills(cloud))
    draft = directed(f'{aspect}, title "Above the clouds"', media)
    for shot in draft.shots:
        for view in views(draft, shot, media) if shot.meta.fit is Fit.COVER else ():
            trees = max(view[3] - max(view[1], HORIZON), 0) / (view[3] - view[1])
            assert trees > 0.6 * (1 - HORIZON)
