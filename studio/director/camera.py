"""The camera: which part of a picture a scene shows, how it stands on the canvas, and how the view moves."""

import math
from collections.abc import Iterator, Sequence
from itertools import product

from studio import staging
from studio.director import framing, looking
from studio.director.framing import Scenery, Wanted
from studio.director.material import Item, Nature, spots_of
from studio.director.text_lines import Box
from studio.draft import Canvas, Crop, Fit, Framing, Ground, Layout, Move, Shot
from studio.media.items import Part, Spot

MOST_ENLARGED = 1.8
"""Canvas pixels for a pixel of a picture: above this, softness shows."""
_PUSH = 1.07
_SLOW_PUSH = 1.14
_ENOUGH_SEEN = 0.88
"""Of what matters in a picture: so much must stay in view when it fills the canvas."""
_ALIKE = 0.72
_SAME = 0.6
_AROUND_PRODUCT, _NEAR_PRODUCT = 0.1, 0.02
"""What is left free around a product, as a share of the picture."""
_NEAREST = 2.4
"""The closest look at what catches the eye in a photo, against the whole."""
_WAY = 0.16
"""How far the view goes across a photo, as a share of itself."""
_REST_MS = 900
_STOP_MS = 1700
_FASTEST_SCROLL = 0.9
"""Windows per second."""
_FOLD_SHAPES = (0.95, 1.8)
"""The least and the most width to height of the upper part of a page that is shown as one."""
_PANELS = (0.6, 2.3)
_FITS, _NEARLY_ALL = 0.95, 0.5
# Shapes of crops, width to height, beside what their part of the canvas has room for.
_OTHER_SHAPES = (1.33, 1.0, 1.78, 0.75, 2.4)


def film(item: Item, spot: Spot | None, index: int, length: int, canvas: Canvas, *, has_text: bool) -> Shot:
    """How a medium, or a spot in it, is shown for `length` milliseconds as the scene of that index.

    Where the scene has a text, the picture leaves room for it, unless the text can stand over the picture.
    """
    if item.nature is Nature.CLIP:
        return _played(item, length)
    if item.nature is Nature.PHOTO:
        is_near = spot is not None and not (canvas.captions and item.look.lines)
        return (
            _near(item, spot, canvas) if spot and is_near else _whole(item, index, canvas, has_text=has_text)
        )
    if item.nature is Nature.PAGE and spot is None and not has_text and _scrolls(item, canvas):
        # Upright, a page fills the canvas: in a window its letters would be too small.
        fit = Fit.COVER if _fills_upright(item, canvas) else Fit.WINDOW
        return Shot(fit=fit, move=Move.SCROLL, path=list(_tour(item, length, canvas)))
    shot = Shot(
        fit=Fit.CONTAIN,
        ground=Ground.COLOURS,
        move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN,
        layout=Layout.SPLIT if has_text else Layout.FULL,
    )
    if item.nature is Nature.PRODUCT:
        ground = item.look.ground or "#ffffff"
        crop = _crop(_around_product(item, near=spot is not None))
        update: dict[str, object] = {"ground": Ground.PLAIN, "crop": crop, "colours": (ground, ground)}
    elif spot is not None and item.nature is not Nature.ICON:
        crop = crop_of(item, spot, canvas, has_text=has_text)
        # Where nearly all is seen anyway, all of it is.
        update = (
            {"crop": crop} if crop.width * crop.height < _NEARLY_ALL or item.nature is Nature.PAGE else {}
        )
    elif item.nature is Nature.PAGE:
        # One that fits into the window is shown whole.
        update = {"fit": Fit.WINDOW, "crop": _fold(item, canvas) if has_text else Crop()}
    else:
        update = {}
    return shot.model_copy(update=update)


def _scrolls(item: Item, canvas: Canvas) -> bool:
    """Whether a window shows a part of a page only."""
    shape = item.media.width / item.media.height
    place = staging.window(canvas.width, canvas.height, shape, captioned=canvas.captions)
    return place.height < _FITS * place.width / shape


def _fills_upright(item: Item, canvas: Canvas) -> bool:
    """Whether the whole width of a page fills an upright canvas, with no captions over it."""
    shape = item.media.width / item.media.height
    return canvas.height > canvas.width and shape <= canvas.width / canvas.height and not canvas.captions


def _played(item: Item, length: int) -> Shot:
    media = item.media
    start = 0
    if media.path is not None and media.duration > length:
        try:
            start = looking.best_start(media.path, media.duration, length)
        except OSError:
            start = 0  # the renderer tells what is wrong with it
    return Shot(trim=start, fit=Fit.AUTO)


def _around_product(item: Item, *, near: bool) -> Box:
    """A product, all of it, with less or more of its own ground."""
    left, top, right, bottom = item.look.subject or framing.WHOLE
    around = _NEAR_PRODUCT if near else _AROUND_PRODUCT
    return max(left - around, 0), max(top - around, 0), min(right + around, 1), min(bottom + around, 1)


