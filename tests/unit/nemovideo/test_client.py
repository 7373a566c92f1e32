import inspect
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import BinaryIO

import httpx
import pytest

from nemovideo import (
    Attribution,
    ExportBlockedError,
    FixedToken,
    NemoVideo,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    Render,
    RenderNotFoundError,
    ServerError,
    Session,
    SessionNotFoundError,
    StreamClock,
    TokenExpiredError,
    TransportError,
    UnexpectedAnswerError,
)

TOKEN = "nmv_usr_first"
DRAFT: dict[str, object] = {
    "t": [{"tt": 0, "sg": [{"d": 1.0}]}],
    "odd": float("inf"),
    "half": "\ud83c",
    "de": "ü",
}
SESSION = Session(session_id="s", task_id="t")

Step = httpx.Response | Exception


class Tokens:
    """Renews once."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def token(self) -> str:
        return "nmv_usr_second" if self.rejected else TOKEN

    def renew(self, rejected: str) -> str:
        self.rejected.append(rejected)
        return self.token()


class Backend:
    """Answers with the given steps, one after the other, and keeps the requests."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.tokens = Tokens()
        self.client = NemoVideo(
            "https://api.test/",
            self.tokens,
            attribution=Attribution(version="9", platform="cursor"),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
            web_url="https://web.test/",
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def sent_json(self) -> object:
        return json.loads(self.bodies[-1])


def data(fields: object) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": fields})


def rejected(code: int = 1001) -> httpx.Response:
    return httpx.Response(200, json={"code": code, "message": f"bad token {TOKEN}"})


def stream(body: bytes = b"") -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream; charset=utf-8"}, content=body)


def say(client: NemoVideo, text: str = "hi") -> list[object]:
    return list(client.send_message("s", text, clock=StreamClock(900)))


def fetch(client: NemoVideo, url: str | None = None) -> bytes:
    with client.download(Render(id="r", status="completed", url=url)) as download:
        return b"".join(download.iter_bytes())


def upload(client: NemoVideo, content: BinaryIO | None = None, filename: str = "a.mp4") -> object:
    return client.upload_file(
        "s", filename, content or io.BytesIO(b"12345"), size=5, content_type="video/mp4"
    )


FILES = {"files": [{"cdn_url": "https://cdn.test/a"}]}
CALLS: dict[str, tuple[Callable[[NemoVideo], object], Callable[[], httpx.Response], str]] = {
    "create_session": (
        lambda c: c.create_session(),
        lambda: data({"session_id": "s"}),
        "POST /api/tasks/me/with-session/nemo_agent",
    ),
    "claim_token": (
        lambda c: c.claim_token(SESSION),
        lambda: data({"claim_token": "clm_1"}),
        "POST /api/auth/claim-token",
    ),
    "upload_file": (upload, lambda: data(FILES), "POST /api/upload-video/nemo_agent/me/s"),
    "upload_url": (
        lambda c: c.upload_url("s", "https://x.test/a.mp4"),
        lambda: data(FILES),
        "POST /api/upload-video/nemo_agent/me/s",
    ),
    "send_message": (say, stream, "POST /run_sse"),
    "credits": (lambda c: c.credits(), lambda: data({"available": 1}), "GET /api/credits/balance/simple"),
    "state": (lambda c: c.state("s"), lambda: data({"state": {}}), "GET /api/state/nemo_agent/me/s/latest"),
    "start_render": (
        lambda c: c.start_render("r", "s", DRAFT),
        lambda: data({}),
        "POST /api/render/proxy/lambda",
    ),
    "render": (
        lambda c: c.render("r"),
        lambda: httpx.Response(200, json={"status": "pending"}),
        "GET /api/render/proxy/lambda/r",
    ),
    "cancel_render": (
        lambda c: c.cancel_render("r"),
        lambda: data({}),
        "POST /api/render/proxy/lambda/r/cancel",
    ),
    "download": (fetch, lambda: httpx.Response(200, content=b"mp4"), "GET /api/render/proxy/r/download"),
}
NEVER_REPEATED = {"send_message", "start_render", "upload_file"}
every_call = pytest.mark.parametrize("name", CALLS)


def test_every_public_call_is_walked() -> None:
    public = {
        name for name, _ in inspect.getmembers(NemoVideo, inspect.isfunction) if not name.startswith("_")
    }
    assert public == set(CALLS) | {"registration_link"}


@every_call
def test_carries_token_and_attribution_and_no_secret_in_the_url(name: str) -> None:
    call, good, where = CALLS[name]
    backend = Backend(good())

    call(backend.client)

    (request,) = backend.requests
    assert backend.calls == [where]
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["X-Skill-Source"] == "generator-chrome-extension"
    assert request.headers["X-Skill-Version"] == "9"
    assert request.headers["X-Skill-Platform"] == "cursor"
    assert TOKEN not in str(request.url)


@every_call
@pytest.mark.parametrize("answer", [rejected(1001), rejected(1010), rejected(1011), httpx.Response(401)])
def test_a_rejected_token_is_renewed_once(name: str, answer: httpx.Response) -> None:
    call, good, _ = CALLS[name]
    if name == "send_message":
        backend = Backend(answer)
        with pytest.raises(TokenExpiredError):
            call(backend.client)
        assert (len(backend.requests), backend.tokens.rejected) == (1, [])
        return

    backend = Backend(answer, good())
    call(backend.client)
    assert [request.headers["Authorization"] for request in backend.requests] == [
        f"Bearer {TOKEN}",
        "Bearer nmv_usr_second",
    ]
    assert backend.tokens.rejected == [TOKEN]

    backend = Backend(answer, rejected())
    with pytest.raises(TokenExpiredError):
        call(backend.client)
    assert len(backend.requests) == 2


@every_call
@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("refused"), NotSentError),
        (httpx.ConnectTimeout("slow"), NotSentError),
        (httpx.ReadError("reset"), TransportError),
        (httpx.WriteTimeout("slow"), TransportError),
        (httpx.RemoteProtocolError("gone"), TransportError),
        (httpx.Response(503), ServerError),
        (httpx.Response(429), RateLimitedError),
    ],
)
def test_passing_failures_are_repeated_only_where_that_is_safe(
    name: str, failure: Step, kind: type[NemoVideoError]
) -> None:
    call, good, where = CALLS[name]
    if name not in NEVER_REPEATED:
        backend = Backend(failure, failure, good())
        call(backend.client)
        assert backend.calls == [where] * 3
        return

    nobody = [httpx.Response(404)] * 3  # for whoever asks for the status of the render
    backend = Backend(failure, *nobody)
    with pytest.raises(kind):
        call(backend.client)
    assert backend.calls.count(where) == 1


