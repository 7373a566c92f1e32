"""The camera: which part of a picture a scene shows, how it stands on the canvas, and how the view moves."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from studio import staging
from studio.director import framing, photos
from studio.director.blocks import blocks, is_alone
from studio.director.boxes import area_of, box_of, common_area, meets, part_of
from studio.director.colours import ground_of_cut_out
from studio.director.framing import Scenery, Wanted
from studio.director.material import Item, Nature, letters_of, spots_of
from studio.director.photos import ENOUGH_SHOWN, MOST_ENLARGED
from studio.director.salience import best_start
from studio.director.shapes import WHOLE
from studio.director.spelling import spells
from studio.director.story import Line
from studio.director.text_lines import Box
from studio.draft import Canvas, Crop, Fit, Framing, Ground, Layout, Move, Place, Shot
from studio.media.items import Part, Spot

_SAME = 0.6
_AROUND_PRODUCT = 0.1
"""What is left free around a product, as a share of the picture."""
_AROUND_DRAWING, _AROUND_CARD = 0.04, 0.006
_REST_MS = 900
_STOP_MS = 1700
_FASTEST_SCROLL = 0.9
"""Windows per second."""
_FOLD_SHAPES = (0.95, 1.8)
"""The least and the most width to height of the upper part of a page that is shown as one."""
_LARGE_PARTS, _MOST_TRIED = (0.5, 0.0), 3
"""Of what is shown of a screenshot whose words stand beside it: its least width, of the screenshot's; and how
many spots are tried."""
_FITS, _NEARLY_ALL = 0.95, 0.58
_LARGEST_PRODUCT, _NEARER = 0.92, 1.07
"""The most of the canvas that a product takes, and how far the camera goes back from there."""
_LEAST_FILLED = 0.7
"""How much of the width that there is a close look takes: it is not enlarged until it is soft."""
_ALONE_SHAPES, _ALONE_LEAST = (0.4, 4.0), 500
"""Of a picture that is shown by itself: its shapes, and its least width in pixels."""
# Shapes of crops, width to height, beside what their part of the canvas has room for.
_OTHER_SHAPES = (1.33, 1.0, 1.78, 0.75, 2.4, 0.6, 0.67, 0.85, 1.15)
_PANELS = (0.6, 2.6)
_MISSHAPEN = 1.7
"""A picture with words may be so many times wider, or higher, than what it has room for."""
_LEAST_LETTERS = 0.016
"""Of the canvas' height: a page is scrolled through where most of its letters are as high."""
_STOP = 0.4
"""Times the height of its line: the room of a full stop."""
_LETTER = 0.75
"""Of a line's box, as a browser reports it."""
_LEAST_PART = 0.03
"""Of a thing: less of it is not noticed."""
_AROUND_TEXT, _MOST_OF_CARD = 0.03, 0.4
"""What is shown around a paragraph, as a share of the picture; and what of a card a paragraph takes."""
_FOOTER = 0.01
"""Of a page's height: what goes on as far as this shows how the page ends."""
_ABOVE = 0.002
"""Of a page's height: so far above a line that is not shown, its picture ends."""
_MOST_ASIDE = 0.3
"""Of a window: so much of it may be a form or a footer where a page rests."""


