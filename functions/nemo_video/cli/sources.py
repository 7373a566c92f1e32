"""What people type after `nemo-video make`: files, a URL, and a sentence, in any order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

_ADDRESS: Final = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
_FILE_NAME: Final = re.compile(r"\S*(/|\\|\.[A-Za-z0-9]{2,5}$)\S*")
"""A word that looks like a path, or ends like the name of a file."""


@dataclass(frozen=True)
class Sources:
    """What a video is made from."""

    files: tuple[Path, ...]
    url: str | None
    instruction: str | None


def sources_of(words: Sequence[str]) -> Sources:
    """Sort the arguments.

    Raises:
        click.UsageError: There is no such file, or there are two sentences or two URLs.
    """
    files: list[Path] = []
    urls: list[str] = []
    sentences: list[str] = []
    for word in words:
        if _ADDRESS.fullmatch(word):
            urls.append(word)
        elif _is_file(word):
            files.append(Path(word))
        elif _FILE_NAME.fullmatch(word):
            raise click.UsageError(f"There is no file {word}. Check its name.")
        else:
            sentences.append(word)
    if len(sentences) > 1:
        raise click.UsageError(
            f"There are two sentences: “{sentences[0]}” and “{sentences[1]}”."
            " Put one sentence into quotation marks."
        )
    if len(urls) > 1:
        raise click.UsageError(f"There are two URLs: {urls[0]} and {urls[1]}. A video can have one.")
    return Sources(tuple(files), urls[0] if urls else None, sentences[0] if sentences else None)


def _is_file(word: str) -> bool:
    try:
        path = Path(word)
        if path.is_dir():
            raise click.UsageError(f"{word} is a folder. Name its files, or use: nemo-video watch {word}")
        return path.exists()
    except (OSError, ValueError):  # a sentence may be too long for a name
        return False
