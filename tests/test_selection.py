"""`make test` runs something of every room and a way through every door, and no cloud is started twice."""

from pathlib import Path

import pytest

from tests.support.selection import COLLECTED, GROUPS, is_quick, names_thorough_tests, next_group

TESTS = Path(__file__).parent
DOORS = {"drop", "api", "batch", "extension", "mcp", "notification", "commands"}
# Fixtures of a whole session that start processes.
SHARED = {
    "tests/contract": {"alternative", "service", "studio"},
    "tests/e2e": {"pipeline"},
    "tests/faults": {"deployed"},
}


UNIT, OTHER_UNIT, CLOUD = "tests/unit/test_a.py", "tests/unit/b/test_b.py", "the studio's cloud"


@pytest.fixture
def collected(request: pytest.FixtureRequest) -> list[pytest.Item]:
    """All tests."""
    if request.config.args not in (["tests"], [str(TESTS)]) or request.config.getoption("ignore"):
        pytest.skip("Only some of the tests were collected.")
    return request.config.stash[COLLECTED]


def test_every_room_is_covered(collected: list[pytest.Item]) -> None:
    rooms = {file.parent for file in TESTS.rglob("test_*.py")}
    assert {item.path.parent for item in collected if is_quick(item)} == rooms


def test_no_file_with_thorough_tests_is_left_out(collected: list[pytest.Item]) -> None:
    """`make test-all` collects only files that name the markers themselves."""
    marked = {
        item.path
        for item in collected
        if any(item.get_closest_marker(name) is not None for name in ("thorough", "examples"))
    }
    assert {file for file in marked if not names_thorough_tests(file)} == set()


def test_every_door_is_opened(collected: list[pytest.Item]) -> None:
    opened = {mark.args[0] for item in collected if is_quick(item) for mark in item.iter_markers("door")}
    assert opened == DOORS


def test_what_shares_processes_is_in_a_group(collected: list[pytest.Item]) -> None:
    files = set()
    for item in collected:
        file = item.nodeid.split("::")[0]
        if SHARED.get(file.rpartition("/")[0], set()) & set(getattr(item, "fixturenames", ())):
            files.add(file)
    alone = {"tests/e2e/test_schema.py"}  # it has a fixture of that name itself
    assert files - alone == set().union(*GROUPS.values())


@pytest.mark.parametrize(
    ("waiting", "begun", "prefers_sockets", "expected"),
    [
        ([UNIT, OTHER_UNIT, CLOUD], [], False, UNIT),
        ([UNIT, OTHER_UNIT, CLOUD], [], True, CLOUD),
        ([OTHER_UNIT, CLOUD], [UNIT], False, OTHER_UNIT),
        ([CLOUD], [UNIT], False, CLOUD),
        ([UNIT], [], True, UNIT),
        ([UNIT], [CLOUD], True, None),
        ([UNIT], [OTHER_UNIT, CLOUD], False, None),
        ([UNIT, CLOUD], ["tests/template/test_template.py"], True, CLOUD),
    ],
)
def test_a_process_with_sockets_runs_no_unit_tests_any_more(
    waiting: list[str], begun: list[str], expected: str | None, *, prefers_sockets: bool
) -> None:
    assert next_group(waiting, begun, prefers_sockets=prefers_sockets) == expected
