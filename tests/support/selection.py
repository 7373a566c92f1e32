"""Which tests are quick, and which run in one process."""

import re
from pathlib import Path

import pytest

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
        "tests/e2e/test_api.py",
        "tests/e2e/test_api_answers.py",
        "tests/e2e/test_change_page.py",
        "tests/e2e/test_cli.py",
        "tests/e2e/test_drops.py",
        "tests/e2e/test_extension.py",
        "tests/e2e/test_home_page.py",
        "tests/e2e/test_mcp.py",
        "tests/e2e/test_notifications.py",
        "tests/e2e/test_operator.py",
        "tests/e2e/test_videos.py",
        "tests/e2e/test_watch_page.py",
    },
    "the scripted cloud": {
        "tests/faults/test_faults.py",
        "tests/faults/test_forgotten_sessions.py",
        "tests/faults/test_notifications.py",
        "tests/faults/test_recovery.py",
        "tests/faults/test_redrive.py",
        "tests/faults/test_repetitions.py",
        "tests/faults/test_secrets.py",
        "tests/faults/test_sweep.py",
    },
}
# These are thorough and take long, so they get a cloud of their own.
GROUPS["the drops' cloud"] = {"tests/e2e/test_superseded_drops.py"}
_GROUP_OF = {file: group for group, files in GROUPS.items() for file in files}


def group_of(node_id: str) -> str:
    """Return what one process runs together with a test: its group, or else its file."""
    file = node_id.split("::", maxsplit=1)[0]
    return _GROUP_OF.get(file, file)


def names_thorough_tests(file: Path) -> bool:
    """Return whether a file marks a test as `thorough` or `examples`."""
    return re.search(r"mark\.(thorough|examples)\b", file.read_text()) is not None


def is_quick(item: pytest.Item) -> bool:
    """Return whether `make test` runs a test."""
    return item.get_closest_marker("thorough") is None
