"""The worker of the copy queue."""

from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues import notifying
from handlers.queues.copy_result import handler
from tests.support.builders import DELIVERED, READY, REF, a_version, a_video
from tests.support.recorded import RecordedOutbox
from tests.unit.handlers.announced import DONE, RECEIPT, failed, queued
from tests.unit.handlers.conftest import World
from videos.events.webhooks import WAITS

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


class Buckets:
    """One bucket, of all owners."""

    def __init__(self) -> None:
        self.bucket = RecordedOutbox()

    def of(self, owner: str) -> RecordedOutbox:
        assert owner == a_video().owner
        return self.bucket


@pytest.fixture
def bucket(world: World, answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> RecordedOutbox:
    layer, buckets = DynamoDBPersistenceLayer(answers_table.name), Buckets()
    monkeypatch.setattr(notifying, "_persistence", lambda: layer)
    monkeypatch.setattr(wiring, "owner_buckets", lambda: buckets)
    world.store.create(a_video(name="kettle.png"), a_version(delivered=DELIVERED))
    world.store.end(REF, READY)
    return buckets.bucket


def test_a_result_is_copied(world: World, context: LambdaContext, bucket: RecordedOutbox) -> None:
    assert [handler(queued(), context) for _ in range(2)] == [DONE, DONE]
    assert len(bucket.files) == 4
    assert world.notifications.postponed == []


def test_what_could_not_be_copied_is_copied_later(
    world: World, context: LambdaContext, bucket: RecordedOutbox
) -> None:
    bucket.error = "S3 answered SlowDown"
    made = queued()
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[0])]
    bucket.error = None
    assert handler(queued(receives=2), context) == DONE
    assert len(bucket.files) == 4
