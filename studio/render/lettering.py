"""Lettering: what a caption of a role looks like, and where it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from studio.draft import Caption, Font, Place, Role
from studio.render import typeface
from studio.render.contrast import READABLE, contrast, ground_for
from studio.render.layout import BASELINE, Style, fit
from studio.render.planes import Mask, Rgb, even, rgb_of
from studio.render.typeface import Line
from studio.staging import Area, card_words, safe_area

_INK, _PAPER = "#0b0d12", "#ffffff"
_BOX_OPACITY = 0.74
_SHADOW_OPACITY = 0.5
_SMALLEST = 0.022
"""Of the canvas' shorter side: below it a text gets more lines, and at last loses its end."""


_BUTTON_SIDE = 0.85
"""What a button leaves free on either side of its words, as a share of the size of their letters."""
_STACK_GAP, _LEAST_FACTOR, _SMALLEST_SIZE = 0.05, 0.4, 0.25


@dataclass(frozen=True)
class Setting:
    """How a role is set: sizes are shares of the canvas' shorter side, the width one of the safe area."""

    size: float
    weight: int
    lines: int
    width: float
    place: Place
    below: float = 1
    """The size of the lines after the first line break."""
    boxed: bool = False
    ruled: bool = False
    """Whether a rule divides it from the lines below."""
    gap: float = 0.012
    """Between the first line and those below it."""
    font: Font = Font.INTER


_SETTINGS = {
    Role.TITLE: Setting(0.1, 800, 4, 0.94, Place.MIDDLE, below=0.44),
    Role.BODY: Setting(0.06, 600, 8, 0.86, Place.MIDDLE, below=0.5, gap=0.03),
    Role.LOWER_THIRD: Setting(0.05, 700, 3, 0.8, Place.BOTTOM, below=0.7, boxed=True),
    Role.CAPTION: Setting(0.044, 600, 2, 0.9, Place.BOTTOM, boxed=True),
    Role.CALL_TO_ACTION: Setting(0.052, 700, 2, 0.8, Place.BOTTOM, below=0.62, boxed=True),
    Role.CLOSING: Setting(0.09, 800, 4, 0.94, Place.MIDDLE, below=0.5, ruled=True),
}


# Beside a picture: sizes as above, the width one of the text's own area.
_BESIDE = {
    Role.TITLE: Setting(0.086, 800, 6, 1, Place.MIDDLE, below=0.46, gap=0.03),
    Role.BODY: Setting(0.08, 700, 7, 1, Place.MIDDLE, below=0.52, gap=0.026),
    Role.LOWER_THIRD: Setting(0.08, 700, 7, 1, Place.MIDDLE, below=0.6, gap=0.026),
    Role.CAPTION: Setting(0.044, 600, 8, 1, Place.BOTTOM),
    Role.CALL_TO_ACTION: Setting(0.048, 700, 2, 1, Place.BOTTOM, below=0.62, boxed=True),
    Role.CLOSING: Setting(0.086, 800, 6, 1, Place.MIDDLE, below=0.5, gap=0.03),
}


@dataclass(frozen=True)
class Lettering:
    """Colours behind a mask (0 to 1), of an even size, at an even position on the canvas."""

    x: int
    y: int
    colours: Rgb
    mask: Mask
    span: tuple[int, int] = (0, 0)
    """Where on the canvas its box begins and ends, from the top."""


@dataclass(frozen=True)
class _Block:
    head: Sequence[Line]
    below: Sequence[Line]
    gap: float
    """Between the two."""

    @property
    def width(self) -> float:
        return max(line.width for line in (*self.head, *self.below))

    @property
    def height(self) -> float:
        return sum(line.height for line in (*self.head, *self.below)) + self.gap


def is_boxed(role: Role) -> bool:
    """Whether a text of the role brings its own ground."""
    return _SETTINGS[role].boxed


