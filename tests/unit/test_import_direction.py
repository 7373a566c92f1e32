"""Imports of `functions` point down this list, so that each room can be read without those above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"
ROOMS = (
    "handlers",
    "aws",
    "pictures",
    "media_probe",
    "notifications",
    "home_page",
    "watch_page",
    "safe_http",
    "nemovideo",
    "videos.inbox",
    "videos.batches",
    "videos.lifecycle",
    "videos.steps",
    "videos.spending",
    "videos.requests",
    "videos.events",
    "videos.model",
    "backend",
    "nemo_video",
)


def _room_of(module: str) -> str | None:
    return next((room for room in ROOMS if module == room or module.startswith(f"{room}.")), None)


def _imported(source: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_down(room: str) -> None:
    folder = FUNCTIONS / room.replace(".", "/")
    sources = list(folder.rglob("*.py"))
    assert sources, "the room is empty"
    above = ROOMS[: ROOMS.index(room)]
    upwards = {
        f"{source.relative_to(FUNCTIONS)} imports {module}"
        for source in sources
        for module in _imported(source)
        if _room_of(module) in above
    }
    assert upwards == set()


def test_every_module_has_a_room() -> None:
    modules = [
        ".".join(path.relative_to(FUNCTIONS).with_suffix("").parts) for path in FUNCTIONS.rglob("*.py")
    ]
    assert [module for module in modules if _room_of(module) is None] == ["videos.__init__"]


def test_no_function_imports_the_command_line_program() -> None:
    """Its packages are not in Lambda."""
    others = [path for path in FUNCTIONS.rglob("*.py") if FUNCTIONS / "nemo_video" not in path.parents]
    assert [path for path in others for name in _imported(path) if name.startswith("nemo_video.cli")] == []
