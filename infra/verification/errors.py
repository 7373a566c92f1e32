"""What can go wrong in a verification, beside what can in every command (`infra.commands`)."""

from botocore.exceptions import ClientError

from infra.commands import CommandError, code_of

_UNKNOWN_CODES = {
    "InternalFailure",
    "InvalidAction",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
    "UnsupportedOperation",
}


class VerificationError(CommandError):
    """The verification cannot start. Says why, and what to do."""


class CheckFailedError(Exception):
    """A check failed. Holds a sentence for each reason."""

    def __init__(self, *lines: str) -> None:
        super().__init__(" ".join(lines))
        self.lines = lines


class NotRunError(Exception):
    """A check cannot run here. Says why."""


def is_unknown_operation(error: ClientError) -> bool:
    """Return whether the error says that the operation does not exist, as emulators answer."""
    return code_of(error) in _UNKNOWN_CODES
