# ruff: noqa: RUF001 - Chinese punctuation
"""Operations that add to a draft what an instruction asks for besides the story."""

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.director.captions import AddCaptions
from studio.director.colours import Colours, accent_on, palette, rgb_of, stands_out
from studio.director.features import Feature, Kind
from studio.director.fonts import SetFont
from studio.director.not_done import has, lines_of, name_of, number_in
from studio.director.operation import NotPossibleError, Operation, Said
from studio.director.text_operations import WriteText
from studio.director.timeline import in_order, is_card, shows_colours
from studio.draft import (
    HIGHEST_FPS,
    LONGEST_CODE,
    LONGEST_SIDE,
    LOWEST_FPS,
    Draft,
    Fit,
    Layout,
    Move,
    Role,
    Shot,
    ShotSegment,
    Transition,
    VideoTrack,
)

CODE_MS = 2600

_MOST_OF_A_SHOT = 0.5
_CROSSFADE_MS = 450
_MOST_PIXELS = 60 * 30 * 3840 * 2160
"""Of all frames: a minute of 4K takes two cores about ten minutes."""
_TAGS = "@#"
_SMALL, _SMALLER, _SHORT = 0.8, 0.62, 14
_ROOMY, _TALL = 1.25, 0.65
_DARK_LIGHTNESS = 0.07


@dataclass(frozen=True)
class AddToEndCard:
    """A line below the last words: a price, a handle, a hashtag."""

    line: str

    def apply(self, draft: Draft) -> Said:
        closing = next((text.meta for text in draft.captions if text.meta.role is Role.CLOSING), None)
        said = Said(f"“{self.line}” was added at the end", f"片尾已添加“{self.line}”")
        if closing is None:
            WriteText(Role.CLOSING, self.line).apply(draft)
            return said
        first, *below = closing.text.split("\n")
        # Handles and hashtags share a line, or the card would be full of them.
        is_tag = self.line[0] in _TAGS
        if is_tag and below and below[-1].split()[-1][0] in _TAGS:
            below[-1] = f"{below[-1]} {self.line}"
        else:
            below.append(self.line)
        WriteText(Role.CLOSING, "\n".join([first, *below])).apply(draft)
        _make_room(draft)
        return said


@dataclass(frozen=True)
class SetFrameRate:
    fps: int

    def apply(self, draft: Draft) -> Said:
        if not LOWEST_FPS <= self.fps <= HIGHEST_FPS:
            raise NotPossibleError(
                f"{self.fps} frames per second ({LOWEST_FPS} to {HIGHEST_FPS} are possible)",
                f"每秒 {self.fps} 帧（可选 {LOWEST_FPS} 到 {HIGHEST_FPS}）",
            )
        _set_canvas(draft, fps=self.fps)
        return Said(f"the video has {self.fps} frames per second", f"视频为每秒 {self.fps} 帧")


@dataclass(frozen=True)
class SetResolution:
    """How fine the picture is, as `Canvas.lines` counts."""

    lines: int

    def apply(self, draft: Draft) -> Said:
        canvas = draft.canvas
        scale = self.lines / canvas.lines
        width, height = (round(side * scale / 2) * 2 for side in (canvas.width, canvas.height))
        if max(width, height) > LONGEST_SIDE:
            raise NotPossibleError(
                f"{self.lines} lines (a side has at most {LONGEST_SIDE} pixels)",
                f"{self.lines} 线分辨率（边长最多 {LONGEST_SIDE} 像素）",
            )
        _set_canvas(draft, width=width, height=height)
        return Said(f"the video has {width} x {height} pixels", f"视频为 {width} x {height} 像素")


@dataclass(frozen=True)
class UseBrandColour:
    """For buttons, rules and bars, and for the cards where it can be seen."""

    colour: str

    def apply(self, draft: Draft) -> Said:
        ground = _ground_for(self.colour)
        for shot in draft.shots:
            if shows_colours(shot):
                shot.meta.colours = ground
        for text in draft.captions:
            text.meta.accent = accent_on(ground, self.colour)
        return Said(f"the brand color is now {self.colour}", f"品牌颜色为 {self.colour}")


