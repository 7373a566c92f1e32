"""The commands of `nemo-video`."""

import itertools
import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar, cast

import click
import httpx
import stamina.instrumentation
from click.shell_completion import get_completion_class

from nemo_video import rules
from nemo_video.async_client import AsyncNemoVideo
from nemo_video.cli import settings
from nemo_video.cli.app import (
    STDOUT,
    App,
    ExitCode,
    NewFile,
    common,
    exit_code_of,
    leaves_open,
    place,
    prepare,
    writable,
)
from nemo_video.cli.output import (
    Output,
    OutputClosedError,
    batch_summary,
    delivery_summary,
    summary,
    unless_closed,
)
from nemo_video.cli.sources import Sources, sources_of
from nemo_video.cli.watching import FolderWatch, watch
from nemo_video.client import NemoVideo
from nemo_video.errors import NemoVideoError, NoFileError, SettingsError
from nemo_video.fields import VideoFields
from nemo_video.models import Batch, Video, VideoSummary

PROGRAM: Final = "nemo-video"
NEW_FILE: Final = NewFile()
NEW_FOLDER: Final = click.Path(file_okay=False, path_type=Path)
OLD_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
MOST_LISTED: Final = 100_000
STATUSES: Final = ("queued", "working", "ready", "needs_answer", "failed", "cancelled", "superseded")

_C = TypeVar("_C", bound=Callable[..., Any])


def _version() -> str:
    try:
        return version("nemo-video-pipeline")
    except PackageNotFoundError:
        return "not installed"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(_version())
def cli() -> None:
    """Make videos from files, web pages and words."""


