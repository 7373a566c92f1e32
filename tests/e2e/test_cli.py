"""`nemo-video` as a person types it, against the deployed template: the videos play, and are paid once."""

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest

from aws.api_keys import ApiKeys
from infra.local.stack import ROOT
from nemo_video import NemoVideo
from tests.e2e.conftest import Pipeline
from tests.e2e.test_videos import check_streams
from tests.support.waiting import HUNG_SECONDS, awaited

SHORT = "Make a 3 second video"
COMMAND = (sys.executable, "-m", "nemo_video")


class Person:
    """Somebody with a key of their own, at a terminal in an empty folder."""

    def __init__(self, pipeline: Pipeline, folder: Path) -> None:
        endpoints = pipeline.endpoints
        table = endpoints.access.dynamodb().Table(endpoints.api_keys_table)
        self.api, self.key = endpoints.api_url, ApiKeys(table).make(f"person-{token_hex(4)}")
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "functions"),
            "NEMO_VIDEO_API": self.api,
            "NEMO_VIDEO_KEY": self.key,
            "XDG_CONFIG_HOME": str(folder / ".config"),
        }

    def types(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=HUNG_SECONDS,
            check=False,
        )

    @contextmanager
    def starts(self, *arguments: str) -> Iterator["Running"]:
        """Run a command within the block."""
        log = self.folder / f"{token_hex(4)}.log"
        with (
            log.open("w") as output,
            subprocess.Popen(
                [*COMMAND, *arguments], cwd=self.folder, env=self.environment, stdout=output, stderr=output
            ) as process,
        ):
            try:
                yield Running(process, log)
            finally:
                process.kill()

    def videos(self) -> list[str]:
        """Return the ids of all videos of this person."""
        with NemoVideo(self.api, self.key) as nemo:
            return [video.id for video in nemo.list()]


class Running:
    """A program that runs."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def says(self, words: str) -> str:
        """Wait until the program has printed something, and return all that it printed."""

        def look() -> str | None:
            printed = self._log.read_text()
            if words not in printed and self.process.poll() is not None:
                pytest.fail(f"It ended without “{words}”: {printed}")
            return printed if words in printed else None

        return awaited(look, f"“{words}”")

    def ends(self, by: signal.Signals) -> int:
        """Stop the program, and return its exit code."""
        self.process.send_signal(by)
        return self.process.wait(HUNG_SECONDS)


@pytest.fixture(scope="module", autouse=True)
def _programs_can_be_interrupted() -> Iterator[None]:
    """A shell makes what it starts in the background ignore SIGINT, and that is inherited."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def person(pipeline: Pipeline, tmp_path: Path) -> Person:
    return Person(pipeline, tmp_path)


def test_a_file_becomes_a_video_on_the_disk(person: Person, page: bytes) -> None:
    (person.folder / "page.png").write_bytes(page)
    made = person.types("make", "page.png", SHORT, "-o", "out.mp4")
    assert made.returncode == 0, made.stderr
    check_streams(person.folder / "out.mp4", seconds=3, size=(1920, 1080))
    assert "Saved out.mp4" in made.stdout
    assert person.key not in made.stdout + made.stderr


@pytest.mark.thorough
def test_a_page_becomes_a_video_that_is_changed(person: Person, site: str) -> None:
    made = person.types("make", f"{site}/kettle.html", SHORT, "--aspect-ratio", "9:16", "-o", "first.mp4")
    assert made.returncode == 0, made.stderr
    check_streams(person.folder / "first.mp4", seconds=3, size=(1080, 1920))
    (video_id,) = person.videos()
    changed = person.types("edit", video_id, "Make it 5 seconds long")
    assert changed.returncode == 0, changed.stderr
    check_streams(person.folder / f"{video_id}.mp4", seconds=5, size=(1080, 1920))
    assert person.types("delete", video_id, "--yes").returncode == 0
    assert person.types("status", video_id).returncode == 5


@pytest.mark.thorough
def test_a_local_batch_file_gives_its_results(person: Person) -> None:
    (person.folder / "spring.csv").write_text(
        f"instruction,title,duration_seconds\n{SHORT},Kettle,3\n{SHORT},Cup,7000\n"
    )
    done = person.types("batch", "spring.csv", "-o", "results.csv")
    assert done.returncode == 1, done.stderr  # the second row is invalid
    with (person.folder / "results.csv").open() as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["ready", "rejected"]


@pytest.mark.thorough
def test_ctrl_c_says_how_to_continue_and_costs_nothing_more(person: Person, page: bytes) -> None:
    (person.folder / "page.png").write_bytes(page)
    with person.starts("make", "page.png", SHORT, "-o", "out.mp4") as program:
        program.says("is being made")
        assert program.ends(signal.SIGINT) == 130
        said = program.says("To continue:")
    found = re.search(r"To continue: nemo-video (.*)", said)
    assert found is not None
    continued = person.types(*shlex.split(found[1]))
    assert continued.returncode == 0, continued.stderr
    check_streams(person.folder / "out.mp4", seconds=3, size=(1920, 1080))
    assert len(person.videos()) == 1


@pytest.mark.thorough
def test_a_folder_is_followed_and_a_killed_program_continues(person: Person, page: bytes) -> None:
    folder, results = person.folder / "shots", person.folder / "shots" / "videos"
    folder.mkdir()
    command = ("watch", "shots", "--instruction", SHORT)
    with person.starts(*command) as program:
        program.says("Watching")
        with (folder / "first.png").open("wb") as file:  # as a slow program writes it
            file.write(page[:1000])
            file.flush()
            file.write(page[1000:])
        program.says("is being made")
        assert program.ends(signal.SIGKILL) == -signal.SIGKILL
    (folder / "second.png").write_bytes(page)
    with person.starts(*command) as program:
        awaited((results / "first.png.mp4").exists, "the first video")
        awaited((results / "second.png.mp4").exists, "the second video")
        assert program.ends(signal.SIGINT) == 130
    for name in ("first", "second"):
        check_streams(results / f"{name}.png.mp4", seconds=3, size=(1920, 1080))
    assert len(person.videos()) == 2
