"""Every message fits the published schema of its channel, and the limits that the schema does not state."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import discord, teams
from notifications.notice import Notice, notice_of
from notifications.plain import one_line
from tests.notifications.samples import announcements
from tests.notifications.test_harmless import told_with, wordings
from videos.model.records import Status

SCHEMAS = Path(__file__).parent / "schemas"
NOTICES = {name: notice_of(announcement) for name, announcement in announcements().items()}
ENDS = [Status.READY, Status.FAILED, Status.NEEDS_ANSWER, Status.CANCELLED]
TEAMS_BYTES = 28_000
EMBED_CHARACTERS = 6_000


def _closed(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the schema with unknown properties forbidden. Discord ignores them, so an error is silent."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(item) for name, item in schema.items()}
    return closed | {"additionalProperties": False} if schema.get("type") == "object" else closed


CARD = jsonschema_rs.Draft6Validator(
    json.loads((SCHEMAS / "adaptive-card-1.4.0.json").read_text(encoding="utf-8"))
)
WEBHOOK = jsonschema_rs.Draft202012Validator(
    _closed(json.loads((SCHEMAS / "discord-webhook.json").read_text(encoding="utf-8"))), validate_formats=True
)


def _check_teams(notice: Notice) -> dict[str, Any]:
    body = teams.posting_of(notice).body
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= TEAMS_BYTES
    assert body.keys() == {"type", "attachments"}
    (attachment,) = body["attachments"]
    assert body["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card: dict[str, Any] = attachment["content"]
    CARD.validate(card)
    assert len(card["actions"]) <= 6
    return card


def _check_discord(notice: Notice) -> dict[str, Any]:
    body = discord.posting_of(notice).body
    WEBHOOK.validate(body)
    assert body["allowed_mentions"] == {"parse": []}
    for embed in body.get("embeds", []):
        texts = [embed["title"], embed["description"], embed.get("footer", {}).get("text", "")]
        texts += [text for field in embed["fields"] for text in field.values()]
        assert sum(map(len, texts)) <= EMBED_CHARACTERS
        assert all(text for field in embed["fields"] for text in field.values())
    for row in body.get("components", []):
        assert [button["style"] for button in row["components"]] == [5] * len(row["components"])
    return body


@pytest.mark.parametrize("name", NOTICES)
def test_each_message_fits_its_schema(name: str) -> None:
    _check_teams(NOTICES[name])
    _check_discord(NOTICES[name])


@given(wordings, st.sampled_from(ENDS))
def test_whatever_strangers_write_fits(wording: dict[str, Any], status: Status) -> None:
    notice = notice_of(told_with(wording, status))
    _check_teams(notice)
    _check_discord(notice)


@pytest.mark.parametrize("filling", ["👩", "*", "<", "&", "{", "W"])
def test_the_longest_message_fits(filling: str) -> None:
    long = filling * 5000
    names = ("name", "instruction", "message", "advice", "timeline", "agent_says")
    notice = notice_of(told_with(dict.fromkeys(names, long) | {"changes": (long,) * 3}))
    _check_teams(notice)
    _check_discord(notice)


@pytest.mark.parametrize(
    "broken",
    [
        {"content": "x" * 2001},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4097}]},
        {"embeds": [{"titel": "x"}]},
        {
            "components": [
                {"type": 1, "components": [{"type": 2, "style": 5, "url": "https://a.example/" * 40}]}
            ]
        },
        {"components": [{"type": 1, "components": [{"type": 2, "style": 5, "label": "x"}] * 6}]},
    ],
)
def test_the_schema_of_discord_sees_what_is_too_much(broken: dict[str, Any]) -> None:
    assert not WEBHOOK.is_valid(broken)


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlok", "text": "x"}]},
        {"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "RichTextBlock"}]},
        {"type": "AdaptiveCard", "version": "1.4", "actions": [{"type": "Action.OpenUrl", "title": "x"}]},
        {"type": "AdaptiveCard", "version": "1.4", "width": "full"},
    ],
)
def test_the_schema_of_cards_sees_what_is_wrong(broken: dict[str, Any]) -> None:
    assert not CARD.is_valid(broken)


def _of_type(card: Any, kind: str) -> list[Any]:  # noqa: ANN401 - JSON
    if isinstance(card, list):
        return [found for item in card for found in _of_type(item, kind)]
    if not isinstance(card, dict):
        return []
    own = [card] if card.get("type") == kind else []
    return own + [found for item in card.values() for found in _of_type(item, kind)]


@given(wordings, st.sampled_from(ENDS))
def test_teams_reads_no_markdown_of_theirs_and_calls_nobody(wording: dict[str, Any], status: Status) -> None:
    card = _check_teams(notice_of(told_with(wording, status)))
    # Teams reads Markdown in these alone.
    assert _of_type(card, "TextBlock") == _of_type(card, "FactSet") == []
    assert "msteams" not in card  # mentions are made there
    assert not any("{{" in run["text"] for run in _of_type(card, "TextRun"))


@given(wordings, st.sampled_from(ENDS))
def test_discord_sees_no_markup_of_theirs(wording: dict[str, Any], status: Status) -> None:
    (embed,) = _check_discord(notice_of(told_with(wording, status)))["embeds"]
    assert "url" not in embed
    theirs = [embed["title"], *(field["value"] for field in embed["fields"])]
    theirs += embed["description"].replace("\n**What to do:** ", "\n").splitlines()
    for text in theirs:
        assert _unescaped(text) & set("\\*_~`|<>@:#[]()") == set()
        assert not text.startswith(("-", "+", "#", ">"))


def _unescaped(text: str) -> set[str]:
    """The characters that no backslash stands before."""
    free, escaped = set(), False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            free.add(character)
    return free


@given(st.text(max_size=300), st.integers(8, 400))
def test_escaping_for_discord_loses_nothing_and_keeps_the_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    shown = discord.escaped(line, limit)
    assert len(shown) <= limit
    assert (len(shown) - len(shown.rstrip("\\"))) % 2 == 0, "the last backslash escapes nothing"
    assert discord.escaped(line, 10_000).replace("\\", "") == line.replace("\\", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone", r"\@everyone"),
        ("<@&123> <#4>", r"\<\@&123\> \<\#4\>"),
        ("[Watch](https://evil.example)", r"\[Watch\]\(https\://evil.example\)"),
        ("- a list", r"\- a list"),
        ("1. a list", r"1\. a list"),
        ("kettle_1.png", r"kettle\_1.png"),
        ("||hidden||", r"\|\|hidden\|\|"),
        ("a\\*b", r"a\\\*b"),
    ],
)
def test_discord_shows_what_was_written(text: str, shown: str) -> None:
    assert discord.escaped(text, 100) == shown


@pytest.mark.parametrize("name", ["ready", "needs-answer"])
def test_the_first_button_leads_to_the_page_for_changes(name: str) -> None:
    notice = NOTICES[name]
    assert notice.change is not None
    assert _check_teams(notice)["actions"][0]["url"] == notice.change[1]
    assert _check_discord(notice)["components"][0]["components"][0]["url"] == notice.change[1]


def test_a_link_that_is_too_long_for_discord_is_left_out() -> None:
    ready = announcements()["ready"]
    links = ready.model_dump()["links"] | {"editor": "https://nemovideo.com/workspace/claim?ct=" + "x" * 600}
    long = type(ready).model_validate(ready.model_dump() | {"links": links})
    (row,) = _check_discord(notice_of(long))["components"]
    assert [button["label"] for button in row["components"]] == ["Watch or change it", "Download"]


def test_progress_is_one_line_without_a_push_notification() -> None:
    body = _check_discord(NOTICES["progress-rendering"])
    assert body["flags"] == discord.SILENT
    assert "embeds" not in body
