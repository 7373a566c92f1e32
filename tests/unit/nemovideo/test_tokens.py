import httpx
import pytest

from backend.errors import ClientIdMissingError, RateLimitedError, TokenExpiredError
from nemovideo import Attribution, FixedToken, TokenSource, request_anonymous_token

GIVEN = {"code": 0, "data": {"token": "nmv_usr_1", "credits": 100, "user_id": "7"}}
BUSY = httpx.Response(429, headers={"Retry-After": "1"})


def ask(*answers: httpx.Response) -> tuple[object, list[httpx.Request], list[float]]:
    """Ask once; returns the token or what was raised, the requests and the waits."""
    requests: list[httpx.Request] = []
    waits: list[float] = []

    def backend(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answers[len(requests) - 1]

    try:
        outcome: object = request_anonymous_token(
            "https://api.test/",
            "client-1",
            attribution=Attribution(platform="cursor"),
            http=httpx.Client(transport=httpx.MockTransport(backend)),
            sleep=waits.append,
        )
    except (ClientIdMissingError, RateLimitedError) as error:
        outcome = error
    return outcome, requests, waits


def test_anonymous_token() -> None:
    token, (request,), waits = ask(httpx.Response(200, json=GIVEN))

    assert getattr(token, "token", None) == "nmv_usr_1"
    assert (request.method, str(request.url)) == ("POST", "https://api.test/api/auth/anonymous-token")
    assert request.headers["X-Client-Id"] == "client-1"
    assert request.headers["X-Skill-Platform"] == "cursor"
    assert "Authorization" not in request.headers
    assert waits == []


def test_a_rate_limit_is_waited_out_once() -> None:
    token, requests, waits = ask(BUSY, httpx.Response(200, json=GIVEN))
    assert (getattr(token, "token", None), len(requests), waits) == ("nmv_usr_1", 2, [30])

    error, requests, waits = ask(BUSY, httpx.Response(429))
    assert isinstance(error, RateLimitedError)
    assert (error.retry_after, len(requests), waits) == (30, 2, [30])


def test_a_client_id_that_is_not_accepted() -> None:
    error, requests, _ = ask(httpx.Response(400, json={"code": 400, "message": "X-Client-Id required"}))
    assert isinstance(error, ClientIdMissingError)
    assert len(requests) == 1


def test_a_fixed_token_cannot_be_renewed() -> None:
    source: TokenSource = FixedToken(" nmv_1\n")

    assert source.token() == "nmv_1"
    assert "nmv_1" not in repr(source)
    with pytest.raises(TokenExpiredError) as caught:
        source.renew("nmv_1")
    assert (
        caught.value.advice
        == "The operator of this pipeline has to replace its access token for the video service."
    )
