"""The program `nemo-video`, as it is installed where agents and workflows run."""

import os
import sys
from pathlib import Path

from tests.e2e.conftest import Pipeline
from tests.template.sam import ROOT


def install(folder: Path) -> None:
    """Put the program into a folder."""
    program = folder / "nemo-video"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT}/functions exec {sys.executable} -m nemo_video "$@"\n')
    program.chmod(0o755)


def environment(pipeline: Pipeline, folder: Path) -> dict[str, str]:
    """The variables of somebody who uses the program that is installed in this folder."""
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "NEMO_VIDEO_API": pipeline.endpoints.api_url,
        "NEMO_VIDEO_KEY": pipeline.endpoints.api_key,
    }
