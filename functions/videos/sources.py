"""What a request names to make a video of, found and pinned."""

from collections.abc import Callable

from videos.media import Media, WebAddress
from videos.ownership import NamedObjects
from videos.requests import VideoRequest
from videos.video import Callback

CheckUrl = Callable[[str, str], str]
"""Takes a field's name and the address in it, gives the address to use. Raises: FieldError."""


def media_of(
    request: VideoRequest, owner: str, *, objects: NamedObjects, reachable: CheckUrl
) -> tuple[Media, ...]:
    """The media of a request, each in the version that is there now.

    Raises:
        FieldError: An address is forbidden or does not answer, or there is no such file for this owner.
    """
    media: list[Media] = []
    if request.url is not None:
        media.append(WebAddress(url=reachable("url", request.url)))
    media += [objects.uploaded("upload_ids", upload_id, owner) for upload_id in request.upload_ids]
    if request.s3_key is not None:
        media.append(objects.named("s3_key", request.s3_key, owner))
    media += [objects.named("s3_keys", key, owner) for key in request.s3_keys]
    return tuple(media)


def callback_of(request: VideoRequest, allowed: CheckUrl) -> Callback | None:
    """Who wants to be called back, if anybody does.

    Raises:
        FieldError: The address is forbidden.
    """
    if request.callback_url is None:
        return None
    url = allowed("callback_url", request.callback_url)
    return Callback(url=url, on_start=request.callback_on_start)