def film(
    item: Item, spot: Spot | None, canvas: Canvas, line: Line | None, *, index: int, length: int
) -> Shot:
    """How a medium, or a spot in it, is shown for `length` milliseconds as the scene of that index.

    Where the scene has a text, the picture leaves room for it, unless the text can stand over the picture.
    """
    if item.nature is Nature.CLIP:
        return _played(item, length)
    if item.nature is Nature.PHOTO:
        return photos.near(item, spot, canvas, line) if spot else photos.whole(item, index, canvas, line)
    if item.nature is Nature.PAGE and spot is None and line is None and tours(item, canvas):
        # Upright, a page fills the canvas: in a window its letters would be too small.
        fit = Fit.COVER if _fills_upright(item, canvas) else Fit.WINDOW
        return Shot(fit=fit, move=Move.SCROLL, path=list(_tour(item, length, canvas)))
    shot = Shot(
        fit=Fit.CONTAIN,
        ground=Ground.COLOURS,
        move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN,
        layout=Layout.SPLIT if line else Layout.FULL,
    )
    update: dict[str, object] = {}
    if item.nature is Nature.PRODUCT:
        around = _around_product(item)
        update = _plain(item, around)
        if spot is not None and not canvas.captions:
            update["path"] = _nearing(item, around, canvas)
    elif item.nature is Nature.ICON:
        if item.look.transparent:
            ground = ground_of_cut_out(item.look.colour or item.look.tone or "#808080")
            update = {"ground": Ground.PLAIN, "colours": (ground, ground)}
    elif spot is None and line and (unsaid := _unsaid(item, line, canvas)):
        update = {"crop": _crop(unsaid)}
    elif item.nature is Nature.PAGE and spot is None:
        # One that fits into the window is shown whole.
        update = {"fit": Fit.WINDOW, "crop": _fold(item, canvas) if line else _clean(item)}
    else:
        update = _drawn(item, spot, canvas, line)
    return shot.model_copy(update=update)


def _drawn(item: Item, spot: Spot | None, canvas: Canvas, line: Line | None) -> dict[str, object]:
    """A screen, or a part of it or of a page. One on a plain ground goes on to the edges of the canvas."""
    ground, subject = item.look.ground, item.look.subject
    crop = None if spot is None else crop_of(item, spot, canvas, line)
    # Where nearly all is seen anyway, all of it is, but for what the text says already.
    is_nearly_all = crop is not None and crop.width * crop.height >= _NEARLY_ALL
    is_screen = item.nature is not Nature.PAGE and not (line and _said_by(item, line))
    if crop is None or (is_nearly_all and is_screen):
        if ground and subject:
            return _plain(item, _grown(subject, _AROUND_DRAWING, item.look.clean))
        return {} if item.look.clean == WHOLE else {"crop": _clean(item)}
    seen = _box_of(crop)
    if spot and (card := _card_of(item, spot)) and framing.holds(card[0], seen):
        return _plain(item, seen, card[1])
    if ground and not any(framing.is_cut(seen, card, 0) for card in item.look.shapes.cards):
        return _plain(item, seen)
    return {"crop": crop}


def _card_of(item: Item, spot: Spot) -> tuple[Box, str] | None:
    """The card that a paragraph is a part of, and its colour, on which the paragraph can stand alone."""
    shapes = item.look.shapes
    held = [
        (card, ground)
        for card, ground in zip(shapes.cards, shapes.grounds, strict=True)
        if spot.part is Part.TEXT
        and framing.holds(card, box_of(spot))
        and area_of(box_of(spot)) < _MOST_OF_CARD * area_of(card)
    ]
    return min(held, key=lambda card: area_of(card[0]), default=None)


def _on_card(item: Item, spot: Spot) -> Box | None:
    """A paragraph with what belongs to it on its card; `None` without a card, or if a line would be cut."""
    card = _card_of(item, spot)
    if card is None:
        return None
    high = _AROUND_TEXT * _shape(item)
    left, top, right, bottom = box_of(spot)
    for thing in item.look.shapes.things:
        if framing.holds(card[0], thing) and meets((left - _AROUND_TEXT, top, right, bottom), thing):
            left, top = min(left, thing[0]), min(top, thing[1])
            right, bottom = max(right, thing[2]), max(bottom, thing[3])
    lines = [line for line in item.look.lines if not framing.holds((left, top, right, bottom), line)]
    above = max((line[3] for line in lines if line[3] <= top), default=0.0)
    below = min((line[1] for line in lines if line[1] >= bottom), default=1.0)
    seen = (
        max(left - _AROUND_TEXT, card[0][0]),
        max(top - high, card[0][1], (above + top) / 2),
        min(right + _AROUND_TEXT, card[0][2]),
        min(bottom + high, card[0][3], (below + bottom) / 2),
    )
    cut = any(framing.is_cut(seen, line, 0) for line in lines) or _cuts_things(item, seen)
    return None if cut else seen


