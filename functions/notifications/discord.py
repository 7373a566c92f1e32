"""A notice as a message of a Discord webhook. The limits hold by construction: every text is shorter."""

import re
from typing import Any, Final

from notifications.notice import Fact, Notice, Tone
from notifications.posting import Posting

# Discord: a message has at most 2,000 characters, a title 256, a field 1,024, all texts of an embed 6,000.
TITLE_LENGTH: Final = 256
TEXT_LENGTH: Final = 600
FACT_LENGTH: Final = 320
FACTS: Final = 10
BUTTON_URL_LENGTH: Final = 512
SILENT: Final = 1 << 12
"""The flag of a message that sends no push notification."""

_NO_MENTIONS: Final = {"parse": list[str]()}
_QUERY: Final = {"with_components": "true"}
"""Without it, Discord drops the buttons."""

_MARKUP = re.compile(r"[\\*_~`|<>@:#()\[\]]")
_LIST = re.compile(r"^(\d*)(?=[-+.])")
"""The beginning of a line that is an item of a list."""


def posting_of(notice: Notice) -> Posting:
    """Return what the webhook gets. Nobody is mentioned, whatever the texts say."""
    heading = f"{notice.tone.mark} {escaped(notice.subject, TITLE_LENGTH - 10)}"
    if notice.tone is Tone.PROGRESS:
        content = f"**{heading}** {escaped(notice.lead, TEXT_LENGTH)}"
        return Posting({"content": content, "allowed_mentions": _NO_MENTIONS, "flags": SILENT})
    body = {
        "embeds": [_embed(notice, heading)],
        "allowed_mentions": _NO_MENTIONS,
        "components": _components(notice),
    }
    return Posting(body, _QUERY)


def escaped(text: str, limit: int) -> str:
    """Return at most `limit` characters in which Discord sees no markup, no link and no mention."""
    pieces = [_MARKUP.sub(r"\\\g<0>", character) for character in text]
    line = "".join(pieces)
    if len(line) > limit - 1:  # one more may come at the beginning
        length, kept = 0, []
        for piece in pieces:
            length += len(piece)
            if length > limit - 2:
                break
            kept.append(piece)
        line = "".join(kept) + "…"
    return _LIST.sub(r"\1\\", line)


def _embed(notice: Notice, heading: str) -> dict[str, Any]:
    said = escaped(notice.lead, TEXT_LENGTH)
    if notice.advice:
        said += f"\n**{notice.to_do}** {escaped(notice.advice, TEXT_LENGTH)}"
    embed: dict[str, Any] = {
        "title": heading,
        "description": said,
        "color": int(notice.tone.colour.removeprefix("#"), 16),
        "fields": [_field(fact) for fact in notice.facts[:FACTS]],
    }
    if notice.links:
        embed["image"] = {"url": notice.links.poster}
    if notice.footnote:
        embed["footer"] = {"text": notice.footnote}
    return embed


def _field(fact: Fact) -> dict[str, str]:
    return {"name": fact.label, "value": escaped(fact.text, FACT_LENGTH)}


def _components(notice: Notice) -> list[dict[str, Any]]:
    """Return a row of buttons. Only links to foreign pages can be too long for one; they are left out."""
    buttons = [
        {"type": 2, "style": 5, "label": name, "url": address}
        for name, address in notice.addresses
        if len(address) <= BUTTON_URL_LENGTH
    ]
    return [{"type": 1, "components": buttons}] if buttons else []
