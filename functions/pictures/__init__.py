"""Pictures that the backend does not take, such as those of phones: found on the web, and converted.

Implements `videos.model.ports.Pictures`. The libraries that decode are a layer of the one function that
uploads.
"""

from dataclasses import dataclass
from typing import BinaryIO

from pictures.converting import converted
from pictures.fetching import fetched
from safe_http.guard import Guard
from videos.model.errors import RefusedError
from videos.model.ports import Picture


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
            return converted(*found)
        except RefusedError:
            return None  # the backend is asked, and says what is wrong
