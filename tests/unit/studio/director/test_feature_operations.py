"""What an instruction asks for besides the story, in the draft and on the screen."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from studio.agent import replies
from studio.director.colours import contrast
from studio.director.direct import Directed, directed
from studio.director.edits import Edited, edit
from studio.director.language import read_instruction
from studio.director.vocabulary import Aspect
from studio.draft import Corner, Draft, Logo, Role, ShotSegment, VideoTrack, parse_draft
from studio.errors import UnusableDraftError
from studio.media.items import Kind, Media, Page
from studio.render import codes
from studio.render.film import Film, Reel
from studio.render.lettering import letter
from studio.render.planes import Planes
from studio.render.sources import Source
from studio.staging import split

ADDRESS = "https://halden.example/shop"
PAGE = Media(
    "page",
    "about.html",
    Kind.PAGE,
    None,
    "text/html",
    "0",
    page=Page(ADDRESS, "halden.example", "Halden", "", None),
)


def of(instruction: str, *media: Media) -> Directed:
    made = directed(read_instruction(instruction), list(media))
    assert made is not None
    parse_draft(made.draft.to_wire())
    return made


def closing(draft: Draft) -> str:
    return "\n".join(text.meta.text for text in draft.captions if text.meta.role is Role.CLOSING)


@pytest.mark.parametrize("medium", ["photo", "screenshot", "clip"])
def test_all_that_can_be_kept_is_kept(medium: str, request: pytest.FixtureRequest) -> None:
    made = of(
        f"Make a 4:5 video at 60 fps in 4K, brand colour #0a7d5a, price $4.50, "
        f"a QR code with {ADDRESS} at the end. "
        "Add @haldencoffee #slowmornings #coffee",
        request.getfixturevalue(medium),
    )
    assert not made.not_done
    canvas = made.draft.canvas
    assert (canvas.width, canvas.height, canvas.fps, canvas.aspect) == (2160, 2700, 60, "4:5")
    assert {text.meta.accent for text in made.draft.captions} == {"#0a7d5a"}
    assert made.draft.shots[-1].meta.code == ADDRESS
    assert "$4.50 · @haldencoffee #slowmornings #coffee" in closing(made.draft).replace("\n", " · ")


def test_an_edit_keeps_them_too(photo: Media) -> None:
    draft = of("make a video", photo).draft
    edited = edit(
        draft, f"make it 24 fps, add the price 4,50 €, add a QR code to {ADDRESS} and brand colour #0A7D5A"
    )
    assert isinstance(edited, Edited)
    assert not edited.refusals
    assert not edited.unclear
    assert edited.draft.canvas.fps == 24
    assert edited.draft.shots[-1].meta.code == ADDRESS
    assert "4,50 €" in closing(edited.draft)
    assert edited.draft.duration == draft.duration


def test_a_code_without_an_address_is_named_with_the_reason(photo: Media) -> None:
    made = of("make a video with a QR code", photo)
    told = replies.generated(made.draft, made.not_done, chinese=False)
    assert told.endswith("Not done: a QR code (it needs an address).")


@pytest.mark.parametrize(("asked", "named"), [("at 120 fps", "120 frames"), ("in 8K", "4320 lines")])
def test_what_is_beyond_the_limits_is_named(photo: Media, asked: str, named: str) -> None:
    (lacking,) = of(f"make a video {asked}", photo).not_done
    assert named in lacking.english


@pytest.mark.parametrize(
    ("instruction", "size"),
    [
        ("a YouTube short about tea", (1080, 1920)),
        ("an Instagram story about tea", (1080, 1920)),
        ("make a video about tea as a reel", (1080, 1920)),
        ("make a 2:1 video about tea", (1920, 960)),
        ("make a 2:1 video about tea in 4K", (3840, 1920)),
        ("make a square video about tea in 1440p", (1440, 1440)),
        ("make a video about tea in 720p", (1280, 720)),
    ],
)
def test_the_size_is_the_one_asked_for(instruction: str, size: tuple[int, int]) -> None:
    made = of(instruction)
    assert not made.not_done
    assert (made.draft.canvas.width, made.draft.canvas.height) == size


def test_what_would_take_too_long_to_render_is_named() -> None:
    made = of("make a 60 second video about tea in 4K at 60 fps")
    assert [said.english for said in made.not_done] == [
        "2160 lines at 60 frames per second (the video is too long for both)"
    ]
    assert not of("make a 30 second video about tea in 4K at 60 fps").not_done


def test_another_format_keeps_the_resolution() -> None:
    edited = edit(of("make a video about tea in 4K").draft, "make it vertical")
    assert isinstance(edited, Edited)
    assert (edited.draft.canvas.width, edited.draft.canvas.height) == (2160, 3840)


@pytest.mark.parametrize("aspect", Aspect)
def test_the_code_on_the_screen_can_be_scanned(aspect: Aspect) -> None:
    draft = of(
        f'make a {aspect} video with the title "Halden", end with "Slow mornings". QR code {ADDRESS}'
    ).draft
    width, height = (round(side / 4) * 2 for side in (draft.canvas.width, draft.canvas.height))
    draft.canvas = draft.canvas.model_copy(update={"width": width, "height": height})
    film = Film(draft, {})
    frame = Planes.empty(width, height)
    Reel(film).draw(film.frames - 1, frame)
    assert cv2.QRCodeDetector().detectAndDecode(np.ascontiguousarray(frame.all[0]))[0] == ADDRESS


@pytest.mark.parametrize("aspect", Aspect)
@pytest.mark.parametrize(
    "name", ["Halden", "Slow mornings, every day", "The Halden Coffee Roasting Company of 1911"]
)
def test_beside_a_code_the_last_words_keep_clear_of_the_button(aspect: Aspect, name: str) -> None:
    draft = of(
        f'make a {aspect} video with the title "Halden", end with "{name}", call to action "Order now". '
        f"Price $4.50, add @haldencoffee #slowmornings, QR code {ADDRESS}"
    ).draft
    width, height = draft.canvas.width, draft.canvas.height
    beside = split(width, height, 1, bleeds=False).text
    texts = [text.meta for text in draft.captions if text.start >= draft.shots[-1].start]
    first, second = (letter(text, width, height, beside) for text in texts)
    assert first
    assert second
    rows = [one.y + np.flatnonzero((one.mask > 0.3).any(axis=1)) for one in (first, second)]
    assert rows[0].max() < rows[1].min()


@pytest.mark.parametrize("colour", ["#0a7d5a", "#ffd84d", "#e4002b", "#ffffff", "#7a4bff"])
def test_a_button_of_the_brands_colour_can_be_told_from_its_card(colour: str) -> None:
    draft = of(f'make a video with the title "Tea", call to action "Order now", brand colour {colour}').draft
    for ground in draft.shots[-1].meta.colours:
        assert contrast(colour, ground) >= 3
        assert contrast("#ffffff", ground) >= 4.5


def test_a_text_that_fits_into_no_code_is_told() -> None:
    with pytest.raises(UnusableDraftError, match="does not fit"):
        codes.picture("x" * 5000)


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("corner", Corner)
def test_an_uploaded_logo_is_seen_in_its_corner(tmp_path: Path, corner: Corner, *, transparent: bool) -> None:
    path = tmp_path / "our_logo.png"
    Image.new("RGBA" if transparent else "RGB", (200, 100), "#ff0000").save(path)
    logo = Media("logo", path.name, Kind.IMAGE, path, "image/png", "0", 200, 100)
    made = of(f'make a video with the title "Halden", add our logo {corner}', logo, PAGE)
    assert not made.not_done
    assert all(shot.meta.src != "logo" for shot in made.draft.shots)
    canvas = made.draft.canvas.model_copy(update={"width": 320, "height": 320})
    shown = Draft(tracks=[VideoTrack(segments=[ShotSegment(duration=1000)])], canvas=canvas)
    frame = Planes.empty(320, 320)
    Reel(Film(shown, {"logo": Source(path, Kind.IMAGE, path.name)})).draw(5, frame)
    rows, columns = np.nonzero(frame.all[2] > 180)
    assert bool(rows.mean() < 40) is corner.startswith("top")
    assert bool(rows.mean() > 120) is corner.startswith("bottom")
    assert bool(columns.mean() < 40) is corner.endswith("left")
    assert bool(columns.mean() > 120) is corner.endswith("right")


def test_a_logo_that_was_not_uploaded_is_named(photo: Media) -> None:
    made = of("make a video, add our logo top right", photo)
    assert [said.english for said in made.not_done] == ["a logo top right"]


def test_a_picture_can_be_called_the_logo(photo: Media, screenshot: Media) -> None:
    made = of("make a video, use harbour_sunrise as the logo bottom left", photo, screenshot)
    assert not made.not_done
    assert made.draft.canvas.logo == Logo(src="photo", corner=Corner.BOTTOM_LEFT)
    assert "photo" in made.draft.sources
