from datetime import UTC, datetime, timedelta

import pytest

from studio.accounts import Accounts
from studio.errors import InvalidTokenError, OutOfCreditsError, RateLimitedError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=7)


def test_an_expired_client_gets_a_new_token_for_its_account() -> None:
    accounts = Accounts(100)
    account = accounts.issue("client", NOW)
    old = account.token
    account.freeze(10)
    with pytest.raises(RateLimitedError):
        accounts.issue("client", LATER - timedelta(seconds=1))
    with pytest.raises(InvalidTokenError):
        accounts.authenticate(f"Bearer {old}", LATER)
    renewed = accounts.issue("client", LATER)
    assert renewed.token != old
    assert (renewed.user_id, renewed.available) == (account.user_id, 90)
    assert accounts.authenticate(f"Bearer {renewed.token}", LATER) is renewed
    with pytest.raises(InvalidTokenError):
        accounts.authenticate(f"Bearer {old}", NOW)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic {}", "{}"])
def test_only_a_known_bearer_token_is_let_in(header: str | None) -> None:
    accounts = Accounts(100)
    token = accounts.issue("client", NOW).token
    with pytest.raises(InvalidTokenError) as refusal:
        accounts.authenticate(header and header.format(token), NOW)
    assert token not in str(refusal.value)


def test_credits_are_reserved_then_taken() -> None:
    account = Accounts(12).issue("client", NOW)
    account.freeze(10)
    assert (account.available, account.frozen, account.total) == (2, 10, 12)
    with pytest.raises(OutOfCreditsError):
        account.freeze(3)
    account.charge(10)
    assert (account.available, account.frozen, account.total) == (2, 0, 12)
