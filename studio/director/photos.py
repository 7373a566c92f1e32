"""Photos: views in which the subject stays whole, and room for a title where little is to be seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from studio import staging
from studio.director import framing
from studio.director.boxes import area_of, common_area, part_of
from studio.director.material import Item
from studio.director.story import Line
from studio.director.text_lines import Box
from studio.draft import Canvas, Crop, Fit, Framing, Ground, Layout, Move, Place, Shot
from studio.media.items import Spot

MOST_ENLARGED = 1.8
"""Canvas pixels for a pixel of a picture: above this, softness shows."""
ENOUGH_SHOWN = 0.45
"""Of the canvas: a picture without words takes so much."""
_PUSH = 1.07
_SLOW_PUSH = 1.14
_ENOUGH_SEEN = 0.88
"""Of what matters in a picture: so much must stay in view when it fills the canvas."""
_ALIKE = 0.72
_NEAREST = 2.4
"""The closest look at what catches the eye in a photo, against the whole."""
_WAY = 0.16
"""How far the view goes across a photo, as a share of itself."""
_AROUND_SUBJECT = 0.03
"""What catches the eye is a little larger than what is seen to stand out, as a share of the picture."""
_CUT_ANYWAY = 0.06
"""Of a photo's side: so much may be lost of what its edge cuts already."""
_LEAST_ZOOM = 1.02
_FREE = (0.04, 0.015, 0.0)
"""What is left free around a subject, as a share of the view: as much of it as there is room for."""
_SHIFTS = (0.0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75, 1.0, -1.0)
_PLACES = (Place.BOTTOM, Place.TOP, Place.MIDDLE)
_MOST_OVER = 0.02
"""Of a subject's area: so much a text may lie over."""


@dataclass(frozen=True)
class _Over:
    """A text that is to stand over a photo."""

    line: Line
    canvas: Canvas

    def band(self, place: Place) -> Box:
        caption, canvas = (self.line.role, self.line.text), self.canvas
        return staging.over(caption, place, canvas.width, canvas.height, captioned=canvas.captions)


def subject_of(item: Item) -> Box | None:
    """What a photo is about; what the photo itself cuts need not be seen up to its edge."""
    box = item.look.subject or (around(item.spots[0]) if item.spots else None)
    return box and _off_edges(box)


def _off_edges(box: Box) -> Box:
    return (
        _CUT_ANYWAY if box[0] <= 0 else box[0],
        _CUT_ANYWAY if box[1] <= 0 else box[1],
        1 - _CUT_ANYWAY if box[2] >= 1 else box[2],
        1 - _CUT_ANYWAY if box[3] >= 1 else box[3],
    )


def around(spot: Spot) -> Box:
    """A spot of a photo, with what belongs to it."""
    return (
        max(spot.x - _AROUND_SUBJECT, 0),
        max(spot.y - _AROUND_SUBJECT, 0),
        min(spot.x + spot.width + _AROUND_SUBJECT, 1),
        min(spot.y + spot.height + _AROUND_SUBJECT, 1),
    )


def whole(item: Item, index: int, canvas: Canvas, line: Line | None) -> Shot:
    """A photo filling the canvas, or its part beside the text, where its subject stays in view.

    A text stands over it where little is to be seen. Else the photo is shown whole.
    """
    size = canvas.width, canvas.height
    # Captions would cover lines of the picture.
    may_cover = not (canvas.captions and item.look.lines)
    over = _Over(line, canvas) if line else None
    if may_cover and (path := _covering(item, size, index, over)) is not None:
        return Shot(fit=Fit.COVER, path=path)
    move = Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN
    if line is None:
        path = _along(item, size) if index and may_cover else None
        return Shot(fit=Fit.COVER, path=path) if path else Shot(fit=Fit.CONTAIN, move=move)
    beside = _beside(item, index, canvas) if may_cover else None
    return beside or Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, layout=Layout.SPLIT, move=move)


def near(item: Item, spot: Spot, canvas: Canvas, line: Line | None) -> Shot:
    """A close look at what catches the eye in a photo: all of it."""
    if canvas.captions and item.look.lines:
        return whole(item, 1, canvas, line)
    size = canvas.width, canvas.height
    over = _Over(line, canvas) if line else None
    if (path := _nearing(item, spot, size, over)) is not None:
        return Shot(fit=Fit.COVER, path=path)
    if line is None:
        crop = _cut_out(item, around(spot), size)
        return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, crop=crop, move=Move.ZOOM_IN)
    area = staging.split(*size, 1, bleeds=True, captioned=canvas.captions).picture
    if (path := _nearing(item, spot, (area.width, area.height), None)) is not None:
        return Shot(fit=Fit.COVER, layout=Layout.SPLIT, path=path)
    return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, layout=Layout.SPLIT, move=Move.ZOOM_IN)


def place_over(item: Item, shot: Shot, line: Line, canvas: Canvas) -> Place | None:
    """Where a text stands over a photo: not over its subject, and where least is to be seen."""
    wide, high = _view(item, canvas.width / canvas.height)
    views = [_placed(stop.x, stop.y, wide / stop.zoom, high / stop.zoom) for stop in shot.path]
    return _calmest(item, views, _Over(line, canvas))


