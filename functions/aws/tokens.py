"""The backend's token: from Secrets Manager, or else an anonymous token that all functions share.

The anonymous identity is one item of the videos table. It has a client id, which is created once, the current
token, and a lease, which lets only one function at a time request a new token.
"""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import stamina

from backend import AnonymousToken
from backend.errors import NemoVideoError, NotSentError, TokenExpiredError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from types_boto3_dynamodb.service_resource import Table

_KEY = {"video_id": "anonymous-identity", "item": "identity"}
# Longer than a request takes: at most two calls of a minute, and a wait of 30 s between them.
_LEASE = timedelta(seconds=150)
# How long other functions wait for the new token. Then they fail, and are retried.
_WAIT_SECONDS = 60
# After a refusal, no function requests a token for this time while the current one is valid.
_ASK_AGAIN = timedelta(minutes=5)
# The documented lifetime. Also used if the expiry in the response is invalid.
_LIFE = timedelta(days=7)
# A token must not expire during a stream. The longest step takes 15 minutes.
_MARGIN = timedelta(minutes=20)
# How long a secret is cached. It is read again at once if its token is rejected.
_SECRET_SECONDS = 300


_ELSEWHERE = "Another function is renewing the access token."


class RenewingElsewhereError(NotSentError):
    """Another function is requesting a token. Wait for it."""


class SharedToken:
    """Implements `nemovideo.TokenSource`."""

    def __init__(
        self,
        secrets: "SecretsProvider",
        secret_arn: str,
        table: "Table",
        ask: Callable[[str], AnonymousToken],
    ) -> None:
        self._secrets = secrets
        self._secret_arn = secret_arn
        self._table = table
        self._ask = ask

    def token(self) -> str:
        return self._fixed() or self._anonymous(rejected=None)

    def renew(self, rejected: str) -> str:
        fixed = self._fixed(force_fetch=True)
        if fixed == rejected:
            raise TokenExpiredError("The video service rejected the token in Secrets Manager.")
        return fixed or self._anonymous(rejected=rejected)

    def _fixed(self, *, force_fetch: bool = False) -> str | None:
        secret = str(
            self._secrets.get(self._secret_arn, max_age=_SECRET_SECONDS, force_fetch=force_fetch)
        ).strip()
        if secret.startswith("{"):
            secret = json.loads(secret).get("NEMO_TOKEN", "")
        return secret or None

    def _anonymous(self, rejected: str | None) -> str:
        for attempt in stamina.retry_context(
            on=RenewingElsewhereError, attempts=None, timeout=_WAIT_SECONDS, wait_max=2.0
        ):
            with attempt:
                return self._known_or_new(rejected)
        raise AssertionError("unreachable")

    def _known_or_new(self, rejected: str | None) -> str:
        identity = self._identity()
        token = identity.get("token")
        now = datetime.now(UTC)
        left = datetime.fromisoformat(identity["expires_at"]) - now if token else timedelta()
        valid = str(token) if token != rejected and left > timedelta() else None
        if valid and (left > _MARGIN or identity.get("ask_after", "") > now.isoformat()):
            return valid
        try:
            self._take_lease(identity, now)
            fresh = self._asked(identity["client_id"], now)
        except NemoVideoError:
            if valid:  # still usable, the backend renews a token only after it has expired
                return valid
            raise
        expires_at = fresh.expires_at if fresh.expires_at and fresh.expires_at > now else now + _LIFE
        self._table.update_item(
            Key=_KEY,
            UpdateExpression="SET #token = :token, expires_at = :expires_at REMOVE lease_until",
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues={":token": fresh.token, ":expires_at": expires_at.isoformat()},
        )
        return fresh.token

    def _asked(self, client_id: str, now: datetime) -> AnonymousToken:
        try:
            return self._ask(client_id)
        except NemoVideoError:
            self._table.update_item(
                Key=_KEY,
                UpdateExpression="SET ask_after = :later REMOVE lease_until",
                ExpressionAttributeValues={":later": (now + _ASK_AGAIN).isoformat()},
            )
            raise

    def _identity(self) -> dict[str, Any]:
        item = self._table.get_item(Key=_KEY, ConsistentRead=True).get("Item")
        if item is None:
            item = {**_KEY, "client_id": str(uuid.uuid4())}
            try:
                self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(video_id)")
            except self._table.meta.client.exceptions.ConditionalCheckFailedException:
                raise RenewingElsewhereError(_ELSEWHERE) from None
        return item

    def _take_lease(self, identity: dict[str, Any], now: datetime) -> None:
        known = identity.get("token", "")
        try:
            self._table.update_item(
                Key=_KEY,
                UpdateExpression="SET lease_until = :until",
                ConditionExpression="(attribute_not_exists(lease_until) OR lease_until < :now)"
                " AND (attribute_not_exists(#token) OR #token = :known)",
                ExpressionAttributeNames={"#token": "token"},
                ExpressionAttributeValues={
                    ":until": (now + _LEASE).isoformat(),
                    ":now": now.isoformat(),
                    ":known": known,
                },
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            raise RenewingElsewhereError(_ELSEWHERE) from None
