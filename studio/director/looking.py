"""Looking at pictures: what in them matters, by contrast, edges and blocks; for one picture one answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import containers, picture_files
from studio.media import Part, Spot

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Grey = npt.NDArray[np.float32]

# Pictures are looked at this wide (pages) or this large along their longer side (all others).
_PAGE_WIDTH, _LONG_SIDE = 360, 320
_TALLEST = 12_000
_MOST_BLOCKS = 12
_BUTTON_SATURATION = 70
_FEW_COLOURS = 24
_GROUND_SHARE = 0.04
_SPECK = 6
_GRID = 24
_SALIENT_SHARE = 0.12
_MOST_SALIENT = 2
_CLIP_SAMPLES = 24


Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the picture's width and height."""


@dataclass(frozen=True)
class Look:
    """What was seen in a picture."""

    spots: tuple[Spot, ...] = ()
    """Of a page from top to bottom; of another picture the most striking first."""
    blocks: tuple[Box, ...] = ()
    """Of a page: everything that an edge should not cut through."""
    salience: tuple[tuple[float, ...], ...] = ()
    """Of another picture: how much of what matters lies in each cell of a grid, all together 1."""
    colour: str | None = None
    """The most telling colour, as `#rrggbb`; `None` where all is grey."""
    transparent: bool = False


def look_at_page(path: Path) -> Look:
    """Find headlines, pictures and buttons in the picture of a page.

    Raises:
        OSError: the picture cannot be read.
    """
    page, transparent = _read(path, width=_PAGE_WIDTH)
    spots = tuple(_chosen(list(_standing_out(page))))
    return Look(spots, tuple(_blocks(page)), (), _telling_colour(page), transparent)


def look_at_photo(path: Path) -> Look:
    """Find what catches the eye.

    Raises:
        OSError: the picture cannot be read.
    """
    photo, transparent = _read(path, long_side=_LONG_SIDE)
    salience = _salience(photo)
    return Look(tuple(_striking(salience)), (), _gridded(salience), _telling_colour(photo), transparent)


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


def _read(path: Path, *, width: int | None = None, long_side: int = _LONG_SIDE) -> tuple["Rgb", bool]:
    import numpy as np  # noqa: PLC0415 - see above
    from PIL import Image  # noqa: PLC0415

    with picture_files.open_picture(path) as opened:
        wide, high = picture_files.upright_size(opened)
        scale = width / wide if width else long_side / max(wide, high)
        size = max(round(wide * scale), 1), max(round(high * scale), 1)
        opened.draft("RGB", size if opened.size == (wide, high) else size[::-1])
        picture: Any = picture_files.shown(picture_files.upright(opened))
        transparent = picture.has_transparency_data and _see_through(picture)
        if transparent:
            ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
            picture = Image.alpha_composite(ground, picture)
        small = picture.convert("RGB").resize((size[0], min(size[1], _TALLEST)), Image.Resampling.BOX)
        return np.asarray(small), transparent


def _see_through(picture: Any) -> bool:  # noqa: ANN401 - a Pillow picture; Pillow is imported lazily
    low, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return bool(low < 250)  # noqa: PLR2004 - of 255


