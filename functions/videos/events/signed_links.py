"""Links that can be mailed: signed, of limited life, and pointing at our own address.

A link to S3 dies with the credentials that signed it, hours later. So a mailed link leads to the
pipeline, which signs a fresh one at each visit.
"""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

from videos.model.batch import RESULTS_FILE, Batch
from videos.model.video import Deleted, Video

VIDEO_FILE, DOWNLOAD_FILE, POSTER_FILE = "play.mp4", "video.mp4", "poster.jpg"


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


def edits_url(public_url: str, video: Video) -> str:
    """Where the next instruction is posted to; it takes a key."""
    return f"{public_url.rstrip('/')}/v1/videos/{quote(video.video_id)}/edits"


def batch_url(public_url: str, batch_id: str) -> str:
    """Where a batch is looked at, with a link to its results; it takes a key."""
    return f"{public_url.rstrip('/')}/v1/batches/{quote(batch_id)}"


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


def _expires(batch: Batch) -> str:
    return str(int(batch.expires_at.timestamp()))


def _results_signature(batch: Batch) -> str:
    text = f"results:{batch.batch_id}:{_expires(batch)}".encode()
    return hmac.new(batch.secret.encode(), text, hashlib.sha256).hexdigest()


def _signature(video: Video | Deleted, expires: str) -> str:
    text = f"{video.video_id}:{expires}".encode()
    return hmac.new(video.link_key.encode(), text, hashlib.sha256).hexdigest()
