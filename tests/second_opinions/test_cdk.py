"""The CDK app of the recipes: what it deploys is the template, with code that CDK has uploaded."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from infra.packaging import LOCAL_PATHS
from tests.second_opinions.programs import missing
from tests.template.sam import ROOT, read_template

APP = ROOT / "recipes/cdk"
CHOSEN: dict[str, str] = json.loads((APP / "cdk.json").read_text())["context"]["parameters"]
ADDED = {"Parameters": {"BootstrapVersion"}, "Rules": {"CheckBootstrapVersion"}}


@pytest.fixture(autouse=True)
def installed() -> None:
    """Skip the test where npm or the packages are missing."""
    if not (shutil.which("npm") and shutil.which("node")):
        missing("Node.js 20 with npm is not on the PATH.")
    if not (APP / "node_modules/.package-lock.json").exists():
        missing("The packages of recipes/cdk are not installed. Run `make second-opinions`.")


def _as_built(folder: Path) -> dict[str, Any]:
    """Write the template as `sam build` does: without merge keys, and with paths to what it built."""
    template: dict[str, Any] = json.loads(json.dumps(read_template(), default=str))
    for resource in template["Resources"].values():
        for name in LOCAL_PATHS:
            if isinstance(uri := resource["Properties"].get(name), str):
                resource["Properties"][name] = os.path.relpath(ROOT / uri, folder)
    (folder / "template.yaml").write_text(json.dumps(template))
    return template


def _run(*command: str) -> None:
    env = os.environ | {"CDK_DISABLE_CLI_TELEMETRY": "true"}
    done = subprocess.run(command, cwd=APP, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def _with_values(part: Any) -> Any:  # noqa: ANN401 - JSON
    """A part of the template in which the chosen parameters are values."""
    if isinstance(part, dict):
        if part.keys() == {"Ref"} and part["Ref"] in CHOSEN:
            return CHOSEN[part["Ref"]]
        return {name: _with_values(value) for name, value in part.items()}
    return [_with_values(value) for value in part] if isinstance(part, list) else part


@pytest.mark.thorough
def test_the_app_deploys_the_template_as_it_is(tmp_path: Path) -> None:
    expected = _with_values(_as_built(tmp_path))
    assert CHOSEN
    for name in CHOSEN:
        del expected["Parameters"][name]
    out = tmp_path / "cdk.out"
    quiet = ("--quiet", "--no-notices", "--no-version-reporting")
    _run("npx", "cdk", "synth", *quiet, f"--output={out}", f"--context=template={tmp_path / 'template.yaml'}")

    made = json.loads((out / "nemo-video.template.json").read_text())
    assert made["Transform"] == "AWS::Serverless-2016-10-31"
    uploads = json.loads((out / "nemo-video.assets.json").read_text())["files"]
    for name, resource in made["Resources"].items():
        original = expected["Resources"][name]
        for uri in LOCAL_PATHS & resource["Properties"].keys():
            # SAM accepts an object of two parts, whose bucket may depend on the account.
            code = resource["Properties"].pop(uri)
            assert code["Bucket"] == {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
            copied = out / uploads[Path(code["Key"]).stem]["source"]["path"]
            source = tmp_path / original["Properties"].pop(uri)
            assert _names(copied) == _names(source), name
        if isinstance(waits_for := original.get("DependsOn"), str):
            original["DependsOn"] = [waits_for]
    for part, names in ADDED.items():
        for name in names:
            del made[part][name]
    assert made.pop("Rules") == {}
    # CDK makes numbers of parameters that stand where a number belongs.
    assert _numbers_as_text(made) == _numbers_as_text(expected)


@pytest.mark.thorough
def test_the_types_of_the_app_are_right() -> None:
    _run("npx", "tsc")


def _numbers_as_text(template: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    return json.loads(json.dumps(template), parse_int=str, parse_float=str)


def _names(path: Path) -> list[str]:
    if path.is_file():
        return [path.read_text()]
    return sorted(file.name for file in path.rglob("*") if "__pycache__" not in file.parts)
