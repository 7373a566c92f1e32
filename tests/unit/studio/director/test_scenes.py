"""Which scenes a video has: they differ, say nothing twice, and end with who it is and what to do."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director.boxes import area_of, box_of, common_area, meets
from studio.director.direct import direct
from studio.director.edits import Edited, edit
from studio.director.framing import holds
from studio.director.language import read_instruction
from studio.director.material import gather
from studio.director.text_lines import Box
from studio.director.views import MOST_SHARED, seen_in, shared
from studio.director.vocabulary import Aspect
from studio.draft import Draft, Fit, Ground, Layout, Move, Role
from studio.media.intake import describe
from studio.media.items import Kind, Media, Page, Part, Spot
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sources import Source
from tests.support.media import draw_into
from tests.support.selection import mostly_thorough

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"
ASPECTS = mostly_thorough((Aspect.WIDE, Aspect.TALL, Aspect.SQUARE), quick={Aspect.WIDE})


def directed(instruction: str, *media: Media) -> Draft:
    draft = direct(read_instruction(instruction), media)
    assert draft is not None
    return draft


def last_words(draft: Draft) -> dict[Role, str]:
    last = max(draft.shots, key=lambda shot: shot.start)
    return {text.meta.role: text.meta.text for text in draft.captions if text.start >= last.start}


def drawn(tmp_path: Path, name: str, picture: Image.Image) -> Media:
    picture.save(tmp_path / name)
    return describe(tmp_path / name, name)


@pytest.fixture
def screen(tmp_path: Path) -> Media:
    picture = Image.new("RGB", (1280, 800), "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 60)
    pencil.text((120, 120), "Kettles that sing", "black", face)
    for line in range(8):
        place = 120 + 640 * (line % 2), 320 + 50 * line
        pencil.text(place, "Pours slowly, boils well", "black", face.font_variant(size=24))
    return drawn(tmp_path, "Screenshot 2026-03-01.png", picture)


@pytest.fixture
def scene_photo(tmp_path: Path) -> Media:
    picture = Image.linear_gradient("L").resize((2400, 1600)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((1500, 500, 2000, 1000), fill=(240, 180, 60))
    return drawn(tmp_path, "IMG_1.png", picture)


@pytest.fixture
def cut_out(tmp_path: Path) -> Media:
    picture = Image.new("RGBA", (1200, 1000), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((300, 200, 900, 800), fill=(200, 90, 40, 255))
    return drawn(tmp_path, "new_cup.png", picture)


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """A page whose headline stands on its first picture, with what is still to be written below."""
    picture = Image.new("RGB", (1440, 4000), "white")
    lines = ((0.1, 0.1, 0.5, 0.13), (0.1, 0.4, 0.5, 0.41), (0.1, 0.5, 0.5, 0.51))
    page = Page(
        "https://halden.example/",
        "halden.example",
        "Halden",
        "",
        "#d8602c",
        action="Order yours",
        captured=True,
        spots=(
            Spot(Part.PICTURE, 0, 0.02, 1, 0.18),
            Spot(Part.HEADLINE, 0.1, 0.1, 0.4, 0.03, "Light for the evening"),
            Spot(Part.HEADLINE, 0.1, 0.4, 0.4, 0.01, "Our lamps"),
            Spot(Part.PICTURE, 0.5, 0.6, 0.4, 0.12),
        ),
        lines=lines,
        unwritten=((0.1, 0.42, 0.5, 0.43),),
        message="Light for the evening",
    )
    for spot in page.spots:
        if spot.part is Part.PICTURE:
            draw_into(picture, spot)
    return replace(drawn(tmp_path_factory.mktemp("page"), "page.png", picture), kind=Kind.PAGE, page=page)


def with_picture(media: Media, path: Path, paint: Callable[[Image.Image], Image.Image]) -> Media:
    """A page with other pixels."""
    assert media.path is not None
    with Image.open(media.path) as picture:
        paint(picture.convert("RGB")).save(path)
    return replace(media, path=path)


@pytest.mark.parametrize(
    "paint",
    [
        lambda picture: Image.new("RGB", picture.size, "#050505"),
        lambda picture: Image.new("RGB", picture.size, "#7090a0"),
        lambda picture: picture.point(lambda level: 20 + level // 8),
        lambda picture: Image.linear_gradient("L").resize(picture.size).convert("RGB"),
    ],
    ids=["black", "one tone", "hardly any contrast", "no edge"],
)
@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_picture_with_nothing_to_see_neither_opens_nor_ends_a_video(
    captured: Media, tmp_path: Path, aspect: Aspect, paint: Callable[[Image.Image], Image.Image]
) -> None:
    """The words open it alone, and at its end is what the page shows at first."""
    empty = with_picture(captured, tmp_path / "empty.png", paint)
    draft = directed(f"{aspect}, make a video", empty)
    first, last = draft.shots[0].meta, draft.shots[-1].meta
    assert (first.src, draft.captions[0].meta.text) == (None, "Light for the evening\nHalden")
    assert last.crop is not None
    assert (last.crop.left, last.crop.top, last.crop.width) == (0, 0, 1)


def test_the_first_picture_with_something_to_see_opens_and_ends_the_video(
    captured: Media, tmp_path: Path
) -> None:
    def without_first(picture: Image.Image) -> Image.Image:
        picture.paste("#102030", (0, 0, 1440, 1000))
        return picture

    draft = directed("make a video", with_picture(captured, tmp_path / "other.png", without_first))
    for shot in (draft.shots[0].meta, draft.shots[-1].meta):
        assert shot.crop is not None
        assert (shot.crop.left, shot.crop.top) == pytest.approx((0.5, 0.6), abs=0.001)


@pytest.mark.parametrize("aspect", mostly_thorough(Aspect, quick={Aspect.WIDE}))
def test_neighbouring_scenes_differ(
    screen: Media, scene_photo: Media, cut_out: Media, captured: Media, aspect: Aspect
) -> None:
    for media in (screen, scene_photo, cut_out, captured):
        draft = directed(f'{aspect}, title "Sing"', media)
        (item,) = gather([media]).items
        shown = [shot.meta for shot in draft.shots if shot.meta.src]
        assert len(shown) >= (2 if media is scene_photo and aspect is Aspect.TALL else 3)
        views = [seen_in(shot, item, draft.canvas) for shot in shown if shot.layout is not Layout.CARD]
        for before, after in pairwise(views):
            assert shared(before, after) <= MOST_SHARED


def test_a_length_that_is_asked_for_is_kept_and_else_repetition_is_left_out(screen: Media) -> None:
    assert directed('title "Sing"', screen).duration < 11_000
    assert directed('a 20 second video, title "Sing"', screen).duration == 20_000


@pytest.mark.parametrize(
    ("instruction", "closing", "button"),
    [
        ('title "Sing"', "Sing", None),
        ('title "Sing", end with "Slow mornings"', "Slow mornings", None),
        ('title "Sing", end with "Book at kettles.example"', "Sing", "Book at kettles.example"),
        ('title "Sing", end with "kettles.example"', "Sing", "kettles.example"),
        ("标题“唱歌”，结尾写“立即购买”", "唱歌", "立即购买"),  # noqa: RUF001 - Chinese punctuation
    ],
)
def test_every_video_ends_with_a_name_or_a_button_and_a_small_picture(
    screen: Media, cut_out: Media, instruction: str, closing: str, button: str | None
) -> None:
    for media in (screen, cut_out):
        draft = directed(instruction, media)
        said = last_words(draft)
        assert (said[Role.CLOSING], said.get(Role.CALL_TO_ACTION)) == (closing, button)
        last = draft.shots[-1].meta
        assert (last.layout, last.src) == (Layout.CARD, media.id)


def test_a_page_ends_with_its_name_its_address_and_its_button(captured: Media) -> None:
    draft = directed("make a video", captured)
    assert last_words(draft) == {
        Role.CLOSING: "Halden\nhalden.example",
        Role.CALL_TO_ACTION: "Order yours",
    }
    assert draft.shots[-1].meta.layout is Layout.CARD


@pytest.mark.parametrize(
    ("domain", "site", "message", "closing", "button"),
    [
        ("halden.example", "Halden", "Light for the evening", "Halden", "halden.example"),
        (
            "halden.example",
            "halden.example",
            "Light for the evening",
            "Light for the evening",
            "halden.example",
        ),
        ("halden.example", "halden.example", "", "Halden", "halden.example"),
        ("localhost", "Halden", "Light for the evening", "Halden\nLight for the evening", None),
        ("localhost", "Halden", "", "Halden", None),
    ],
)
def test_a_page_without_a_button_ends_with_its_address_and_something_else(  # noqa: PLR0917 - a table
    captured: Media, domain: str, site: str, message: str, closing: str, button: str | None
) -> None:
    page = captured.page
    assert page is not None
    bare = replace(page, domain=domain, site=site, message=message, action="")
    said = last_words(directed("make a video", replace(captured, page=bare)))
    assert (said[Role.CLOSING], said.get(Role.CALL_TO_ACTION)) == (closing, button)


def test_a_feature_whose_picture_has_been_seen_is_told_on_a_card(captured: Media) -> None:
    """Beside another part of the page, its words would say what is not to be seen there."""
    page = captured.page
    assert page is not None
    lamp = replace(page.spots[3], part=Part.FEATURE, text="Linen shades", more="They age well.")
    offering = replace(page, spots=(*page.spots[1:3], replace(lamp, part=Part.PICTURE, text=""), lamp))
    draft = directed("make a video", replace(captured, page=offering))
    told = next(text for text in draft.captions if "Linen shades" in text.meta.text)
    shot = next(shot for shot in draft.shots if shot.start <= told.start < shot.end)
    assert (shot.meta.src, told.meta.text) == (None, "Linen shades\nThey age well.")


@pytest.mark.parametrize("aspect", [Aspect.WIDE, Aspect.TALL, Aspect.SQUARE])
def test_what_a_card_says_is_not_shown_on_the_page_again(captured: Media, aspect: Aspect) -> None:
    page = captured.page
    assert page is not None
    headline = page.spots[2]
    point = replace(headline, part=Part.POINT, height=0.03, more="They age well.")
    offering = replace(page, spots=(*page.spots[:3], point), unwritten=())
    draft = directed(f"{aspect}, make a video", replace(captured, page=offering))
    (item,) = gather([captured]).items
    assert any(text.meta.text == "Our lamps\nThey age well." for text in draft.captions)
    seen = [seen_in(shot.meta, item, draft.canvas) for shot in draft.shots if shot.meta.crop]
    alone = [view for view in seen if not any(meets(view, box_of(spot)) for spot in page.spots[:1])]
    assert not any(meets(view, box_of(headline)) for view in alone)


def test_a_number_among_many_on_a_page_is_not_its_price(captured: Media) -> None:
    page = captured.page
    assert page is not None
    rows = [Spot(Part.PRICE, 0.6, 0.3 + step / 50, 0.1, 0.01, f"€{step}00") for step in (1, 2, 3)]
    draft = directed("make a video", replace(captured, page=replace(page, spots=(*page.spots, *rows))))
    (item,) = gather([captured]).items
    crops = [seen_in(shot.meta, item, draft.canvas) for shot in draft.shots if shot.meta.crop]
    assert not any(meets(view, box_of(row)) and area_of(view) < 0.05 for view in crops for row in rows)


def test_a_page_that_fits_into_a_window_is_shown_whole(captured: Media, tmp_path: Path) -> None:
    page = captured.page
    assert page is not None
    with Image.open(captured.path or "") as picture:
        media = drawn(tmp_path, "short.png", picture.crop((0, 0, 1440, 900)))
    short = replace(
        page, spots=(replace(page.spots[1], y=0.45, height=0.1),), lines=((0.1, 0.45, 0.5, 0.55),)
    )
    draft = directed("make a video", replace(media, kind=Kind.PAGE, page=replace(short, unwritten=())))
    assert Fit.WINDOW in [shot.meta.fit for shot in draft.shots]


@pytest.mark.parametrize("aspect", [Aspect.WIDE, Aspect.TALL, Aspect.SQUARE])
def test_a_screenshot_with_a_button_ends_with_it(screen: Media, tmp_path: Path, aspect: Aspect) -> None:
    """Whole, on the page's own ground, below the name. What the instruction asks for goes before it."""
    with Image.open(screen.path or "") as picture:
        pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 22)
        pencil.rounded_rectangle((120, 214, 340, 270), 8, fill="#d8602c")
        pencil.text((172, 228), "Order yours", "white", face)
        media = drawn(tmp_path, "Screenshot 2026-03-02.png", picture)
    draft = directed(f'{aspect}, title "Halden"', media)
    last = draft.shots[-1].meta
    assert (last.layout, last.ground, last.colours[0]) == (Layout.BUTTON, Ground.PLAIN, "#ffffff")
    assert last.crop is not None
    seen = (
        last.crop.left,
        last.crop.top,
        last.crop.left + last.crop.width,
        last.crop.top + last.crop.height,
    )
    assert holds(seen, (120 / 1280, 214 / 800, 340 / 1280, 270 / 800))
    film = Film(draft, {media.id: Source(media.path or tmp_path, media.kind, media.name)})
    words = film.letter(draft.captions[-1])
    below = film.still(len(film.shots) - 1).beside
    assert words is not None
    assert below is not None
    assert words.span[1] <= below.bottom
    asked = directed(f'{aspect}, title "Halden", end with "Order now"', media)
    assert asked.shots[-1].meta.layout is Layout.CARD


