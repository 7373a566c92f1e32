"""What a request names to make a video of, found and pinned."""

from collections.abc import Callable
from typing import Protocol

from videos.media import InboxFile, Media, WebAddress
from videos.ports import Inbox, Uploads
from videos.requests import FieldError, VideoRequest
from videos.uploads import uploaded_file
from videos.video import Callback


class InboxWithUploads(Inbox, Uploads, Protocol):
    """Where dropped and uploaded files are."""


CheckUrl = Callable[[str, str], str]
"""Takes a field's name and the address in it, gives the address to use. Raises: FieldError."""


def media_of(
    request: VideoRequest, owner: str, *, bucket: str, inbox: InboxWithUploads, reachable: CheckUrl
) -> tuple[Media, ...]:
    """The media of a request, each in the version that is there now.

    Raises:
        FieldError: An address is forbidden or does not answer, or a file is not there.
    """
    media: list[Media] = []
    if request.url is not None:
        media.append(WebAddress(url=reachable("url", request.url)))
    for upload_id in request.upload_ids:
        try:
            media.append(uploaded_file(owner, upload_id, bucket, inbox))
        except FileNotFoundError as error:
            raise FieldError(
                "upload_ids", f"nothing was uploaded as “{upload_id}”; POST /v1/uploads gives a form for it."
            ) from error
    for field, keys in (("s3_key", [request.s3_key] if request.s3_key else []), ("s3_keys", request.s3_keys)):
        media += [pinned(field, InboxFile(bucket=bucket, key=key), inbox) for key in keys]
    return tuple(media)


def pinned(field: str, file: InboxFile, inbox: Inbox) -> InboxFile:
    """The version that is there now, so that what is overwritten later does not change the job.

    Raises:
        FieldError: There is none.
    """
    try:
        return file.model_copy(update={"version_id": inbox.describe(file).version_id})
    except (FileNotFoundError, PermissionError) as error:
        raise FieldError(
            field, f"there is no “{file.key}” in the inbox bucket; upload it there first."
        ) from error


def callback_of(request: VideoRequest, allowed: CheckUrl) -> Callback | None:
    """Who wants to be called back, if anybody does.

    Raises:
        FieldError: The address is forbidden.
    """
    if request.callback_url is None:
        return None
    url = allowed("callback_url", request.callback_url)
    return Callback(url=url, on_start=request.callback_on_start)
