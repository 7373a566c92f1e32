import math
from itertools import pairwise

import pytest

from studio.draft import Framing
from studio.render.camera import MOST_RESTING, Camera, View, between, ease, view_of

WIDE = View(500, 300, 1000)
NEAR = View(400, 200, 400)


def test_easing_begins_and_ends_slowly() -> None:
    assert (ease(-1), ease(0), ease(0.5), ease(1), ease(2)) == pytest.approx((0, 0, 0.5, 1, 1))
    assert ease(0.1) < 0.05


@pytest.mark.parametrize(
    ("framing", "seen"),
    [
        (Framing(), View(500, 1500, 1000)),
        (Framing(y=0), View(500, 281.25, 1000)),
        (Framing(y=1, zoom=2), View(500, 2859.375, 500)),
        (Framing(x=0, y=0.5, zoom=4), View(125, 1500, 250)),
    ],
)
def test_a_framing_stays_inside_the_picture(framing: Framing, seen: View) -> None:
    assert view_of(framing, (1000, 3000), (1920, 1080)) == seen


def test_a_wide_picture_fills_an_upright_frame_by_its_height() -> None:
    assert view_of(Framing(), (3000, 1000), (1080, 1920)) == View(1500, 500, 562.5)


def test_edges_move_straight_and_zooming_is_even() -> None:
    views = [between(WIDE, NEAR, step / 10) for step in range(11)]
    assert (views[0], views[-1]) == (WIDE, NEAR)
    factors = [after.width / before.width for before, after in pairwise(views)]
    assert factors == pytest.approx([factors[0]] * 10)
    # The point that stands still while the camera nears is the same all the way.
    fixed = [
        (view.x - view.width * k, k)
        for view in views
        for k in [(WIDE.x - NEAR.x) / (WIDE.width - NEAR.width)]
    ]
    assert [place for place, _ in fixed] == pytest.approx([fixed[0][0]] * 11)


def test_rests_are_held_and_the_rest_of_the_time_is_travelled() -> None:
    camera = Camera([WIDE, NEAR, WIDE], [1.0, 2.0, 1.0], 8)
    assert camera.at(0) == camera.at(0.99) == WIDE
    assert camera.at(3.01) == camera.at(4.99) == NEAR
    assert camera.at(7.01) == camera.at(100) == WIDE
    assert camera.at(2).width == pytest.approx(math.sqrt(WIDE.width * NEAR.width))


def test_rests_too_long_for_the_shot_leave_time_to_travel() -> None:
    camera = Camera([WIDE, NEAR], [30.0, 10.0], 4)
    resting = 4 * MOST_RESTING
    assert camera.at(resting * 0.75 - 0.01) == WIDE
    assert WIDE.width > camera.at(resting * 0.75 + 0.6).width > NEAR.width
    assert camera.at(4) == NEAR


def test_a_single_framing_stands_still() -> None:
    camera = Camera([NEAR], [0], 5)
    assert not camera.moves
    assert camera.at(0) == camera.at(3) == NEAR


def test_further_ways_take_longer() -> None:
    near, far = View(500, 400, 1000), View(500, 1400, 1000)
    camera = Camera([WIDE, near, far], [0, 0, 0], 4)
    reached = next(moment / 100 for moment in range(400) if camera.at(moment / 100).y >= 400)
    assert 0.6 < reached < 1.4
