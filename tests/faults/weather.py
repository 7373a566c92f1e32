"""Bad weather on the way to AWS: microburst, which speaks its protocols, before the embedded cloud.

    python -m tests.faults.weather UPSTREAM PORT

Requests are signed for the address they were sent to. microburst names its upstream's instead; here the one
that was signed is kept, so that permissions stay enforced.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from microburst.app import make_app
from microburst.core.pipeline import Microburst
from microburst.forward import Upstream

from infra.local.processes import free_port, running
from infra.local.stack import ROOT

# What AWS answers when it is not well, and what becomes of connections. The first rule that applies is taken.
RULES: list[dict[str, Any]] = [
    {
        "service": "dynamodb",
        "probability": 0.03,
        "error": {"code": "ProvisionedThroughputExceededException", "status": 400},
    },
    {"service": "s3", "probability": 0.03, "error": {"code": "SlowDown", "status": 503}},
    *(
        {"service": service, "probability": 0.03, "error": {"code": "ServiceUnavailable", "status": 503}}
        for service in ("sqs", "sns", "states", "secretsmanager", "ses")
    ),
    {"probability": 0.01, "reset": True},
    # Done, and the answer lost.
    {"probability": 0.01, "response": {"abort_bytes": 0}},
    {"probability": 0.02, "latency": {"min": 200, "max": 1500}},
]
SERVICES = ("DYNAMODB", "S3", "SQS", "SNS", "SFN", "SECRETS_MANAGER", "SESV2")


class Weather:
    """Where it storms, and how often it did."""

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self) -> dict[str, str]:
        """What leads a function's calls through it; of two attempts, both may well fail."""
        return {f"AWS_ENDPOINT_URL_{service}": self.url for service in SERVICES} | {"AWS_MAX_ATTEMPTS": "2"}

    def counted(self) -> tuple[int, int]:
        """How many calls there were, and with how many of them something went wrong."""
        requests = httpx.get(f"{self.url}/_microburst/stats").raise_for_status().json()["requests"]
        return int(requests["total"]), int(requests["faulted"])


@contextlib.contextmanager
def weather(upstream: str, home: Path) -> Iterator[Weather]:
    """Storm while the block runs."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running(
        "The bad weather",
        [sys.executable, "-m", "tests.faults.weather", upstream, str(port)],
        env={"PYTHONPATH": str(ROOT)},
        cwd=home,
        log=home / "weather.log",
        ready=lambda: _answers(f"{url}/_microburst/health"),
    ):
        yield Weather(url)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


class _Signed(Upstream):  # type: ignore[misc] # it has no types
    def _outbound_headers(self, request: web.Request) -> dict[str, str]:
        return {**super()._outbound_headers(request), "host": request.host}


def main(upstream: str, port: str) -> None:
    storm = Microburst(upstream, rules=RULES)
    storm.upstream = _Signed(upstream, stats=storm.stats)
    web.run_app(make_app(storm), host="127.0.0.1", port=int(port), print=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
