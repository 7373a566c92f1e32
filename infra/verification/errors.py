"""What can go wrong in a verification, each as a sentence that says what to do."""

import botocore.exceptions as boto
from botocore.exceptions import ClientError

NO_CREDENTIALS = (
    "No AWS credentials were found. Set AWS_PROFILE, or sign in with `aws sso login` or `aws configure`."
)
REFUSED = (
    "AWS refuses these credentials in this region. Sign in again, for example with `aws sso login`, "
    "and check AWS_DEFAULT_REGION."
)
NO_REGION = "No AWS region is set. Set AWS_DEFAULT_REGION, for example to eu-central-1."

_REFUSED_CODES = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_UNKNOWN_CODES = {
    "InternalFailure",
    "InvalidAction",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
}


class VerificationError(Exception):
    """The verification cannot start. Says why, and what to do."""


class CheckFailedError(Exception):
    """A check failed. Holds a sentence for each reason."""

    def __init__(self, *lines: str) -> None:
        super().__init__(" ".join(lines))
        self.lines = lines


class NotRunError(Exception):
    """A check cannot run here. Says why."""


def explain(error: Exception) -> str:
    """Return one sentence: what is wrong, and what to do where that is known."""
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            sentence = NO_CREDENTIALS
        case boto.SSOError() | boto.TokenRetrievalError():
            sentence = REFUSED
        case boto.NoRegionError():
            sentence = NO_REGION
        case boto.ProfileNotFound():
            sentence = f"{error}. Set AWS_PROFILE to one that `aws configure list-profiles` shows."
        case boto.ConnectionError() | boto.HTTPClientError():
            sentence = (
                f"AWS cannot be reached. Check AWS_DEFAULT_REGION and the network. {_first_line(error)}"
            )
        case ClientError():
            sentence = _explain_answer(error)
        case boto.BotoCoreError():
            sentence = _first_line(error)
        case _:
            sentence = f"{type(error).__name__}: {_first_line(error)}"
    return sentence


def code_of(error: ClientError) -> str:
    """Return the code of AWS's answer."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_unknown_operation(error: ClientError) -> bool:
    """Tell whether the answer is that there is no such operation, as emulators answer."""
    return code_of(error) in _UNKNOWN_CODES


def _explain_answer(error: ClientError) -> str:
    code = code_of(error)
    if code in _REFUSED_CODES:
        return REFUSED
    if code in _DENIED_CODES:
        return (
            f"Your credentials are not allowed to call {error.operation_name}. "
            "Add this permission, or use other credentials."
        )
    message = error.response.get("Error", {}).get("Message", "")
    return f"{error.operation_name} failed with {code}: {message}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