def _plain(item: Item, box: Box, colour: str | None = None) -> dict[str, object]:
    look = item.look
    own = (
        colour
        or look.ground
        or (ground_of_cut_out(look.colour or look.tone or "#808080") if look.transparent else None)
    )
    ground = own or "#ffffff"
    return {"ground": Ground.PLAIN, "crop": _crop(box), "colours": (ground, ground)}


def place_of(item: Item, shot: Shot, line: Line, canvas: Canvas) -> Place | None:
    """Where a text stands over a picture; `None` leaves it to the text's role."""
    if item.nature is not Nature.PHOTO or not shot.path:
        return None
    return photos.place_over(item, shot, line, canvas)


def fills(item: Item, spot: Spot | None, canvas: Canvas) -> bool:
    """Whether a picture without words takes enough of the canvas."""
    shot = film(item, spot, canvas, None, index=1, length=_STOP_MS)
    if (
        shot.fit in {Fit.COVER, Fit.AUTO}
        or shot.move is Move.SCROLL
        or item.nature in {Nature.PRODUCT, Nature.ICON}
        or (spot is not None and shot.ground is Ground.PLAIN)
    ):
        return True
    seen = shot.crop or Crop()
    shape = _shape(item) * seen.width / seen.height
    return staging.shown_share(canvas.width, canvas.height, shape) >= ENOUGH_SHOWN


def tours(item: Item, canvas: Canvas) -> bool:
    """Whether a page is scrolled through: a window shows a part of it, and its letters can be read.

    On a wide canvas, there is nothing better to show of its whole.
    """
    place = staging.window(canvas.width, canvas.height, _shape(item), captioned=canvas.captions)
    if place.height >= _FITS * place.width / _shape(item):
        return False
    if canvas.width > canvas.height:
        return True
    wide = canvas.width if _fills_upright(item, canvas) else place.width
    return _letters(item) * wide >= _LEAST_LETTERS * canvas.height


def fits_whole(item: Item, canvas: Canvas) -> bool:
    """Whether all of a page is seen in a window on a wide canvas."""
    place = staging.window(canvas.width, canvas.height, _shape(item), captioned=canvas.captions)
    return canvas.width > canvas.height and place.height >= _FITS * place.width / _shape(item)


def stand_in(item: Item, canvas: Canvas, taken: Sequence[Spot]) -> Spot | None:
    """What is shown of a page whose whole would be too small: a headline or a picture, large enough."""
    spots = sorted(spots_of(item, Part.PICTURE, Part.FEATURE, Part.HEADLINE), key=lambda spot: spot.y)
    for spot in spots:
        if spot in taken or _is_aside(item, spot):
            continue
        seen = _box_of(crop_of(item, spot, canvas))
        alike = any(shows_the_same(item, spot, other, canvas) for other in taken)
        is_aside = _shows_aside(item, seen[1], seen[3] - seen[1]) or _shows_end(item, seen)
        if not alike and not is_aside and not _cuts_things(item, seen) and fills(item, spot, canvas):
            return spot
    return None


def shows_in_part(item: Item, spot: Spot, canvas: Canvas) -> bool:
    """Whether a close-up without words shows a thing beside its spot in part, or how a page ends."""
    if item.nature not in {Nature.PAGE, Nature.SCREEN}:
        return False
    seen = _box_of(crop_of(item, spot, canvas))
    return _cuts_things(item, seen) or _shows_end(item, seen)


def _shows_end(item: Item, seen: Box) -> bool:
    """Whether a part of a page goes down to its footer: nobody scrolls there to learn what it offers."""
    return item.page is not None and item.page.captured and seen[1] > 0 and seen[3] > 1 - _FOOTER


