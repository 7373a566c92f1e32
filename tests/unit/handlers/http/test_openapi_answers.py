"""Each operation answers as the OpenAPI document says: its status, its headers, its body."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from backend.errors import RateLimitedError, TransportError
from handlers.http import problems
from tests.support.backend import Answer
from tests.support.builders import CREDITS, NOW
from tests.template.sam import read_template
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http.test_openapi_document import OPERATIONS, mistakes
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, header
from videos.model.delivery import Attempt, Delivery
from videos.model.records import Status
from videos.model.version import Announced
from videos.model.video import Webhook

HEADERS = {"ETag", "Location", "Retry-After"}
VIDEO = f"/v1/videos/{ID}"


@dataclass(frozen=True)
class Request:
    """A request that succeeds, and the status of the video that it needs."""

    method: str
    path: str
    status: int
    body: dict[str, Any] | None = None
    needs: Status | None = None


REQUESTS = {
    "createVideo": Request("POST", "/v1/videos", 202, {"instruction": "a"}),
    "estimateVideo": Request("POST", "/v1/videos/estimate", 200, {"instruction": "a"}),
    "listVideos": Request("GET", "/v1/videos", 200, needs=Status.READY),
    "getVideo": Request("GET", VIDEO, 200, needs=Status.READY),
    "deleteVideo": Request("DELETE", VIDEO, 204, needs=Status.READY),
    "createEdit": Request("POST", f"{VIDEO}/edits", 202, {"instruction": "export"}, Status.READY),
    "retryVideo": Request("POST", f"{VIDEO}/retry", 202, needs=Status.FAILED),
    "exportVideo": Request("POST", f"{VIDEO}/export", 202, needs=Status.READY),
    "cancelVideo": Request("POST", f"{VIDEO}/cancel", 200, needs=Status.WORKING),
    "createMessage": Request("POST", f"{VIDEO}/messages", 200, {"text": "status"}, Status.READY),
    "createUpload": Request("POST", "/v1/uploads", 201, {"file_name": "a.png"}),
    "createBatch": Request("POST", "/v1/batches", 202, {"rows": [{"instruction": "a"}]}),
    "listBatches": Request("GET", "/v1/batches", 200),
    "getBatch": Request("GET", "/v1/batches/{id}", 200),
    "listDeliveries": Request("GET", f"{VIDEO}/deliveries", 200, needs=Status.READY),
    "redeliverWebhook": Request(
        "POST", f"{VIDEO}/deliveries/{ID}-1-started/redeliver", 202, needs=Status.READY
    ),
    "getSpending": Request("GET", "/v1/spending", 200),
    "getCredits": Request("GET", "/v1/credits", 200),
}


def test_each_operation_is_tried() -> None:
    assert REQUESTS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_success_is_as_documented(world: World, context: LambdaContext, name: str) -> None:
    world.backend.on(CREDITS, Answer({"data": {"available": 150, "frozen": 20, "total": 170}}))
    request = REQUESTS[name]
    if request.needs is not None:
        a_video_of_ann(world, request.needs, announced=Announced(at=NOW, message_id="m-1"))
        _a_webhook(world)
    path = request.path
    if name == "getBatch":
        made = REQUESTS["createBatch"]
        path = path.format(id=json.loads(call(context, "POST", made.path, made.body)["body"])["id"])
    answer = call(context, request.method, path, request.body)
    _is_as_documented(name, request.status, answer)


def _a_webhook(world: World) -> None:
    """Let the video have sent a webhook that a service accepted."""
    store = world.store
    webhook = Webhook(url="https://hooks.example.com/")
    store._videos[ID] = store.video(ID).model_copy(update={"webhook": webhook})  # noqa: SLF001 - a record
    sent = Delivery(
        video_id=ID, delivery_id=f"{ID}-1-started", type="video.started", version=1, created_at=NOW
    ).after(Attempt(at=NOW, status_code=204), redelivery=0, next_attempt_at=None)
    world.deliveries.add(sent, expires_at=NOW)


def test_a_video_that_is_known_is_answered_as_documented(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY)
    tag = header(call(context, "GET", VIDEO), "ETag")
    answer = call(context, "GET", VIDEO, headers={"If-None-Match": tag})
    _is_as_documented("getVideo", 304, answer)


def _is_as_documented(name: str, status: int, answer: dict[str, Any]) -> None:
    assert answer["statusCode"] == status, answer["body"]
    documented = OPERATIONS[name]["responses"][str(status)]
    assert answer["multiValueHeaders"].keys() & HEADERS == documented.get("headers", {}).keys()
    if not (content := documented.get("content")):
        assert answer["body"] == ""
        return
    assert mistakes(content["application/json"]["schema"], json.loads(answer["body"])) == []


SENDERS: dict[int, Callable[[], Response[str]]] = {
    409: problems.in_progress,
    502: lambda: problems.of_backend(TransportError("no connection")),
    503: lambda: problems.of_backend(RateLimitedError("too many", retry_after=3)),
}


def test_retry_after_is_documented_where_it_is_sent() -> None:
    gateway = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"].values()
    sent = {
        response["StatusCode"]
        for response in gateway
        if "StatusCode" in response and "Retry-After" in response["ResponseParameters"]["Headers"]
    }
    for status, answer in SENDERS.items():
        assert answer().status_code == status
        assert {"Retry-After"} <= answer().headers.keys()
        sent.add(status)
    documented = {
        int(status): list(response.get("headers", {}))
        for operation in OPERATIONS.values()
        for status, response in operation["responses"].items()
        if int(status) >= 400
    }
    assert {status for status, headers in documented.items() if headers == ["Retry-After"]} == sent
    assert {tuple(headers) for headers in documented.values()} == {(), ("Retry-After",)}
