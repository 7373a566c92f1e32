"""Texts belong to their scenes: they move with them, and last words and their button are one block."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from studio.draft import Draft, Ground, parse_draft
from studio.media.items import Kind
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sources import Source

SIZE = (640, 360)
Grey = npt.NDArray[np.uint8]


def film_of(path: Path) -> Film:
    said: list[dict[str, Any]] = [
        {"s": 0, "d": 2000, "m": {"text": "One bill", "role": "body", "scrim": False}},
        {"s": 2000, "d": 2000, "m": {"text": "Halden", "role": "closing", "scrim": False}},
        {"s": 2000, "d": 2000, "m": {"text": "Order now", "role": "call_to_action", "scrim": False}},
    ]
    pushed = {"fade": 600, "transition": "push"}
    shots = [
        {"s": 0, "d": 2000, "m": {}},
        {"s": 2000, "d": 2000, "m": {**pushed, "src": "flag", "fit": "contain", "layout": "card"}},
    ]
    tracks: list[dict[str, Any]] = [{"tt": 0, "sg": shots}, {"tt": 7, "sg": said}]
    draft: Draft = parse_draft({"t": tracks, "m": {"width": SIZE[0], "height": SIZE[1]}})
    return Film(draft, {"flag": Source(path, Kind.IMAGE, "flag")})


def drawn(film: Film, moment_s: float) -> Grey:
    target = Planes.empty(*SIZE)
    Reel(film).draw(round(moment_s * film.fps), target)
    return target.y.copy()


def test_texts_move_with_their_scenes(half_red_half_blue: Path) -> None:
    """Halfway through a push, one text leaves on the left while the other one comes from the right."""
    with_texts = film_of(half_red_half_blue)
    middle = drawn(with_texts, 2.3).astype(int)
    before, after = drawn(with_texts, 1.9).astype(int), drawn(with_texts, 2.9).astype(int)
    bright = [int((side > 200).sum()) for side in (middle[:, :320], middle[:, 320:])]
    assert min(bright) > 50
    assert sum(bright) < 1.2 * ((before > 200).sum() + (after > 200).sum())


@pytest.mark.parametrize("moment", [1.95, 2.0, 2.1, 2.2, 2.4, 2.6, 3.9])
def test_there_is_a_text_at_every_moment_around_a_cut(half_red_half_blue: Path, moment: float) -> None:
    assert (drawn(film_of(half_red_half_blue), moment) > 200).sum() > 300


def test_last_words_and_their_button_are_one_block_below_the_picture(half_red_half_blue: Path) -> None:
    film = film_of(half_red_half_blue)
    words, button = (film.letter(caption) for caption in film.captions[1:])
    assert words is not None
    assert button is not None
    assert 0 < button.span[0] - words.span[1] < 0.1 * SIZE[1]
    stage = film.still(1).beside
    assert stage is not None
    assert stage.is_centred
    assert stage.top - 2 <= words.span[0]
    assert button.span[1] <= stage.bottom + 2


def test_a_picture_and_its_own_ground_move_as_one(half_red_half_blue: Path) -> None:
    """Halfway through a push, one ground does not fade into the other around the picture."""
    film = film_of(half_red_half_blue)
    film.shots[1].meta.ground, film.shots[1].meta.colours = Ground.PLAIN, ("#ffffff", "#ffffff")
    before, middle = drawn(film, 1.9), drawn(film, 2.3)
    assert np.array_equal(np.unique(middle[:4, 340:]), [235])
    assert middle[:4, :300].max() < 140
    assert before.max() > 200


def test_last_words_alone_on_a_card_stand_in_the_middle(half_red_half_blue: Path) -> None:
    draft = parse_draft(
        {
            "t": [
                {"tt": 0, "sg": [{"d": 2000, "m": {}}]},
                {
                    "tt": 7,
                    "sg": [
                        {"d": 2000, "m": {"text": "Halden", "role": "closing", "scrim": False}},
                        {"d": 2000, "m": {"text": "Order now", "role": "call_to_action", "scrim": False}},
                    ],
                },
            ],
            "m": {"width": SIZE[0], "height": SIZE[1]},
        }
    )
    film = Film(draft, {"flag": Source(half_red_half_blue, Kind.IMAGE, "flag")})
    words, button = (film.letter(caption) for caption in film.captions)
    assert words is not None
    assert button is not None
    assert words.span[0] + button.span[1] == pytest.approx(SIZE[1], abs=8)
