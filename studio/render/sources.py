"""The media a draft uses, and what is said of them when they cannot be read."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import av.error

from studio.errors import UnsupportedFileError
from studio.media import animations, containers, picture_files
from studio.media.items import Kind


@dataclass(frozen=True)
class Source:
    path: Path
    kind: Kind
    name: str
    """What the person who uploaded it calls it."""

    @cached_property
    def end(self) -> float:
        """Seconds from the file's beginning to where both its picture and its sound have ended."""
        if containers.demuxer(self.path):
            return containers.ends_of(self.path).whole
        with picture_files.open_picture(self.path) as picture:
            return sum(animations.frames(picture)) / 1000

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Errors of a decoder are reported with the file's name.

        Raises:
            UnsupportedFileError: the file cannot be read or decoded.
        """
        try:
            yield
        except UnsupportedFileError as error:
            raise UnsupportedFileError(f"“{self.name}” cannot be used: {error.message}") from error
        except FileNotFoundError as error:
            raise UnsupportedFileError(f"“{self.name}” is not there any more. Upload it again.") from error
        # Decoders report damage as any of these.
        except (av.error.FFmpegError, OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
            raise UnsupportedFileError(
                f"“{self.name}” cannot be used: it is damaged or incomplete. Upload it again."
            ) from error
