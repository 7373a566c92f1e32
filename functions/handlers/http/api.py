"""The HTTP API of the pipeline."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http import cors
from handlers.http.answering import answer_once

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if event["httpMethod"] == "OPTIONS":  # a CORS preflight has no key
        return cors.preflight(event)
    if event["httpMethod"] == "HEAD":  # request_context still has HEAD
        answer = answer_once(event | {"httpMethod": "GET"}, context)
        return cors.readable(answer | {"body": ""}, event)
    return cors.readable(answer_once(event, context), event)
