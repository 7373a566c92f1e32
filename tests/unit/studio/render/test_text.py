# ruff: noqa: RUF001 - Chinese punctuation, and letters that look like others
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from studio.draft import Caption, CaptionSegment, Place, Role
from studio.errors import UnusableDraftError
from studio.render import typeface
from studio.render.contrast import READABLE, contrast
from studio.render.layout import Style, fit
from studio.render.lettering import letter
from studio.render.planes import Planes, rgb_of
from studio.render.text import Title
from studio.staging import safe_area, split

STYLE = Style(size=108, weight=800, lines=4, smallest=24)
LONG = (
    "An uncommonly long title about everything that happened on the coast this summer and the one before it "
    * 3
).strip()
SIZES = [(1920, 1080), (1080, 1920), (1080, 1080), (320, 180)]
COLOURS = ["#ffffff", "#ffd84d", "#ff5a52", "#6db3ff", "#101010"]
GROUNDS = [(255, 255, 255), (0, 0, 0), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)]


def plain(size: tuple[int, int], colour: tuple[int, int, int]) -> Planes:
    return Planes.from_rgb(np.asarray(Image.new("RGB", size, colour)))


def title(caption: Caption, size: tuple[int, int], *, seconds: float = 2, stays: bool = False) -> Title:
    segment = CaptionSegment(start=0, duration=round(1000 * seconds), meta=caption)
    return Title(segment, *size, stays=stays, over_page=False)


def rgb(planes: Planes) -> np.ndarray:
    """By the definition of BT.709, limited range; the frame is large, chroma is simply doubled."""
    luma = (planes.y.astype(float) - 16) / 219
    blue, red = (
        (np.repeat(np.repeat(plane, 2, 0), 2, 1).astype(float) - 128) / 224 for plane in (planes.u, planes.v)
    )
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return np.clip(np.rint(255 * np.stack([r, g, b], axis=2)), 0, 255).astype(int)


@pytest.mark.parametrize(("width", "height"), [(1600, 860), (900, 1400), (860, 860)])
@pytest.mark.parametrize(
    "text", ["Hi", LONG, "x" * 600, "城市之梦：夜色中的上海" * 12, "a\nb", "🎉" * 90, "a" * 5000]
)
def test_no_text_leaves_its_box(text: str, width: int, height: int) -> None:
    lines = fit(typeface.clean(text), STYLE, width, height)
    assert max(line.width for line in lines) <= width
    assert sum(line.height for line in lines) <= height


@pytest.mark.parametrize("text", [LONG, "x" * 600, "城市之梦，夜色中的上海。" * 12])
def test_every_character_is_set(text: str) -> None:
    lines = fit(typeface.clean(text), STYLE, 1000, 1500)
    assert "".join("".join(line.text for line in lines).split()) == "".join(text.split())


def test_a_text_nobody_could_read_ends_in_an_ellipsis() -> None:
    lines = fit(typeface.clean("word " * 1000), STYLE, 1000, 800)
    assert lines[-1].text.endswith("…")


def test_a_short_title_is_set_at_full_size_and_even_lines() -> None:
    assert [line.size for line in fit("Urban Dreams", STYLE, 1600, 900)] == [108]
    lines = fit("one two three four five six seven eight nine ten eleven", STYLE, 1000, 900)
    assert len(lines) > 1
    assert min(line.width for line in lines) > max(line.width for line in lines) / 2


@pytest.mark.parametrize("width", range(220, 900, 40))
def test_a_japanese_word_is_not_broken_before_a_small_letter_or_within_katakana(width: int) -> None:
    lines = fit(typeface.clean("十時間のバッテリーで、もっとゆっくり"), STYLE, width, 900)
    assert not [line.text for line in lines if line.text[0] in "っゃゅょッー、"]
    assert any("バッテリー" in line.text for line in lines)


def test_chinese_lines_do_not_begin_with_punctuation() -> None:
    lines = fit("城市之梦，夜色中的上海。" * 6, STYLE, 900, 1500)
    assert not any(line.text.startswith(("，", "。")) for line in lines)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\u0000b\u0007c\u202ed", "abcd"),
        ("e\u0301" + "\u0300" * 50, "\u00e9" + "\u0300" * 3),
        ("\ud800 x \U000e0001\uffff\U0010ffff", "x"),
        ("  one \t two \n\n\n three ", "one two\nthree"),
        ("👍🏽 👩\u200d🚀 🇩🇪", "👍 👩🚀 DE"),
        ("\u200b\u00ad\u2028", ""),
    ],
)
def test_only_what_can_be_seen_is_set(text: str, seen: str) -> None:
    assert typeface.clean(text) == seen


