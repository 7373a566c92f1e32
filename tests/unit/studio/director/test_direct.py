from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from studio.director import framing
from studio.director.colours import PALETTES, WHITE, contrast, lit, palette
from studio.director.direct import direct
from studio.director.edits import Edited, edit
from studio.director.language import read_instruction
from studio.director.material import readable_name
from studio.director.vocabulary import Aspect
from studio.draft import Crop, Draft, Fit, Ground, Layout, Move, Role, Style, speaking_ms
from studio.media.intake import describe
from studio.media.items import Kind, Media, Page, Part, Spot
from tests.support.media import draw_into

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"


def directed(instruction: str, *media: Media) -> Draft:
    draft = direct(read_instruction(instruction), media)
    assert draft is not None
    return draft


def texts(draft: Draft, role: Role) -> list[str]:
    return [caption.meta.text for caption in draft.captions if caption.meta.role is role]


def test_a_tall_screenshot_is_scrolled(screenshot: Media) -> None:
    draft = directed("Make a 10 second video", screenshot)
    assert [(shot.meta.src, shot.meta.move) for shot in draft.shots] == [("shot", Move.SCROLL)]
    assert draft.duration == 10_000
    assert (draft.canvas.width, draft.canvas.height) == (1920, 1080)


def test_a_photo_gets_a_moving_camera_and_its_name_as_title(photo: Media) -> None:
    draft = directed("vertical video", photo)
    assert draft.shots[0].meta.move is Move.ZOOM_IN
    assert len(draft.shots) > 1
    assert texts(draft, Role.TITLE) == ["Harbour sunrise"]
    assert (draft.canvas.width, draft.canvas.height) == (1080, 1920)


def test_several_media_share_the_length_without_gaps(photo: Media, clip: Media, screenshot: Media) -> None:
    draft = directed("a 12s video", photo, clip, screenshot)
    shots = draft.shots
    assert [shot.meta.src for shot in shots] == ["photo", "clip", "shot", "photo"]
    assert shots[-1].meta.layout is Layout.CARD
    assert (shots[0].start, shots[-1].end) == (0, 12_000)
    assert all(before.end == after.start for before, after in pairwise(shots))
    assert shots[0].meta.fade == 0
    assert all(shot.meta.fade > 0 for shot in shots[1:])


def test_a_page_without_picture_becomes_cards_with_its_words(page: Media) -> None:
    draft = directed("make a video of this website", page)
    assert texts(draft, Role.TITLE) == ["Northwind Coffee"]
    assert texts(draft, Role.BODY) == ["Roasted on Monday."]
    assert texts(draft, Role.CLOSING) == ["Northwind Coffee"]
    assert texts(draft, Role.CALL_TO_ACTION) == ["northwind.example"]
    assert all(shot.meta.src is None for shot in draft.shots)


def test_a_card_after_a_card_is_never_empty(page: Media) -> None:
    draft = directed("make a video of this website", page)
    assert len(draft.shots) == 3
    assert {caption.start for caption in draft.captions} == {shot.start for shot in draft.shots}


def test_captions_on_one_place_of_the_screen_do_not_overlap(page: Media) -> None:
    captions = sorted(directed("6s video", page).captions, key=lambda caption: caption.start)
    alone = [caption for caption in captions if caption.meta.role is not Role.CALL_TO_ACTION]
    assert all(before.end <= after.start for before, after in pairwise(alone))


def test_a_title_leaves_time_to_see_the_picture_and_the_next_text(photo: Media, clip: Media) -> None:
    draft = directed('a 6s video "Big news" "From the coast"', photo, clip)
    title, lower_third, _ = draft.captions
    assert (title.meta.role, lower_third.meta.role) == (Role.TITLE, Role.LOWER_THIRD)
    assert title.end <= draft.shots[0].end <= lower_third.start
    assert lower_third.end == draft.shots[1].end


def test_uploaded_music_is_the_sound(song: Media, photo: Media) -> None:
    sounds = directed("make a video", photo, song).sounds
    assert [(sound.meta.src, sound.meta.volume) for sound in sounds] == [("song", 1)]


