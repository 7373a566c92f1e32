from itertools import pairwise

import pytest

from studio.director.colours import palette
from studio.director.direct import direct
from studio.director.material import readable_name
from studio.draft import Draft, Move, Role, Style
from studio.director.language import read_instruction
from studio.media import Media


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
    assert [shot.meta.move for shot in draft.shots] == [Move.ZOOM_IN]
    assert texts(draft, Role.TITLE) == ["Harbour sunrise"]
    assert (draft.canvas.width, draft.canvas.height) == (1080, 1920)


def test_several_media_share_the_length_without_gaps(photo: Media, clip: Media, screenshot: Media) -> None:
    draft = directed("a 12s video", photo, clip, screenshot)
    shots = draft.shots
    assert [shot.meta.src for shot in shots] == ["photo", "clip", "shot"]
    assert (shots[0].start, shots[-1].end) == (0, 12_000)
    assert all(before.end == after.start for before, after in pairwise(shots))
    assert shots[0].meta.fade == 0
    assert all(shot.meta.fade > 0 for shot in shots[1:])


def test_a_page_without_picture_becomes_cards_with_its_words(page: Media) -> None:
    draft = directed("make a video of this website", page)
    assert texts(draft, Role.TITLE) == ["Northwind Coffee"]
    assert texts(draft, Role.BODY) == ["Roasted on Monday."]
    assert texts(draft, Role.CLOSING) == ["northwind.example"]
    assert all(shot.meta.src is None for shot in draft.shots)


def test_captions_on_one_place_of_the_screen_do_not_overlap(page: Media) -> None:
    captions = sorted(directed("6s video", page).captions, key=lambda caption: caption.start)
    assert all(before.end <= after.start for before, after in pairwise(captions))


def test_a_title_leaves_time_to_see_the_picture_and_the_next_text(photo: Media, clip: Media) -> None:
    draft = directed('a 6s video "Big news" "From the coast"', photo, clip)
    title, lower_third = draft.captions
    assert (title.meta.role, lower_third.meta.role) == (Role.TITLE, Role.LOWER_THIRD)
    assert title.end < draft.shots[0].end == lower_third.start


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
    ],
)
def test_only_names_given_by_people_become_titles(name: str, title: str | None) -> None:
    assert readable_name(name) == title


@pytest.mark.parametrize("theme", ["#ffffff", "#ffff00", "#00ffcc", "#000000", "#e8590c", None])
def test_cards_are_dark_enough_for_white_text(theme: str | None) -> None:
    """WCAG 2 contrast of white on the brighter colour: at least 3, for large text."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    for colour in palette("any", theme):
        red, green, blue = (linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
        assert 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) >= 3
