"""A frame shows a line of text wholly or not at all: tried with any lines, targets and formats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.director import framing
from studio.director.framing import Scenery, Wanted
from studio.director.text_lines import Box

shares = st.floats(0, 1, allow_nan=False, width=32)


@st.composite
def boxes(draw: st.DrawFn, *, widest: float = 0.5, highest: float = 0.06) -> Box:
    width, height = draw(st.floats(0.01, widest)), draw(st.floats(0.004, highest))
    left, top = draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height))
    return left, top, left + width, top + height


def through(frame: Box, box: Box) -> bool:
    """Whether the frame's edge goes through the box: by definition, without the margins of the code."""
    seen = max(min(frame[2], box[2]) - max(frame[0], box[0]), 0) * max(
        min(frame[3], box[3]) - max(frame[1], box[1]), 0
    )
    whole = (box[2] - box[0]) * (box[3] - box[1])
    return 1e-9 < seen < whole - 1e-9


@given(frame=boxes(widest=1, highest=1), box=boxes())
def test_a_line_that_is_not_cut_is_in_or_out(frame: Box, box: Box) -> None:
    if not framing.is_cut(frame, box):
        assert not through(frame, box)


@given(frame=boxes(widest=1, highest=1), lines=st.lists(boxes(), max_size=12))
def test_many_lines_are_judged_as_each_of_them(frame: Box, lines: list[Box]) -> None:
    (cut,) = framing.cuts(np.array([frame]), np.array(lines).reshape(-1, 4))
    assert list(cut) == [framing.is_cut(frame, line) for line in lines]


@given(frame=boxes(widest=0.9, highest=0.9), box=boxes(), zoom=st.floats(1, 1.05))
def test_the_margin_is_enough_for_a_slow_zoom(frame: Box, box: Box, zoom: float) -> None:
    inside = framing.holds(frame, box) and not framing.is_cut(frame, box)
    if not inside or 0 in frame or 1 in frame:
        return
    x, y = (frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2
    half = (frame[2] - frame[0]) / 2 / zoom, (frame[3] - frame[1]) / 2 / zoom
    assert framing.holds((x - half[0], y - half[1], x + half[0], y + half[1]), box)


@settings(deadline=None)
@given(
    target=boxes(widest=0.6, highest=0.4),
    lines=st.lists(boxes(), max_size=25),
    shape=st.floats(0.1, 3),
    wished=st.lists(st.floats(0.5, 2.4), min_size=1, max_size=3),
    smallest=st.floats(0.01, 0.6),
)
def test_a_frame_holds_its_target_and_cuts_nothing(
    target: Box, lines: list[Box], shape: float, wished: list[float], smallest: float
) -> None:
    found = framing.frame(Wanted(target, wished, smallest), Scenery(shape, lines))
    if found is None:
        return
    assert framing.holds(found, target)
    assert 0 <= found[0] < found[2] <= 1
    assert 0 <= found[1] < found[3] <= 1
    assert not any(through(found, line) for line in lines)
    pixels = (found[2] - found[0]) * shape / (found[3] - found[1])
    assert min(abs(pixels / each - 1) for each in wished) < 0.01
    assert found[2] - found[0] >= smallest - 1e-6


@given(target=boxes(widest=0.9, highest=0.9), lines=st.lists(boxes(), max_size=25))
def test_what_is_grown_cuts_nothing(target: Box, lines: list[Box]) -> None:
    found = framing.grown(target, lines)
    assert framing.holds(found, target)
    assert not any(through(found, line) for line in lines)


@given(lines=st.lists(boxes(widest=1), max_size=25), wished=shares, height=st.floats(0.05, 0.9))
def test_a_window_rests_between_two_lines(lines: list[Box], wished: float, height: float) -> None:
    top = framing.clean_rows(wished * (1 - height), height, lines, 1)
    if top is not None:
        assert 0 <= top <= 1 - height + 1e-9
        assert not any(through((0, top, 1, top + height), line) for line in lines)


@pytest.mark.parametrize("shape", [0.6, 1.0, 1.78])
def test_a_frame_without_lines_is_as_near_as_it_can_be(shape: float) -> None:
    found = framing.frame(Wanted((0.4, 0.4, 0.6, 0.6), [shape]), Scenery(1))
    assert found is not None
    assert min(found[2] - found[0], found[3] - found[1]) == pytest.approx(0.2 / (1 - 2 * framing.MARGIN))


@settings(deadline=None)
@given(
    target=boxes(widest=0.4, highest=0.2),
    unwanted=st.lists(boxes(widest=0.6, highest=0.2), min_size=1, max_size=4),
    shape=st.floats(0.4, 2.4),
)
def test_a_frame_shows_nothing_of_what_is_unwanted(target: Box, unwanted: list[Box], shape: float) -> None:
    found = framing.frame(Wanted(target, (shape, 1.0)), Scenery(1.6, unwanted=unwanted))
    if found is not None:
        assert not any(
            min(found[2], box[2]) > max(found[0], box[0]) and min(found[3], box[3]) > max(found[1], box[1])
            for box in unwanted
        )
