"""The weather between the functions and AWS: every call passes here, is counted, and may come to grief.

Requests are signed over the address they were sent to, and passed on to the letter. What they ask for, and
how their service words a refusal, is told by microburst, which knows AWS's protocols.
"""

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from microburst.core.context import RequestContext
from microburst.detection import detect
from microburst.protocols import render_error

from tests.support.scripted_backend.raw import RawExchange, RawServer

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

SERVICES = ("DYNAMODB", "S3", "SQS", "SNS", "SFN", "SECRETS_MANAGER", "SESV2")
# Codes that the SDKs know as passing.
_REFUSALS = {"dynamodb": ("ProvisionedThroughputExceededException", 400), "s3": ("SlowDown", 503)}
_REFUSAL = ("ServiceUnavailable", 503)
_OF_ONE_CONNECTION = {"connection", "content-length", "date", "expect", "server", "transfer-encoding"}


@dataclass(frozen=True)
class Storm:
    """Of all calls, these shares are refused, reset, done without an answer, or late."""

    refused: float = 0.03
    reset: float = 0.01
    unanswered: float = 0.01
    late: float = 0.02
    longest_delay: float = 1.5


CALM = Storm(refused=0, reset=0, unanswered=0, late=0)


class Weather(RawServer):
    """Listens on a free loopback port, before the cloud at `aws_endpoint_url`."""

    def __init__(self, aws_endpoint_url: str, storm: Storm, seed: int) -> None:
        super().__init__(_Call)
        self.behind = urlsplit(aws_endpoint_url).netloc
        self.calls: Counter[tuple[str, str]] = Counter()
        """By service and operation."""
        self.mishaps: Counter[str] = Counter()
        self.storm = storm
        self._random = random.Random(seed)  # noqa: S311 - the same each time, and no secret
        self._lock = threading.Lock()
        self._at_each_call: Callable[[], object] | None = None

    @contextlib.contextmanager
    def at_each_call(self, act: Callable[[], object]) -> Iterator[None]:
        """Act before each call while the block runs."""
        self._at_each_call = act
        try:
            yield
        finally:
            self._at_each_call = None

    def fate_of(self, call: RequestContext) -> tuple[str, float]:
        """What becomes of a call, and by how many seconds it is late."""
        if act := self._at_each_call:
            act()
        storm = self.storm
        with self._lock:
            self.calls[call.service or "", call.operation or ""] += 1
            draw, delay = self._random.random(), self._random.uniform(0, storm.longest_delay)
            for fate in ("refused", "reset", "unanswered", "late"):
                share: float = getattr(storm, fate)
                if draw < share:
                    self.mishaps[fate] += 1
                    return fate, delay if fate == "late" else 0
                draw -= share
        return "", 0

    def expose(
        self, functions: "LambdaClient", settings: Mapping[str, str], timeouts: Mapping[str, int]
    ) -> None:
        """Lead all functions' calls through it, with settings of their environment and timeouts by ARN."""
        pages = functions.get_paginator("list_functions").paginate()
        for arn in [function["FunctionArn"] for page in pages for function in page["Functions"]]:
            config = functions.get_function_configuration(FunctionName=arn)
            env = config.get("Environment", {}).get("Variables", {})
            led = {f"AWS_ENDPOINT_URL_{service}": self.url for service in SERVICES}
            functions.update_function_configuration(
                FunctionName=arn,
                Timeout=timeouts.get(arn, config["Timeout"]),
                Environment={"Variables": {**env, **led, **settings}},
            )

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients are killed, and hang up."""


@contextlib.contextmanager
def weather(aws_endpoint_url: str, storm: Storm, seed: int = 8) -> Iterator[Weather]:
    """Be between the functions and AWS while the block runs."""
    with Weather(aws_endpoint_url, storm, seed) as server:
        yield server


class _Call(RawExchange):
    server: Weather

    def serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        call = detect(self.headers, self.command, address.path, query, content)
        fate, delay = self.server.fate_of(call)
        time.sleep(delay)
        if fate == "refused":
            code, status = _REFUSALS.get(call.service or "", _REFUSAL)
            refusal = render_error(call.service, code, "Try again.", status, protocol=call.protocol)
            self._answer(*refusal)
        elif fate == "reset":
            self.reset()
        elif fate == "unanswered":
            self._pass_on(content)
            self.reset()
        else:
            self._answer(*self._pass_on(content))

    def _pass_on(self, content: bytes) -> tuple[int, Mapping[str, str], bytes]:
        connection = http.client.HTTPConnection(self.server.behind)
        with contextlib.closing(connection):
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            connection.request(self.command, self.path, content, headers)
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in _OF_ONE_CONNECTION:
                self.send_header(name, value)
        is_head = self.command == "HEAD"
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), "0")
        self.send_header("Content-Length", length if is_head else str(len(content)))
        self.end_headers()
        if not is_head:
            self.wfile.write(content)