def _calmest(item: Item, views: Sequence[Box], over: _Over) -> Place | None:
    subject = subject_of(item)
    best: tuple[float, Place] | None = None
    for place in _PLACES:
        band = over.band(place)
        covered = [part_of(view, band) for view in views]
        if subject and any(common_area(box, subject) > _MOST_OVER * area_of(subject) for box in covered):
            continue
        busy = max((_seen_in(item, box) for box in covered), default=0.0)
        if best is None or busy < best[0] - 1e-3:  # the lower place, if both are calm
            best = busy, place
    return best[1] if best else None


def _beside(item: Item, index: int, canvas: Canvas) -> Shot | None:
    area = staging.split(canvas.width, canvas.height, 1, bleeds=True, captioned=canvas.captions).picture
    path = _covering(item, (area.width, area.height), index, None)
    return Shot(fit=Fit.COVER, layout=Layout.SPLIT, path=path) if path else None


def _along(item: Item, size: tuple[int, int]) -> list[Framing] | None:
    """Across a photo that has another shape than the canvas; `None` where text or subject would be cut."""
    wide, high = _view(item, size[0] / size[1])
    if size[0] / (wide * item.media.width) > 2 * MOST_ENLARGED:
        return None
    x, y, _ = _best_place(item, wide, high)
    across, down = (min(_WAY * wide, 1 - wide), 0) if wide < 1 else (0, min(_WAY * high, 1 - high))
    centre = (
        min(max(x, (wide + across) / 2), 1 - (wide + across) / 2),
        min(max(y, (high + down) / 2), 1 - (high + down) / 2),
    )
    swept = _placed(*centre, wide + across, high + down)
    common = _placed(*centre, wide - across, high - down)
    subject = subject_of(item)
    if not _passes_whole([swept, common], item.look.lines) or (
        subject and not framing.holds(common, subject)
    ):
        return None
    return [
        Framing(x=_share(centre[0] + sign * across / 2), y=_share(centre[1] + sign * down / 2))
        for sign in (-1, 1)
    ]


def _covering(item: Item, size: tuple[int, int], index: int, over: _Over | None) -> list[Framing] | None:
    """From the whole to a little nearer, or back.

    `None` where too much would be lost, or text or the subject be cut, or a text lie over the subject.
    """
    wide, high = _view(item, size[0] / size[1])
    x, y, seen = _best_place(item, wide, high)
    alike = min(wide, high) >= _ALIKE
    enlarged = size[0] / (wide * item.media.width)
    if enlarged > 2 * MOST_ENLARGED or not (alike or seen >= _ENOUGH_SEEN):
        return None
    subject = subject_of(item)
    if alike:
        x, y = (x + 0.5) / 2, (y + 0.5) / 2
    elif subject:
        # In the middle, unless something else matters, too.
        middle = _placed((subject[0] + subject[2]) / 2, (subject[1] + subject[3]) / 2, wide, high)
        if _seen_in(item, middle) >= _ENOUGH_SEEN:
            x, y = (middle[0] + middle[2]) / 2, (middle[1] + middle[3]) / 2
    most = _SLOW_PUSH if alike else _PUSH
    centres = list(_shifted(x, y, wide, high))
    for free, zoom, centre in product(_FREE, (most, (1 + most) / 2, 1.03), centres):
        nearer = _holding(subject, centre, wide / zoom, high / zoom)
        views = [_placed(*centre, wide, high), _placed(*nearer, wide / zoom, high / zoom)]
        if not _passes_whole(views, item.look.lines):
            continue
        if subject and not all(_keeps(view, subject, free) for view in views):
            continue
        if over is not None and _calmest(item, views, over) is None:
            continue
        far = Framing(x=_share(centre[0]), y=_share(centre[1]))
        near = Framing(x=_share(nearer[0]), y=_share(nearer[1]), zoom=round(zoom, 3))
        # The wide view that comes last goes back from where the first one went.
        return [far, near] if index == 0 else [near, far]
    return None


def _holding(
    subject: Box | None, centre: tuple[float, float], wide: float, high: float
) -> tuple[float, float]:
    """The centre of a smaller view, moved so far that it holds the subject, where it can."""
    if subject is None:
        return centre
    x = min(max(centre[0], subject[2] - wide / 2), subject[0] + wide / 2)
    y = min(max(centre[1], subject[3] - high / 2), subject[1] + high / 2)
    return x, y


def _shifted(x: float, y: float, wide: float, high: float) -> Iterator[tuple[float, float]]:
    """Centres of a view, from the best one as far as there is room."""
    for shift in _SHIFTS:
        across = shift * max(1 - wide, 0) / 2
        down = shift * max(1 - high, 0) / 2
        yield min(max(x + across, wide / 2), 1 - wide / 2), min(max(y + down, high / 2), 1 - high / 2)


def _passes_whole(views: Sequence[Box], lines: Sequence[Box]) -> bool:
    """Whether no line is cut on the way between two views, one of which lies in the other."""
    far, near = views
    return all(
        framing.holds(near, line) or (not framing.is_cut(far, line, 0) and not framing.holds(far, line))
        for line in lines
    )


