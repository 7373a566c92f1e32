"""Models as JSON for queues and topics, which refuse some characters that people and agents write."""

import re

from pydantic import BaseModel

# Of Unicode's characters SQS takes those of XML 1.0. JSON escapes the controls below U+0020 itself.
_REFUSED = re.compile("[\ufffe\uffff]")


def message_of(model: BaseModel) -> str:
    """Return the model as JSON that every queue takes. A reader gets the same text."""
    return _REFUSED.sub(lambda found: f"\\u{ord(found[0]):04x}", model.model_dump_json())
