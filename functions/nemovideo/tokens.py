"""Where the bearer token comes from."""

import time
from collections.abc import Callable
from typing import Protocol

import httpx

from backend.assumptions import RATE_LIMIT_SECONDS
from backend.errors import RateLimitedError, TokenExpiredError
from backend.models import AnonymousToken
from nemovideo import results
from nemovideo.attribution import Attribution
from nemovideo.exchange import exchange
from nemovideo.wire import Subject, data_of


class TokenSource(Protocol):
    def token(self) -> str:
        """The token to use now."""

    def renew(self, rejected: str) -> str:
        """A token other than the one the backend has just rejected; asked once per call.

        Raises:
            TokenExpiredError: there is none to be had.
        """


class FixedToken:
    """A token that somebody has put into the configuration, `NEMO_TOKEN`."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()

    def token(self) -> str:
        return self._token

    def renew(self, rejected: str) -> str:  # noqa: ARG002 - the protocol's
        raise TokenExpiredError("The backend rejected the configured token: it is wrong or has expired.")


def request_anonymous_token(
    base_url: str,
    client_id: str,
    *,
    attribution: Attribution,
    http: httpx.Client,
    sleep: Callable[[float], None] = time.sleep,
) -> AnonymousToken:
    """Ask for a token without an account: one per client id and 7 days, about ten per address.

    Keep `client_id`, a UUID: asked again with it after 7 days, the backend renews. A 429 is waited out once.

    Raises:
        ClientIdMissingError: the backend did not accept `client_id`.
        RateLimitedError: 429 twice.
        NemoVideoError: any other failure.
    """
    try:
        return _request(base_url, client_id, attribution, http)
    except RateLimitedError:
        sleep(RATE_LIMIT_SECONDS)
    return _request(base_url, client_id, attribution, http)


def _request(base_url: str, client_id: str, attribution: Attribution, http: httpx.Client) -> AnonymousToken:
    request = http.build_request(
        "POST",
        f"{base_url.rstrip('/')}/api/auth/anonymous-token",
        headers=attribution.headers | {"X-Client-Id": client_id},
        timeout=httpx.Timeout(20.0, connect=10.0),
    )
    return results.anonymous_token(data_of(exchange(http, request), Subject.ANONYMOUS_TOKEN))
