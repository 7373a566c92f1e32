"""What a video costs on AWS: `python -m bench.cost`.

Videos run through the embedded cloud, waits at full length, with the scripted backend, whose agent speaks for
a minute and whose renders take 52 s. What AWS bills is counted: the time of each function by its own report,
its memory, the workflow's transitions, and every call that the functions make. The prices are those of
`prices.toml`, without free tiers.

A function of 256 MB has a seventh of a core on AWS, and a whole one here. So of each function's time the part
that it has computed is made longer by that ratio; the part that it has waited stays. What S3 stores and what
the backend asks are not counted.
"""

import math
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.document import table, write
from bench.polls import cost_of_asking
from bench.prices import PLACE, lambda_seconds, price
from infra.local.cloud import embedded_cloud
from infra.local.stack import STACK
from tests.faults.channels import chat_channel
from tests.faults.ledger_gate import ledger_gate
from tests.faults.pipeline import GatedPipeline
from tests.faults.scripted import scripted
from tests.faults.weather import CALM, Weather, weather
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Exchange, Script, Session, scripted_backend

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

VIDEOS = 4
STREAM_SECONDS, RENDER_SECONDS = 60.0, 52.0
BEATS_APART = 5
ONE_CORE_MB = 1769  # AWS: at this memory a function has one core
TARGET_DOLLARS = 0.0009
STREAMS_MINUTES = (1, 2, 5, 10, 15)
VIDEOS_A_DAY = (10, 100, 1000)
CONTAINER_VCPU, CONTAINER_GB = 0.25, 0.5  # the smallest there is
S3_WRITES = re.compile(r"Put|Post|Copy|List|Create|Complete|UploadPart")
KB = 1024


@dataclass(frozen=True)
class Work:
    """What a function has done: invocations, seconds that were billed, and those of them that it computed."""

    invocations: int
    billed: float
    computed: float
    memory_mb: int

    @property
    def on_aws(self) -> float:
        """Seconds on AWS, by its share of a core there."""
        computed = min(self.computed, self.billed)
        return self.billed - computed + computed * max(ONE_CORE_MB / self.memory_mb, 1)

    def since(self, before: "Work | None") -> "Work":
        if before is None:
            return self
        return Work(
            self.invocations - before.invocations,
            self.billed - before.billed,
            self.computed - before.computed,
            self.memory_mb,
        )


@dataclass(frozen=True)
class Counted:
    """All that was done so far."""

    functions: dict[str, Work]
    calls: Counter[tuple[str, str]]
    transitions: int
    logged_bytes: int


@dataclass(frozen=True)
class Line:
    """What one service did for one video, and what it asks for that."""

    service: str
    counted: str
    dollars: float


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as home,
        scripted_backend() as backend,
        chat_channel() as slack,
    ):
        backend.play(Script(_speaks, raw_reads=0, credits_left=10**6, render_seconds=_render_seconds))
        settings = replace(
            scripted(Path(home), backend, slack),
            parameters={},  # limits as they are by default: they cost a step of their own
            wait_scale=1,
            idle_seconds=3600,  # what a process has computed is known while it lives
        )
        with (
            embedded_cloud(settings) as endpoints,
            ledger_gate(endpoints.aws_endpoint_url) as gate,
            weather(endpoints.aws_endpoint_url, CALM) as counter,
        ):
            pipeline = GatedPipeline(endpoints, backend, slack, gate)
            pipeline.until(pipeline.is_quiet, "the bucket's first event is read")  # by the new executions
            counter.expose(pipeline.functions, {}, {})
            _log_apart(pipeline)
            _make(pipeline, "warm", videos=2, stream=1, render=1)
            before = _count(pipeline, counter)
            _make(pipeline, "counted", videos=VIDEOS, stream=STREAM_SECONDS, render=RENDER_SECONDS)
            done = _count(pipeline, counter)
            kilobytes = math.ceil(_largest_item(pipeline) / KB)
    functions = {name: work.since(before.functions.get(name)) for name, work in done.functions.items()}
    counted = Counted(
        {name: work for name, work in functions.items() if work.invocations},
        done.calls - before.calls,
        done.transitions - before.transitions,
        done.logged_bytes - before.logged_bytes,
    )
    _write(counted, kilobytes)


def _log_apart(pipeline: GatedPipeline) -> None:
    """Have each function log into a group of its own, to separate its reports from the others'."""
    pages = pipeline.functions.get_paginator("list_functions").paginate()
    for name in [function["FunctionName"] for page in pages for function in page["Functions"]]:
        pipeline.functions.update_function_configuration(
            FunctionName=name, LoggingConfig={"LogGroup": f"/aws/lambda/{name}"}
        )


def _speaks(exchange: Exchange) -> None:
    """A stream of that length, with a sign of life every few seconds."""
    seconds = float(re.findall(r"Speak for ([\d.]+) s", exchange.content.decode())[-1])
    exchange.begin_stream()
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        exchange.event({"type": "heartbeat"})
        time.sleep(min(left, BEATS_APART))
    exchange.say("Done.")
    exchange.end_stream()


