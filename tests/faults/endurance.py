"""Many drops in bad weather: the backend errs, connections break, workers are killed, AWS refuses."""

import contextlib
import io
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from infra.local.cloud import embedded_cloud
from tests.faults.by_hand import age
from tests.faults.channels import chat_channel, other_channels
from tests.faults.event_bus import BUS
from tests.faults.ledger_gate import ledger_gate
from tests.faults.pipeline import GatedPipeline
from tests.faults.scripted import scripted
from tests.faults.weather import Storm, Weather, weather
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Exchange, Script, scripted_backend
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.recovery import MAX_ATTEMPTS
from videos.lifecycle.submit import video_id_for
from videos.model.errors import VideoNotFoundError
from videos.model.media import InboxFile
from videos.model.records import Stage, Status, VersionRef
from videos.model.video import Video

# Of those who read queues, and a second more until what they held comes again.
WORKER_SECONDS = 35
ERRORS, RESETS, STALLS = 0.10, 0.01, 0.02
LONGEST_STALL = 2.0
PATIENCE_SECONDS = 4 * 3600
DEAD_LETTERS = "DeadLetters"
VIDEO_ID = re.compile(r"vid-[a-z0-9]+")


@dataclass(frozen=True)
class Trial:
    """How many files are dropped within how many seconds, and after how many calls to AWS a worker is killed.

    `wait_scale` shortens the workflow's waits, and with them its patience.
    """

    drops: int
    within_seconds: float
    kill_every_calls: int
    seed: int = 8
    wait_scale: float = 1


@dataclass(frozen=True)
class Outcome:
    """What came of the videos. Each list of numbers counts something for each of them."""

    statuses: Counter[str]
    reasons: Counter[str]
    ends: list[int]
    executions: Counter[str]
    messages: list[int]
    announcements: list[int]
    copies: int
    mails: list[int]
    posts: dict[str, list[int]]
    bus_events: list[int]
    dead_letters: int

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept."""
        promises = {
            "every video ends once": set(self.ends) == {1},
            "no execution is left": "RUNNING" not in self.executions,
            "no message is posted twice": max(self.messages) <= 1,
            "every end is announced, under one id": set(self.announcements) == {1},
            "every end is mailed": min(self.mails) >= 1,
            **{f"every end is posted to {name}": min(posts) >= 1 for name, posts in self.posts.items()},
            "every end is put on the event bus": min(self.bus_events, default=1) >= 1,
            "nothing lies among the dead letters": self.dead_letters == 0,
        }
        return [promise for promise, is_kept in promises.items() if not is_kept]


@dataclass(frozen=True)
class Toll:
    """What came of the videos, and how bad the weather was."""

    outcome: Outcome
    seconds: float
    backend_calls: int
    backend_mishaps: Counter[str]
    aws_calls: int
    aws_mishaps: Counter[str]
    kills: Counter[str]


@dataclass
class Mishaps:
    """The weather before the backend."""

    seed: int
    calls: int = 0
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same each time, and no secret
        self._lock = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        with self._lock:
            self.calls += 1
            draw, status = self._random.random(), self._random.choice((429, 500, 502, 503))
            stall, is_late = self._random.uniform(0, LONGEST_STALL), self._random.random() < 1 / 2
        if draw < ERRORS:
            self.happened["errors"] += 1
            exchange.json(status, {"message": "not now"})
        elif draw < ERRORS + RESETS:
            self.happened["resets"] += 1
            if is_late:  # it was done, and the answer is lost
                exchange.wfile = io.BytesIO()
                exchange.route()
            exchange.reset()
        else:
            if draw < ERRORS + RESETS + STALLS:
                self.happened["stalls"] += 1
                time.sleep(stall)
            exchange.route()


@dataclass
class Killer:
    """Kills one of the workers at some of their calls to AWS, whatever it does then.

    It counts calls and not seconds: a slow machine must not kill each worker before its first call.
    """

    every_calls: int
    seed: int
    killed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - the same each time, and no secret
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            if self._random.random() * self.every_calls >= 1:
                return
            workers = sorted(_workers(), key=lambda worker: worker[1].pid)
            if workers:
                name, worker = self._random.choice(workers)
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
                    self.killed[name] += 1


def _workers() -> Iterator[tuple[str, psutil.Process]]:
    """The functions' processes, with their names."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if name := process.environ().get("AWS_LAMBDA_FUNCTION_NAME"):
                yield name.split("-")[-2].removesuffix("Function"), process


def endure(trial: Trial, home: Path, say: Callable[[str], object] = lambda _: None) -> Toll:
    """Drop the files, wait until nothing moves any more, and count."""
    mishaps = Mishaps(trial.seed)
    with scripted_backend() as backend, chat_channel() as slack, other_channels() as others:
        backend.play(Script(says("Done."), raw_reads=0, credits_left=10**9))
        backend.weather = mishaps
        settings = scripted(home, backend, slack, *others)
        settings = replace(
            settings, wait_scale=trial.wait_scale, parameters={**settings.parameters, "EventBus": BUS}
        )
        with (
            embedded_cloud(settings) as endpoints,
            ledger_gate(endpoints.aws_endpoint_url) as gate,
            weather(endpoints.aws_endpoint_url, Storm(), trial.seed) as storm,
        ):
            pipeline = GatedPipeline(endpoints, backend, slack, gate, *others)
            _expose(pipeline, storm)
            killer = Killer(trial.kill_every_calls, trial.seed)
            began = time.monotonic()
            with storm.at_each_call(killer):
                jobs = drop(pipeline, trial.drops, within_seconds=trial.within_seconds)
                await_rest(pipeline, say)
            await_rest(pipeline, say)
            _recover(pipeline, say)
            return Toll(
                outcome=outcome_of(pipeline, jobs),
                seconds=time.monotonic() - began,
                backend_calls=mishaps.calls,
                backend_mishaps=mishaps.happened,
                aws_calls=storm.calls.total(),
                aws_mishaps=storm.mishaps,
                kills=killer.killed,
            )