def _nearing(item: Item, spot: Spot, size: tuple[int, int], over: _Over | None) -> list[Framing] | None:
    wide, high = _view(item, size[0] / size[1])
    subject = _off_edges(around(spot))
    sharp = MOST_ENLARGED * wide * item.media.width / size[0]
    room = min(wide / (subject[2] - subject[0]), high / (subject[3] - subject[1]))
    x, y = (subject[0] + subject[2]) / 2, (subject[1] + subject[3]) / 2
    for free, step, across, down in product(_FREE, range(12), (0, -1, 1, -2, 2), (0, -1, 1, -2, 2)):
        zoom = min(room * (1 - 2 * free), sharp, _NEAREST) / 1.08**step
        if zoom < _LEAST_ZOOM:
            continue
        far = max(zoom / _PUSH, 1)
        place = x + across * 0.1 * wide / zoom, y + down * 0.1 * high / zoom
        views = [_placed(*place, wide / factor, high / factor) for factor in (far, zoom)]
        if not _passes_whole(views, item.look.lines) or not _keeps(views[1], subject, free):
            continue
        if over is not None and _calmest(item, views, over) is None:
            continue
        where = {"x": _share(place[0]), "y": _share(place[1])}
        return [Framing(zoom=round(far, 3), **where), Framing(zoom=round(zoom, 3), **where)]
    return None


def _keeps(view: Box, subject: Box, free: float) -> bool:
    """Whether a view shows a subject with so much around it, but where the photo itself cuts either."""
    across, down = free * (view[2] - view[0]), free * (view[3] - view[1])
    room = (
        across * (view[0] > 0 and subject[0] != _CUT_ANYWAY),
        down * (view[1] > 0 and subject[1] != _CUT_ANYWAY),
        across * (view[2] < 1 and subject[2] != 1 - _CUT_ANYWAY),
        down * (view[3] < 1 and subject[3] != 1 - _CUT_ANYWAY),
    )
    return framing.holds(
        view, (subject[0] - room[0], subject[1] - room[1], subject[2] + room[2], subject[3] + room[3])
    )


def _cut_out(item: Item, subject: Box, size: tuple[int, int]) -> Crop | None:
    """The subject alone, in a shape that fills enough of the canvas; `None` where text would be cut.

    The less there is around it, the more it differs from the photo as a whole.
    """
    photo, canvas = item.media.width / max(item.media.height, 1), size[0] / size[1]
    own = photo * (subject[2] - subject[0]) / (subject[3] - subject[1])
    nearer = (own * (canvas / own) ** (step / 8) for step in range(8))
    shape = next((shape for shape in nearer if staging.shown_share(*size, shape) >= ENOUGH_SHOWN), canvas)
    relative = shape / photo
    wide = max(subject[2] - subject[0], (subject[3] - subject[1]) * relative)
    wide = min(wide, 1)
    high = min(max(wide / relative, subject[3] - subject[1]), 1)
    x, y = (subject[0] + subject[2]) / 2, (subject[1] + subject[3]) / 2
    # Rounding takes nothing of the subject away.
    wide, high = min(wide + 2e-5, 1), min(high + 2e-5, 1)
    box = _placed(x, y, wide, high)
    if any(framing.is_cut(box, line, 0) for line in item.look.lines):
        return None
    return Crop(
        left=_share(box[0]), top=_share(box[1]), width=max(_share(wide), 1e-5), height=max(_share(high), 1e-5)
    )


def _view(item: Item, shape: float) -> tuple[float, float]:
    """The largest part of a picture that has a shape, as shares of its width and height."""
    relative = shape / (item.media.width / max(item.media.height, 1))
    return (relative, 1.0) if relative < 1 else (1.0, 1 / relative)


def _best_place(item: Item, wide: float, high: float) -> tuple[float, float, float]:
    """Where a view of that size shows most of what matters: its centre, and how much that is."""
    if not item.look.salience:
        return 0.5, 0.5, 0
    best = (0.5, 0.5, -1.0)
    steps = [step / 20 for step in range(21)]
    for across, down in product(steps if wide < 1 else [0.5], steps if high < 1 else [0.5]):
        left, top = across * (1 - wide), down * (1 - high)
        seen = _seen_in(item, (left, top, left + wide, top + high))
        if seen > best[2] + 1e-9:
            best = (left + wide / 2, top + high / 2, seen)
    return best


def _seen_in(item: Item, box: Box) -> float:
    """How much of what matters lies in a part of a picture."""
    grid = item.look.salience
    cells = len(grid)
    return sum(
        cell
        for row, line in enumerate(grid)
        if box[1] <= (row + 0.5) / cells <= box[3]
        for column, cell in enumerate(line)
        if box[0] <= (column + 0.5) / cells <= box[2]
    )


def _placed(x: float, y: float, wide: float, high: float) -> Box:
    left, top = min(max(x - wide / 2, 0), 1 - wide), min(max(y - high / 2, 0), 1 - high)
    return left, top, left + wide, top + high


def _share(value: float) -> float:
    return round(min(max(value, 0), 1), 5)
