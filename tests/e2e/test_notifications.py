"""What people and machines are told, through the deployed template."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Pipeline
from tests.support import http

HOSTILE_NAME = "<!channel> <b>x<b> & \u202egnp.exe.png"
HOSTILE_INSTRUCTION = (
    'Make a 3 second video without a title"><script>alert(1)</script> <https://evil.example|Watch> *bold*'
)
SEEN_NAME = "<!channel> <b>x<b> & gnp.exe.png"
TURNS_THE_LINE = "\u202e"


class Mail(HTMLParser):
    """The HTML of a mail: its elements, and all of its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> set[str]:
        """All values of an attribute."""
        return {value for _, attributes in self.elements if (value := attributes.get(name))}


@pytest.fixture(scope="module")
def plain(pipeline: Pipeline, page: bytes) -> str:
    """A video that is ready, of a name and an instruction without guile."""
    video_id = pipeline.drop("inbox/Kettle.png", page, "Make a 3 second video without a title")
    assert pipeline.ended(video_id)["status"] == "ready"
    return video_id


@pytest.fixture(scope="module")
def hostile(pipeline: Pipeline, page: bytes) -> str:
    """A video that is ready, of a name and an instruction that would be more than text."""
    video_id = pipeline.drop(f"inbox/{HOSTILE_NAME}", page, HOSTILE_INSTRUCTION)
    assert pipeline.ended(video_id)["status"] == "ready"
    return video_id


@pytest.mark.thorough
def test_the_event_holds_the_name_as_it_is(pipeline: Pipeline, hostile: str) -> None:
    event = pipeline.notification(hostile)
    assert (event["name"], event["instruction"]) == (HOSTILE_NAME, HOSTILE_INSTRUCTION)


@pytest.mark.thorough
def test_in_slack_a_hostile_name_is_text_that_calls_nobody(pipeline: Pipeline, hostile: str) -> None:
    message = pipeline.posted(hostile)
    assert TURNS_THE_LINE not in json.dumps(message, ensure_ascii=False)
    assert message["text"].startswith("✅ Ready: &lt;!channel&gt; &lt;b&gt;x&lt;b&gt; &amp; gnp.exe.png")
    marked = [message["text"], *(item["text"] for item in _objects(message) if item.get("type") == "mrkdwn")]
    assert len(marked) > 3
    assert not [text for text in marked if "<" in text]
    assert any("&lt;https://evil.example|Watch&gt;" in text for text in marked)
    assert all(item["verbatim"] for item in _objects(message) if item.get("type") == "mrkdwn")


@pytest.mark.thorough
def test_in_a_mail_it_makes_neither_lines_nor_elements(pipeline: Pipeline, hostile: str, plain: str) -> None:
    text, html = pipeline.mailed(hostile), Mail(pipeline.mailed(hostile).with_suffix(".html").read_text())
    ordinary = Mail(pipeline.mailed(plain).with_suffix(".html").read_text())
    assert text.read_text().startswith(f"Subject: Ready: {SEEN_NAME} (3 s)\n\n")
    assert TURNS_THE_LINE not in text.read_text() + html.text
    assert "script" not in {tag for tag, _ in html.elements}
    assert {tag for tag, _ in html.elements} <= {tag for tag, _ in ordinary.elements}
    assert SEEN_NAME in html.text
    assert "<script>alert(1)</script>" in html.text
    event = pipeline.notification(hostile)
    links = {event["change_url"], event["links"]["download"]}
    assert {link for link in html.attributes("href") if link.startswith("http")} >= links
    assert not [link for link in html.attributes("href") | html.attributes("src") if "evil" in link]


@pytest.mark.door("notification")
def test_all_who_are_told_get_the_same_links_and_these_work(pipeline: Pipeline, plain: str) -> None:
    event = pipeline.notification(plain)
    links = event["links"]
    html = Mail(pipeline.mailed(plain).with_suffix(".html").read_text())
    buttons = {item["url"] for item in _objects(pipeline.posted(plain)) if item.get("type") == "button"}
    images = {item["image_url"] for item in _objects(pipeline.posted(plain)) if item.get("type") == "image"}
    assert buttons == {event["change_url"], links["download"], links["editor"]}
    assert event["change_url"].startswith(f"{links['watch']}&change=")
    assert images == {links["poster"]}
    assert links["poster"] in html.attributes("src")
    poster, film = (http.get(links[name], follow_redirects=True) for name in ("poster", "download"))
    assert (poster.status_code, poster.content[:3]) == (httpx.codes.OK, b"\xff\xd8\xff")
    assert (film.status_code, film.content[4:8]) == (httpx.codes.OK, b"ftyp")
    assert 'filename="Kettle.mp4"' in film.headers["Content-Disposition"]


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Every object in it, however deep."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
