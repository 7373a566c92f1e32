"""`nemo-video watch`: each file is paid once, whatever happens to the program or the network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import click
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nemo_video
from nemo_video.cli import watching
from nemo_video.cli.app import App
from nemo_video.cli.watching import JOURNAL, FolderWatch
from tests.unit.nemo_video.api import API, KEY, broken, problem
from tests.unit.nemo_video.pipeline import FILM, FakePipeline


class _CrashError(BaseException):
    """The program is killed."""


class Watched:
    """A folder, and the program that watches it. Time passes only here."""

    def __init__(self, folder: Path, pipeline: FakePipeline) -> None:
        self.folder = folder
        self.pipeline = pipeline
        self.results = folder / "videos"
        self.results.mkdir(exist_ok=True)
        self.seconds = 0.0
        self._transport = httpx.MockTransport(pipeline)
        self._nemo = nemo_video.NemoVideo(API, KEY, transport=self._transport)

    def save(self, name: str, content: str) -> None:
        """Save a file. Its time is always another one."""
        self.seconds += 1
        path = self.folder / name
        path.write_text(content)
        os.utime(path, (self.seconds, self.seconds))

    def start(self, *, existing: bool = False, instruction: str | None = "Make a video") -> FolderWatch:
        """Start the program."""
        started = FolderWatch(self.folder, self.results, instruction, self._nemo, App(self._transport))
        started.begin(includes_existing=existing)
        return started

    def run(self, program: FolderWatch, ticks: int = 10) -> None:
        """Let the program work for a while."""
        for _ in range(ticks):
            self.seconds += 3
            program.tick(self.seconds)

    def saved(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.results.iterdir()}


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path, FakePipeline())


def test_a_file_that_is_saved_becomes_a_video(watched: Watched) -> None:
    program = watched.start()
    watched.save("photo.png", "a picture")
    watched.run(program)
    assert watched.saved() == {"photo.png.mp4": FILM}
    assert watched.pipeline.paid == ["a picture"]
    assert watched.pipeline.videos["vid-1"]["instruction"] == "Make a video"


def test_a_file_is_sent_when_it_is_complete(watched: Watched) -> None:
    program = watched.start()
    for written in ("", "a", "a pic", "a picture"):
        watched.save("photo.png", written)
        watched.run(program, ticks=1)
    assert watched.pipeline.requests == []
    watched.run(program)
    assert watched.pipeline.paid == ["a picture"]


def test_a_file_that_changes_while_it_is_sent_is_not_paid(watched: Watched) -> None:
    program = watched.start()
    watched.save("photo.png", "a pic")

    def change(request: httpx.Request) -> None:
        if request.url.host == "storage.example":
            watched.save("photo.png", "a picture")
            watched.pipeline.after = lambda _request: None

    watched.pipeline.after = change
    watched.run(program)
    assert watched.pipeline.paid == ["a picture"]


def test_files_from_before_the_first_start_are_left_alone(watched: Watched) -> None:
    watched.save("old.png", "an old picture")
    watched.run(watched.start())
    watched.save("new.png", "a new picture")
    watched.run(watched.start(existing=True))  # it is not the first start any more
    assert watched.pipeline.paid == ["a new picture"]


def test_files_from_before_the_first_start_are_made_on_request(watched: Watched) -> None:
    watched.save("old.png", "an old picture")
    watched.run(watched.start(existing=True))
    assert watched.pipeline.paid == ["an old picture"]


def test_a_file_saved_while_the_program_was_stopped_is_made(watched: Watched) -> None:
    watched.start()
    watched.save("photo.png", "a picture")
    watched.run(watched.start())
    assert watched.pipeline.paid == ["a picture"]


def test_a_file_is_made_again_only_if_its_content_is_another(watched: Watched) -> None:
    program = watched.start()
    watched.save("photo.png", "a picture")
    watched.run(program)
    watched.save("photo.png", "a picture")
    watched.run(watched.start(instruction="Another sentence"))
    assert watched.pipeline.paid == ["a picture"]
    watched.save("photo.png", "a better picture")
    watched.run(watched.start())
    assert watched.pipeline.paid == ["a picture", "a better picture"]


@pytest.mark.parametrize("name", [".hidden.png", "photo.png.part", "photo.png.crdownload", "~$table.xlsx"])
def test_files_of_other_programs_are_not_sent(watched: Watched, name: str) -> None:
    program = watched.start()
    watched.save(name, "a picture")
    (watched.folder / "a folder.png").mkdir()
    watched.run(program)
    assert watched.pipeline.requests == []


def test_a_file_that_is_rejected_is_said_once(watched: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    program = watched.start()
    watched.save("notes.xyz", "words")
    watched.save("photo.png", "a picture")
    watched.run(program)
    watched.run(watched.start())
    assert watched.pipeline.paid == ["a picture"]
    assert capsys.readouterr().out.count("notes.xyz: rejected: file_name:") == 1


@pytest.mark.parametrize("outcome", ["failed", "needs_answer"])
def test_a_video_that_fails_is_said(
    watched: Watched, capsys: pytest.CaptureFixture[str], outcome: str
) -> None:
    watched.pipeline.outcome = outcome
    program = watched.start()
    watched.save("photo.png", "a picture")
    watched.run(program)
    assert "It has ended." in capsys.readouterr().out
    assert watched.saved() == {}


def test_trouble_with_one_file_does_not_stop_the_others(watched: Watched) -> None:
    program = watched.start()
    watched.save("a.png", "first")
    watched.save("b.png", "second")
    fake = watched.pipeline.answer

    def answer(request: httpx.Request) -> httpx.Response:
        return problem(500, "internal") if b"a.png" in request.content else fake(request)

    with patch.object(watched.pipeline, "answer", answer):
        for _ in range(10):
            with _tolerating():
                watched.run(program, ticks=1)
    assert watched.pipeline.paid == ["second"]
    watched.run(program)
    assert watched.pipeline.paid == ["second", "first"]


def test_a_key_that_is_no_longer_accepted_ends_the_program(watched: Watched) -> None:
    program = watched.start()
    watched.save("photo.png", "a picture")
    refused = problem(403, "unknown-key")
    with (
        patch.object(watched.pipeline, "answer", lambda _: refused),
        pytest.raises(nemo_video.AuthenticationError),
    ):
        watched.run(program)


def test_a_broken_journal_is_not_taken_for_an_empty_one(watched: Watched) -> None:
    watched.start()
    (watched.folder / JOURNAL).write_text("{")
    with pytest.raises(nemo_video.NemoVideoError, match="cannot be read"):
        watched.start()


def test_a_second_program_does_not_watch_the_same_folder(watched: Watched) -> None:
    with watching.locked(watched.folder), pytest.raises(click.UsageError, match="already watches"):
        watching.watch(watched.start(), includes_existing=False)


@contextmanager
def _tolerating() -> Iterator[None]:
    """Go on after trouble, as the program does."""
    with suppress(nemo_video.ApiError, nemo_video.ConnectionFailedError):
        yield


@dataclass
class Faults:
    """Breaks the requests and the writes of the journal whose numbers it has."""

    kinds: dict[int, str]
    count: int = 0

    def before(self, request: httpx.Request) -> None:
        self.count += 1
        self._break("before", request)

    def after(self, request: httpx.Request) -> None:
        self._break("after", request)

    def _break(self, when: str, request: httpx.Request) -> None:
        kind = self.kinds.get(self.count, "")
        if kind == f"crash {when}":
            self.kinds.pop(self.count)
            raise _CrashError
        if kind == f"break {when}":
            broken(request)

    def writing(self, descriptor: int) -> None:
        """Stand in for the last step of writing a file."""
        self.count += 1
        if self.kinds.pop(self.count, "").startswith("crash"):
            raise _CrashError
        assert descriptor


KINDS = st.sampled_from(["break before", "break after", "crash before", "crash after"])


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.dictionaries(st.integers(1, 30), KINDS, max_size=12),
    pauses=st.lists(st.sampled_from([0, 1, 30]), min_size=12, max_size=12),
)
def test_no_file_is_paid_twice_or_lost(kinds: dict[int, str], pauses: list[int]) -> None:
    """Crashes and broken connections between any two steps, and restarts up to 30 hours later."""
    with TemporaryDirectory() as folder:
        watched = Watched(Path(folder), FakePipeline())
        watched.start()
        faults = Faults(kinds)
        watched.pipeline.before, watched.pipeline.after = faults.before, faults.after
        watched.save("a.png", "first")
        watched.save("b.png", "second")
        with (
            patch("os.fsync", faults.writing),
            patch.object(watching, "_now", lambda: watched.pipeline.now),
        ):
            program: FolderWatch | None = None
            for _ in range(60):
                try:
                    program = program or watched.start()
                    with _tolerating():
                        watched.run(program, ticks=1)
                except _CrashError:
                    program = None
                    watched.pipeline.now += timedelta(hours=pauses.pop() if pauses else 0)
        assert sorted(watched.pipeline.paid) == ["first", "second"]
        assert watched.saved() == {"a.png.mp4": FILM, "b.png.mp4": FILM}
