"""Make films of what people hand in, in three formats, and check each: `python -m bench.gallery`.

Writes the table of checks into docs/gallery.md, and sheets of frames into a folder. The pages and photos are
those of npm packages, which are installed for the run; nothing of them is kept in the repository.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from bench import document
from bench.gallery_checks import Checked, check
from bench.gallery_inputs import Input, inputs
from bench.looks import FORMATS, draw
from studio.director.direct import direct
from studio.director.language import read_instruction
from studio.director.vocabulary import Aspect
from studio.draft import Draft
from studio.render.sources import Source

DOCUMENT = document.ROOT / "docs" / "gallery.md"
_FRAMES, _COLUMNS, _GAP = 8, 4, 6
_ROWS = {Aspect.WIDE: 270, Aspect.TALL: 480, Aspect.SQUARE: 360}
"""The height of a frame on a sheet."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.gallery", description="Check films of many inputs."
    )
    parser.add_argument(
        "--only", metavar="WORD", help="inputs whose name has the word; the document is left alone"
    )
    parser.add_argument(
        "--also",
        metavar="WORDS",
        default="",
        help="add words to each instruction; the document is left alone",
    )
    parser.add_argument("--sheets", type=Path, metavar="FOLDER", help="write a sheet of frames of each film")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    rows: list[list[str]] = []
    failed = longest = 0.0
    with tempfile.TemporaryDirectory() as scratch, inputs(Path(scratch)) as given:
        for usual in given:
            if options.only and options.only not in usual.name:
                continue
            one = replace(usual, instruction=f"{usual.instruction}{options.also and ', '}{options.also}")
            for aspect in FORMATS:
                began = time.process_time()
                draft = _directed(one, aspect)
                longest = max(longest, time.process_time() - began)
                checked = check(one, draft, _sources(one))
                failed += not checked.passes
                rows.append(_row(one, aspect, draft, checked))
                sys.stdout.write(f"{' | '.join(rows[-1])}\n")
                sys.stdout.flush()
                if options.sheets:
                    _write_sheet(one, aspect, draft, options.sheets)
    if not (options.only or options.also):
        head = ["Input", "Format", "Length", "Text cut", "Text over text", "Contrast under 4.5", "Static"]
        head += [
            "Blank",
            "Message by 2 s",
            "Read too fast",
            "Wrong ending",
            "Framings",
            "Alike",
            "Said twice",
        ]
        head += [
            "Filler",
            "Without text",
            "Things cut",
            "Over the subject",
            "Too small",
            "Flat",
            "Nothing to see",
        ]
        films = f"{len(rows)} films, {len(rows) - round(failed)} without a fault. The longest direction took"
        document.write(
            "gallery", f"{films} {longest:.1f} s of a processor.\n\n{document.table(head, rows)}", DOCUMENT
        )
    return int(failed > 0)


def _directed(given: Input, aspect: Aspect) -> Draft:
    draft = direct(replace(read_instruction(given.instruction), aspect=aspect), [given.media])
    if draft is None:
        raise ValueError(f"{given.name}: there is nothing to make a video from")
    return draft


def _sources(given: Input) -> dict[str, Source]:
    media = given.media
    return {media.id: Source(media.path, media.kind, media.name)} if media.path else {}


def _row(given: Input, aspect: Aspect, draft: Draft, checked: Checked) -> list[str]:
    return [
        given.name,
        str(aspect),
        f"{draft.duration / 1000:.1f} s",
        str(checked.text_cut),
        str(checked.text_over_text),
        str(checked.low_contrast),
        f"{checked.static_s:.1f} s",
        f"{checked.blank_s:.1f} s",
        "yes" if checked.has_message else "no",
        str(checked.unreadable),
        str(checked.wrong_ending),
        str(checked.framings),
        str(checked.alike),
        str(checked.said_twice),
        str(checked.filler),
        f"{checked.textless_s:.1f} s",
        str(checked.things_cut),
        str(checked.over_subject),
        str(checked.small),
        str(checked.flat),
        str(checked.empty),
    ]


def _write_sheet(given: Input, aspect: Aspect, draft: Draft, folder: Path) -> None:
    """Frames spread over the film in two rows, the first from its second second, the last at its end."""
    moments = [draft.duration * (number + 0.5) / _FRAMES for number in range(_FRAMES)]
    moments[0], moments[-1] = min(1500, moments[0]), draft.duration - 100
    frames = draw(draft, [given.media], [round(moment * draft.canvas.fps / 1000) for moment in moments])
    high = _ROWS[aspect]
    wide = round(high * aspect.size[0] / aspect.size[1])
    rows = -(-len(frames) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * (wide + _GAP), rows * (high + _GAP)), (60, 60, 60))
    for number, frame in enumerate(frames):
        place = (number % _COLUMNS) * (wide + _GAP), (number // _COLUMNS) * (high + _GAP)
        sheet.paste(frame.resize((wide, high), Image.Resampling.LANCZOS), place)
    folder.mkdir(parents=True, exist_ok=True)
    sheet.save(folder / f"{given.name.replace(' ', '-')}-{str(aspect).replace(':', 'x')}.png")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