@dataclass(frozen=True)
class AddCode:
    """A QR code on the last card; a card of its own where the video does not end with one."""

    address: str

    def apply(self, draft: Draft) -> Said:
        if not self.address:
            raise NotPossibleError("a QR code (it needs an address)", "二维码（需要网址）")
        if len(self.address) > LONGEST_CODE:
            raise NotPossibleError("a QR code (its address is too long)", "二维码（网址过长）")
        last = in_order(draft)[-1]
        if not is_card(last):
            last = self._new_card(draft, last)
        if not any(last.start <= text.start < last.end for text in draft.captions):
            closing = [text for text in draft.captions if text.meta.role is Role.CLOSING]
            if closing:
                closing[0].start, closing[0].duration = last.start, last.duration
            else:
                WriteText(Role.CLOSING, _shown(self.address)).apply(draft)
        last.meta.src = last.meta.crop = None
        last.meta.code, last.meta.layout, last.meta.fit = self.address, Layout.SPLIT, Fit.CONTAIN
        last.meta.move, last.meta.path = Move.STILL, []
        _make_room(draft)
        return Said("a QR code was added at the end", "片尾已添加二维码")

    @staticmethod
    def _new_card(draft: Draft, last: ShotSegment) -> ShotSegment:
        """Take the end of the last shot for a card."""
        length = min(CODE_MS, round(last.duration * _MOST_OF_A_SHOT))
        last.duration -= length
        for text in draft.captions:
            if text.start < last.end < text.end:
                text.duration = last.end - text.start
        card = ShotSegment(
            start=last.end,
            duration=length,
            meta=Shot(
                name="Card",
                colours=last.meta.colours,
                fade=min(_CROSSFADE_MS, length // 3),
                transition=Transition.PUSH,
            ),
        )
        next(track for track in draft.tracks if isinstance(track, VideoTrack)).segments.append(card)
        return card


def _set_canvas(draft: Draft, **changed: int) -> None:
    """Raises: NotPossibleError: the video would take too long to render."""
    canvas = draft.canvas.model_copy(update=changed)
    if canvas.width * canvas.height * canvas.fps * draft.duration / 1000 > _MOST_PIXELS:
        raise NotPossibleError(
            f"{canvas.lines} lines at {canvas.fps} frames per second (the video is too long for both)",
            f"{canvas.lines} 线、每秒 {canvas.fps} 帧（视频太长）",
        )
    draft.canvas = canvas


def _ground_for(colour: str) -> Colours:
    """Choose colours of cards on which a button of the brand's colour stands out."""
    usual = palette("", colour)
    if stands_out(usual, colour):
        return usual
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255 for part in rgb_of(colour)))
    if lightness < _DARK_LIGHTNESS * 3:
        return usual  # on white texts could not be read
    dark, bright = (
        "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, level, saturation / 2))
        for level in (_DARK_LIGHTNESS / 2, _DARK_LIGHTNESS)
    )
    return dark, bright


def _make_room(draft: Draft) -> None:
    """Keep the last words clear of the button, where a code takes the room of both."""
    last = in_order(draft)[-1]
    if not last.meta.code:
        return
    texts = [text.meta for text in draft.captions if last.start <= text.start < last.end]
    shape = draft.canvas.width / draft.canvas.height
    roomy = _ROOMY if shape > 1 or shape < _TALL else 1
    has_button = any(text.role is Role.CALL_TO_ACTION for text in texts)
    for text in texts:
        if text.role is Role.CLOSING:
            first, *below = text.text.split("\n")
            text.text = "\n".join([first, *([" · ".join(below)] if below else [])])
            text.size = (_SMALL if len(first) <= _SHORT else _SMALLER) * roomy if has_button else 1
        elif text.role is Role.CALL_TO_ACTION:
            text.size = _SMALL * roomy


def _shown(address: str) -> str:
    """Return an address as people write it."""
    return address.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")[:60]


def operation_for(feature: Feature, address: str = "", message: tuple[str, ...] = ()) -> Operation | None:
    """Return what adds a feature to a draft; `None` where nothing can.

    Args:
        feature: What is asked for.
        address: Where a QR code leads to if the feature names no address.
        message: What captions say besides what the film shows.
    """
    if feature.kind is Kind.CAPTIONS:
        return AddCaptions(message)
    if feature.kind is Kind.FONT:
        return SetFont(feature.value)
    make = _OPERATIONS.get(feature.kind)
    if make is None or (not feature.value and feature.kind is not Kind.QR_CODE):
        return None
    return make(feature.value, address)


_OPERATIONS: dict[Kind, Callable[[str, str], Operation | None]] = {
    Kind.PRICE: lambda value, _: AddToEndCard(value),
    Kind.HANDLE: lambda value, _: AddToEndCard(value),
    Kind.HASHTAG: lambda value, _: AddToEndCard(value),
    Kind.FRAME_RATE: lambda value, _: SetFrameRate(number_in(value) or 0),
    Kind.RESOLUTION: lambda value, _: SetResolution(lines) if (lines := lines_of(value)) else None,
    Kind.BRAND_COLOUR: lambda value, _: UseBrandColour(value),
    Kind.QR_CODE: lambda value, address: AddCode(value or address),
}


_LAST = (Kind.CAPTIONS, Kind.BRAND_COLOUR)


def add(draft: Draft, features: Sequence[Feature], address: str, message: tuple[str, ...] = ()) -> list[Said]:
    """Add features to a draft in place; return the names of those that it still lacks.

    Args:
        draft: It is changed.
        features: What is asked for.
        address: As for `operation_for`.
        message: As for `operation_for`.
    """
    lacking = []
    # Captions are set and the brand colour is put on all that is there in the end.
    for feature in sorted(features, key=lambda one: _LAST.index(one.kind) if one.kind in _LAST else -1):
        if has(draft, feature):
            continue
        operation = operation_for(feature, address, message)
        try:
            if operation is None:
                lacking.append(name_of(feature))
            else:
                operation.apply(draft)
        except NotPossibleError as error:
            lacking.append(error.reason)
    return lacking
