"""Links that can be mailed: signed, of limited life, and pointing at our own address.

A link to S3 dies with the credentials that signed it, hours later. So a mailed link leads to the
pipeline, which signs a fresh one at each visit.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

from videos.model.batch import RESULTS_FILE, Batch
from videos.model.video import Deleted, Video

VIDEO_FILE, DOWNLOAD_FILE, POSTER_FILE = "play.mp4", "video.mp4", "poster.jpg"
CAPTIONS_FILE = "captions.vtt"
CHANGE: Final = "change"
"""The parameter of a watch link that also permits changes."""

_CHANGE_TOKEN: Final = re.compile(r"([1-9][0-9]{0,3})\.([0-9]{1,12})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """A genuine permission to change one video, until it expires.

    `link_id` is the number of the version whose end was announced with it. Spending is counted by it.
    """

    link_id: str
    token: str
    expires: int

    def is_alive(self, now: datetime) -> bool:
        """Return whether it has not expired."""
        return self.expires > now.timestamp()


def watch_url(public_url: str, video: Video) -> str:
    """The address where people watch the video, until the video expires."""
    return f"{_page(public_url, video)}?{_signed(video)}"


def video_url(public_url: str, video: Video, version: int) -> str:
    """Return the address from which a version is played, for as long."""
    return f"{_page(public_url, video)}/{VIDEO_FILE}?{_signed(video, version=version)}"


def download_url(public_url: str, video: Video, version: int) -> str:
    """The address from which a version is downloaded, for as long."""
    return f"{_page(public_url, video)}/{DOWNLOAD_FILE}?{_signed(video, version=version)}"


def poster_url(public_url: str, video: Video, version: int) -> str:
    """The address of a version's poster, for as long."""
    return f"{_page(public_url, video)}/{POSTER_FILE}?{_signed(video, version=version)}"


def change_url(public_url: str, video: Video, *, version: int, since: datetime, days: int) -> str:
    """Return a watch link that also permits changes, for `days` days and no longer than the video is kept."""
    expires = min(since + timedelta(days=days), video.expires_at)
    token = _change_token(video, str(version), str(int(expires.timestamp())))
    return f"{watch_url(public_url, video)}&{urlencode({CHANGE: token})}"


def change_link_of(video: Video | Deleted, token: str) -> ChangeLink | None:
    """Return the permission that a token gives. None if it is not genuine, or of another video."""
    parts = _CHANGE_TOKEN.fullmatch(token)
    if parts is None:
        return None
    link_id, expires, _ = parts.groups()
    if not hmac.compare_digest(_change_token(video, link_id, expires), token):
        return None
    return ChangeLink(link_id=link_id, token=token, expires=int(expires))


def captions_url(public_url: str, video: Video, version: int) -> str:
    """Return the address of a version's captions, for as long."""
    return f"{_page(public_url, video)}/{CAPTIONS_FILE}?{_signed(video, version=version)}"


def edits_url(public_url: str, video: Video) -> str:
    """Where the next instruction is posted to; it takes a key."""
    return f"{public_url.rstrip('/')}/v1/videos/{quote(video.video_id)}/edits"


def batch_url(public_url: str, batch_id: str) -> str:
    """Where a batch is looked at, with a link to its results; it takes a key."""
    return f"{public_url.rstrip('/')}/v1/batches/{quote(batch_id)}"


def batch_page_url(public_url: str, batch_id: str) -> str:
    """Where people look at a batch, after they have signed in with a key. No server gets the part after #."""
    return f"{public_url.rstrip('/')}/#batch={quote(batch_id)}"


def sign_in_url(public_url: str, token: str) -> str:
    """Where somebody with a mailed link signs in. No server, and so no log, gets the part after #."""
    return f"{public_url.rstrip('/')}/#sign-in={token}"


def results_url(public_url: str, batch: Batch) -> str:
    """Return the address of a batch's results, which needs no key, until the batch expires."""
    query = urlencode({"expires": _expires(batch), "signature": _results_signature(batch)})
    return f"{public_url.rstrip('/')}/batches/{quote(batch.batch_id)}/{RESULTS_FILE}?{query}"


def may_read_results(batch: Batch, *, expires: str, signature: str, now: datetime) -> bool:
    """Return whether a link to the results of a batch is ours and still alive."""
    if expires != _expires(batch):
        return False
    genuine = hmac.compare_digest(_results_signature(batch).encode(), signature.encode(errors="replace"))
    return genuine and batch.expires_at > now


def may_watch(video: Video | Deleted, *, expires: str, signature: str, now: datetime) -> bool:
    """Return whether a visitor's link is one of ours and still alive."""
    if not expires.isascii():
        return False  # half a character has no bytes to be signed
    expected = _signature(video, expires)
    genuine = hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))
    return genuine and int(expires) > now.timestamp()


def _page(public_url: str, video: Video) -> str:
    return f"{public_url.rstrip('/')}/watch/{quote(video.video_id)}"


def _signed(video: Video, **query: int) -> str:
    expires = str(int(video.expires_at.timestamp()))
    signature = _signature(video, expires)
    return urlencode({**query, "expires": expires, "signature": signature})


def _change_token(video: Video | Deleted, link_id: str, expires: str) -> str:
    # The first word is the scope: what is signed for watching begins with the id of a video.
    text = f"change:{video.video_id}:{link_id}:{expires}".encode()
    return f"{link_id}.{expires}.{hmac.new(video.link_key.encode(), text, hashlib.sha256).hexdigest()}"


def _expires(batch: Batch) -> str:
    return str(int(batch.expires_at.timestamp()))


def _results_signature(batch: Batch) -> str:
    text = f"results:{batch.batch_id}:{_expires(batch)}".encode()
    return hmac.new(batch.secret.encode(), text, hashlib.sha256).hexdigest()


def _signature(video: Video | Deleted, expires: str) -> str:
    text = f"{video.video_id}:{expires}".encode()
    return hmac.new(video.link_key.encode(), text, hashlib.sha256).hexdigest()
