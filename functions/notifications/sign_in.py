"""The mail with a link for signing in to the home page."""

from backend.languages import Code
from notifications.mail import Mail, mail_of
from notifications.notice import Notice, Tone
from notifications.wording import wording_of


def sign_in_mail(owner: str, url: str, language: Code) -> Mail:
    """Return the mail whose link signs its reader in as an owner."""
    words = wording_of(language)
    return mail_of(
        Notice(
            tone=Tone.SIGN_IN,
            subject=words.sign_in_subject,
            lead=words.sign_in_lead.format(owner=owner),
            change=(words.sign_in_button, url),
            footnote=words.sign_in_unasked,
            why_you=words.sign_in_why,
            wording=words,
        )
    )
