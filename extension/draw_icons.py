"""Draw the icons: a page whose corner is a play button. `python -m extension.draw_icons` writes them anew."""

from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).parent / "src" / "icons"
SIZES = (16, 32, 48, 128)
OVERSAMPLING = 8
BLUE, WHITE, PALE = "#3b4fd8", "#ffffff", "#c3cbff"


def drawn(size: int) -> Image.Image:
    """One icon. The largest keeps the margin that the web store asks for: 96 of 128 pixels."""
    side = size * OVERSAMPLING
    margin = side / 8 if size == max(SIZES) else 0
    unit = (side - 2 * margin) / 32
    image = Image.new("RGBA", (side, side))
    draw = ImageDraw.Draw(image)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return (
            margin + left * unit,
            margin + top * unit,
            margin + right * unit - 1,
            margin + bottom * unit - 1,
        )

    draw.rounded_rectangle(box(0, 0, 32, 32), 7 * unit, fill=BLUE)
    draw.rounded_rectangle(box(6, 6, 26, 26), 3 * unit, fill=WHITE)
    draw.rectangle(box(6, 10, 26, 11.5), fill=PALE)
    points = [(13, 13.5), (13, 24), (22, 18.75)]
    draw.polygon([(margin + x * unit, margin + y * unit) for x, y in points], fill=BLUE)
    return image.resize((size, size), Image.Resampling.BOX)


if __name__ == "__main__":
    ICONS.mkdir(exist_ok=True)
    for size in SIZES:
        drawn(size).save(ICONS / f"{size}.png", optimize=True)
