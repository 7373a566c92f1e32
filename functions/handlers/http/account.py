"""Route: the credits of the pipeline's account at the backend."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from handlers import wiring
from handlers.http.caller import owner_with
from handlers.http.models import CreditsAnswer
from handlers.http.responses import PLAIN, responses

router = APIGatewayRouter()


@router.get(
    "/v1/credits",
    operation_id="getCredits",
    summary="Read the balance",
    description="Returns the credits of the account at the video service.",
    tags=["Account"],
    responses=responses(HTTPStatus.OK, CreditsAnswer, HTTPStatus.BAD_GATEWAY, *PLAIN),
)
def get_credits() -> CreditsAnswer:
    owner_with("read", router.current_event)
    balance = wiring.backend().credits()
    return CreditsAnswer(available=balance.available, frozen=balance.frozen, total=balance.total)
