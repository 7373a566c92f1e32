"""Sampling: a part of a picture, at a position between pixels, resized into a frame.

`cv2.resize` is several times faster than a general warp, but takes parts at whole pixels only. So copies of
the picture are kept that are shifted by fractions of a pixel (a bank of phases), and the output begins some
pixels before the frame does: one of the combinations lies within a few hundredths of a pixel of the position.
"""

import math
import threading

import cv2
import numpy as np

from studio.render.planes import Mask, Plane, Planes

SMALLEST_STEP, LARGEST_STEP = 1.05, 1.42
"""Source pixels per pixel of the frame, within which positions are kept: elsewhere fractions repeat."""
MARGIN = 20
"""Pixels around the picture, as many as the output begins before the frame."""
_MOST_LEAD = 11
_TAPS = 8


class Bank:
    """One plane and its shifted copies, each made when it is first asked for.

    `phases` is how many positions between two pixels there are.
    """

    def __init__(self, plane: Plane, phases: int) -> None:
        self.phases = phases
        whole = cv2.copyMakeBorder(plane, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
        self._copies = {(0, 0): np.asarray(whole, np.uint8)}
        self._lock = threading.Lock()

    def copy(self, phase_x: int, phase_y: int) -> Plane:
        with self._lock:
            found = self._copies.get((phase_x, phase_y))
            if found is None:
                across, down = _shift(phase_x / self.phases), _shift(phase_y / self.phases)
                anchor = _TAPS // 2 - 1
                found = np.asarray(
                    cv2.sepFilter2D(
                        self._copies[0, 0],
                        -1,
                        across,
                        down,
                        anchor=(anchor, anchor),
                        borderType=cv2.BORDER_REPLICATE,
                    ),
                    np.uint8,
                )
                self._copies[phase_x, phase_y] = found
            return found

    def crop(self, target: Plane, x: float, y: float) -> None:
        """Fill the target from (x, y) on, pixel for pixel, at the nearest phase."""
        height, width = target.shape
        left, top = round(x * self.phases), round(y * self.phases)
        copy = self.copy(left % self.phases, top % self.phases)
        row, column = top // self.phases + MARGIN, left // self.phases + MARGIN
        np.copyto(target, copy[row : row + height, column : column + width])

    def resize(self, target: Plane, steps: tuple[float, float], x: float, y: float) -> None:
        """Fill the target from (x, y) on. `steps`: source pixels per pixel, across and down."""
        height, width = target.shape
        across, down = steps
        lead_x, column, phase_x = self._nearest(x + MARGIN, across)
        lead_y, row, phase_y = self._nearest(y + MARGIN, down)
        copy = self.copy(phase_x, phase_y)
        part = copy[
            row : row + math.ceil((height + lead_y + 1) * down),
            column : column + math.ceil((width + lead_x + 1) * across),
        ]
        resized = cv2.resize(part, None, fx=1 / across, fy=1 / down, interpolation=cv2.INTER_LINEAR)
        np.copyto(target, resized[lead_y : lead_y + height, lead_x : lead_x + width])

    def _nearest(self, position: float, step: float) -> tuple[int, int, int]:
        """Output pixels to leave out, whole source pixels to begin at, and phase."""
        lead, place = min(
            ((lead, round((position - lead * step) * self.phases)) for lead in range(_MOST_LEAD + 1)),
            key=lambda found: abs(position - found[0] * step - found[1] / self.phases),
        )
        return lead, place // self.phases, place % self.phases


class Banks:
    """The three planes of a picture, as banks."""

    def __init__(self, picture: Planes, phases: int) -> None:
        self._banks = [Bank(plane, phases) for plane in picture.all]

    def crop(self, target: Planes, x: float, y: float) -> None:
        """Fill the target from the picture's (x, y) on."""
        for size, bank, out in zip((1, 2, 2), self._banks, target.all, strict=True):
            bank.crop(out, x / size, y / size)

    def resize(self, target: Planes, steps: tuple[float, float], x: float, y: float) -> None:
        """Fill the target from the picture's (x, y) on, `steps` (see `SMALLEST_STEP`) pixels per pixel."""
        for size, bank, out in zip((1, 2, 2), self._banks, target.all, strict=True):
            bank.resize(out, steps, x / size, y / size)


def warp(source: Planes, target: Planes, step: float, x: float, y: float) -> None:
    """The same for a picture that is shown once, as a clip's are: no copies, but slower."""
    for size, plane, out in zip((1, 2, 2), source.all, target.all, strict=True):
        height, width = out.shape
        # Pixel centres lie at half a pixel: the mapping is made on edges, then moved by half.
        matrix = np.array([[step, 0, x / size + (step - 1) / 2], [0, step, y / size + (step - 1) / 2]])
        cv2.warpAffine(
            plane,
            matrix,
            (width, height),
            dst=out,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )


def _shift(fraction: float) -> Mask:
    """A filter that reads between pixels: a sinc under a window, so that letters stay sharp."""
    if fraction == 0:
        return np.asarray(np.arange(_TAPS) == _TAPS // 2 - 1, np.float32)
    distance = np.arange(_TAPS) - (_TAPS // 2 - 1) - fraction
    taps = np.sinc(distance) * np.sinc(distance / (_TAPS // 2))
    return np.asarray(taps / taps.sum(), np.float32)
