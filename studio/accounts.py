"""Accounts: anonymous tokens and credits."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from studio.errors import InvalidTokenError, OutOfCreditsError, RateLimitedError

TOKEN_LIFE = timedelta(days=7)
RETRY_AFTER_S = 30


@dataclass
class Account:
    user_id: str
    token: str
    expires_at: datetime
    total: int
    available: int
    frozen: int = 0

    def freeze(self, cost: int) -> None:
        """Reserve credits for work that begins.

        Raises:
            OutOfCreditsError: fewer are available.
        """
        if cost > self.available:
            raise OutOfCreditsError(
                f"Not enough credits: this needs {cost}, {self.available} are left. Register to get more."
            )
        self.available -= cost
        self.frozen += cost

    def charge(self, cost: int) -> None:
        """Take reserved credits for work that is done."""
        self.frozen -= cost


class Accounts:
    """All accounts, by client and by token."""

    def __init__(self, credits_at_start: int) -> None:
        self._credits_at_start = credits_at_start
        self._by_client: dict[str, Account] = {}
        self._by_token: dict[str, Account] = {}

    def issue(self, client_id: str, now: datetime) -> Account:
        """A new anonymous token; an expired client gets one for the same account.

        Raises:
            RateLimitedError: the client's token is still valid (vendor skill document: 1 token per client per
                7 days).
        """
        known = self._by_client.get(client_id)
        if known and now < known.expires_at:
            raise RateLimitedError(
                "This client already has a valid token: 1 token per client per 7 days.",
                retry_after=RETRY_AFTER_S,
            )
        token = f"nmv_usr_{secrets.token_urlsafe(24)}"
        if known:
            del self._by_token[known.token]
            known.token, known.expires_at = token, now + TOKEN_LIFE
            account = known
        else:
            account = Account(
                user_id=f"user_{secrets.token_hex(8)}",
                token=token,
                expires_at=now + TOKEN_LIFE,
                total=self._credits_at_start,
                available=self._credits_at_start,
            )
            self._by_client[client_id] = account
        self._by_token[token] = account
        return account

    def authenticate(self, authorization: str | None, now: datetime | None = None) -> Account:
        """The account an `Authorization` header speaks for.

        Raises:
            InvalidTokenError: no bearer token, an unknown one, or an expired one.
        """
        scheme, _, token = (authorization or "").partition(" ")
        account = self._by_token.get(token.strip()) if scheme.lower() == "bearer" else None
        if account is None or (now or datetime.now(UTC)) >= account.expires_at:
            raise InvalidTokenError("The token is missing, unknown or expired. Ask for a new one.")
        return account
