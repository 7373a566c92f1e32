import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from studio.errors import (
    ExpiredTokenError,
    ExportBlockedError,
    InvalidTokenError,
    MissingScopeError,
    OutOfCreditsError,
    RateLimitedError,
)
from studio.state.accounts import Account, Accounts, Balance, Scope, Token

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
LATER = NOW + WEEK


def anonymous(database: sqlite3.Connection, initial: int, scopes: Iterable[Scope] = Scope) -> Account:
    accounts = Accounts(database, initial, anonymous_scopes=scopes)
    return account_of(accounts, accounts.issue("client", NOW), NOW)


def account_of(accounts: Accounts, token: Token, now: datetime) -> Account:
    return accounts.authenticate(f"Bearer {token.secret}", now)


def test_an_expired_client_gets_a_new_token_for_its_account(database: sqlite3.Connection) -> None:
    accounts = Accounts(database, 100)
    old = accounts.issue("client", NOW)
    account_of(accounts, old, NOW).freeze(10)
    with pytest.raises(RateLimitedError):
        accounts.issue("client", LATER - timedelta(seconds=1))
    with pytest.raises(ExpiredTokenError):
        account_of(accounts, old, LATER)
    renewed = accounts.issue("client", LATER)
    assert renewed.secret != old.secret
    assert account_of(accounts, renewed, LATER).user_id == old.user_id
    assert account_of(accounts, renewed, LATER).balance == Balance(90, 10, 100)


def test_an_address_is_given_so_many_tokens_in_seven_days(database: sqlite3.Connection) -> None:
    accounts = Accounts(database, 100, tokens_per_address=2)
    for client in ("1", "2"):
        accounts.issue(client, NOW, "192.0.2.1")
    with pytest.raises(RateLimitedError) as refusal:
        accounts.issue("3", LATER - timedelta(seconds=1), "192.0.2.1")
    assert refusal.value.retry_after == 30
    accounts.issue("3", NOW, "192.0.2.2")
    accounts.issue("3", LATER + WEEK, "192.0.2.1")


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::7", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("a socket", "a socket", True),
    ],
)
def test_a_subscriber_of_ipv6_has_one_network_and_no_more_tokens_than_others(
    database: sqlite3.Connection, first: str, second: str, *, is_same: bool
) -> None:
    accounts = Accounts(database, 100, tokens_per_address=1)
    accounts.issue("1", NOW, first)
    if is_same:
        with pytest.raises(RateLimitedError):
            accounts.issue("2", NOW, second)
    else:
        accounts.issue("2", NOW, second)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic {}", "{}"])
def test_only_a_known_bearer_token_is_let_in(database: sqlite3.Connection, header: str | None) -> None:
    accounts = Accounts(database, 100)
    token = accounts.issue("client", NOW)
    with pytest.raises(InvalidTokenError) as refusal:
        accounts.authenticate(header and header.format(token.secret), NOW)
    assert token.secret not in str(refusal.value)
    assert token.secret not in repr(token)


def test_no_token_is_stored(database: sqlite3.Connection) -> None:
    token = Accounts(database, 100).issue("client", NOW)
    assert token.secret not in "\n".join(database.iterdump())


def test_credits_are_reserved_then_taken_or_given_back(database: sqlite3.Connection) -> None:
    account = anonymous(database, 12)
    account.freeze(10)
    assert account.balance == Balance(available=2, frozen=10, total=12)
    with pytest.raises(OutOfCreditsError):
        account.freeze(3)
    account.charge(10)
    assert account.balance == Balance(available=2, frozen=0, total=12)
    account.freeze(2)
    account.release(2)
    assert account.balance == Balance(available=2, frozen=0, total=12)


def test_who_has_no_credits_is_told_how_to_get_some(database: sqlite3.Connection) -> None:
    account = anonymous(database, 0)
    with pytest.raises(OutOfCreditsError, match=rf"\?bind={account.user_id}"):
        account.freeze(1)
    accounts = Accounts(database, 0)
    registered = account_of(accounts, accounts.register(0, Scope, WEEK, NOW), NOW)
    with pytest.raises(OutOfCreditsError, match="Top up credits in your account"):
        registered.freeze(1)


def test_a_registered_token_has_its_own_credits_scopes_and_life(database: sqlite3.Connection) -> None:
    accounts = Accounts(database, 100)
    token = accounts.register(5, [Scope.READ], timedelta(days=1), NOW)
    account = account_of(accounts, token, NOW)
    assert account.scopes == {Scope.READ}
    assert not account.is_anonymous
    assert account.balance.total == 5
    with pytest.raises(ExpiredTokenError):
        account_of(accounts, token, NOW + timedelta(days=1))


def test_a_token_does_what_its_scopes_say(database: sqlite3.Connection) -> None:
    account = anonymous(database, 1, [Scope.READ, Scope.WRITE])
    account.require(Scope.READ)
    with pytest.raises(MissingScopeError, match="upload"):
        account.require(Scope.UPLOAD)
    with pytest.raises(ExportBlockedError, match="Register or upgrade"):
        account.require(Scope.RENDER)


def test_what_was_reserved_when_the_studio_stopped_is_given_back(database: sqlite3.Connection) -> None:
    accounts = Accounts(database, 100)
    account = account_of(accounts, accounts.issue("client", NOW), NOW)
    account.freeze(10)
    Accounts(database, 100).recover()
    assert account.balance == Balance(available=100, frozen=0, total=100)


def test_tokens_are_forgotten_when_no_limit_counts_them(database: sqlite3.Connection) -> None:
    accounts = Accounts(database, 100)
    token = accounts.issue("client", NOW)
    accounts.forget_expired_tokens(LATER)
    with pytest.raises(ExpiredTokenError):
        account_of(accounts, token, LATER)
    accounts.forget_expired_tokens(LATER + WEEK)
    with pytest.raises(InvalidTokenError, match="unknown"):
        account_of(accounts, token, LATER + WEEK)
