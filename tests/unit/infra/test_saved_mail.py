"""The mail that a demo leaves behind opens without the cloud that sent it."""

import base64
import re
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from infra.local.saved_mail import saved_mail
from tests.notifications.samples import announcements
from videos.events.announcements import VideoEnded

POSTER = Path(__file__).parents[3] / "docs" / "sample" / "poster.jpg"


def _ready() -> VideoEnded:
    announcement = announcements()["ready"]
    assert isinstance(announcement, VideoEnded)
    assert announcement.links
    return announcement


def _page(film: str) -> LexborHTMLParser:
    return LexborHTMLParser(saved_mail(_ready(), film=film, poster=POSTER.read_bytes()))


def test_the_poster_is_in_the_file() -> None:
    (picture,) = _page("kettle.mp4").css("img")
    kind, content = (picture.attributes["src"] or "").split(",", 1)
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(content) == POSTER.read_bytes()


def test_every_link_opens_the_video_beside_it() -> None:
    page = _page("Summer sale, 50 % off #1.mp4")
    links = {link.attributes["href"] for link in page.css("a")}
    assert links == {"Summer%20sale%2C%2050%20%25%20off%20%231.mp4"}


def test_no_address_of_the_stopped_cloud_is_left() -> None:
    page = saved_mail(_ready(), film="kettle.mp4", poster=POSTER.read_bytes())
    assert not re.search(r"https?://|s3://", page)
    assert "The links work until" not in page
