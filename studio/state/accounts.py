"""Accounts: tokens, their scopes, and credits."""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, ip_address, ip_network

from studio.errors import (
    ExpiredTokenError,
    ExportBlockedError,
    InvalidTokenError,
    MissingScopeError,
    OutOfCreditsError,
    RateLimitedError,
)
from studio.state.database import transaction

TOKEN_LIFE = timedelta(days=7)
RETRY_AFTER_S = 30
_SUBSCRIBERS_BITS = 64


class Scope(StrEnum):
    """What a token is good for."""

    READ = "read"
    WRITE = "write"
    UPLOAD = "upload"
    RENDER = "render"


@dataclass(frozen=True)
class Balance:
    """Credits; `frozen` ones are reserved by running work."""

    available: int
    frozen: int
    total: int


@dataclass(frozen=True)
class Token:
    """A token as it is handed out, once: the studio keeps its digest only."""

    secret: str = field(repr=False)
    user_id: str
    credits: int
    expires_at: datetime


@dataclass(frozen=True)
class Account:
    """An account as one of its tokens sees it."""

    user_id: str
    scopes: frozenset[Scope]
    is_anonymous: bool
    _database: sqlite3.Connection = field(repr=False, compare=False)

    @property
    def balance(self) -> Balance:
        row = self._database.execute(
            "SELECT available, frozen, total FROM accounts WHERE user_id = ?", [self.user_id]
        ).fetchone()
        return Balance(*row)

    def require(self, scope: Scope) -> None:
        """Refuse what the token is not good for.

        Raises:
            ExportBlockedError: it is not good for exports.
            MissingScopeError: it is not good for something else.
        """
        if scope in self.scopes:
            return
        if scope is Scope.RENDER:
            raise ExportBlockedError("Register or upgrade your plan to unlock export.")
        raise MissingScopeError(f"This token is not good for “{scope}”. Use one that is.")

    def freeze(self, cost: int) -> None:
        """Reserve credits for work that begins.

        Raises:
            OutOfCreditsError: fewer are available.
        """
        reserved = self._database.execute(
            "UPDATE accounts SET available = available - :cost, frozen = frozen + :cost"
            " WHERE user_id = :user_id AND available >= :cost",
            {"cost": cost, "user_id": self.user_id},
        )
        if not reserved.rowcount:
            advice = (
                f"Register with ?bind={self.user_id} to get more."
                if self.is_anonymous
                else "Top up credits in your account."
            )
            raise OutOfCreditsError(
                f"Not enough credits: this needs {cost}, {self.balance.available} are left. {advice}"
            )

    def charge(self, cost: int) -> None:
        """Take reserved credits for work that is done."""
        self._database.execute(
            "UPDATE accounts SET frozen = frozen - ? WHERE user_id = ?", [cost, self.user_id]
        )

    def release(self, cost: int) -> None:
        """Give reserved credits back for work that failed."""
        self._database.execute(
            "UPDATE accounts SET available = available + :cost, frozen = frozen - :cost"
            " WHERE user_id = :user_id",
            {"cost": cost, "user_id": self.user_id},
        )


