"""Log formatter that removes passwords and signatures of URLs, also from errors of libraries."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from videos.model.redaction import without_secrets


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Powertools' formatter, with redaction. Errors of libraries may contain a URL."""

    def serialize(self, log: Any) -> str:  # noqa: ANN401 - Powertools' signature
        return super().serialize(_redacted(log))


def _redacted(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    if isinstance(value, str | BaseException):
        return without_secrets(str(value))
    if isinstance(value, Mapping):
        return {name: _redacted(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    return value
