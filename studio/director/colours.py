"""Colours of cards and grounds: dark enough for white text."""

import colorsys
import zlib

from studio.staging import CARD_LIGHT

PALETTES = (
    ("#1b2450", "#5b2a86"),
    ("#0b3b4a", "#1f6f6b"),
    ("#3a1c3f", "#a03a5b"),
    ("#14213d", "#2a5a9c"),
    ("#2b2118", "#8a4b2a"),
    ("#12332b", "#39713a"),
)
Colours = tuple[str, str]
WHITE, INK = "#ffffff", "#14161c"
READABLE = 4.5
_ACCENT = 3.0
"""Contrast of a button to its card, and of a product to its ground."""
_MOST_SHIFTED = 0.2
"""How much lighter or darker, of 1, a theme is still the same colour."""
_BREATH = 0.1
_YELLOW, _MUTED, _VIVID = (0.08, 0.2), 0.16, 0.7
_KNEE = 0.04045


def palette(text: str, theme: str | None = None, tone: str | None = None) -> Colours:
    """Two colours for a card: from a theme colour, else the tone of a grey picture, else by the text."""
    if theme is None and tone is not None:
        return _neutral(tone)
    if theme is None:
        return PALETTES[zlib.crc32(text.encode()) % len(PALETTES)]
    red, green, blue = (part / 255 for part in rgb_of(theme))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    # Dark yellow is brown: such a theme is the accent on a ground of hardly any colour.
    saturation = min(saturation, _MUTED if _YELLOW[0] <= hue <= _YELLOW[1] else _VIVID)
    dark = _hex(colorsys.hls_to_rgb(hue, min(lightness, 0.14), saturation))
    level = min(max(lightness, 0.22), 0.34)
    while True:
        bright = _hex(colorsys.hls_to_rgb((hue - 0.02) % 1, level, saturation))
        if contrast(WHITE, lit(bright)) >= READABLE:
            return dark, bright
        level -= 0.01


def _neutral(tone: str) -> Colours:
    """Dark greys with a breath of the hue of a picture."""
    red, green, blue = (part / 255 for part in rgb_of(tone))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    saturation = min(saturation, _BREATH)
    bright = 0.2 + 0.12 * lightness
    return _hex(colorsys.hls_to_rgb(hue, bright / 2, saturation)), _hex(
        colorsys.hls_to_rgb(hue, bright, saturation)
    )


def ground_of_cut_out(colour: str) -> str:
    """A ground that a product stands out from: light, with a breath of the opposite hue, else dark."""
    red, green, blue = (part / 255 for part in rgb_of(colour))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    hue, saturation = (hue + 0.5) % 1, min(saturation, 0.3)
    for level in (*(0.92 + step / 100 for step in range(9)), *(0.2 - step / 50 for step in range(10))):
        ground = _hex(colorsys.hls_to_rgb(hue, level, saturation))
        if contrast(ground, colour) >= _ACCENT:
            return ground
    return WHITE


def lit(colour: str) -> str:
    """The colour at its lightest: a card has a soft light in one corner."""
    return "#" + "".join(f"{min(part + CARD_LIGHT, 255):02x}" for part in rgb_of(colour))


def stands_out(colours: Colours, colour: str) -> bool:
    """Whether a button of a colour differs enough from both colours of a card."""
    return min(contrast(colour, ground) for ground in colours) >= _ACCENT


def accent_on(colours: Colours, theme: str) -> str:
    """The theme's colour, lighter or darker where it must be to stand out; else white or black."""
    red, green, blue = (part / 255 for part in rgb_of(theme))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    for step in range(round(100 * _MOST_SHIFTED) + 1):
        for level in (lightness + step / 100, lightness - step / 100):
            shade = _hex(colorsys.hls_to_rgb(hue, level, saturation)) if 0 <= level <= 1 else theme
            if stands_out(colours, theme if step == 0 else shade):
                return theme if step == 0 else shade
    return ink_on(colours)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colours: Colours) -> str:
    """Dark or light, whichever can be read better on both colours."""
    return max(WHITE, INK, key=lambda ink: min(contrast(ink, ground) for ground in colours))


def rgb_of(code: str) -> tuple[int, int, int]:
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _luminance(code: str) -> float:
    parts = [part / 255 for part in rgb_of(code)]
    red, green, blue = (part / 12.92 if part <= _KNEE else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def next_palette(colours: Colours) -> Colours:
    position = PALETTES.index(colours) if colours in PALETTES else -1
    return PALETTES[(position + 1) % len(PALETTES)]


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
