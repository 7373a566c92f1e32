"""The studio's Dockerfile: linted, and true to the repository."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser

from studio.__main__ import parse

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = ROOT / "studio" / "Dockerfile"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """Instructions and their values, in order."""
    parser = DockerfileParser(str(DOCKERFILE))
    return [(step["instruction"], step["value"]) for step in parser.structure]


def values(instructions: list[tuple[str, str]], wanted: str) -> list[str]:
    return [value for instruction, value in instructions if instruction == wanted]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, "", "")


def test_bases_are_of_a_fixed_version(instructions: list[tuple[str, str]]) -> None:
    bases = [value.split()[0] for value in values(instructions, "FROM")]
    assert bases
    for base in bases:
        assert base.partition(":")[2] not in {"", "latest"}


def test_what_is_copied_is_in_the_repository(instructions: list[tuple[str, str]]) -> None:
    copied = [value for value in values(instructions, "COPY") if "--from=" not in value]
    assert copied
    for value in copied:
        *sources, _ = value.split()
        assert all((ROOT / source).exists() for source in sources)


def test_nothing_is_fetched_by_add(instructions: list[tuple[str, str]]) -> None:
    assert values(instructions, "ADD") == []


def test_it_does_not_run_as_root(instructions: list[tuple[str, str]]) -> None:
    assert values(instructions, "USER") == ["10001:10001"]
    order = [instruction for instruction, _ in instructions]
    assert order.index("USER") < order.index("ENTRYPOINT")


def test_packages_are_those_that_were_locked(instructions: list[tuple[str, str]]) -> None:
    (install,) = [value for value in values(instructions, "RUN") if "pip install" in value]
    assert "--require-hashes -r requirements.txt" in install


def test_its_command_is_one_that_the_studio_knows(instructions: list[tuple[str, str]]) -> None:
    (entry,), (command,) = values(instructions, "ENTRYPOINT"), values(instructions, "CMD")
    assert json.loads(entry) == ["python", "-m", "studio"]
    options = parse(json.loads(command))
    assert (options.host, options.port, options.data_dir) == ("0.0.0.0", 8080, Path("/data"))  # noqa: S104


def test_its_health_is_asked_for_where_it_listens(instructions: list[tuple[str, str]]) -> None:
    (check,) = values(instructions, "HEALTHCHECK")
    assert "http://127.0.0.1:8080/health" in check
    assert values(instructions, "EXPOSE") == ["8080"]
