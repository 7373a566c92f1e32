"""Cells mean what people typed, whatever the spreadsheet saved."""

import pytest

from videos.batches.cells import ratio, seconds, truth


@pytest.mark.parametrize(
    ("saved", "typed"),
    [
        ("16:9", "16:9"),
        ("16:09", "16:9"),
        ("16:09:00", "16:9"),
        ("4:09 PM", "16:9"),
        ("4:09:00 PM", "16:9"),
        ("0.672916666666667", "16:9"),
        ("0,672916667", "16:9"),
        ("09:16:00", "9:16"),
        ("9:16 AM", "9:16"),
        ("0.386111", "9:16"),
        ("01:01", "1:1"),
        ("1:01:00 AM", "1:1"),
        ("16x9", "16:9"),
        ("16 / 9", "16:9"),
        ("16\u22369", "16:9"),
        ("9\uff1a16", "9:16"),
        ("16.09", "16:9"),
        ("16h09", "16:9"),
        ("1899-12-30 16:09:00", "16:9"),
        ("30.12.1899 09:16", "9:16"),
        ("1/1/1900 01:01:00", "1:1"),
        ("'16:9", "16:9"),
        ("4:5", "4:5"),
        ("square", "square"),
        ("0.5", "0.5"),
    ],
)
def test_a_ratio_that_was_taken_for_a_time_of_day(saved: str, typed: str) -> None:
    assert ratio(saved) == typed


@pytest.mark.parametrize(
    ("saved", "meant"),
    [
        ("10", 10),
        ("10,0", 10),
        ("10.00", 10),
        ("7,5", 8),
        ("7.4", 7),
        ("10 s", 10),
        ("10 seconds", 10),
        ("10 sec.", 10),
        ("10 Sekunden", 10),
        ("10 segundos", 10),
        ("10秒", 10),
        ("00:00:10", 10),
        ("0:15", 15),
        ("1:00", 60),
        ("1.000", 1000),
        ("1,000", 1000),
        ("1'000", 1000),
        ("1 000", 1000),
        ("-5", -5),
        ("ten", "ten"),
        ("10%", "10%"),
        ("1,2,3", "1,2,3"),
    ],
)
def test_a_length_in_the_notation_of_any_country(saved: str, meant: object) -> None:
    assert seconds(saved) == meant


@pytest.mark.parametrize(
    ("saved", "meant"),
    [
        ("TRUE", True),
        ("WAHR", True),
        ("yes", True),
        ("1", True),
        ("FAUX", False),
        ("no", False),
        ("maybe", "maybe"),
    ],
)
def test_a_truth_in_the_language_of_the_spreadsheet(saved: str, meant: object) -> None:
    assert truth(saved) == meant
