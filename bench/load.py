"""How the API answers under load: `python -m bench.load [--seconds 120] [--rate 50]`.

On the warm embedded cloud, the API gets a mix of requests at the rate at which its gateway begins to
throttle, and in turns a bare Lambda behind a gateway of the same kind gets as many. Requests start on
schedule, whether earlier ones were answered or not, and count from the moment at which they should have
started. So waiting counts. What matters are the ratios; the milliseconds are this machine's.
"""

import argparse
import asyncio
import math
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

from bench.document import table, write
from bench.submitting import BARE_FUNCTION, deploy_bare
from infra.local.cloud import API_CONCURRENCY, CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script, scripted_backend

SECONDS, RATE, TURNS = 120, 50, 4
VIDEOS = 8
WARM_UP_SECONDS = 4
ANSWER_SECONDS = 60  # far more than the gateway's own limit
SEED = 22
INSTRUCTION = {"instruction": "Introduce a quiet kettle"}

READ, LISTED, ESTIMATED = "`GET /v1/videos/{id}`", "`GET /v1/videos`", "`POST /v1/videos/estimate`"
REPEATED, CREATED = "`POST /v1/videos`, a key again", "`POST /v1/videos`, a new key"
MIX = {READ: 60, LISTED: 25, ESTIMATED: 5, REPEATED: 9, CREATED: 1}
BARE, ALL = "a bare Lambda", "**all of the API**"


@dataclass(frozen=True)
class Answer:
    """One request: what it was, how long its answer took, and its error."""

    kind: str
    seconds: float
    error: str | None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rate", type=float, default=RATE)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, scripted_backend() as backend:
        backend.play(Script(says("Done."), raw_reads=0, credits_left=10**6))
        settings = CloudSettings(
            home=Path(home),
            nemo_api_url=backend.url,
            wait_scale=0.1,
            trusted_hosts=(backend.files_url.removeprefix("http://"),),
        )
        with embedded_cloud(settings) as endpoints:
            bare, api = asyncio.run(_measure(endpoints, chosen.seconds, chosen.rate))
    _write(bare, api, chosen.seconds, chosen.rate)


async def _measure(endpoints: Endpoints, seconds: float, rate: float) -> tuple[list[Answer], list[Answer]]:
    bare_url = deploy_bare(endpoints.access)
    endpoints.access.client("lambda").put_function_concurrency(
        FunctionName=BARE_FUNCTION,
        ReservedConcurrentExecutions=API_CONCURRENCY,  # as many as the API has
    )
    bare: list[Answer] = []
    api: list[Answer] = []
    unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    headers = {"x-api-key": endpoints.api_key}
    async with httpx.AsyncClient(headers=headers, timeout=ANSWER_SECONDS, limits=unlimited) as http:
        requests = _Requests(http, f"{endpoints.api_url}/v1/videos")
        await requests.prepare()

        def of_bare() -> tuple[str, httpx.Request]:
            return BARE, http.build_request("POST", bare_url, json=INSTRUCTION)

        await _run(http, of_bare, WARM_UP_SECONDS, rate)
        await _run(http, requests.next, WARM_UP_SECONDS, rate)
        for _ in range(TURNS):
            await requests.idle()
            bare += await _run(http, of_bare, seconds / TURNS, rate)
            api += await _run(http, requests.next, seconds / TURNS, rate)
    return bare, api