def test_nothing_is_said_at_the_end_of_a_video_without_text(screen: Media) -> None:
    draft = directed("a video without text", screen)
    assert draft.captions == []
    assert all(shot.meta.layout is Layout.FULL for shot in draft.shots)


def test_the_first_words_of_a_page_do_not_stand_beside_themselves(captured: Media) -> None:
    """They stand beside the first picture, where it is free of them."""
    first = directed("make a video", captured).shots[0].meta
    assert first.layout is Layout.SPLIT
    assert first.crop is not None
    seen = (
        first.crop.left,
        first.crop.top,
        first.crop.left + first.crop.width,
        first.crop.top + first.crop.height,
    )
    assert not any(meets(seen, line) for line in (captured.page.lines if captured.page else ()))


def test_what_is_still_to_be_written_is_not_shown_from_near(captured: Media) -> None:
    page = captured.page
    assert page is not None
    draft = directed("make a video", captured)
    (item,) = gather([captured]).items
    for shot in draft.shots:
        if shot.meta.crop is not None:
            view = seen_in(shot.meta, item, draft.canvas)
            assert not any(meets(view, line) for line in page.unwritten)


@pytest.mark.parametrize("aspect", [Aspect.WIDE, Aspect.TALL, Aspect.SQUARE])
def test_the_last_card_shows_a_page_as_far_as_it_is_written(captured: Media, aspect: Aspect) -> None:
    page = captured.page
    assert page is not None
    line = (0.1, 0.24, 0.5, 0.25)
    early = replace(page, spots=page.spots[1:2], unwritten=(line,), lines=(*page.lines, line))
    last = directed(f"{aspect}, make a video", replace(captured, page=early)).shots[-1].meta
    assert last.crop is not None
    assert 0.15 < last.crop.top + last.crop.height <= line[1]


