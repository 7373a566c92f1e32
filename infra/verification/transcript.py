"""The transcript of a verification: each check with its result, without secrets and account ids."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from infra.commands import explain
from infra.verification.errors import CheckFailedError, NotRunError

AWS = "AWS"
EMULATOR = "an emulator at AWS_ENDPOINT_URL, which is no evidence about AWS"

_SECRETS = (
    re.compile(r"nvp_[\w-]+"),  # a key of our API
    re.compile(r"nmv_usr_[\w-]+"),  # a NemoVideo token
    re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}"),
    re.compile(r"whsec_[\w+/=-]+"),
    re.compile(r"(?<=\?)[^\s|)\"']+"),  # the query of a link may be its signature
)
_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")


class Result(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Check:
    """One line of the transcript."""

    name: str
    result: Result
    seconds: float
    details: tuple[str, ...] = ()


@dataclass
class Mask:
    """Removes secrets and account ids from text."""

    secrets: set[str] = field(default_factory=set)

    def __call__(self, text: str) -> str:
        """Return the text with each known secret, and all that looks like one, as `***`."""
        for secret in sorted(filter(None, self.secrets), key=len, reverse=True):
            text = text.replace(secret, "***")
        for pattern in _SECRETS:
            text = pattern.sub("***", text)
        return _ACCOUNT.sub("<account>", text)


class Transcript:
    """Runs checks, prints each as it ends, and keeps all of them.

    Args:
        facts: What the head of the transcript has, such as the date and the region.
        mask: Applied to all that is printed or written.
        say: Prints one line.
    """

    def __init__(self, facts: Mapping[str, str], mask: Mask, say: Callable[[str], object]) -> None:
        self.facts = dict(facts)
        self.checks: list[Check] = []
        self._mask = mask
        self._say = say

    def run(self, name: str, work: Callable[[], Iterable[str]]) -> bool:
        """Run one check and keep how it ended; True if it passed.

        `work` returns details as sentences. It raises CheckFailedError or NotRunError to end otherwise. What
        AWS or the network answers with an error is a failed check, too. Anything else is kept as failed, and
        raised.
        """
        began = time.monotonic()
        try:
            details, result = tuple(work()), Result.PASSED
        except NotRunError as reason:
            details, result = (str(reason),), Result.NOT_RUN
        except CheckFailedError as problem:
            details, result = problem.lines, Result.FAILED
        except (BotoCoreError, ClientError, httpx.HTTPError) as error:
            details, result = (explain(error),), Result.FAILED
        except BaseException as error:
            self._keep(name, Result.FAILED, began, (f"It broke off: {type(error).__name__}.",))
            raise
        self._keep(name, result, began, details)
        return result is Result.PASSED

    def skip(self, names: Iterable[str], reason: str) -> None:
        """Keep checks that cannot be run."""
        for name in names:
            self._keep(name, Result.NOT_RUN, time.monotonic(), (reason,))

    def say(self, line: str) -> None:
        """Print a line that is not part of the transcript."""
        self._say(self._mask(line))

    def count(self, result: Result) -> int:
        """Return how many checks ended so."""
        return sum(check.result is result for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether checks ran, and none failed."""
        return self.count(Result.PASSED) > 0 and self.count(Result.FAILED) == 0

    def markdown(self) -> str:
        """Return the transcript as a document."""
        head = {**self.facts, "result": self._summary()}
        lines = ["# Transcript of `make verify-aws`", "", "| | |", "|---|---|"]
        lines += [f"| {name} | {_cell(text)} |" for name, text in head.items()]
        lines += ["", "| check | result | seconds | details |", "|---|---|---|---|"]
        lines += [
            f"| {_cell(check.name)} | {check.result} | {check.seconds:.1f} | {_cell(details)} |"
            for check in self.checks
            for details in ["<br>".join(check.details)]
        ]
        return self._mask("\n".join(lines)) + "\n"

    def _summary(self) -> str:
        counts = ", ".join(f"{self.count(result)} {result}" for result in Result)
        return f"{Result.PASSED if self.passed else Result.FAILED}: {counts}"

    def _keep(self, name: str, result: Result, began: float, details: tuple[str, ...]) -> None:
        check = Check(name, result, time.monotonic() - began, details)
        self.checks.append(check)
        self.say(f"{check.result:<8} {check.name} ({check.seconds:.1f} s)")
        for line in check.details if result is not Result.PASSED else ():
            self.say(f"         {line}")


def proves_deployment(transcript: str) -> bool:
    """Return whether a transcript shows a deployment to AWS in which every check ran and passed."""
    head, _, _ = transcript.partition("| check |")
    facts = dict(re.findall(r"^\| ([\w ]+) \| (.*) \|$", head, re.MULTILINE))
    return (
        facts.get("target") == AWS
        and facts.get("deployed") == "yes"
        and re.fullmatch(r"passed: [1-9]\d* passed, 0 failed, 0 not run", facts.get("result", "")) is not None
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
