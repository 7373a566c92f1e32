"""`python -m studio direct`: an instruction, files and addresses to a draft or a video, without a server."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from studio.director.direct import directed
from studio.director.language import read_instruction
from studio.director.not_done import listed
from studio.director.writer import writer_from
from studio.draft import Draft
from studio.errors import BadRequestError
from studio.isolation.processes import Isolation
from studio.media import browser, fetching, intake
from studio.media.addresses import Reachable
from studio.media.browser import IsolatedBrowser
from studio.media.intake import Access
from studio.media.items import Media

LARGEST = 500_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("instruction", help="what the video shall be, in English or Chinese")
    parser.add_argument("media", nargs="*", help="pictures, clips and sounds, or addresses of pages")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="a .json file for the draft, or an .mp4 file for the video (default: the draft is printed)",
    )


def run(options: argparse.Namespace) -> int:
    """Direct, and render where a video is asked for.

    Raises:
        StudioError: something given cannot be used; the message says what, and what to do.
    """
    logging.basicConfig(format="%(message)s")
    output: Path | None = options.output
    if output is not None and output.suffix not in {".json", ".mp4"}:
        raise BadRequestError(f"{output} must end in .json (the draft) or .mp4 (the video).")
    with TemporaryDirectory() as scratch:
        media = asyncio.run(_take_in(options.media, Path(scratch)))
        made = directed(read_instruction(options.instruction), media, writer_from(os.environ))
        if made is None:
            raise BadRequestError(
                "There is nothing to make a video from: give a file, an address, or a topic."
            )
        draft = made.draft
        if made.not_done:
            sys.stderr.write(f"{listed(made.not_done, chinese=False)}\n")
        if output is None or output.suffix == ".json":
            folder = output.parent if output else Path.cwd()
            _write(_beside(draft, media, folder, Path(scratch)), output)
        else:
            _render(draft, media, output)
    return 0


async def _take_in(given: Sequence[str], scratch: Path) -> list[Media]:
    """Media under the names that a draft in a file knows them by."""
    run = Isolation()
    program = browser.executable()
    shown = IsolatedBrowser(run, program, frozenset()) if program else None
    media: list[Media] = []
    async with fetching.client(Reachable()) as http:
        access = Access(http, run, shown, LARGEST)
        for what in given:
            if what.startswith(("http://", "https://")):
                media.append(await intake.from_url(access, what, scratch))
                continue
            media.append(_file(Path(what)))
            if any(other.id == media[-1].id for other in media[:-1]):
                raise BadRequestError(f"Two files are called {media[-1].id}: rename one of them.")
    run.close()
    return media


def _file(path: Path) -> Media:
    if not path.is_file():
        raise BadRequestError(f"There is no file {path}.")
    return intake.describe(path, path.name)


def _beside(draft: Draft, media: Sequence[Media], folder: Path, scratch: Path) -> Draft:
    """The draft with each source as a file name in its folder; what came from an address is put there."""
    names: dict[str, str] = {}
    for item in media:
        if item.path is None:
            continue
        name = item.name
        if item.path.is_relative_to(scratch):
            name = f"{item.name}{'' if Path(item.name).suffix in {'.jpg', '.png'} else '.jpg'}"
            copyfile(item.path, folder / name)
        names[item.id] = name
    renamed = draft.model_copy(deep=True)
    for shot in renamed.shots:
        shot.meta.src = names[shot.meta.src] if shot.meta.src else None
    if renamed.canvas.logo:
        renamed.canvas.logo.src = names[renamed.canvas.logo.src]
    for sound in renamed.sounds:
        sound.meta.src = names[sound.meta.src] if sound.meta.src else None
    return renamed


def _write(draft: Draft, output: Path | None) -> None:
    text = json.dumps(draft.to_wire(), ensure_ascii=False, indent=2)
    if output is None:
        sys.stdout.write(text + "\n")
    else:
        output.write_text(text + "\n")


def _render(draft: Draft, media: Sequence[Media], output: Path) -> None:
    # Libraries that take long to load are not needed for a draft.
    from rich.progress import Progress  # noqa: PLC0415

    from studio.render.job import render_video  # noqa: PLC0415
    from studio.render.sources import Source  # noqa: PLC0415

    sources = {item.id: Source(item.path, item.kind, item.name) for item in media if item.path}
    with Progress(transient=True) as progress:
        task = progress.add_task(output.name, total=100)
        render_video(draft, sources, output, lambda done: progress.update(task, completed=done))
