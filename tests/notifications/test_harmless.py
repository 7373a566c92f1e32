"""Whatever strangers write, it reaches each channel as text, and within that channel's limits."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from notifications.chat import chat_notification_of
from notifications.mail import mail_of
from notifications.notice import notice_of
from notifications.plain import escaped, one_line
from notifications.slack import slack_message_of
from tests.notifications.samples import announcements
from videos.events.announcements import Announcement, VideoEnded
from videos.model.records import Status

READY = announcements()["ready"]
TRICKS = [
    "<!channel>",
    "<@U1>",
    "<https://e.example|Watch>",
    "</td><script>x</script>",
    "\u202e",
    "\r\nBcc: x",
    "&" * 9,
    "[Watch](https://e.example)",
    "![x](https://e.example/a.png)",
]
words = st.one_of(st.sampled_from(TRICKS), st.text(max_size=40)).map(lambda text: text * 200)
wordings = st.fixed_dictionaries(
    {
        "name": words,
        "instruction": words,
        "message": words,
        "advice": words,
        "timeline": words,
        "agent_says": words,
        "changes": st.lists(words, max_size=3).map(tuple),
    }
)


def told_with(wording: dict[str, Any], status: Status = Status.READY) -> VideoEnded:
    assert isinstance(READY, VideoEnded)
    return READY.model_copy(update={**wording, "status": status, "version": 2})


@given(wordings, st.sampled_from([Status.READY, Status.FAILED, Status.NEEDS_ANSWER, Status.CANCELLED]))
def test_slack_takes_it_and_calls_nobody(wording: dict[str, Any], status: Status) -> None:
    message = slack_message_of(notice_of(told_with(wording, status)))
    for block in Block.parse_all(message.blocks):
        block.validate_json()
    assert len(message.text) <= 3000
    assert "<" not in message.text
    for kind, text in _texts(message.blocks):
        assert 0 < len(text) <= (150 if kind == "plain_text" else 3000)
        assert kind == "plain_text" or "<" not in text
    fields = [field for block in message.blocks for field in block.get("fields", [])]
    assert [len(field["text"]) for field in fields if len(field["text"]) > 2000] == []


@given(wordings)
def test_the_chat_takes_it_and_follows_no_link_of_theirs(wording: dict[str, Any]) -> None:
    told = told_with(wording)
    message = chat_notification_of(told, notice_of(told))
    content = message["content"]
    assert len(content["title"]) <= 250
    assert len(content["description"]) <= 8000
    *advice, watch, download, edit = content["nextSteps"]
    theirs = "".join([content["title"], content["description"], *advice])
    assert not set("<[]") & set(theirs)  # the schema reads Markdown as well
    assert [len(step) for step in advice if len(step) > 350] == []
    names = [link.rpartition("|")[2] for link in (watch, download, edit)]
    assert names == ["Watch or change it>", "Download>", "Open in NemoVideo>"]
    assert len(json.dumps(message)) < 64_000


@given(wordings)
def test_a_mail_has_one_short_subject_and_no_markup_of_theirs(wording: dict[str, Any]) -> None:
    mail = mail_of(notice_of(told_with(wording)))
    assert 0 < len(mail.subject) < 100
    assert not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in mail.subject)
    ours = mail_of(
        notice_of(told_with(dict.fromkeys(wording, "x") | {"changes": ("x",) * len(wording["changes"])}))
    )
    # Their text may add or take whole rows, as empty text does, but never a tag of another kind.
    assert mail.html.count("<script") == mail.html.count("<img src=x") == 0
    assert mail.html.count("<a ") == ours.html.count("<a ")


@given(wordings)
def test_no_line_of_a_mail_is_forged(wording: dict[str, Any]) -> None:
    known = (
        "What to do:",
        "Watch or change it:",
        "Download:",
        "Open in NemoVideo:",
        "Instruction:",
        "Made from:",
        "The agent says:",
        "Changed:",
    )
    text = mail_of(notice_of(told_with(wording))).text
    for opening in known:
        assert sum(line.startswith(opening) for line in text.splitlines()) <= 1


@pytest.mark.parametrize("announcement", announcements().values(), ids=announcements())
def test_nobody_without_a_key_is_told_to_call_the_api(announcement: Announcement) -> None:
    mail, message = mail_of(notice_of(announcement)), slack_message_of(notice_of(announcement))
    for text in (mail.text, mail.html, json.dumps(message.blocks)):
        assert "POST" not in text
        assert "/v1/videos" not in text


def test_the_first_thing_to_open_is_the_page_for_changes() -> None:
    for name, label in (("ready", "Watch or change it"), ("needs-answer", "Answer")):
        told = announcements()[name]
        assert isinstance(told, VideoEnded)
        assert told.change_url is not None
        assert notice_of(told).addresses[0] == (label, told.change_url)
        assert f"{label}: {told.change_url}" in mail_of(notice_of(told)).text
        buttons = slack_message_of(notice_of(told)).blocks
        assert told.change_url in json.dumps(buttons)
        assert [url for _, url in notice_of(told).addresses if "change=" in url] == [told.change_url]


def test_a_stack_without_change_links_leads_to_watching() -> None:
    told = announcements()["ready-version-2"]
    assert isinstance(told, VideoEnded)
    assert told.change_url is None
    assert [name for name, _ in notice_of(told).addresses] == ["Watch", "Download"]


@given(st.text(max_size=300), st.integers(2, 100))
def test_a_line_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text(max_size=300), st.integers(8, 400))
def test_escaping_keeps_entities_whole(text: str, limit: int) -> None:
    shown = escaped(text, limit)
    assert len(shown) <= limit
    rest = shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set(rest) & set("&<>")


@pytest.mark.parametrize("word", ["👩\u200d💻", "کتاب\u200cدوست", "你好", "Übergröße"])
def test_words_of_all_languages_stay_whole(word: str) -> None:
    assert one_line(f"\u202e{word}\x00", 50) == word


@pytest.mark.parametrize("announcement", announcements().values(), ids=announcements())
def test_what_is_announced_names_no_moment_without_its_zone(announcement: Announcement) -> None:
    assert announcement.at.astimezone(UTC) <= datetime.now(UTC)


def _texts(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Kind and content of each text object."""
    if isinstance(value, dict):
        if value.get("type") in {"plain_text", "mrkdwn"}:
            yield value["type"], value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
