"""`python -m studio render`: a draft's file to a video, without a server."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("draft", type=Path, help="the draft as JSON; its `src` fields are file names")
    parser.add_argument("output", type=Path, help="the MP4")
    parser.add_argument(
        "--media-dir", type=Path, help="folder of those files (default: the folder of the draft)"
    )


def run(options: argparse.Namespace) -> None:
    """Render, and show how far it is.

    Raises:
        StudioError: the draft or one of its files cannot be used; the message names the place or the file.
        OSError: the draft cannot be read, or the video not be written.
    """
    # It takes its time to load, and the other commands do without it.
    from studio.render.draft_file import render_draft  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(options.output.name, total=100)
        render_draft(
            options.draft,
            options.output,
            options.media_dir or options.draft.parent,
            lambda percentage: progress.update(task, completed=percentage),
        )
        progress.update(task, completed=100)
