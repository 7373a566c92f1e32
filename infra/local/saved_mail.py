"""The mail of a demo as one file that can be opened later."""

import base64
from dataclasses import replace
from urllib.parse import quote

from notifications.mail import mail_of
from notifications.notice import notice_of
from videos.events.announcements import VideoEnded, WatchLinks


def saved_mail(announcement: VideoEnded, *, film: str, poster: bytes) -> str:
    """Return the mail as HTML that needs nothing but itself and the video beside it.

    The poster (JPEG bytes) is inside. The buttons open `film`, the name of the MP4 in the same folder.
    Left out is what works only while the cloud runs: the page for changes, and when links expire.
    """
    notice = notice_of(announcement)
    if notice.links:
        address = quote(film)
        links = WatchLinks(
            watch=address,
            download=address,
            poster=f"data:image/jpeg;base64,{base64.b64encode(poster).decode()}",
            expires_at=notice.links.expires_at,
        )
        notice = replace(notice, links=links)
    return mail_of(replace(notice, change=None, footnote=None)).html
