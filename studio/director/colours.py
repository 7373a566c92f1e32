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
"""Contrast of a button to its card."""
_YELLOW, _MUTED, _VIVID = (0.08, 0.2), 0.16, 0.7
_KNEE = 0.04045


def palette(text: str, theme: str | None = None) -> Colours:
    """Two colours for a card: from a theme colour, else by the text, the same for the same text."""
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


def lit(colour: str) -> str:
    """The colour at its lightest: a card has a soft light in one corner."""
    return "#" + "".join(f"{min(part + CARD_LIGHT, 255):02x}" for part in rgb_of(colour))


def accent_on(colours: Colours, theme: str | None) -> str | None:
    """The theme's colour if it differs enough from both colours of a card; else `None`."""
    if theme is None or min(contrast(theme, colour) for colour in colours) < _ACCENT:
        return None
    return theme


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
