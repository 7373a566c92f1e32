"""Signing in to the home page with a mailed link. Only POST reaches this function.

It does not know which addresses can sign in: it cannot read them. So its answer cannot tell.
"""

import os
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import wiring
from handlers.http import problems
from handlers.http.models import LinkRequest, SessionEnd, SessionRequest
from handlers.http.own_page import Event, answered
from videos.events.sign_in import (
    LINKS_OF_ADDRESS,
    LINKS_OF_CALLER,
    WINDOW_SECONDS,
    SignInOrder,
    caller_of,
    language_of,
    plain_address,
)
from videos.requests.options import FieldError

logger = Logger()


class LinkAsked(BaseModel):
    """The same for every address."""

    message: str


class SessionBegun(BaseModel):
    """A key for the API, which the page alone keeps, until `expires_at`."""

    key: str
    owner: str
    expires_at: datetime


class NoMailedLinksError(Exception):
    """The stack mails no links."""


class UnusableLinkError(Exception):
    """The link is not ours, was used, or has expired."""


class TooManyLinksError(Exception):
    """Links were asked for too often."""


app = APIGatewayRestResolver(enable_validation=True)
problems.install(app)
app.not_found(lambda _: _nothing_here())
app.exception_handler(NoMailedLinksError)(lambda _: _nothing_here())
app.exception_handler(UnusableLinkError)(
    lambda _: problems.problem(
        HTTPStatus.FORBIDDEN, "link", "This link was used before, or it has expired. Request a new one."
    )
)
app.exception_handler(TooManyLinksError)(
    lambda _: problems.problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "throttled",
        "Too many links were requested. Try again in 15 minutes.",
        headers={"Retry-After": str(WINDOW_SECONDS)},
    )
)


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: LambdaContext) -> Event:
    return answered(app, event, context)


@app.post("/sign-in/link", status_code=HTTPStatus.ACCEPTED)
def ask_for_link(request: Annotated[LinkRequest, Body()]) -> LinkAsked:
    _check_offered()
    address = plain_address(request.email)
    if address is None:
        raise FieldError("email", "this is not an e-mail address.")
    caller = caller_of(app.current_event.request_context.identity.source_ip)
    _count(f"caller:{caller}", LINKS_OF_CALLER)
    _count(f"address:{address}", LINKS_OF_ADDRESS)
    wiring.sign_in_orders().put(
        SignInOrder(
            id=f"sign-in-{uuid.uuid4().hex}",
            address=address,
            language=language_of(request.language),
            asked_at=datetime.now(UTC),
        )
    )
    return LinkAsked(
        message="If this address can sign in, a link was mailed to it. The link works once, for 15 minutes."
    )


@app.post("/sign-in/session", status_code=HTTPStatus.CREATED)
def begin_session(request: Annotated[SessionRequest, Body()]) -> SessionBegun:
    _check_offered()
    session = wiring.sign_ins().use_link(request.token)
    if session is None:
        raise UnusableLinkError
    logger.info("signed in with a mailed link", owner=session.owner)
    return SessionBegun(key=session.key, owner=session.owner, expires_at=session.expires_at)


@app.post("/sign-in/end", status_code=HTTPStatus.NO_CONTENT)
def end_session(request: Annotated[SessionEnd, Body()]) -> Response[str]:
    wiring.sign_ins().end_session(request.key)
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


def _check_offered() -> None:
    if os.environ["MAILED_LINKS"] != "true":
        raise NoMailedLinksError


def _count(who: str, most: int) -> None:
    if not wiring.sign_ins().count(who, most=most):
        raise TooManyLinksError


def _nothing_here() -> Response[str]:
    return problems.problem(
        HTTPStatus.NOT_FOUND, "not-found", "Sign-in by e-mail is not set up. Sign in with an API key."
    )
