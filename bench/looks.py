# ruff: noqa: RUF001 - Chinese punctuation
"""Draw ten very different inputs, direct videos of them in three formats, and lay frames out on a sheet.

python -m bench.looks
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

from bench import drawings
from studio.director.direct import direct
from studio.director.language import read_instruction
from studio.director.vocabulary import Aspect
from studio.draft import Draft
from studio.media.intake import describe
from studio.media.items import Media
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sources import Source

SHEET = Path(__file__).resolve().parents[1] / "docs" / "looks.jpg"
LARGEST = 900_000
FORMATS = (Aspect.WIDE, Aspect.TALL, Aspect.SQUARE)
_FRAMES = 4
_ROW, _GAP, _HEAD = 190, 8, 30


@dataclass(frozen=True)
class Case:
    name: str
    instruction: str
    file: str | None = None


CASES = (
    Case(
        "a tall page",
        "Introduce this page, title “The Halden lamp”, end with “halden-lamps.example”",
        "full-page.png",
    ),
    Case(
        "a product photo",
        'Present this lamp, "€149 until Sunday", end with "halden-lamps.example"',
        "evening_lamp.jpg",
    ),
    Case("a portrait photo", "A calm video", "Lighthouse at dusk.jpg"),
    Case(
        "a tiny icon",
        'Announce our app with the title "Drop" and the subtitle "Every sip counts"',
        "icon.png",
    ),
    Case("a transparent PNG", "Make a teaser for our new cup", "terracotta_cup.png"),
    Case("a Chinese page", "为这个网页做一个视频，标题“山间茶”，副标题“明前采摘，三天送到”", "页面.png"),
    Case(
        "a clip of 60 s",
        'A short film, title "Out at dawn", subtitle "Sailing school, Bergen"',
        "IMG_2044.mp4",
    ),
    Case("a GIF", 'A loop with the title "Keep going"', "bounce.gif"),
    Case("a sound", "A video for this track. Out on Friday everywhere", "night_drive.wav"),
    Case(
        "words alone",
        "Make a teaser for our summer sale. 30 % off all bicycles. Only this weekend. End with “Ride on”",
    ),
)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.looks", description=__doc__.splitlines()[0] if __doc__ else ""
    )
    parser.add_argument("--only", type=int, metavar="N", help="one input alone, by its number from 1")
    parser.add_argument(
        "--output", type=Path, default=SHEET, help=f"where the sheet goes (default: {SHEET.name})"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    cases = [CASES[options.only - 1]] if options.only else list(CASES)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        sheet = lay_out(cases, [[frames_of(case, aspect, files) for aspect in FORMATS] for case in cases])
    write(sheet, options.output)
    print(f"{options.output}: {options.output.stat().st_size // 1000} kB")  # noqa: T201 - what the command is for
    return 0


def frames_of(case: Case, aspect: Aspect, folder: Path) -> list[Image.Image]:
    """Frames spread over the video that is made of the input in a format."""
    media = [_medium(case.file, folder)] if case.file else []
    draft = direct(replace(read_instruction(case.instruction), aspect=aspect), media)
    if draft is None:
        raise ValueError(f"{case.name}: there is nothing to make a video from")
    shown = [shot for shot in draft.shots if shot.duration >= draft.duration / 12]
    spread = {round(index * (len(shown) - 1) / (_FRAMES - 1)) for index in range(_FRAMES)}
    moments = [shown[index].start + 0.55 * shown[index].duration for index in sorted(spread)]
    for share in (0.12, 0.4, 0.65, 0.9):
        if len(moments) < _FRAMES:
            moments.append(share * draft.duration)
    return draw(draft, media, [round(moment * draft.canvas.fps / 1000) for moment in sorted(moments)])


def draw(draft: Draft, media: Sequence[Media], numbers: Sequence[int]) -> list[Image.Image]:
    sources = {item.id: Source(item.path, item.kind, item.name) for item in media if item.path}
    film = Film(draft, sources)
    reel = Reel(film)
    target = Planes.empty(*film.size)
    pictures = []
    for number in numbers:
        reel.draw(number, target)
        pictures.append(_picture(target))
    return pictures


def _picture(planes: Planes) -> Image.Image:
    frame = av.VideoFrame(planes.width, planes.height, "yuv420p")
    for plane, values in zip(frame.planes, planes.all, strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
        rows[:, : values.shape[1]] = values
    rgb = frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray()
    return Image.fromarray(np.asarray(rgb, np.uint8))


def _medium(name: str, folder: Path) -> Media:
    path = folder / name
    if not path.exists():
        _DRAWN[name](path)
    return describe(path, name)


def _clip(path: Path) -> None:
    size = 1280, 720
    keys = [drawings.sea(size, share / 60) for share in range(61)]
    drawings.write_clip(path, size, 60, 10, lambda share: keys[round(share * 60)])


_DRAWN: dict[str, Callable[[Path], object]] = {
    "full-page.png": lambda path: drawings.page((1440, 3420)).save(path),
    "evening_lamp.jpg": lambda path: drawings.lamp((3000, 2000)).save(path, quality=92),
    "Lighthouse at dusk.jpg": lambda path: drawings.lighthouse((1600, 2400)).save(path, quality=92),
    "icon.png": lambda path: drawings.icon(64).save(path),
    "terracotta_cup.png": lambda path: drawings.cup((1200, 1000)).save(path),
    "页面.png": lambda path: drawings.tea_page((1440, 3120)).save(path),
    "IMG_2044.mp4": _clip,
    "bounce.gif": lambda path: drawings.write_gif(path, 480),
    "night_drive.wav": lambda path: drawings.write_melody(path, 20),
}


def lay_out(cases: Sequence[Case], rows: Sequence[Sequence[Sequence[Image.Image]]]) -> Image.Image:
    """One row for each input: its frames in the three formats, one after the other."""
    widths = [round(_ROW * aspect.size[0] / aspect.size[1]) for aspect in FORMATS]
    width = sum(_FRAMES * (wide + _GAP) for wide in widths) + _GAP * (len(widths) + 1)
    sheet = Image.new("RGB", (width, len(rows) * (_ROW + _HEAD + _GAP) + _GAP), (24, 25, 29))
    pencil = ImageDraw.Draw(sheet)
    for index, (case, formats) in enumerate(zip(cases, rows, strict=True)):
        x, y = 2 * _GAP, _GAP + index * (_ROW + _HEAD + _GAP)
        label = f"{index + 1}  {case.name}"
        pencil.text((x, y + 4), label, (236, 237, 240), drawings.font(16, 700))
        left = x + round(drawings.font(16, 700).getlength(label)) + 18
        for part, is_han in _runs(case.instruction):
            face = drawings.han(14) if is_han else drawings.font(14, 400)
            pencil.text((left, y + (3 if is_han else 6)), part, (150, 153, 162), face)
            left += round(face.getlength(part))
        for wide, frames in zip(widths, formats, strict=True):
            for frame in frames:
                sheet.paste(frame.resize((wide, _ROW), Image.Resampling.LANCZOS), (x, y + _HEAD))
                x += wide + _GAP
            x += _GAP
    return sheet


def _runs(text: str) -> list[tuple[str, bool]]:
    """Split where the script changes: no one font has both."""
    runs: list[tuple[str, bool]] = []
    for character in text:
        is_han = "\u2e80" <= character <= "\uffef"
        if runs and runs[-1][1] is is_han:
            runs[-1] = runs[-1][0] + character, is_han
        else:
            runs.append((character, is_han))
    return runs


def write(sheet: Image.Image, path: Path) -> None:
    """As a JPEG of less than `LARGEST` bytes."""
    for quality in (88, 82, 76, 68):
        sheet.save(path, quality=quality, optimize=True)
        if path.stat().st_size < LARGEST:
            return
    raise ValueError(f"{path.name} is larger than {LARGEST} bytes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
