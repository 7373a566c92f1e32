# ruff: noqa: RUF001 - Chinese punctuation
"""Pictures, pages, clips and sounds drawn by this file: inputs that anybody may use for anything."""

import math
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path(__file__).resolve().parents[1] / "studio" / "fonts"
Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.float32]
SAMPLES = 48_000
_RINGS = 40


def font(size: int, weight: int = 500) -> ImageFont.FreeTypeFont:
    loaded = ImageFont.truetype(FONTS / "Inter.ttf", size)
    loaded.set_variation_by_axes([min(max(size, 14), 32), weight])
    return loaded


def han(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / "NotoSansCJK-Bold-subset.otf", size)


def gradient(size: tuple[int, int], stops: Sequence[tuple[float, Colour]]) -> Image.Image:
    """From top to bottom, dithered."""
    at = np.linspace(0, 1, size[1])
    column = np.stack(
        [np.interp(at, [s for s, _ in stops], [c[i] for _, c in stops]) for i in range(3)], axis=1
    )
    return grained(np.repeat(column[:, None, :], size[0], axis=1).astype(np.float32), 0.5)


def grained(pixels: Pixels, strength: float) -> Image.Image:
    noise = np.random.default_rng(7).normal(0, strength, (*pixels.shape[:2], 1)).astype(np.float32)
    return Image.fromarray(np.clip(pixels + noise + 0.5, 0, 255).astype(np.uint8))


def glow(
    picture: Image.Image, centre: tuple[float, float], radius: float, colour: Colour, strength: float
) -> Image.Image:
    """Light added around a point; radius in pixels."""
    pixels = np.asarray(picture, np.float32)
    y, x = np.mgrid[0 : picture.height, 0 : picture.width].astype(np.float32)
    light = strength * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2))
    return Image.fromarray(
        np.clip(pixels + (np.array(colour, np.float32) - pixels) * light[..., None], 0, 255).astype(np.uint8)
    )


def lamp(size: tuple[int, int], *, upright: bool = False) -> Image.Image:
    """A table lamp, lit, before a dark wall: a product photo."""
    width, height = size
    unit = height / 1000 if not upright else width / 760
    middle, table = width * (0.56 if not upright else 0.5), height * 0.8
    picture = gradient(
        size, [(0, (52, 44, 58)), (0.78, (92, 66, 62)), (0.8, (70, 46, 36)), (1, (38, 24, 20))]
    )
    picture = glow(picture, (middle, table - 420 * unit), 520 * unit, (255, 190, 110), 0.62)
    picture = glow(picture, (middle, table + 30 * unit), 300 * unit, (255, 184, 120), 0.4)
    for index, (x, y, r) in enumerate(
        ((0.13, 0.3, 46), (0.2, 0.52, 30), (0.86, 0.26, 54), (0.93, 0.5, 34), (0.07, 0.6, 24))
    ):
        bokeh = Image.new("RGBA", size, (0, 0, 0, 0))
        radius = r * unit
        colour = ((255, 196, 140), (150, 190, 255))[index % 2]
        ImageDraw.Draw(bokeh).ellipse(
            (x * width - radius, y * height - radius, x * width + radius, y * height + radius),
            fill=(*colour, 60),
        )
        picture.paste(bokeh, (0, 0), bokeh.filter(ImageFilter.GaussianBlur(5 * unit)))
    shadow = Image.new("L", size, 0)
    ImageDraw.Draw(shadow).ellipse(
        (middle - 250 * unit, table - 12 * unit, middle + 300 * unit, table + 64 * unit), fill=170
    )
    picture.paste((20, 10, 8), mask=shadow.filter(ImageFilter.GaussianBlur(22 * unit)))
    pencil = ImageDraw.Draw(picture)
    for step in range(28):  # the stem, rounded by its light
        share = step / 27
        tone = round(60 + 120 * math.sin(math.pi * min(share * 1.25, 1)))
        x = middle - 14 * unit + 28 * unit * share
        pencil.line(
            (x, table - 440 * unit, x, table),
            fill=(tone, round(tone * 0.74), round(tone * 0.5)),
            width=max(round(unit * 1.4), 1),
        )
    for ring in range(_RINGS):
        share = ring / 39
        tone = round(70 + 110 * math.sin(math.pi * share))
        lower = table + 26 * unit * ring / (_RINGS - 1)
        pencil.ellipse(
            (middle - 130 * unit, lower - 30 * unit, middle + 130 * unit, lower + 26 * unit),
            fill=(tone, round(tone * 0.72), round(tone * 0.5)) if ring < _RINGS - 1 else (206, 160, 112),
        )
    top, bottom = table - 700 * unit, table - 400 * unit
    for row in range(round(top), round(bottom)):
        down = (row - top) / (bottom - top)
        half = (120 + 150 * down) * unit
        warm = 0.55 + 0.45 * math.sin(math.pi * (0.15 + 0.7 * down))
        for left, right, light in ((-1.0, -0.55, 0.86), (-0.55, 0.4, 1.0), (0.4, 1.0, 0.9)):
            pencil.line(
                (middle + half * left, row, middle + half * right, row),
                fill=(round(255 * warm * light), round(222 * warm * light), round(166 * warm * light)),
            )
    shade = picture.crop(
        (round(middle - 290 * unit), round(top - 6), round(middle + 290 * unit), round(bottom + 6))
    )
    picture.paste(
        shade.filter(ImageFilter.GaussianBlur(2.2 * unit)), (round(middle - 290 * unit), round(top - 6))
    )
    picture = glow(picture, (middle, (top + bottom) / 2), 210 * unit, (255, 240, 205), 0.35)
    return grained(np.asarray(picture, np.float32), 2.2)


