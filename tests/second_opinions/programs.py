"""The other programs whose opinion is asked: Node.js packages of this folder, parliament, and an old SDK."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.template.sam import ROOT

FOLDER = Path(__file__).parent
PARLIAMENT = ROOT / ".tools/parliament/bin/python"


def ask_node(script: str, question: object) -> Any:  # noqa: ANN401 - JSON
    """Return what a script of `node/` answers. Skip the test where npm or the packages are missing."""
    _need_node_packages()
    return _ask(["node", str(FOLDER / "node" / script)], question)


def npm_program(name: str) -> Path:
    """Return a program of the packages. Skip the test where npm or the packages are missing."""
    _need_node_packages()
    return FOLDER / "node_modules/.bin" / name


def _need_node_packages() -> None:
    if not (shutil.which("npm") and shutil.which("node")):
        missing("Node.js 20 with npm is not on the PATH.")
    if not (FOLDER / "node_modules/.package-lock.json").exists():
        missing("The Node.js packages are not installed. Run `make second-opinions`.")


def ask_parliament(question: object) -> Any:  # noqa: ANN401 - JSON
    """Return what parliament answers. Skip the test where it is not installed."""
    if not PARLIAMENT.exists():
        missing("parliament is not installed. Run `make second-opinions`.")
    return _ask([str(PARLIAMENT), "-W", "ignore", str(FOLDER / "parliament_findings.py")], question)


def old_sdk() -> Path:
    """Return the folder of the SDK of `requirements/runtime.in`. Skip the test where it is not installed."""
    found = [*ROOT.glob(".tools/runtime/lib/python3*/site-packages/botocore")]
    if not found:
        missing("The SDK of Lambda's runtime is not installed. Run `make second-opinions`.")
    return found[0].parent


def _ask(command: list[str], question: object) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def missing(reason: str) -> NoReturn:
    """Skip the test for a missing program. In CI, fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
