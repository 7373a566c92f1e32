"""The worker that mails links for signing in."""

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from aws.sign_in import SignInAddresses, SignIns
from handlers import wiring
from handlers.queues.mail_sign_in import handler, logger
from notifications.mail import Mail
from tests.events.payloads import Event, event
from tests.unit.handlers.announced import DONE, failed
from videos.events.sign_in import LINK_SECONDS, SignInOrder

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

ANA = "ana@example.com"
LINK = re.compile(r"https://videos\.example/#sign-in=([A-Za-z0-9_-]{43})\n")


class Mails:
    """What was mailed, and to whom."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.sent: list[tuple[str, Mail]] = []

    def to(self, recipient: str) -> "Mailer":
        return Mailer(self, recipient)


class Mailer:
    """Sends to one recipient."""

    def __init__(self, mails: Mails, recipient: str) -> None:
        self._mails = mails
        self._recipient = recipient

    def send(self, mail: Mail) -> None:
        if self._mails.error:
            raise self._mails.error
        self._mails.sent.append((self._recipient, mail))


@pytest.fixture
def sign_ins(keys_table: "Table", answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> SignIns:
    addresses, sign_ins = SignInAddresses(keys_table), SignIns(answers_table)
    addresses.add(ANA, "Ana@Example.com", "shop")
    monkeypatch.setattr(wiring, "sign_in_addresses", lambda: addresses)
    monkeypatch.setattr(wiring, "sign_ins", lambda: sign_ins)
    monkeypatch.setenv("PUBLIC_URL", "https://videos.example/")
    return sign_ins


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Mails:
    mails = Mails()
    monkeypatch.setattr(wiring, "mailer_to", mails.to)
    return mails


def _asked(address: str = ANA, *, seconds_ago: float = 0) -> Event:
    made = event("sqs_callback_message")
    asked_at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    order = SignInOrder(id="sign-in-1", address=address, language="de", asked_at=asked_at)
    made["Records"][0]["body"] = order.model_dump_json()
    return made


def test_a_link_is_mailed_to_the_address_as_the_operator_wrote_it(
    sign_ins: SignIns, mails: Mails, context: LambdaContext
) -> None:
    assert handler(_asked(), context) == DONE
    ((recipient, mail),) = mails.sent
    assert recipient == "Ana@Example.com"
    assert mail.subject == "Ihr Link zum Anmelden"
    (token,) = LINK.findall(mail.text)
    assert f'href="https://videos.example/#sign-in={token}"' in mail.html
    session = sign_ins.use_link(token)
    assert session is not None
    assert session.owner == "shop"


@pytest.mark.parametrize("address", ["eve@example.com", "shop@example.com", "a@ana@example.com"])
@pytest.mark.usefixtures("sign_ins")
def test_nobody_else_gets_a_mail(
    mails: Mails, context: LambdaContext, answers_table: "Table", address: str
) -> None:
    assert handler(_asked(address), context) == DONE
    assert mails.sent == []
    assert answers_table.scan()["Items"] == []


@pytest.mark.usefixtures("sign_ins")
def test_a_mail_that_would_come_too_late_is_not_sent(mails: Mails, context: LambdaContext) -> None:
    assert handler(_asked(seconds_ago=LINK_SECONDS + 1), context) == DONE
    assert mails.sent == []


@pytest.mark.usefixtures("sign_ins")
def test_what_ses_does_not_take_is_mailed_later(mails: Mails, context: LambdaContext) -> None:
    mails.error = ClientError({"Error": {"Code": "MessageRejected", "Message": "No."}}, "SendEmail")
    made = _asked()
    assert handler(made, context) == failed(made)
    mails.error = None
    assert handler(made, context) == DONE
    assert len(mails.sent) == 1


@pytest.mark.usefixtures("sign_ins")
def test_no_log_holds_the_link_or_the_address(
    mails: Mails, context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    handler(_asked(), context)
    handler(_asked("eve@example.com"), context)
    ((_, mail),) = mails.sent
    logged = str([vars(record) for record in caplog.records]) + str(logger.get_current_keys())
    assert "a link was mailed" in logged
    assert "sign-in-1" in logged
    for secret in (*LINK.findall(mail.text), ANA, "Ana@Example.com", "eve@example.com"):
        assert secret not in logged
