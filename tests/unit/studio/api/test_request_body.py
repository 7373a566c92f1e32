"""The one reader of JSON bodies: what is no JSON, or more than any request needs, is refused with 400."""

import json
import time

import pytest

from studio.api.request_body import DEEPEST, LARGEST_JSON, LARGEST_NUMBER, MOST_VALUES, parse
from studio.api.requests import LONGEST_MESSAGE, Message, Part, RenderRequest
from studio.errors import BadRequestError


def _around(value: str) -> bytes:
    return b'{"id": "a", "sessionId": "b", "draft": {"x": %s}}' % value.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 30_000,
        b'{"a":' * 30_000,
        b"\xff",
        _around("9" * 5000),
        _around("-" + "9" * 5000),
        _around("9" * 400),
        _around(str(LARGEST_NUMBER + 1)),
        _around("1e999"),
        _around("-1e999"),
        _around("NaN"),
        _around("Infinity"),
        _around("-Infinity"),
        _around('"\\ud800"'),
        _around('"\\udc00\\ud800"'),
        _around('{"\\ud800": 1}'),
        b'{"id": "\xed\xa0\x80"}',
        _around("[" * DEEPEST + "]" * DEEPEST),
        _around('{"a":' * DEEPEST + "1" + "}" * DEEPEST),
        _around(json.dumps([1] * MOST_VALUES)),
        _around("[1,]"),
    ],
    ids=lambda body: f"{body[:12]!r} of {len(body)}",
)
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError) as refusal:
        parse(body, RenderRequest)
    assert len(refusal.value.message) < 500


@pytest.mark.parametrize(
    "value", ["1.5", "-1", str(LARGEST_NUMBER), "1e300", '"\\ud83d\\ude00"', '"\\u0000"', "[[1]]"]
)
def test_what_is_read(value: str) -> None:
    assert parse(_around(value), RenderRequest).draft == {"x": json.loads(value)}


@pytest.mark.parametrize("filling", [b"[],", b"1,", b'"a",', b'{"a":[]},', b"1.5,"])
def test_the_largest_body_is_read_in_a_fraction_of_a_second(filling: bytes) -> None:
    body = _around("[" + (filling * (LARGEST_JSON // len(filling))).decode().rstrip(",") + "]")
    before = time.process_time()
    with pytest.raises(BadRequestError):
        parse(body, RenderRequest)
    assert time.process_time() - before < 1


def test_a_message_is_its_parts_without_what_cannot_be_seen() -> None:
    parts = [Part(text="make a\x00 video\r\n"), Part(text="\x1b[31mof\ttea ")]
    assert Message(parts=parts).text == "make a  video\n\n [31mof tea"


def test_a_message_is_as_long_as_all_its_parts() -> None:
    parts = [Part(text="x" * 500)] * 100
    assert len(Message(parts=parts).text) > LONGEST_MESSAGE
