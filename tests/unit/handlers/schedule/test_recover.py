import json
from datetime import UTC, datetime, timedelta

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.schedule.recover import handler
from tests.support.builders import REF, a_version, a_video
from tests.unit.handlers.conftest import World
from videos.model.ports import Past
from videos.model.records import SendOrder, Stage


def test_what_was_found_is_counted(
    world: World,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun_at = datetime.now(UTC) - timedelta(hours=1)
    world.store.create(
        a_video().model_copy(update={"stage": Stage.GENERATING}), a_version(created_at=begun_at)
    )
    world.workflow.pasts[REF] = Past(begun=True, takeovers=0)
    world.dead_letter_messages.lying = [SendOrder(video_id=REF.video_id, version=1, task_token="t")]
    assert handler({}, context) == {"released": 1, "failed": 1}
    assert world.workflow.taken_over == [(REF, 1)]
    told = [vars(record) for record in caplog.records]
    assert [(line["video_id"], line["version"]) for line in told] == [(REF.video_id, 1)] * 2
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (measured["VideosRecovered"], measured["VideosGivenUp"]) == ([2.0], [0.0])


def test_nothing_is_found_where_all_is_well(world: World, context: LambdaContext) -> None:
    assert handler({}, context) == {}
    assert world.workflow.taken_over == []
