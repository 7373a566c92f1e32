"""Values as spreadsheets save them, read as the values that people typed.

A spreadsheet takes `16:9` for a time of day and saves `16:09`, `16:09:00`, `4:09 PM` or a fraction of a day.
It writes `7,5` for 7.5 in half of Europe, `1.000` for 1000, and `WAHR` for true.
"""

import math
import re

from pydantic import JsonValue

Cell = str | int | float
"""A text, or a number where the file distinguishes numbers from texts."""

_RATIOS = {(16, 9): "16:9", (9, 16): "9:16", (1, 1): "1:1"}
# The day on which a spreadsheet's time of day is: its first one.
_DATE = r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
_CLOCK = re.compile(
    rf"'?(?:{_DATE}\s+)?(\d{{1,2}})\s*[:.hx\u00d7\u2236\uff1a/]\s*(\d{{1,2}})(?:[:.]00(?:\.0+)?)?\s*(am|pm|a\.m\.|p\.m\.)?",
    re.IGNORECASE,
)
_MINUTES_A_DAY = 24 * 60
_NEAR_MINUTES = 0.5

_NUMBER = re.compile(
    r"([+-]?[\d.,'\u2019\s]*\d)\s*(?:s|secs?\.?|seconds?|sek\.?|sekunden?|secondes?|segundos?|″|\"|秒)?",
    re.IGNORECASE,
)
_TIME = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?:[.,]0+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,'\u2019 ])\d{3})(?:\1\d{3})*")

_YES = frozenset(
    {
        "1",
        "ja",
        "on",
        "oui",
        "sì",
        "si",
        "sí",
        "true",
        "vero",
        "vrai",
        "verdadero",
        "wahr",
        "x",
        "yes",
        "y",
        "是",
    }
)
_NO = frozenset({"0", "falsch", "false", "falso", "faux", "n", "nein", "no", "non", "off", "否"})


def ratio(cell: Cell) -> JsonValue:
    """Return the aspect ratio that a cell means, else the cell as it is."""
    if isinstance(cell, str) and (match := _CLOCK.fullmatch(cell.strip())):
        hours, minutes, half = int(match[1]), int(match[2]), (match[3] or "").lower()[:1]
        if half:
            hours = hours % 12 + (12 if half == "p" else 0)
        return _RATIOS.get((hours, minutes), cell)
    fraction = _number(cell)
    if fraction is not None and 0 < fraction < 1:
        for (hours, minutes), known in _RATIOS.items():
            if abs(fraction * _MINUTES_A_DAY - 60 * hours - minutes) < _NEAR_MINUTES:
                return known
    return cell


def seconds(cell: Cell) -> JsonValue:
    """Return the whole seconds that a cell means, rounded half up; else the cell as it is."""
    if isinstance(cell, str) and (match := _TIME.fullmatch(cell.strip())):
        first, second, third = (int(part or 0) for part in match.groups())
        # Two parts are minutes and seconds, three hours, minutes and seconds.
        return 3600 * first + 60 * second + third
    number = _number(cell)
    return cell if number is None or not math.isfinite(number) else math.floor(number + 0.5)


def truth(cell: Cell) -> JsonValue:
    """Return the truth that a cell means, in the languages of common spreadsheets; else the cell as it is."""
    word = shown_number(cell).strip().casefold()
    return True if word in _YES else False if word in _NO else cell


def shown_number(cell: Cell) -> str:
    """Return a cell as a text: a number with the 15 digits that spreadsheets keep, 2026 and not 2026.0."""
    return cell if isinstance(cell, str) else f"{cell:.15g}"


def _number(cell: Cell) -> float | None:
    if not isinstance(cell, str):
        return float(cell)
    match = _NUMBER.fullmatch(cell.strip())
    if match is None:
        return None
    digits = match[1].strip()
    if _GROUPED.fullmatch(digits):  # 1.000 is a thousand, not one: no field takes thousandths
        return float(re.sub(r"[.,'\u2019\s]", "", digits))
    plain = re.sub(r"['\u2019\s]", "", digits)
    at = max(plain.rfind("."), plain.rfind(","))
    whole, rest = (plain[:at], plain[at + 1 :]) if at >= 0 else (plain, "0")
    if re.search(r"[.,]", whole) and not _GROUPED.fullmatch(whole):
        return None
    try:
        return float(f"{re.sub(r'[.,]', '', whole)}.{rest}")
    except ValueError:
        return None
