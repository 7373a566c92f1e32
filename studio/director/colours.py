"""Colours of cards and grounds: dark enough for white text."""

import colorsys
import zlib

PALETTES = (
    ("#1b2450", "#5b2a86"),
    ("#0b3b4a", "#1f6f6b"),
    ("#3a1c3f", "#a03a5b"),
    ("#14213d", "#2a5a9c"),
    ("#2b2118", "#8a4b2a"),
    ("#12332b", "#3f7a3f"),
)
Colours = tuple[str, str]


def palette(text: str, theme: str | None = None) -> Colours:
    """Two colours for a card: from a theme colour, else by the text, the same for the same text."""
    if theme is None:
        return PALETTES[zlib.crc32(text.encode()) % len(PALETTES)]
    red, green, blue = (int(theme[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    dark = colorsys.hls_to_rgb(hue, min(lightness, 0.14), min(saturation, 0.7))
    bright = colorsys.hls_to_rgb((hue - 0.02) % 1, min(max(lightness, 0.22), 0.34), min(saturation, 0.7))
    return _hex(dark), _hex(bright)


def next_palette(colours: Colours) -> Colours:
    position = PALETTES.index(colours) if colours in PALETTES else -1
    return PALETTES[(position + 1) % len(PALETTES)]


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
