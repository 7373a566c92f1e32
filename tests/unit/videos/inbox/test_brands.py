"""A brand in sidecars, defaults and manifests, and what becomes of the logo that they name."""

from datetime import timedelta

import pytest

from tests.support.intake import PATIENCE, PNG, Dropping
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
def case() -> Dropping:
    case = Dropping()
    case.put(PNG)
    case.put(LOGO)
    return case


def _brand(video: Video) -> Brand:
    assert video.options.brand is not None
    return video.options.brand


def _defaults(case: Dropping, **brand: object) -> None:
    case.put(DEFAULTS, {"instruction": "Near.", "brand": brand})


def _silent(case: Dropping, key: str, *, age: timedelta = PATIENCE) -> str:
    taken = case.take(key, age=age)
    assert isinstance(taken, Ignored), taken
    return taken.reason


def test_a_nearer_value_wins_field_by_field(case: Dropping) -> None:
    _defaults(case, logo="brand/logo.png", colors=["#000"], font="Lato", call_to_action="Come in")
    case.put(f"{PNG}.json", {"title": "A", "brand": {"colors": ["#fff"], "call_to_action": None}})
    assert _brand(case.accepted(PNG)) == Brand(
        logo=FOUND, colors=("#ffffff",), font="Lato", call_to_action="Come in"
    )


def test_only_the_nearest_defaults_count(case: Dropping) -> None:
    case.put("inbox/_defaults.json", {"brand": {"font": "Arial", "colors": ["#000"]}})
    _defaults(case, font="Lato")
    assert _brand(case.accepted(PNG, age=PATIENCE)) == Brand(font="Lato")


def test_a_logo_lies_in_the_folder_of_the_file_that_names_it(case: Dropping) -> None:
    case.put("inbox/shop/kettles/brand/logo.png")
    _defaults(case, logo="brand/logo.png")
    assert _brand(case.accepted(PNG, age=PATIENCE)).logo == FOUND
    other = "inbox/shop/kettles/other.png"
    case.put(other)
    case.put(f"{other}.json", {"brand": {"logo": "brand\\Logo.PNG"}})
    logo = _brand(case.accepted(other)).logo
    assert isinstance(logo, InboxFile)
    assert logo.key == "inbox/shop/kettles/brand/logo.png"


def test_a_logo_may_be_at_an_address(case: Dropping) -> None:
    case.put(f"{PNG}.json", {"brand": {"logo": "www.shop.example/logo.png"}})
    assert _brand(case.accepted(PNG)).logo == WebAddress(url="https://www.shop.example/logo.png")


@pytest.mark.parametrize(
    "name",
    ["../logo.png", "/logo.png", "a/../../x.png", "uploads/x/upl-1/logo.png", "inbox/shop/brand/logo.png"],
)
def test_no_logo_is_outside_of_the_folder(case: Dropping, name: str) -> None:
    case.put(f"uploads/x/upl-1/{name}")
    case.put("inbox/shop/logo.png")
    case.put(f"{PNG}.json", {"brand": {"logo": name}})
    problem = case.problem(PNG, age=PATIENCE)
    assert problem.code in {"invalid_request", "missing_file"}
    assert name in problem.message


@pytest.mark.parametrize("key", [f"{PNG}.json", "inbox/shop/kettles/_defaults.json"])
def test_a_logo_that_is_not_there_is_waited_for_then_missing(case: Dropping, key: str) -> None:
    case.inbox.instruction = "Mine."
    case.put(key, {"brand": {"logo": "late.png"}})
    case.inbox.instruction = None if key.startswith(PNG) else "Mine."
    assert isinstance(case.take(PNG), Waiting)
    problem = case.problem(PNG, age=PATIENCE)
    assert problem.code == "missing_file"
    assert problem.message == "The logo “late.png” is not in the folder “shop/kettles”."


