"""Five versions of one video, asked for by notes and over HTTP, with the session lost after the third."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local import stack
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.processes import free_port, running
from tests.e2e.conftest import ENDED, Pipeline
from tests.support.waiting import awaited
from videos.steps.session import FORGOTTEN

pytestmark = pytest.mark.thorough

KEY = "inbox/spring/Kettle & cup.png"
# What the studio takes for a generation and for an edit.
GENERATION, EDIT = 10, 5
CREDITS = 1000


@contextlib.contextmanager
def _studio(home: Path, port: int) -> Iterator[None]:
    """A studio that knows nothing of those before it, at the same address."""
    home.mkdir()
    ready = home / "url"
    options = [f"--port={port}", f"--port-file={ready}", f"--data-dir={home}", f"--credits={CREDITS}"]
    command = [sys.executable, "-m", "studio", *options]
    env = {**os.environ, "PYTHONPATH": str(stack.ROOT)}
    log = home / "studio.log"
    with running("The studio", command, env=env, cwd=home, log=log, ready=ready.exists):
        yield


def _version(pipeline: Pipeline, video_id: str, number: int) -> dict[str, Any]:
    """The video, once its version of that number has ended."""

    def look() -> dict[str, Any] | None:
        video: dict[str, Any] = pipeline.call("GET", f"/v1/videos/{video_id}").json()
        versions = video.get("versions", [])
        return video if len(versions) >= number and versions[number - 1]["status"] in ENDED else None

    return awaited(look, f"version {number}")


def _note(pipeline: Pipeline, text: str) -> None:
    pipeline.drop(f"{KEY}.edit.txt", text.encode())


def _announced(pipeline: Pipeline, video_id: str, number: int) -> dict[str, Any]:
    def look() -> list[Path] | None:
        return list(pipeline.endpoints.mailbox_dir.glob(f"*-{video_id}-{number}-ready*.json")) or None

    (path,) = awaited(look, f"the event of version {number}")
    event: dict[str, Any] = json.loads(path.read_text())
    return event


def _credits(pipeline: Pipeline) -> float:
    left: float = pipeline.call("GET", "/v1/credits").json()["available"]
    return left


def test_five_versions_with_the_session_lost_after_the_third(
    tmp_path_factory: pytest.TempPathFactory, page: bytes
) -> None:
    home, port = tmp_path_factory.mktemp("chain"), free_port()
    settings = CloudSettings(home=home / "cloud", nemo_api_url=f"http://127.0.0.1:{port}", wait_scale=0.05)
    with embedded_cloud(settings) as endpoints:
        pipeline = Pipeline(endpoints)
        with _studio(home / "studio", port):
            video_id = pipeline.drop(KEY, page, "Make a 3 second video with the title 'Spring'")
            assert _version(pipeline, video_id, 1)["status"] == "ready"
            _note(pipeline, "Change the title to 'Summer'")
            assert (
                _version(pipeline, video_id, 2)["versions"][1]["instruction"]
                == "Change the title to 'Summer'"
            )
            asked = pipeline.call(
                "POST", f"/v1/videos/{video_id}/edits", json={"instruction": "Make it 4 seconds long"}
            )
            assert asked.status_code == httpx.codes.ACCEPTED, asked.text
            _version(pipeline, video_id, 3)
            assert _credits(pipeline) == CREDITS - GENERATION - 2 * EDIT

        with _studio(home / "another studio", port):
            _note(pipeline, "Make the title bigger")
            awaited(
                lambda: len(pipeline.call("GET", f"/v1/videos/{video_id}").json()["versions"]) == 4 or None,
                "version 4 is asked for",
            )
            _note(pipeline, "Make it 5 seconds long")
            _note(pipeline, "")  # says nothing, and is told so
            video = _version(pipeline, video_id, 5)
            assert _credits(pipeline) == CREDITS - GENERATION - EDIT, "one message for each version"

        told = [line["message"] for line in video["history"]]
        assert told.count(FORGOTTEN) == 1
        assert "An edit waits until version 4 ends: “Make it 5 seconds long”" in told
        assert [version["status"] for version in video["versions"]] == ["ready"] * 5, video
        assert [round(version["duration_seconds"]) for version in video["versions"]][4] == 5
        assert len({version["video"] for version in video["versions"]}) == 5
        events = [_announced(pipeline, video_id, number) for number in range(1, 6)]
        assert [bool(event["changes"]) for event in events] == [True] * 5, [e["changes"] for e in events]
        kept = "compared with version 3, of which the other session knew nothing"
        assert not any("added" in change or "shortened" in change for change in events[3]["changes"]), kept
        listed = awaited(
            lambda: pipeline.call("GET", "/v1/videos?status=failed").json()["videos"],
            "the empty note is told",
        )
        assert [video["message"] for video in listed] == [
            "“Kettle & cup.png.edit.txt” is empty: it does not say what to change."
        ]
