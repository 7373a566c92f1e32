"""Animated pictures: which of a file's frames play, and for how long."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

# Browsers play frames that ask for no more than 10 ms for 100 ms.
_HASTY_MS, _INSTEAD_MS = 10, 100


def frames(picture: "Image.Image") -> Iterator[float]:
    """Go through the frames of an animation. Each is loaded when its length, in milliseconds, comes.

    A PNG's default image, which is shown where animations are not, is left out.
    """
    first = 1 if getattr(picture, "default_image", False) else 0
    for number in range(first, getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()
        asked = float(picture.info.get("duration") or 0)
        yield asked if asked > _HASTY_MS else float(_INSTEAD_MS)
