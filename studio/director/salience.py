"""What catches the eye: in photos, and in moments of clips."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.media import containers
from studio.media.items import Part, Spot

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Grey = npt.NDArray[np.float32]

_GRID = 24
_SALIENT_SHARE = 0.12
DETAIL_EDGE, DETAIL_SHARE = 24, 0.08
"""Of at most 1020, what counts as an edge; and the share of a cell that edges take where there is detail."""
_MOST_SALIENT = 2
_CLIP_SAMPLES = 24


def salience_of(photo: "Rgb") -> "Grey":
    """What differs in colour and detail from its surroundings, nearer the middle rather than at the edge."""
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries
    import numpy as np  # noqa: PLC0415

    height, width = photo.shape[:2]
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    spread = max(height, width)
    near = cv2.GaussianBlur(lab, (0, 0), max(spread / 40, 1))
    far = cv2.GaussianBlur(lab, (0, 0), max(spread / 5, 2))
    colour = np.linalg.norm(near - far, axis=2)
    grey = lab[..., 0]
    detail = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    detail = cv2.GaussianBlur(detail, (0, 0), max(spread / 30, 1))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = np.exp(-(((x / width - 0.5) / 0.42) ** 2 + ((y / height - 0.48) / 0.42) ** 2))
    salience = (_scaled(colour) + 0.7 * _scaled(detail)) * (0.25 + 0.75 * middle)
    return np.asarray(cv2.GaussianBlur(salience, (0, 0), max(spread / 45, 1)), np.float32)


def gridded(salience: "Grey") -> tuple[tuple[float, ...], ...]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    # What is a little striking everywhere is ground.
    standing_out = np.maximum(salience - np.quantile(salience, 0.6), 0)
    grid = cv2.resize(standing_out, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    whole = float(grid.sum())
    if not whole:
        return ()
    return tuple(tuple(float(cell) for cell in row) for row in grid / whole)


def detail_of(photo: "Rgb") -> tuple[tuple[bool, ...], ...]:
    """Cells with edges. Sky, fog and walls differ from their surroundings, but have none."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    edges = np.maximum(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    shares = cv2.resize(
        (edges > DETAIL_EDGE).astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA
    )
    return tuple(tuple(bool(cell > DETAIL_SHARE) for cell in row) for row in shares)


def striking(salience: "Grey") -> Iterator[Spot]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = salience.shape
    mask = (salience >= np.quantile(salience, 1 - _SALIENT_SHARE)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    weights = [float(salience[labels == label].sum()) for label in range(1, count)]
    order = sorted(range(1, count), key=lambda label: -weights[label - 1])
    for label in order[:_MOST_SALIENT]:
        left, top, wide, high, area = stats[label].tolist()
        if area < 0.01 * height * width:
            continue
        yield Spot(Part.PICTURE, left / width, top / height, wide / width, high / height)


def _scaled(values: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    most = float(values.max())
    return values / most if most else values


def best_start(path: Path, duration: int, length: int) -> int:
    """Where in a clip the best `length` milliseconds begin: sharp, light and in motion rather than not.

    Raises:
        OSError: the clip cannot be read.
    """
    if duration <= length:
        return 0
    scores = _scores_along(path, duration)
    if not scores:
        return 0
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    moments = [moment for moment, _ in scores]
    values = np.array([score for _, score in scores])
    best, found = 0, -1.0
    for start in [moment for moment in moments if moment <= duration - length]:
        inside = [start <= moment <= start + length for moment in moments]
        worth = float(values[inside].mean() + 0.5 * values[inside].min())
        # Later must be clearly better: people put what matters early.
        if worth > found * 1.08:
            best, found = start, worth
    return best


def _scores_along(path: Path, duration: int) -> list[tuple[int, float]]:
    """Moments of a clip, in milliseconds, and how good its picture is there."""
    import av  # noqa: PLC0415 - see above
    import av.error  # noqa: PLC0415
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    if containers.demuxer(path) is None:
        return []  # an animated picture is short: it is shown from its beginning
    found: list[tuple[int, float]] = []
    before: Grey | None = None
    try:
        with containers.opened(path) as file:
            if file.video is None:
                return []
            for index in range(_CLIP_SAMPLES):
                moment = round(duration * index / _CLIP_SAMPLES)
                file.container.seek(round((file.zero + moment / 1000) * 1_000_000), backward=True)
                frame = next(containers.decoded(file, file.video), None)
                if frame is None:
                    break
                small = frame.reformat(width=160, height=90, format="gray").to_ndarray().astype(np.float32)
                sharp = float(cv2.Laplacian(small, cv2.CV_32F).std())
                light = 1 - abs(float(small.mean()) - 118) / 118
                motion = float(np.abs(small - before).mean()) if before is not None else 0.0
                found.append((moment, max(light, 0) * (min(sharp, 60) / 60 + 0.5 * min(motion, 30) / 30)))
                before = small
    except (av.error.FFmpegError, ValueError) as error:
        raise OSError("the clip cannot be decoded") from error
    return found
