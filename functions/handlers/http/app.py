"""The application: all routes, all errors, and the OpenAPI document."""

import json
import re
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from handlers.http import account, batches, deliveries, problems, uploads, videos
from handlers.http.presenting import base_url

app = APIGatewayRestResolver(enable_validation=True)
app.include_router(videos.router)
app.include_router(batches.router)
app.include_router(deliveries.router)
app.include_router(uploads.router)
app.include_router(account.router)
problems.install(app)


def document(address: str | None = None) -> str:
    """Return the OpenAPI document of the API. `address` is where it is served."""
    from handlers.http.document import document_of  # noqa: PLC0415 - few requests need it

    return document_of(app, address)


@app.get("/v1/openapi.json", include_in_schema=False)
def openapi() -> Response[str]:
    return Response(
        status_code=HTTPStatus.OK, content_type="application/json", body=document(base_url(app.current_event))
    )


@app.not_found
def not_found(_error: Exception) -> Response[str]:
    path, method = app.current_event.path, app.current_event.http_method
    allowed = _methods_of(path)
    if not allowed or method in allowed:  # an allowed method means that an id is invalid
        return problems.problem(
            HTTPStatus.NOT_FOUND, "not-found", "This address does not exist. See GET /v1/openapi.json."
        )
    return problems.problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        f"{method} is not allowed here. Allowed: {', '.join(allowed)}.",
        headers={"Allow": ", ".join(allowed)},
    )


def _methods_of(path: str) -> list[str]:
    for template, operations in json.loads(document())["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            methods = {method.upper() for method in operations}
            return sorted(methods | {"HEAD"} if "GET" in methods else methods)
    return []