def _expose(pipeline: GatedPipeline, storm: Weather) -> None:
    """Lead all functions' calls to AWS through the weather; those who read queues live shorter."""
    client, sqs = pipeline.functions, pipeline.sqs
    readers = {
        mapping["FunctionArn"]: mapping["EventSourceArn"].rsplit(":", 1)[-1]
        for mapping in client.list_event_source_mappings()["EventSourceMappings"]
    }
    # Of two attempts, both may well fail.
    storm.expose(client, {"AWS_MAX_ATTEMPTS": "2"}, dict.fromkeys(readers, WORKER_SECONDS))
    for queue in readers.values():
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(WORKER_SECONDS + 1)})


def drop(pipeline: GatedPipeline, drops: int, *, within_seconds: float) -> list[VersionRef]:
    """Drop files into the inbox at an even pace."""
    jobs, began = [], time.monotonic()
    for number in range(drops):
        bucket, key = pipeline.endpoints.inbox_bucket, f"inbox/{number}.png"
        asked = {"instruction": f"Make film {number}."}
        put = pipeline.s3.put_object(Bucket=bucket, Key=key, Body=picture(), Metadata=asked)
        file = InboxFile(bucket=bucket, key=key, version_id=put["VersionId"])
        jobs.append(VersionRef(video_id=video_id_for(idempotency_key_of(file)), version=1))
        due = began + within_seconds * (number + 1) / drops
        time.sleep(max(due - time.monotonic(), 0))
    return jobs


def await_rest(pipeline: GatedPipeline, say: Callable[[str], object]) -> None:
    """Wait until nothing is left that could still act; what is among the dead letters does not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (moving := _moving(pipeline)) or (moving := _moving(pipeline)):  # what moved between two queues
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {PATIENCE_SECONDS} s, {moving} messages and executions still move")
        say(f"{moving} messages and executions move")
        time.sleep(3)


def _recover(pipeline: GatedPipeline, say: Callable[[str], object]) -> None:
    """Have the recovery come, as it does every five minutes, until it finds nothing any more."""
    for _ in range(MAX_ATTEMPTS + 1):
        unfinished = list(pipeline.store.begun_before(datetime.now(UTC)))
        if not unfinished:
            return
        say(f"{len(unfinished)} versions are not known to be over")
        for ref in unfinished:
            age(pipeline.table, ref)
        pipeline.functions.invoke(FunctionName=pipeline.endpoints.recover_function)
        await_rest(pipeline, say)


def _moving(pipeline: GatedPipeline) -> int:
    queued = sum(pipeline.messages_in(url) for url in pipeline.queue_urls if DEAD_LETTERS not in url)
    pages = pipeline.sfn.get_paginator("list_executions").paginate(
        stateMachineArn=pipeline.endpoints.state_machine_arn, statusFilter="RUNNING"
    )
    return queued + sum(len(page["executions"]) for page in pages)


def outcome_of(pipeline: GatedPipeline, jobs: list[VersionRef]) -> Outcome:
    """What the table, the backend and the receivers say."""
    videos = {ref: video for ref in jobs if (video := _video(pipeline, ref))}
    texts = pipeline.backend.script.messages
    sent = Counter(number for text in texts for number in re.findall(r"Make film (\d+)\.", text))
    events = Counter((event["video_id"], event["id"]) for event in pipeline.events())
    ids = Counter(video_id for video_id, _ in events)
    bodies = [str(mail["BodyText"]) for mail in pipeline.mails()]
    mailed = Counter(video_id for body in bodies for video_id in re.findall(r"Video id: (\S+)", body))
    posted = {name: _told_in(channel.all_shown()) for name, channel in pipeline.channels.items()}
    put = _told_in(pipeline.bus.all_events())
    statuses = pipeline.statuses_of_versions()
    return Outcome(
        statuses=Counter(str(videos[ref].status) if ref in videos else "lost" for ref in jobs),
        reasons=Counter(
            _reason(pipeline, ref) for ref, video in videos.items() if video.status is Status.FAILED
        ),
        ends=[_ends(videos[ref]) if ref in videos else 0 for ref in jobs],
        executions=Counter(statuses[pipeline.execution_arn(ref)][-1] for ref in videos),
        messages=[sent[str(number)] for number in range(len(jobs))],
        announcements=[ids[ref.video_id] for ref in jobs],
        copies=sum(events.values()) - len(events),
        mails=[mailed[ref.video_id] for ref in jobs],
        posts={name: [counts[ref.video_id] for ref in jobs] for name, counts in posted.items()},
        bus_events=[put[ref.video_id] for ref in jobs] if pipeline.puts_events else [],
        dead_letters=sum(pipeline.messages_in(url) for url in pipeline.queue_urls if DEAD_LETTERS in url),
    )


def _told_in(messages: list[dict[str, Any]]) -> Counter[str]:
    """In how many messages each video is named."""
    return Counter(video_id for item in messages for video_id in set(VIDEO_ID.findall(json.dumps(item))))


def _ends(video: Video) -> int:
    return sum(line.stage is Stage.ENDED for line in video.history)


def _reason(pipeline: GatedPipeline, ref: VersionRef) -> str:
    problem = pipeline.store.version(ref).problem
    return problem.code if problem else "no reason"


def _video(pipeline: GatedPipeline, ref: VersionRef) -> Video | None:
    try:
        return pipeline.store.video(ref.video_id)
    except VideoNotFoundError:
        return None