def lighthouse(size: tuple[int, int]) -> Image.Image:
    """A lighthouse at dusk: a photo taken upright."""
    width, height = size
    picture = gradient(
        size,
        [
            (0, (26, 34, 82)),
            (0.35, (122, 84, 140)),
            (0.58, (246, 148, 112)),
            (0.68, (255, 205, 138)),
            (0.69, (70, 88, 130)),
            (1, (16, 30, 58)),
        ],
    )
    picture = glow(picture, (width * 0.3, height * 0.66), width * 0.2, (255, 236, 180), 0.8)
    rng = np.random.default_rng(3)
    pencil = ImageDraw.Draw(picture, "RGBA")
    for _ in range(260):  # the sun on the water
        y = height * (0.69 + 0.3 * rng.random() ** 1.6)
        spread = width * (0.03 + 0.5 * (y / height - 0.69))
        x = width * 0.3 + rng.normal(0, spread)
        length = width * 0.02 * (1 + 4 * (y / height - 0.69))
        pencil.line(
            (x - length, y, x + length, y), fill=(255, 214, 160, 120), width=max(round(height * 0.0012), 1)
        )
    rock = [(width * 0.42, float(height))]
    for step in range(25):
        share = step / 24
        rock.append(
            (
                width * (0.42 + 0.58 * share),
                height * (0.9 - 0.16 * math.sin(math.pi * min(share * 1.1, 1)) - 0.012 * (step % 3)),
            )
        )
    pencil.polygon([*rock, (width, height)], fill=(26, 24, 40))
    base_x, base_y, top_y = width * 0.7, height * 0.77, height * 0.36
    for row in range(round(top_y), round(base_y)):
        share = (row - top_y) / (base_y - top_y)
        half = width * (0.042 + 0.024 * share)
        red = int(share * 5.999) % 2 == 1
        for column in range(24):
            across = column / 23
            light = 0.5 + 0.5 * math.cos(math.pi * (across * 0.9))
            tone = (198, 66, 60) if red else (240, 226, 214)
            colour = tuple(round(part * (0.36 + 0.6 * light)) for part in tone)
            x = base_x - half + 2 * half * across
            pencil.line((x, row, x + 2 * half / 23, row), fill=colour)
    lantern = width * 0.036
    pencil.rectangle(
        (base_x - lantern * 1.7, top_y - height * 0.006, base_x + lantern * 1.7, top_y + height * 0.006),
        fill=(30, 26, 40),
    )
    pencil.rectangle(
        (base_x - lantern, top_y - height * 0.045, base_x + lantern, top_y - height * 0.006),
        fill=(255, 226, 150),
    )
    pencil.polygon(
        (
            (base_x - lantern * 1.3, top_y - height * 0.045),
            (base_x, top_y - height * 0.085),
            (base_x + lantern * 1.3, top_y - height * 0.045),
        ),
        fill=(44, 30, 44),
    )
    picture = glow(picture, (base_x, top_y - height * 0.025), width * 0.1, (255, 240, 190), 0.7)
    return grained(np.asarray(picture, np.float32), 2.5)