def _strokes(page: "Rgb") -> "npt.NDArray[np.uint8]":
    """1 where something is drawn, 0 on even ground."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    edges = np.maximum(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    return (edges > 90).astype(np.uint8)  # noqa: PLR2004 - of at most 1020


def _blocks(page: "Rgb") -> Iterator[Box]:
    """What belongs together: words of a line, lines of a paragraph, what a picture shows."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape[:2]
    joined = cv2.morphologyEx(_strokes(page), cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    for x, y, wide, high, area in stats[1:count].tolist():
        if area >= _SPECK and wide < 0.9 * width:
            yield x / width, y / height, (x + wide) / width, (y + high) / height


def _standing_out(page: "Rgb") -> Iterator[tuple[float, Spot]]:
    """Pictures, headlines and buttons, each with its weight."""
    yield from _pictures(page)
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape[:2]
    hsv = cv2.cvtColor(page, cv2.COLOR_RGB2HSV)
    strokes = _strokes(page)
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((7, 11), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    for x, y, wide, high, _ in stats[1:count].tolist():
        box = (slice(y, y + high), slice(x, x + wide))
        # Heights, too, are measured in the page's width: how long it is says nothing of what stands on it.
        share_x, share_y = wide / width, high / width
        if share_x < 0.05 or share_y < 0.012 or share_y > 1.4:  # noqa: PLR2004 - specks and columns
            continue
        spot = (x / width, y / height, wide / width, high / height)
        colours = _variety(page[box])
        saturation = float(np.median(hsv[box][..., 1]))
        inked = float(strokes[box].mean())
        if _is_button(share_x, share_y, saturation, colours):
            yield 0.5 + share_x, Spot(Part.ACTION, *spot)
        elif inked > 0.12 and 0.028 < share_y < 0.3 and wide > 1.6 * high:  # noqa: PLR2004 - large letters
            yield share_y * 3 + 0.2 * share_x, Spot(Part.HEADLINE, *spot)


def _pictures(page: "Rgb") -> Iterator[tuple[float, Spot]]:
    """Large areas of many colours that are none of the page's grounds."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape[:2]
    codes = _coarse(page, bits=4)
    shares = np.bincount(codes.ravel(), minlength=1 << 12) / codes.size
    drawn = (shares[codes] < _GROUND_SHARE).astype(np.uint8)
    closed = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    large_parts = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((15, 15), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(large_parts)
    for x, y, wide, high, area in stats[1:count].tolist():
        share_x, share_y = wide / width, high / width
        large = share_x > 0.16 and 0.12 < share_y < 1.4 and area > 0.6 * wide * high  # noqa: PLR2004 - of the page
        if large and _variety(page[y : y + high, x : x + wide]) > _FEW_COLOURS:
            spot = Spot(Part.PICTURE, x / width, y / height, wide / width, high / height)
            yield 4 * share_x * share_y + 0.3, spot


def _is_button(share_x: float, share_y: float, saturation: float, colours: int) -> bool:
    return (
        0.07 < share_x < 0.42  # noqa: PLR2004 - as wide as a few words
        and 0.02 < share_y < 0.09  # noqa: PLR2004 - one line high
        and saturation > _BUTTON_SATURATION
        and colours <= _FEW_COLOURS
    )


def _variety(picture: "Rgb") -> int:
    """How many colours there are, coarsely, that take up more than specks."""
    import numpy as np  # noqa: PLC0415 - see above

    codes = _coarse(picture, bits=4)
    return int((np.bincount(codes.ravel()) > max(2, codes.size * 0.002)).sum())


def _coarse(picture: "Rgb", *, bits: int) -> "npt.NDArray[np.int32]":
    """Each colour as one number, of so many bits for red, green and blue each."""
    import numpy as np  # noqa: PLC0415 - see above

    red, green, blue = (np.asarray(picture[..., part] >> (8 - bits), np.int32) for part in range(3))
    return red << 2 * bits | green << bits | blue


def _chosen(blocks: list[tuple[float, Spot]]) -> list[Spot]:
    """The weightiest, each well apart from the others of its kind, in reading order."""
    kept: list[Spot] = []
    for _, spot in sorted(blocks, key=lambda block: -block[0]):
        if len(kept) < _MOST_BLOCKS and not any(_overlap(spot, other) > 0.5 for other in kept):  # noqa: PLR2004
            kept.append(spot)
    return sorted(kept, key=lambda spot: (spot.y, spot.x))


def _overlap(one: Spot, other: Spot) -> float:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if wide <= 0 or high <= 0:
        return 0
    return wide * high / min(one.width * one.height, other.width * other.height)


def _salience(photo: "Rgb") -> "Grey":
    """What differs in colour and detail from its surroundings, nearer the middle rather than at the edge."""
    import cv2  # noqa: PLC0415 - see above
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


def _gridded(salience: "Grey") -> tuple[tuple[float, ...], ...]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    # What is a little striking everywhere is ground.
    standing_out = np.maximum(salience - np.quantile(salience, 0.6), 0)
    grid = cv2.resize(standing_out, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    whole = float(grid.sum())
    if not whole:
        return ()
    return tuple(tuple(float(cell) for cell in row) for row in grid / whole)


def _striking(salience: "Grey") -> Iterator[Spot]:
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


def _telling_colour(picture: "Rgb") -> str | None:
    """The hue that saturated pixels agree on."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    vivid = (hsv[..., 1] > 60) & (hsv[..., 2] > 50)  # noqa: PLR2004 - neither grey nor black
    if vivid.mean() < 0.01:  # noqa: PLR2004 - hardly any
        return None
    hues = hsv[..., 0][vivid]
    hue = int(np.bincount(hues // 10, minlength=18).argmax())
    agreeing = picture[vivid][hues // 10 == hue]
    red, green, blue = (int(value) for value in np.median(agreeing, axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"


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
