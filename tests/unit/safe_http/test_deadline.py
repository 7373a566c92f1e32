"""Whoever answers a byte at a time holds nobody up for longer than the deadline."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from safe_http import client, webhooks
from safe_http.client import probe
from safe_http.deadline import within
from safe_http.errors import NotThereError, UnreachableError
from safe_http.guard import Guard
from safe_http.webhooks import WebhookFailedError, call_back
from tests.unit.safe_http.test_webhooks import ORDER, SECRET
from tests.unit.safe_http.wire import Network, redirect

SOON, LATE = 0.05, 20.0
CONTACT = "https://contact.example/"


def test_a_result_or_an_error_in_time_is_passed_on() -> None:
    assert within(LATE, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        within(LATE, lambda: 1 // 0)


def _dripping() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for number in range(100):
        time.sleep(SOON)
        yield b"X-%d: 1\r\n" % number
    yield b"\r\n"


def _late(location: str) -> Iterator[bytes]:
    time.sleep(SOON)
    yield from redirect(location)


def test_an_address_is_not_waited_for_byte_by_byte(
    guard: Guard, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PROBE_SECONDS", SOON)
    for answers in ([_dripping()], [_late("/again") for _ in range(3)]):
        network.answers = [*answers]
        began = time.monotonic()
        with pytest.raises(UnreachableError, match=r"did not answer within 0\.05 seconds\.$") as caught:
            probe("http://example.com/?signature=hush", guard, contact=CONTACT)
        assert not isinstance(caught.value, NotThereError)
        assert time.monotonic() - began < 2.5  # to the end it would take five seconds


def test_a_name_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        time.sleep(10 * SOON)
        return []

    monkeypatch.setattr(client, "PROBE_SECONDS", SOON)
    with pytest.raises(UnreachableError, match="did not answer"):
        probe("http://example.com/", Guard(resolve), contact=CONTACT)


def test_a_service_that_is_called_back_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def service(_request: httpx.Request) -> httpx.Response:
        time.sleep(10 * SOON)
        return httpx.Response(200)

    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", SOON)
    with (
        httpx.Client(transport=httpx.MockTransport(service)) as http,
        pytest.raises(WebhookFailedError, match=r"did not answer within"),
    ):
        call_back(ORDER, SECRET, http=http, now=datetime.now(UTC))
