"""How commands of the Makefile fail: with one line that says what to do, and a status other than 0.

A command's `main` is wrapped once, in `@command()`. It raises `CommandError` for what it finds wrong itself.
What AWS, the network and the machine find wrong is put into words here. A fault of the program's own is one
line, too: its traceback is kept in a file.
"""

import argparse
import re
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import botocore.exceptions as boto
from botocore.exceptions import ClientError

TRACEBACK = Path(__file__).parents[1] / ".local" / "traceback.txt"
INTERRUPTED = 130

NO_CREDENTIALS = (
    "No AWS credentials were found. Set AWS_PROFILE, or sign in with `aws sso login` or `aws configure`."
)
EXPIRED = "The AWS credentials have expired. Sign in again, for example with `aws sso login`."
REFUSED = (
    "AWS refuses these credentials in this region. Sign in again, for example with `aws sso login`, "
    "and check AWS_DEFAULT_REGION."
)
NO_REGION = "No AWS region is set. Set AWS_DEFAULT_REGION, for example to eu-central-1."
NO_CLOUD = "The embedded cloud is not running. Start it with `make up`. For a stack on AWS, name it: STACK=…"
SILENT_CLOUD = "The embedded cloud does not answer. Start it again: make down, then make up."

_EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REFUSED_CODES = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_MISSING_STACK = re.compile(r"[Ss]tack (?:with id |\[|named |')?([\w:/.-]+?)[\]']? does not exist")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class CommandError(RuntimeError):
    """The command cannot go on. Says what is wrong, and what to do."""


def command(*, failed: int = 1) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Decorate a command's `main`, so that whatever goes wrong is one line. `failed` is the status then."""

    def decorate(main: Callable[[], int]) -> Callable[[], int]:
        @wraps(main)
        def wrapped() -> int:
            try:
                return main()
            except KeyboardInterrupt:
                sys.stderr.write("Stopped.\n")
                return INTERRUPTED
            except Exception as error:  # noqa: BLE001 - this is where all of them end
                sys.stderr.write(f"{_line(error)}\n")
                return failed

        return wrapped

    return decorate


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        """Raise: CommandError."""
        raise CommandError(
            f"{message[:1].upper()}{message[1:]}. `make` lists the commands and what they take."
        )


def required(name: str, example: str) -> Callable[[str], str]:
    """Return a type of arguments that must not be empty, which a variable of make is when it is not set."""

    def given(text: str) -> str:
        if not text.strip():
            raise CommandError(f"{name} is required: {example}")
        return text

    return given


def explain(error: Exception) -> str:
    """Return one sentence: what is wrong, and what to do where that is known."""
    match error:
        case boto.NoCredentialsError() | boto.PartialCredentialsError():
            sentence = NO_CREDENTIALS
        case boto.SSOError() | boto.TokenRetrievalError() | boto.CredentialRetrievalError():
            sentence = REFUSED
        case boto.NoRegionError():
            sentence = NO_REGION
        case boto.InvalidRegionError():
            sentence = f"{_first_line(error)} Check AWS_DEFAULT_REGION."
        case boto.ProfileNotFound():
            sentence = f"{error}. Set AWS_PROFILE to one that `aws configure list-profiles` shows."
        case boto.ConnectionError() | boto.HTTPClientError():
            sentence = _explain_silence(error)
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


def no_stack(name: str) -> str:
    """Return that there is no such stack, and what to check."""
    return (
        f"There is no stack “{name}” in this account and region. Check the name (STACK, or ENV), the region "
        "(AWS_DEFAULT_REGION) and the account (AWS_PROFILE)."
    )


def _line(error: Exception) -> str:
    match error:
        case CommandError():
            return str(error)
        case ClientError() | boto.BotoCoreError():
            return explain(error)
        case OSError() if error.strerror:
            named = f": {error.filename}" if error.filename else ""
            return f"{error.strerror}{named}."
    TRACEBACK.parent.mkdir(exist_ok=True)
    TRACEBACK.write_text("".join(traceback.format_exception(error)))
    return f"This is a fault of the command: {explain(error)} See {TRACEBACK}."


def _explain_silence(error: boto.ConnectionError | boto.HTTPClientError) -> str:
    if urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname in _LOOPBACK:
        return SILENT_CLOUD
    return f"AWS cannot be reached. Check AWS_DEFAULT_REGION and the network. {_first_line(error)}"


def _explain_answer(error: ClientError) -> str:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _EXPIRED_CODES:
        return EXPIRED
    if code in _REFUSED_CODES:
        return REFUSED
    if code in _DENIED_CODES:
        return (
            f"Your credentials are not allowed to call {error.operation_name}. "
            "Add this permission, or use other credentials."
        )
    if missing := _MISSING_STACK.search(message):
        return no_stack(missing[1])
    first = (message.splitlines() or [""])[0]
    return f"{error.operation_name} failed with {code}: {first}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
