from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_video
from videos.events.signed_links import change_link_of, change_url, may_watch, watch_url
from videos.model.video import Video

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


def _token(video: Video = VIDEO, version: int = 1) -> str:
    url = change_url("https://videos.example", video, version=version, since=NOW, days=7)
    (token,) = parse_qs(urlsplit(url).query)["change"]
    return token


def test_a_change_link_is_a_watch_link_and_a_permission_beside_it() -> None:
    url = change_url("https://videos.example/live/", VIDEO, version=2, since=NOW, days=7)
    assert url == f"{watch_url('https://videos.example/live/', VIDEO)}&change={_token(version=2)}"
    link = change_link_of(VIDEO, _token(version=2))
    assert link is not None
    assert link.link_id == "2"
    assert link.is_alive(NOW + timedelta(days=7, seconds=-1))
    assert not link.is_alive(NOW + timedelta(days=7))


def test_no_change_link_outlives_its_video() -> None:
    url = change_url("https://videos.example", VIDEO, version=1, since=END - timedelta(days=1), days=7)
    (token,) = parse_qs(urlsplit(url).query)["change"]
    link = change_link_of(VIDEO, token)
    assert link is not None
    assert link.expires == int(END.timestamp())


def test_scopes_are_apart() -> None:
    """What permits watching permits no change, and the other way round, whatever is named the same."""
    watching = _link()
    link_id, expires, signature = _token().split(".")
    assert not may_watch(VIDEO, expires=expires, signature=signature, now=NOW)
    assert change_link_of(VIDEO, f"{link_id}.{watching['expires']}.{watching['signature']}") is None
    assert signature != watching["signature"]


@given(st.text(max_size=120) | st.from_regex(r"[0-9]{1,5}\.[0-9]{1,13}\.[0-9a-f]{64}", fullmatch=True))
def test_whatever_is_sent_is_no_change_link(text: str) -> None:
    assert change_link_of(VIDEO, text) is None


@given(st.data())
def test_no_character_of_a_change_link_can_be_another(data: st.DataObject) -> None:
    token = _token()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters().filter(lambda character: character != token[place]))
    assert change_link_of(VIDEO, token[:place] + other + token[place + 1 :]) is None
