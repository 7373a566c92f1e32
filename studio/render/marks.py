"""Logos in a corner of the canvas."""

import cv2
import numpy as np

from studio.draft import Corner
from studio.render import pictures
from studio.render.lettering import Lettering
from studio.render.planes import even
from studio.staging import safe_area

_HEIGHT, _WIDTH, _MARGIN = 0.075, 0.22, 0.028
"""At most, and to the canvas' edge, as shares of its shorter side; the width is one of the canvas' width."""
_PAD, _RADIUS = 0.18, 0.2
"""Of the plate around a logo without a ground of its own, as shares of the logo's height."""


def mark(
    picture: pictures.Pixels, corner: Corner, width: int, height: int, *, captioned: bool = False
) -> Lettering:
    """Place a logo, above captions. One without a ground of its own gets a plate that it stands out from."""
    unit = min(width, height)
    high, wide = picture.shape[:2]
    scale = min(_HEIGHT * unit / high, _WIDTH * width / wide)
    size = max(even(wide * scale), 2), max(even(high * scale), 2)
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    if pictures.has_alpha(small):
        pad = even(_PAD * size[1]) + 2
        around = ((pad, pad), (pad, pad), (0, 0))
        small = np.pad(small, around)
        ground = np.full((*small.shape[:2], 3), pictures.ground_level(picture), np.uint8)
        small = pictures.over(small, ground)
    rows, columns = small.shape[:2]
    radius = max(round(_RADIUS * rows / 2), 1)
    mask = np.asarray(pictures.rounded((columns, rows), radius), np.float32) / np.float32(255)
    margin = round(_MARGIN * unit)
    lowest = safe_area(width, height, captioned=True).bottom if captioned else height
    x = margin if corner in {Corner.TOP_LEFT, Corner.BOTTOM_LEFT} else width - columns - margin
    y = margin if corner in {Corner.TOP_LEFT, Corner.TOP_RIGHT} else lowest - rows - margin
    return Lettering(even(x), even(y), small, mask)
