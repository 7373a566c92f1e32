# ruff: noqa: RUF001 - Chinese punctuation
"""What an instruction asked for and a draft does not have."""

import re
from collections.abc import Callable, Sequence

from studio.director.features import AMOUNT, PLACE_NAMES, Feature, Kind
from studio.director.fonts import font_of
from studio.director.language import Wish
from studio.director.operation import Said
from studio.director.scene_operations import LONGEST_S, SHORTEST_S
from studio.draft import Draft, Role

_TOLERANCE_MS = 100
_COMPARED = 16
"""Letters of a text by which it is found in a draft: long texts are shortened."""
_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,2})?")
_LINES = {
    "8k": 4320,
    "5k": 2880,
    "4k": 2160,
    "uhd": 2160,
    "2k": 1440,
    "2160p": 2160,
    "1440p": 1440,
    "720p": 720,
    "480p": 480,
}
_WITHOUT_SPACES = re.compile(r"\s+")


def not_done(wish: Wish, draft: Draft) -> tuple[Said, ...]:
    """Name what was asked for in the story and is not in the draft."""
    missing: list[Said] = []
    if wish.seconds is not None and abs(1000 * wish.seconds - draft.duration) > _TOLERANCE_MS:
        missing.append(_length(wish.seconds))
    shown = _compared(" ".join(caption.meta.text for caption in draft.captions))
    missing += (
        Said(f"the text “{text.words[:60]}”", f"文字“{text.words[:60]}”")
        for text in wish.texts
        if not wish.without_title and _compared(text.words)[:_COMPARED] not in shown
    )
    if wish.voice and not any(sound.meta.speech for sound in draft.sounds):
        missing.append(Said("a voice-over (the voice speaks English only)", "旁白（目前只支持英文）"))
    return tuple(missing)


def has(draft: Draft, feature: Feature) -> bool:
    """Whether a draft has what is asked for."""
    check = _CHECKS.get(feature.kind)
    value = feature.place if feature.kind is Kind.LOGO else feature.value
    return check is not None and check(draft, value)


def _has_logo(draft: Draft, place: str) -> bool:
    logo = draft.canvas.logo
    return logo is not None and place in {"", logo.corner}


def _has_price(draft: Draft, value: str) -> bool:
    amounts = [_compared(found[0]) for text in _texts(draft) for found in AMOUNT.finditer(text)]
    return _compared(value) in amounts if value else bool(amounts)


def _has_words(draft: Draft, value: str) -> bool:
    return any(value.lower() in text.lower() for text in _texts(draft))


def _has_captions(draft: Draft, _value: str) -> bool:
    return any(caption.meta.role is Role.CAPTION for caption in draft.captions)


def _has_rate(draft: Draft, value: str) -> bool:
    return draft.canvas.fps == number_in(value)


def _has_resolution(draft: Draft, value: str) -> bool:
    return draft.canvas.lines == lines_of(value)


def _has_colour(draft: Draft, value: str) -> bool:
    return any(caption.meta.accent.lower() == value for caption in draft.captions)


def _has_code(draft: Draft, value: str) -> bool:
    codes = [shot.meta.code for shot in draft.shots if shot.meta.code]
    return value in codes if value else bool(codes)


def _has_font(draft: Draft, value: str) -> bool:
    return font_of(value) is draft.canvas.font


def _has_language(draft: Draft, value: str) -> bool:
    is_english = value.lower().endswith(("english", ": en", ":en"))
    return is_english and all(text.isascii() for text in _texts(draft))