def letter(
    caption: Caption,
    width: int,
    height: int,
    beside: Area | None = None,
    *,
    captioned: bool = False,
    font: Font = Font.INTER,
) -> Lettering | None:
    """Set a caption; `None` where nothing of its text can be seen.

    Args:
        caption: What is set.
        width: The canvas' width.
        height: Its height.
        beside: The text's own area, where it stands beside a picture rather than over it.
        captioned: Whether the lower edge belongs to captions: to this one, or to others.
        font: What it is set in.

    Raises:
        UnusableDraftError: the text has letters that no font here has.
    """
    text = typeface.clean(caption.text)
    if not text:
        return None
    if captioned and caption.role is Role.CAPTION:
        beside, captioned = None, False
    aside = beside is not None and not beside.is_centred
    setting = (_BESIDE if aside else _SETTINGS)[caption.role]
    area, unit = beside or safe_area(width, height, captioned=captioned), min(width, height)
    # Below a picture, which stands in the middle, a text does so, too.
    is_below = aside and beside is not None and beside.width > beside.height
    left_aligned = not is_below and (aside or caption.role is Role.LOWER_THIRD)
    pad = round(0.028 * unit) if setting.boxed else 0
    is_button = setting.boxed and caption.role is Role.CALL_TO_ACTION
    side = round(_BUTTON_SIDE * setting.size * caption.size * unit) if is_button else pad
    bar = max(round(0.008 * unit), 2) if setting.boxed and caption.role is Role.LOWER_THIRD else 0
    room = setting.width * area.width - 2 * side - bar, float(area.height - 2 * pad)
    block = _block(text, caption.size, replace(setting, font=font), room, unit)
    box_width, box_height = round(block.width) + 2 * side + bar, round(block.height + 1.3 * pad)
    x = area.left if left_aligned else (width - box_width) // 2
    # Below a picture, a text begins where the picture ends.
    own = Place.TOP if is_below and setting.place is Place.MIDDLE else setting.place
    y = _top(caption.place or own, area, box_height)

    # Room for shadows; grown to even edges.
    margin = round(0.04 * unit)
    sheet_x, sheet_y = even(x - margin), even(y - margin)
    left, top = x - sheet_x, y - sheet_y
    sheet = _Sheet(even(box_width + left + margin) + 2, even(box_height + top + margin) + 2)
    box = left, top, left + box_width, top + box_height
    ink = _draw_ground(sheet, caption, box, bar, pad) if setting.boxed else caption.colour
    start = left + bar + side if left_aligned else left + (box_width - block.width) / 2
    letters, mask = _draw_letters(block, ink, sheet.size, (start, top + 0.65 * pad), centred=not left_aligned)
    if caption.scrim and not setting.boxed:
        ground = _INK if ground_for(caption.colour)[0] else _PAPER
        sheet.paint(ground, _SHADOW_OPACITY * _array(mask.filter(ImageFilter.GaussianBlur(0.014 * unit))))
    sheet.paint(np.asarray(letters), _array(mask))
    if setting.ruled and block.below:
        level = top + sum(line.height for line in block.head) + block.gap / 2
        middle, half, thick = left + box_width / 2, 0.06 * unit, max(0.003 * unit, 1)
        sheet.paint(
            caption.accent, sheet.rectangle((middle - half, level - thick, middle + half, level + thick), 0)
        )
    return Lettering(sheet_x, sheet_y, *sheet.taken(ink), (y, y + box_height))


def stack(
    captions: Sequence[Caption],
    width: int,
    height: int,
    beside: Area | None = None,
    *,
    captioned: bool = False,
    font: Font = Font.INTER,
) -> list[Lettering | None]:
    """Set captions as one block, one below the other, in the middle of their area.

    They get smaller where they have no room. Arguments are those of `letter`.

    Raises:
        UnusableDraftError: a text has letters that no font here has.
    """
    area = beside or safe_area(width, height, captioned=captioned)
    room = card_words(width, height, captioned=captioned) if area.is_centred else area
    gap, factor = round(_STACK_GAP * min(width, height)), 1.0
    while True:
        found = [
            letter(
                _at_top(caption, factor),
                width,
                height,
                room if beside else None,
                captioned=captioned,
                font=font,
            )
            for caption in captions
        ]
        heights = [one.span[1] - one.span[0] for one in found if one]
        total = sum(heights) + gap * (len(heights) - 1)
        if total <= room.height or factor < _LEAST_FACTOR:
            break
        factor *= 0.93
    top = area.top + (area.height - total) // 2
    placed: list[Lettering | None] = []
    for one in found:
        if one is None:
            placed.append(None)
            continue
        moved = even(top - one.span[0])
        span = one.span[0] + moved, one.span[1] + moved
        placed.append(replace(one, y=one.y + moved, span=span))
        top = span[1] + gap
    return placed


def _at_top(caption: Caption, factor: float) -> Caption:
    size = max(caption.size * factor, _SMALLEST_SIZE)
    return caption.model_copy(update={"place": Place.TOP, "size": size})


