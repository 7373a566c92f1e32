"""Idempotent requests: a repeated Idempotency-Key returns the first response, for 24 hours."""

import json
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyAlreadyInProgressError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.http.app import app
from handlers.http.estimating import ESTIMATE_PATH
from handlers.http.problems import deleted, in_progress, key_reused, plain
from handlers.http.reading import UnreadableRequestError, read_request
from videos.model.errors import VideoNotFoundError

KEPT_SECONDS = 24 * 3600
OK = range(200, 300)

Answer = dict[str, Any]


class _NotKeptError(Exception):
    """A response that is not stored for repeated requests."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def answer_once(event: Answer, context: LambdaContext) -> Answer:
    """Return the response to a request, or the stored response if its Idempotency-Key was used before."""
    try:
        request = read_request(event)
    except UnreadableRequestError as error:
        return plain(error.response)
    key = request["headers"].get("idempotency-key")
    # An estimate must not be stored: it holds only for the moment.
    if event["httpMethod"] != "POST" or not key or event["path"] == ESTIMATE_PATH:
        return _answer(request, context)
    return _answer_again(key, event.get("body") or "", request, context)


def _answer_again(key: str, body: str, event: Answer, context: LambdaContext) -> Answer:
    owner = event["requestContext"]["authorizer"]["owner"]
    request = {"key": f"{owner} {event['path']} {key}", "body": body}
    try:
        answer: Answer = _keeping(context)(request=request, event=event, context=context)
    except _NotKeptError as not_kept:
        return not_kept.answer
    except IdempotencyValidationError:
        return plain(key_reused())
    except IdempotencyAlreadyInProgressError:
        return plain(in_progress())
    return answer


def _keeping(context: LambdaContext) -> Any:  # noqa: ANN401 - Powertools' decorator is untyped
    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="body",
        expires_after_seconds=KEPT_SECONDS,
        response_hook=_kept_answer,
    )
    config.register_lambda_context(context)
    return idempotent_function(
        _answer_if_kept, data_keyword_argument="request", persistence_store=_persistence(), config=config
    )


def _kept_answer(response: Any, idempotent_data: DataRecord) -> Answer:  # noqa: ANN401, ARG001 - their names
    """Return the stored response, or an error if its video was deleted."""
    kept: Answer = response
    said = json.loads(kept["body"])
    video_id = str(said.get("video_id") or said.get("video", said).get("id", ""))
    if video_id.startswith("vid-"):
        try:
            wiring.store().video(video_id)
        except VideoNotFoundError:
            return plain(deleted())
    return kept


@cache
def _persistence() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table_name=wiring.idempotency_table())


def _answer_if_kept(*, request: Answer, event: Answer, context: LambdaContext) -> Answer:  # noqa: ARG001 - the key
    answer = _answer(event, context)
    if answer["statusCode"] not in OK:
        raise _NotKeptError(answer)
    return answer


def _answer(event: Answer, context: LambdaContext) -> Answer:
    answer: Answer = json.loads(json.dumps(app.resolve(event, context)))
    return answer | {"body": answer["body"] or ""}  # 304 has none, and a gateway expects text
