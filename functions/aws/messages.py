"""Models as JSON for queues and topics, which reject some Unicode characters."""

import re

from pydantic import BaseModel

# SQS accepts only characters of XML 1.0. JSON already escapes control characters below U+0020.
_REFUSED = re.compile("[\ufffe\uffff]")


def message_of(model: BaseModel) -> str:
    """Return the model as JSON that every queue accepts. It parses to the same text."""
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", model.model_dump_json())
