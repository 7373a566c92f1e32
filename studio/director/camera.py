"""The camera: how a picture is framed for a format, and where the view goes in it."""

import math
from collections.abc import Iterator, Sequence
from itertools import product

from studio.director import looking
from studio.director.looking import Box
from studio.director.material import Item, Nature, spots_of
from studio.draft import Canvas, Fit, Framing, Ground, Move, Shot
from studio.media import Part, Spot

MOST_ENLARGED = 1.7
"""Canvas pixels for a pixel of a picture: above this, softness shows."""
_AROUND = 1.25
"""How much more than the spot is seen in a close-up."""
_PUSH = 1.07
_SLOW_PUSH = 1.14
_LEAST_ZOOM = 1.05
"""So that a close-up moves at all."""
_SAME = 0.6
_ENOUGH_SEEN = 0.88
"""Of what matters in a picture: so much must stay in view when it fills the canvas."""
_ALIKE = 0.72
_CUT_PICTURE, _CUT_WORDS, _LOST = 0.5, 5, 40
"""What is worth how much, against a step farther away."""
_FARTHER, _ASIDE, _SIDEWAYS = 0.25, 0.1, 3
_REST_MS = 900
_STOP_MS = 1700
_FASTEST_SCROLL = 0.9
"""Windows per second."""


def film(item: Item, spot: Spot | None, length: int, index: int, canvas: Canvas) -> Shot:
    """How a medium, or a spot in it, is shown for `length` milliseconds as the scene of that index."""
    if item.nature is Nature.CLIP:
        return _played(item, length)
    if item.nature is Nature.ICON:
        return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, move=Move.ZOOM_IN)
    if item.nature is Nature.PAGE and spot is None:
        # Upright, a page fills the canvas: in a window its letters would be too small.
        fit = Fit.COVER if canvas.height > canvas.width else Fit.WINDOW
        return Shot(fit=fit, move=Move.SCROLL, path=list(_tour(item, length, canvas)))
    if spot is not None:
        return Shot(fit=Fit.COVER, path=_close_up(item, spot, canvas))
    return _whole(item, index, canvas)


def _played(item: Item, length: int) -> Shot:
    media = item.media
    start = 0
    if media.path is not None and media.duration > length:
        try:
            start = looking.best_start(media.path, media.duration, length)
        except OSError:
            start = 0  # the renderer tells what is wrong with it
    return Shot(trim=start, fit=Fit.AUTO)


def _whole(item: Item, index: int, canvas: Canvas) -> Shot:
    """A picture filling the canvas, where what matters stays in view; else whole, before a blur of itself."""
    wide, high = _view(item, canvas)
    x, y, seen = _best_place(item, wide, high)
    alike = min(wide, high) >= _ALIKE
    enlarged = canvas.width / (wide * item.media.width)
    if enlarged > 2 * MOST_ENLARGED or not (alike or seen >= _ENOUGH_SEEN):
        return Shot(fit=Fit.CONTAIN, move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN)
    far = Framing(x=_share((x + 0.5) / 2 if alike else x), y=_share((y + 0.5) / 2 if alike else y), zoom=1)
    near = Framing(x=_share(x), y=_share(y), zoom=_SLOW_PUSH if alike else _PUSH)
    return Shot(fit=Fit.COVER, path=[near, far] if index % 2 else [far, near])


def _view(item: Item, canvas: Canvas) -> tuple[float, float]:
    """The largest part of a picture that has the canvas' shape, as shares of its width and height."""
    shape = (canvas.width / canvas.height) / (item.media.width / item.media.height)
    return (shape, 1.0) if shape < 1 else (1.0, 1 / shape)


def _best_place(item: Item, wide: float, high: float) -> tuple[float, float, float]:
    """Where a view of that size shows most of what matters: its centre, and how much that is."""
    grid = item.look.salience
    if not grid:
        return 0.5, 0.5, 0
    cells = len(grid)
    best = (0.5, 0.5, -1.0)
    steps = [step / 20 for step in range(21)]
    for across, down in product(steps if wide < 1 else [0.5], steps if high < 1 else [0.5]):
        left, top = across * (1 - wide), down * (1 - high)
        seen = sum(
            cell
            for row, line in enumerate(grid)
            if top <= (row + 0.5) / cells <= top + high
            for column, cell in enumerate(line)
            if left <= (column + 0.5) / cells <= left + wide
        )
        if seen > best[2] + 1e-9:
            best = (left + wide / 2, top + high / 2, seen)
    return best


def shows_the_same(item: Item, one: Spot, other: Spot, canvas: Canvas) -> bool:
    """Whether close-ups of two spots would hardly differ."""
    (_, first), (_, second) = _nearest(item, one, canvas), _nearest(item, other, canvas)
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)]
    return max(wide, 0) * max(high, 0) > _SAME * min(areas)


