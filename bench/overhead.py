"""What the pipeline adds to what the backend takes: `python -m bench.overhead`.

From the moment at which a file was put to the one at which a subscriber's queue has the announcement, less
the render. On the warm embedded cloud, waits at full length, with the scripted backend, whose agent is done
at once and whose renders take about 30, 60 and 90 s, spread so that no schedule is in step with them. Half
of the videos are polled as the pipeline does, the other half every 30 s as the vendor's own clients do, at
the same time and through the same template.
"""

import io
import itertools
import json
import re
import statistics
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws.table import VideoTable
from bench.document import ROOT, table, write
from bench.flat_poll import FLAT
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.mailbox import subscribe
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Script, Session, scripted_backend
from videos.model.records import Stage

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

RENDERS = (30, 60, 90)
SPREAD = (-10, 0.7, 11.3)  # over the flat schedule, and over the two seconds between close looks
OURS = "Asked as the pipeline asks."
SECONDS_APART = 4
PATIENCE_SECONDS = 200
QUEUE = "announcements"
TARGET_SECONDS, TARGET_RATIO = 3, 1 / 5


@dataclass(frozen=True)
class Dropped:
    """A file that was put, and the render that it leads to."""

    schedule: str
    nominal: int
    seconds: float
    at: float


@dataclass(frozen=True)
class Announced:
    """A video that was announced: when, and when its stages began, in seconds since the epoch."""

    at: float
    began: dict[Stage, float]


def main() -> None:
    with tempfile.TemporaryDirectory() as home, scripted_backend() as backend:
        backend.play(Script(says("Done."), raw_reads=0, credits_left=10**6, render_seconds=_render_seconds))
        settings = CloudSettings(
            home=Path(home),
            nemo_api_url=backend.url,
            trusted_hosts=(backend.files_url.removeprefix("http://"),),
        )
        with embedded_cloud(settings) as endpoints:
            _offer_both_schedules(endpoints)
            queue_url = subscribe(endpoints.access, topic_arn=endpoints.topic_arn, queue=QUEUE)
            for number in range(2):
                warm = _drop(endpoints, f"inbox/warm-{number}.png", OURS, 1, 1)
                _announced(endpoints, queue_url, {f"inbox/warm-{number}.png": warm})
            dropped: dict[str, Dropped] = {}
            for nominal, offset in itertools.product(RENDERS, SPREAD):
                for schedule in (OURS, FLAT):
                    key = f"inbox/{len(dropped)}.png"
                    dropped[key] = _drop(endpoints, key, schedule, nominal, nominal + offset)
                time.sleep(SECONDS_APART)
            _write(dropped, _announced(endpoints, queue_url, dropped))


def _render_seconds(session: Session) -> float:
    (asked,) = re.findall(r"It takes ([\d.]+) s\.", session.messages[-1])
    return float(asked)


def _drop(endpoints: Endpoints, key: str, schedule: str, nominal: int, seconds: float) -> Dropped:
    s3: S3Client = endpoints.access.client("s3")
    instruction = f"{schedule} It takes {seconds} s."
    at = time.time()
    s3.put_object(
        Bucket=endpoints.inbox_bucket, Key=key, Body=picture(), Metadata={"instruction": instruction}
    )
    return Dropped(schedule, nominal, seconds, at)


def _offer_both_schedules(endpoints: Endpoints) -> None:
    """Put `bench.flat_poll` in the place of the Render step."""
    client: LambdaClient = endpoints.access.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    functions = [function for page in pages for function in page["Functions"]]
    (name,) = (f["FunctionName"] for f in functions if f["Handler"] == "handlers.workflow.render.handler")
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for path in sorted((ROOT / "functions").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(ROOT / "functions"))
        archive.write(ROOT / "bench" / "flat_poll.py", "flat_poll.py")
    client.update_function_code(FunctionName=name, ZipFile=body.getvalue())
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    client.update_function_configuration(FunctionName=name, Handler="flat_poll.handler")
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _announced(endpoints: Endpoints, queue_url: str, dropped: dict[str, Dropped]) -> dict[str, Announced]:
    """What was announced of each, by the key of its file."""
    sqs: SQSClient = endpoints.access.client("sqs")
    store = VideoTable(endpoints.access.dynamodb().Table(endpoints.videos_table))
    announced: dict[str, Announced] = {}
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(announced) < len(dropped):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not announced: {sorted(dropped.keys() - announced.keys())}")
        answer = sqs.receive_message(
            QueueUrl=queue_url, WaitTimeSeconds=5, MessageSystemAttributeNames=["SentTimestamp"]
        )
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            event = json.loads(json.loads(message["Body"])["Message"])
            if event["status"] != "ready":
                raise RuntimeError(f"{event['message']} {event['advice']}")
            video = store.video(event["video_id"])
            began = {line.stage: line.at.timestamp() for line in video.history}
            (file,) = video.dropped_files
            announced[file.key] = Announced(int(message["Attributes"]["SentTimestamp"]) / 1000, began)
    return announced


def _write(dropped: dict[str, Dropped], announced: dict[str, Announced]) -> None:
    def overheads(schedule: str, nominal: int | None = None) -> list[float]:
        return [
            announced[key].at - drop.at - drop.seconds
            for key, drop in dropped.items()
            if drop.schedule == schedule and nominal in (None, drop.nominal)
        ]

    def parts(schedule: str) -> list[str]:
        of = [(drop, announced[key]) for key, drop in dropped.items() if drop.schedule == schedule]
        lists = (
            [video.began[Stage.GENERATING] - drop.at for drop, video in of],
            [video.began[Stage.RENDERING] - video.began[Stage.GENERATING] for drop, video in of],
            [
                video.began[Stage.DELIVERING] - video.began[Stage.RENDERING] - drop.seconds
                for drop, video in of
            ],
            [video.at - video.began[Stage.DELIVERING] for drop, video in of],
        )
        return [f"{statistics.median(part):.1f}" for part in lists]

    def cell(schedule: str, nominal: int | None) -> str:
        seconds = overheads(schedule, nominal)
        return f"{statistics.median(seconds):.1f} ({max(seconds):.1f})"

    rows = [
        [f"{nominal} s" if nominal else "all", cell(OURS, nominal), cell(FLAT, nominal)]
        for nominal in (*RENDERS, None)
    ]
    ours, flat = statistics.median(overheads(OURS)), statistics.median(overheads(FLAT))
    ways = [
        "until the instruction is sent",
        "until it is stable",
        "until the end is noticed",
        "until announced",
    ]
    write(
        "overhead",
        table(["renders of about", "the pipeline, median s (longest)", "asked every 30 s"], rows)
        + f"\n{len(overheads(OURS))} videos each. Targets: {TARGET_SECONDS} s, and {TARGET_RATIO:.2f} of the"
        f" flat schedule's; here {ours:.1f} s and {ours / flat:.2f}. Where it goes, medians in seconds:\n\n"
        + table(["", *ways], [["the pipeline", *parts(OURS)], ["asked every 30 s", *parts(FLAT)]]),
    )


if __name__ == "__main__":
    main()
