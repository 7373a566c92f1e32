"""A brand in sidecars, defaults and manifests, and what becomes of the logo that they name."""

from datetime import timedelta

import pytest

from tests.unit.videos.inbox.test_intake import PATIENCE, PNG, Desk
from videos.events.tags import VIDEO_STATUS
from videos.inbox.drop import Accepted, Ignored, Waiting
from videos.model.media import InboxFile, WebAddress
from videos.model.records import Status
from videos.model.version import Ended
from videos.model.video import Brand, Video

DEFAULTS = "inbox/shop/_defaults.json"
LOGO = "inbox/shop/brand/logo.png"
FOUND = InboxFile(bucket="the-inbox", key=LOGO, version_id="v1")
LATER = timedelta(days=1)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.put(PNG)
    desk.put(LOGO)
    return desk


def _brand(video: Video) -> Brand:
    assert video.options.brand is not None
    return video.options.brand


def _defaults(desk: Desk, **brand: object) -> None:
    desk.put(DEFAULTS, {"instruction": "Near.", "brand": brand})


def _silent(desk: Desk, key: str, *, age: timedelta = PATIENCE) -> str:
    taken = desk.take(key, age=age)
    assert isinstance(taken, Ignored), taken
    return taken.reason


def test_a_nearer_value_wins_field_by_field(desk: Desk) -> None:
    _defaults(desk, logo="brand/logo.png", colors=["#000"], font="Lato", call_to_action="Come in")
    desk.put(f"{PNG}.json", {"title": "A", "brand": {"colors": ["#fff"], "call_to_action": None}})
    assert _brand(desk.accepted(PNG)) == Brand(
        logo=FOUND, colors=("#ffffff",), font="Lato", call_to_action="Come in"
    )


def test_only_the_nearest_defaults_count(desk: Desk) -> None:
    desk.put("inbox/_defaults.json", {"brand": {"font": "Arial", "colors": ["#000"]}})
    _defaults(desk, font="Lato")
    assert _brand(desk.accepted(PNG, age=PATIENCE)) == Brand(font="Lato")


def test_a_logo_lies_in_the_folder_of_the_file_that_names_it(desk: Desk) -> None:
    desk.put("inbox/shop/kettles/brand/logo.png")
    _defaults(desk, logo="brand/logo.png")
    assert _brand(desk.accepted(PNG, age=PATIENCE)).logo == FOUND
    other = "inbox/shop/kettles/other.png"
    desk.put(other)
    desk.put(f"{other}.json", {"brand": {"logo": "brand\\Logo.PNG"}})
    logo = _brand(desk.accepted(other)).logo
    assert isinstance(logo, InboxFile)
    assert logo.key == "inbox/shop/kettles/brand/logo.png"


def test_a_logo_may_be_at_an_address(desk: Desk) -> None:
    desk.put(f"{PNG}.json", {"brand": {"logo": "www.shop.example/logo.png"}})
    assert _brand(desk.accepted(PNG)).logo == WebAddress(url="https://www.shop.example/logo.png")


@pytest.mark.parametrize(
    "name",
    ["../logo.png", "/logo.png", "a/../../x.png", "uploads/x/upl-1/logo.png", "inbox/shop/brand/logo.png"],
)
def test_no_logo_is_outside_of_the_folder(desk: Desk, name: str) -> None:
    desk.put(f"uploads/x/upl-1/{name}")
    desk.put("inbox/shop/logo.png")
    desk.put(f"{PNG}.json", {"brand": {"logo": name}})
    problem = desk.problem(PNG, age=PATIENCE)
    assert problem.code in {"invalid_request", "missing_file"}
    assert name in problem.message


@pytest.mark.parametrize("key", [f"{PNG}.json", "inbox/shop/kettles/_defaults.json"])
def test_a_logo_that_is_not_there_is_waited_for_then_missing(desk: Desk, key: str) -> None:
    desk.inbox.instruction = "Mine."
    desk.put(key, {"brand": {"logo": "late.png"}})
    desk.inbox.instruction = None if key.startswith(PNG) else "Mine."
    assert isinstance(desk.take(PNG), Waiting)
    problem = desk.problem(PNG, age=PATIENCE)
    assert problem.code == "missing_file"
    assert problem.message == "The logo “late.png” is not in the folder “shop/kettles”."


