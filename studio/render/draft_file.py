"""Rendering a draft that lies in a file, beside the media it uses."""

import json
from pathlib import Path

from studio.draft import parse_draft
from studio.errors import UnusableDraftError
from studio.media.probe import probe
from studio.render.job import Progress, render_video
from studio.render.sources import Source


def render_draft(draft: Path, output: Path, media_dir: Path, progress: Progress) -> None:
    """Render a draft whose segments name files of a folder as their `src`.

    Raises:
        UnusableDraftError: the file is not a draft, or asks for what cannot be rendered.
        UnsupportedFileError: a medium is missing or cannot be decoded; the message names it.
        OSError: the draft cannot be read, or the output cannot be written.
    """
    try:
        parsed = parse_draft(json.loads(draft.read_bytes()))
    except ValueError as error:
        raise UnusableDraftError(f"{draft.name} is not a draft: {error}.") from error
    folder = media_dir.resolve()
    sources = {}
    for name in sorted(parsed.sources):
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise UnusableDraftError(f"The draft uses a file outside {media_dir}: {name}.")
        if not path.is_file():
            raise UnusableDraftError(f"The draft uses a file that {media_dir} does not have: {name}.")
        sources[name] = Source(path, probe(path, name).kind, name)
    render_video(parsed, sources, output, progress)
