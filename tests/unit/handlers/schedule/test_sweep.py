import json
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.schedule.sweep import handler
from tests.unit.handlers.conftest import World


def test_a_sweep_submits_reports_and_says_where(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    world.inbox.bodies = {"inbox/a.png": b"1", "inbox/.DS_Store": b"1"}
    world.inbox.dropped_at = datetime.now(UTC) - timedelta(hours=1)
    answer = handler({}, context)
    (ref,) = world.workflow.started
    assert answer["found"] == {"submitted": 1, "ignored": 1}
    report = world.storage.bodies[answer["report"]].splitlines()
    assert [json.loads(line) for line in report] == [
        {"key": "inbox/.DS_Store", "found": "ignored", "reason": ANY},
        {"key": "inbox/a.png", "found": "submitted", "video_id": ref.video_id},
        {"looked_at": 2, "found": {"ignored": 1, "submitted": 1}, "complete": True},
    ]
    assert answer["report"].startswith("reports/sweep-")
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (measured["DropsWithoutEvent"], measured["DropsFailed"]) == ([1.0], [0.0])


def test_what_is_younger_is_swept_on_request(world: World, context: LambdaContext) -> None:
    world.inbox.bodies = {"inbox/a.png": b"1"}
    world.inbox.instruction, world.inbox.dropped_at = "Now.", datetime.now(UTC)
    assert handler({"min_age_seconds": 0}, context)["found"] == {"submitted": 1}
