"""The worker of the mail queue."""

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from handlers import wiring
from handlers.queues import notifying
from handlers.queues.notify_mail import handler
from notifications.mail import Mail, mail_of
from notifications.notice import notice_of
from tests.unit.handlers.announced import DONE, END, RECEIPT, failed, queued
from tests.unit.handlers.conftest import World
from videos.events.webhooks import WAITS


class Mailer:
    """Sends mails once its errors are used up."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.sent: list[Mail] = []

    def send(self, mail: Mail) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.sent.append(mail)


@pytest.fixture
def mailer(kept_answers: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch) -> Mailer:
    mailer = Mailer()
    monkeypatch.setattr(notifying, "_persistence", lambda: kept_answers)
    monkeypatch.setattr(wiring, "mailer", lambda: mailer)
    return mailer


def test_an_announcement_is_mailed_once(world: World, context: LambdaContext, mailer: Mailer) -> None:
    assert [handler(queued(), context) for _ in range(2)] == [DONE, DONE]
    assert mailer.sent == [mail_of(notice_of(END))]
    assert world.notifications.postponed == []


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "MessageRejected", "Message": "not verified"}}, "SendEmail"),
        ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "slow"}}, "SendEmail"),
        EndpointConnectionError(endpoint_url="https://email.example"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_ses_does_not_take_is_mailed_later(
    world: World, context: LambdaContext, mailer: Mailer, error: ClientError | BotoCoreError
) -> None:
    mailer.errors = [error]
    made = queued()
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[0])]
    assert handler(queued(receives=2), context) == DONE
    assert len(mailer.sent) == 1
