import time
from typing import Any

import pytest

from studio.draft import MOST_SEGMENTS, MOST_TRACKS, parse_draft
from studio.errors import UnusableDraftError

SHOT = {"s": 0, "d": 4000, "m": {"name": "page.png", "src": "1", "move": "scroll"}}
CARD = {"d": 1000}
DRAFT: dict[str, Any] = {
    "t": [
        {"tt": 0, "sg": [SHOT], "m": {"name": "Video"}},
        {"tt": 1, "sg": [{"s": 0, "d": 4000, "m": {"name": "Lo-fi", "volume": 0.35}}], "m": {"name": "BGM"}},
        {"tt": 7, "sg": [{"s": 0, "d": 3000, "m": {"text": "Urban Dreams"}}]},
    ],
    "d": 4000,
    "m": {"width": 1080, "height": 1920, "fps": 30, "aspect": "9:16"},
}


def test_the_wire_form_survives_a_round() -> None:
    once = parse_draft(DRAFT).to_wire()
    assert parse_draft(once).to_wire() == once
    kept = once["t"][0]["sg"][0]["m"]
    assert kept == kept | {"name": "page.png", "src": "1", "move": "scroll"}
    assert once["t"][2]["sg"][0]["m"]["text"] == "Urban Dreams"
    assert once["m"] == DRAFT["m"] | {"volume": 1, "logo": None, "captions": False, "font": "Inter"}


def test_unknown_fields_are_let_pass() -> None:
    assert parse_draft(DRAFT | {"version": 3}).to_wire() == parse_draft(DRAFT).to_wire()


def test_a_missing_length_is_that_of_the_pictures() -> None:
    draft = parse_draft({"t": [{"tt": 0, "sg": [{"s": 500, "d": 1516, "m": {}}]}]})
    assert draft.duration == 2016
    assert draft.frame_count == 60


def test_the_raw_stage_has_pictures_alone() -> None:
    raw = parse_draft(DRAFT).raw()
    assert len(raw.shots) == 1
    assert raw.sounds == []
    assert raw.captions == []


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (None, "valid dictionary"),
        ({}, r"at t: Field required"),
        ({"t": []}, "no video segment"),
        ({"t": [{"tt": 1, "sg": [{"d": 1000}]}]}, "no video segment"),
        ({"t": [{"tt": 5, "sg": []}]}, r"at t\.0"),
        ({"t": [{"tt": 0, "sg": [{"d": 0}]}]}, r"sg\.0\.d: .*greater than 0"),
        ({"t": [{"tt": 0, "sg": [{"d": 100}]}]}, "lasts 100 ms"),
        (DRAFT | {"m": {"width": 99999, "height": 2}}, r"at m\.width"),
        (DRAFT | {"m": {"width": 1081, "height": 1080}}, "must be even"),
        ({"t": [{"tt": 0, "sg": [{"d": 1000}] * 201}]}, "more than 200 segments"),
        ({"t": [{"tt": 0, "sg": [{"s": -1, "d": 1000}]}]}, r"sg\.0\.s: .*greater than or equal to 0"),
        ({"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"path": [{"zoom": 0.5}]}}]}]}, r"path\.0\.zoom"),
        ({"t": [{"tt": 1, "sg": [{"d": 1000, "m": {"src": "1", "speech": "Hi"}}]}]}, "not both"),
        ({"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"colours": ["red", "blue"]}}]}]}, "colours"),
    ],
)
def test_an_unusable_draft_is_refused_with_place_and_reason(draft: object, reason: str) -> None:
    with pytest.raises(UnusableDraftError, match=reason):
        parse_draft(draft)


@pytest.mark.parametrize(
    "draft",
    [
        {"t": [{"tt": 0, "sg": [CARD] * (MOST_SEGMENTS + 1)}]},
        {"t": [{"tt": 0, "sg": [CARD] * 150}, {"tt": 7, "sg": [{"d": 1, "m": {"text": "x"}}] * 51}]},
        {"t": [{"tt": 0, "sg": [CARD]}] * (MOST_TRACKS + 1)},
        {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "x" * 257}}]}]},
        {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "x" * 257}}]}]},
        {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"path": [{}] * 21}}]}]},
        {"t": [{"tt": 0, "sg": [{"d": 10**30}]}]},
        {"t": [{"tt": 0, "sg": [{"d": float("nan")}]}]},
        {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"speed": float("inf")}}]}]},
        {"t": [{"tt": 0, "sg": [CARD]}, {"tt": 7, "sg": [{"d": 1, "m": {"text": "x" * 5001}}]}]},
        {"t": [{"tt": 0, "sg": [CARD]}, {"tt": 1, "sg": [{"d": 1, "m": {"speech": "x" * 2000}}] * 4}]},
        {"t": [{"tt": 0, "sg": [CARD]}], "m": {"aspect": "x" * 100}},
        {"t": [{"tt": 0, "sg": [CARD], "m": {"name": "x" * 257}}]},
    ],
)
def test_a_draft_of_more_than_a_video_has_is_refused(draft: object) -> None:
    with pytest.raises(UnusableDraftError) as refusal:
        parse_draft(draft)
    assert len(refusal.value.message) < 700


@pytest.mark.parametrize(
    "segment", [{"d": "x", "s": "y", "m": {"fit": 1}}, {"d": 1000, "m": {"path": [{"x": "a"}] * 20}}]
)
def test_a_draft_that_is_wrong_all_over_is_refused_at_once(segment: object) -> None:
    before = time.process_time()
    for tracks in ([{"tt": 0, "sg": [segment] * 199}], [{"tt": 0, "sg": [segment] * 200}] * 50):
        with pytest.raises(UnusableDraftError):
            parse_draft({"t": tracks})
    assert time.process_time() - before < 0.5
