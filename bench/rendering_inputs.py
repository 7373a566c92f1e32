"""The reference timeline of `bench.rendering`: its pictures, its draft, and the same as a filter graph."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FONT = Path(__file__).resolve().parents[1] / "studio" / "fonts" / "Inter.ttf"
NAMES = ("page.png", "harbour.jpg", "market.jpg")
TITLE, PLACE = "Urban Dreams", "Made in the harbour"


_PICTURES = [
    {"s": 0, "d": 10_000, "m": {"src": "page.png", "fit": "cover", "path": [{"y": 0}, {"y": 0.738}]}},
    {
        "s": 10_000,
        "d": 10_000,
        "m": {
            "src": "harbour.jpg",
            "fit": "cover",
            "fade": 500,
            "path": [{}, {"x": 0.56, "y": 0.46, "zoom": 1.15}],
        },
    },
    {
        "s": 20_000,
        "d": 10_000,
        "m": {
            "src": "market.jpg",
            "fit": "cover",
            "fade": 500,
            "path": [{"x": 0.44, "y": 0.55, "zoom": 1.2}, {}],
        },
    },
]
_TEXTS = [
    {"s": 500, "d": 3500, "m": {"text": TITLE, "role": "title", "fade": 500}},
    {"s": 11_000, "d": 7000, "m": {"text": PLACE, "role": "lower_third", "fade": 400}},
]
DRAFT: dict[str, Any] = {
    "t": [
        {"tt": 0, "sg": _PICTURES},
        {"tt": 1, "sg": [{"s": 0, "d": 30_000, "m": {"style": "Lo-fi", "fade_out": 2000}}]},
        {"tt": 7, "sg": _TEXTS},
    ],
    "d": 30_000,
}


def make(folder: Path) -> None:
    """Draw the pictures: a page full of text, and two grainy photos."""
    _page().save(folder / NAMES[0])
    for seed, (name, size) in enumerate(zip(NAMES[1:], ((3000, 2000), (2600, 1950)), strict=True)):
        Image.fromarray(_photo(seed, *size)).save(folder / name, quality=92)


def _page() -> Image.Image:
    page = Image.new("RGB", (1440, 4000), (250, 250, 252))
    pencil = ImageDraw.Draw(page)
    font = ImageFont.truetype(FONT, 30)
    colours = np.random.default_rng(1).integers(60, 220, (10, 3))
    for block, colour in enumerate(colours):
        top = 400 * block
        pencil.rounded_rectangle(
            (120, top + 40, 560, top + 300), 18, fill=tuple(int(part) for part in colour)
        )
        for line in range(8):
            words = f"{block + 1}.{line + 1} The quick brown fox jumps over the lazy dog and on"
            pencil.text((600, top + 40 + 40 * line), words, fill=(40, 40, 60), font=font)
    return page


def _photo(seed: int, width: int, height: int) -> np.ndarray:
    """Soft shapes, some edges, and the grain of a sensor."""
    rng = np.random.default_rng(seed)
    soft = cv2.resize(
        rng.integers(30, 220, (9, 12, 3), np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    for _ in range(90):
        centre = int(rng.integers(0, width)), int(rng.integers(0, height))
        colour = tuple(int(part) for part in rng.integers(20, 235, 3))
        cv2.circle(soft, centre, int(rng.integers(10, 160)), colour, -1, cv2.LINE_AA)
    grain = rng.normal(0, 4, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(soft + grain, 0, 255), np.uint8)


def filter_graph(folder: Path) -> list[str]:
    """For ffmpeg, all but the output: moves step by whole pixels of pictures enlarged twice."""
    ease = "(1-cos(PI*min(on/315\\,1)))/2"
    zooms = [
        ("1+0.15", f"{ease}", "0.5+0.06", "0.5-0.04"),
        ("1.2-0.2", f"{ease}", "0.44+0.06", "0.55-0.05"),
    ]
    moves = [
        f"[{index}:v]scale=3840:2160:force_original_aspect_ratio=increase,crop=3840:2160,"
        f"zoompan=z='{zoom}*{along}':x='({x}*{along})*iw-iw/zoom/2':y='({y}*{along})*ih-ih/zoom/2'"
        f":d=315:s=1920x1080:fps=30,format=yuv420p[p{index}]"
        for index, (zoom, along, x, y) in enumerate(zooms, 1)
    ]
    page = (
        "[0:v]scale=1920:-2,loop=315:1:0,trim=end_frame=315,setpts=N/30/TB,fps=30,"
        "crop=1920:1080:0:'2400*(1-cos(PI*min(t/10.5\\,1)))/2',format=yuv420p[p0]"
    )
    joined = (
        "[p0][p1]xfade=duration=0.5:offset=10[x];[x][p2]xfade=duration=0.5:offset=20,trim=end_frame=900,"
        f"drawtext=fontfile={FONT}:text='{TITLE}':fontsize=108:fontcolor=white:x=(w-tw)/2:y=(h-th)/2"
        ":alpha='min(1\\,min((t-0.5)*2\\,(4-t)*2))':enable='between(t,0.5,4)',"
        f"drawtext=fontfile={FONT}:text='{PLACE}':fontsize=54:fontcolor=white:box=1:boxcolor=black@0.74"
        ":boxborderw=28:x=140:y=900:alpha='min(1\\,min((t-11)*2.5\\,(18-t)*2.5))':enable='between(t,11,18)'[v]"
    )
    music = "sine=f=220:d=30,volume=0.4[m];sine=f=330:d=30,volume=0.3[n];[m][n]amix=2,afade=out:st=28:d=2[a]"
    pictures = [part for name in NAMES for part in ("-i", str(folder / name))]
    return [
        *("-hide_banner", "-loglevel", "error", "-y", *pictures),
        *("-filter_complex", ";".join([page, *moves, joined, music]), "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-c:a", "aac", "-b:a", "160k"),
        *("-movflags", "+faststart"),
    ]
