"""Authorizer of the API: look up the key or the session, and return its owner and scopes to API Gateway."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import (
    APIGatewayAuthorizerResponse,
    APIGatewayAuthorizerTokenEvent,
    parse_api_gateway_arn,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws.api_keys import SESSION_PREFIX, KeyHolder
from handlers import wiring

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    request = APIGatewayAuthorizerTokenEvent(event)
    holder = _holder_of(request.authorization_token)
    arn = parse_api_gateway_arn(request.method_arn)
    response = APIGatewayAuthorizerResponse(
        principal_id=holder.owner if holder else "unknown",
        context={"owner": holder.owner, "scopes": " ".join(holder.scopes)} if holder else None,
        region=arn.region,
        aws_account_id=arn.aws_account_id,
        api_id=arn.api_id,
        stage=arn.stage,
        partition=arn.partition,
    )
    # API Gateway caches the response for the key, so it must be valid for all routes.
    response.allow_all_routes() if holder else response.deny_all_routes()
    return response.asdict()


def _holder_of(key: str) -> KeyHolder | None:
    if key.startswith(SESSION_PREFIX):
        return wiring.sign_ins().holder_of(key, wiring.sign_in_addresses())
    return wiring.api_keys().holder_of(key)
