"""Which backend a temporary stack uses, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from infra.verification.errors import VerificationError
from infra.verification.jobs import VIDEOS
from infra.verification.template import source
from infra.verification.throw_away import CREDITS_LIMIT
from videos.spending.prices import GENERATION_CREDITS

VENDOR = ".nemovideo.ai"
# By price lists, for about an hour: functions, workflows, alarms, metrics and storage. No bill was seen.
DOLLARS = "less than half a dollar"
CREDITS = round(VIDEOS * GENERATION_CREDITS)


@dataclass(frozen=True)
class Backend:
    """Where videos are generated. `token` is empty where an anonymous account suffices."""

    url: str
    token: str = field(repr=False)
    is_paid: bool

    def __str__(self) -> str:
        return "NemoVideo" if self.is_paid else "a studio of our own"

    @property
    def cost(self) -> str:
        """What a verification spends, as sentences."""
        aws = f"AWS costs {DOLLARS} by price lists."
        if not self.is_paid:
            return f"{aws} {VIDEOS} videos are made by {self.url}, which spends no credits of NemoVideo."
        return (
            f"{aws} {VIDEOS} videos cost about {CREDITS} credits of the account of NEMO_TOKEN. "
            f"The stack refuses to spend more than {CREDITS_LIMIT}."
        )


def chosen(environment: Mapping[str, str], *, spend_credits: bool) -> Backend:
    """Return the backend that the environment names.

    Raises:
        VerificationError: It is paid, and that is not confirmed; or there is no token for it.
    """
    url = environment.get("NEMO_API_URL") or source()["Parameters"]["NemoApiUrl"]["Default"]
    token = environment.get("NEMO_TOKEN", "")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise VerificationError("Invalid NEMO_API_URL. Give an address that begins with https://.")
    backend = Backend(url, token, is_paid=f".{parts.hostname}".endswith(VENDOR))
    if backend.is_paid and not spend_credits:
        raise VerificationError(
            f"A deployment makes {VIDEOS} videos, which cost about {CREDITS} credits at NemoVideo. "
            "Add SPEND_CREDITS=1 to spend them, or set NEMO_API_URL to a studio that AWS can reach."
        )
    if backend.is_paid and not token:
        raise VerificationError(
            f"NEMO_TOKEN is required. An anonymous account has 100 credits, and about {CREDITS} are needed."
        )
    return backend