def _cuts_things(item: Item, seen: Box) -> bool:
    """Whether a thing is seen in part. A hair's breadth of it that is missing, or seen, is not noticed."""
    buttons = [box_of(spot) for spot in spots_of(item, Part.ACTION)]
    # What the view lies in, and what has text on it, is a ground.
    pictures = [
        box_of(spot)
        for spot in spots_of(item, Part.PICTURE, Part.FEATURE)
        if item.page and is_alone(spot, item.look.lines) and not framing.holds(box_of(spot), seen)
    ]
    things = [*item.look.shapes.things, *item.look.shapes.tiles, *item.look.asides, *buttons, *pictures]
    return any(
        _LEAST_PART < common_area(seen, box) / max(area_of(box), 1e-9) < 1 - _LEAST_PART for box in things
    )


def _is_aside(item: Item, spot: Spot) -> bool:
    """Whether a spot belongs to a form or a footer."""
    x, y = spot.centre
    return any(box[0] <= x <= box[2] and box[1] <= y <= box[3] for box in item.look.asides)


def _letters(item: Item) -> float:
    """The height of most letters, as a share of the picture's width."""
    if item.look.letters:
        return item.look.letters
    heights = sorted(line[3] - line[1] for line in item.look.lines)
    return _LETTER * heights[len(heights) // 2] / _shape(item) if heights else 0


def _shape(item: Item) -> float:
    return item.media.width / max(item.media.height, 1)


def _fills_upright(item: Item, canvas: Canvas) -> bool:
    """Whether the whole width of a page fills an upright canvas, with no captions over it."""
    fits = canvas.height > canvas.width and _shape(item) <= canvas.width / canvas.height
    return fits and not canvas.captions


def _played(item: Item, length: int) -> Shot:
    media = item.media
    start = 0
    if media.path is not None and media.duration > length:
        try:
            start = best_start(media.path, media.duration, length)
        except OSError:
            start = 0  # the renderer reports what is wrong with it
    return Shot(trim=start, fit=Fit.AUTO)


def _around_product(item: Item) -> Box:
    """A product, all of it, with some of its own ground."""
    return _grown(item.look.subject or WHOLE, _AROUND_PRODUCT, WHOLE)


def _nearing(item: Item, around: Box, canvas: Canvas) -> list[Framing]:
    """Near a product, as far as it is seen whole with some room around it, and back a little."""
    subject = item.look.subject or WHOLE
    area = staging.framed_area(canvas.width, canvas.height)
    shape = _shape(item) * (around[2] - around[0]) / (around[3] - around[1])
    wide = min(area.width, area.height * shape)
    across = wide * (subject[2] - subject[0]) / (around[2] - around[0]) / canvas.width
    down = wide / shape * (subject[3] - subject[1]) / (around[3] - around[1]) / canvas.height
    nearest = max(_LARGEST_PRODUCT / max(across, down), 1)
    x = _share(((subject[0] + subject[2]) / 2 - around[0]) / (around[2] - around[0]))
    y = _share(((subject[1] + subject[3]) / 2 - around[1]) / (around[3] - around[1]))
    return [Framing(x=x, y=y, zoom=round(max(nearest / factor, 1), 3)) for factor in (1, _NEARER)]


def _grown(box: Box, around: float, within: Box) -> Box:
    return (
        max(box[0] - around, within[0]),
        max(box[1] - around, within[1]),
        min(box[2] + around, within[2]),
        min(box[3] + around, within[3]),
    )


def scenery_of(item: Item) -> Scenery:
    """What no frame of a picture cuts, in shares of its clean part."""
    clean, look = item.look.clean, item.look
    pictures = _pictures_of(item)
    shape = _shape(item) * (clean[2] - clean[0]) / (clean[3] - clean[1])
    cards = [*look.shapes.cards, *(item.page.cards if item.page else ())]
    lines, things, cards, seams = (
        [_inside(box, clean) for box in boxes if box[1] < clean[3] and box[3] > clean[1]]
        for boxes in (_with_stops(item), [*look.shapes.things, *pictures], cards, look.shapes.seams)
    )
    return Scenery(shape, lines, things, cards, seams)


def _with_stops(item: Item) -> Sequence[Box]:
    """Lines with room for a full stop at their end. A browser knows it, looking does not find it."""
    if item.page and item.page.captured:
        return item.look.lines
    return [
        (left, top, min(right + _STOP * (bottom - top) / _shape(item), 1), bottom)
        for left, top, right, bottom in item.look.lines
    ]


def _pictures_of(item: Item) -> list[Box]:
    """Pictures and buttons, which are in a frame or out of it; tiles stand for the grid around them."""
    tiles = item.look.shapes.tiles
    spots = [box_of(spot) for spot in spots_of(item, Part.PICTURE, Part.ACTION)]
    held = [box for box in spots if not any(framing.holds(box, tile) for tile in tiles)]
    return framing.parted([*held, *tiles])


def crop_of(item: Item, spot: Spot, canvas: Canvas, line: Line | None = None, *, least: float = 0) -> Crop:
    """The part of a page or a screen around a spot, which cuts neither text nor things.

    Beside a text, it does not show the line of the page that says the same. `least` is its least width, as a
    share of the picture's.
    """
    if (not least and _is_picture_alone(item, spot)) or (spot is item.hero and spot.part is Part.TEXT):
        return _crop(box_of(spot))
    if card := _as_card(item, spot):
        return _crop(card)
    if line is None and (paragraph := _on_card(item, spot)):
        return _crop(paragraph)
    size = canvas.width, canvas.height
    captioned = canvas.captions
    area = (
        staging.split(*size, 1, bleeds=False, captioned=captioned).picture
        if line
        else staging.framed_area(*size, captioned=captioned)
    )
    room = area.width / area.height
    clean = item.look.clean
    smallest = min(_LEAST_FILLED * area.width / (MOST_ENLARGED * item.media.width * (clean[2] - clean[0])), 1)
    smallest = max(smallest, least)
    own_box = box_of(spot)
    hidden = [*(_said_by(item, line) if line else ()), *_notices(item)]
    unwanted = [box for box in hidden if not meets(box, own_box)]
    scenery = replace(scenery_of(item), unwanted=[_inside(box, clean) for box in unwanted])
    target = _inside(own_box, clean)
    own = spot.width / spot.height * _shape(item)
    # A picture, or a heading with what belongs to it, is shown in about its own shape.
    has_shape = spot.part in {Part.PICTURE, Part.FEATURE, Part.TEXT}
    first = min(max(own, room / _MISSHAPEN), room * _MISSHAPEN) if has_shape else room
    others = {room, *_OTHER_SHAPES, min(max(own, _PANELS[0]), _PANELS[1]) if has_shape else room}
    shapes = (first, *sorted(others, key=lambda shape: abs(math.log(shape / room))))
    if line is None and not item.look.ground:
        # A plain ground goes on to the edges of the canvas.
        large = [shape for shape in shapes if staging.shown_share(*size, shape) >= ENOUGH_SHOWN]
        shapes = tuple(large or shapes)
    found = framing.frame(Wanted(target, shapes, smallest), scenery)
    if found is None:
        grown = framing.grown(target, scenery.lines)
        found = target if any(meets(grown, box) for box in scenery.unwanted) else grown
    return _crop(part_of(clean, found))


def _notices(item: Item) -> Sequence[Box]:
    """What lies over a screenshot. The forms and footers of a page belong to it."""
    return () if item.page else item.look.asides


def _said_by(item: Item, line: Line) -> list[Box]:
    """Headlines of a page, or lines of a screenshot, that say what a text says."""
    text = line.text.split("\n")[0]
    said = letters_of(text)
    headlines = [(box_of(spot), letters_of(spot.text)) for spot in spots_of(item, Part.HEADLINE)]
    known = [box for box, words in headlines if said and words and (said in words or words in said)]
    seen = [
        box
        for box in [*(box for box, _ in headlines), *(one.box for one in item.look.written)]
        if spells([one for one in item.look.written if framing.holds(box, one.box)], text)
    ]
    return [*known, *seen]


def says(item: Item, spot: Spot, line: Line) -> bool:
    """Whether a spot of a page or a screenshot says what a text says."""
    return any(meets(box_of(spot), box) for box in _said_by(item, line))


def _unsaid(item: Item, line: Line, canvas: Canvas) -> Box | None:
    """What is shown of a screenshot beside a text that it says itself: a large part that does not say it."""
    said = _said_by(item, line)
    if not said:
        return None
    unsaid = [one for one in item.look.lines if not any(meets(one, box) for box in said)]
    spots = [*item.spots, *blocks(unsaid, _shape(item))]
    spots = [spot for spot in spots if not any(meets(box_of(spot), box) for box in said)]
    is_page = item.nature is Nature.PAGE
    spots = sorted(spots, key=lambda spot: spot.y if is_page else -spot.width * spot.height)[:_MOST_TRIED]
    for least in _LARGE_PARTS:
        views = [_box_of(crop_of(item, spot, canvas, line, least=least)) for spot in spots]
        fitting = [
            view
            for view in views
            if view[2] - view[0] >= least
            and not any(meets(view, box) for box in said)
            and not _cuts_things(item, view)
        ]
        if fitting:
            return max(fitting, key=area_of)
    return None


def _as_card(item: Item, spot: Spot) -> Box | None:
    """A card of a screenshot that is large enough to be shown by itself, with what is free around it."""
    box = box_of(spot)
    is_card = any(framing.holds(box, card) and framing.holds(card, box) for card in item.look.shapes.cards)
    if not is_card or not _is_large(item, spot):
        return None
    others = [card for card in item.look.shapes.cards if not framing.holds(box, card)]
    across, down = _AROUND_CARD, _AROUND_CARD * _shape(item)
    around = box[0] - across, box[1] - down, box[2] + across, box[3] + down
    is_free = min(around) >= 0 and max(around) <= 1 and not any(meets(around, card) for card in others)
    return around if is_free else box


def _is_large(item: Item, spot: Spot) -> bool:
    shape = spot.width * item.media.width / max(spot.height * item.media.height, 1)
    return spot.width * item.media.width >= _ALONE_LEAST and _ALONE_SHAPES[0] <= shape <= _ALONE_SHAPES[1]


def _is_picture_alone(item: Item, spot: Spot) -> bool:
    """Whether a spot is a picture without text, which is large enough to be shown by itself."""
    is_picture = spot.part in {Part.PICTURE, Part.FEATURE} and is_alone(spot, item.look.lines)
    return is_picture and _is_large(item, spot)


def ending(item: Item, spot: Spot | None, canvas: Canvas, *, has_button: bool) -> Shot:
    """How the last card shows a medium: small, above the words; or its button, where the words have none."""
    button = item.look.button
    if button is not None and not has_button:
        update = _plain(item, button.box, button.ground)
        return Shot(fit=Fit.CONTAIN, move=Move.ZOOM_IN, layout=Layout.BUTTON).model_copy(update=update)
    crop = None
    if spot is not None:
        crop = _crop(box_of(spot))
    elif item.nature is Nature.PRODUCT:
        crop = _crop(_around_product(item))
    elif item.nature is Nature.PAGE:
        crop = _fold(item, canvas)
    return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, move=Move.ZOOM_IN, layout=Layout.CARD, crop=crop)


