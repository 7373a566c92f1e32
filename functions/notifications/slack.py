"""A notice as a Slack message. Block Kit's limits hold by construction: every text is shorter."""

from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    ImageBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from notifications.notice import Fact, Notice, Tone
from notifications.plain import escaped
from notifications.posting import Posting

# Slack: a header has at most 150 characters, a text 3,000, a field 2,000; a section has at most ten fields.
TEXT_LENGTH = 1200
FIELD_LENGTH = 600
FIELDS = 10


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """`text` is what is shown where blocks are not: in a notification, by a screen reader."""

    text: str
    blocks: list[dict[str, Any]]


def posting_of(notice: Notice) -> Posting:
    """Return what the incoming webhook gets."""
    message = slack_message_of(notice)
    return Posting({"text": message.text, "blocks": message.blocks, "unfurl_links": False})


def slack_message_of(notice: Notice) -> SlackMessage:
    """Return the message for a notice. Raises: slack_sdk.errors.SlackObjectFormationError."""
    blocks = list(_blocks(notice))
    for block in blocks:
        block.validate_json()
    text = f"{notice.tone.mark} {notice.subject}. {notice.lead}"
    return SlackMessage(text=escaped(text, TEXT_LENGTH), blocks=[block.to_dict() for block in blocks])


def _blocks(notice: Notice) -> list[Block]:
    heading = f"{notice.tone.mark} {notice.subject}"
    if notice.tone is Tone.PROGRESS:
        said = f"*{escaped(heading, TEXT_LENGTH)}* {escaped(notice.lead, TEXT_LENGTH)}"
        return [ContextBlock(elements=[_markdown(said)])]
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=heading, emoji=False))]
    said = escaped(notice.lead, TEXT_LENGTH)
    if notice.advice:
        said += f"\n*{notice.to_do}* {escaped(notice.advice, TEXT_LENGTH)}"
    if notice.tone is Tone.FAILED:
        said = "\n".join(f">{line}" for line in said.splitlines())  # a bar along it is seen at a glance
    blocks.append(SectionBlock(text=_markdown(said)))
    if notice.links:
        blocks.append(
            ImageBlock(
                image_url=notice.links.poster,
                alt_text=notice.poster_text,
            )
        )
    if notice.facts:
        blocks.append(SectionBlock(fields=[_field(fact) for fact in notice.facts[:FIELDS]]))
    if notice.addresses:
        (watch, *others) = [
            ButtonElement(text=name, url=address, action_id=f"link-{number}")
            for number, (name, address) in enumerate(notice.addresses, 1)
        ]
        watch.style = "primary"
        blocks.append(ActionsBlock(elements=[watch, *others]))
    if notice.footnote:
        blocks.append(ContextBlock(elements=[_markdown(notice.footnote)]))
    return blocks


def _field(fact: Fact) -> MarkdownTextObject:
    return _markdown(f"*{fact.label}*\n{escaped(fact.text, FIELD_LENGTH)}")


def _markdown(text: str) -> MarkdownTextObject:
    return MarkdownTextObject(text=text, verbatim=True)  # nothing in it becomes a link or calls anybody
