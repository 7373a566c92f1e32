"""Every command of the agent skill, as an agent would run it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.agent import environment, install
from tests.e2e.conftest import Pipeline
from tests.template.sam import ROOT

pytestmark = pytest.mark.thorough

SKILL = (ROOT / "skills/nemo-video/SKILL.md").read_text()
PAGE = "https://shop.example/kettle"
SAVED = {"page", "photo", "words", "later", "second", "again", "answered", "retried", "video"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Path:
    """A folder with what the commands name, and the program."""
    folder = tmp_path_factory.mktemp("agent")
    (folder / "photo.png").write_bytes(page)
    (folder / "rows.csv").write_text(
        "instruction,duration_seconds\nIntroduce a kettle,3\nIntroduce a teapot,3\n"
    )
    install(folder)
    return folder


@pytest.fixture(scope="module")
def failed(pipeline: Pipeline) -> str:
    """The id of a video that can be retried."""
    request = {"instruction": "Introduce a kettle", "duration_seconds": 3}
    video_id: str = pipeline.call("POST", "/v1/videos", json=request).json()["id"]
    pipeline.call("POST", f"/v1/videos/{video_id}/cancel").raise_for_status()
    assert pipeline.ended(video_id)["status"] == "cancelled"
    return video_id


def test_every_command_of_the_skill_works(pipeline: Pipeline, site: str, folder: Path, failed: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", SKILL, re.MULTILINE | re.DOTALL)
    script = "\n".join(["set -euv", *blocks]).replace(PAGE, f"{site}/kettle.html")
    script = re.sub(r"\b\d(?= seconds?\b)", "3", script)  # no video is shorter, and none renders sooner
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=folder,
        env=environment(pipeline, folder) | {"FAILED": failed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert pipeline.endpoints.api_key not in done.stdout + done.stderr
    assert {path.stem for path in folder.glob("*.mp4")} == SAVED
    assert all(b"ftyp" in path.read_bytes()[:12] for path in folder.glob("*.mp4"))
    assert (folder / "results.csv").read_text().count(",ready,") == 2


def test_the_codes_that_the_skill_explains_are_codes_of_the_api() -> None:
    codes = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/api.md").read_text(), re.MULTILINE))
    (table,) = re.findall(r"^\| code of a failed video .*?\n\n", SKILL, re.DOTALL | re.MULTILINE)
    explained = set(re.findall(r"`([a-z_]+)`(?=[^|\n]*\|[^|\n]*\|$)", table, re.MULTILINE))
    assert explained
    assert explained <= codes
