"""A scripted backend for many videos at once, and the pipeline in front of it."""

import contextlib
import csv
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from tests.support.scripted_backend.answers import refuses, says
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Exchange, Script, ScriptedBackend, scripted_backend
from tests.support.waiting import HUNG_SECONDS
from videos.requests.ownership import OWNER, prefix_of

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client

GENERATIONS_AT_ONCE = 2
WORK_SECONDS = 0.1
FAILS = "This one fails"
# An upload of the owner's: in the inbox, it would be a video of its own.
PICTURE = f"{prefix_of(OWNER, 'upl-kettle')}kettle.png"


@dataclass
class Generations:
    """Answers messages, and counts how many are being answered at once.

    The first ones wait until as many have met as may: on a busy machine they would miss each other.
    """

    at_once: int = 0
    most_at_once: int = 0
    messages: list[str] = field(default_factory=list)
    _met: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, exchange: Exchange) -> None:
        text = json.loads(exchange.content)["new_message"]["parts"][0]["text"]
        with self._met:
            self.messages.append(text)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self._met.notify_all()
            self._met.wait_for(lambda: self.most_at_once >= GENERATIONS_AT_ONCE, HUNG_SECONDS)
        try:
            time.sleep(WORK_SECONDS)  # as long as the agent takes: others have to come meanwhile
            answer = refuses(2001, "no credits") if FAILS in text else says("Your video is on the timeline.")
            answer(exchange)
        finally:
            with self._met:
                self.at_once -= 1


@dataclass(frozen=True)
class Peak:
    """The most that any process of a function has held in memory, and what it may hold, in MB."""

    held: float
    allowed: int


def memory_peaks() -> dict[str, Peak]:
    """The peak of each function that has a process below this one (Linux)."""
    peaks: dict[str, Peak] = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error, OSError):
            env = process.environ()
            if name := env.get("AWS_LAMBDA_FUNCTION_NAME"):
                status = Path(f"/proc/{process.pid}/status").read_text()
                held = (
                    int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
                    / 1024
                )
                before = peaks[name].held if name in peaks else 0
                peaks[name] = Peak(max(held, before), int(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]))
    return peaks


@dataclass(frozen=True)
class Batches:
    """The pipeline as somebody with many videos sees it."""

    endpoints: Endpoints
    backend: ScriptedBackend
    generations: Generations

    def drop(self, name: str, body: bytes) -> str:
        """Drop a batch; returns the key of its results."""
        s3: S3Client = self.endpoints.access.client("s3")
        key = f"inbox/{name}"
        s3.put_object(Bucket=self.endpoints.inbox_bucket, Key=key, Body=body)
        return f"{key.rpartition('/')[0]}/results.csv"

    def results(self, key: str, delimiter: str = ",") -> list[dict[str, str]] | None:
        """The rows of a file of results, once it is there."""
        s3: S3Client = self.endpoints.access.client("s3")
        try:
            body = s3.get_object(Bucket=self.endpoints.inbox_bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return None
        return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig")), delimiter=delimiter))

    def announced(self) -> list[dict[str, object]]:
        """All that was announced to machines."""
        events = self.endpoints.mailbox_dir.glob("*.json")
        return [json.loads(path.read_text()) for path in events if not path.name.endswith(".slack.json")]

    def mailed(self) -> list[str]:
        """All that was told to people by mail."""
        return [path.read_text() for path in sorted(self.endpoints.mailbox_dir.glob("*.txt"))]

    def posted(self) -> list[str]:
        """All that was told to people in Slack."""
        return [path.read_text() for path in sorted(self.endpoints.mailbox_dir.glob("*.slack.json"))]


@contextlib.contextmanager
def batches(home: Path, *, rows_at_once: int) -> Iterator[Batches]:
    """The pipeline with a backend that works for a moment, and fails what asks for it."""
    generations = Generations()
    with scripted_backend() as backend:
        backend.play(Script(generations, credits_left=1_000_000))
        settings = CloudSettings(
            home=home,
            nemo_api_url=backend.url,
            wait_scale=0.01,
            trusted_hosts=(backend.files_url.removeprefix("http://"),),
            rows_at_once=rows_at_once,
        )
        with embedded_cloud(settings) as endpoints:
            limit_generations(endpoints)
            s3: S3Client = endpoints.access.client("s3")
            s3.put_object(Bucket=endpoints.inbox_bucket, Key=PICTURE, Body=picture())
            yield Batches(endpoints, backend, generations)


def limit_generations(endpoints: Endpoints) -> None:
    """Allow so few at once that a batch comes up against it."""
    client: LambdaClient = endpoints.access.client("lambda")
    for mapping in client.list_event_source_mappings()["EventSourceMappings"]:
        if "MaximumConcurrency" in mapping.get("ScalingConfig", {}):
            client.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": GENERATIONS_AT_ONCE}
            )
