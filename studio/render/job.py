"""One render, from its job to its file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.draft import parse_draft
from studio.media import Kind
from studio.render.encode import encode
from studio.render.film import Film, Source
from studio.render.sound import soundtrack


def render(job: dict[str, Any], output: Path, progress: Callable[[float], None]) -> None:
    """Write the video; the file appears under its name only when it is whole."""
    draft = parse_draft(job["draft"])
    sources = {id_: Source(Path(item["path"]), Kind(item["kind"])) for id_, item in job["media"].items()}
    files = {id_: source.path for id_, source in sources.items()}
    film = Film(draft, sources)
    sound = soundtrack(draft.sounds, files, film.frames / film.fps)
    unfinished = output.with_suffix(".part")
    encode(unfinished, film, sound, progress)
    unfinished.replace(output)
