"""Routes of deliveries: the webhooks of a video, and how they were received."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from handlers import wiring
from handlers.http.caller import own_video, refuse_unknown_parameters
from handlers.http.models import AttemptResource, DeliveryList, DeliveryResource
from handlers.http.presenting import base_url
from handlers.http.responses import ACTING, PLAIN, responses
from videos.lifecycle.redeliver import redeliver
from videos.model.delivery import Delivery
from videos.model.redaction import shown_address
from videos.model.video import Video

router = APIGatewayRouter()

MOST_SHOWN = 100


@router.get(
    "/v1/videos/<video_id>/deliveries",
    operation_id="listDeliveries",
    summary="List the webhooks of a video",
    description="Returns the newest 100 webhooks of a video with their attempts, newest first.",
    tags=["Webhooks"],
    responses=responses(HTTPStatus.OK, DeliveryList, HTTPStatus.NOT_FOUND, *PLAIN),
)
def list_deliveries(video_id: str) -> DeliveryList:
    video = own_video(video_id, "read", router.current_event)
    refuse_unknown_parameters(router.current_event)
    found = sorted(
        wiring.deliveries().of_video(video_id),
        key=lambda delivery: (delivery.created_at, delivery.delivery_id),
        reverse=True,
    )
    return DeliveryList(deliveries=[_resource_of(delivery, video) for delivery in found[:MOST_SHOWN]])


@router.post(
    "/v1/videos/<video_id>/deliveries/<delivery_id>/redeliver",
    operation_id="redeliverWebhook",
    summary="Send a webhook again",
    description="Sends a webhook again, with the same `webhook-id`. At most once a minute.",
    tags=["Webhooks"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, DeliveryResource, HTTPStatus.NOT_FOUND, *ACTING),
)
def redeliver_webhook(video_id: str, delivery_id: str) -> Response[DeliveryResource]:
    video = own_video(video_id, "write", router.current_event)
    delivery = redeliver(
        video,
        delivery_id,
        store=wiring.store(),
        deliveries=wiring.deliveries(),
        queue=wiring.webhooks(),
        public_url=base_url(router.current_event),
    )
    return Response(
        status_code=HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=_resource_of(delivery, video),
    )


def _resource_of(delivery: Delivery, video: Video) -> DeliveryResource:
    return DeliveryResource(
        id=delivery.delivery_id,
        video_id=delivery.video_id,
        type=delivery.type,
        version=delivery.version,
        url=shown_address(video.webhook.url) if video.webhook is not None else None,
        state=delivery.state,
        created_at=delivery.created_at,
        next_attempt_at=delivery.next_attempt_at,
        attempts=tuple(
            AttemptResource(at=attempt.at, status_code=attempt.status_code, error=attempt.error)
            for attempt in delivery.attempts
        ),
    )