def test_a_clips_own_sound_is_kept_with_music_below_it_when_asked_for(clip: Media) -> None:
    assert [sound.meta.src for sound in directed("make a video", clip).sounds] == ["clip"]
    own, music = directed("make a video with upbeat music", clip).sounds
    assert (own.meta.src, music.meta.style) == ("clip", Style.UPBEAT)
    assert music.meta.volume < own.meta.volume


def test_only_a_sound_becomes_a_card_that_sounds(song: Media) -> None:
    draft = directed("make a video", song)
    assert [shot.meta.src for shot in draft.shots] == [None]
    assert texts(draft, Role.TITLE) == ["Night drive"]
    assert [sound.meta.src for sound in draft.sounds] == ["song"]


def test_words_alone_become_cards() -> None:
    draft = directed('make a video "Urban Dreams" "Only this week"')
    assert texts(draft, Role.TITLE) == ["Urban Dreams"]
    assert texts(draft, Role.BODY) == ["Only this week"]
    assert len(draft.shots) == 2


def test_nothing_to_work_from_is_nothing() -> None:
    assert direct(read_instruction("make a video"), []) is None


def test_music_and_title_can_be_refused(photo: Media) -> None:
    draft = directed("a video without music and no text", photo)
    assert draft.sounds == []
    assert draft.captions == []


@pytest.mark.parametrize(("asked", "seconds"), [("1s", 3), ("3s", 3), ("600 seconds", 60)])
def test_lengths_are_kept_within_reason(photo: Media, asked: str, seconds: int) -> None:
    assert directed(f"a {asked} video", photo).duration == 1000 * seconds


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("summer_sale.png", "Summer sale"),
        ("IMG_1234.jpg", None),
        ("Screenshot 2026-01-02 at 10.11.12.png", None),
        ("page.png", None),
        ("9f86d081884c7d65.png", None),
        ("a.png", None),
        ("城市之梦.jpg", "城市之梦"),
        ("Mu\u0308ller Cafe\u0301.jpg", "Müller Café"),
        ("हिन्दी चलचित्र.jpg", "हिन्दी चलचित्र"),
        ("ไทยแลนด์ สวย.jpg", "ไทยแลนด์ สวย"),
        ("می\u200cخواهم.jpg", "می\u200cخواهم"),  # noqa: RUF001 - Persian
        ("summer%20sale.jpg", "Summer sale"),
        ("caf%C3%A9_%E5%9F%8E.png", "Café 城"),
        ("50% off.png", "50 off"),
    ],
)
def test_only_names_given_by_people_become_titles(name: str, title: str | None) -> None:
    assert readable_name(name) == title


@pytest.mark.parametrize("theme", ["#ffffff", "#ffff00", "#ffc800", "#00ffcc", "#000000", "#e8590c", None])
def test_cards_are_dark_enough_for_white_text(theme: str | None) -> None:
    """WCAG 2 contrast of 4.5, where a card is lightest."""
    for colours in [palette("any", theme), *PALETTES]:
        for colour in colours:
            assert contrast(WHITE, lit(colour)) >= 4.5


def drawn(tmp_path: Path, name: str, picture: Image.Image) -> Media:
    path = tmp_path / name
    picture.save(path)
    return describe(path, name)


@pytest.fixture
def shop_page(tmp_path: Path) -> Media:
    """A captured page with a headline, a picture, a price and a button."""
    picture = Image.new("RGB", (1440, 3000), "white")
    spots = (
        Spot(Part.HEADLINE, 0.1, 0.05, 0.4, 0.05, "Evening, by the lamp."),
        Spot(Part.PRICE, 0.1, 0.16, 0.08, 0.02, "€149"),
        Spot(Part.ACTION, 0.1, 0.2, 0.15, 0.02, "Order yours"),
        Spot(Part.PICTURE, 0.5, 0.5, 0.45, 0.2),
    )
    page = Page(
        "https://halden-lamps.example/lamp",
        "halden-lamps.example",
        "The evening lamp | Halden",
        "Linen and brass.",
        "#d8602c",
        site="Halden",
        price="€149",
        action="Order yours",
        captured=True,
        spots=spots,
    )
    draw_into(picture, spots[-1])
    return replace(drawn(tmp_path, "page.png", picture), kind=Kind.PAGE, page=page)


