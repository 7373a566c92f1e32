"""A notice as an Adaptive Card for a workflow of Microsoft Teams.

Teams reads Markdown in text blocks and facts, but not in text runs. So every text is a text run.
"""

import re
from typing import Any, Final

from notifications.notice import Fact, Notice, Tone
from notifications.plain import one_line
from notifications.posting import Posting

# Teams: a message has at most 28 KB, and a card six buttons.
TEXT_LENGTH: Final = 600
FACT_LENGTH: Final = 300
FACTS: Final = 10

_COLOURS: Final = {
    Tone.READY: "good",
    Tone.FAILED: "attention",
    Tone.PARTLY: "warning",
    Tone.QUESTION: "warning",
    Tone.CANCELLED: "default",
    Tone.PROGRESS: "accent",
}


def posting_of(notice: Notice) -> Posting:
    """Return what the workflow gets that posts to the channel: a message with one card."""
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": _body(notice),
        "actions": [
            {"type": "Action.OpenUrl", "title": name, "url": address} for name, address in notice.addresses
        ],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return Posting({"type": "message", "attachments": [attachment]})


def _body(notice: Notice) -> list[dict[str, Any]]:
    heading = _run(
        f"{notice.tone.mark} {notice.subject}", weight="bolder", size="medium", color=_COLOURS[notice.tone]
    )
    body = [_line(heading), _line(_run(notice.lead))]
    if notice.advice:
        body.append(
            _line(
                _run(f"{notice.to_do} ", weight="bolder"),
                _run(notice.advice),
            )
        )
    if notice.links:
        body.append(
            {
                "type": "Image",
                "url": notice.links.poster,
                "altText": notice.poster_text,
                "size": "stretch",
            }
        )
    body += [_fact(fact, notice.wording.colon) for fact in notice.facts[:FACTS]]
    if notice.footnote:
        body.append(_line(_run(notice.footnote, isSubtle=True, size="small")))
    return body


def _fact(fact: Fact, colon: str) -> dict[str, Any]:
    label = _run(f"{fact.label}{colon}", isSubtle=True)
    return _line(label, _run(fact.text, FACT_LENGTH)) | {"spacing": "small"}


def _line(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, limit: int = TEXT_LENGTH, **style: str | bool) -> dict[str, Any]:
    """Return a text run. Two braces would begin a function, which cards have for dates."""
    space = " " if text.endswith(" ") else ""
    return {"type": "TextRun", "text": re.sub(r"\{(?=\{)", "{ ", one_line(text, limit)) + space, **style}