class Accounts:
    """All accounts, by client and by token."""

    def __init__(
        self,
        database: sqlite3.Connection,
        credits_at_start: int,
        *,
        anonymous_scopes: Iterable[Scope] = Scope,
        tokens_per_address: int | None = None,
    ) -> None:
        self._database = database
        self._credits_at_start = credits_at_start
        self._anonymous_scopes = frozenset(anonymous_scopes)
        self._tokens_per_address = tokens_per_address

    def issue(self, client_id: str, now: datetime, address: str | None = None) -> Token:
        """A new anonymous token; a client whose token expired gets one for the same account.

        Raises:
            RateLimitedError: the client's token is still valid, or its address was given too many (vendor
                skill document: 1 token per client, and about 10 per address, in 7 days).
        """
        address = _subscriber(address) if address else None
        with transaction(self._database):
            valid = self._database.execute(
                "SELECT 1 FROM tokens JOIN accounts USING (user_id) WHERE client_id = ? AND expires_at > ?",
                [client_id, now.timestamp()],
            ).fetchone()
            if valid:
                raise RateLimitedError(
                    "This client already has a valid token: 1 token per client per 7 days.",
                    retry_after=RETRY_AFTER_S,
                )
            self._limit_address(address, now)
            self._database.execute(
                "INSERT INTO accounts (user_id, client_id, total, available) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (client_id) DO NOTHING",
                [_new_user_id(), client_id, self._credits_at_start, self._credits_at_start],
            )
            (user_id, total) = self._database.execute(
                "SELECT user_id, total FROM accounts WHERE client_id = ?", [client_id]
            ).fetchone()
            token = Token(_new_secret(), user_id, total, now + TOKEN_LIFE)
            self._add_token(token, self._anonymous_scopes, now, address)
        return token

    def register(self, initial: int, scopes: Iterable[Scope], life: timedelta, now: datetime) -> Token:
        """A token of a new account that is not anonymous, with `initial` credits."""
        token = Token(_new_secret(), _new_user_id(), initial, now + life)
        with transaction(self._database):
            self._database.execute(
                "INSERT INTO accounts (user_id, total, available) VALUES (?, ?, ?)",
                [token.user_id, initial, initial],
            )
            self._add_token(token, scopes, now, None)
        return token

    def authenticate(self, authorization: str | None, now: datetime) -> Account:
        """The account an `Authorization` header speaks for.

        Raises:
            InvalidTokenError: no bearer token, or an unknown one.
            ExpiredTokenError: it was good once.
        """
        scheme, _, secret = (authorization or "").partition(" ")
        known = self._database.execute(
            "SELECT user_id, scopes, expires_at, client_id FROM tokens JOIN accounts USING (user_id)"
            " WHERE digest = ?",
            [_digest(secret.strip())],
        ).fetchone()
        if known is None or scheme.lower() != "bearer":
            raise InvalidTokenError("The token is missing or unknown. Ask for a new one.")
        if known["expires_at"] <= now.timestamp():
            raise ExpiredTokenError("The token has expired. Ask for a new one with the same client id.")
        return Account(
            user_id=known["user_id"],
            scopes=frozenset(map(Scope, known["scopes"].split())),
            is_anonymous=known["client_id"] is not None,
            _database=self._database,
        )

    def recover(self) -> None:
        """Give back what was reserved by work that a stop of the studio ended."""
        self._database.execute(
            "UPDATE accounts SET available = available + frozen, frozen = 0 WHERE frozen > 0"
        )

    def forget_expired_tokens(self, now: datetime) -> None:
        """Those that no limit is counted by any more."""
        self._database.execute(
            "DELETE FROM tokens WHERE expires_at <= :then AND issued_at <= :then",
            {"then": (now - TOKEN_LIFE).timestamp()},
        )

    def _limit_address(self, address: str | None, now: datetime) -> None:
        (given,) = self._database.execute(
            "SELECT count(*) FROM tokens WHERE address = ? AND issued_at > ?",
            [address, (now - TOKEN_LIFE).timestamp()],
        ).fetchone()
        if self._tokens_per_address is not None and given >= self._tokens_per_address:
            raise RateLimitedError(
                f"This address was given {given} tokens in 7 days. Keep your client id and its token.",
                retry_after=RETRY_AFTER_S,
            )

    def _add_token(self, token: Token, scopes: Iterable[Scope], now: datetime, address: str | None) -> None:
        self._database.execute(
            "INSERT INTO tokens (digest, user_id, scopes, address, issued_at, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                _digest(token.secret),
                token.user_id,
                " ".join(sorted(scopes)),
                address,
                now.timestamp(),
                token.expires_at.timestamp(),
            ],
        )


def _subscriber(address: str) -> str:
    """What one subscriber has: an IPv4 address, or a network of 2^64 addresses of IPv6."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address  # of a socket in the file system, or a test
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, _SUBSCRIBERS_BITS), strict=False))


def _new_secret() -> str:
    return f"nmv_usr_{secrets.token_urlsafe(24)}"


def _new_user_id() -> str:
    return f"user_{secrets.token_hex(8)}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
