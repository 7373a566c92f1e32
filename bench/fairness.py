"""How long one owner waits behind another owner's batch: `python -m bench.fairness`.

One owner submits a batch of 500 rows. A minute later another owner submits one video. The scripted agent
works for a fixed time on each instruction, so that the wait can be counted in generations. The embedded cloud
orders messages as the developer guide of Amazon SQS describes fair queues.
"""

import json
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from aws.api_keys import ApiKeys
from bench.document import table, write
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Answer, Exchange, Script, scripted_backend

ROWS = 500
GENERATION_SECONDS = 10.0
HEAD_START_SECONDS = 60.0
BACKLOG = 20
PATIENCE_SECONDS = 600.0
TARGET_GENERATIONS = 2


@dataclass(frozen=True)
class Wait:
    """Seconds from the moment the instruction was ready to be sent to the start of the generation."""

    seconds: float
    waiting_rows: int

    @property
    def generations(self) -> float:
        return self.seconds / GENERATION_SECONDS


def main() -> None:
    with tempfile.TemporaryDirectory() as home, scripted_backend() as backend:
        script = Script(_works_for(GENERATION_SECONDS), raw_reads=0, credits_left=10**6)
        backend.play(script)
        settings = CloudSettings(
            home=Path(home),
            nemo_api_url=backend.url,
            trusted_hosts=(backend.files_url.removeprefix("http://"),),
            rows_at_once=50,
            parameters={"OwnerCreditsPerDay": "0"},
        )
        with embedded_cloud(settings) as endpoints:
            _submit_batch(endpoints)
            time.sleep(HEAD_START_SECONDS)
            _await_backlog(endpoints)
            _write(_wait_of_another(endpoints))


def _works_for(seconds: float) -> Answer:
    answer = says("Done.")

    def works(exchange: Exchange) -> None:
        time.sleep(seconds)
        answer(exchange)

    return works


def _submit_batch(endpoints: Endpoints) -> None:
    rows = [{"instruction": f"Show kettle number {number}."} for number in range(ROWS)]
    _client(endpoints, "ann").post("/v1/batches", json={"rows": rows}).raise_for_status()


def _await_backlog(endpoints: Endpoints) -> None:
    """Wait until rows queue up: on a busy machine their first steps take longer than the head start."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _waiting(endpoints) < BACKLOG:
        if time.monotonic() > deadline:
            raise TimeoutError(f"fewer than {BACKLOG} rows of the batch are in the queue")
        time.sleep(1)


def _wait_of_another(endpoints: Endpoints) -> Wait:
    http = _client(endpoints, "ben")
    waiting = _waiting(endpoints)
    video = http.post("/v1/videos", json={"instruction": "Show one teapot."}).raise_for_status().json()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        video = http.get(f"/v1/videos/{video['id']}").raise_for_status().json()
        began = {line["stage"]: datetime.fromisoformat(line["at"]) for line in video["history"]}
        if "generating" in began:
            ready = max(at for stage, at in began.items() if stage in {"opening_session", "uploading"})
            return Wait((began["generating"] - ready).total_seconds(), waiting)
        time.sleep(0.2)
    raise TimeoutError(f"The second owner's video did not start: {json.dumps(video)}")


def _waiting(endpoints: Endpoints) -> int:
    attributes: dict[str, Any] = endpoints.access.client("sqs").get_queue_attributes(
        QueueUrl=endpoints.generation_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


def _client(endpoints: Endpoints, owner: str) -> httpx.Client:
    keys = ApiKeys(endpoints.access.dynamodb().Table(endpoints.api_keys_table))
    return httpx.Client(base_url=endpoints.api_url, headers={"x-api-key": keys.make(owner)}, timeout=60)


def _write(wait: Wait) -> None:
    head = [
        "batch of the first owner",
        "its rows in the queue",
        "wait of the second owner, s",
        "in generations",
    ]
    row = [f"{ROWS} rows", str(wait.waiting_rows), f"{wait.seconds:.1f}", f"{wait.generations:.2f}"]
    text = table(head, [row])
    write("fairness", f"{text}\nA generation takes {GENERATION_SECONDS:.0f} s. Target: {TARGET_GENERATIONS}.")


if __name__ == "__main__":
    main()
