"""How moves, fades and framings look, measured."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from studio.draft import parse_draft
from studio.media.items import Kind
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sampling import LARGEST_STEP, SMALLEST_STEP, Bank, warp
from studio.render.sources import Source

MOST_JITTER = 0.25
"""Pixels, root mean square, between where the picture is and where its camera is meant to be."""


def textured(width: int, height: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.integers(0, 255, (height, width, 3), np.uint8), (0, 0), 1.6)
    return np.asarray(cv2.normalize(noise, np.empty_like(noise), 20, 235, cv2.NORM_MINMAX), np.uint8)


def film(tmp_path: Path, picture: np.ndarray, size: tuple[int, int], **shot: Any) -> Film:  # noqa: ANN401 - parts of a draft
    Image.fromarray(picture).save(tmp_path / "picture.png")
    segment = {"d": 3000, "m": {"src": "1", **shot}}
    canvas = {"width": size[0], "height": size[1]}
    draft = parse_draft({"t": [{"tt": 0, "sg": [segment]}], "m": canvas})
    return Film(draft, {"1": Source(tmp_path / "picture.png", Kind.IMAGE, "picture.png")})


def drawn(film: Film, numbers: range) -> list[Planes]:
    reel, frames = Reel(film), []
    for number in numbers:
        target = Planes.empty(*film.size)
        reel.draw(number, target)
        frames.append(Planes(*(plane.copy() for plane in target.all)))
    return frames


@pytest.mark.parametrize(
    "path",
    [
        [{"y": 0}, {"y": 1}],
        [{"x": 0.3, "y": 0.2, "zoom": 1.5}, {"x": 0.6, "y": 0.4, "zoom": 1.5}],
        [{"zoom": 1}, {"x": 0.55, "y": 0.46, "zoom": 1.12}],
        [{"y": 0.2, "zoom": 2.4}, {"y": 0.3, "zoom": 1.1, "rest": 300}],
    ],
)
def test_the_camera_moves_without_trembling(tmp_path: Path, path: list[dict[str, float]]) -> None:
    picture = textured(960, 1400)
    size = 640, 360
    moving = film(tmp_path, picture, size, fit="cover", path=path)
    camera = moving.still(0).camera
    whole = Planes.from_rgb(picture)
    errors = []
    for number, frame in zip(range(0, 90, 2), drawn(moving, range(0, 90, 2)), strict=True):
        view = camera.at(number / 30)
        step = view.width / size[0]
        # Where it is meant to be: sampled slowly from the picture itself, softened as it is reduced.
        source = cv2.GaussianBlur(whole.y, (0, 0), max(step - 1, 0.01) * 0.5 + 0.01)
        matrix = np.array(
            [
                [step, 0, view.x - view.width / 2 + (step - 1) / 2],
                [0, step, view.y - step * size[1] / 2 + (step - 1) / 2],
            ]
        )
        meant = cv2.warpAffine(
            source,
            matrix,
            size,
            flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        window = cv2.createHanningWindow(size, cv2.CV_32F)
        shift, response = cv2.phaseCorrelate(meant.astype(np.float32), frame.y.astype(np.float32), window)
        assert response > 0.3
        errors.append(np.hypot(shift[0], shift[1]))
    assert float(np.sqrt(np.mean(np.square(errors)))) < MOST_JITTER


@pytest.mark.parametrize("step", [SMALLEST_STEP, 1.11, 1.23, LARGEST_STEP])
@pytest.mark.parametrize("place", [(30.0, 20.0), (30.31, 20.77), (31.5, 20.25)])
def test_positions_between_pixels_are_kept(step: float, place: tuple[float, float]) -> None:
    picture = textured(700, 500)[..., 0]
    out, meant = np.empty((240, 320), np.uint8), Planes.empty(320, 240)
    Bank(picture, 2).resize(out, (step, step), *place)
    warp(Planes(picture, picture[::2, ::2].copy(), picture[::2, ::2].copy()), meant, step, *place)
    shift, _ = cv2.phaseCorrelate(meant.y.astype(np.float32), out.astype(np.float32))
    assert np.hypot(shift[0], shift[1]) < 0.16


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (480, 480)])
@pytest.mark.parametrize("fit", ["cover", "contain", "window"])
@pytest.mark.parametrize("shape", [(300, 300), (900, 200), (200, 900), (24, 24)])
def test_no_picture_is_stretched(
    tmp_path: Path, shape: tuple[int, int], fit: str, size: tuple[int, int]
) -> None:
    picture = np.full((shape[1], shape[0], 3), 230, np.uint8)
    radius = min(shape) // 5
    # Of a page in a window, the top is seen.
    centre = shape[0] // 2, radius + 4 if fit == "window" else shape[1] // 2
    cv2.circle(picture, centre, radius, (20, 20, 20), -1, cv2.LINE_AA)
    frame = drawn(
        film(tmp_path, picture, size, fit=fit, path=[{"y": 0 if fit == "window" else 0.5}]), range(1)
    )[0].y
    labels, _, stats, _ = cv2.connectedComponentsWithStats((frame < 60).astype(np.uint8))
    # The disc is the roundest spot of its colour.
    spots = [stats[label] for label in range(1, labels) if stats[label][4] > 30]
    ratios = [spot[2] / spot[3] for spot in spots if 0.6 < spot[4] / (spot[2] * spot[3]) < 0.9]
    assert ratios
    assert min(abs(ratio - 1) for ratio in ratios) < 0.06


@pytest.mark.parametrize("size", [(640, 360), (480, 480), (1080, 1080)])
@pytest.mark.parametrize("is_upright", [True, False])
@pytest.mark.parametrize(
    "path", [[{"zoom": 1}, {"zoom": 1.12}], [{"x": 0.45, "zoom": 1.1}, {"x": 0.55, "zoom": 1.1}]]
)
def test_a_picture_on_a_ground_is_drawn_without_a_seam(
    tmp_path: Path, path: list[dict[str, float]], size: tuple[int, int], *, is_upright: bool
) -> None:
    """Soft stripes lead across the picture, from edge to edge. They must be as high everywhere."""
    wave = (np.sin(np.mgrid[:844, :390][0] / 6) * 70 + 120).astype(np.uint8)
    picture = np.repeat((wave if is_upright else wave.T)[..., None], 3, axis=2)
    for frame in drawn(film(tmp_path, picture, size, fit="contain", path=path), range(0, 90, 29)):
        seen = frame.y.astype(float) if is_upright else frame.y.T.astype(float)
        height = len(seen)
        striped = np.flatnonzero(np.ptp(seen[height // 2 - 30 : height // 2 + 30], axis=0) > 90)
        part = seen[height // 5 : -height // 5, striped[0] + 3 : striped[-1] - 3]
        middle = part[:, part.shape[1] // 2]
        slope = np.gradient(middle)
        for end in (slice(height // 5), slice(-height // 5, None)):
            shifts = (part[end] - middle[end, None]).T @ slope[end] / (slope[end] @ slope[end])
            assert float(np.abs(shifts).max()) < 0.3


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (480, 480)])
@pytest.mark.parametrize("move", ["still", "zoom_in", "zoom_out", "scroll"])
@pytest.mark.parametrize("shape", [(800, 600), (301, 999), (640, 360), (50, 50)])
def test_no_black_edge_is_seen(
    tmp_path: Path, shape: tuple[int, int], move: str, size: tuple[int, int]
) -> None:
    light = film(
        tmp_path,
        np.full((shape[1], shape[0], 3), 240, np.uint8),
        size,
        move=move,
        colours=["#8090a0", "#a09080"],
    )
    for frame in drawn(light, range(0, 90, 44)):
        edges = [frame.y[0], frame.y[-1], frame.y[:, 0], frame.y[:, -1]]
        assert min(int(edge.min()) for edge in edges) > 80


def test_a_crossfade_has_as_many_levels_as_there_are(tmp_path: Path) -> None:
    ramp = np.repeat(np.tile(np.linspace(40, 90, 640)[None, :], (360, 1))[..., None], 3, axis=2).astype(
        np.uint8
    )
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    shots = [
        {"s": 0, "d": 1000, "m": {"src": "r", "fit": "cover"}},
        {"s": 1000, "d": 1000, "m": {"colours": ["#303030", "#707070"], "fade": 1000}},
    ]
    draft = parse_draft({"t": [{"tt": 0, "sg": shots}], "m": {"width": 640, "height": 360}})
    fading = Film(draft, {"r": Source(tmp_path / "ramp.png", Kind.IMAGE, "ramp.png")})
    means = []
    for frame in drawn(fading, range(30, 60)):
        rows = frame.y.astype(int)
        # Neighbours differ by a step of the dither at most, and no flat band is wider than a ramp's own.
        assert int(np.abs(np.diff(rows, axis=1)).max()) <= 4
        means.append(float(rows.mean()))
    assert means == sorted(means) or means == sorted(means, reverse=True)


@pytest.mark.parametrize("colours", [("#101020", "#202040"), ("#0b3b4a", "#1f6f6b")])
def test_soft_grounds_show_no_bands(colours: tuple[str, str]) -> None:
    shot = {"d": 1000, "m": {"colours": colours}}
    draft = parse_draft({"t": [{"tt": 0, "sg": [shot]}], "m": {"width": 960, "height": 540}})
    frame = drawn(Film(draft, {}), range(1))[0].y.astype(int)
    # With dither, hardly any level fills a stretch of a column alone.
    flat = 0
    for column in frame.T[::40]:
        edges = np.flatnonzero(np.diff(column)) + 1
        flat = max(flat, int(np.diff(np.concatenate([[0], edges, [len(column)]])).max()))
    assert flat < 40


def test_a_frame_that_does_not_change_is_not_drawn_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resting = film(tmp_path, textured(700, 500), (320, 180), fit="cover", path=[{"zoom": 2}])
    count = 0
    resize = Bank.crop

    def counted(bank: Bank, *rest: Any) -> None:  # noqa: ANN401 - handed on
        nonlocal count
        count += 1
        resize(bank, *rest)

    monkeypatch.setattr(Bank, "crop", counted)
    reel, target = Reel(resting), Planes.empty(320, 180)
    for number in range(30):
        reel.draw(number, target)
    assert count == 3
