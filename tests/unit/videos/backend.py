"""The backend's wire as a script that the real client reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import httpx

from nemovideo import Attribution, FixedToken, NemoVideo, TokenSource

TOKEN = "nmv_usr_never-to-be-seen"


@dataclass(frozen=True)
class Answer:
    """One answer of the backend's. `body` is sent as JSON unless it is bytes."""

    body: Mapping[str, object] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        if isinstance(self.body, bytes):
            return httpx.Response(self.status, content=self.body, headers=dict(self.headers))
        return httpx.Response(self.status, json=self.body, headers=dict(self.headers))


class Backend:
    """What the NemoVideo agent API answers to each call, in order; the last answer stays.

    A call is `"GET /path"`, with `*` for any characters. A call without a script fails the test.
    """

    def __init__(self, tokens: TokenSource | None = None) -> None:
        self._script: dict[str, list[Answer | httpx.TransportError]] = {}
        self.requests: list[httpx.Request] = []
        self.client = NemoVideo(
            "https://backend.example",
            tokens or FixedToken(TOKEN),
            attribution=Attribution(platform="unknown"),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
        )

    def on(self, call: str, *answers: Answer | httpx.TransportError) -> None:
        self._script[call] = list(answers)

    def answers(self, call: str) -> list[Answer | httpx.TransportError]:
        """What is still to be answered to a call."""
        return list(self._script[call])

    def calls(self, call: str) -> list[httpx.Request]:
        """The requests that were made of a call."""
        return [request for request in self.requests if fnmatchcase(_name(request), call)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        call = next((call for call in self._script if fnmatchcase(_name(request), call)), None)
        if call is None:
            raise AssertionError(f"unexpected: {_name(request)}")
        answers = self._script[call]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer.response()


def stream(*events: str) -> Answer:
    """Server-sent events, one for each string of JSON."""
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    return Answer(body, headers={"Content-Type": "text/event-stream"})


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"