class _Requests:
    """The mix of requests, about the same few videos."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http, self._url = http, url
        self._ids: list[str] = []
        self._keys = 0
        self._random = random.Random(SEED)  # noqa: S311 - the same mix each time

    async def prepare(self) -> None:
        """Make the videos that are read."""
        for _ in range(VIDEOS):
            answer = (await self._http.send(self._create())).raise_for_status()
            self._ids.append(answer.json()["id"])
        await self.idle()

    async def idle(self) -> None:
        """Wait until no video is made, whose workflow would take time from the bare Lambda."""
        while True:
            answer = await self._http.get(self._url, params={"limit": 100})
            if answer.is_success and not any(
                video["status"] in {"queued", "working"} for video in answer.json()["videos"]
            ):
                return
            await asyncio.sleep(0.2)

    def next(self) -> tuple[str, httpx.Request]:
        (kind,) = self._random.choices(list(MIX), list(MIX.values()))
        build: dict[str, Callable[[], httpx.Request]] = {
            READ: lambda: self._http.build_request("GET", f"{self._url}/{self._random.choice(self._ids)}"),
            LISTED: lambda: self._http.build_request("GET", self._url, params={"limit": 20}),
            ESTIMATED: lambda: self._http.build_request("POST", f"{self._url}/estimate", json=INSTRUCTION),
            REPEATED: lambda: self._post(self._random.randrange(VIDEOS)),
            CREATED: self._create,
        }
        return kind, build[kind]()

    def _create(self) -> httpx.Request:
        self._keys += 1
        return self._post(self._keys - 1)

    def _post(self, key: int) -> httpx.Request:
        return self._http.build_request(
            "POST", self._url, json=INSTRUCTION, headers={"Idempotency-Key": f"load-{key}"}
        )


async def _run(
    http: httpx.AsyncClient, make: Callable[[], tuple[str, httpx.Request]], seconds: float, rate: float
) -> list[Answer]:
    """Send requests on schedule and return their answers, once all have come."""
    began = time.perf_counter()

    async def send(kind: str, request: httpx.Request, due: float) -> Answer:
        try:
            error = _error(await http.send(request))
        except httpx.TransportError as broken:
            error = type(broken).__name__
        return Answer(kind, time.perf_counter() - due, error)

    async with asyncio.TaskGroup() as group:
        sent = []
        for number in range(round(seconds * rate)):
            due = began + number / rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            sent.append(group.create_task(send(*make(), due)))
    return [task.result() for task in sent]


def _write(bare: list[Answer], api: list[Answer], seconds: float, rate: float) -> None:
    limits = _percentiles(bare)
    kinds = {
        BARE: bare,
        **{kind: [answer for answer in api if answer.kind == kind] for kind in MIX},
        ALL: api,
    }
    rows = []
    for kind, answers in kinds.items():
        if not answers:
            continue
        taken = _percentiles(answers)
        rows.append(
            [
                kind,
                f"{len(answers):,}",
                f"{sum(answer.error is not None for answer in answers):,}",
                *(f"{1000 * value:.0f}" for value in taken),
                *(f"{value / limit:.2f}" for value, limit in zip(taken, limits, strict=True)),
            ]
        )
    head = ["request", "sent", "errors", "p50, ms", "p95", "p99", "÷ bare, p50", "p95", "p99"]
    write(
        "load",
        table(head, rows)
        + f"\n{rate:g} requests a second for {seconds:g} s, in {TURNS} turns with as many to the bare Lambda."
        " Times are of answers without an error.\n"
        f"Errors of the bare Lambda: {_errors(bare)}. Errors of the API: {_errors(api)}.",
    )


def _percentiles(answers: list[Answer]) -> list[float]:
    """The median, 95 % and 99 % of the seconds. Errors do not count: they are often quicker."""
    good = [answer.seconds for answer in answers if answer.error is None]
    return [float(np.quantile(good, share)) for share in (0.5, 0.95, 0.99)] if good else [math.nan] * 3


def _error(answer: httpx.Response) -> str | None:
    if answer.is_success:
        return None
    said = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
    # The gateway and Lambda have names of their own for what is wrong.
    reason = said.get("type") or said.get("Reason") or said.get("message") or ""
    return f"{answer.status_code} {reason.rpartition(':')[2]}"


def _errors(answers: Iterable[Answer]) -> str:
    counted = Counter(answer.error for answer in answers if answer.error)
    return ", ".join(f"{count} of `{error}`" for error, count in sorted(counted.items())) or "none"


if __name__ == "__main__":
    main()
