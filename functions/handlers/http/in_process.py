"""The API, called within the process: the same owners, scopes, limits and errors as over HTTP."""

from typing import Any

import httpx
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http.answering import answer_once

Event = dict[str, Any]


class ApiTransport(httpx.AsyncBaseTransport):
    """Answers requests to the API as if the caller of an event had sent them.

    Args:
        event: A request that API Gateway has authorized.
        context: The context of its invocation.
        api: Base URL of the requests.
    """

    def __init__(self, event: Event, context: LambdaContext, api: str) -> None:
        self._event = event
        self._context = context
        self._prefix = httpx.URL(api).raw_path.decode().rstrip("/")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = answer_once(self._event_of(request), self._context)
        return httpx.Response(
            answer["statusCode"],
            headers=[
                (name, value) for name, values in answer["multiValueHeaders"].items() for value in values
            ],
            content=answer["body"].encode(),
        )

    def _event_of(self, request: httpx.Request) -> Event:
        path = request.url.raw_path.decode().partition("?")[0].removeprefix(self._prefix)
        query = request.url.params
        return self._event | {
            "resource": "/v1/{proxy+}",
            "path": path,
            "pathParameters": {"proxy": path.removeprefix("/v1/")},
            "httpMethod": request.method,
            "headers": dict(request.headers),
            "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
            "queryStringParameters": dict(query) or None,
            "multiValueQueryStringParameters": {name: query.get_list(name) for name in query} or None,
            "requestContext": self._event["requestContext"] | {"httpMethod": request.method},
            "body": request.content.decode() or None,
            "isBase64Encoded": False,
        }