def test_a_page_is_told_from_its_name_to_its_address(shop_page: Media) -> None:
    draft = directed("Introduce this page", shop_page)
    opening, tour, *close_ups, closing = draft.shots
    assert opening.meta.layout is Layout.SPLIT
    assert texts(draft, Role.TITLE) == ["The evening lamp\nHalden"]
    assert tour.meta.move is Move.SCROLL
    assert [stop.rest > 0 for stop in tour.meta.path] == [True] * len(tour.meta.path)
    crops = [shot.meta.crop for shot in close_ups]
    tops = [crop.top for crop in crops if crop]
    assert len(tops) == len(close_ups) > 1
    assert tops == sorted(tops)
    assert closing.meta.layout is Layout.CARD
    assert texts(draft, Role.LOWER_THIRD) == ["The evening lamp\n€149"]
    assert texts(draft, Role.CLOSING) == ["Halden\nhalden-lamps.example"]
    assert texts(draft, Role.CALL_TO_ACTION) == ["Order yours"]
    assert opening.meta.colours == closing.meta.colours == palette("", "#d8602c")


@pytest.mark.parametrize("seconds", [3, 5, 8, 15, 40])
def test_a_page_has_no_scene_too_short_to_be_seen(shop_page: Media, seconds: int) -> None:
    draft = directed(f"a {seconds} second video", shop_page)
    assert draft.duration == 1000 * seconds
    assert min(shot.duration for shot in draft.shots) >= 700
    assert any(shot.meta.src for shot in draft.shots)


@pytest.mark.parametrize("aspect", Aspect)
def test_close_ups_show_their_spot_in_every_format(shop_page: Media, aspect: Aspect) -> None:
    draft = directed(f"{aspect}", shop_page)
    page = shop_page.page
    assert page is not None
    for shot in draft.shots:
        if shot.meta.fit is not Fit.CONTAIN:
            continue
        crop = shot.meta.crop
        assert crop is not None
        seen = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
        assert any(
            framing.holds(seen, (spot.x, spot.y, spot.x + spot.width, spot.y + spot.height))
            for spot in page.spots
        )


def test_no_command_of_the_instruction_is_shown(shop_page: Media, photo: Media, clip: Media) -> None:
    for media in ([shop_page], [photo], [clip], [photo, clip]):
        shown = [
            c.meta.text
            for c in directed("Please make a nice upbeat 9 second vertical video for me", *media).captions
        ]
        assert not any(
            word in text.lower() for text in shown for word in ("make", "video", "upbeat", "vertical")
        )


def test_an_icon_stands_on_a_ground_beside_its_words(tmp_path: Path) -> None:
    icon = drawn(tmp_path, "icon.png", Image.new("RGB", (64, 64), (20, 110, 220)))
    draft = directed('title "Drop" and subtitle "Every sip counts"', icon)
    (shot,) = draft.shots
    assert (shot.meta.fit, shot.meta.ground) == (Fit.CONTAIN, Ground.COLOURS)
    assert shot.meta.layout is Layout.SPLIT
    (title,) = draft.captions
    assert title.meta.text == "Drop\nEvery sip counts"
    assert title.duration == draft.duration


