"""From decoded frames to pictures as they are encoded: colours, transparency, square pixels, orientation."""

from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Colorspace
from PIL import Image

from studio.media import geometry
from studio.render import colour, pictures
from studio.render.planes import Planes, Rgb, even

_UNTAGGED = 2
# Players take untagged pictures of at least this size for BT.709, smaller ones for BT.601.
_HD_WIDTH, _HD_HEIGHT = 1280, 720


@dataclass(frozen=True)
class Look:
    """What a clip's transparent pixels show: two colours, or `None` for a plain ground it stands out from."""

    colours: tuple[str, str] | None


class Rendition:
    """Makes pictures of the frames of one clip. For one thread.

    The ground of transparent frames is chosen once, by one frame of the clip: it must not change.
    """

    def __init__(self, look: Look, pixel: Fraction | None = None) -> None:
        self._look = look
        self._pixel = pixel
        self._mapper = colour.Mapper()
        self._level: int | None = None
        self._ground: Rgb | None = None

    def needs_ground(self, frame: av.VideoFrame | Image.Image) -> bool:
        """Whether `set_ground` must be called before this frame becomes a picture."""
        return self._level is None and self._look.colours is None and _has_alpha(frame)

    def set_ground(self, telling: pictures.Pixels) -> None:
        """Choose the ground by a frame of the clip in which something is seen."""
        self._level = pictures.ground_level(telling)

    def planes(self, frame: av.VideoFrame | Image.Image) -> Planes:
        """Return a frame as a picture of even size."""
        if isinstance(frame, Image.Image):
            return Planes.from_rgb(self._over_ground(pictures.pixels(frame)))
        size = geometry.square_pixels(frame.width, frame.height, self._pixel)
        width, height = (max(even(side), 2) for side in size)
        if _has_alpha(frame):
            rgba = frame.reformat(width, height, "rgba", src_colorspace=_matrix_of(frame))
            planes = Planes.from_rgb(self._over_ground(np.asarray(rgba.to_ndarray(), np.uint8)))
        elif (mapping := colour.mapping_of(frame)) is not None:
            planes = self._mapper.planes(mapping, frame, width, height)
        else:
            planes = Planes.from_frame(frame, width, height, _matrix_of(frame))
        return _turned(planes, geometry.orientation_of(frame))

    def _over_ground(self, shown: pictures.Pixels) -> Rgb:
        if not pictures.has_alpha(shown):
            return shown
        high, wide = shown.shape[:2]
        if self._ground is None or self._ground.shape[:2] != (high, wide):
            if self._look.colours is not None:
                self._ground = pictures.gradient(self._look.colours, wide, high)
            else:
                level = pictures.ground_level(shown) if self._level is None else self._level
                self._ground = np.full((high, wide, 3), level, np.uint8)
        return pictures.over(shown, self._ground)


def _has_alpha(frame: av.VideoFrame | Image.Image) -> bool:
    if isinstance(frame, Image.Image):
        return frame.has_transparency_data
    return any(component.is_alpha for component in frame.format.components)


def layers(frame: av.VideoFrame | Image.Image) -> pictures.Pixels:
    """Return a frame's pixels, with alpha where it has any."""
    return (
        pictures.pixels(frame)
        if isinstance(frame, Image.Image)
        else np.asarray(frame.to_ndarray(format="rgba"), np.uint8)
    )


def _matrix_of(frame: av.VideoFrame) -> Colorspace | None:
    """Return the matrix of a frame that does not name its own; `None` where it does, or has none."""
    if frame.colorspace != _UNTAGGED or frame.format.is_rgb:
        return None
    is_hd = frame.width >= _HD_WIDTH or frame.height >= _HD_HEIGHT
    return Colorspace.ITU709 if is_hd else Colorspace.ITU601


def _turned(planes: Planes, orientation: geometry.Orientation) -> Planes:
    if orientation == geometry.UPRIGHT:
        return planes
    turned = []
    for plane in planes.all:
        shown = plane.T if orientation.transposed else plane
        shown = shown[:, ::-1] if orientation.mirrored else shown
        turned.append(np.ascontiguousarray(shown[::-1] if orientation.flipped else shown))
    return Planes(*turned)
