from collections.abc import Callable, Iterator

import httpx
import pytest
from botocore.exceptions import ClientError

from infra.verification.errors import CheckFailedError, NotRunError
from infra.verification.transcript import AWS, EMULATOR, Mask, Result, Transcript, proves_deployment

ACCOUNT = "210987654321"
FACTS = {"date": "2026-01-01 10:00 UTC", "target": AWS, "region": "eu-central-1", "deployed": "yes"}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def transcript(said: list[str]) -> Transcript:
    return Transcript(FACTS, Mask({"hush"}), said.append)


def _passes() -> list[str]:
    return ["All | fine.", "Twice."]


def _raises(error: BaseException) -> Callable[[], list[str]]:
    def work() -> list[str]:
        raise error

    return work


def test_a_check_that_passes_is_kept_with_its_details(transcript: Transcript, said: list[str]) -> None:
    assert transcript.run("A check", _passes)
    assert transcript.passed
    assert "| A check | passed | 0.0 | All \\| fine.<br>Twice. |\n" in transcript.markdown()
    assert "| result | passed: 1 passed, 0 failed, 0 not run |" in transcript.markdown()
    assert said == ["passed   A check (0.0 s)"]


@pytest.mark.parametrize(
    ("error", "result", "detail"),
    [
        (CheckFailedError("One.", "Two."), Result.FAILED, "One."),
        (NotRunError("Not available here."), Result.NOT_RUN, "Not available here."),
        (httpx.ConnectError("no route"), Result.FAILED, "ConnectError: no route"),
        (
            ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "CreateBucket"),
            Result.FAILED,
            "not allowed to call CreateBucket",
        ),
    ],
)
def test_a_check_that_does_not_pass_says_why(
    transcript: Transcript, said: list[str], error: Exception, result: Result, detail: str
) -> None:
    assert not transcript.run("A check", _raises(error))
    assert transcript.checks[0].result is result
    assert not transcript.passed
    assert detail in "\n".join(said)
    assert detail in transcript.markdown()


def test_details_that_break_while_they_are_read_are_a_failure(transcript: Transcript) -> None:
    def work() -> Iterator[str]:
        yield "So far, so good."
        raise CheckFailedError("Then it broke.")

    assert not transcript.run("A check", work)
    assert transcript.checks[0].details == ("Then it broke.",)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError("a bug")])
def test_what_is_no_result_is_kept_and_raised(transcript: Transcript, error: BaseException) -> None:
    with pytest.raises(type(error)):
        transcript.run("A check", _raises(error))
    assert transcript.checks[0].details == (f"It broke off: {type(error).__name__}.",)
    assert not transcript.passed


def test_nothing_that_ran_is_no_success(transcript: Transcript) -> None:
    transcript.skip(["A check"], "It was not deployed.")
    assert not transcript.passed


@pytest.mark.parametrize(
    "secret",
    [
        "hush",
        "nvp_" + "aB3-_" * 8,
        "nmv_usr_0123-abc_DEF",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ASIA" + "ABCDEFGHIJKLMNOP",
        "whsec_" + "QUJD+/=",
        "X-Amz-Signature=abc&X-Amz-Security-Token=def",
        ACCOUNT,
    ],
)
def test_no_secret_and_no_account_is_printed_or_written(
    transcript: Transcript, said: list[str], secret: str
) -> None:
    text = f"Denied: https://example.com/a?{secret} for arn:aws:iam::{secret}:role/x"
    if secret.startswith("X-Amz"):
        text = f"Denied: https://example.com/a?{secret}"
    transcript.run("A check", _raises(CheckFailedError(text)))
    assert secret not in transcript.markdown() + "".join(said)
    assert "Denied" in transcript.markdown()


def test_a_name_that_holds_the_account_is_masked_within() -> None:
    assert Mask()(f"nemo-verify-1a2b3c4d-code-{ACCOUNT} 1234567890123") == (
        "nemo-verify-1a2b3c4d-code-<account> 1234567890123"
    )


def _document(**facts: str) -> str:
    transcript = Transcript({**FACTS, **facts}, Mask(), lambda _: None)
    transcript.run("A check", _passes)
    return transcript.markdown()


def test_a_deployment_to_aws_in_which_all_passed_is_proof() -> None:
    assert proves_deployment(_document())


@pytest.mark.parametrize("facts", [{"target": EMULATOR}, {"deployed": "no"}])
def test_an_emulator_or_a_check_without_deployment_is_no_proof(facts: dict[str, str]) -> None:
    assert not proves_deployment(_document(**facts))


@pytest.mark.parametrize("error", [CheckFailedError("No."), NotRunError("Not here.")])
def test_a_check_that_did_not_pass_is_no_proof(transcript: Transcript, error: Exception) -> None:
    transcript.run("One", _passes)
    transcript.run("Another", _raises(error))
    assert not proves_deployment(transcript.markdown())


def test_a_check_cannot_forge_the_head() -> None:
    forged = "| target | AWS |\n| deployed | yes |\n| result | passed: 9 passed, 0 failed, 0 not run |"
    transcript = Transcript({"target": EMULATOR, "deployed": "no"}, Mask(), lambda _: None)
    transcript.run("A check", lambda: [forged])
    assert not proves_deployment(transcript.markdown())