def scenery_of(item: Item) -> Scenery:
    """What no frame of a picture cuts, and what it better does not."""
    media = item.media
    pictures = [_box(spot) for spot in spots_of(item, Part.PICTURE)]
    return Scenery(media.width / max(media.height, 1), item.look.lines, pictures)


def crop_of(item: Item, spot: Spot, canvas: Canvas, *, has_text: bool) -> Crop:
    """The part of a page or a screen around a spot, which cuts no line of text."""
    size = canvas.width, canvas.height
    captioned = canvas.captions
    area = (
        staging.split(*size, 1, bleeds=False, captioned=captioned).picture
        if has_text
        else staging.framed_area(*size, captioned=captioned)
    )
    room = area.width / area.height
    smallest = min(area.width / (MOST_ENLARGED * item.media.width), 1)
    scenery = scenery_of(item)
    own = spot.width / spot.height * scenery.shape
    # A picture, or a heading with what belongs to it, is shown in its own shape, unless that is a strip.
    has_shape = spot.part in {Part.PICTURE, Part.FEATURE}
    first = min(max(own, _PANELS[0]), _PANELS[1]) if has_shape else room
    shapes = (first, *sorted((room, *_OTHER_SHAPES), key=lambda shape: abs(math.log(shape / room))))
    found = framing.frame(Wanted(_box(spot), shapes, smallest), scenery)
    return _crop(found or framing.grown(_box(spot), scenery.lines))


def _fold(item: Item, canvas: Canvas) -> Crop:
    """What is seen of a page before it is scrolled, down to a place between two lines."""
    size = canvas.width, canvas.height
    area = staging.split(*size, 1, bleeds=False, captioned=canvas.captions).picture
    shape = item.media.width / item.media.height
    room = area.width / max(area.height - staging.BAR * min(size), 1)
    least, most = (min(shape / wished, 1) for wished in (_FOLD_SHAPES[1], _FOLD_SHAPES[0]))
    wished = min(max(shape / room, least), most)
    return Crop(height=round(framing.clean_height(least, wished, most, item.look.lines), 5))


def shows_the_same(item: Item, one: Spot, other: Spot, canvas: Canvas) -> bool:
    """Whether close-ups of two spots would hardly differ."""
    if item.nature not in {Nature.PAGE, Nature.SCREEN}:
        return one == other
    first, second = (crop_of(item, spot, canvas, has_text=False) for spot in (one, other))
    wide = min(first.left + first.width, second.left + second.width) - max(first.left, second.left)
    high = min(first.top + first.height, second.top + second.height) - max(first.top, second.top)
    least = min(first.width * first.height, second.width * second.height)
    return max(wide, 0) * max(high, 0) > _SAME * least


def _whole(item: Item, index: int, canvas: Canvas, *, has_text: bool) -> Shot:
    """A photo filling the canvas, or its part beside the text, where what matters stays in view.

    Else it is shown whole.
    """
    shape = canvas.width / canvas.height
    # Captions would cover lines of the picture.
    may_cover = not (canvas.captions and item.look.lines)
    if may_cover and (path := _covering(item, shape, canvas.width, index)) is not None:
        return Shot(fit=Fit.COVER, path=path)
    move = Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN
    if not has_text:
        path = _along(item, shape, canvas.width) if index and may_cover else None
        return Shot(fit=Fit.COVER, path=path) if path else Shot(fit=Fit.CONTAIN, move=move)
    area = staging.split(canvas.width, canvas.height, 1, bleeds=True, captioned=canvas.captions).picture
    path = _covering(item, area.width / area.height, area.width, index) if may_cover else None
    if path is not None:
        return Shot(fit=Fit.COVER, layout=Layout.SPLIT, path=path)
    return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, layout=Layout.SPLIT, move=move)


def _along(item: Item, shape: float, width: int) -> list[Framing] | None:
    """Across a photo that has another shape than the canvas; `None` where text would be cut."""
    wide, high = _view(item, shape)
    if width / (wide * item.media.width) > 2 * MOST_ENLARGED:
        return None
    x, y, _ = _best_place(item, wide, high)
    across, down = (min(_WAY * wide, 1 - wide), 0) if wide < 1 else (0, min(_WAY * high, 1 - high))
    centre = (
        min(max(x, (wide + across) / 2), 1 - (wide + across) / 2),
        min(max(y, (high + down) / 2), 1 - (high + down) / 2),
    )
    swept = _placed(*centre, wide + across, high + down)
    common = _placed(*centre, wide - across, high - down)
    if not _passes_whole([swept, common], item.look.lines):
        return None
    return [
        Framing(x=_share(centre[0] + sign * across / 2), y=_share(centre[1] + sign * down / 2))
        for sign in (-1, 1)
    ]