def test_a_logo_without_content_is_waited_for(case: Dropping) -> None:
    case.put(LOGO, b"")
    _defaults(case, logo="brand/logo.png")
    case.put(f"{PNG}.txt", "Mine.")
    assert isinstance(case.take(PNG), Waiting)
    case.put(LOGO)
    assert _brand(case.accepted(PNG)).logo == FOUND


@pytest.mark.parametrize("key", [DEFAULTS, "inbox/_defaults.json", "inbox/shop/job.json"])
def test_a_logo_that_a_folder_names_is_no_video(case: Dropping, key: str) -> None:
    name = LOGO.removeprefix(key.rpartition("/")[0] + "/")
    case.put(key, {"brand": {"logo": name}} | ({"files": ["kettles/photo.png"]} if "job" in key else {}))
    if "job" not in key:
        assert isinstance(case.take(LOGO), Waiting), "a sidecar of its own may still come"
    assert key in _silent(case, LOGO)
    assert case.workflow.started == []


def test_it_stays_a_logo_when_the_defaults_are_deleted(case: Dropping) -> None:
    _defaults(case, logo="brand/logo.png")
    _silent(case, LOGO)
    del case.inbox.bodies[DEFAULTS]
    assert "logo" in _silent(case, LOGO, age=LATER)


def test_a_logo_that_a_sidecar_names_is_no_video_once_the_sidecar_is_read(case: Dropping) -> None:
    beside = "inbox/shop/kettles/logo.png"
    case.put(beside)
    case.put(f"{PNG}.json", {"brand": {"logo": "logo.png"}})
    assert isinstance(case.take(beside), Waiting)
    case.accepted(PNG)
    assert case.tags.by_key[beside] == {VIDEO_STATUS: "logo"}
    assert "logo" in _silent(case, beside)
    assert len(case.workflow.started) == 1


def test_a_logo_with_an_instruction_of_its_own_is_a_video(case: Dropping) -> None:
    _defaults(case, logo="brand/logo.png")
    case.accepted(PNG, age=PATIENCE)
    case.put(f"{LOGO}.txt", "Show our logo.")
    video = case.accepted(LOGO)
    assert video.media == (FOUND,)
    assert _brand(video).logo == FOUND


def test_the_sidecar_of_a_logo_may_come_after_the_logo_was_used(case: Dropping) -> None:
    _defaults(case, logo="brand/logo.png")
    case.accepted(PNG, age=PATIENCE)
    assert isinstance(case.take(LOGO), Waiting)
    case.put(f"{LOGO}.txt", "Show our logo.")
    assert case.accepted(LOGO).instruction == "Show our logo."


def test_the_tags_of_a_file_that_is_a_video_stay(case: Dropping) -> None:
    case.put(f"{LOGO}.txt", "Show our logo.")
    made = case.accepted(LOGO)
    before = dict(case.tags.by_key[LOGO])
    assert before["video-id"] == made.video_id
    _defaults(case, logo="brand/logo.png")
    case.accepted(PNG, age=PATIENCE)
    assert case.tags.by_key[LOGO] == before


def test_a_logo_is_not_a_part_of_the_video(case: Dropping) -> None:
    """It serves others: it is not deleted with this video, and a note beside it does not change it."""
    _defaults(case, logo="brand/logo.png")
    video = case.accepted(PNG, age=PATIENCE)
    assert video.dropped_files == (InboxFile(bucket="the-inbox", key=PNG, version_id="v1"),)
    assert case.store.made_of(LOGO) is None
    ended = Ended(status=Status.READY, at=video.created_at, message="Done.")
    case.store.end(video.ref, ended)
    assert isinstance(case.take(PNG), Accepted)


def test_an_invalid_brand_fails_the_video_and_says_where(case: Dropping) -> None:
    _defaults(case, colours=["#fff"])
    problem = case.problem(PNG, age=PATIENCE)
    assert "“_defaults.json” has an invalid field “brand.colours”" in problem.message
    assert "Did you mean “colors”?" in problem.message
