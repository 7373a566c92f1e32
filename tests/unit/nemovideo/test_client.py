import inspect
import logging
from collections.abc import Callable, Iterator

import httpx
import pytest

from backend.errors import (
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    TokenExpiredError,
    TransportError,
)
from nemovideo import Attribution, FixedToken, NemoVideo
from tests.support.backend import TOKEN, Backend, RenewingTokens, Step
from tests.unit.nemovideo.calls import DRAFT, FILES, SESSION, data, fetch, rejected, say, stream, upload

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
    assert backend.called == [where]
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["X-Skill-Source"] == "generator-chrome-extension"
    assert request.headers["X-Skill-Version"] == "9"
    assert request.headers["X-Skill-Platform"] == "cursor"
    assert TOKEN not in str(request.url)


@every_call
@pytest.mark.parametrize("answer", [rejected(1001), rejected(1010), rejected(1011), httpx.Response(401)])
def test_a_rejected_token_is_renewed_once(name: str, answer: httpx.Response) -> None:
    call, good, _ = CALLS[name]
    tokens = RenewingTokens()
    if name == "send_message":
        backend = Backend(answer, tokens=tokens)
        with pytest.raises(TokenExpiredError):
            call(backend.client)
        assert (len(backend.requests), tokens.rejected) == (1, [])
        return

    backend = Backend(answer, good(), tokens=tokens)
    call(backend.client)
    assert [request.headers["Authorization"] for request in backend.requests] == [
        f"Bearer {TOKEN}",
        "Bearer nmv_usr_second",
    ]
    assert tokens.rejected == [TOKEN]

    backend = Backend(answer, rejected(), tokens=RenewingTokens())
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
        assert backend.called == [where] * 3
        return

    nobody = [httpx.Response(404)] * 3  # for whoever asks for the status of the render
    backend = Backend(failure, *nobody)
    with pytest.raises(kind):
        call(backend.client)
    assert backend.called.count(where) == 1


@every_call
def test_patience_ends_after_three_attempts(name: str) -> None:
    call, _, where = CALLS[name]
    backend = Backend(*[httpx.Response(503)] * 10)
    with pytest.raises(ServerError):
        call(backend.client)
    assert backend.called.count(where) == (1 if name in NEVER_REPEATED else 3)


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
    backend = Backend(*[failure] * 4, tokens=RenewingTokens())

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
    assert backend.called == [
        "GET /api/state/nemo_agent/me/a%2Fb%3Fc/latest",
        "GET /api/render/proxy/lambda/r%2F%23",
    ]


def test_an_answer_that_breaks_off() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"{"
        raise httpx.ReadError("reset")

    backend = Backend(httpx.Response(200, content=breaking()), data({"available": 1}))
    assert backend.client.credits().available == 1