def _close_up(item: Item, spot: Spot, canvas: Canvas) -> list[Framing]:
    zoom, (left, top, right, bottom) = _nearest(item, spot, canvas)
    centre = {"x": _share((left + right) / 2), "y": _share((top + bottom) / 2)}
    return [Framing(zoom=round(max(zoom / _PUSH, 1), 3), **centre), Framing(zoom=round(zoom, 3), **centre)]


def _nearest(item: Item, spot: Spot, canvas: Canvas) -> tuple[float, Box]:
    """Zoom and view, as near as the picture stays sharp, cutting through as little as can be."""
    media = item.media
    wide, high = _view(item, canvas)
    sharp = MOST_ENLARGED * wide * media.width / canvas.width
    closest = min(wide / max(spot.width * _AROUND, 0.01), high / max(spot.height * _AROUND, 0.01), sharp, 8)
    x, y = spot.centre
    blocks = _outside_pictures(item)
    pictures = [_box(spot) for spot in spots_of(item, Part.PICTURE)]
    words = [_box(spot) for spot in spots_of(item, *set(Part) - {Part.PICTURE})]
    candidates = []
    for step, across, down in product(range(12), (0, -1, 1, -2, 2), (0, -1, 1)):
        zoom = max(closest / 1.07**step, _LEAST_ZOOM)
        place = x + across * 0.09 * wide / zoom, y + down * 0.09 * high / zoom
        near = _clamped(*place, wide / zoom, high / zoom)
        far = _clamped(*place, min(wide / zoom * _PUSH, wide), min(high / zoom * _PUSH, high))
        cut = [_cuts(blocks, view) + _CUT_WORDS * _cuts(words, view) for view in (near, far)]
        cost = sum(cut) + _CUT_PICTURE * _cuts(pictures, near) + _LOST * _lost(spot, near)
        candidates.append((cost + _FARTHER * step + _ASIDE * (abs(across) + abs(down)), zoom, near))
    _, zoom, view = min(candidates, key=lambda candidate: candidate[0])
    return zoom, view


def _outside_pictures(item: Item) -> list[Box]:
    """The blocks that no edge should cut through: a picture may be cut, words may not."""
    pictures = spots_of(item, Part.PICTURE)

    def in_picture(block: Box) -> bool:
        x, y = (block[0] + block[2]) / 2, (block[1] + block[3]) / 2
        return any(p.x <= x <= p.x + p.width and p.y <= y <= p.y + p.height for p in pictures)

    return [block for block in item.look.blocks if not in_picture(block)]


def _box(spot: Spot) -> Box:
    return spot.x, spot.y, spot.x + spot.width, spot.y + spot.height


def _clamped(x: float, y: float, wide: float, high: float) -> Box:
    left, top = min(max(x - wide / 2, 0), 1 - wide), min(max(y - high / 2, 0), 1 - high)
    return left, top, left + wide, top + high


def _lost(spot: Spot, view: Box) -> float:
    """The share of a spot that is out of view; of one larger than the view, nothing."""
    seen_x = min(spot.x + spot.width, view[2]) - max(spot.x, view[0])
    seen_y = min(spot.y + spot.height, view[3]) - max(spot.y, view[1])
    most = min(spot.width, view[2] - view[0]) * min(spot.height, view[3] - view[1])
    return 1 - max(seen_x, 0) * max(seen_y, 0) / most


def _cuts(blocks: Sequence[Box], view: Box) -> float:
    """How many blocks the edges of a view cut through. Left and right count most: there words are cut."""
    left, top, right, bottom = view
    cuts = 0.0
    for block in blocks:
        if block[3] <= top or block[1] >= bottom or block[2] <= left or block[0] >= right:
            continue
        cuts += _SIDEWAYS * ((block[0] < left) + (block[2] > right))
        cuts += 0.5 * ((block[1] < top) + (block[3] > bottom))
    return cuts


def _share(value: float) -> float:
    return round(min(max(value, 0), 1), 4)


def _tour(item: Item, length: int, canvas: Canvas) -> Iterator[Framing]:
    """Down the page, with a rest at its top and where it shows what matters."""
    high = _view(item, canvas)[1]
    window = min(high * 0.9 if canvas.height <= canvas.width else high, 1)
    stops: list[float] = []
    for spot in sorted(spots_of(item, *Part), key=lambda spot: spot.y):
        y = spot.centre[1]
        if y > window and all(abs(y - stop) > 0.8 * window for stop in stops):
            stops.append(y)
    within = window * (1 + _FASTEST_SCROLL * length / 1000)
    stops = [stop for stop in stops if stop <= within]
    most = max(1, math.floor(length / _STOP_MS))
    if len(stops) > most:
        stops = [stops[round(index * (len(stops) - 1) / max(most - 1, 1))] for index in range(most)]
    if not stops:
        stops = [min(within, 1)]
    yield Framing(x=0.5, y=0, zoom=1, rest=round(0.8 * _REST_MS))
    for stop in dict.fromkeys(stops):
        yield Framing(x=0.5, y=_share(stop), zoom=1, rest=_REST_MS)
