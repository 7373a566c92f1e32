"""What is wrong with a field, in one wording for every door: API, sidecar, manifest, row."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from videos.model.redaction import without_secrets

SHOWN_CHARACTERS = 60

# What a field takes, where its pattern alone would have to be read as an expression.
PATTERNS = {
    "call_to_action": "Leave out quotation marks and line breaks.",
    "colors": "Use a color code, such as “#0a7d5a”.",
    "font": "Use letters, digits, spaces and hyphens.",
    "instruction": "Say what to make, in words.",
    "language": "Use a language code, such as “en” or “pt-BR”.",
    "title": "Leave out quotation marks and line breaks.",
}

_TEMPLATES = {
    "missing": "It is required.",
    "string_too_short": "It is empty.",
    "string_too_long": "It has {length:,} characters. The limit is {max_length:,}.",
    "too_long": "It has {actual_length:,} entries. The limit is {max_length:,}.",
    "too_short": "It has too few entries. The minimum is {min_length:,}.",
    "greater_than": "{value} is too small. It must be more than {gt:g}.",
    "greater_than_equal": "{value} is too small. The minimum is {ge:g}.",
    "less_than": "{value} is too large. It must be less than {lt:g}.",
    "less_than_equal": "{value} is too large. The maximum is {le:g}.",
}

_TYPES = {
    "bool": "true or false",
    "dict": "an object, such as {…}",
    "float": "a number",
    "int": "a whole number",
    "list": "a list, such as […]",
    "model": "an object, such as {…}",
    "string": "text",
}


def explained(error: Mapping[str, Any]) -> str:
    """Return what is wrong with a field, and what to do, in whole sentences.

    Args:
        error: One of the errors that pydantic found: `type`, `loc`, and where known `ctx` and `input`.
    """
    kind, context, value = str(error["type"]), error.get("ctx") or {}, error.get("input")
    if kind in _TEMPLATES:
        return _TEMPLATES[kind].format(value=_shown(value), length=len(str(value)), **context)
    if kind in {"value_error", "assertion_error"}:
        return _sentence(str(context.get("error", "it cannot be used")))
    if kind in {"literal_error", "enum"}:
        return _one_of(value, _choices(str(context["expected"])))
    if kind == "string_pattern_mismatch":
        field = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "")  # not a place
        return f"{_shown(value)} cannot be used. {PATTERNS.get(field, 'Check its spelling.')}"
    wanted = next((said for name, said in _TYPES.items() if kind.startswith(name)), None)
    return f"{_shown(value)} cannot be used." if wanted is None else f"{_shown(value)} is not {wanted}."


def nearest(value: object, choices: Sequence[str], *, cutoff: float = 0.6) -> str | None:
    """Return the choice that was probably meant."""
    close = difflib.get_close_matches(str(value).strip().lower(), choices, n=1, cutoff=cutoff)
    return close[0] if close else None


def _one_of(value: object, choices: Sequence[str]) -> str:
    *others, last = choices
    allowed = f"{', '.join(others)} or {last}" if others else last
    near = nearest(value, choices, cutoff=0.8)
    meant = f" Did you mean “{near}”?" if near else ""
    return f"{_shown(value)} is not allowed. Use {allowed}.{meant}"


def _choices(expected: str) -> list[str]:
    """Return the choices of a literal from pydantic's list of them: `'a', 'b' or 'c'`."""
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(", ")]


def _shown(value: object) -> str:
    as_json = isinstance(value, bool | list | dict)
    text = (
        "nothing"
        if value is None
        else json.dumps(value, ensure_ascii=False, default=str)
        if as_json
        else str(value)
    )
    text = " ".join(without_secrets(text).split())
    return f"“{text}”" if len(text) <= SHOWN_CHARACTERS else f"“{text[: SHOWN_CHARACTERS - 1]}…”"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