def test_a_photo_alone_is_shown_whole_and_from_near(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").resize((2400, 1600)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((1500, 500, 2000, 1000), fill=(240, 180, 60))
    draft = directed(
        'title "The sun", subtitle "over Bergen", end with "Come and see"', drawn(tmp_path, "a.png", picture)
    )
    whole, near = draft.shots[0].meta, draft.shots[1].meta
    assert near.path[-1].zoom > whole.path[-1].zoom
    assert near.path[-1].x == pytest.approx(1750 / 2400, abs=0.08)
    assert texts(draft, Role.LOWER_THIRD) == ["over Bergen"]
    assert texts(draft, Role.CLOSING) == ["Come and see"]


@pytest.mark.parametrize(("x", "fit"), [((1900, 2300), Fit.COVER), ((100, 2300), Fit.CONTAIN)])
def test_a_wide_photo_fills_an_upright_video_only_where_its_subject_stays(
    tmp_path: Path, x: tuple[int, int], fit: Fit
) -> None:
    """One subject at the side is followed; two far apart are both shown."""
    picture = Image.new("RGB", (2400, 1600), (30, 60, 90))
    pencil = ImageDraw.Draw(picture)
    for left in x:
        pencil.ellipse((left - 200, 500, left + 200, 900), fill=(240, 180, 60))
    first = directed("vertical", drawn(tmp_path, "a.png", picture)).shots[0].meta
    assert first.fit is fit
    if fit is Fit.COVER:
        assert first.path[0].x > 0.7


def test_an_upright_clip_stays_upright(clip: Media) -> None:
    upright = replace(clip, width=1080, height=1920)
    assert directed("make a video", upright).canvas.aspect == "9:16"
    assert directed("make a 16:9 video", upright).canvas.aspect == "16:9"


def test_music_given_is_repeated_where_it_is_too_short(photo: Media, song: Media) -> None:
    short = replace(song, duration=4000)
    sounds = directed("a 10s video", photo, short).sounds
    assert [(sound.start, sound.duration) for sound in sounds] == [(0, 4000), (4000, 4000), (8000, 2000)]


def test_an_animation_goes_round_long_enough_to_be_seen(clip: Media) -> None:
    gif = replace(clip, name="bounce.gif", mime="image/gif", duration=960, has_sound=False)
    assert directed("make a video", gif).duration >= 6000


def test_a_voice_says_what_is_asked_for_and_the_video_waits_for_it(photo: Media) -> None:
    words = "Good evening. " * 14
    draft = directed(f'a video with a voice-over saying "{words.strip()}"', photo)
    (voice,) = [sound for sound in draft.sounds if sound.meta.speech]
    assert voice.meta.speech == words.strip()
    assert voice.start + speaking_ms(words.strip()) <= draft.duration


def test_sentences_about_the_subject_become_texts() -> None:
    draft = directed(
        "Make a teaser for our summer sale. 30 % off all bicycles. Only this weekend. End with “Ride on”."
    )
    assert texts(draft, Role.TITLE) == ["Summer Sale"]
    assert texts(draft, Role.BODY) == ["30 % off all bicycles", "Only this weekend"]
    assert texts(draft, Role.CLOSING) == ["Ride on"]


def test_a_faster_pace_makes_a_shorter_video(photo: Media, clip: Media) -> None:
    assert directed("a snappy video", photo, clip).duration < directed("a video", photo, clip).duration


def test_what_cannot_be_looked_at_is_shown_all_the_same(photo: Media) -> None:
    assert directed("make a video", photo).sources == {"photo"}


def test_what_comes_after_the_first_step_changes_what_it_made(photo: Media) -> None:
    once = directed("Make a 5 second video with the title 'Spring'", photo)
    listed = (
        "In this order:\n1. Make a 5 second video with the title 'Spring'\n2. Change the title to 'Summer'"
    )
    later = directed(f"{listed}\n3. Sing me a song\nMake the title bigger", photo)
    assert (texts(once, Role.TITLE), texts(later, Role.TITLE)) == (["Spring"], ["Summer"])
    assert later.captions[0].meta.size > once.captions[0].meta.size
    assert later.duration == once.duration


@pytest.mark.parametrize("length", ["0 seconds", "0.01 s", "1000 seconds", "999999999 seconds", "99 minutes"])
def test_any_length_may_be_asked_for(clip: Media, photo: Media, length: str) -> None:
    for media in ([clip], [photo], [clip, photo], []):
        draft = direct(read_instruction(f'make a {length} video "Tea"'), media)
        assert draft is not None
        assert 3000 <= draft.duration <= 60_000


@pytest.fixture
def offering_page(shop_page: Media) -> Media:
    """A captured page that tells what it offers, with lines of text all over it."""
    page = shop_page.page
    assert page is not None
    spots = (
        Spot(Part.HEADLINE, 0.1, 0.05, 0.4, 0.05, "Evening, by the lamp."),
        Spot(Part.POINT, 0.1, 0.3, 0.35, 0.08, "Linen that lasts", "Woven in Bergen. By hand."),
        Spot(Part.FEATURE, 0.55, 0.3, 0.35, 0.16, "Brass that ages well", "It gets darker, and softer."),
        Spot(Part.QUOTE, 0.2, 0.6, 0.6, 0.03, "The best light in the house.", "Ida Holm"),
        Spot(Part.HEADLINE, 0.1, 0.72, 0.33, 0.03, "Where it is made"),
    )
    lines = tuple(
        (x, y / 100, x + 0.33, y / 100 + 0.012)
        for x in (0.1, 0.55)
        for y in range(4, 96, 3)
        if x < 0.5 or not 28 < y < 48
    )
    said = replace(
        page,
        spots=spots,
        lines=lines,
        price="",
        message="Evening, by the lamp.",
        url="https://halden.example/",
    )
    assert shop_page.path is not None
    with Image.open(shop_page.path) as picture:
        draw_into(picture, spots[2])
        picture.save(shop_page.path)
    return replace(shop_page, page=said)


def test_a_page_tells_its_message_and_what_it_offers(offering_page: Media) -> None:
    draft = directed("Introduce this page", offering_page)
    assert texts(draft, Role.TITLE) == ["Evening, by the lamp.\nThe evening lamp"]
    assert texts(draft, Role.BODY) == [
        "Linen that lasts\nWoven in Bergen.",
        "Brass that ages well",
        "“The best light in the house.”\nIda Holm",
    ]
    title = draft.captions[0]
    assert title.start == 0
    # What can be read on a part of the page is not said again beside it.
    (picture,) = [
        shot.meta.crop for shot in draft.shots if shot.meta.crop and shot.meta.layout is Layout.SPLIT
    ]
    assert picture is not None
    assert (picture.left, picture.top, picture.width) == pytest.approx((0.55, 0.3, 0.35), abs=0.001)


@pytest.mark.parametrize("aspect", Aspect)
def test_no_scene_of_a_page_cuts_a_line(offering_page: Media, aspect: Aspect) -> None:
    page = offering_page.page
    assert page is not None
    crops = [shot.meta.crop for shot in directed(f"{aspect}", offering_page).shots if shot.meta.crop]
    assert len(crops) > 1
    for crop in crops:
        seen = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
        assert not [line for line in page.lines if framing.is_cut(seen, line, 0)]


@pytest.mark.parametrize("aspect", Aspect)
def test_words_can_be_read_in_their_time_and_not_over_one_another(
    offering_page: Media, photo: Media, aspect: Aspect
) -> None:
    for media in (offering_page, photo):
        draft = directed(f"{aspect}", media)
        captions = sorted(draft.captions, key=lambda caption: caption.start)
        for caption in captions:
            assert caption.duration >= 300 * len(caption.meta.text.split())
        for before, after in pairwise(captions):
            assert before.end <= after.start or {before.meta.role, after.meta.role} == {
                Role.CLOSING,
                Role.CALL_TO_ACTION,
            }
        assert captions[0].start < 1000


@pytest.mark.parametrize(
    ("title", "url", "closing", "button"),
    [
        ("Agency - Start Bootstrap Theme", "http://127.0.0.1:4100/", "Agency", []),
        ("Agency - Start Bootstrap Theme", "http://localhost/", "Agency", []),
        ("The evening lamp | Halden", "https://shop.example/lamps/evening", "Halden", ["shop.example"]),
        ("Home | Halden", "https://halden.example/", "Halden", ["halden.example"]),
        (
            "Halden: lamps for the evening",
            "https://halden.example/",
            "Halden: lamps for the evening",
            ["halden.example"],
        ),
        ("Lamps | Halden", "https://www.halden.example/lamps", "Halden", ["halden.example"]),
    ],
)
def test_the_end_names_who_it_is_and_where(
    page: Media, title: str, url: str, closing: str, button: list[str]
) -> None:
    host = url.split("/")[2].split(":", maxsplit=1)[0].removeprefix("www.")
    said = Page(url, host, title, "Linen and brass.", None)
    draft = directed("make a video", replace(page, page=said))
    assert (texts(draft, Role.CLOSING), texts(draft, Role.CALL_TO_ACTION)) == ([closing], button)


@pytest.mark.parametrize("aspect", Aspect)
def test_a_screenshot_is_shown_whole_beside_its_title(tmp_path: Path, aspect: Aspect) -> None:
    picture = Image.new("RGB", (1280, 800), "white")
    pencil = ImageDraw.Draw(picture)
    face = ImageFont.truetype(FONT, 60)
    pencil.text((120, 120), "Kettles that sing", "black", face)
    for line in range(8):
        pencil.text(
            (120, 260 + 40 * line), "Pours slowly, boils in no time", "black", face.font_variant(size=20)
        )
    draft = directed(f'{aspect}, title "Sing"', drawn(tmp_path, "a.png", picture))
    first = draft.shots[0].meta
    assert (first.fit, first.layout) == (Fit.CONTAIN, Layout.SPLIT)
    crop = first.crop or Crop()
    words = 120 / 1280, 130 / 800, 500 / 1280, 560 / 800
    assert framing.holds((crop.left, crop.top, crop.left + crop.width, crop.top + crop.height), words)
    assert all(shot.meta.fit is Fit.CONTAIN for shot in draft.shots)


def test_a_page_that_fits_its_window_is_shown_whole(tmp_path: Path) -> None:
    """There is nothing to scroll to: a camera that rests for all of a scene would look like a fault."""
    picture = Image.new("RGB", (1280, 1600), "white")
    face = ImageFont.truetype(FONT, 20)
    for line in range(18):
        place = 120, 100 + 80 * line
        ImageDraw.Draw(picture).text(place, "Pours slowly, boils in no time", "black", face)
    for shot in directed("9:16", drawn(tmp_path, "a.png", picture)).shots:
        assert shot.meta.move is not Move.SCROLL
        assert shot.meta.crop is not None


@pytest.mark.parametrize(("width", "letters", "scrolls"), [(1440, 46, True), (1170, 62, False)])
def test_only_a_phones_large_letters_make_a_tall_screenshot_one_screen(
    tmp_path: Path, width: int, letters: int, *, scrolls: bool
) -> None:
    """A page of few and large words is as high as a phone's screen, and is scrolled all the same."""
    picture = Image.new("RGB", (width, round(2.17 * width)), "white")
    face = ImageFont.truetype(FONT, letters)
    for line in range(8):
        place = width // 12, 200 + 280 * line
        ImageDraw.Draw(picture).text(place, "Pours slowly, boils well", "black", face)
    draft = directed('title "Sing"', drawn(tmp_path, "a.png", picture))
    assert any(shot.meta.move is Move.SCROLL for shot in draft.shots) is scrolls


def test_a_text_that_is_added_later_stands_beside_a_screenshot(tmp_path: Path) -> None:
    picture = Image.new("RGB", (1280, 800), "white")
    face = ImageFont.truetype(FONT, 24)
    for line in range(9):
        place = 120, 100 + 60 * line
        ImageDraw.Draw(picture).text(place, "Pours slowly, boils in no time", "black", face)
    draft = directed("make a video", drawn(tmp_path, "Screenshot 2026-01-02.png", picture))
    assert draft.captions == []
    edited = edit(draft, "add the title 'Sing'")
    assert isinstance(edited, Edited)
    (title,) = edited.draft.captions
    first = edited.draft.shots[0]
    assert first.meta.layout is Layout.SPLIT
    assert (title.start, title.duration, title.meta.scrim) == (first.start, first.duration, False)


def test_photos_get_several_framings(tmp_path: Path) -> None:
    picture = Image.linear_gradient("L").resize((2400, 1600)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((1100, 600, 1400, 900), fill=(240, 180, 60))
    for aspect in Aspect:
        draft = directed(f'{aspect}, title "The sun"', drawn(tmp_path, "a.png", picture))
        framings = {
            (shot.meta.fit, shot.meta.layout, tuple(map(repr, shot.meta.path))) for shot in draft.shots
        }
        assert len(framings) == len(draft.shots) >= (2 if aspect is Aspect.TALL else 3)
        assert max(shot.duration for shot in draft.shots) <= 4000


def test_a_product_stands_on_its_own_ground_with_dark_words(tmp_path: Path) -> None:
    picture = Image.new("RGB", (1600, 1600), "white")
    ImageDraw.Draw(picture).ellipse((500, 500, 1100, 1100), fill=(200, 90, 40))
    draft = directed('title "Terracotta"', drawn(tmp_path, "a.jpg", picture))
    first = draft.shots[0].meta
    assert (first.ground, first.layout) == (Ground.PLAIN, Layout.SPLIT)
    assert contrast(draft.captions[0].meta.colour, first.colours[0]) >= 4.5
    assert [bool(shot.meta.path) for shot in draft.shots] == [False, True, False]
    for shot in draft.shots:
        crop = shot.meta.crop
        assert crop is not None
        assert framing.holds(
            (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height), (0.31, 0.31, 0.69, 0.69)
        )
