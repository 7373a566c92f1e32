import re

import pytest

from infra.verification.backend import chosen
from infra.verification.errors import VerificationError

TOKEN = "nmv_usr_x"
STUDIO = "https://studio.example.com"


def test_a_studio_of_our_own_costs_no_credits() -> None:
    backend = chosen({"NEMO_API_URL": STUDIO}, spend_credits=False)
    assert not backend.is_paid
    assert "spends no credits" in backend.cost
    assert STUDIO not in str(backend)


@pytest.mark.parametrize(
    "url", ["", "https://mega-api-prod.nemovideo.ai", "https://NEMOVIDEO.AI/", "https://x.nemovideo.ai:443"]
)
def test_credits_are_spent_only_when_that_is_confirmed(url: str) -> None:
    environment = {"NEMO_API_URL": url, "NEMO_TOKEN": TOKEN}
    with pytest.raises(VerificationError, match=r"about 400 credits.*SPEND_CREDITS=1.*NEMO_API_URL"):
        chosen(environment, spend_credits=False)
    backend = chosen(environment, spend_credits=True)
    assert backend.is_paid
    assert re.search("about 400 credits .* refuses to spend more than 500", backend.cost)
    assert TOKEN not in backend.cost + str(backend)


def test_an_anonymous_account_does_not_suffice() -> None:
    with pytest.raises(VerificationError, match="NEMO_TOKEN is required"):
        chosen({}, spend_credits=True)


@pytest.mark.parametrize("url", ["https://nemovideo.ai.example.com", "http://10.0.0.1:8765"])
def test_another_host_is_not_the_vendors(url: str) -> None:
    assert not chosen({"NEMO_API_URL": url}, spend_credits=False).is_paid


@pytest.mark.parametrize("url", ["studio.example.com", "ftp://studio.example.com", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(VerificationError, match="Invalid NEMO_API_URL"):
        chosen({"NEMO_API_URL": url}, spend_credits=True)