def test_without_a_title_a_screen_opens_with_its_largest_words(screen: Media) -> None:
    draft = directed("make a video", screen)
    crop = draft.shots[0].meta.crop
    assert crop is not None
    assert crop.width * crop.height < 0.6
    assert crop.top < 120 / 800 < crop.top + crop.height


def test_a_large_cut_out_is_a_product_with_three_framings(cut_out: Media) -> None:
    draft = directed("make a video", cut_out)
    framings = {(shot.meta.layout, str(shot.meta.path)) for shot in draft.shots}
    assert len(framings) == 3


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("is_cut_out", [False, True])
def test_a_product_is_whole_from_the_first_to_the_last_moment_of_a_move(
    tmp_path: Path,
    aspect: Aspect,
    is_cut_out: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """With room around it: nothing of it touches the edge of the canvas."""
    picture = Image.new("RGBA", (1200, 1000), (255, 255, 255, 0 if is_cut_out else 255))
    ImageDraw.Draw(picture).rectangle((200, 250, 900, 800), fill=(200, 40, 40, 255))
    cup = drawn(tmp_path, "cup.png", picture)
    draft = directed(f"make a video, {aspect}", cup)
    assert cup.path is not None
    film = Film(draft, {cup.id: Source(cup.path, cup.kind, cup.name)})
    reel, target = Reel(film), Planes.empty(*film.size)
    assert len(draft.shots) == 3
    for shot in draft.shots[:2]:
        first, last = (round(edge * film.fps / 1000) for edge in (shot.start + shot.meta.fade, shot.end))
        for number in (first, last - 2):
            reel.draw(number, target)
            seen = cv2.boundingRect((target.v > 170).astype(np.uint8))
            assert seen[0] > 0.02 * target.v.shape[1] < target.v.shape[1] - seen[0] - seen[2]
            assert seen[1] > 0.02 * target.v.shape[0] < target.v.shape[0] - seen[1] - seen[3]


def test_a_new_title_is_the_name_at_the_end_too(scene_photo: Media) -> None:
    draft = directed('title "Spring"', scene_photo)
    changed = edit(draft, "change the title to 'Summer'")
    assert isinstance(changed, Edited)
    assert [text.meta.text for text in changed.draft.captions] == ["Summer", "Summer"]
    bare = edit(draft, "remove the title")
    assert isinstance(bare, Edited)
    assert bare.draft.captions == []


def test_a_page_is_still_scrolled(captured: Media) -> None:
    assert any(shot.meta.move is Move.SCROLL for shot in directed("make a video", captured).shots)


@pytest.fixture
def post(tmp_path: Path) -> Media:
    """Who wrote it, what, and when, on a card."""
    picture = Image.new("RGB", (1200, 675), "#1d9bf0")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 34)
    pencil.rounded_rectangle((150, 120, 1050, 560), 24, "white")
    pencil.ellipse((195, 165, 280, 250), "#e5484d")
    pencil.text((300, 168), "Mara Lindqvist", "black", face)
    pencil.text((300, 214), "@maralindqvist", "#666666", face.font_variant(size=26))
    said = "We shipped it. Two years, four rewrites, and", "one patient team. It is open", "to everyone."
    for number, line in enumerate(said):
        pencil.text((195, 300 + 46 * number), line, "black", face)
    pencil.text((195, 490), "9:41, 3 March 2026", "#666666", face.font_variant(size=24))
    return drawn(tmp_path, "Screenshot 2026-03-02.png", picture)


