"""What a request names to make a video of, found and pinned."""

from collections.abc import Callable
from dataclasses import dataclass

from videos.model.media import Media, WebAddress
from videos.model.video import Webhook
from videos.requests.link_files import with_scheme
from videos.requests.options import VideoRequest
from videos.requests.ownership import NamedObjects

CheckUrl = Callable[[str, str], str]
"""Takes a field's name and the address in it, gives the address to use. Raises: FieldError."""


@dataclass(frozen=True)
class Reached:
    """An address that may be fetched; `warning` says why it could not be checked."""

    url: str
    warning: str | None = None


Reach = Callable[[str, str], Reached]
"""Takes a field's name and the address in it, and asks there. Raises: FieldError."""


@dataclass(frozen=True)
class Sources:
    """What a video is made of, and what its owner should know of that."""

    media: tuple[Media, ...]
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Sources") -> "Sources":
        return Sources(self.media + other.media, self.warnings + other.warnings)


def sources_of(request: VideoRequest, owner: str, *, objects: NamedObjects, reachable: Reach) -> Sources:
    """The media of a request, each in the version that is there now.

    Raises:
        FieldError: An address is forbidden, or there is no such page, or no such file for this owner.
    """
    sources = Sources(())
    if request.url is not None:
        sources = page_at("url", request.url, reachable)
    media: list[Media] = [
        objects.uploaded("upload_ids", upload_id, owner) for upload_id in request.upload_ids
    ]
    if request.s3_key is not None:
        media.append(objects.named("s3_key", request.s3_key, owner))
    media += [objects.named("s3_keys", key, owner) for key in request.s3_keys]
    return sources + Sources(tuple(media))


def page_at(field: str, url: str, reachable: Reach) -> Sources:
    """Return the page or file at an address; people leave out `https://`.

    Raises:
        FieldError: It is forbidden, or there is no such page.
    """
    reached = reachable(field, with_scheme(url))
    return Sources((WebAddress(url=reached.url),), (reached.warning,) if reached.warning else ())


def webhook_of(request: VideoRequest, allowed: CheckUrl) -> Webhook | None:
    """Who wants to be called back, if anybody does.

    Raises:
        FieldError: The address is forbidden.
    """
    if request.callback_url is None:
        return None
    url = allowed("callback_url", request.callback_url)
    return Webhook(url=url, on_start=request.callback_on_start, on_progress=request.callback_on_progress)
