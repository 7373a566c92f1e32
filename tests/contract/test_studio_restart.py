"""What a studio keeps when it is killed in the middle of everything, and started again."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from infra.local.processes import stop
from tests.contract.samples import SMALL_DRAFT, png
from tests.contract.services import HASTY, ROOT, Studio, start_studio, studio
from tests.contract.test_studio_renders import begun
from tests.contract.wire import Json, Project, wait_for

pytestmark = pytest.mark.thorough

MIDDLING_DRAFT = SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"d": 6_000}]}], "d": 6_000}


@dataclass
class Survivors:
    """What was there before the kill, as it is reached after it."""

    studio: Studio
    project: Project
    raw_draft: Json
    balance: Json
    finished_render: str
    interrupted: Project
    interrupted_render: str
    waiting: Project
    waiting_render: str


@pytest.fixture(scope="module")
def survivors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivors]:
    folder = tmp_path_factory.mktemp("killed")
    running = start_studio(folder, "--work-seconds=0", "--late-write-seconds=600")
    project, interrupted, waiting = (running.project() for _ in range(3))
    project.upload("harbour_sunrise.png", png())
    project.say("Make a 3 second square video")
    raw_draft = project.draft()
    assert raw_draft
    finished = project.start_render(SMALL_DRAFT).json()["id"]
    project.finished(finished)
    (running.data_dir / "media" / "half-an-upload").write_bytes(bytes(100))
    survivors = Survivors(
        studio=running,
        project=project,
        raw_draft=raw_draft,
        balance=project.balance(),
        finished_render=finished,
        interrupted=interrupted,
        interrupted_render=begun(interrupted, MIDDLING_DRAFT),
        waiting=waiting,
        waiting_render=waiting.start_render(SMALL_DRAFT).json()["id"],
    )
    assert running.renderers()
    running.kill()

    with studio(folder, *HASTY) as restarted:
        yield replace(
            survivors,
            studio=restarted,
            project=replace(project, http=restarted.http),
            interrupted=replace(interrupted, http=restarted.http),
            waiting=replace(waiting, http=restarted.http),
        )


def test_the_account_has_the_credits_it_had(survivors: Survivors) -> None:
    assert survivors.project.balance() == survivors.balance


def test_what_was_uploaded_can_be_read(survivors: Survivors) -> None:
    (file,) = survivors.project.state()["video_infos"]
    assert survivors.project.http.get(file["cdn_url"]).content == png()


def test_half_an_upload_is_gone(survivors: Survivors) -> None:
    assert len(list((survivors.studio.data_dir / "media").iterdir())) == 1


def test_late_additions_that_the_kill_came_before_are_made(survivors: Survivors) -> None:
    draft = survivors.project.draft()
    assert draft
    assert len(draft["t"]) > len(survivors.raw_draft["t"])
    assert draft["t"][0] == survivors.raw_draft["t"][0]


def test_a_finished_render_can_be_downloaded(survivors: Survivors) -> None:
    assert survivors.project.render(survivors.finished_render).status == "completed"
    path = f"/api/render/proxy/{survivors.finished_render}/download"
    assert survivors.project.get(path).content[4:8] == b"ftyp"


def test_renders_that_were_interrupted_or_waited_are_made(survivors: Survivors) -> None:
    assert survivors.interrupted.finished(survivors.interrupted_render).status == "completed"
    done = survivors.waiting.finished(survivors.waiting_render)
    assert done.status == "completed", done
    # One folder for each video: what the interrupted attempt left is gone.
    assert len(list((survivors.studio.data_dir / "renders").iterdir())) == 3


def test_the_session_goes_on(survivors: Survivors) -> None:
    survivors.project.say("make it 5 seconds")
    assert wait_for(lambda: survivors.project.state()["draft"]["d"] == 5000)


def test_two_studios_do_not_share_a_folder(survivors: Survivors) -> None:
    command = [sys.executable, "-m", "studio", f"--data-dir={survivors.studio.data_dir}"]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "Another studio works in" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_message_that_a_kill_interrupts_is_not_paid_for(tmp_path: Path) -> None:
    running = start_studio(tmp_path, "--work-seconds=600")
    project = running.project()
    message = project.message('create a 4s video "Urban Dreams"')
    with project.http.stream("POST", "/run_sse", json=message, headers=project.headers) as response:
        next(chunks := response.iter_bytes())
        assert project.balance() == {"available": 90, "frozen": 10, "total": 100}
        stop(running.process)
        with pytest.raises(httpx.RemoteProtocolError):
            list(chunks)

    with studio(tmp_path, *HASTY) as restarted:
        project = replace(project, http=restarted.http)
        assert project.balance() == {"available": 100, "frozen": 0, "total": 100}
        assert project.draft() is None
        project.say('create a 4s video "Urban Dreams"')
        assert project.settled_draft()
