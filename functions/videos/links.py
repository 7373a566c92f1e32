"""Links that can be mailed: signed, of limited life, and pointing at our own address.

A link to S3 dies with the credentials that signed it, hours later. So a mailed link leads to the
pipeline, which signs a fresh one at each visit.
"""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import quote, urlencode

from videos.models import Video


def watch_url(public_url: str, video: Video) -> str:
    """The address where people watch the video, until the video expires."""
    expires = str(int(video.expires_at.timestamp()))
    query = urlencode({"expires": expires, "signature": _signature(video, expires)})
    return f"{public_url.rstrip('/')}/watch/{quote(video.video_id)}?{query}"


def may_watch(video: Video, *, expires: str, signature: str, now: datetime) -> bool:
    """Whether a visitor's link is one of ours and still alive."""
    genuine = hmac.compare_digest(_signature(video, expires).encode(), signature.encode())
    return genuine and int(expires) > now.timestamp()


def _signature(video: Video, expires: str) -> str:
    text = f"{video.video_id}:{expires}".encode()
    return hmac.new(video.link_key.encode(), text, hashlib.sha256).hexdigest()
