"""The recipes, run on the embedded cloud."""

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from aws.event_bus import EventBus
from tests.e2e.agent import environment, install
from tests.e2e.conftest import Pipeline
from tests.support.waiting import awaited
from tests.template.sam import ROOT
from videos.events.announcements import VideoEnded
from videos.events.bus_events import bus_event_of
from videos.model.records import BatchRow, Status

pytestmark = pytest.mark.thorough

RECIPES = ROOT / "recipes"
BUS = "default"
DO_NOTHING = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
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
    before = videos_of(pipeline)
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
    (made,) = (video for video in videos_of(pipeline) if video not in before)
    assert pipeline.call("GET", f"/v1/videos/{made}").json()["instruction"] == given["INSTRUCTION"]


def videos_of(pipeline: Pipeline) -> set[str]:
    """Return the ids of the newest videos: other tests of this pipeline make some, too."""
    return {video["id"] for video in pipeline.call("GET", "/v1/videos?limit=100").json()["videos"]}


def test_the_installation_of_github_actions_names_this_package() -> None:
    assert "pipx install" in (RECIPES / "github-actions.yml").read_text()
    assert "nemo-video" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]


@pytest.fixture(scope="module")
def published(pipeline: Pipeline, page: bytes) -> VideoEnded:
    """The event of a finished video, as it was published."""
    event = pipeline.notification(pipeline.drop("inbox/recipes/page.png", page, "Make a 3 second video"))
    del event["mail"]
    return VideoEnded.model_validate(event)


def test_the_rule_of_eventbridge_starts_the_workflow_with_the_event(
    pipeline: Pipeline, published: VideoEnded
) -> None:
    client = pipeline.endpoints.access.client
    workflows = client("stepfunctions")
    role = workflows.describe_state_machine(stateMachineArn=pipeline.endpoints.state_machine_arn)["roleArn"]
    started = workflows.create_state_machine(
        name="on-video-ready", definition=json.dumps(DO_NOTHING), roleArn=role
    )["stateMachineArn"]
    client("cloudformation").create_stack(
        StackName="on-video-ready",
        TemplateBody=(RECIPES / "eventbridge.yaml").read_text(),
        Parameters=[{"ParameterKey": "StateMachineArn", "ParameterValue": started}],
        Capabilities=["CAPABILITY_IAM"],
    )
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName="on-video-ready")

    bus = EventBus(client("events"), BUS)
    failed = published.model_copy(update={"status": Status.FAILED, "id": "evt-failed"})
    row = published.model_copy(update={"batch": BatchRow(batch_id="bat-1", row=1), "id": "evt-row"})
    for event in (failed, row, published):
        bus.put(bus_event_of(event))

    def inputs() -> list[dict[str, Any]]:
        executions = workflows.list_executions(stateMachineArn=started)["executions"]
        described = (
            workflows.describe_execution(executionArn=execution["executionArn"]) for execution in executions
        )
        return [json.loads(execution["input"]) for execution in described]

    awaited(inputs, "the execution that the rule starts")
    (got,) = inputs()
    assert (got["video_id"], got["status"]) == (published.video_id, "ready")
    assert got["links"]["watch"]
