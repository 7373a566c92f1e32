"""Pictures found on the web, and those that the backend does not take, such as those of phones, converted.

Implements `videos.model.ports.Pictures`. The libraries that decode are a layer of the one function that
uploads.
"""

from dataclasses import dataclass
from typing import BinaryIO

from pictures.converting import converted
from pictures.fetching import fetched
from safe_http.guard import Guard
from videos.model.errors import RefusedError, UnusableUrlError
from videos.model.ports import Picture
from videos.model.redaction import shown_address


@dataclass(frozen=True)
class ConvertedPictures:
    """Implements `videos.model.ports.Pictures`."""

    guard: Guard
    contact: str
    """Where the owners of sites can reach the operator."""

    def converted(self, name: str, content: BinaryIO) -> Picture:
        return converted(name, content)

    def at(self, url: str) -> Picture | None:
        found = fetched(url, self.guard, contact=self.contact)
        if found is None:
            return None
        try:
            return converted(found.name, found.content)
        except RefusedError:
            return None  # the backend is asked, and says what is wrong

    def picture_at(self, url: str) -> Picture:
        found = fetched(url, self.guard, contact=self.contact, all_formats=True)
        if found is None:
            raise UnusableUrlError(
                f"There is no picture at {shown_address(url)}, or it cannot be fetched.",
                advice="Check that the URL opens a PNG, JPEG or WebP. Or upload the picture, and name that.",
            )
        if found.format.is_converted:
            return converted(found.name, found.content)
        return Picture(name=found.name, mime=found.format.mime, content=found.content.read())