def test_letters_that_no_font_has_are_told() -> None:
    with pytest.raises(UnusableDraftError, match=r"“ሰላም” cannot be set: .*ethiopic"):
        typeface.clean("ሰላም")


@pytest.mark.parametrize(
    "text",
    [
        "Ürban Drëams №1 — “ok”",
        "城市之梦 さくら 한국어 臺灣",
        "Привет Ελληνικά",
        "مرحبا שלום สวัสดี नमस्ते",
        "☕ 🎉 🔥 ❤️ ✨ 1️⃣",
    ],
)
def test_no_box_stands_for_a_missing_character(text: str) -> None:
    for run in typeface.runs(typeface.clean(text)):
        assert {ord(c) for c in run.text} - {0x20E3} <= typeface._coverage(run.face)  # noqa: SLF001 - the fonts' own word


def test_emoji_are_shown_in_their_colours() -> None:
    found = letter(Caption(text="❤️🔥", role=Role.TITLE, scrim=False), 640, 360)
    assert found is not None
    shown = found.colours[found.mask > 0.9].astype(int)
    assert ((shown[:, 0] > 200) & (shown[:, 1] < 120)).sum() > 200


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", [None, *Place])
@pytest.mark.parametrize("role", Role)
def test_texts_stay_in_the_safe_area(size: tuple[int, int], role: Role, place: Place | None) -> None:
    for text in ("Urban Dreams\nnow at a price of $29", LONG):
        found = letter(Caption(text=text, role=role, place=place, scrim=False), *size)
        assert found is not None
        rows, columns = np.nonzero(found.mask > 0.5)
        area = safe_area(*size)
        assert found.x + columns.min() >= area.left - 2
        assert found.x + columns.max() <= area.right + 2
        assert found.y + rows.min() >= area.top - 2
        assert found.y + rows.max() <= area.bottom + 2


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("role", Role)
def test_text_over_any_picture_is_readable(role: Role, colour: str, ground: tuple[int, int, int]) -> None:
    size = (640, 360)
    caption = Caption(text="Urban Dreams", role=role, colour=colour)
    canvas = plain(size, ground)
    title(caption, size).draw(canvas, 1, 0)
    shown = rgb(canvas)
    found = letter(caption, *size)
    bare = letter(caption.model_copy(update={"scrim": False}), *size)
    assert found is not None
    assert bare is not None
    middle = shown[found.y : found.y + found.mask.shape[0], found.x : found.x + found.mask.shape[1]]
    # Letters and their ground are the two commonest colours of the text's own rows.
    rows, columns = np.nonzero(bare.mask > 0.99)
    inside = middle[rows.min() + 3 : rows.max() - 2, columns.min() + 8 : columns.max() - 3]
    colours, counts = np.unique(inside.reshape(-1, 3) // 12, axis=0, return_counts=True)
    commonest = [
        (12 * int(r) + 6, 12 * int(g) + 6, 12 * int(b) + 6) for r, g, b in colours[np.argsort(-counts)[:6]]
    ]
    letters = max(
        commonest, key=lambda each: -sum(abs(a - b) for a, b in zip(each, rgb_of(colour), strict=True))
    )
    behind = next(
        each for each in commonest if sum(abs(a - b) for a, b in zip(each, letters, strict=True)) > 36
    )
    if role is Role.CALL_TO_ACTION:
        letters = max(commonest, key=lambda each: contrast(each, behind))
    assert contrast(letters, behind) >= READABLE


@pytest.mark.parametrize("size", [(640, 360), (360, 640)])
def test_the_shade_behind_a_text_goes_on_to_its_edge_and_keeps_the_colour(size: tuple[int, int]) -> None:
    """With an end beside the text, it would be a smudge on the picture. Away from the text there is none."""
    canvas, untouched = plain(size, (210, 150, 90)), plain(size, (210, 150, 90))
    title(Caption(text="Sun", place=Place.BOTTOM), size).draw(canvas, 1, 0)
    height, width = canvas.y.shape
    for corner in (np.s_[:8, :8], np.s_[:8, -8:]):
        assert np.array_equal(canvas.y[corner], untouched.y[corner])
    lowest = canvas.y[-4:].astype(int)
    assert np.ptp(lowest) <= 1
    assert lowest.max() < untouched.y.min()
    found = letter(Caption(text="Sun", place=Place.BOTTOM), *size)
    assert found is not None
    beside = found.y // 2 + found.mask.shape[0] // 4, found.x // 2 + 2
    before, after = (abs(int(frame.u[beside]) - 128) for frame in (untouched, canvas))
    assert after >= 0.55 * before
    steps = np.abs(np.diff(canvas.y[:, width // 12].astype(int)))
    assert steps.max() <= 6
    assert canvas.y[min(found.y + found.mask.shape[0] // 2, height - 1), found.x + 4] < 170


def test_the_shade_behind_a_text_in_the_middle_has_no_corners() -> None:
    size = (640, 360)
    canvas, untouched = plain(size, (210, 150, 90)), plain(size, (210, 150, 90))
    title(Caption(text="Sun", place=Place.MIDDLE), size).draw(canvas, 1, 0)
    shaded = canvas.y != untouched.y
    rows, columns = np.flatnonzero(shaded.any(axis=1)), np.flatnonzero(shaded.any(axis=0))
    assert columns[0] > 0
    assert columns[-1] < size[0] - 1
    assert not shaded[rows[0], columns[0]]
    assert not shaded[rows[0] + 8, columns[0] + 8]


def test_a_text_on_a_card_moves_as_long_as_it_is_seen() -> None:
    """Nothing else moves there: half a second later, it stands elsewhere."""
    segment = CaptionSegment(start=0, duration=5000, meta=Caption(text="Sun"))
    shown = Title(segment, 1920, 1080, stays=True, over_page=False, drifts=True, arrives=True)
    places = [shown.appearance(moment / 2)[1] for moment in range(11)]
    assert all(earlier - later > 0.5 for earlier, later in pairwise(places))
    assert abs(places[0] + places[-1]) < 0.01


def test_a_text_that_stays_does_not_fade_out() -> None:
    stays = title(Caption(text="Urban Dreams"), (640, 360), stays=True)
    goes = title(Caption(text="Urban Dreams"), (640, 360))
    assert stays.appearance(1.999) == (1, 0)
    assert goes.appearance(1.999)[0] < 0.01
    assert stays.appearance(0)[0] == goes.appearance(0)[0] == 0


def test_a_text_appears_and_goes() -> None:
    caption = title(Caption(text="Urban Dreams", colour="#ff5a52", scrim=False), (640, 360))
    untouched = plain((640, 360), (40, 40, 40))
    shown = {}
    for moment in (0.0, 0.1, 1.0, 1.9, 2.0):
        canvas = plain((640, 360), (40, 40, 40))
        caption.draw(canvas, *caption.appearance(moment))
        shown[moment] = float(np.abs(canvas.y.astype(int) - untouched.y).sum())
    assert shown[0.0] == shown[2.0] == 0
    assert 0 < shown[0.1] < shown[1.0]
    assert 0 < shown[1.9] < shown[1.0]


def test_a_text_of_nothing_shows_nothing() -> None:
    canvas = plain((640, 360), (200, 200, 200))
    title(Caption(text="\u200b\u0007"), (640, 360)).draw(canvas, 1, 0)
    assert np.array_equal(canvas.y, plain((640, 360), (200, 200, 200)).y)


def test_the_text_has_the_colour_asked_for() -> None:
    canvas = plain((640, 360), (40, 40, 40))
    title(Caption(text="Urban Dreams", colour="#ffd84d", scrim=False), (640, 360)).draw(canvas, 1, 0)
    shown = rgb(canvas)
    assert (np.abs(shown - rgb_of("#ffd84d")).max(axis=2) <= 6).sum() > 300


@pytest.mark.parametrize("size", SIZES)
def test_the_words_of_a_button_keep_away_from_its_edges(size: tuple[int, int]) -> None:
    """As buttons of pages do: nearly as much is free beside the words as a letter is high."""
    caption = Caption(text="Order now", role=Role.CALL_TO_ACTION, accent="#1a4fa0")
    lettering = letter(caption, *size)
    assert lettering is not None
    solid = lettering.mask > 0.9
    white = solid & (lettering.colours.min(axis=2) > 200)
    button, words = np.flatnonzero(solid.any(axis=0)), np.flatnonzero(white.any(axis=0))
    high = np.flatnonzero(white.any(axis=1))
    free = min(words[0] - button[0], button[-1] - words[-1])
    assert free > 0.7 * (high[-1] - high[0])


@pytest.mark.parametrize("size", [(1080, 1920), (1080, 1080)])
@pytest.mark.parametrize("role", [Role.TITLE, Role.BODY, Role.LOWER_THIRD])
def test_a_text_below_a_picture_stands_in_the_middle_as_the_picture_does(
    size: tuple[int, int], role: Role
) -> None:
    beside = split(*size, 1.2, bleeds=False).text
    lettering = letter(Caption(text="One bill\ninstead of four", role=role), *size, beside)
    assert lettering is not None
    seen = np.flatnonzero((lettering.mask > 0.9).any(axis=0)) + lettering.x
    assert abs((seen[0] + seen[-1]) / 2 - size[0] / 2) < 0.02 * size[0]