def _fold(item: Item, canvas: Canvas) -> Crop:
    """What is seen of a page before it is scrolled, down to a place between two lines."""
    size = canvas.width, canvas.height
    area = staging.split(*size, 1, bleeds=False, captioned=canvas.captions).picture
    clean = item.look.clean
    shape = _shape(item) / (clean[3] - clean[1])
    room = area.width / max(area.height - staging.BAR * min(size), 1)
    least, most = (min(shape / wished, 1) for wished in (_FOLD_SHAPES[1], _FOLD_SHAPES[0]))
    # Below what is still to be written, there is nothing yet.
    written = min((line[1] for line in (item.page.unwritten if item.page else ())), default=1.0) - _ABOVE
    if written > least:
        most = min(most, written)
    wished = min(max(shape / room, least), most)
    high = framing.clean_height(least, wished, most, scenery_of(item).whole)
    return _crop(part_of(clean, (0, 0, 1, high)))


def shows_the_same(item: Item, one: Spot, other: Spot, canvas: Canvas) -> bool:
    """Whether close-ups of two spots would hardly differ."""
    if item.nature not in {Nature.PAGE, Nature.SCREEN}:
        return one == other
    first, second = (crop_of(item, spot, canvas) for spot in (one, other))
    wide = min(first.left + first.width, second.left + second.width) - max(first.left, second.left)
    high = min(first.top + first.height, second.top + second.height) - max(first.top, second.top)
    least = min(first.width * first.height, second.width * second.height)
    return max(wide, 0) * max(high, 0) > _SAME * least