def icon(size: int) -> Image.Image:
    """A drop on a rounded square."""
    scale = 8
    large = Image.new("RGBA", (size * scale, size * scale), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(large)
    side = size * scale
    pencil.rounded_rectangle((0, 0, side - 1, side - 1), side * 0.24, fill=(28, 120, 214, 255))
    points = []
    for step in range(200):
        angle = 2 * math.pi * step / 200
        x, y = math.sin(angle), -math.cos(angle)
        pinch = 1 if y > 0 else (1 + y) ** 0.72
        points.append((side * (0.5 + 0.25 * x * pinch), side * (0.56 + 0.3 * y * (1.18 if y < 0 else 0.86))))
    pencil.polygon(points, fill=(255, 255, 255, 255))
    return large.resize((size, size), Image.Resampling.LANCZOS)


def cup(size: tuple[int, int]) -> Image.Image:
    """A cup with its name on nothing: a cut-out."""
    scale = 2
    width, height = size[0] * scale, size[1] * scale
    picture = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    pencil = ImageDraw.Draw(picture)
    u = height / 1000
    cx = width / 2
    pencil.ellipse(
        (cx + 150 * u, 330 * u, cx + 400 * u, 640 * u), outline=(196, 92, 60, 255), width=round(54 * u)
    )
    for row in range(round(260 * u), round(760 * u)):
        share = (row - 260 * u) / (500 * u)
        half = (270 - 70 * share**2.4) * u
        for column in range(60):
            across = column / 59
            tone = 0.72 + 0.3 * math.sin(math.pi * (0.2 + 0.62 * across))
            x = cx - half + 2 * half * across
            pencil.line(
                (x, row, x + 2 * half / 59 + 1, row),
                fill=(round(230 * tone), round(110 * tone), round(74 * tone), 255),
            )
    pencil.ellipse((cx - 200 * u, 728 * u, cx + 200 * u, 792 * u), fill=(178, 84, 58, 255))
    pencil.ellipse((cx - 270 * u, 220 * u, cx + 270 * u, 300 * u), fill=(240, 150, 116, 255))
    pencil.ellipse((cx - 244 * u, 230 * u, cx + 244 * u, 294 * u), fill=(70, 40, 30, 255))
    for x, phase in ((-90, 0.0), (10, 1.4), (110, 2.6)):
        steam = [(cx + (x + 22 * math.sin(t / 26 + phase)) * u, (210 - t) * u) for t in range(0, 150, 4)]
        pencil.line(steam, fill=(250, 240, 232, 220), width=round(15 * u), joint="curve")
    return picture.resize(size, Image.Resampling.LANCZOS)


def page(size: tuple[int, int]) -> Image.Image:
    """A shop's page for one lamp."""
    width, height = size
    picture = Image.new("RGB", size, (250, 247, 242))
    pencil = ImageDraw.Draw(picture)
    ink, soft, accent = (36, 28, 26), (118, 106, 98), (216, 96, 44)
    pencil.text((90, 46), "Halden", ink, font(34, 800))
    for index, word in enumerate(("Lamps", "Shades", "Journal", "Stores")):
        pencil.text((760 + 130 * index, 52), word, soft, font(22))
    pencil.rounded_rectangle((1290, 38, 1350, 86), 24, fill=(238, 230, 220))
    pencil.multiline_text((90, 260), "Evening,\nby the lamp.", ink, font(100, 800), spacing=16)
    pencil.multiline_text(
        (90, 540),
        "Linen, brass and a warm dim that\nfollows the sun. Made in Halden.",
        soft,
        font(30),
        spacing=14,
    )
    pencil.text((90, 668), "€149", ink, font(52, 800))
    pencil.rounded_rectangle((250, 664, 500, 736), 36, fill=accent)
    pencil.text((375, 700), "Order yours", (255, 255, 255), font(28, 700), anchor="mm")
    _inset(picture, lamp((1300, 1300), upright=True), (760, 160, 1350, 790))
    pencil.rectangle((0, 930, width, 1110), fill=(240, 233, 223))
    for index, (number, words) in enumerate(
        (
            ("2 700 K", "at noon, 1 800 K at night"),
            ("25 years", "of shade and switch"),
            ("9 W", "for a whole room"),
        )
    ):
        pencil.text((90 + 450 * index, 966), number, ink, font(44, 800))
        pencil.text((90 + 450 * index, 1034), words, soft, font(24))
    pencil.text((90, 1240), "Three rooms, one lamp", ink, font(60, 800))
    for index, (name, tint) in enumerate(
        (("Reading chair", (62, 76, 98)), ("Kitchen table", (120, 84, 62)), ("Night stand", (70, 58, 86)))
    ):
        left = 90 + 430 * index
        tile = glow(
            gradient((400, 460), [(0, tint), (1, (24, 20, 26))]), (200, 190), 130, (255, 206, 140), 0.75
        )
        _inset(picture, tile, (left, 1360, left + 400, 1820))
        pencil.text((left, 1846), name, ink, font(28, 700))
        pencil.text((left, 1888), "from €149", soft, font(22))
    _inset(picture, lamp((1600, 1000)), (90, 2060, 870, 2560))
    pencil.text((930, 2150), "A dim that breathes", ink, font(46, 800))
    pencil.multiline_text(
        (930, 2236),
        "Version the ring a little and it is\ndinner. A little more and it is\nthe last page of the book.",
        soft,
        font(28),
        spacing=16,
    )
    pencil.rounded_rectangle((90, 2760, 1350, 3120), 30, fill=(48, 34, 36))
    pencil.text(
        (720, 2870), "Until Sunday: a second shade on us.", (255, 244, 232), font(56, 800), anchor="mm"
    )
    pencil.rounded_rectangle((560, 2950, 880, 3034), 42, fill=accent)
    pencil.text((720, 2992), "Choose a shade", (255, 255, 255), font(30, 700), anchor="mm")
    pencil.text((90, 3300), "Halden Lamps, Storgata 12", soft, font(22))
    return picture.crop((0, 0, width, min(height, 3420)))


def tea_page(size: tuple[int, int]) -> Image.Image:
    """The same kind of page, in Chinese."""
    width, _ = size
    picture = Image.new("RGB", size, (246, 248, 243))
    pencil = ImageDraw.Draw(picture)
    ink, soft, accent = (26, 44, 34), (104, 122, 110), (46, 122, 82)
    pencil.text((90, 44), "山间茶", ink, han(40))
    hills = gradient((width, 640), [(0, (206, 226, 214)), (1, (122, 166, 140))])
    layer = ImageDraw.Draw(hills)
    for index, tone in enumerate(((150, 190, 166), (104, 152, 124), (62, 112, 84))):
        ridge = [
            (x, 330 + 90 * index + 60 * math.sin(x / (170 + 50 * index) + index * 2))
            for x in range(0, width + 20, 20)
        ]
        layer.polygon([(0, 640), *ridge, (width, 640)], fill=tone)
    picture.paste(hills, (0, 130))
    pencil.text((720, 340), "春天的第一口茶", (255, 255, 255), han(96), anchor="mm", stroke_width=1)
    pencil.text((720, 450), "明前采摘，三天送到", (255, 255, 255), han(40), anchor="mm")
    pencil.rounded_rectangle((600, 620, 840, 696), 38, fill=accent)
    pencil.text((720, 658), "立即购买", (255, 255, 255), han(32), anchor="mm")
    pencil.text((90, 880), "今年的新茶", ink, han(56))
    for index, (name, price, tint) in enumerate(
        (("龙井", "¥168", (146, 178, 92)), ("白茶", "¥128", (206, 200, 170)), ("红茶", "¥98", (156, 78, 52)))
    ):
        left = 90 + 430 * index
        _inset(
            picture,
            glow(gradient((400, 400), [(0, tint), (1, (70, 84, 66))]), (200, 180), 110, (255, 252, 236), 0.6),
            (left, 990, left + 400, 1390),
        )
        pencil.text((left, 1416), name, ink, han(34))
        pencil.text((left, 1470), price, accent, font(32, 800))
    pencil.rectangle((0, 1640, width, 2060), fill=(30, 66, 48))
    pencil.text((720, 1790), "本周买二送一", (244, 250, 240), han(80), anchor="mm")
    pencil.text((720, 1910), "山上的茶农谢谢您", (190, 214, 198), han(36), anchor="mm")
    pencil.text((90, 2200), "一片叶子的路", ink, han(56))
    _inset(picture, hills.resize((1260, 620)), (90, 2320, 1350, 2940))
    pencil.text((90, 3020), "山间茶 · 杭州", soft, han(26))
    return picture.crop((0, 0, width, 3120))


def _inset(picture: Image.Image, inner: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Fill a box with the middle of another picture, with round corners."""
    wide, high = box[2] - box[0], box[3] - box[1]
    scale = max(wide / inner.width, high / inner.height)
    scaled = inner.resize(
        (math.ceil(inner.width * scale), math.ceil(inner.height * scale)), Image.Resampling.LANCZOS
    )
    left, top = (scaled.width - wide) // 2, (scaled.height - high) // 2
    mask = Image.new("L", (wide * 2, high * 2), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, wide * 2 - 1, high * 2 - 1), 44, fill=255)
    picture.paste(scaled.crop((left, top, left + wide, top + high)), box[:2], mask.resize((wide, high)))


def sea(size: tuple[int, int], share: float) -> Image.Image:
    """The sun rising over a sea with a boat on it, from night (0) to day (1)."""
    width, height = size

    def mixed(night: Colour, day: Colour) -> Colour:
        return tuple(round(a + (b - a) * share) for a, b in zip(night, day, strict=True))  # type: ignore[return-value]

    horizon = height * 0.58
    picture = gradient(
        size,
        [
            (0, mixed((14, 20, 58), (86, 160, 226))),
            (0.57, mixed((120, 60, 92), (250, 222, 178))),
            (0.58, mixed((30, 34, 74), (52, 128, 168))),
            (1, mixed((6, 12, 34), (14, 70, 112))),
        ],
    )
    sun = horizon + height * (0.08 - 0.42 * share)
    picture = glow(picture, (width * 0.62, sun), height * 0.16, (255, 226, 160), 0.85)
    pencil = ImageDraw.Draw(picture, "RGBA")
    radius = height * 0.05
    if sun < horizon + radius:
        pencil.ellipse(
            (width * 0.62 - radius, sun - radius, width * 0.62 + radius, sun + radius), fill=(255, 244, 214)
        )
    pencil.rectangle((0, horizon, width, height), fill=(*mixed((16, 22, 54), (26, 96, 140)), 210))
    for row in range(18):
        y = horizon + (row + 0.5) ** 1.6 / 18**1.6 * (height - horizon)
        for column in range(9):
            x = (column * 173 + row * 89 + 400 * share * (1 + row / 9)) % (width + 160) - 80
            pencil.line((x, y, x + 20 + row * 5, y), fill=(255, 230, 190, 70), width=max(row // 5, 1))
    x, y = width * (0.12 + 0.6 * share), horizon + height * 0.1
    u = height / 720
    pencil.polygon(
        ((x - 70 * u, y), (x + 70 * u, y), (x + 46 * u, y + 26 * u), (x - 50 * u, y + 26 * u)),
        fill=(56, 30, 34),
    )
    pencil.polygon(
        ((x - 4 * u, y - 8 * u), (x - 4 * u, y - 150 * u), (x + 62 * u, y - 8 * u)), fill=(250, 240, 226)
    )
    pencil.polygon(
        ((x - 12 * u, y - 8 * u), (x - 12 * u, y - 120 * u), (x - 52 * u, y - 8 * u)), fill=(226, 108, 74)
    )
    return picture


def write_clip(
    path: Path, size: tuple[int, int], seconds: int, fps: int, draw: Callable[[float], Image.Image]
) -> None:
    """An H.264 clip without sound; `draw` makes the picture at a share of its length."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, fps)
        for number in range(seconds * fps):
            frame = av.VideoFrame.from_ndarray(np.asarray(draw(number / (seconds * fps))), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def write_gif(path: Path, side: int) -> None:
    """A ball that bounces."""
    frames = []
    for number in range(24):
        picture = gradient((side, side), [(0, (255, 214, 102)), (1, (255, 128, 96))])
        pencil = ImageDraw.Draw(picture, "RGBA")
        up = abs(math.sin(math.pi * number / 24))
        y, radius = side * (0.76 - 0.46 * up), side * 0.13
        shadow = radius * (1.1 - 0.5 * up)
        pencil.ellipse(
            (side / 2 - shadow, side * 0.885, side / 2 + shadow, side * 0.925), fill=(150, 60, 50, 130)
        )
        squeeze = 1 - 0.22 * max(0, 0.2 - up) / 0.2
        pencil.ellipse(
            (
                side / 2 - radius / squeeze,
                y - radius * squeeze,
                side / 2 + radius / squeeze,
                y + radius * squeeze,
            ),
            fill=(66, 58, 140),
        )
        pencil.ellipse(
            (side / 2 - radius * 0.5, y - radius * 0.6, side / 2 - radius * 0.1, y - radius * 0.25),
            fill=(180, 174, 255, 200),
        )
        frames.append(picture.quantize(128))
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, loop=0)


def write_melody(path: Path, seconds: int) -> None:
    """Broken chords, plucked."""
    time = np.arange(seconds * SAMPLES) / SAMPLES
    sound = np.zeros_like(time)
    for beat in range(seconds * 4):
        chord = ((220, 277.2, 329.6), (196, 246.9, 293.7), (174.6, 220, 261.6), (196, 246.9, 329.6))[
            beat // 8 % 4
        ]
        start = beat * SAMPLES // 4
        left = time[: len(time) - start]
        sound[start:] += 0.2 * np.exp(-4 * left) * np.sin(2 * np.pi * chord[beat % 3] * (1 + beat % 2) * left)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES)
        file.writeframes((np.clip(sound, -1, 1) * 32_000).astype("<i2").tobytes())
