from collections.abc import Iterator

import httpx
import pytest

from backend import Render
from backend.errors import (
    ExportBlockedError,
    NemoVideoError,
    NotSentError,
    RenderNotFoundError,
    ServerError,
    SessionNotFoundError,
    TransportError,
    UnexpectedAnswerError,
)
from tests.support.backend import Backend, RenewingTokens, Step
from tests.unit.nemovideo.calls import DRAFT, fetch

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
    assert backend.called == asked

    backend = Backend(unclear, httpx.Response(404))
    with pytest.raises(NemoVideoError) as caught:
        backend.client.start_render("r", "s", DRAFT)
    assert not isinstance(caught.value, RenderNotFoundError)
    assert backend.called == asked


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


@pytest.mark.parametrize("url", ["https://cdn.test/r.mp4", "/files/r.mp4", "https://[::1", "http://xn--/"])
@pytest.mark.parametrize("status", [403, 404])
def test_an_expired_link_is_told(url: str, status: int) -> None:
    with pytest.raises((ExportBlockedError, RenderNotFoundError)) as caught:
        fetch(Backend(httpx.Response(status)).client, url)
    assert not caught.value.retryable


def test_a_redirect_to_an_address_that_is_none_is_a_broken_connection() -> None:
    backend = Backend(*[httpx.Response(302, headers={"Location": "http://xn--/"})] * 3)
    with pytest.raises(TransportError, match=r"^cdn\.test redirects to an address that is not valid\.$"):
        fetch(backend.client, "https://cdn.test/r.mp4")


def test_errors_of_a_foreign_host_do_not_renew_the_token() -> None:
    tokens = RenewingTokens()
    backend = Backend(httpx.Response(401), tokens=tokens)
    with pytest.raises(RenderNotFoundError):
        fetch(backend.client, "https://cdn.test/r.mp4")
    assert tokens.rejected == []

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
        fetch(Backend(*[answer] * 3).client)


def test_download_tells_its_length_when_it_can() -> None:
    def length(response: httpx.Response) -> int | None:
        with Backend(response).client.download(Render(id="r", status="completed")) as download:
            return download.content_length

    assert length(httpx.Response(200, content=b"mp4")) == 3
    assert length(httpx.Response(200, content=iter([b"mp4"]))) is None


FILM = bytes(range(256)) * 40


def _cut(at: int, **headers: str) -> httpx.Response:
    """The film, of which the connection breaks after so many bytes."""

    def body() -> Iterator[bytes]:
        yield FILM[:at]
        raise httpx.RemoteProtocolError("incomplete")

    return httpx.Response(200, headers={"Content-Length": str(len(FILM)), **headers}, content=body())


def _rest(begin: int, *, total: int = len(FILM), cut: int | None = None) -> httpx.Response:
    headers = {"Content-Range": f"bytes {begin}-{len(FILM) - 1}/{total}"}
    if cut is None:
        return httpx.Response(206, headers=headers, content=FILM[begin:])

    def body() -> Iterator[bytes]:
        yield FILM[begin:cut]
        raise httpx.ReadError("reset")

    return httpx.Response(206, headers=headers, content=body())


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemovideo.download.RESUME_PAUSES", (0.0, 0.0))


@pytest.mark.parametrize("url", ["https://cdn.test/r.mp4", None], ids=["address", "download call"])
def test_a_download_that_breaks_off_is_resumed_where_it_broke(url: str | None) -> None:
    backend = Backend(_cut(4000, ETag='"v1"'), _rest(4000, cut=7000), httpx.Response(404), _rest(7000))
    assert fetch(backend.client, url) == FILM
    asked = [(request.headers.get("Range"), request.headers.get("If-Range")) for request in backend.requests]
    assert asked == [(None, None), ("bytes=4000-", '"v1"'), ("bytes=7000-", '"v1"'), ("bytes=7000-", '"v1"')]


def test_without_ranges_what_was_received_is_skipped() -> None:
    backend = Backend(_cut(4000), httpx.Response(200, content=FILM))
    assert fetch(backend.client, "https://cdn.test/r.mp4") == FILM


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([_rest(4000, total=77)], id="the rest of another file"),
        pytest.param([_rest(100)], id="another part"),
        pytest.param([httpx.Response(200, content=b"another film")], id="another film"),
        pytest.param([httpx.Response(404)] * 2, id="nothing any more"),
        pytest.param([_rest(4000, cut=4000), _rest(4000, cut=4000)], id="no progress"),
    ],
)
def test_a_download_that_cannot_be_resumed_is_broken(answers: list[httpx.Response]) -> None:
    with pytest.raises(TransportError, match="broke off"):
        fetch(Backend(_cut(4000), *answers).client, "https://cdn.test/r.mp4")


def test_a_download_without_a_length_is_not_resumed() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"mp"
        raise httpx.RemoteProtocolError("incomplete")

    backend = Backend(httpx.Response(200, content=breaking()))
    with pytest.raises(TransportError, match="broke off"):
        fetch(backend.client)
    assert len(backend.requests) == 1


def test_a_body_that_ends_early_is_no_whole_file() -> None:
    short = httpx.Response(200, headers={"Content-Length": "9"}, content=iter([b"mp4"]))
    with pytest.raises(TransportError, match="3 of 9 bytes"):
        fetch(Backend(short, httpx.Response(404), httpx.Response(404)).client, "https://cdn.test/r.mp4")