def _clean(item: Item) -> Crop:
    return _crop(item.look.clean)


def _inside(box: Box, clean: Box) -> Box:
    """A box in shares of the clean part."""
    wide, high = clean[2] - clean[0], clean[3] - clean[1]
    edges = (
        (box[0] - clean[0]) / wide,
        (box[1] - clean[1]) / high,
        (box[2] - clean[0]) / wide,
        (box[3] - clean[1]) / high,
    )
    left, top, right, bottom = (min(max(edge, 0), 1) for edge in edges)
    return left, top, right, bottom


def _box_of(crop: Crop) -> Box:
    return crop.left, crop.top, crop.left + crop.width, crop.top + crop.height


def _crop(box: Box) -> Crop:
    left, top = (math.floor(1e5 * edge) / 1e5 for edge in box[:2])
    right, bottom = (math.ceil(1e5 * edge) / 1e5 for edge in box[2:])
    return Crop(
        left=left, top=top, width=min(round(right - left, 5), 1), height=min(round(bottom - top, 5), 1)
    )


def _share(value: float) -> float:
    return round(min(max(value, 0), 1), 5)


def _tour(item: Item, length: int, canvas: Canvas) -> Iterator[Framing]:
    """Down the page, with a rest at its top and where it shows what matters, cutting nothing there."""
    size = canvas.width, canvas.height
    place = staging.window(*size, _shape(item), captioned=canvas.captions)
    wide, high = size if _fills_upright(item, canvas) else (place.width, place.height)
    view = min(_shape(item) * high / wide, 1)
    within = view * (1 + _FASTEST_SCROLL * length / 1000)
    things = [*_pictures_of(item), *item.look.shapes.things]
    lines = item.look.lines
    # What is higher than the window is always cut.
    fixed = [*lines, *(box for box in things if box[3] - box[1] < view)]

    def clean(wished: float) -> float | None:
        found = framing.clean_rows(wished, view, fixed, view / 2)
        return found if found is not None else framing.clean_rows(wished, view, lines, view / 2)

    unwritten = item.page.unwritten if item.page else ()
    tops: list[float] = []
    for spot in sorted(spots_of(item, *Part), key=lambda spot: spot.y):
        top = clean(min(max(spot.centre[1] - view / 2, 0), 1 - view))
        if top is None or not view / 2 < top <= within - view or _shows_aside(item, top, view):
            continue
        if any(top < line[3] and line[1] < top + view for line in unwritten):
            continue
        if all(abs(top - other) > 0.8 * view for other in tops):
            tops.append(top)
    most = max(1, math.floor(length / _STOP_MS))
    if len(tops) > most:
        tops = [tops[round(index * (len(tops) - 1) / max(most - 1, 1))] for index in range(most)]
    if not tops:
        furthest = min(within, 1) - view
        tops = [found if (found := clean(furthest)) is not None else furthest]
    yield Framing(x=0.5, y=_share((clean(0) or 0) + view / 2), zoom=1, rest=round(0.8 * _REST_MS))
    for top in dict.fromkeys(tops):
        yield Framing(x=0.5, y=_share(top + view / 2), zoom=1, rest=_REST_MS)


def _shows_aside(item: Item, top: float, view: float) -> bool:
    """Whether much of a window is a form or a footer."""
    shown = (min(box[3], top + view) - max(box[1], top) for box in item.look.asides)
    return any(high > _MOST_ASIDE * view for high in shown)
