import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider

from aws.tokens import RenewingElsewhereError, SharedToken
from backend import AnonymousToken
from backend.errors import NemoVideoError, RateLimitedError, TokenExpiredError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from tests.unit.conftest import Clients

KEY = {"video_id": "anonymous-identity", "item": "identity"}


class Asked:
    """The backend's call for anonymous tokens: notes who asks, and meanwhile does what it is told."""

    def __init__(self, lives: timedelta | None = timedelta(days=7)) -> None:
        self.client_ids: list[str] = []
        self.lives = lives
        self.meanwhile: Callable[[], object] | None = None

    def __call__(self, client_id: str) -> AnonymousToken:
        self.client_ids.append(client_id)
        expires_at = datetime.now(UTC) + self.lives if self.lives else None
        token = AnonymousToken(token=f"nmv_usr_{len(self.client_ids)}", expires_at=expires_at)
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return token


@pytest.fixture
def asked() -> Asked:
    return Asked()


MakeToken = Callable[[], SharedToken]


@pytest.fixture
def another(cloud: "Clients", videos_table: "Table", token_secret: str, asked: Asked) -> MakeToken:
    """Makes the token source of one more function; all share the table and the secret."""
    return lambda: SharedToken(SecretsProvider(boto3_client=cloud.secrets), token_secret, videos_table, asked)


def _configure(cloud: "Clients", secret: str, token: str) -> None:
    cloud.secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({"NEMO_TOKEN": token}))


def _lease(table: "Table", until: datetime) -> None:
    table.update_item(
        Key=KEY,
        UpdateExpression="SET lease_until = :until",
        ExpressionAttributeValues={":until": until.isoformat()},
    )


def test_the_configured_token_is_used(
    cloud: "Clients", token_secret: str, another: MakeToken, asked: Asked
) -> None:
    _configure(cloud, token_secret, "configured")
    assert another().token() == "configured"
    assert asked.client_ids == []


def test_a_rotated_token_is_noticed_when_the_old_one_is_rejected(
    cloud: "Clients", token_secret: str, another: MakeToken
) -> None:
    _configure(cloud, token_secret, "old")
    source = another()
    assert source.token() == "old"
    _configure(cloud, token_secret, "new")
    assert source.renew("old") == "new"


def test_a_configured_token_that_is_rejected_is_told_without_being_shown(
    cloud: "Clients", token_secret: str, another: MakeToken, asked: Asked
) -> None:
    _configure(cloud, token_secret, "wrong-token")
    source = another()
    with pytest.raises(TokenExpiredError) as caught:
        source.renew(source.token())
    assert "Secrets Manager" in str(caught.value)
    assert "wrong-token" not in str(caught.value)
    assert asked.client_ids == []


def test_an_anonymous_token_is_made_once_and_shared(another: MakeToken, asked: Asked) -> None:
    assert {another().token() for _ in range(3)} == {"nmv_usr_1"}
    assert len(asked.client_ids) == 1


def test_a_rejected_anonymous_token_is_renewed_once_under_the_same_identity(
    another: MakeToken, asked: Asked
) -> None:
    first, second = another(), another()
    old = first.token()
    assert first.renew(old) == second.renew(old) == "nmv_usr_2"
    assert len(asked.client_ids) == 2
    assert len(set(asked.client_ids)) == 1


@pytest.mark.parametrize(
    ("lives", "asks"),
    [(timedelta(days=7), 1), (timedelta(minutes=21), 1), (timedelta(minutes=19), 2), (None, 1)],
)
def test_a_token_that_would_die_while_a_step_runs_is_renewed(
    another: MakeToken, asked: Asked, lives: timedelta | None, asks: int
) -> None:
    asked.lives = lives
    another().token()
    another().token()
    assert len(asked.client_ids) == asks


def test_of_two_functions_at_once_one_asks(another: MakeToken, asked: Asked) -> None:
    turned_away: list[type[Exception]] = []

    def meanwhile() -> None:
        with pytest.raises(RenewingElsewhereError) as caught:
            another().token()
        turned_away.append(caught.type)

    asked.meanwhile = meanwhile
    assert another().token() == "nmv_usr_1"
    assert turned_away
    assert another().token() == "nmv_usr_1"
    assert len(asked.client_ids) == 1


@pytest.mark.parametrize(("left", "asks"), [(30, 0), (-1, 1)])
def test_a_lease_holds_until_it_runs_out(
    another: MakeToken, videos_table: "Table", asked: Asked, left: int, asks: int
) -> None:
    videos_table.put_item(Item={**KEY, "client_id": "kept"})
    _lease(videos_table, datetime.now(UTC) + timedelta(seconds=left))
    if asks:
        assert another().token() == "nmv_usr_1"
    else:
        with pytest.raises(RenewingElsewhereError):
            another().token()
    assert asked.client_ids == ["kept"] * asks


def test_a_refusal_reaches_the_caller_and_keeps_the_identity(
    another: MakeToken, videos_table: "Table", asked: Asked
) -> None:
    def refuse() -> None:
        raise RateLimitedError("about ten tokens per address", retry_after=30)

    asked.meanwhile = refuse
    with pytest.raises(RateLimitedError):
        another().token()
    _lease(videos_table, datetime.now(UTC) - timedelta(seconds=1))
    another().token()
    assert len(set(asked.client_ids)) == 1


@pytest.mark.parametrize("refusal", [RateLimitedError("1 token per client per 7 days", retry_after=30)])
def test_in_its_last_minutes_a_token_is_used_while_no_other_is_to_be_had(
    another: MakeToken, asked: Asked, refusal: NemoVideoError
) -> None:
    """The backend answers 429 until the old token has expired."""

    def refuse() -> None:
        raise refusal

    asked.lives = timedelta(minutes=19)
    assert another().token() == "nmv_usr_1"
    asked.meanwhile = refuse
    assert {another().token() for _ in range(5)} == {"nmv_usr_1"}
    assert len(asked.client_ids) == 2, "it is asked for once, and not at every call"


def test_a_rejected_token_is_not_used_again(another: MakeToken, asked: Asked) -> None:
    def refuse() -> None:
        raise RateLimitedError("1 token per client per 7 days", retry_after=30)

    source = another()
    old = source.token()
    asked.meanwhile = refuse
    with pytest.raises(RateLimitedError):
        source.renew(old)


def test_an_expiry_in_the_past_makes_no_sense(another: MakeToken, asked: Asked) -> None:
    asked.lives = -timedelta(days=1)
    assert {another().token() for _ in range(15)} == {"nmv_usr_1"}
    assert len(asked.client_ids) == 1


def test_while_another_function_asks_a_valid_token_is_used(
    another: MakeToken, videos_table: "Table", asked: Asked
) -> None:
    asked.lives = timedelta(minutes=19)
    another().token()
    _lease(videos_table, datetime.now(UTC) + timedelta(seconds=100))
    assert another().token() == "nmv_usr_1"
