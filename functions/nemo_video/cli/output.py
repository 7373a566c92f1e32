"""What the program prints: results on standard output, all else on standard error."""

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn

from nemo_video.files import Progress as OnProgress
from nemo_video.models import Batch, Delivery, Video

_KEPT: Final = frozenset("\n\t")


class OutputClosedError(Exception):
    """Nobody reads the output any more, as after `| head`."""


@contextmanager
def unless_closed() -> Iterator[None]:
    """Write to standard output within the block.

    Raises:
        OutputClosedError: Nobody reads it any more.
    """
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosedError from error


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise OutputClosedError


class Output:
    """Prints for a person, or as JSON. On a terminal, progress is a bar. Otherwise it is lines."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._err = _Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)

    def print_results_on_standard_error(self) -> None:
        """Leave standard output to a file."""
        self._out = self._err

    def result(self, data: BaseModel | Mapping[str, object] | Sequence[BaseModel], *lines: str) -> None:
        """Print the result of a command: `lines`, or `data` as JSON."""
        if self.as_json:
            with unless_closed():
                sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False, indent=2) + "\n")
            return
        for line in lines:
            self._out.print(printable(line))

    def line_of_json(self, data: BaseModel | Mapping[str, object], line: str) -> None:
        """Print one of many results, as a line."""
        if self.as_json:
            with unless_closed():
                sys.stdout.write(json.dumps(_plain(data), ensure_ascii=False) + "\n")
                sys.stdout.flush()
        else:
            self._out.print(printable(line))

    def table(self, data: Sequence[BaseModel], header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a list: as columns on a terminal, otherwise separated by tabs, for other programs."""
        if self.as_json:
            self.result(data)
            return
        cells = [[" ".join(printable(cell).split()) for cell in row] for row in rows]
        if not self._out.is_terminal:
            with unless_closed():
                sys.stdout.writelines("\t".join(row) + "\n" for row in cells)
            return
        # The last column is cut on a narrow terminal. The others are not, because ids are copied.
        widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
        titles = list(header)
        for row in (titles, *cells):
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self._out.print(line[: self._out.width].rstrip(), style="bold" if row is titles else None)

    def note(self, text: str) -> None:
        """Print a remark, which is not part of the result."""
        if not self.as_json:
            self._err.print(printable(text))

    def error(self, text: str, **facts: object) -> None:
        """Print what went wrong."""
        if self.as_json:
            known = {name: value for name, value in facts.items() if value is not None}
            sys.stderr.write(json.dumps({"error": {"message": text, **known}}, ensure_ascii=False) + "\n")
        else:
            self._err.print(printable(text), style="red" if self._err.is_terminal else None)

    @contextmanager
    def progress(self) -> Iterator["Follower"]:
        """Show progress within the block."""
        if self.as_json or not self._err.is_terminal:
            yield Follower(self, None)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[after]}"),
        )
        with Progress(*columns, console=self._err, transient=True) as bar:
            yield Follower(self, bar)

    @contextmanager
    def transfer(self, verb: str, name: str) -> Iterator[OnProgress | None]:
        """Show how much of a file is transferred within the block."""
        if self.as_json or not self._err.is_terminal:
            self.note(f"{verb} {name}")
            yield None
            return
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), DownloadColumn())
        with Progress(*columns, console=self._err, transient=True) as bar:
            task = bar.add_task(printable(f"{verb} {name}"), total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


class Follower:
    """Shows the changes of a video or a batch."""

    def __init__(self, output: Output, bar: Progress | None) -> None:
        self._output = output
        self._bar = bar
        self._task: TaskID | None = None
        self._last = ""

    def __call__(self, work: Video | Batch) -> None:
        """Show the present state."""
        said = (work.stage if isinstance(work, Video) else work.status).replace("_", " ")
        if self._bar is None:
            line = f"{said}: {work.message}"
            if line != self._last:
                self._output.note(line)
            self._last = line
            return
        if self._task is None:
            self._task = self._bar.add_task("", total=100, after="")
        message = " ".join(printable(work.message).split())
        self._bar.update(
            self._task,
            description=printable(f"{said:<15}"),
            completed=work.progress,
            after=f"{work.progress:>3} %  {message[:60]}",
        )


def summary(video: Video) -> list[str]:
    """Return what a person wants to know of a video."""
    lines = [f"{video.id}  {video.status}", video.message]
    answer = f'To answer: nemo-video edit {video.id} "…"'
    if video.status == "needs_answer":
        lines.append(answer)  # the advice says the same for the API
    elif video.advice and video.advice not in video.message:
        lines.append(video.advice)
    if video.question and video.status != "needs_answer":
        lines += [f"The agent asks: {video.question}", answer]
    facts = [
        f"{video.duration_seconds:g} s" if video.duration_seconds is not None else "",
        f"{video.size_bytes / 1_000_000:.1f} MB" if video.size_bytes is not None else "",
        f"about {video.credits_used:g} credits" if video.credits_used is not None else "",
        f"version {len(video.versions)}" if len(video.versions) > 1 else "",
    ]
    if any(facts):
        lines.append(", ".join(fact for fact in facts if fact))
    if video.retry is not None:
        lines.append(f"To retry ({video.retry.expected}): nemo-video retry {video.id}")
    if video.links.watch:
        lines.append(f"Watch: {video.links.watch}")
    return lines


def batch_summary(batch: Batch) -> list[str]:
    """Return what a person wants to know of a batch."""
    counts = ", ".join(
        f"{count} {status.replace('_', ' ')}" for status, count in batch.counts.items() if count
    )
    return [f"{batch.id}  {batch.status}", batch.message, *([counts] if counts else [])]


def delivery_summary(delivery: Delivery) -> str:
    """Return how the last attempt to send a webhook went, and when the next one follows."""
    if not delivery.attempts:
        return "not sent yet"
    last = delivery.attempts[-1]
    said = last.error or f"accepted with {last.status_code}"
    if delivery.next_attempt_at is None:
        return said
    return f"{said}; next attempt at {delivery.next_attempt_at.astimezone():%Y-%m-%d %H:%M}"


def printable(text: str) -> str:
    """Return a text without characters that control a terminal: texts of pages and agents may have them."""
    return "".join(
        letter
        for letter in text
        if letter in _KEPT or unicodedata.category(letter) not in {"Cc", "Cf", "Co", "Cs"}
    )


def _plain(data: object) -> object:
    if isinstance(data, BaseModel):
        return data.model_dump(mode="json")
    if isinstance(data, Mapping):
        return {name: _plain(value) for name, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [_plain(each) for each in data]
    return data
