"""What a studio keeps when it stops, however it stops."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from tests.contract.samples import SMALL_DRAFT, png
from tests.contract.services import HASTY, ROOT, Studio, start_studio, studio
from tests.contract.test_studio_renders import begun
from tests.contract.wire import Project


def again(project: Project, restarted: Studio) -> Project:
    """The same project, at the studio that was started anew."""
    return replace(project, http=restarted.http)


def killed(running: Studio) -> None:
    renderers = psutil.Process(running.process.pid).children()
    running.kill()
    for renderer in renderers:
        renderer.kill()
        renderer.wait()


def test_the_same_session_goes_on_after_a_kill(tmp_path: Path) -> None:
    running = start_studio(tmp_path, *HASTY)
    project = running.project()
    (file,) = project.upload("harbour_sunrise.png", png())["data"]["files"]
    project.say("Make a 3 second square video")
    draft, balance = project.settled_draft(), project.balance()
    render_id = project.start_render(SMALL_DRAFT).json()["id"]
    finished = project.finished(render_id)
    killed(running)

    with studio(tmp_path, *HASTY) as restarted:
        project = again(project, restarted)
        assert project.draft() == draft
        assert project.balance() == balance
        (kept,) = project.state()["video_infos"]
        assert kept["hash"] == file["hash"]
        assert project.http.get(kept["cdn_url"]).content == png()
        assert project.render(render_id).status == finished.status == "completed"
        assert project.get(f"/api/render/proxy/{render_id}/download").content[4:8] == b"ftyp"
        project.say("make it 5 seconds")
        assert project.settled_draft()["d"] == 5000


def test_a_render_that_a_kill_interrupts_is_taken_up_again(tmp_path: Path) -> None:
    running = start_studio(tmp_path, *HASTY)
    project, other = running.project(), running.project()
    middling = SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"d": 6_000}]}], "d": 6_000}
    interrupted = begun(project, middling)
    waiting = other.start_render(SMALL_DRAFT).json()["id"]
    killed(running)

    with studio(tmp_path, *HASTY) as restarted:
        project, other = again(project, restarted), again(other, restarted)
        assert project.finished(interrupted).status == "completed"
        assert other.finished(waiting).status == "completed"
        for done, render_id in ((project, interrupted), (other, waiting)):
            assert done.get(f"/api/render/proxy/{render_id}/download").content[4:8] == b"ftyp"
        folders = {path.name for path in (tmp_path / "data" / "renders").iterdir()}
        assert len(folders) == 2


def test_a_message_that_a_kill_interrupts_is_not_paid_for(tmp_path: Path) -> None:
    running = start_studio(tmp_path, "--work-seconds=600")
    project = running.project()
    message = project.message('create a 4s video "Urban Dreams"')
    with project.http.stream("POST", "/run_sse", json=message, headers=project.headers) as response:
        next(chunks := response.iter_bytes())
        assert project.balance() == {"available": 90, "frozen": 10, "total": 100}
        running.process.kill()
        running.process.communicate()
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)

    with studio(tmp_path, *HASTY) as restarted:
        project = again(project, restarted)
        assert project.balance() == {"available": 100, "frozen": 0, "total": 100}
        assert project.draft() is None
        project.say('create a 4s video "Urban Dreams"')
        assert project.settled_draft()


def test_late_additions_are_made_although_a_kill_came_before_them(tmp_path: Path) -> None:
    running = start_studio(tmp_path, "--work-seconds=0", "--late-write-seconds=600")
    project = running.project()
    project.say('create a 4s video "Urban Dreams"')
    raw = project.draft()
    killed(running)

    with studio(tmp_path, *HASTY) as restarted:
        draft = again(project, restarted).draft()
        assert raw
        assert draft
        assert [track["tt"] for track in raw["t"]] < [track["tt"] for track in draft["t"]]


def test_half_an_upload_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "media"
    folder.mkdir(parents=True)
    (folder / "half").write_bytes(bytes(100))
    with studio(tmp_path):
        assert list(folder.iterdir()) == []


def test_two_studios_do_not_share_a_folder(tmp_path: Path) -> None:
    with studio(tmp_path) as first:
        command = [sys.executable, "-m", "studio", f"--data-dir={first.data_dir}"]
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert second.returncode == 1
        assert "Another studio works in" in second.stderr
        assert "Traceback" not in second.stderr
