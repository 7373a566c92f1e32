"""What each lock holds, and that every package has a file for the Pythons and systems of the README."""

import re
import subprocess
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from uv import find_uv_bin

from tests.installation.conftest import REQUIREMENTS, entries, unreachable

ROOT = REQUIREMENTS.parent
LAYERS = ("infra/mcp-layer", "infra/media-layer", "infra/picture-layer")
LOCKS = sorted(
    [
        *REQUIREMENTS.glob("*.txt"),
        *(ROOT / folder / "requirements.txt" for folder in ("functions", "studio", *LAYERS)),
    ]
)
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
# The SAM CLI asks for one version of watchdog, which is older than this Python.
WITHOUT = {("deploy", "3.14", "aarch64-apple-darwin")}
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-manylinux_2_28", "aarch64-apple-darwin")


def _named(lock: Path) -> str:
    return str(lock.relative_to(ROOT))


@pytest.mark.parametrize("lock", LOCKS, ids=_named)
def test_every_entry_has_a_version_and_hashes_and_names_no_index(lock: Path) -> None:
    for name, _, text in entries(lock):
        first, *others = text.split(" \\\n")
        assert re.fullmatch(rf"{re.escape(name)}==[\w.]+( ; .+)?", first)
        assert others
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}", line) for line in others)


@pytest.mark.parametrize("name", ["local", "browser", "voice", "dev"])
def test_a_set_has_the_versions_of_the_whole(name: str) -> None:
    whole = {(package, version) for package, version, _ in entries(REQUIREMENTS / "bench.txt")}
    assert {(package, version) for package, version, _ in entries(REQUIREMENTS / f"{name}.txt")} <= whole


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock.name != "security.txt"], ids=_named)
def test_every_python_gets_the_same_versions(lock: Path) -> None:
    """The tests run on one Python, the functions and other users on others: all with what was tested."""
    versions: dict[str, set[str]] = {}
    for _, _, text in entries(lock):
        entry = Requirement(text.split(" \\\n")[0])
        for python in PYTHONS:
            if entry.marker is None or entry.marker.evaluate({"python_full_version": f"{python}.0"}):
                versions.setdefault(entry.name, set()).add(str(entry.specifier))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.thorough
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_every_package_has_a_wheel(
    python: str, system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", "14.0")
    for name in ("local", "bench", "deploy"):
        if (name, python, system) in WITHOUT:
            continue
        lock = REQUIREMENTS / f"{name}.txt"
        command = [
            find_uv_bin(),
            "pip",
            "install",
            "--dry-run",
            "--no-deps",
            "--no-build",
            f"--requirement={lock}",
        ]
        command += [f"--python-version={python}", f"--python-platform={system}", f"--target={tmp_path}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if re.search("dns error|error sending request", done.stderr):
            unreachable(done.stderr)
        assert done.returncode == 0, done.stderr
