"""What the pipeline tells of a brand is done by the studio, and wished for by the instruction first."""

from pathlib import Path

import pytest
from PIL import Image

from studio.director.direct import Directed, directed
from studio.director.features import Feature, Kind, features
from studio.director.language import read_instruction
from studio.draft import Corner, Role
from studio.media import items
from studio.media.items import Media
from tests.support.builders import SENDING, a_version, a_video
from videos.model.media import InboxFile
from videos.model.records import Status
from videos.model.version import Ended
from videos.model.video import BackendSession, Brand, Options
from videos.requests.brand import LOGO_NAME
from videos.requests.prompt import message_of

LOGO = InboxFile(bucket="inbox", key="inbox/x.png")
BRAND = Brand(logo=LOGO, colors=("#0a7d5a", "#ffdd44", "#111111"), call_to_action="Order now")


def _told(instruction: str, brand: Brand = BRAND) -> str:
    video = a_video().model_copy(update={"options": Options(brand=brand)})
    return message_of(video, a_version(instruction=instruction))


@pytest.fixture
def logo(tmp_path: Path) -> Media:
    path = tmp_path / "logo"
    Image.new("RGBA", (200, 100), "#c0392b").save(path, "PNG")
    return Media("logo", f"{LOGO_NAME}.png", items.Kind.IMAGE, path, "image/png", "0", 200, 100)


def _made(instruction: str, *media: Media) -> Directed:
    result = directed(read_instruction(instruction), list(media))
    assert result is not None
    return result


@pytest.mark.parametrize(
    "instruction",
    [
        "Make a 10 second video",
        "Introduce the kettle in 10 seconds",
        "Make a short promotional video with the title “Kettle”. Upbeat music.",
        "做一个10秒的视频",
    ],
)
def test_the_film_has_all_of_the_brand(photo: Media, logo: Media, instruction: str) -> None:
    made = _made(_told(instruction), photo, logo)
    assert made.not_done == ()
    draft = made.draft
    assert draft.canvas.logo is not None
    assert (draft.canvas.logo.src, draft.canvas.logo.corner) == ("logo", Corner.TOP_RIGHT)
    assert {shot.meta.src for shot in draft.shots} <= {"photo", None}
    actions = [text.meta for text in draft.captions if text.meta.role is Role.CALL_TO_ACTION]
    assert [text.text for text in actions] == ["Order now"]
    assert actions[0].accent == "#0a7d5a"
    shown = " ".join(text.meta.text for text in draft.captions).lower()
    assert not [word for word in ("brand", "logo", "unless", "#") if word in shown]


def test_so_has_the_film_of_a_session_that_was_opened_again(photo: Media, logo: Media) -> None:
    video = a_video().model_copy(
        update={"options": Options(brand=BRAND), "backend_session": BackendSession(session_id="another")}
    )
    ended = Ended(status=Status.READY, at=video.created_at, message="Done.")
    first = a_version(instruction="Make a 10 second video", send_lock=SENDING, ended=ended)
    made = _made(
        message_of(video, a_version(number=2, instruction="Make it 8 seconds"), [first]), photo, logo
    )
    assert made.not_done == ()
    assert made.draft.canvas.logo is not None
    assert made.draft.duration == 8000


@pytest.mark.parametrize("place", ["top left", "bottom left", "bottom right"])
def test_the_place_that_the_instruction_names_counts(photo: Media, logo: Media, place: str) -> None:
    made = _made(_told(f"Make a 10 second video, add our logo {place}"), photo, logo)
    assert made.not_done == ()
    assert made.draft.canvas.logo is not None
    assert made.draft.canvas.logo.corner == place


def test_a_call_to_action_stands_below_what_it_is_about(photo: Media) -> None:
    draft = _made(_told("Introduce the kettle in 8 seconds", Brand(call_to_action="Order now")), photo).draft
    last = [text.meta for text in draft.captions if text.end == draft.duration]
    assert {text.role: text.text for text in last} == {
        Role.CLOSING: "Kettle",
        Role.CALL_TO_ACTION: "Order now",
    }
    untitled = _made('Make a video without a title, call to action "Order now"', photo).draft
    assert not [text for text in untitled.captions if text.meta.role is Role.CLOSING]


def test_two_places_that_are_asked_for_are_not_one() -> None:
    both = features("Add our logo top left. Use the logo in the bottom right corner")
    assert [feature.place for feature in both] == ["top left", "bottom right"]


def test_colours_that_may_be_used_are_no_wish() -> None:
    asked = features("Main brand color: #0a7d5a. Other brand colors that may be used: #ffd84d, #111111.")
    assert asked == (Feature(Kind.BRAND_COLOUR, "#0a7d5a"),)
    rest = features("These photos may be used. Add a QR code for https://a.example")
    assert [feature.kind for feature in rest] == [Kind.QR_CODE]


def test_the_logo_is_the_picture_that_is_called_so_and_not_another_of_that_name(
    photo: Media, logo: Media, tmp_path: Path
) -> None:
    path = tmp_path / "shirt"
    Image.new("RGB", (800, 600), "white").save(path, "PNG")
    shirt = Media("shirt", "shirt-with-logo.png", items.Kind.IMAGE, path, "image/png", "0", 800, 600)
    made = _made(_told("Make a 10 second video"), shirt, photo, logo)
    assert made.draft.canvas.logo is not None
    assert made.draft.canvas.logo.src == "logo"
    assert "shirt" in {shot.meta.src for shot in made.draft.shots}