@pytest.fixture
def chart(tmp_path: Path) -> Media:
    picture = Image.new("RGB", (1320, 760), "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 34)
    pencil.text((90, 30), "Orders per day, 2025", "black", face)
    for number, high in enumerate((150, 225, 340, 515)):
        left = 120 + 280 * number
        pencil.rectangle((left, 680 - high, left + 180, 680), "#2a6fdb")
        pencil.text((left + 60, 638 - high), f"{high // 12}k", "black", face.font_variant(size=22))
        pencil.text((left + 70, 690), f"Q{number + 1}", "black", face.font_variant(size=22))
    return drawn(tmp_path, "Screenshot 2026-03-03.png", picture)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_post_is_seen_whole_then_its_text_and_then_who_wrote_it(post: Media, aspect: Aspect) -> None:
    draft = directed(f"{aspect}, a short video of this post", post)
    (item,) = gather([post]).items
    whole, text, author = (seen_in(shot.meta, item, draft.canvas) for shot in draft.shots)
    lines = sorted(item.look.lines, key=lambda line: line[1])
    assert [sum(meets(view, line) for line in lines) for view in (whole, text, author)] == [6, 3, 2]
    assert text[1] > lines[1][3]
    assert author[3] < lines[2][1]
    assert author[0] < 195 / 1200 < 280 / 1200 < author[2], "the picture, too"
    assert {shot.meta.colours[0] for shot in draft.shots[1:]} == {"#ffffff"}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_chart_or_a_screen_alone_has_three_framings(screen: Media, chart: Media, aspect: Aspect) -> None:
    for media in (screen, chart):
        draft = directed(f'{aspect}, title "Three times as many"', media)
        (item,) = gather([media]).items
        assert len(draft.shots) == 3
        view = seen_in(draft.shots[1].meta, item, draft.canvas)
        whole = [*item.look.lines, *item.look.shapes.things]
        assert not any(0.04 < part < 0.96 for box in whole if (part := share_in(view, box)))
    highest = max(item.look.shapes.things, key=lambda box: box[3] - box[1])
    assert share_in(view, highest) > 0.96


def share_in(view: Box, box: Box) -> float:
    return common_area(view, box) / area_of(box)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_page_without_offers_is_filled_with_its_pictures(
    captured: Media, tmp_path: Path, aspect: Aspect
) -> None:
    """A found shape that is a little larger than its picture is not one that is cut."""
    page = captured.page
    assert page is not None
    tiles = [(0.05 + 0.31 * column, 0.6 + 0.08 * row) for row in range(2) for column in range(3)]

    def with_tiles(picture: Image.Image) -> Image.Image:
        pencil = ImageDraw.Draw(picture)
        for number, (x, y) in enumerate(tiles):
            box = x * 1440 - 3, y * 4000 - 2, (x + 0.28) * 1440 + 4, (y + 0.06) * 4000 + 3
            pencil.rectangle(box, ("#205080", "#c04030", "#308040")[number % 3])
            pencil.ellipse((box[0] + 60, box[1] + 40, box[0] + 260, box[1] + 200), "#e0c040")
        return picture

    spots = tuple(
        Spot(Part.PICTURE, x, y, 0.28, 0.06, "", f"Lamp {number}") for number, (x, y) in enumerate(tiles)
    )
    filled = replace(page, spots=(*page.spots[:2], *spots), message="Light for the evening")
    tiled = replace(with_picture(captured, tmp_path / "tiled.png", with_tiles), page=filled)
    draft = directed(f"{aspect}, make a video", tiled)
    assert draft.duration >= 12_000
    said = [text.meta.text for text in draft.captions if text.meta.role is Role.BODY]
    assert said == sorted(set(said))
    assert set(said) <= {spot.more for spot in spots}
    assert len(said) >= 2


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_picture_of_a_page_has_its_own_caption_or_none(captured: Media, aspect: Aspect) -> None:
    """The first words are not said again beside a picture that they do not belong to."""
    page = captured.page
    assert page is not None
    for caption in ("", "The lamp of Bergen"):
        wide = Spot(Part.PICTURE, 0.1, 0.6, 0.8, 0.1, "", caption)
        draft = directed(f"{aspect}", replace(captured, page=replace(page, spots=(*page.spots[:3], wide))))
        said = [text.meta.text for text in draft.captions if text.meta.role is not Role.CALL_TO_ACTION]
        assert len(said) == len(set(said))
        assert (caption in said) is bool(caption)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_how_a_page_ends_is_no_highlight(captured: Media, aspect: Aspect) -> None:
    page = captured.page
    assert page is not None
    last = Spot(Part.HEADLINE, 0.1, 0.93, 0.4, 0.02, "Subscribe to receive updates!")
    lines = (*page.lines, (0.1, 0.93, 0.5, 0.95), (0.05, 0.96, 0.95, 0.99))
    draft = directed(
        f"{aspect}", replace(captured, page=replace(page, spots=(page.spots[0], last), lines=lines))
    )
    (item,) = gather([captured]).items
    for shot in draft.shots:
        if shot.meta.src and shot.meta.move is not Move.SCROLL:
            view = seen_in(shot.meta, item, draft.canvas)
            assert view[1] == 0 or view[3] < 0.99


@pytest.fixture
def wordy(tmp_path: Path) -> Media:
    """A page without a picture: a headline, and columns of text below it."""
    picture = Image.new("RGB", (1440, 2000), "white")
    pencil, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 60)
    written = [(120, 130, "One price, no surprises", face)]
    written += [(120, 250, "It pays for itself with its first reminder.", face.font_variant(size=26))]
    written += [
        (120 + 420 * column, 360 + 60 * row, "Unlimited invoices", face.font_variant(size=28))
        for column in range(3)
        for row in range(5)
    ]
    written += [
        (120, 900 + 90 * row, "What people ask us often", face.font_variant(size=28)) for row in range(8)
    ]
    lines = []
    for x, y, text, font in written:
        pencil.text((x, y), text, "black", font)
        left, top, right, bottom = pencil.textbbox((x, y), text, font)
        lines.append((left / 1440, top / 2000, right / 1440, bottom / 2000))
    left, top, right, bottom = lines[0]
    headline = Spot(Part.HEADLINE, left, top, right - left, bottom - top, "One price, no surprises")
    page = Page(
        "https://ledgerly.example/", "ledgerly.example", "Ledgerly", "", "#3a2fd6", captured=True,
        spots=(headline,), lines=tuple(lines), message="One price, no surprises",
    )  # fmt: skip
    return replace(drawn(tmp_path, "page.png", picture), kind=Kind.PAGE, page=page)


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_page_without_pictures_opens_with_what_is_below_its_headline(wordy: Media, aspect: Aspect) -> None:
    draft = directed(f"{aspect}, make a video", wordy)
    first, last = draft.shots[0].meta, draft.shots[-1].meta
    assert (first.src, first.layout) == (wordy.id, Layout.SPLIT)
    assert draft.captions[0].meta.text.startswith("One price, no surprises")
    (item,) = gather([wordy]).items
    view = seen_in(first, item, draft.canvas)
    headline, *others = item.look.lines
    assert not meets(view, headline)
    assert sum(holds(view, line) for line in others) >= 8
    assert not any(0.04 < share_in(view, line) < 0.96 for line in others)
    assert last.crop is not None
    assert last.crop.top == 0, "what the page shows at first"


