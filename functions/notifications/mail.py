"""A notice as e-mail: the subject, and the body once as text and once as HTML."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from notifications.notice import Notice

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Mail:
    """The subject is one line of fewer than 100 characters."""

    subject: str
    text: str
    html: str


def mail_of(notice: Notice) -> Mail:
    """Return the mail for a notice."""
    html = _template().render(notice=notice)
    return Mail(subject=notice.subject, text=text_of(notice), html=html)


def text_of(notice: Notice) -> str:
    """The body of a mail that is text alone."""
    paragraphs = [notice.lead]
    if notice.advice:
        paragraphs.append(notice.line(notice.wording.what_to_do, notice.advice))
    if notice.addresses:
        paragraphs.append("\n".join(notice.line(name, address) for name, address in notice.addresses))
    if notice.facts:
        paragraphs.append("\n".join(notice.line(fact.label, fact.text) for fact in notice.facts))
    if notice.footnote:
        paragraphs.append(notice.footnote)
    return "\n\n".join(paragraphs) + "\n"


@cache
def _template() -> "Template":
    # Imported here, because functions that publish to the topic need only the text.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("mail.html")
