"""Slack below its SDK: what is posted to a webhook, and what comes back."""

import io
import json
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request
from urllib.response import addinfourl

import pytest

WEBHOOK = "https://hooks.slack.example/services/T0/B0/never-to-be-seen"
SECRET = "never-to-be-seen"


@dataclass(frozen=True)
class SlackAnswer:
    """One answer of Slack's."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)


class SlackWire:
    """Takes the place of `urlopen` in the SDK; the last of its answers stays."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.timeouts: list[float] = []
        self.answers: list[SlackAnswer | Exception] = [SlackAnswer()]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was posted."""
        return [json.loads(request.data) for request in self.requests if isinstance(request.data, bytes)]

    def urlopen(self, request: Request, *, context: object, timeout: float) -> addinfourl:
        assert context is None, "certificates are checked as usual"
        self.requests.append(request)
        self.timeouts.append(timeout)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        headers = Message()
        for name, value in answer.headers.items():
            headers[name] = value
        body = io.BytesIO(answer.body.encode())
        if answer.status == HTTPStatus.OK:
            return addinfourl(body, headers, request.full_url, answer.status)
        raise HTTPError(request.full_url, answer.status, "", headers, body)


def wire_slack(monkeypatch: pytest.MonkeyPatch) -> SlackWire:
    """Put the wire below the SDK for one test."""
    wire = SlackWire()
    monkeypatch.setattr("slack_sdk.webhook.client.urlopen", wire.urlopen)
    return wire
