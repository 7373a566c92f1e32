"""The one reader: what it accepts can be stored, sent and parsed again; all else is refused by name."""

import codecs
import json
import sys

import pytest
from pydantic import JsonValue

from videos.requests.json_reader import (
    MAX_DEPTH,
    UnreadableJsonError,
    as_text,
    is_text,
    json_object,
    read_json,
)

DEEP = 30_000

BAD = {
    "an unfinished object": ("{", "line 1, column 2"),
    "no JSON at all": ("{'a': 1}", "line 1, column 2"),
    "nothing": ("", "line 1, column 1"),
    "30,000 brackets": ("[" * DEEP, "32 levels"),
    "30,000 closed brackets": ("[" * DEEP + "]" * DEEP, "32 levels"),
    "30,000 objects": ('{"a":' * DEEP + "1" + "}" * DEEP, "32 levels"),
    "one level too many": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "32 levels"),
    "5,000 digits": ("9" * 5000, "40 digits"),
    "5,000 digits below zero": ("[-" + "9" * 5000 + "]", "40 digits"),
    "5,000 digits behind the point": ("0." + "1" * 5000, "40 digits"),
    "5,000 digits of an exponent": ("1e" + "0" * 5000, "40 digits"),
    "beyond a double": ('{"a": 1e999}', "out of range"),
    "beyond a double, below zero": ("-1E+400", "out of range"),
    "NaN": ('{"a": NaN}', "NaN"),
    "Infinity": ("[Infinity]", "Infinity"),
    "-Infinity": ("-Infinity", "-Infinity"),
    "half a character": (r'"\ud800"', "half a character"),
    "the other half": (r'{"a": ["\udc00"]}', "half a character"),
    "halves in the wrong order": (r'"\udc00\ud800"', "half a character"),
    "half a character in a name": (r'{"\ud800": 1}', "half a character"),
    "half a character that is not escaped": ('"\ud800"', "half a character"),
    "a field twice": ('{"a": 1, "a": 2}', "twice"),
    "a field twice, once escaped": (r'[{"b": {"a": 1, "\u0061": 2}}]', "twice"),
    "a control character": ('"\x00"', "line 1"),
    "two values": ("{} {}", "line 1, column 4"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_is_refused_by_name(name: str) -> None:
    body, says = BAD[name]
    with pytest.raises(UnreadableJsonError, match=says) as refusal:
        read_json(body)
    assert len(str(refusal.value)) < 100


GOOD: list[tuple[str, JsonValue]] = [
    ("null", None),
    (
        ' {"a": [1, 2.5, -0.0, "ü😀", true, null, {"b": {}}]}\n',
        {"a": [1, 2.5, 0.0, "ü😀", True, None, {"b": {}}]},
    ),
    (r'"\ud83d\ude00"', "😀"),
    (r'"\u0000\u2028"', "\0\u2028"),
    ("9" * 40, int("9" * 40)),
    ("1e-999", 0.0),
    ("[" * MAX_DEPTH + "]" * MAX_DEPTH, json.loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)),
]


@pytest.mark.parametrize(("body", "value"), GOOD)
def test_json_is_read(body: str, value: JsonValue) -> None:
    assert read_json(body) == value
    assert read_json(f"\ufeff{body}") == value
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert read_json(body.encode(encoding)) == value
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        assert read_json(mark + body.encode(encoding)) == value


def test_the_depth_is_judged_alike_near_the_end_of_the_stack() -> None:
    def below(frames: int) -> str:
        if frames:
            return below(frames - 1)
        with pytest.raises(UnreadableJsonError) as refusal:
            read_json("[" * DEEP)
        return str(refusal.value)

    assert "32 levels" in below(sys.getrecursionlimit() // 2)


@pytest.mark.parametrize("body", ["[]", '"a"', "1", "null"])
def test_an_object_is_told_from_another_value(body: str) -> None:
    with pytest.raises(UnreadableJsonError, match="JSON object"):
        json_object(body)
    assert json_object("{}") == {}


def test_text_is_told_from_what_no_encoding_carries() -> None:
    assert is_text("ü😀\0\n\ufeff\uffff")
    for bad in ("\ud800", "a\udfff", "\ud83d\ud83d"):
        assert not is_text(bad)
        assert is_text(as_text(bad))