def test_a_page_of_hardly_any_words_opens_with_words_alone(wordy: Media, tmp_path: Path) -> None:
    page = wordy.page
    assert page is not None
    bare = with_picture(wordy, tmp_path / "bare.png", lambda picture: Image.new("RGB", picture.size, "white"))
    draft = directed("make a video", replace(bare, page=replace(page, lines=page.lines[:2])))
    assert draft.shots[0].meta.src is None


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_title_that_a_screenshot_says_does_not_stand_beside_itself(screen: Media, aspect: Aspect) -> None:
    (item,) = gather([screen]).items
    headline = max(item.look.lines, key=lambda line: line[3] - line[1])
    for title, is_said in (("Kettles that sing", True), ("Bread that talks", False)):
        draft = directed(f'{aspect}, title "{title}"', screen)
        view = seen_in(draft.shots[0].meta, item, draft.canvas)
        assert meets(view, headline) is not is_said
        assert draft.captions[0].meta.text == title
        for shot in draft.shots[1:-1]:
            is_titled = any(shot.start <= text.start < shot.end for text in draft.captions)
            assert not (is_said and is_titled and meets(seen_in(shot.meta, item, draft.canvas), headline))


@pytest.mark.parametrize("aspect", ASPECTS)
def test_no_picture_of_a_page_is_shown_with_parts_of_its_neighbours(
    captured: Media, tmp_path: Path, aspect: Aspect
) -> None:
    """Small pictures side by side, as a shop has them below a large one."""
    page = captured.page
    assert page is not None
    small = tuple(Spot(Part.PICTURE, 0.1 + 0.13 * number, 0.25, 0.12, 0.03) for number in range(5))

    def with_small(picture: Image.Image) -> Image.Image:
        for spot in small:
            draw_into(picture, spot)
        return picture

    shop = replace(page, spots=(*page.spots[:2], *small))
    draft = directed(f"{aspect}", replace(with_picture(captured, tmp_path / "s.png", with_small), page=shop))
    for shot in draft.shots:
        crop = shot.meta.crop
        if crop is not None:
            view = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
            assert not any(0.04 < share_in(view, box_of(spot)) < 0.96 for spot in small)


def test_a_name_before_a_colon_is_not_said_again_with_the_headline(wordy: Media) -> None:
    page = wordy.page
    assert page is not None
    titled = replace(page, title="Ledgerly: One price, no surprises")
    draft = directed("make a video", replace(wordy, page=titled))
    assert draft.captions[0].meta.text == "One price, no surprises\nLedgerly"
    assert last_words(draft)[Role.CLOSING].split("\n")[0] == "Ledgerly"
