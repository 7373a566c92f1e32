"""QR codes."""

import cv2
import numpy as np

from studio.errors import UnusableDraftError
from studio.render.planes import Rgb

_QUIET_ZONE = 4
"""Modules of white around a code, without which it is not found."""
_ENCODED_ZONE = 2
_MODULE = 16
"""Pixels."""


def picture(text: str) -> Rgb:
    """Draw a QR code, with its quiet zone.

    Raises:
        UnusableDraftError: the text does not fit into a code.
    """
    try:
        code = cv2.QRCodeEncoder.create().encode(text)
    except cv2.error as error:
        raise UnusableDraftError(
            "The draft cannot be rendered: a text does not fit into a QR code."
        ) from error
    padded = np.pad(np.asarray(code, np.uint8), _QUIET_ZONE - _ENCODED_ZONE, constant_values=255)
    large = padded.repeat(_MODULE, axis=0).repeat(_MODULE, axis=1)
    return np.repeat(large[:, :, None], 3, axis=2)
