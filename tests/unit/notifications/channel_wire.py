"""A chat channel below HTTP: what is posted to its webhook, and what comes back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

SECRET = "never-to-be-seen"
WEBHOOK = f"https://hooks.slack.example/services/T0/B0/{SECRET}"


@dataclass(frozen=True)
class ChannelAnswer:
    """One answer of the channel."""

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)


class ChannelWire:
    """What `http` is connected to. The last of its answers stays."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[ChannelAnswer | Exception] = [ChannelAnswer()]
        self.http = httpx.Client(transport=httpx.MockTransport(self._answer))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was posted."""
        return [json.loads(request.content) for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status, text=answer.body, headers=dict(answer.headers))
