"""The address of the stack itself, as a browser opens it."""

from http import HTTPStatus
from typing import Any

import pytest

from handlers import wiring
from handlers.http import watch
from tests.unit.handlers.conftest import Context
from videos.model.ports import UploadForm


class _Files:
    def link(self, key: str, *, seconds: int) -> str:
        return f"https://the-videos.s3.example/{key}?X-Amz-Expires={seconds}"


class _Inbox:
    def upload_form(self, key: str, *, max_bytes: int, seconds: int) -> UploadForm:
        fields = {"key": key, "policy": f"{max_bytes} {seconds}"}
        return UploadForm(url="https://the-inbox.s3.example:8443/", fields=fields)


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_PAGE", "true")
    monkeypatch.setenv("MAILED_LINKS", "false")
    monkeypatch.setattr(wiring, "storage", _Files)
    monkeypatch.setattr(wiring, "inbox", _Inbox)


def _visit(method: str = "GET") -> dict[str, Any]:
    event = {"httpMethod": method, "path": "/", "pathParameters": None, "queryStringParameters": None}
    return watch.handler(event, Context())


def test_it_is_the_home_page_with_the_origins_of_both_buckets_and_no_signature() -> None:
    answer = _visit()
    assert answer["statusCode"] == HTTPStatus.OK
    policy = answer["headers"]["Content-Security-Policy"]
    assert "connect-src 'self' https://the-inbox.s3.example:8443;" in policy
    assert "img-src 'self' data: https://the-videos.s3.example;" in policy
    assert "X-Amz" not in policy + answer["body"]
    assert "<h1" in answer["body"]


@pytest.mark.parametrize(("mails", "offered"), [("true", True), ("false", False)])
def test_a_mailed_link_is_offered_if_the_stack_mails_them(
    monkeypatch: pytest.MonkeyPatch, mails: str, *, offered: bool
) -> None:
    monkeypatch.setenv("MAILED_LINKS", mails)
    assert ("Mail me a link" in _visit()["body"]) is offered


def test_a_program_may_ask_for_the_head_alone() -> None:
    answer = _visit("HEAD")
    assert (answer["statusCode"], answer["body"]) == (HTTPStatus.OK, "")


def test_a_stack_without_a_home_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_PAGE", "false")
    answer = _visit()
    assert answer["statusCode"] == HTTPStatus.NOT_FOUND
    assert "There is no page here" in answer["body"]
    assert "<script" not in answer["body"]