def _covering(item: Item, shape: float, width: int, index: int) -> list[Framing] | None:
    """From the whole to a little nearer, or back; `None` where too much would be lost, or text be cut."""
    wide, high = _view(item, shape)
    x, y, seen = _best_place(item, wide, high)
    alike = min(wide, high) >= _ALIKE
    enlarged = width / (wide * item.media.width)
    if enlarged > 2 * MOST_ENLARGED or not (alike or seen >= _ENOUGH_SEEN):
        return None
    zoom = _SLOW_PUSH if alike else _PUSH
    if alike:
        x, y = (x + 0.5) / 2, (y + 0.5) / 2
    views = [_placed(x, y, wide / factor, high / factor) for factor in (1, zoom)]
    if not _passes_whole(views, item.look.lines):
        return None
    far, near = (Framing(x=_share(x), y=_share(y), zoom=factor) for factor in (1, zoom))
    # The wide view that comes last goes back from where the first one went.
    return [far, near] if index == 0 else [near, far]


def _passes_whole(views: Sequence[Box], lines: Sequence[Box]) -> bool:
    """Whether no line is cut on the way between two views, one of which lies in the other."""
    far, near = views
    return all(
        framing.holds(near, line) or (not framing.is_cut(far, line, 0) and not framing.holds(far, line))
        for line in lines
    )


def _near(item: Item, spot: Spot, canvas: Canvas) -> Shot:
    """A close look at what catches the eye in a photo."""
    wide, high = _view(item, canvas.width / canvas.height)
    sharp = MOST_ENLARGED * wide * item.media.width / canvas.width
    closest = min(wide / max(spot.width, 0.01), high / max(spot.height, 0.01), sharp, _NEAREST)
    x, y = spot.centre
    for step, across, down in product(range(8), (0, -1, 1), (0, -1, 1)):
        zoom = max(closest / 1.08**step, _PUSH)
        place = x + across * 0.1 * wide / zoom, y + down * 0.1 * high / zoom
        views = [_placed(*place, wide / factor, high / factor) for factor in (zoom / _PUSH, zoom)]
        if _passes_whole(views, item.look.lines):
            where = {"x": _share(place[0]), "y": _share(place[1])}
            return Shot(
                fit=Fit.COVER,
                path=[
                    Framing(zoom=round(max(zoom / _PUSH, 1), 3), **where),
                    Framing(zoom=round(zoom, 3), **where),
                ],
            )
    return Shot(fit=Fit.CONTAIN, move=Move.ZOOM_IN)


def _view(item: Item, shape: float) -> tuple[float, float]:
    """The largest part of a picture that has a shape, as shares of its width and height."""
    relative = shape / (item.media.width / max(item.media.height, 1))
    return (relative, 1.0) if relative < 1 else (1.0, 1 / relative)


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


def _box(spot: Spot) -> Box:
    return spot.x, spot.y, spot.x + spot.width, spot.y + spot.height


def _crop(box: Box) -> Crop:
    left, top = (math.floor(1e5 * edge) / 1e5 for edge in box[:2])
    right, bottom = (math.ceil(1e5 * edge) / 1e5 for edge in box[2:])
    return Crop(
        left=left, top=top, width=min(round(right - left, 5), 1), height=min(round(bottom - top, 5), 1)
    )


def _placed(x: float, y: float, wide: float, high: float) -> Box:
    left, top = min(max(x - wide / 2, 0), 1 - wide), min(max(y - high / 2, 0), 1 - high)
    return left, top, left + wide, top + high


def _share(value: float) -> float:
    return round(min(max(value, 0), 1), 5)


def _tour(item: Item, length: int, canvas: Canvas) -> Iterator[Framing]:
    """Down the page, with a rest at its top and where it shows what matters, between two lines."""
    size = canvas.width, canvas.height
    shape = item.media.width / item.media.height
    place = staging.window(*size, shape, captioned=canvas.captions)
    wide, high = size if _fills_upright(item, canvas) else (place.width, place.height)
    view = min(shape * high / wide, 1)
    within = view * (1 + _FASTEST_SCROLL * length / 1000)
    lines = item.look.lines
    tops: list[float] = []
    for spot in sorted(spots_of(item, *Part), key=lambda spot: spot.y):
        wished = min(max(spot.centre[1] - view / 2, 0), 1 - view)
        top = framing.clean_rows(wished, view, lines, view / 2)
        seen = top is not None and view / 2 < top <= within - view
        if top is not None and seen and all(abs(top - other) > 0.8 * view for other in tops):
            tops.append(top)
    most = max(1, math.floor(length / _STOP_MS))
    if len(tops) > most:
        tops = [tops[round(index * (len(tops) - 1) / max(most - 1, 1))] for index in range(most)]
    if not tops:
        furthest = min(within, 1) - view
        tops = [
            found if (found := framing.clean_rows(furthest, view, lines, view / 2)) is not None else furthest
        ]
    first = framing.clean_rows(0, view, lines, view / 2) or 0
    yield Framing(x=0.5, y=_share(first + view / 2), zoom=1, rest=round(0.8 * _REST_MS))
    for top in dict.fromkeys(tops):
        yield Framing(x=0.5, y=_share(top + view / 2), zoom=1, rest=_REST_MS)