def test_a_logo_without_content_is_waited_for(desk: Desk) -> None:
    desk.put(LOGO, b"")
    _defaults(desk, logo="brand/logo.png")
    desk.put(f"{PNG}.txt", "Mine.")
    assert isinstance(desk.take(PNG), Waiting)
    desk.put(LOGO)
    assert _brand(desk.accepted(PNG)).logo == FOUND


@pytest.mark.parametrize("key", [DEFAULTS, "inbox/_defaults.json", "inbox/shop/job.json"])
def test_a_logo_that_a_folder_names_is_no_video(desk: Desk, key: str) -> None:
    name = LOGO.removeprefix(key.rpartition("/")[0] + "/")
    desk.put(key, {"brand": {"logo": name}} | ({"files": ["kettles/photo.png"]} if "job" in key else {}))
    if "job" not in key:
        assert isinstance(desk.take(LOGO), Waiting), "a sidecar of its own may still come"
    assert key in _silent(desk, LOGO)
    assert desk.workflow.started == []


def test_it_stays_a_logo_when_the_defaults_are_deleted(desk: Desk) -> None:
    _defaults(desk, logo="brand/logo.png")
    _silent(desk, LOGO)
    del desk.inbox.bodies[DEFAULTS]
    assert "logo" in _silent(desk, LOGO, age=LATER)


def test_a_logo_that_a_sidecar_names_is_no_video_once_the_sidecar_is_read(desk: Desk) -> None:
    beside = "inbox/shop/kettles/logo.png"
    desk.put(beside)
    desk.put(f"{PNG}.json", {"brand": {"logo": "logo.png"}})
    assert isinstance(desk.take(beside), Waiting)
    desk.accepted(PNG)
    assert desk.tags.by_key[beside] == {VIDEO_STATUS: "logo"}
    assert "logo" in _silent(desk, beside)
    assert len(desk.workflow.started) == 1


def test_a_logo_with_an_instruction_of_its_own_is_a_video(desk: Desk) -> None:
    _defaults(desk, logo="brand/logo.png")
    desk.accepted(PNG, age=PATIENCE)
    desk.put(f"{LOGO}.txt", "Show our logo.")
    video = desk.accepted(LOGO)
    assert video.media == (FOUND,)
    assert _brand(video).logo == FOUND


def test_the_sidecar_of_a_logo_may_come_after_the_logo_was_used(desk: Desk) -> None:
    _defaults(desk, logo="brand/logo.png")
    desk.accepted(PNG, age=PATIENCE)
    assert isinstance(desk.take(LOGO), Waiting)
    desk.put(f"{LOGO}.txt", "Show our logo.")
    assert desk.accepted(LOGO).instruction == "Show our logo."


def test_the_tags_of_a_file_that_is_a_video_stay(desk: Desk) -> None:
    desk.put(f"{LOGO}.txt", "Show our logo.")
    made = desk.accepted(LOGO)
    before = dict(desk.tags.by_key[LOGO])
    assert before["video-id"] == made.video_id
    _defaults(desk, logo="brand/logo.png")
    desk.accepted(PNG, age=PATIENCE)
    assert desk.tags.by_key[LOGO] == before


def test_a_logo_is_not_a_part_of_the_video(desk: Desk) -> None:
    """It serves others: it is not deleted with this video, and a note beside it does not change it."""
    _defaults(desk, logo="brand/logo.png")
    video = desk.accepted(PNG, age=PATIENCE)
    assert video.dropped_files == (InboxFile(bucket="the-inbox", key=PNG, version_id="v1"),)
    assert desk.store.made_of(LOGO) is None
    ended = Ended(status=Status.READY, at=video.created_at, message="Done.")
    desk.store.end(video.ref, ended)
    assert isinstance(desk.take(PNG), Accepted)


def test_an_invalid_brand_fails_the_video_and_says_where(desk: Desk) -> None:
    _defaults(desk, colours=["#fff"])
    problem = desk.problem(PNG, age=PATIENCE)
    assert "“_defaults.json” has an invalid field “brand.colours”" in problem.message
    assert "Did you mean “colors”?" in problem.message
