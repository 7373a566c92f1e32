"""Email, sent with SES."""

from typing import TYPE_CHECKING

from notifications.mail import Mail

if TYPE_CHECKING:
    from types_boto3_sesv2 import SESV2Client
    from types_boto3_sesv2.type_defs import MessageHeaderTypeDef


class Mailer:
    """Sends from one address, verified in SES, to one recipient.

    `is_news`: the mails come unasked, so each says how to get no more.
    """

    def __init__(self, ses: "SESV2Client", *, sender: str, recipient: str, is_news: bool = True) -> None:
        self._ses = ses
        self._sender = sender
        self._recipient = recipient
        self._headers: list[MessageHeaderTypeDef] = (
            [{"Name": "List-Unsubscribe", "Value": f"<mailto:{sender}?subject=unsubscribe>"}]
            if is_news
            else []
        )

    def send(self, mail: Mail) -> None:
        """Send an email.

        Raises:
            ClientError: SES rejected it, for example because the sender is not verified.
            BotoCoreError: SES could not be reached.
        """
        self._ses.send_email(
            FromEmailAddress=self._sender,
            Destination={"ToAddresses": [self._recipient]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Text": {"Data": mail.text, "Charset": "UTF-8"},
                        "Html": {"Data": mail.html, "Charset": "UTF-8"},
                    },
                    "Headers": self._headers,
                }
            },
        )