def _render_seconds(session: Session) -> float:
    return float(re.findall(r"render for ([\d.]+) s", session.messages[-1])[-1])


def _make(pipeline: GatedPipeline, folder: str, *, videos: int, stream: float, render: float) -> None:
    """Drop so many files, and wait until all are announced and nothing moves."""
    before = len(pipeline.executions())
    for number in range(videos):
        pipeline.s3.put_object(
            Bucket=pipeline.endpoints.inbox_bucket,
            Key=f"inbox/{folder}-{number}.png",
            Body=picture(),
            Metadata={"instruction": f"Speak for {stream} s, render for {render} s."},
        )
        time.sleep(1)
    pipeline.until(lambda: len(pipeline.executions()) == before + videos, "all have begun")
    deadline = time.monotonic() + stream + render + 60
    while not (pipeline.is_quiet() and _all_succeeded(pipeline)):
        if time.monotonic() > deadline:
            raise TimeoutError("not all videos were made")
        time.sleep(1)


def _all_succeeded(pipeline: GatedPipeline) -> bool:
    statuses = set(pipeline.executions().values())
    if statuses - {"RUNNING", "SUCCEEDED"}:
        raise RuntimeError(f"executions ended as {statuses}")
    return statuses == {"SUCCEEDED"}


def _count(pipeline: GatedPipeline, counter: Weather) -> Counted:
    reports, logged = _reports(pipeline)
    computed = _computed()
    pages = pipeline.functions.get_paginator("list_functions").paginate()
    memory = {f["FunctionName"]: f["MemorySize"] for page in pages for f in page["Functions"]}
    works = {
        name: Work(len(seconds), sum(seconds), computed.get(name, 0), memory[name])
        for name, seconds in reports.items()
    }
    return Counted(
        works, Counter(counter.calls), sum(map(pipeline.transitions, pipeline.executions())), logged
    )


def _reports(pipeline: GatedPipeline) -> tuple[dict[str, list[float]], int]:
    """The seconds billed for each invocation of each function, and the bytes that were logged."""
    logs: CloudWatchLogsClient = pipeline.endpoints.access.client("logs")
    reports: dict[str, list[float]] = {}
    logged = 0
    for groups in logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/aws/lambda/{STACK}-"
    ):
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                for event in page["events"]:
                    logged += len(event["message"])
                    for milliseconds in re.findall(r"Billed Duration: ([\d.]+) ms", event["message"]):
                        reports.setdefault(name.rpartition("/")[2], []).append(float(milliseconds) / 1000)
    return reports, logged


def _computed() -> dict[str, float]:
    """Seconds that the processes of each function have computed."""
    seconds: dict[str, float] = defaultdict(float)
    for process in psutil.Process().children(recursive=True):
        env, times = process.environ(), process.cpu_times()
        if name := env.get("AWS_LAMBDA_FUNCTION_NAME"):
            seconds[name] += times.user + times.system
    return dict(seconds)


def _largest_item(pipeline: GatedPipeline) -> int:
    """Bytes of the largest item of a video."""
    items = pipeline.table.scan()["Items"]
    return max(sum(len(name) + len(str(value)) for name, value in item.items()) for item in items)


def _write(counted: Counted, kilobytes: int) -> None:
    lines = list(_lines(counted, kilobytes))
    total = sum(line.dollars for line in lines)
    (streaming,) = (work for name, work in counted.functions.items() if "SendInstruction" in name)
    second = lambda_seconds(1, streaming.memory_mb)
    by_stream = [total + (60 * minutes - STREAM_SECONDS) * second for minutes in STREAMS_MINUTES]
    half = [
        cost - 60 * minutes * second / 2 for minutes, cost in zip(STREAMS_MINUTES, by_stream, strict=True)
    ]
    own, flat = cost_of_asking()
    container = 24 * (
        CONTAINER_VCPU * price("fargate", "vcpu_hour") + CONTAINER_GB * price("fargate", "gb_hour")
    )
    rows = [[line.service, line.counted, f"{line.dollars:.6f}"] for line in lines]
    rows.append(["**all**", f"target {TARGET_DOLLARS}", f"**{total:.6f}**"])
    write(
        "cost",
        f"Means of {VIDEOS} videos, a stream of {STREAM_SECONDS:.0f} s and a render of"
        f" {RENDER_SECONDS:.0f} s. Prices: {PLACE}.\n\n"
        + table(["service", "for one video", "dollars"], rows)
        + "\n"
        + table(
            ["minutes that the agent takes", *map(str, STREAMS_MINUTES)],
            [
                ["dollars for a video", *(f"{cost:.5f}" for cost in by_stream)],
                ["if the function that listens had half the memory", *(f"{cost:.5f}" for cost in half)],
            ],
        )
        + f"\nAsked every 30 s, a video would cost {total - own + flat:.5f} and be announced 14 s later. The"
        f" smallest container that is always on ({CONTAINER_VCPU} vCPU, {CONTAINER_GB} GB, arm64) asks"
        f" {container:.3f} a day:\n\n"
        + table(
            ["videos a day", *map(str, VIDEOS_A_DAY)],
            [
                ["dollars for a video, the container alone", *(f"{container / n:.5f}" for n in VIDEOS_A_DAY)],
                ["dollars for a video here", *[f"{total:.5f}"] * len(VIDEOS_A_DAY)],
            ],
        )
        + f"\nIt would have to make {container / total:.0f} videos a day to be cheaper.\n",
    )


