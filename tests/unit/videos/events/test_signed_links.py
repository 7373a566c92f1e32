from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.unit.videos.samples import NOW, a_video
from videos.events.signed_links import may_watch, watch_url

VIDEO = a_video()
END = VIDEO.expires_at


def _link() -> dict[str, str]:
    query = parse_qs(urlsplit(watch_url("https://videos.example", VIDEO)).query, strict_parsing=True)
    return {name: values[0] for name, values in query.items()}


def test_a_link_leads_to_our_own_address() -> None:
    link = urlsplit(watch_url("https://videos.example/live/", VIDEO))
    assert (link.scheme, link.netloc, link.path) == (
        "https",
        "videos.example",
        f"/live/watch/{VIDEO.video_id}",
    )


@pytest.mark.parametrize(
    ("now", "opens"),
    [(NOW, True), (END - timedelta(seconds=1), True), (END, False), (END + timedelta(days=400), False)],
)
def test_a_link_works_until_the_video_expires(now: datetime, *, opens: bool) -> None:
    assert may_watch(VIDEO, **_link(), now=now) is opens


@pytest.mark.parametrize(
    "change",
    [
        {"expires": str(int(END.timestamp()) + 1)},
        {"expires": ""},
        {"expires": "-1"},
        {"expires": "1e99"},
        {"expires": "٣٣"},
        {"expires": "9" * 5000},
        {"expires": f" {int(END.timestamp())}"},
        {"expires": f"0{int(END.timestamp())}"},
        {"signature": ""},
        {"signature": "ü"},
        {"signature": _link()["signature"].upper()},
        {"signature": _link()["signature"][:-1]},
        {"signature": "0" * 64},
        {"expires": "", "signature": ""},
    ],
)
def test_a_forged_link_does_not_open(change: dict[str, str]) -> None:
    assert not may_watch(VIDEO, **(_link() | change), now=NOW)


@pytest.mark.parametrize("change", [{"link_key": "another key"}, {"video_id": "vid-another"}])
def test_a_link_opens_one_video_and_no_other(change: dict[str, str]) -> None:
    assert not may_watch(VIDEO.model_copy(update=change), **_link(), now=NOW)


def test_the_key_is_not_in_the_link() -> None:
    assert VIDEO.link_key not in watch_url("https://videos.example", VIDEO)
