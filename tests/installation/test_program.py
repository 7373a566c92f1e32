"""What `pip install .` installs: the SDK and `nemo-video`, with what they need, and nothing else."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.installation.conftest import REQUIREMENTS, entries, plain, unreachable

ROOT = REQUIREMENTS.parent
OF_LAMBDA = {"rich", "click", "platformdirs", "pygments", "markdown-it-py"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The package, built with the tool of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target=wheel", f"--directory={folder}"]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.iterdir()
    return zipfile.ZipFile(path)


def test_the_package_has_the_sdk_and_the_program_alone(wheel: zipfile.ZipFile) -> None:
    folders = {name.partition("/")[0] for name in wheel.namelist()}
    (metadata,) = folders - {"nemo_video"}
    assert metadata.endswith(".dist-info")
    sources = {
        path.relative_to(ROOT / "functions").as_posix() for path in (ROOT / "functions/nemo_video").rglob("*")
    }
    packed = {name for name in wheel.namelist() if name.startswith("nemo_video/")}
    assert packed == {name for name in sources if name.endswith((".py", "py.typed"))}
    assert "nemo-video = nemo_video.__main__:main" in wheel.read(f"{metadata}/entry_points.txt").decode()


def test_its_requirements_are_those_that_were_tested(wheel: zipfile.ZipFile) -> None:
    (path,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    needed = Parser().parsestr(wheel.read(path).decode()).get_all("Requires-Dist")
    locked = {plain(name): version for name, version, _ in entries(REQUIREMENTS / "dev.txt")}
    assert needed
    for requirement in map(Requirement, needed):
        assert requirement.specifier.contains(locked[plain(requirement.name)]), requirement


def test_lambda_gets_nothing_that_only_the_program_needs() -> None:
    shipped = {plain(name) for name, _, _ in entries(ROOT / "functions/requirements.txt")}
    assert not shipped & OF_LAMBDA


@pytest.mark.thorough
def test_pip_installs_a_program_that_runs(tmp_path: Path) -> None:
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
    locked = tmp_path / "locked.txt"
    locked.write_text(
        "".join(f"{name}=={version}\n" for name, version, _ in entries(REQUIREMENTS / "dev.txt"))
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", f"--constraint={locked}", str(ROOT)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if "No matching distribution" in done.stderr or "Connection" in done.stderr:
        unreachable(done.stderr)
    assert done.returncode == 0, done.stderr

    def run(*command: str) -> str:
        program = python.with_name(command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        ).stdout

    assert "make" in run("nemo-video", "--help")
    for module in (path.stem for path in (ROOT / "functions/nemo_video/cli").glob("*.py")):
        run("python", "-c", f"import nemo_video.cli.{module}")
    assert "No broken requirements found." in run("python", "-m", "pip", "check")
    assert run("python", "-c", "import importlib.util as u; print(u.find_spec('handlers'))") == "None\n"
