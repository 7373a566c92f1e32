"""One file, one command, one video: the pipeline as a user meets it, on one machine."""

import itertools
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from infra.commands import CommandError
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.processes import HUNG_SECONDS
from infra.local.saved_mail import saved_mail
from infra.local.service import LOCAL
from infra.local.stack import ROOT
from media_probe.examine import examine
from videos.events.announcements import VideoEnded, parse_announcement
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile
from videos.steps.store_result import UnplayableError, VideoFacts

SAMPLE = ROOT / "docs" / "sample" / "tidewater-kettle.png"
INSTRUCTION = "Generate a short promotional video from this content."
EVENTS = "????-vid-*.json"
CHANNELS = ("*.txt", "*.slack.json", EVENTS)
ENDED = {"ready", "failed", "cancelled", "needs_answer"}


class DemoError(CommandError):
    """No video came of it. Says why, and what to do."""


@dataclass(frozen=True)
class DemoSettings:
    """What to make a video of, how, and where to put it."""

    input: Path
    instruction: str
    out: Path


def demo(settings: DemoSettings, console: Console) -> None:
    """Make a video of a file, and show how.

    Raises:
        DemoError: No video came of it.
        StartError: The embedded cloud did not start.
    """
    if not settings.input.is_file():
        raise DemoError(f"There is no file {settings.input}. INPUT takes the path of one file.")
    home = LOCAL / "demo"
    shutil.rmtree(home, ignore_errors=True)
    began = time.monotonic()
    with console.status("Starting the embedded cloud…"):
        cloud = embedded_cloud(CloudSettings.from_environment(home))
        endpoints = cloud.__enter__()
    try:
        console.print(f"The embedded cloud runs, permissions enforced ({time.monotonic() - began:.1f} s).")
        _run(settings, endpoints, console)
    except httpx.HTTPError as error:
        raise DemoError(f"The embedded cloud did not answer: {error}. Run it again.") from error
    finally:
        with console.status("Stopping the embedded cloud…"):
            cloud.__exit__(None, None, None)


def _run(settings: DemoSettings, endpoints: Endpoints, console: Console) -> None:
    dropped = _drop(settings, endpoints)
    console.print(f"Dropped [bold]{settings.input.name}[/] into s3://{dropped.bucket}/{dropped.key}")
    video = _follow(video_id_for(idempotency_key_of(dropped)), endpoints, console)
    mail = _mail(endpoints)
    if video["status"] != "ready":
        _show(mail, console)
        raise DemoError(f"{video['message']} {video.get('advice') or ''}".strip())
    path, facts = _fetch(settings, video)
    page = path.with_suffix(".mail.html")
    page.write_text(saved_mail(_event(endpoints), film=path.name, poster=facts.poster), encoding="utf-8")
    console.print(_stages(video))
    _show(mail, console)
    console.print(
        f"[bold green]Your video:[/] [bold]{path}[/]\n"
        f"{facts.width}x{facts.height}, {facts.duration_ms / 1000:.1f} s, {path.stat().st_size / 1e6:.1f} MB,"
        f" {facts.video_codec} + {facts.audio_codec}: decoded and checked."
        f"\nThe mail, to open in a browser: {page}"
        "\nThe links above worked while the demo ran. `make up` starts a cloud that keeps running."
    )


def _show(mail: str, console: Console) -> None:
    console.rule("The notification, as it would be mailed", align="left")
    console.print(Text(mail.rstrip()))
    console.rule()


def _drop(settings: DemoSettings, endpoints: Endpoints) -> InboxFile:
    key = f"inbox/{settings.input.name}"
    # Always with a sentence: a file without one waits for another that says what to do with it.
    # S3 metadata is ASCII; what is beyond travels as RFC 2047 words.
    metadata = {"instruction": Header(settings.instruction, "utf-8", maxlinelen=100_000).encode()}
    with settings.input.open("rb") as body:
        put = endpoints.access.client("s3").put_object(
            Bucket=endpoints.inbox_bucket, Key=key, Body=body, Metadata=metadata
        )
    return InboxFile(bucket=endpoints.inbox_bucket, key=key, version_id=put["VersionId"])


def _follow(video_id: str, endpoints: Endpoints, console: Console) -> dict[str, Any]:
    columns = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Waiting for the event.", total=100)
        said = ""
        for video in _news(video_id, endpoints):
            progress.update(bar, completed=video["progress"], description=video["message"])
            if not console.is_terminal and video["message"] != said:
                said = video["message"]
                console.print(f"{video['progress']:>3} %  {said}")
            if video["status"] in ENDED:
                return video
    raise AssertionError("unreachable")


def _news(video_id: str, endpoints: Endpoints) -> Iterator[dict[str, Any]]:
    url = f"{endpoints.api_url}/v1/videos/{video_id}"
    with httpx.Client(headers={"x-api-key": endpoints.api_key}, timeout=HUNG_SECONDS) as http:
        while True:
            answer = http.get(url)
            if answer.status_code == httpx.codes.OK:
                yield answer.json()
            elif answer.status_code != httpx.codes.NOT_FOUND:
                raise DemoError(f"The API answered {answer.status_code}: {answer.text}")
            time.sleep(0.3)


def _mail(endpoints: Endpoints) -> str:
    """Return the text of the mail, once every channel has its message."""
    deadline = time.monotonic() + HUNG_SECONDS
    while time.monotonic() < deadline:
        mail, *others = (next(endpoints.mailbox_dir.glob(kind), None) for kind in CHANNELS)
        if mail and all(others):
            return mail.read_text()
        time.sleep(0.1)
    raise DemoError(f"No notification came within {HUNG_SECONDS / 60:.0f} minutes.")


def _event(endpoints: Endpoints) -> VideoEnded:
    """Return the event of the video's end."""
    events = (parse_announcement(path.read_bytes()) for path in endpoints.mailbox_dir.glob(EVENTS))
    return next(event for event in events if isinstance(event, VideoEnded))


def _fetch(settings: DemoSettings, video: dict[str, Any]) -> tuple[Path, VideoFacts]:
    settings.out.mkdir(parents=True, exist_ok=True)
    path = settings.out / f"{settings.input.stem}.mp4"
    with httpx.stream("GET", video["links"]["video"], timeout=HUNG_SECONDS, follow_redirects=True) as answer:
        answer.raise_for_status()
        with path.open("wb") as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)
    try:
        with path.open("rb") as file:
            facts = examine(file)
    except UnplayableError as error:
        raise DemoError(f"{path} does not play: {error}.") from error
    path.with_suffix(".jpg").write_bytes(facts.poster)
    return path, facts


def _stages(video: dict[str, Any]) -> Table:
    table = Table(title="How long each stage took", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    history = [(datetime.fromisoformat(line["at"]), line["stage"]) for line in video["history"]]
    for (begin, stage), (end, _) in itertools.pairwise(history):
        table.add_row(stage.replace("_", " "), f"{(end - begin).total_seconds():.1f}")
    table.add_row("[bold]in all", f"[bold]{(history[-1][0] - history[0][0]).total_seconds():.1f}")
    return table
