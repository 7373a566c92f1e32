# ruff: noqa: RUF001 - Chinese punctuation
"""Captions in the film: who asks for them gets them, in time to be read and with nothing behind them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from studio.director.captions import LINES, longest_line, parts, reading_ms
from studio.director.direct import Directed, directed
from studio.director.edits import Edited, NotEdited, edit
from studio.director.features import Kind as Asked
from studio.director.features import features
from studio.director.language import read_instruction
from studio.director.vocabulary import Aspect
from studio.draft import Canvas, CaptionSegment, Corner, Draft, Fit, Role, parse_draft, speaking_ms
from studio.media.intake import describe
from studio.media.items import Kind, Media, Page
from studio.render.lettering import letter
from studio.render.marks import mark
from studio.staging import Area, framed_area, safe_area, split, window

FONT = Path(__file__).resolve().parents[4] / "studio" / "fonts" / "Inter.ttf"
CANVASES = [Canvas(width=aspect.size[0], height=aspect.size[1]) for aspect in Aspect]
SPEECH = (
    "Meet Halden. It is a lamp that follows the sun through your day, from the first light in the "
    "morning to the last one at night. Order it today."
)
SAYS = f'a voice-over that says "{SPEECH}"'


def of(instruction: str, *media: Media) -> Directed:
    made = directed(read_instruction(instruction), media)
    assert made is not None
    parse_draft(made.draft.to_wire())
    return made


def captions_of(draft: Draft) -> list[CaptionSegment]:
    found = [text for text in draft.captions if text.meta.role is Role.CAPTION]
    return sorted(found, key=lambda text: text.start)


def others_of(draft: Draft) -> list[CaptionSegment]:
    return [text for text in draft.captions if text.meta.role is not Role.CAPTION]


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Media:
    """A page with lines of text from its top to its bottom, and what it says of itself."""
    path = tmp_path_factory.mktemp("page") / "page.png"
    picture = Image.new("RGB", (1280, 3200), "#ffffff")
    pencil = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONT, 34)
    for y in range(60, 3150, 70):
        pencil.text((80, y), "A lamp that follows the sun through all of your day", fill="#202020", font=font)
    picture.save(path)
    shown = describe(path, "page")
    said = Page(
        "https://halden.example/shop",
        "halden.example",
        "Halden",
        "Halden makes lamps that follow the sun through your day.",
        "#0a7d5a",
        captured=True,
        headings=("Made by hand in Oslo",),
    )
    return Media("page", "page", Kind.PAGE, path, "image/png", "0", shown.width, shown.height, page=said)


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Media:
    path = tmp_path_factory.mktemp("photo") / "harbour.jpg"
    picture = Image.linear_gradient("L").resize((1600, 1000)).convert("RGB")
    ImageDraw.Draw(picture).ellipse((900, 300, 1200, 600), fill="#e0a040")
    picture.save(path, quality=90)
    return describe(path, "harbour_sunrise.jpg")


@pytest.mark.parametrize(
    ("instruction", "asks"),
    [
        ("Make a video with captions", True),
        ("Make a video with closed captions", True),
        ("Make a subtitled video", True),
        ("make a teaser, add subtitles", True),
        ("A captioned reel, please", True),
        ("make a video with captions without music", True),
        ("Mach ein Video mit Untertiteln", True),
        ("Ein untertiteltes Video, mit deutschen Untertiteln ohne Musik", True),
        ("Fais une vidéo avec sous-titres", True),
        ("Une vidéo sous-titrée", True),
        ("Haz un vídeo con subtítulos", True),
        ("Un vídeo subtitulado", True),
        ("字幕をつけて動画を作ってください", True),
        ("字幕付きの動画", True),
        ("做一个视频，加字幕", True),
        ("做一个带字幕的视频", True),
        ("Make a video", False),
        ("Make a video without captions", False),
        ("make a video, no subtitles", False),
        ("Mach ein Video ohne Untertitel", False),
        ("Fais une vidéo sans sous-titres", False),
        ("Haz un vídeo sin subtítulos", False),
        ("字幕なしの動画", False),
        ("做一个视频，不要字幕", False),
        ("Make a video about our captions app", False),
        ('Make a video with the title "Add captions"', False),
        ('Make a video with the subtitle "Only today"', False),
    ],
)
def test_a_wish_for_captions_is_understood_and_kept(harbour: Media, instruction: str, *, asks: bool) -> None:
    assert any(feature.kind is Asked.CAPTIONS for feature in features(instruction)) is asks
    made = of(instruction, harbour)
    assert bool(captions_of(made.draft)) is made.draft.canvas.captions is asks
    assert not any("caption" in said.english for said in made.not_done)
    assert others_of(made.draft), "the title stays"


def test_with_a_voice_the_captions_are_what_it_says_while_it_says_it(harbour: Media) -> None:
    draft = of(f"Make a video with {SAYS} and captions", harbour).draft
    captions = captions_of(draft)
    assert " ".join(" ".join(text.meta.text.split()) for text in captions) == SPEECH
    (voice,) = [sound for sound in draft.sounds if sound.meta.speech]
    assert captions[0].start == voice.start
    assert captions[-1].end == pytest.approx(voice.start + speaking_ms(SPEECH), abs=1)
    assert all(one.end == other.start for one, other in pairwise(captions))


@pytest.mark.parametrize(
    "speech", ["Now. I am on it, as we all are, so it is to be on us. Extraordinary!", SPEECH, "Go. " * 12]
)
def test_what_a_voice_says_can_be_read(harbour: Media, speech: str) -> None:
    draft = of(
        f'Make a video of 20 seconds with a voice-over that says "{speech}" and captions', harbour
    ).draft
    captions = captions_of(draft)
    assert captions[-1].end <= draft.duration
    assert all(one.end == other.start for one, other in pairwise(captions))
    assert all(caption.duration >= reading_ms(caption.meta.text) - 1 for caption in captions)


def test_without_a_voice_they_say_what_the_screen_does_not(capture: Media) -> None:
    draft = of("Make a video with captions", capture).draft
    captions = captions_of(draft)
    assert captions[0].meta.text.replace("\n", " ") == capture.page.description if capture.page else False
    for caption in captions:
        beside = [text for text in others_of(draft) if text.start < caption.end and caption.start < text.end]
        assert beside == []
        assert caption.duration >= reading_ms(caption.meta.text)


def test_of_a_photo_with_nothing_but_a_title_they_repeat_it(harbour: Media) -> None:
    captions = captions_of(of('Make a video with the title "Halden" and captions', harbour).draft)
    assert [text.meta.text for text in captions] == ["Halden"]


def test_where_all_words_are_on_screen_it_is_said_why_there_are_none(page: Media) -> None:
    made = of("make a video with captions", page)
    assert [said.english for said in made.not_done] == ["captions (all the words are on the screen already)"]
    assert captions_of(made.draft) == []
    assert not made.draft.canvas.captions


WORDS = st.lists(
    st.sampled_from(
        [
            "lamp",
            "of",
            "a",
            "Halden.",
            "sun,",
            "through!",
            "extraordinarily-long-compound-word",
            "字幕",
            "です。",
        ]
    )
    | st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=30),
    min_size=1,
    max_size=40,
)


@given(words=WORDS, canvas=st.sampled_from(CANVASES))
def test_a_caption_has_at_most_two_lines_and_no_word_is_lost(words: list[str], canvas: Canvas) -> None:
    text = " ".join(words)
    cut = parts(text, canvas)
    assert "".join("".join(cut).split()) == "".join(text.split())
    for part in cut:
        lines = part.split("\n")
        assert len(lines) <= LINES
        assert all(line.strip() and len(line) <= longest_line(canvas) for line in lines)


LONG = "A lamp that follows the sun through your day, from the first light"


def _lettering_box(caption: CaptionSegment, canvas: Canvas, beside: Area | None = None) -> Area:
    lettering = letter(caption.meta, canvas.width, canvas.height, beside, captioned=canvas.captions)
    assert lettering is not None
    rows, columns = np.nonzero(lettering.mask > 0.5)
    x, y = lettering.x, lettering.y
    return Area(
        x + int(columns.min()), y + int(rows.min()), x + int(columns.max()) + 1, y + int(rows.max()) + 1
    )


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: f"{canvas.width}x{canvas.height}")
def test_everything_else_ends_above_the_captions(canvas: Canvas, harbour: Media) -> None:
    draft = of(f"Make a video with {SAYS} and captions", harbour).draft
    canvas = canvas.model_copy(update={"captions": True})
    size = canvas.width, canvas.height
    (text,) = parts(LONG, canvas)[:1]
    caption = captions_of(draft)[0].model_copy(
        update={
            "meta": captions_of(draft)[0].meta.model_copy(
                update={"text": text, "size": 1.15 if size[1] > size[0] else 1}
            )
        }
    )
    box = _lettering_box(caption, canvas, split(*size, 1, bleeds=False, captioned=True).text)
    safe = safe_area(*size)
    assert (safe.left <= box.left, box.right <= safe.right, box.bottom <= safe.bottom) == (True, True, True)
    areas = [safe_area(*size, captioned=True), framed_area(*size, captioned=True)]
    for shape in (0.5, 1, 1.78):
        seen = window(*size, shape, captioned=True)
        areas.append(Area(seen.x, seen.y, seen.x + seen.width, seen.y + seen.height))
        for bleeds in (False, True):
            stage = split(*size, shape, bleeds=bleeds, captioned=True)
            areas += [stage.text] if bleeds else [stage.text, stage.picture]
    assert max(area.bottom for area in areas) <= box.top


@pytest.mark.parametrize("corner", Corner)
def test_a_logo_stands_above_the_captions(corner: Corner) -> None:
    logo = mark(np.full((60, 200, 3), 90, np.uint8), corner, 1920, 1080, captioned=True)
    assert logo.y + logo.mask.shape[0] <= safe_area(1920, 1080, captioned=True).bottom


def test_no_line_of_a_page_is_under_the_captions(capture: Media) -> None:
    for aspect in Aspect:
        draft = of(f"Make a {aspect} video with captions", capture).draft
        assert all(shot.meta.fit is not Fit.COVER for shot in draft.shots), "a page would fill the canvas"


def test_captions_are_added_to_a_video_and_taken_out_again(harbour: Media) -> None:
    plain = of('Make a video with the title "Halden"', harbour).draft
    added = edit(plain, "add captions")
    assert isinstance(added, Edited)
    assert captions_of(added.draft)
    assert added.draft.canvas.captions
    removed = edit(added.draft, "remove the captions")
    assert isinstance(removed, Edited)
    assert removed.draft.to_wire() == plain.to_wire()


def test_who_calls_all_texts_captions_is_understood(harbour: Media) -> None:
    plain = of('Make a video with the title "Halden"', harbour).draft
    removed = edit(plain, "不要字幕")
    assert isinstance(removed, Edited)
    assert removed.draft.captions == []


@pytest.mark.parametrize(
    "instruction",
    [
        "make it shorter",
        "make it vertical",
        "make it square",
        "remove the last scene",
        "swap the first and second scene",
    ],
)
@pytest.mark.parametrize("voice", [True, False], ids=["a voice", "no voice"])
def test_captions_follow_an_edit(capture: Media, instruction: str, *, voice: bool) -> None:
    before = of(f"Make a video with captions{f' and {SAYS}' if voice else ''}", capture).draft
    edited = edit(before, instruction)
    assert isinstance(edited, Edited)
    captions = captions_of(edited.draft)
    assert captions
    assert all(one.end <= other.start for one, other in pairwise(captions))
    assert captions[-1].end <= edited.draft.duration
    for caption in captions:
        lines = caption.meta.text.split("\n")
        assert len(lines) <= LINES
        assert max(map(len, lines)) <= longest_line(edited.draft.canvas)
        if not voice:
            assert not any(
                text.start < caption.end and caption.start < text.end for text in others_of(edited.draft)
            )


def test_captions_keep_the_looks_they_were_given(harbour: Media) -> None:
    draft = of(f"Make a video with {SAYS} and captions", harbour).draft
    for instruction in ("make the captions yellow", "make it shorter"):
        edited = edit(draft, instruction)
        assert not isinstance(edited, NotEdited)
        draft = edited.draft
    assert {text.meta.colour for text in captions_of(draft)} == {"#ffd84d"}
    assert {text.meta.colour for text in others_of(draft)} == {"#ffffff"}


def test_another_text_to_speak_gives_other_captions(harbour: Media) -> None:
    draft = of(f"Make a video with {SAYS} and captions", harbour).draft
    edited = edit(draft, 'the voice should say "Come and see it."')
    assert isinstance(edited, Edited)
    assert [text.meta.text for text in captions_of(edited.draft)] == ["Come and see it."]
