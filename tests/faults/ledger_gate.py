"""A gate before DynamoDB and EventBridge: requests pass as they are, unless a test has other plans.

Requests are signed over the address they were sent to, so the gate keeps that header as it is.
"""

import contextlib
import http.client
import json
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from tests.support.scripted_backend.raw import LoopbackServer, kill_peer

THROTTLED = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
).encode()


class Crossing(BaseHTTPRequestHandler):
    """One request on its way."""

    protocol_version = "HTTP/1.1"
    server: "LedgerGate"

    def do_POST(self) -> None:
        self.content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.guard(self)

    def writes(self, part: str) -> bool:
        """Whether this puts `part` on a version."""
        return f'"#{part}"'.encode() in self.content and self.headers["X-Amz-Target"].endswith(".UpdateItem")

    def claims(self, worker: str) -> bool:
        """Whether a notification worker writes down that it tells an announcement now."""
        is_put = self.headers["X-Amz-Target"].endswith(".PutItem")
        return is_put and f'"handlers.queues.{worker}#'.encode() in self.content

    def puts_an_event(self) -> bool:
        """Whether this puts an event on the event bus."""
        return str(self.headers["X-Amz-Target"]).endswith(".PutEvents")

    def pass_on(self) -> tuple[int, bytes]:
        """Let the service have it; returns its answer."""
        connection = http.client.HTTPConnection(self.server.behind)
        with contextlib.closing(connection):
            connection.request("POST", self.path, self.content, dict(self.headers))
            response = connection.getresponse()
            return response.status, response.read()

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def kill_client(self) -> None:
        kill_peer(self.connection)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        pass


Guard = Callable[[Crossing], None]


def open_to_all(crossing: Crossing) -> None:
    crossing.answer(*crossing.pass_on())


def killing_after(part: str) -> Guard:
    """The worker dies when `part` is written and it has not heard so."""
    armed = threading.Event()

    def guard(crossing: Crossing) -> None:
        if crossing.writes(part) and not armed.is_set():
            armed.set()
            crossing.pass_on()
            crossing.kill_client()
        else:
            open_to_all(crossing)

    return guard


def killing_before(part: str) -> Guard:
    """The worker dies when it is about to write `part`."""
    armed = threading.Event()

    def guard(crossing: Crossing) -> None:
        if crossing.writes(part) and not armed.is_set():
            armed.set()
            crossing.kill_client()
        else:
            open_to_all(crossing)

    return guard


def throttling(part: str, times: int) -> Guard:
    """The table refuses the first writes of `part`."""
    refused = 0

    def guard(crossing: Crossing) -> None:
        nonlocal refused
        if crossing.writes(part) and refused < times:
            refused += 1
            crossing.answer(400, THROTTLED)
        else:
            open_to_all(crossing)

    return guard


class LedgerGate(LoopbackServer):
    """Stands before DynamoDB and EventBridge of the cloud at `aws_endpoint_url`."""

    def __init__(self, aws_endpoint_url: str) -> None:
        super().__init__(Crossing)
        self.behind = urlsplit(aws_endpoint_url).netloc
        self.guard: Guard = open_to_all

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's
        """Clients die here on purpose; anything else is worth a trace."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def ledger_gate(aws_endpoint_url: str) -> Iterator[LedgerGate]:
    """Serve while the block runs."""
    with LedgerGate(aws_endpoint_url) as gate:
        yield gate
