"""Contrast, as WCAG 2 defines it: relative luminance, and the grounds a text can be read on."""

from studio.render.planes import rgb_of

READABLE = 4.5
_HEADROOM = 1.1
_KNEE = 0.04045
"""What encoding and saturated colours take."""


def luminance(colour: tuple[int, int, int]) -> float:
    """Of an sRGB colour, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ground_for(colour: str) -> tuple[bool, float]:
    """Whether a text wants a dark ground, and the lightest (or darkest) grey that will do, 0 to 1."""
    light = luminance(rgb_of(colour)) + 0.05
    dark_enough = light / (READABLE * _HEADROOM) - 0.05
    light_enough = light * READABLE * _HEADROOM - 0.05
    # Both may be out of reach for a middle grey; the side with more room is taken.
    if dark_enough >= 0 or 1 - light_enough < dark_enough:
        return True, _encoded(max(dark_enough, 0.0))
    return False, _encoded(min(light_enough, 1.0))


def _linear(value: float) -> float:
    return value / 12.92 if value <= _KNEE else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> float:
    return 12.92 * value if value <= _KNEE / 12.92 else float(1.055 * value ** (1 / 2.4) - 0.055)
