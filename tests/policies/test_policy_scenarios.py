"""With every optional part switched on and permissions enforced, nothing that people do is denied."""

import json
from collections.abc import Iterator

import pytest

from tests.policies.scenarios import SCENARIOS
from tests.policies.stack import Stack, stack


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("cloud")) as deployed:
        yield deployed


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_goes_well_and_nothing_is_denied(deployed: Stack, name: str) -> None:
    before = len(deployed.record.read_text().splitlines())
    deployed.new_key()
    SCENARIOS[name](deployed)
    calls = [json.loads(line) for line in deployed.record.read_text().splitlines()[before:]]
    assert any(call["allowed_by"] for call in calls), "nothing was recorded"
    assert [call for call in calls if not call["allowed"]] == []