def _block(text: str, scale: float, setting: Setting, room: tuple[float, float], unit: int) -> _Block:
    smallest = _SMALLEST * unit
    size = setting.size * scale * unit
    first, _, rest = text.partition("\n") if setting.below != 1 else (text, "", "")
    gap = (0.09 if setting.ruled else setting.gap) * unit if rest else 0.0
    share = 0.62 if rest else 1.0
    head = fit(
        first,
        Style(size, setting.weight, setting.lines, smallest, setting.font),
        room[0],
        share * (room[1] - gap),
    )
    below: Sequence[Line] = ()
    if rest:
        taken = sum(line.height for line in head) + gap
        style = Style(setting.below * min(size, 1.3 * head[0].size), 500, 4, smallest, setting.font)
        below = fit(rest, style, room[0], room[1] - taken)
    return _Block(head, below, gap)


def _top(place: Place, area: Area, high: int) -> int:
    match place:
        case Place.TOP:
            return area.top
        case Place.MIDDLE:
            return area.top + (area.height - high) // 2
        case Place.BOTTOM:
            return area.bottom - high


def _draw_letters(
    block: _Block, ink: str, size: tuple[int, int], corner: tuple[float, float], *, centred: bool
) -> tuple[Image.Image, Image.Image]:
    """Colours and mask; the block's upper left corner is given."""
    left, y = corner
    letters, mask = Image.new("RGB", size, ink), Image.new("L", size, 0)
    for line in (*block.head, *block.below):
        if block.below and line is block.below[0]:
            y += block.gap
        x = left + (block.width - line.width) / 2 if centred else left
        typeface.draw(line, letters, mask, x, y + line.height / 2 + BASELINE * line.size)
        y += line.height
    return letters, mask


def _draw_ground(
    sheet: "_Sheet", caption: Caption, box: tuple[int, int, int, int], bar: int, pad: int
) -> str:
    """The box, or the button, that a text brings with it; the colour in which it is read there."""
    if caption.role is Role.CALL_TO_ACTION:
        shadow = sheet.rectangle(box, (box[3] - box[1]) / 2)
        sheet.paint(_INK, 0.35 * _blurred(shadow, pad / 2))
        sheet.paint(caption.accent, shadow)
        accent = rgb_of(caption.accent)
        if contrast(rgb_of(caption.colour), accent) >= READABLE:
            return caption.colour
        return max(_INK, _PAPER, key=lambda ink: contrast(rgb_of(ink), accent))
    wants_dark, limit = ground_for(caption.colour)
    # Dense enough for the worst picture behind it: white for a dark box, black for a light one.
    behind = 1 - limit if wants_dark else limit
    opacity = min(max(_BOX_OPACITY, behind / 0.95), 1.0)
    sheet.paint(_INK if wants_dark else _PAPER, opacity * sheet.rectangle(box, pad * 0.4))
    if bar:
        sheet.paint(caption.accent, sheet.rectangle((box[0], box[1], box[0] + bar, box[3]), 0))
    return caption.colour


class _Sheet:
    """Colours over nothing, painted one over another."""

    def __init__(self, width: int, height: int) -> None:
        self.size = width, height
        self._colours = np.zeros((height, width, 3), np.float32)
        self._mask = np.zeros((height, width), np.float32)

    def rectangle(self, box: tuple[float, float, float, float], radius: float) -> Mask:
        """A mask with smooth edges."""
        times = 4
        left, top, right, bottom = (round(times * edge) for edge in box)
        large = Image.new("L", (times * self.size[0], times * self.size[1]), 0)
        ImageDraw.Draw(large).rounded_rectangle((left, top, right - 1, bottom - 1), times * radius, fill=255)
        return _array(large.reduce(times))

    def paint(self, colours: str | Rgb, mask: Mask) -> None:
        flat = np.array(rgb_of(colours), np.float32) if isinstance(colours, str) else colours
        self._colours += (flat - self._colours) * mask[..., None]
        self._mask += (1 - self._mask) * mask

    def taken(self, fill: str) -> tuple[Rgb, Mask]:
        """Colours and mask. Where the mask is empty the colour is `fill`: chroma is shared by neighbours."""
        solid = np.maximum(self._mask, 1e-6)[..., None]
        colours = np.where(self._mask[..., None] > 0, self._colours / solid, np.array(rgb_of(fill)))
        return np.clip(np.rint(colours), 0, 255).astype(np.uint8), self._mask


def _array(mask: Image.Image) -> Mask:
    return np.asarray(mask, np.float32) / np.float32(255)


def _blurred(mask: Mask, radius: float) -> Mask:
    picture = Image.fromarray(np.rint(255 * mask).astype(np.uint8))
    return _array(picture.filter(ImageFilter.GaussianBlur(radius)))
