from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from aws.mailer import Mailer
from notifications.mail import Mail
from tests.unit.conftest import REGION

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client

MAIL = Mail(subject="Ready: ü 🎬.png (8 s)", text="It is ready: ü 🎬.\n", html="<p>It is ready.</p>")


@pytest.fixture(scope="module")
def client() -> "SESV2Client":
    return boto3.client(
        "sesv2", region_name=REGION, aws_access_key_id="a-key", aws_secret_access_key="a-secret"
    )


@pytest.fixture
def ses(client: "SESV2Client") -> Iterator[Stubber]:
    """SES, asked exactly for what a test expects; requests are checked against its service model."""
    with Stubber(client) as ses:
        yield ses
        ses.assert_no_pending_responses()


@pytest.fixture
def mailer(client: "SESV2Client") -> Mailer:
    return Mailer(client, sender="videos@example.com", recipient="you@example.com")


def test_a_mail_has_both_bodies_and_says_how_to_get_no_more(mailer: Mailer, ses: Stubber) -> None:
    message = {
        "Subject": {"Data": MAIL.subject, "Charset": "UTF-8"},
        "Body": {
            "Text": {"Data": MAIL.text, "Charset": "UTF-8"},
            "Html": {"Data": MAIL.html, "Charset": "UTF-8"},
        },
        "Headers": [{"Name": "List-Unsubscribe", "Value": "<mailto:videos@example.com?subject=unsubscribe>"}],
    }
    asked = {
        "FromEmailAddress": "videos@example.com",
        "Destination": {"ToAddresses": ["you@example.com"]},
        "Content": {"Simple": message},
    }
    ses.add_response("send_email", {"MessageId": "m"}, asked)
    mailer.send(MAIL)


def test_what_somebody_asked_for_does_not_say_how_to_get_no_more(client: "SESV2Client", ses: Stubber) -> None:
    asked = {"FromEmailAddress": ANY, "Destination": {"ToAddresses": ["ana@example.com"]}}
    body = {"Text": ANY, "Html": ANY}
    content = {"Simple": {"Subject": ANY, "Body": body, "Headers": []}}
    ses.add_response("send_email", {"MessageId": "m"}, asked | {"Content": content})
    Mailer(client, sender="videos@example.com", recipient="ana@example.com", is_news=False).send(MAIL)


def test_what_ses_refuses_is_an_error(mailer: Mailer, ses: Stubber) -> None:
    ses.add_client_error("send_email", "MessageRejected", "Email address is not verified.")
    with pytest.raises(ClientError, match="not verified"):
        mailer.send(MAIL)
