import tomllib
from pathlib import Path

import pytest

from backend.assumptions import SKILL_VERSION
from nemovideo import Attribution


@pytest.mark.parametrize(
    ("environ", "install_path", "platform"),
    [
        ({}, "/home/me/.clawhub/skills/video", "clawhub"),
        ({}, "/home/me/ClawHub/skills/video", "clawhub"),
        ({}, "/home/me/.cursor/skills/video", "cursor"),
        ({}, "/var/task", "unknown"),
        ({}, "/home/precursor/video", "unknown"),
        ({"SKILL_SOURCE": "elsewhere"}, "/home/me/.cursor/skills", "elsewhere"),
        ({"SKILL_SOURCE": ""}, "/home/me/.cursor/skills", "cursor"),
    ],
)
def test_platform(environ: dict[str, str], install_path: str, platform: str) -> None:
    assert Attribution.detect(environ, install_path).platform == platform


def test_headers() -> None:
    assert Attribution(version="1.2.3", platform="cursor").headers == {
        "X-Skill-Source": "generator-chrome-extension",
        "X-Skill-Version": "1.2.3",
        "X-Skill-Platform": "cursor",
    }


@pytest.mark.parametrize("platform", ["", " ", "a\nb: c", "é"])
def test_refuses_what_no_header_can_carry(platform: str) -> None:
    with pytest.raises(ValueError, match="platform"):
        Attribution(platform=platform)


def test_version_is_the_projects() -> None:
    pyproject = Path(__file__).parents[3] / "pyproject.toml"
    assert tomllib.loads(pyproject.read_text())["project"]["version"] == SKILL_VERSION