def _lines(counted: Counted, kilobytes: int) -> Iterator[Line]:
    functions = sorted(counted.functions.items(), key=lambda item: -_dollars(item[1]))
    for name, work in functions[:3]:
        yield _lambda_line(name.split("-")[-2].removesuffix("Function"), [work])
    yield _lambda_line(f"the other {len(functions) - 3}", [work for _, work in functions[3:]])
    transitions = counted.transitions / VIDEOS
    yield Line(
        "Step Functions",
        f"{transitions:.1f} transitions",
        transitions * price("step_functions", "transition"),
    )
    yield _dynamodb_line(counted.calls, kilobytes)
    yield _s3_line(counted.calls)
    # Of each message: sent, received, deleted; the batches of the inbox are not relied upon.
    readers = ("Ingest", "SendInstruction", "NotifyMail", "NotifySlack", "DeliverWebhook")
    messages = sum(
        work.invocations
        for name, work in counted.functions.items()
        if any(reader in name for reader in readers)
    )
    requests = 3 * messages / VIDEOS + _calls(counted.calls, "sqs") / VIDEOS
    yield Line("SQS", f"{requests:.1f} requests", requests * price("sqs", "request"))
    published = _calls(counted.calls, "sns") / VIDEOS
    yield Line("SNS", f"{published:.1f} announcements", published * price("sns", "publish"))
    mails = _calls(counted.calls, "ses") / VIDEOS
    yield Line("SES", f"{mails:.1f} mails", mails * price("ses", "mail"))
    secrets = _calls(counted.calls, "secretsmanager") / VIDEOS
    yield Line("Secrets Manager", f"{secrets:.1f} reads", secrets * price("secrets_manager", "request"))
    kilobytes_logged = counted.logged_bytes / VIDEOS / KB
    yield Line(
        "CloudWatch Logs",
        f"{kilobytes_logged:.1f} KB",
        kilobytes_logged / KB / KB * price("cloudwatch_logs", "ingested_gb"),
    )


def _dollars(work: Work) -> float:
    return lambda_seconds(work.on_aws, work.memory_mb) + work.invocations * price("lambda", "request")


def _lambda_line(name: str, works: list[Work]) -> Line:
    invocations = sum(work.invocations for work in works) / VIDEOS
    seconds = sum(work.on_aws for work in works) / VIDEOS
    here = sum(work.billed for work in works) / VIDEOS
    counted = f"{invocations:.1f} invocations, {seconds:.1f} s ({here:.1f} s here)"
    return Line(f"Lambda, {name}", counted, sum(map(_dollars, works)) / VIDEOS)


def _dynamodb_line(calls: Counter[tuple[str, str]], kilobytes: int) -> Line:
    """At most: as if every write were of a video's largest item, and went into its index, too."""
    by_operation = {
        operation: count for (service, operation), count in calls.items() if service == "dynamodb"
    }
    reads = sum(count for name, count in by_operation.items() if name in {"GetItem", "Query"})
    transactions = by_operation.pop("TransactWriteItems", 0)
    writes = sum(by_operation.values()) - reads
    read_units = reads * math.ceil(kilobytes / 4) / VIDEOS
    write_units = (2 * writes + 2 * 3 * transactions) * kilobytes / VIDEOS
    return Line(
        "DynamoDB",
        f"{reads / VIDEOS:.1f} reads, {(writes + transactions) / VIDEOS:.1f} writes;"
        f" at most {write_units:.0f} units",
        read_units * price("dynamodb", "read_unit") + write_units * price("dynamodb", "write_unit"),
    )


def _s3_line(calls: Counter[tuple[str, str]]) -> Line:
    by_operation = {operation: count for (service, operation), count in calls.items() if service == "s3"}
    writes = sum(count for name, count in by_operation.items() if S3_WRITES.match(name)) / VIDEOS
    reads = sum(by_operation.values()) / VIDEOS - writes
    return Line(
        "S3",
        f"{writes:.1f} writes, {reads:.1f} reads",
        writes * price("s3", "put") + reads * price("s3", "get"),
    )


def _calls(calls: Counter[tuple[str, str]], service: str) -> int:
    return sum(count for (name, _), count in calls.items() if name == service)


if __name__ == "__main__":
    main()
