"""The recipes, run on the embedded cloud."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.e2e.agent import environment, install
from tests.e2e.conftest import Pipeline
from tests.template.sam import ROOT

pytestmark = pytest.mark.thorough

RECIPES = ROOT / "recipes"
DEFAULT = re.compile(r"\$\{\{ inputs\.\w+ \|\| '([^']*)' \}\}")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Path:
    """A checked out repository with a screenshot, on a runner with the program."""
    folder = tmp_path_factory.mktemp("runner")
    (folder / "docs").mkdir()
    (folder / "docs/screenshot.png").write_bytes(page)
    install(folder)
    return folder


def test_the_step_of_github_actions_makes_one_video_however_often_it_is_run(
    pipeline: Pipeline, runner: Path
) -> None:
    workflow = yaml_parse((RECIPES / "github-actions.yml").read_text())
    steps = workflow["jobs"]["video"]["steps"]
    (make,) = (step for step in steps if step.get("name") == "Make the video")
    (artifact,) = (step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", ""))
    assert make["env"].keys() == {"NEMO_VIDEO_API", "NEMO_VIDEO_KEY", "SOURCE", "INSTRUCTION", "RUN"}
    given = {name: DEFAULT.sub(r"\1", value) for name, value in make["env"].items()}
    env = environment(pipeline, runner) | {
        "SOURCE": given["SOURCE"],
        "INSTRUCTION": given["INSTRUCTION"],
        "RUN": "owner/shop-4711",
    }
    for _ in range(2):
        done = subprocess.run(
            ["bash", "-e", "-c", make["run"]],
            cwd=runner,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert b"ftyp" in (runner / artifact).read_bytes()[:12]
        (runner / artifact).unlink()
    listed = pipeline.call("GET", "/v1/videos?limit=100").json()["videos"]
    assert [video["instruction"] for video in listed].count(given["INSTRUCTION"]) == 1


def test_the_installation_of_github_actions_names_this_package() -> None:
    assert "pipx install" in (RECIPES / "github-actions.yml").read_text()
    assert "nemo-video" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
