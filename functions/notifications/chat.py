"""A notice in the custom notification schema of Amazon Q Developer in chat applications.

https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html has the fields. A title has at most
250 characters there, a description 8,000, a next step 350; the texts here are shorter.
"""

from typing import Any

from notifications.notice import Notice
from notifications.plain import escaped
from videos.events.announcements import Announcement, BatchEnded

TITLE_LENGTH = 240
TEXT_LENGTH = 600
STEP_LENGTH = 350
_BRACKETS = str.maketrans("[]", "\N{FULLWIDTH LEFT SQUARE BRACKET}\N{FULLWIDTH RIGHT SQUARE BRACKET}")


def chat_notification_of(announcement: Announcement, notice: Notice) -> dict[str, Any]:
    """The message; all that belongs to one video or batch goes into one thread."""
    thread = announcement.batch_id if isinstance(announcement, BatchEnded) else announcement.video_id
    facts = [f"*{fact.label}:* {_text(fact.text, TEXT_LENGTH)}" for fact in notice.facts]
    advice = [_text(notice.advice, STEP_LENGTH)] if notice.advice else []
    links = [f"<{address}|{name}>" for name, address in notice.addresses]
    return {
        "version": "1.0",
        "source": "custom",
        "id": announcement.id,
        "content": {
            "textType": "client-markdown",
            "title": f"{notice.tone.mark} {_text(notice.subject, TITLE_LENGTH)}",
            "description": "\n".join([_text(notice.lead, TEXT_LENGTH), *facts]),
            **({"nextSteps": [*advice, *links]} if advice or links else {}),
            "keywords": [str(announcement.status), announcement.source],
        },
        "metadata": {
            "threadId": thread,
            "summary": notice.subject,
            "eventType": announcement.type,
            "relatedResources": [thread],
        },
    }


def _text(text: str, limit: int) -> str:
    """Escaped, and with brackets that Markdown does not read: else a file name could be a link of its own."""
    return escaped(text.translate(_BRACKETS), limit)
