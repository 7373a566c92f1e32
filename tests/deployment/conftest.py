import os
import subprocess
from pathlib import Path

import pytest

from tests.template.sam import ROOT

# What the make that runs these tests hands down.
HANDED_DOWN = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH"}


def build(folder: Path) -> Path:
    """What `make build` makes."""
    env = {name: value for name, value in os.environ.items() if name not in HANDED_DOWN}
    done = subprocess.run(
        ["make", "build", f"BUILD={folder}"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is deployed: the template, and a folder for each piece of code that it names."""
    return build(tmp_path_factory.mktemp("build") / "first")