@every_call
def test_patience_ends_after_three_attempts(name: str) -> None:
    call, _, where = CALLS[name]
    backend = Backend(*[httpx.Response(503)] * 10)
    with pytest.raises(ServerError):
        call(backend.client)
    assert backend.calls.count(where) == (1 if name in NEVER_REPEATED else 3)


@every_call
@pytest.mark.parametrize(
    "failure",
    [
        rejected(),
        httpx.Response(400, json={"message": f"what is Bearer {TOKEN}?"}),
        httpx.Response(200, json={"code": 9, "message": TOKEN}),
        httpx.Response(200, text=f"<html>{TOKEN}</html>"),
        httpx.ReadError("reset"),
    ],
)
def test_errors_and_logs_hold_no_token(name: str, failure: Step, caplog: pytest.LogCaptureFixture) -> None:
    call, _, _ = CALLS[name]
    caplog.set_level(logging.DEBUG)
    backend = Backend(*[failure] * 4)

    error = None
    try:
        call(backend.client)
    except NemoVideoError as raised:
        error = raised
    assert TOKEN not in f"{error!r} {error} {getattr(error, 'advice', '')}"
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(vars(backend.client))


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX: y", "tökén"])
def test_a_token_no_header_can_carry_is_never_sent(token: str) -> None:
    client = NemoVideo("https://api.test", FixedToken(token), attribution=Attribution(platform="cursor"))
    with pytest.raises(TokenExpiredError) as caught:
        client.credits()
    assert not token or token not in str(caught.value)


def test_create_session_and_claim() -> None:
    backend = Backend(
        data({"session_id": "s", "task_id": "t"}), data({"claim_token": "clm_1", "expires_in": 1})
    )

    session = backend.client.create_session(language="zh")
    assert backend.sent_json() == {"task_name": "project", "language": "zh"}
    claim = backend.client.claim_token(session)
    assert backend.sent_json() == {"task_id": "t", "session_id": "s"}
    assert claim.link == "https://web.test/workspace/claim?ct=clm_1"


def test_registration_link() -> None:
    client = Backend().client
    assert client.registration_link("7&x") == "https://web.test/register?bind=7%26x"
    assert client.registration_link(None) == "https://web.test/register"


def test_out_of_credits_advice_binds_the_user_seen_before() -> None:
    backend = Backend(data({"session_id": "s", "user_id": "7"}), httpx.Response(200, json={"code": 2001}))
    backend.client.create_session()
    with pytest.raises(OutOfCreditsError) as caught:
        say(backend.client)
    assert caught.value.advice == "Register to get more credits: https://web.test/register?bind=7"


