"""Which tests are quick, and which run in one process."""

import re
from collections.abc import Container, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
# What a session has collected, whatever it goes on to run.
COLLECTED = pytest.StashKey[list[pytest.Item]]()

# The files of a group share an embedded cloud, or studios. Each process that runs one has to start those.
GROUPS = {
    "studios": {
        "tests/contract/test_conformance_accounts.py",
        "tests/contract/test_conformance_uploads.py",
        "tests/contract/test_conformance_videos.py",
        "tests/contract/test_studio_bad_input.py",
        "tests/contract/test_studio_messages.py",
        "tests/contract/test_studio_renders.py",
        "tests/contract/test_studio_tokens.py",
        "tests/contract/test_studio_uploads.py",
    },
    "the studio's cloud": {
        "tests/e2e/test_agent_skill.py",
        "tests/e2e/test_api.py",
        "tests/e2e/test_cli.py",
        "tests/e2e/test_drops.py",
        "tests/e2e/test_extension.py",
        "tests/e2e/test_generated_clients.py",
        "tests/e2e/test_mcp.py",
        "tests/e2e/test_notifications.py",
        "tests/e2e/test_rate_limit.py",
        "tests/e2e/test_recipes.py",
        "tests/e2e/test_videos.py",
    },
    "the pages' cloud": {
        "tests/e2e/test_api_answers.py",
        "tests/e2e/test_change_page.py",
        "tests/e2e/test_home_page.py",
        "tests/e2e/test_operator.py",
        "tests/e2e/test_watch_page.py",
    },
    "the scripted cloud": {
        "tests/faults/test_announcing.py",
        "tests/faults/test_faults.py",
        "tests/faults/test_recovery.py",
    },
    "the workers' cloud": {
        "tests/faults/test_forgotten_sessions.py",
        "tests/faults/test_redrive.py",
        "tests/faults/test_repetitions.py",
        "tests/faults/test_secrets.py",
        "tests/faults/test_sweep.py",
    },
}
# All of these are thorough and take long, as the pages' and the workers' clouds do. So they get a cloud of
# their own, which `make test` does not start.
GROUPS["the drops' cloud"] = {"tests/e2e/test_superseded_drops.py"}
GROUPS["the channels' cloud"] = {"tests/faults/test_notifications.py"}
_GROUP_OF = {file: group for group, files in GROUPS.items() for file in files}


def group_of(node_id: str) -> str:
    """Return what one process runs together with a test: its group, or else its file."""
    file = node_id.split("::", maxsplit=1)[0]
    return _GROUP_OF.get(file, file)


def next_group(waiting: Iterable[str], begun: Iterable[str], *, prefers_sockets: bool) -> str | None:
    """Return the group that a process runs next, or `None` if it has to leave the rest to others.

    Args:
        waiting: The groups that no process has begun, the longest first.
        begun: Those that this process has begun.
        prefers_sockets: Whether it begins with a group that waits for sockets. Others begin with unit tests.

    Unit tests take away sockets, and what a session shares, such as an embedded cloud, needs them to its end.
    So a process that has run other tests runs no unit tests any more.
    """
    has_sockets = not all(map(_is_unit, begun))
    unit = next((group for group in waiting if _is_unit(group)), None)
    other = next((group for group in waiting if not _is_unit(group)), None)
    if has_sockets:
        return other
    return (other or unit) if prefers_sockets else (unit or other)


def _is_unit(group: str) -> bool:
    return group.startswith("tests/unit/")


def mostly_thorough(values: Iterable[T], *, quick: Container[T]) -> list[object]:
    """Return parameters of a test that is thorough for all values but the quick ones."""
    return [value if value in quick else pytest.param(value, marks=pytest.mark.thorough) for value in values]


def names_thorough_tests(file: Path) -> bool:
    """Return whether a file marks a test as `thorough` or `examples`."""
    return re.search(r"mark\.(thorough|examples)\b|\bmostly_thorough\(", file.read_text()) is not None


def is_quick(item: pytest.Item) -> bool:
    """Return whether `make test` runs a test."""
    return item.get_closest_marker("thorough") is None
