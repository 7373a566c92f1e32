"""Each language says all that English says."""

import re
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.translations import WORDINGS
from notifications.wording import ENGLISH, Wording, wording_of
from videos.model.failure_codes import FailureCode
from videos.model.records import Status

OTHERS = list(WORDINGS.values())
EMPTY_IN_ENGLISH = {"leads", "failures", "answer_on_page", "answer_again", "export_free", "original"}
NOT_IN_ALL = {"months", "figures", "colon", "seconds", "minutes"}


def _named(value: Any) -> Any:  # noqa: ANN401 - a field
    """What is filled in."""
    return sorted(re.findall(r"\{\w+\}", str(value)))


@pytest.mark.parametrize("words", OTHERS, ids=lambda words: words.code)
def test_every_text_is_translated(words: Wording) -> None:
    for field in fields(Wording):
        own, english = getattr(words, field.name), getattr(ENGLISH, field.name)
        if field.name not in NOT_IN_ALL:
            assert own, field.name
        if field.name not in EMPTY_IN_ENGLISH | {"months"}:
            assert _named(own) == _named(english), field.name
        if isinstance(english, dict) and english:
            assert own.keys() == english.keys(), field.name


@pytest.mark.parametrize("words", OTHERS, ids=lambda words: words.code)
def test_every_failure_says_what_happened_and_what_to_do(words: Wording) -> None:
    assert words.failures.keys() == set(FailureCode)
    for lead, advice in words.failures.values():
        for sentence in (lead, advice):
            assert re.search(r"[.。]$", sentence), sentence
            assert len(sentence) <= 110


@pytest.mark.parametrize("words", OTHERS, ids=lambda words: words.code)
def test_every_end_has_its_words(words: Wording) -> None:
    assert words.leads.keys() == {Status.READY, Status.CANCELLED, Status.WORKING}
    assert len(words.months) in {0, 12}


def test_a_language_is_found_by_its_code() -> None:
    assert [wording_of(code).code for code in ("en", *WORDINGS)] == ["en", "de", "fr", "es", "zh", "ja"]


@pytest.mark.parametrize(
    ("code", "day", "length", "cost"),
    [
        ("en", "3 June 2026", "1 min 15 s", "about 1,234.5 credits, 90 left"),
        ("de", "3. Juni 2026", "1 min 15 s", "etwa 1.234,5 Credits, noch 90 übrig"),
        ("fr", "3 juin 2026", "1 min 15 s", "environ 1 234,5 crédits, il en reste 90"),
        ("es", "3 de junio de 2026", "1 min 15 s", "unos 1.234,5 créditos, quedan 90"),
        ("zh", "2026年6月3日", "1 分 15 秒", "约 1,234.5 积分，剩余 90"),  # noqa: RUF001 - Chinese
        ("ja", "2026年6月3日", "1分15秒", "約1,234.5クレジット、残り90"),
    ],
)
def test_dates_lengths_and_amounts_are_written_as_usual(code: Any, day: str, length: str, cost: str) -> None:  # noqa: ANN401 - a literal
    words = wording_of(code)
    assert words.date(datetime(2026, 6, 3, tzinfo=UTC)) == day
    assert words.duration(75.2) == length
    assert words.credits_line(1234.5, 90) == cost


def test_what_is_not_known_is_not_a_number() -> None:
    assert ENGLISH.credits_line(None, None) == "not known yet"
    assert ENGLISH.credits_line(0, 100) == "0 credits, 100 left"
    assert ENGLISH.credits_line(10, None) == "about 10 credits"