def test_ids_are_quoted_in_paths() -> None:
    backend = Backend(data({"state": {}}), httpx.Response(200, json={"status": "pending"}))
    backend.client.state("a/b?c")
    backend.client.render("r/#")
    assert backend.calls == [
        "GET /api/state/nemo_agent/me/a%2Fb%3Fc/latest",
        "GET /api/render/proxy/lambda/r%2F%23",
    ]


def test_upload_url() -> None:
    backend = Backend(data(FILES))
    (file,) = backend.client.upload_url("s", "https://x.test/ü.mp4")
    assert file.url == "https://cdn.test/a"
    assert backend.sent_json() == {"urls": ["https://x.test/ü.mp4"], "source_type": "url"}


class Body(io.RawIOBase):
    """Like the body of an S3 object: it can be read, once, and nothing else."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.largest_read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self.largest_read = max(self.largest_read, size if size >= 0 else self._left)
        chunk = b"x" * min(self._left, size)
        self._left -= len(chunk)
        return chunk


@pytest.mark.parametrize(
    ("filename", "sent"),
    [
        ("城市 naïve 🎬.mp4", "城市 naïve 🎬.mp4"),
        ('a"b\r\nX: y.mp4', "a%22b%0D%0AX: y.mp4"),
        ("half \ud83c.mp4", "half ?.mp4"),
    ],
)
def test_upload_streams_a_body_that_cannot_seek(filename: str, sent: str) -> None:
    size = 3_000_000
    content = Body(size)
    backend = Backend(data(FILES))

    backend.client.upload_file("s", filename, content, size=size, content_type="video/mp4")  # type: ignore[arg-type]

    (request,) = backend.requests
    (body,) = backend.bodies
    assert int(request.headers["Content-Length"]) == len(body)
    assert "Transfer-Encoding" not in request.headers
    head, _, rest = body.partition(b"\r\n\r\n")
    assert f'name="files"; filename="{sent}"\r\nContent-Type: video/mp4' in head.decode()
    assert rest.startswith(b"x" * size + b"\r\n--")
    assert content.largest_read <= 64 * 1024


def test_upload_starts_where_the_file_stands_and_again_there_after_a_renewal() -> None:
    content = io.BytesIO(b"skip12345")
    content.seek(4)
    backend = Backend(rejected(), data(FILES))

    upload(backend.client, content)

    assert all(b"\r\n\r\n12345\r\n" in body for body in backend.bodies)
    assert len(backend.bodies) == 2


def test_an_upload_that_cannot_be_read_again_asks_for_another_try() -> None:
    backend = Backend(rejected())
    with pytest.raises(TokenExpiredError) as caught:
        upload(backend.client, Body(5))  # type: ignore[arg-type]
    assert caught.value.retryable
    assert backend.tokens.rejected == [TOKEN]
    assert len(backend.requests) == 1


RENDER_BODY = {"id": "r", "sessionId": "s", "draft": DRAFT, "output": {"format": "mp4", "quality": "high"}}


def test_start_render_sends_the_draft_back_to_the_letter() -> None:
    backend = Backend(
        httpx.Response(200, json={"success": True, "data": {"id": "r", "status": "processing"}})
    )

    assert backend.client.start_render("r", "s", DRAFT) == Render(id="r", status="processing")
    assert backend.sent_json() == RENDER_BODY


@pytest.mark.parametrize(
    "unclear",
    [
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(409, json={"message": "duplicate id"}),
        httpx.Response(400, json={"message": "render already exists"}),
        httpx.Response(200, json={"code": 5001, "message": "duplicate"}),
        httpx.Response(200, json={"success": False, "message": "duplicate"}),
    ],
)
def test_an_unclear_start_asks_for_the_status_first(unclear: Step) -> None:
    asked = ["POST /api/render/proxy/lambda", "GET /api/render/proxy/lambda/r"]

    backend = Backend(unclear, httpx.Response(200, json={"status": "processing"}))
    assert backend.client.start_render("r", "s", DRAFT).status == "processing"
    assert backend.calls == asked

    backend = Backend(unclear, httpx.Response(404))
    with pytest.raises(NemoVideoError) as caught:
        backend.client.start_render("r", "s", DRAFT)
    assert not isinstance(caught.value, RenderNotFoundError)
    assert backend.calls == asked


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (httpx.Response(402), ExportBlockedError),
        (httpx.Response(403), ExportBlockedError),
        (httpx.Response(200, json={"code": 402}), ExportBlockedError),
        (httpx.Response(200, json={"code": 1002}), SessionNotFoundError),
        (httpx.ConnectError("refused"), NotSentError),
    ],
)
def test_a_start_refused_for_certain_asks_nothing(refusal: Step, kind: type[NemoVideoError]) -> None:
    backend = Backend(refusal)
    with pytest.raises(kind):
        backend.client.start_render("r", "s", DRAFT)
    assert len(backend.requests) == 1


def test_an_unknown_render() -> None:
    with pytest.raises(RenderNotFoundError):
        Backend(httpx.Response(404)).client.render("r")


MP4 = httpx.Response(200, headers={"Content-Type": "video/mp4"}, content=b"mp4")
FALLBACK = "https://api.test/api/render/proxy/r/download"


@pytest.mark.parametrize(
    ("url", "asked", "with_token"),
    [
        ("https://cdn.test/r.mp4?sig=1", "https://cdn.test/r.mp4?sig=1", False),
        ("https://api.test.evil.test/r.mp4", "https://api.test.evil.test/r.mp4", False),
        ("http://api.test/r.mp4", "http://api.test/r.mp4", False),
        ("https://api.test:8443/r.mp4", "https://api.test:8443/r.mp4", False),
        ("https://API.test:443/r.mp4", "https://api.test/r.mp4", True),
        ("/files/r.mp4", "https://api.test/files/r.mp4", True),
        (None, FALLBACK, True),
    ],
)
def test_the_token_goes_to_the_backends_own_origin_alone(
    url: str | None, asked: str, *, with_token: bool
) -> None:
    backend = Backend(MP4)

    assert fetch(backend.client, url) == b"mp4"

    (request,) = backend.requests
    assert str(request.url) == asked
    assert ("Authorization" in request.headers) is with_token
    assert request.headers["Accept-Encoding"] == "identity"


def test_the_token_does_not_follow_a_redirect_to_elsewhere() -> None:
    backend = Backend(httpx.Response(302, headers={"Location": "https://cdn.test/r.mp4"}), MP4)

    assert fetch(backend.client) == b"mp4"
    assert ["Authorization" in request.headers for request in backend.requests] == [True, False]


@pytest.mark.parametrize("url", ["https://cdn.test/r.mp4", "/files/r.mp4"])
@pytest.mark.parametrize("status", [403, 404])
def test_an_expired_link_falls_back_to_the_download_call(url: str, status: int) -> None:
    backend = Backend(httpx.Response(status), MP4)

    assert fetch(backend.client, url) == b"mp4"
    assert str(backend.requests[1].url) == FALLBACK
    assert backend.requests[1].headers["Authorization"] == f"Bearer {TOKEN}"


def test_an_address_that_is_none_falls_back_too() -> None:
    backend = Backend(MP4)
    assert fetch(backend.client, "https://[::1") == b"mp4"
    assert [str(request.url) for request in backend.requests] == [FALLBACK]


def test_errors_of_a_foreign_host_do_not_renew_the_token() -> None:
    backend = Backend(httpx.Response(401), MP4)
    fetch(backend.client, "https://cdn.test/r.mp4")
    assert backend.tokens.rejected == []

    backend = Backend(*[httpx.Response(500)] * 3)
    with pytest.raises(ServerError, match=r"^cdn\.test could not serve the video\.$"):
        fetch(backend.client, "https://cdn.test/r.mp4?sig=secret")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, html="<html>"), UnexpectedAnswerError),
        (httpx.Response(200, json={"code": 402}), ExportBlockedError),
        (httpx.Response(200, json={"url": "elsewhere"}), UnexpectedAnswerError),
    ],
)
def test_a_download_that_is_no_video(answer: httpx.Response, kind: type[NemoVideoError]) -> None:
    with pytest.raises(kind):
        fetch(Backend(answer).client)


def test_download_tells_its_length_when_it_can() -> None:
    def length(response: httpx.Response) -> int | None:
        with Backend(response).client.download(Render(id="r", status="completed")) as download:
            return download.content_length

    assert length(httpx.Response(200, content=b"mp4")) == 3
    assert length(httpx.Response(200, content=iter([b"mp4"]))) is None


def test_a_download_that_breaks_off() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"mp"
        raise httpx.RemoteProtocolError("incomplete")

    with pytest.raises(TransportError, match="broke off"):
        fetch(Backend(httpx.Response(200, content=breaking())).client)


def test_an_answer_that_breaks_off() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"{"
        raise httpx.ReadError("reset")

    backend = Backend(httpx.Response(200, content=breaking()), data({"available": 1}))
    assert backend.client.credits().available == 1
