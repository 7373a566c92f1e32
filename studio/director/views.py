"""What a scene shows of a picture, and whether two scenes show the same."""

from studio import staging
from studio.director.boxes import area_of, common_area
from studio.director.material import Item
from studio.director.text_lines import Box
from studio.draft import Canvas, Crop, Fit, Framing, Layout, Move, Shot

MOST_SHARED = 0.6
"""Of all that two scenes show, what both may show."""
WHOLE: Box = (0, 0, 1, 1)


def seen_in(shot: Shot, item: Item, canvas: Canvas) -> Box:
    """Return the part of a picture that a shot shows, in shares of its sides.

    Of a camera that moves, it is the middle of its way; of one that scrolls, where it ends.
    """
    crop = shot.crop or Crop()
    whole = crop.left, crop.top, crop.left + crop.width, crop.top + crop.height
    if shot.path and shot.fit is Fit.CONTAIN:
        return _nearer(whole, shot.path[0])
    if shot.crop is not None:
        return whole
    if not shot.path or shot.fit not in {Fit.COVER, Fit.WINDOW}:
        return WHOLE
    shape = item.media.width / max(item.media.height, 1)
    frame = _frame(shot, shape, canvas)
    views = [_view(framing, frame / shape) for framing in shot.path]
    if shot.move is Move.SCROLL:
        return views[-1]
    first, last = views[0], views[-1]
    left, top, right, bottom = ((one + other) / 2 for one, other in zip(first, last, strict=True))
    return left, top, right, bottom


def shared(one: Box, other: Box) -> float:
    """Return what two boxes have in common, of all that they cover together."""
    both = common_area(one, other)
    return both / max(area_of(one) + area_of(other) - both, 1e-9)


def _frame(shot: Shot, shape: float, canvas: Canvas) -> float:
    """Return the width to the height of where a picture is seen."""
    if shot.fit is Fit.WINDOW:
        place = staging.window(canvas.width, canvas.height, shape, captioned=canvas.captions)
        return place.width / place.height
    if shot.layout is Layout.SPLIT:
        size = canvas.width, canvas.height
        area = staging.split(*size, shape, bleeds=True, captioned=canvas.captions).picture
        return area.width / area.height
    return canvas.width / canvas.height


def _nearer(box: Box, framing: Framing) -> Box:
    """The part of a box that a framing in it shows."""
    left, top, right, bottom = box
    view = _view(framing, 1)
    wide, high = right - left, bottom - top
    return left + view[0] * wide, top + view[1] * high, left + view[2] * wide, top + view[3] * high


def _view(framing: Framing, relative: float) -> Box:
    """`relative`: the frame's shape to the picture's."""
    wide, high = (relative, 1.0) if relative < 1 else (1.0, 1 / relative)
    wide, high = wide / framing.zoom, high / framing.zoom
    left = min(max(framing.x - wide / 2, 0), 1 - wide)
    top = min(max(framing.y - high / 2, 0), 1 - high)
    return left, top, left + wide, top + high