def name_of(feature: Feature) -> Said:
    """Name a feature as an answer does: `a logo top right`."""
    value, (english, chinese) = feature.value, _NAMES.get(feature.kind, ("", ""))
    if feature.kind is Kind.OTHER:
        return Said(f"“{value}”", f"“{value}”")
    if feature.kind in {Kind.LANGUAGE, Kind.FILE_FORMAT}:
        return Said(f"{english}{value}”)", f"{chinese}{value}”）")
    if value and feature.kind in {Kind.FONT, Kind.SONG}:
        return Said(value, value)
    if feature.kind in _BY_VALUE:
        return Said(f"{english}{value}", f"{chinese}{value}")
    named = Said(f"{english} {value}", f"{chinese} {value}") if value else Said(english, chinese)
    if feature.place:
        return Said(f"{named.english} {feature.place}", f"{PLACE_NAMES[feature.place]}{named.chinese}")
    return named


_NAMES = {
    Kind.LOGO: ("a logo", "徽标"),
    Kind.QR_CODE: ("a QR code", "二维码"),
    Kind.BRAND_COLOUR: ("the brand color", "品牌颜色"),
    Kind.PRICE: ("the price", "价格"),
    Kind.FONT: ("a font", "字体"),
    Kind.CAPTIONS: ("captions", "字幕"),
    Kind.OWN_VOICE: ("your own voice", "您自己的声音"),
    Kind.SONG: ("a certain song", "指定的歌曲"),
    Kind.FORMAT: ("the format ", "画幅 "),
    Kind.LANGUAGE: ("the language (“", "语言（“"),
    Kind.FILE_FORMAT: ("the file format (“", "文件格式（“"),
}
_BY_VALUE = {
    Kind.RESOLUTION, Kind.FRAME_RATE, Kind.HANDLE, Kind.HASHTAG, Kind.FORMAT, Kind.GENRE, Kind.FILE_SIZE,
    Kind.SEVERAL,
}  # fmt: skip


def listed(items: Sequence[Said], *, chinese: bool) -> str:
    """One plain line, or nothing: "Not done: a logo top right."."""
    if not items:
        return ""
    names = dict.fromkeys(item.in_language(chinese=chinese) for item in items)
    return f"未能完成：{'；'.join(names)}。" if chinese else f"Not done: {', '.join(names)}."


def _length(seconds: float) -> Said:
    return Said(
        f"a length of {seconds:g} seconds ({SHORTEST_S} to {LONGEST_S} are possible)",
        f"{seconds:g} 秒的时长（可选 {SHORTEST_S} 到 {LONGEST_S} 秒）",
    )


def _has_format(draft: Draft, value: str) -> bool:
    numbers = [float(number) for number in _NUMBER.findall(value)]
    if len(numbers) != 2 or not numbers[1]:  # noqa: PLR2004 - width and height
        return False
    canvas = draft.canvas
    if max(numbers) > 99:  # noqa: PLR2004 - pixels, not a ratio
        return [canvas.width, canvas.height] == numbers
    return abs(canvas.width / canvas.height / (numbers[0] / numbers[1]) - 1) < 0.01  # noqa: PLR2004


_CHECKS: dict[Kind, Callable[[Draft, str], bool]] = {
    Kind.LOGO: _has_logo,
    Kind.PRICE: _has_price,
    Kind.HANDLE: _has_words,
    Kind.HASHTAG: _has_words,
    Kind.CAPTIONS: _has_captions,
    Kind.FONT: _has_font,
    Kind.FRAME_RATE: _has_rate,
    Kind.FORMAT: _has_format,
    Kind.RESOLUTION: _has_resolution,
    Kind.BRAND_COLOUR: _has_colour,
    Kind.QR_CODE: _has_code,
    Kind.LANGUAGE: _has_language,
}


def number_in(value: str) -> int | None:
    """Return the first whole number that words name."""
    found = _NUMBER.search(value)
    return int(float(found[0])) if found else None


def lines_of(value: str) -> int | None:
    """Return the lines of a named resolution."""
    name = _WITHOUT_SPACES.sub("", value.lower()).replace("ultrahd", "uhd")
    return _LINES.get(name)


def _texts(draft: Draft) -> list[str]:
    return [caption.meta.text for caption in draft.captions]


def _compared(text: str) -> str:
    return _WITHOUT_SPACES.sub("", text).lower()
