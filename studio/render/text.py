# ruff: noqa: RUF001 - Chinese punctuation
"""Text: fitted into its box, drawn once, blended over every frame it is shown on."""

import functools
import math
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from studio.draft import Caption, CaptionSegment, Role
from studio.render.planes import Mask, Planes, colour_of
from studio.render.camera import ease

FADE_S = 0.45
RISE = 0.022
"""How far a text rises while it appears, as a share of the canvas' shorter side."""
_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_SYSTEM_CJK = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc"),
)
_CJK_RANGES = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_CJK = re.compile(rf"[{_CJK_RANGES}]")
# Lines are broken between these; a word longer than any language's is broken too.
_UNITS = re.compile(rf"[{_CJK_RANGES}]|[^\s{_CJK_RANGES}]{{1,24}}|\s+")
_NO_LINE_STARTS = "，。！？、；：）》」』”’"
# Neither font has pictograms; a box in their place would look like a fault.
_PICTOGRAMS = re.compile(r"[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
_LEADING = 1.22
_TINIEST = 8


@dataclass(frozen=True)
class Setting:
    """How a role is set: sizes and positions as shares of the canvas."""

    size: float
    weight: int
    lines: int
    width: float
    centre: float
    """Of the text block's middle, from the top."""


_SETTINGS = {
    Role.TITLE: Setting(size=0.1, weight=800, lines=4, width=0.82, centre=0.5),
    Role.BODY: Setting(size=0.056, weight=500, lines=8, width=0.74, centre=0.5),
    Role.LOWER_THIRD: Setting(size=0.046, weight=600, lines=3, width=0.7, centre=0.8),
    Role.CAPTION: Setting(size=0.046, weight=600, lines=3, width=0.7, centre=0.8),
    Role.CALL_TO_ACTION: Setting(size=0.046, weight=600, lines=3, width=0.7, centre=0.8),
    Role.CLOSING: Setting(size=0.072, weight=700, lines=3, width=0.82, centre=0.5),
}


@dataclass(frozen=True)
class Layer:
    """A flat colour behind a mask (0 to 1, any size) at a position; `moves` when it rises with the text."""

    x: int
    y: int
    mask: Mask
    colour: tuple[int, int, int]
    moves: bool = False


@dataclass(frozen=True)
class Block:
    """A text broken into lines at a size that fits."""

    lines: tuple[str, ...]
    font: ImageFont.FreeTypeFont
    width: int
    height: int
    leading: int


class Title:
    """A caption, ready to be blended over frames of one size."""

    def __init__(
        self,
        segment: CaptionSegment,
        width: int,
        height: int,
        *,
        stays: bool = False,
        over_page: bool = False,
    ) -> None:
        caption = segment.meta
        self._seconds = math.inf if stays else segment.duration / 1000
        self._softens = caption.scrim and caption.role is not Role.LOWER_THIRD
        self._layers = tuple(_layers(caption, width, height))
        self._rise = RISE * min(width, height)

    def appearance(self, moment: float) -> tuple[float, float]:
        seconds = self._seconds
        fade = min(FADE_S, seconds / 4)
        entering = ease(moment / fade) if moment < fade else 1.0
        opacity = entering * ease((seconds - moment) / fade)
        return opacity, self._rise * (1 - entering)

    def draw(self, target: Planes, opacity: float, lowered: float) -> None:
        if opacity <= 0:
            return
        if self._softens:
            _soften(target, opacity)
        for layer in self._layers:
            _blend(target, layer, opacity, lowered if layer.moves else 0)


def layout(text: str, setting: Setting, scale: float, width: int, height: int) -> Block:
    """Break and, where it must be, shrink a text until it fits its box whole."""
    clean = _PICTOGRAMS.sub("", text)
    clean = "\n".join(" ".join(line.split()) for line in clean.splitlines() if line.strip()) or " "
    room = round(setting.width * width), round(0.8 * height)
    size = round(setting.size * scale * min(width, height))
    # Below the size of a footnote a text gets more lines instead.
    smallest = round(0.026 * min(width, height))
    while True:
        font = _font(size, setting.weight, cjk=_CJK.search(clean) is not None)
        leading = round(_LEADING * size)
        lines = _broken(clean, font, room[0])
        fits = len(lines) <= (setting.lines if size > smallest else 1000) and leading * len(lines) <= room[1]
        if (fits and max(font.getlength(line) for line in lines) <= room[0]) or size <= _TINIEST:
            break
        size = max(round(size * 0.93), min(size - 1, smallest), _TINIEST)
    lines = _balanced(clean, font, room[0], lines)
    widest = round(max(font.getlength(line) for line in lines))
    return Block(tuple(lines), font, widest, leading * len(lines), leading)


def _broken(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Greedy line breaking: at spaces, and between Chinese or Japanese characters."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for unit in _UNITS.findall(paragraph):
            if line and font.getlength((line + unit).rstrip()) > width and unit not in _NO_LINE_STARTS:
                lines.append(line.rstrip())
                line = ""
            line += unit if line or not unit.isspace() else ""
        lines.append(line.rstrip())
    return lines


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: int, lines: list[str]) -> list[str]:
    """The same number of lines, made as even as they can be."""
    narrow, wide = width // 4, width
    for _ in range(10):
        middle = (narrow + wide) // 2
        tried = _broken(text, font, middle)
        if len(tried) == len(lines) and max(font.getlength(line) for line in tried) <= width:
            wide, lines = middle, tried
        else:
            narrow = middle
    return lines


@functools.lru_cache(maxsize=32)
def _font(size: int, weight: int, *, cjk: bool) -> ImageFont.FreeTypeFont:
    if cjk:
        system = next((path for path in _SYSTEM_CJK if path.exists()), None)
        # Index 2 of the collection holds the simplified Chinese forms.
        return (
            ImageFont.truetype(system, size, index=2)
            if system
            else ImageFont.truetype(_FONTS / "NotoSansSC-Bold-subset.otf", size)
        )
    font = ImageFont.truetype(_FONTS / "Inter.ttf", size)
    optical_size = min(max(size, 14), 32)
    font.set_variation_by_axes([optical_size, weight])
    return font


def _layers(caption: Caption, width: int, height: int) -> list[Layer]:
    setting = _SETTINGS[caption.role]
    block = layout(caption.text, setting, caption.size, width, height)
    pad = block.leading // 2
    left_aligned = caption.role is Role.LOWER_THIRD
    middle = setting.centre if width >= height or not left_aligned else 0.74
    top = round(middle * height - block.height / 2)
    top = min(max(top, round(0.06 * height)), round(0.94 * height) - block.height)
    left = round(0.07 * width) + pad if left_aligned else (width - block.width) // 2
    text = _even_layer(
        left - pad, top - pad, _text_mask(block, pad, left_aligned=left_aligned), caption.colour
    )
    layers = [text]
    if caption.role is Role.LOWER_THIRD:
        box = np.full((block.height + pad, block.width + 2 * pad), 1, np.float32)
        bar = np.full((block.height + pad, max(round(0.006 * width), 4)), 1, np.float32)
        layers = [
            _even_layer(left - pad, top - pad // 2, box * 0.72, "#0b0d12", moves=False),
            _even_layer(left - pad, top - pad // 2, bar, "#ffd84d", moves=False),
            text,
        ]
    elif caption.scrim:
        layers = [_scrim(width, height, middle), text]
    if caption.role is Role.CLOSING:
        rule = np.full((max(round(0.006 * height), 4), round(0.12 * min(width, height))), 1, np.float32)
        below = top + block.height + pad // 2
        layers.append(_even_layer((width - rule.shape[1]) // 2, below, rule, "#ffd84d", moves=False))
    return layers


def _text_mask(block: Block, pad: int, *, left_aligned: bool) -> Mask:
    mask = Image.new("L", (block.width + 2 * pad, block.height + 2 * pad), 0)
    pencil = ImageDraw.Draw(mask)
    anchor, x = ("lm", pad) if left_aligned else ("mm", pad + block.width / 2)
    for index, line in enumerate(block.lines):
        pencil.text((x, pad + (index + 0.5) * block.leading), line, fill=255, font=block.font, anchor=anchor)
    return np.asarray(mask, np.float32) / np.float32(255)


def _scrim(width: int, height: int, middle: float) -> Layer:
    """Darkens the whole frame, most where the text stands: white on white stays readable."""
    distance = (np.linspace(0, 1, height, dtype=np.float32) - middle) / 0.3
    column = 0.38 + 0.26 * np.exp(-(distance**2))
    return _even_layer(0, 0, np.repeat(column[:, None], width, axis=1), "#05070c", moves=False)


def _even_layer(x: int, y: int, mask: Mask, colour: str, *, moves: bool = True) -> Layer:
    """Grown to even edges, as half-size chroma wants it."""
    left, top = x % 2, y % 2
    right, bottom = (left + mask.shape[1]) % 2, (top + mask.shape[0]) % 2
    grown = np.pad(mask, ((top, bottom), (left, right)))
    return Layer(x - left, y - top, grown, colour_of(colour), moves)


def _blend(target: Planes, layer: Layer, opacity: float, lowered: float) -> None:
    mask = layer.mask
    if lowered:
        shift = np.array([[1, 0, 0], [0, 1, lowered]], np.float64)
        mask = np.asarray(cv2.warpAffine(mask, shift, (mask.shape[1], mask.shape[0])), np.float32)
    # The part of the layer that lies on the canvas.
    x, y = max(layer.x, 0), max(layer.y, 0)
    right = min(layer.x + mask.shape[1], target.width)
    bottom = min(layer.y + mask.shape[0], target.height)
    if right <= x or bottom <= y:
        return
    mask = mask[y - layer.y : bottom - layer.y, x - layer.x : right - layer.x]
    window = target.window(x, y, right - x, bottom - y)
    full = np.ascontiguousarray(mask) * np.float32(opacity)
    half = cv2.resize(full, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    for plane, weight, value in zip(window.all, (full, half, half), layer.colour, strict=True):
        flat = np.full(plane.shape, value, np.uint8)
        np.copyto(plane, cv2.blendLinear(flat, plane, weight, 1 - weight))


def _soften(target: Planes, share: float) -> None:
    """Blur what lies behind a text, so that text in the picture does not compete with it."""
    for plane in target.all:
        height, width = plane.shape
        small = cv2.resize(plane, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        soft = cv2.resize(cv2.GaussianBlur(small, (0, 0), 2), (width, height), interpolation=cv2.INTER_LINEAR)
        np.copyto(plane, cv2.addWeighted(plane, 1 - share, soft, share, 0))
