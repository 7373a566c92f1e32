"""What is expected of an instruction, before anything is learned and after."""

import pytest

from tests.support.builders import SENDING, a_version, a_video
from videos.model.texts import in_figures
from videos.model.video import BackendSession
from videos.spending.prices import KNOWN_PRICES, Kind, kind_of, price_of


def test_an_edit_is_an_edit_of_what_was_made_in_the_session() -> None:
    told = a_version(send_lock=SENDING)
    assert kind_of(a_video(), a_version(number=2), []) is Kind.GENERATION
    assert kind_of(a_video(), a_version(number=2), [told]) is Kind.EDIT
    assert kind_of(a_video(), a_version(number=2), [a_version()]) is Kind.GENERATION, "nothing was made yet"
    wide = a_version(number=2, instruction="Make it 9:16")
    assert kind_of(a_video(), wide, [told]) is Kind.ASPECT_RATIO
    elsewhere = a_video().model_copy(update={"backend_session": BackendSession(session_id="another")})
    assert kind_of(a_video(), a_version(number=2, step=2), [told]) is Kind.GENERATION
    assert kind_of(elsewhere, a_version(number=2), [told]) is Kind.GENERATION


@pytest.mark.parametrize(
    ("kind", "recent", "text", "at_most"),
    [
        (Kind.GENERATION, [], "up to 100 credits, no video made yet", 100),
        (Kind.EDIT, [], "up to 50 credits, no edit made yet", 50),
        (Kind.GENERATION, [10], "about 10 credits, from the last video", 100),
        (Kind.GENERATION, [10] * 8, "about 10 credits, from the last 8 videos", 10),
        (Kind.EDIT, [5, 7.5, 5], "about 5 credits, from the last 3 edits", 7.5),
        (Kind.GENERATION, [10, 10, 10, 900], "about 10 credits, from the last 4 videos", 100),
        (Kind.GENERATION, [300, 300, 310], "about 300 credits, from the last 3 videos", 300),
        (
            Kind.ASPECT_RATIO,
            [40, 40],
            "about 40 credits, from the last 2 changes of the aspect ratio",
            100,
        ),
    ],
)
def test_a_price_is_learned_and_says_how_sure_it_is(
    kind: Kind, recent: list[float], text: str, at_most: float
) -> None:
    price = price_of(kind, recent)
    assert (price.text, price.at_most, price.based_on) == (text, at_most, len(recent))


def test_every_kind_has_a_price() -> None:
    assert set(KNOWN_PRICES) == set(Kind)


@pytest.mark.parametrize(
    ("credits_", "text"),
    [
        (1_000_000, "1,000,000"),
        (10, "10"),
        (0, "0"),
        (3.333, "3.33"),
        (100.5, "100.5"),
        (1e9, "1,000,000,000"),
    ],
)
def test_credits_are_written_as_people_write_them(credits_: float, text: str) -> None:
    assert in_figures(credits_) == text