def _request(command: _C) -> _C:
    """Add the arguments and options of a request for a video."""
    options = (
        click.option("--title", help="The title shown in the video."),
        click.option(
            "--aspect-ratio", type=click.Choice(["16:9", "9:16", "1:1"]), help="Format of the video."
        ),
        click.option("--duration", type=click.IntRange(3, 60), metavar="SECONDS", help="Length, 3 to 60."),
        click.option("--language", metavar="TAG", help="Language, such as en or zh-CN."),
        click.option("--logo", metavar="FILE|URL|ID", help="A picture of the logo."),
        click.option(
            "--color",
            "colors",
            multiple=True,
            metavar="#RRGGBB",
            help="Brand color. Repeatable, the main one first.",
        ),
        click.option("--font", help="The name of a font."),
        click.option("--call-to-action", metavar="TEXT", help="The last line of the video."),
        click.option("--metadata", metavar="JSON", help="Your own JSON object, returned with the video."),
        click.option("--callback-url", metavar="URL", help="Where to send a webhook at the end."),
        click.option(
            "--s3-key", "s3_keys", multiple=True, metavar="KEY", help="An object in the inbox bucket."
        ),
        click.argument("words", nargs=-1, required=True, metavar="[FILE]... [URL] [SENTENCE]"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _following(command: _C) -> _C:
    """Add the options of a command that makes a version."""
    options = (
        click.option(
            "-o",
            "--out",
            type=NEW_FILE,
            metavar="FILE",
            help="Where to save the video. - is standard output.",
        ),
        click.option(
            "--wait/--no-wait", default=True, help="Wait for the end, and save the video. [default]"
        ),
        click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait."),
        click.option("--idempotency-key", metavar="KEY", help="Use the same key to repeat a command safely."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@cli.command()
@_request
@_following
@common
@click.pass_obj
def make(
    app: App,
    /,
    *,
    words: tuple[str, ...],
    out: Path | None,
    wait: bool,
    timeout: float | None,
    idempotency_key: str | None,
    **request: Any,  # noqa: ANN401 - of _request
) -> int:
    """Make a video, and save it.

    Give files, one URL, one sentence in quotation marks, or a combination.
    """
    sources = sources_of(words)
    prepare(app, out, saves=wait)
    with app.client() as nemo:
        key = idempotency_key or rules.new_key()
        fields = _fields(app, nemo, sources, request, key)
        with app.answered_first(_again(key)):
            video = nemo.create(sources.instruction, idempotency_key=key, **fields)
            _advise(app, video, out)
        stem = sources.files[0].stem if sources.files else video.id
        return _finish(app, nemo, video, stem=stem, out=out, wait=wait, timeout=timeout)


@cli.command()
@_request
@common
@click.pass_obj
def estimate(app: App, /, *, words: tuple[str, ...], **request: Any) -> int:  # noqa: ANN401 - of _request
    """Estimate what a video would cost. Files are uploaded and checked. No video is made."""
    sources = sources_of(words)
    with app.client() as nemo:
        expected = nemo.estimate(sources.instruction, **_fields(app, nemo, sources, request, rules.new_key()))
    app.output.result(expected, expected.message, f"{expected.available:g} credits are available.")
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@click.argument("sentence")
@_following
@common
@click.pass_obj
def edit(app: App, /, *, video_id: str, sentence: str, **following: Any) -> int:  # noqa: ANN401 - of _following
    """Change a video, or answer the agent's question. Each edit makes a new version."""
    return _change(
        app, video_id, lambda nemo, key: nemo.edit(video_id, sentence, idempotency_key=key), **following
    )


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@_following
@common
@click.pass_obj
def export(app: App, /, *, video_id: str, **following: Any) -> int:  # noqa: ANN401 - of _following
    """Render the newest timeline of a video again, free of charge."""
    return _change(app, video_id, lambda nemo, key: nemo.export(video_id, idempotency_key=key), **following)


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@_following
@common
@click.pass_obj
def retry(app: App, /, *, video_id: str, **following: Any) -> int:  # noqa: ANN401 - of _following
    """Retry a failed or cancelled video. `nemo-video status VIDEO` shows the cost."""
    return _change(app, video_id, lambda nemo, key: nemo.retry(video_id, idempotency_key=key), **following)


@cli.command()
@click.argument("work_id", metavar="VIDEO|BATCH")
@click.option(
    "-o",
    "--out",
    type=NEW_FILE,
    metavar="FILE",
    help="Save the video, or the results of the batch. - is standard output.",
)
@click.option(
    "--version", type=click.IntRange(min=1), metavar="NUMBER", help="With -o: save this version of the video."
)
@click.option("--wait", is_flag=True, help="Wait for the end.")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait.")
@common
@click.pass_obj
def status(
    app: App, *, work_id: str, out: Path | None, version: int | None, wait: bool, timeout: float | None
) -> int:
    """Show a video or a batch."""
    prepare(app, out, saves=False)
    if version is not None and (out is None or work_id.startswith("bat-")):
        raise click.UsageError("--version needs a video, and -o with the name of a file.")
    with app.client() as nemo:
        if work_id.startswith("bat-"):
            batch = nemo.get_batch(work_id)
            if wait:
                batch = _followed_batch(app, nemo, batch, out, timeout)
            saved = _saved_results(app, nemo, batch, place(out, batch.id, ".csv", batch.id)) if out else None
            return _show(app.output, batch, saved)
        video = nemo.get(work_id)
        if wait:
            video = _followed(app, nemo, video, out, timeout)
        name = video.id if version is None else f"{video.id}-{version}"
        saved = _saved(app, nemo, video, place(out, name, ".mp4", name), version) if out else None
        return _show(app.output, video, saved)


@cli.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only those with this status.")
@click.option(
    "--s3-key", metavar="KEY", help="Only the newest video made from this object in the inbox bucket."
)
@click.option(
    "--limit", type=click.IntRange(1, MOST_LISTED), default=20, show_default=True, help="How many to list."
)
@common
@click.pass_obj
def list_(app: App, *, status: str | None, s3_key: str | None, limit: int) -> int:
    """List your videos, newest first."""
    with app.client() as nemo:
        videos = list(itertools.islice(nemo.list(status=status, s3_key=s3_key), limit))
    if not videos:
        app.output.note("There are no videos.")
    rows = [(each.id, each.status, _local(each.created_at), _named(each)) for each in videos]
    app.output.table(videos, ("id", "status", "created", "source or instruction"), rows)
    return ExitCode.OK


@cli.command()
@click.option("--status", type=click.Choice(STATUSES), help="Only those with this status.")
@click.option(
    "--limit", type=click.IntRange(1, MOST_LISTED), default=20, show_default=True, help="How many to list."
)
@common
@click.pass_obj
def batches(app: App, *, status: str | None, limit: int) -> int:
    """List your batches, newest first."""
    with app.client() as nemo:
        found = list(itertools.islice(nemo.list_batches(status=status), limit))
    if not found:
        app.output.note("There are no batches.")
    rows = [(each.id, each.status, _local(each.created_at), each.message) for each in found]
    app.output.table(found, ("id", "status", "created", "message"), rows)
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@common
@click.pass_obj
def cancel(app: App, *, video_id: str) -> int:
    """Cancel the version that is being made."""
    with app.client() as nemo:
        video = nemo.cancel(video_id)
    app.output.result(video, *summary(video))
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@common
@click.pass_obj
def delete(app: App, *, video_id: str, yes: bool) -> int:
    """Delete a video and everything that belongs to it, permanently."""
    if not yes:
        if app.output.as_json or not sys.stdin.isatty():
            raise click.UsageError("Deletion is permanent. To delete without confirmation, add --yes.")
        click.confirm(f"Delete {video_id} and all its versions, permanently?", abort=True, err=True)
    with app.client() as nemo:
        nemo.delete(video_id)
    app.output.result({"id": video_id, "deleted": True}, f"Deleted {video_id}.")
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@click.argument("text")
@click.option("--idempotency-key", metavar="KEY", help="Use the same key to repeat a command safely.")
@common
@click.pass_obj
def message(app: App, *, video_id: str, text: str, idempotency_key: str | None) -> int:
    """Send free text: a change, or a command such as “export”. Does not wait for a new version."""
    key = idempotency_key or rules.new_key()
    with app.client() as nemo, app.answered_first(_again(key)):
        answer = nemo.message(video_id, text, idempotency_key=key)
    app.output.result(answer, answer.message, f"{answer.video.id}  {answer.video.status}")
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@common
@click.pass_obj
def deliveries(app: App, *, video_id: str) -> int:
    """List the webhooks of a video.

    The newest is first. Each has its state and its last attempt.
    """
    with app.client() as nemo:
        found = nemo.deliveries(video_id)
    if not found:
        app.output.note("There are no webhooks.")
    rows = [(each.id, each.state, _local(each.created_at), delivery_summary(each)) for each in found]
    app.output.table(found, ("id", "state", "created", "last attempt"), rows)
    return ExitCode.OK


@cli.command()
@click.argument("video_id", metavar="VIDEO")
@click.argument("delivery_id", metavar="WEBHOOK")
@common
@click.pass_obj
def redeliver(app: App, *, video_id: str, delivery_id: str) -> int:
    """Send a webhook again. `nemo-video deliveries VIDEO` lists the ids."""
    with app.client() as nemo:
        delivery = nemo.redeliver(video_id, delivery_id)
    app.output.result(
        delivery,
        f"{delivery.id}  {delivery.state}",
        f"It is being sent. To see the result: {PROGRAM} deliveries {video_id}",
    )
    return ExitCode.OK


@cli.command("credits")
@common
@click.pass_obj
def credits_(app: App) -> int:
    """Show the credits at the video service."""
    with app.client() as nemo:
        balance = nemo.credits()
    app.output.result(
        balance, f"{balance.available:g} credits are available, {balance.frozen:g} are reserved."
    )
    return ExitCode.OK


@cli.command()
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=30,
    show_default=True,
    help="How many days, including today.",
)
@common
@click.pass_obj
def spending(app: App, *, days: int) -> int:
    """Show the credits used on each day.

    Also shows what is left of each spending limit.
    """
    with app.client() as nemo:
        spent = nemo.spending(days=days)
    lines = [f"{day.date}  {day.credits:g}" for day in spent.days if day.credits]
    limits = [
        f"{each.left:g} of {each.credits:g} credits are left for this {each.period}."
        for each in spent.budgets
    ]
    app.output.result(spent, *lines, f"{spent.credits:g} credits in {days} days.", *limits)
    return ExitCode.OK


@cli.command()
@click.argument("file", type=OLD_FILE)
@click.option(
    "-o",
    "--out",
    type=NEW_FILE,
    metavar="FILE",
    help="Where to save the results, a CSV file. - is standard output.",
)
@click.option("--wait/--no-wait", default=True, help="Wait for the end, and save the results. [default]")
@click.option("--timeout", type=click.FloatRange(min=0), metavar="SECONDS", help="How long to wait.")
@click.option("--idempotency-key", metavar="KEY", help="Use the same key to repeat a command safely.")
@common
@click.pass_obj
def batch(
    app: App, *, file: Path, out: Path | None, wait: bool, timeout: float | None, idempotency_key: str | None
) -> int:
    """Make a video of each row of a file.

    The file is CSV, TSV, Excel (.xlsx) or JSON Lines.
    """
    prepare(app, out, saves=wait)
    with app.client() as nemo:
        key = idempotency_key or rules.new_key()
        upload = _uploaded(app, nemo, file, rules.part_key(key, "file"))
        with app.answered_first(_again(key)):
            begun = nemo.create_batch(upload_id=upload, idempotency_key=key)
            _advise(app, begun, out)
        if not wait:
            app.output.result(begun, *batch_summary(begun))
            return ExitCode.OK
        ended = _followed_batch(app, nemo, begun, out, timeout)
        saved = _saved_results(app, nemo, ended, place(out, f"{file.stem}-results", ".csv", ended.id))
        return _show(app.output, ended, saved)


@cli.command("watch")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--instruction", metavar="SENTENCE", help="What each video should show.")
@click.option(
    "-o",
    "--out",
    type=NEW_FOLDER,
    metavar="FOLDER",
    help="Where to save the videos. [default: FOLDER/videos]",
)
@click.option(
    "--existing", is_flag=True, help="At the first start, also make videos of the files already there."
)
@common
@click.pass_obj
def watch_(app: App, *, folder: Path, instruction: str | None, out: Path | None, existing: bool) -> int:
    """Make a video of each new file in a folder.

    Press Ctrl-C to stop. A later start continues.
    """
    results = out or folder / "videos"
    if out == Path("-"):
        raise click.UsageError("-o must be a folder. Several videos cannot be written to standard output.")
    if results.resolve() == folder.resolve():
        raise click.UsageError(
            "The videos must be saved in another folder. Otherwise they would become input."
        )
    writable(results.parent)
    results.mkdir(exist_ok=True)
    with app.client() as nemo:
        next(iter(nemo.list()), None)  # says at once if the address or the key is wrong
        app.advice = "To continue, run the same command again. No file is paid for twice."
        watch(FolderWatch(folder, results, instruction, nemo, app), includes_existing=existing)
    return ExitCode.OK


@cli.command()
@common
@click.pass_obj
def mcp(app: App) -> int:
    """Serve tools for AI agents over standard input and output. See docs/mcp.md."""
    try:
        from nemo_video.mcp.__main__ import serve  # noqa: PLC0415 - an extra of the package
    except ImportError:
        raise click.UsageError(
            "The tools for AI agents are not installed. Run: pip install '.[mcp]'"
        ) from None
    api, key = app.address_and_key()
    serve(AsyncNemoVideo(api, key))
    return ExitCode.OK


@cli.command()
@common
@click.pass_obj
def login(app: App) -> int:
    """Save the address of the API and the key for this user.

    The key is read from the terminal, or from standard input.
    """
    api = app.api or click.prompt("Address of the API", default=_known_address(), err=True)
    api = rules.checked_address(api)
    if app.key is not None:
        key = app.key
    elif sys.stdin.isatty():
        key = click.prompt("API key", hide_input=True, err=True)
    else:
        key = sys.stdin.readline()
    if not key.strip():
        raise SettingsError("There is no key on standard input. Write one there, or pass --key.")
    app.api, app.key = api, key.strip()
    with app.client() as nemo:
        next(iter(nemo.list()), None)  # needs no more than the scope to read
    path = settings.save(api, app.key)
    app.output.result(
        {"api": api, "file": str(path)}, f"The address and the key work. They are saved in {path}."
    )
    return ExitCode.OK


def _known_address() -> str | None:
    try:
        return settings.find(None, None).api
    except SettingsError:  # this login replaces the file
        return None


@cli.command()
@common
@click.pass_obj
def logout(app: App) -> int:
    """Delete what `login` saved."""
    existed = settings.remove()
    said = f"Deleted {settings.path()}." if existed else "Nothing was saved."
    app.output.result({"file": str(settings.path()), "deleted": existed}, said)
    return ExitCode.OK


@cli.command("config")
@common
@click.pass_obj
def config_(app: App) -> int:
    """Show the settings and where they come from. The key is not shown."""
    found = settings.find(app.api, app.key)
    app.output.result(
        {
            "api": found.api,
            "api_from": found.api_from,
            "has_key": found.key is not None,
            "key_from": found.key_from,
        },
        f"API: {found.api or 'missing'} (from {found.api_from})",
        f"Key: {'set' if found.key else 'missing'} (from {found.key_from})",
    )
    return ExitCode.OK


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print a completion script for a shell.

    For example: eval "$(nemo-video completion bash)"
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"{shell} is not supported.")
    click.echo(kind(cli, {}, PROGRAM, "_NEMO_VIDEO_COMPLETE").source())
    return ExitCode.OK


def _fields(app: App, nemo: NemoVideo, sources: Sources, request: dict[str, Any], key: str) -> VideoFields:
    """Return the fields of a request. Files are uploaded."""
    metadata = _metadata(request["metadata"])
    uploads = [
        _uploaded(app, nemo, file, rules.part_key(key, f"file-{position}"))
        for position, file in enumerate(sources.files)
    ]
    logo = request["logo"]
    if logo is not None and Path(logo).is_file():
        logo = _uploaded(app, nemo, Path(logo), rules.part_key(key, "logo"))
    brand = {
        "logo": logo,
        "colors": [*request["colors"]],
        "font": request["font"],
        "call_to_action": request["call_to_action"],
    }
    fields: dict[str, Any] = {
        "url": sources.url,
        "upload_ids": uploads,
        "s3_keys": [*request["s3_keys"]],
        "title": request["title"],
        "aspect_ratio": request["aspect_ratio"],
        "duration_seconds": request["duration"],
        "language": request["language"],
        "brand": {name: value for name, value in brand.items() if value},
        "metadata": metadata,
        "callback_url": request["callback_url"],
    }
    return cast("VideoFields", {name: value for name, value in fields.items() if value})


def _named(video: VideoSummary) -> str:
    """Return what a person calls a video: the name of its file, its address or its sentence."""
    if video.source is None:
        return video.instruction
    return video.source.rpartition("/")[2] if video.source.startswith("uploads/") else video.source


def _local(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def _metadata(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise click.UsageError("--metadata must be a JSON object, such as '{\"order\": 7}'.")
    return read


def _uploaded(app: App, nemo: NemoVideo, file: Path, key: str) -> str:
    app.advice = "Nothing was started, and nothing was paid. Run the same command again."
    with app.output.transfer("Uploading", file.name) as on_progress:
        return nemo.upload(file, idempotency_key=key, on_progress=on_progress)


def _change(
    app: App,
    video_id: str,
    change: Callable[[NemoVideo, str], Video],
    *,
    idempotency_key: str | None,
    out: Path | None,
    wait: bool,
    timeout: float | None,
) -> int:
    """Make the next version of a video."""
    prepare(app, out, saves=wait)
    key = idempotency_key or rules.new_key()
    with app.client() as nemo:
        with app.answered_first(_again(key)):
            video = change(nemo, key)
            _advise(app, video, out)
        return _finish(app, nemo, video, stem=video_id, out=out, wait=wait, timeout=timeout)


def _finish(
    app: App, nemo: NemoVideo, video: Video, *, stem: str, out: Path | None, wait: bool, timeout: float | None
) -> int:
    """Wait for a video, save it and show it."""
    if not wait:
        app.output.result(video, *summary(video))
        return ExitCode.OK
    app.output.note(f"{video.id} is being made.")
    ended = _followed(app, nemo, video, out, timeout)
    if ended.status != "ready":
        return _show(app.output, ended, None)
    unique = f"{ended.id}-{len(ended.versions)}" if stem == ended.id else ended.id
    return _show(app.output, ended, _saved(app, nemo, ended, place(out, stem, ".mp4", unique)))


def _again(key: str) -> str:
    return (
        "It is not known whether this was started. To continue without paying twice, run the same command"
        f" with: --idempotency-key {shlex.quote(key)}"
    )


def _followed(app: App, nemo: NemoVideo, video: Video, out: Path | None, timeout: float | None) -> Video:
    _advise(app, video, out)
    with app.output.progress() as show:
        ended = nemo.wait(video.id, timeout=timeout, on_change=show)
    _advise(app, ended, out)
    return ended


def _followed_batch(
    app: App, nemo: NemoVideo, batch: Batch, out: Path | None, timeout: float | None
) -> Batch:
    _advise(app, batch, out)
    with app.output.progress() as show:
        ended = nemo.wait_batch(batch.id, timeout=timeout, on_change=show)
    _advise(app, ended, out)
    return ended


def _advise(app: App, work: Video | Batch, out: Path | None) -> None:
    kind = "video" if isinstance(work, Video) else "batch"
    where = "-" if out == STDOUT else shlex.quote(str(out)) if out else "."
    if rules.has_ended(work):
        app.advice = f"The {kind} is not lost. To save it: {PROGRAM} status {work.id} -o {where}"
        return
    app.advice = f"The {kind} is still being made. To continue: {PROGRAM} status {work.id} --wait -o {where}"
    if isinstance(work, Video):
        app.advice += f"\nTo stop it: {PROGRAM} cancel {work.id}"


def _saved(app: App, nemo: NemoVideo, video: Video, path: Path, version: int | None = None) -> Path | None:
    with app.output.transfer("Downloading", path.name) as on_progress:
        return _placed(
            app, path, lambda to: nemo.download(video, to, version=version, on_progress=on_progress)
        )


def _saved_results(app: App, nemo: NemoVideo, batch: Batch, path: Path) -> Path | None:
    return _placed(app, path, lambda to: nemo.download_results(batch, to))


def _placed(app: App, path: Path, download: Callable[[Path], Path]) -> Path | None:
    """Download a file. Write it to standard output when it is complete, or return where it is."""
    app.is_saving = True
    if path != STDOUT:
        return download(path)
    with (
        TemporaryDirectory() as folder,
        download(Path(folder) / "file").open("rb") as file,
        unless_closed(),
    ):
        shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return None


def _show(output: Output, work: Video | Batch, saved: Path | None) -> int:
    lines = summary(work) if isinstance(work, Video) else batch_summary(work)
    if saved is not None:
        lines.append(f"Saved {saved}")
    data = work.model_dump(mode="json")
    output.result(data if saved is None else {**data, "file": str(saved)}, *lines)
    has_failed = rules.has_ended(work) and work.status != "ready"
    return ExitCode.NOT_READY if has_failed else ExitCode.OK


def run(arguments: Sequence[str], transport: httpx.BaseTransport | None = None) -> int:
    """Run the program, and return its exit code."""
    app = App(transport)

    def on_retry(details: stamina.instrumentation.RetryDetails) -> None:
        app.output.note(f"{details.caused_by} Trying again in {details.wait_for:.0f} s.")

    stamina.instrumentation.set_on_retry_hooks([on_retry])
    try:
        with unless_closed():
            code = int(cli.main([*arguments], prog_name=PROGRAM, standalone_mode=False, obj=app) or 0)
            sys.stdout.flush()
    except click.Abort:
        app.output.error(f"Stopped. {app.advice}".strip(), exit_code=int(ExitCode.INTERRUPTED))
        return ExitCode.INTERRUPTED
    except click.UsageError as error:
        if "--json" in arguments:
            Output(as_json=True).error(error.format_message(), exit_code=int(ExitCode.USAGE))
        else:
            error.show()
        return ExitCode.USAGE
    except NemoVideoError as error:
        code = exit_code_of(error)
        said = str(error)
        if app.advice and (leaves_open(error) or (app.is_saving and not isinstance(error, NoFileError))):
            said += f"\n{app.advice}"
        facts = {
            name: getattr(error, name, None) for name in ("status", "type", "field", "code", "request_id")
        }
        app.output.error(said, exit_code=int(code), **facts)
        return code
    except OutputClosedError:
        return ExitCode.NOT_READ
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        app.output.error(f"{where}{error.strerror}.", exit_code=int(ExitCode.USAGE))
        return ExitCode.USAGE
    else:
        return code
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)


def start(arguments: Sequence[str]) -> int:
    """Run the program with the streams of the process, and return its exit code."""
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - until the end of the process
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere  # none if they are closed
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack a letter
    try:
        code = run(arguments)
    except OutputClosedError:
        code = ExitCode.NOT_READ
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # Python would flush it again at the end, and complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code
