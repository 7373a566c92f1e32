"""What all channels have in common: an announcement is told once, and later again if that failed."""

import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.queues import notifying
from handlers.queues.notifying import Handler, RetryLaterError, notifier
from tests.unit.handlers.announced import DONE, END, RECEIPT, failed, queued
from tests.unit.handlers.conftest import Context, World
from videos.events.announcements import Announcement
from videos.events.webhooks import WAITS

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


class Killed(BaseException):
    """The function's process ends here."""


class OutOfTime(Context):
    """A call whose time is over, as that of a killed function is when its message comes again."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return -1000


class Channel:
    """Is told announcements; the first ones as badly as `errors` says."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.asked = 0
        self.notified: list[str] = []

    def tell(self, announcement: Announcement) -> None:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        self.notified.append(announcement.id)

    def worker(self) -> Handler:
        return notifier(__name__, self.tell)


@pytest.fixture(autouse=True)
def _told_is_remembered(kept_answers: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifying, "_persistence", lambda: copy.copy(kept_answers))


def test_an_announcement_that_is_delivered_twice_is_told_once(world: World, context: LambdaContext) -> None:
    channel = Channel()
    assert [channel.worker()(queued(), context) for _ in range(2)] == [DONE, DONE]
    assert channel.notified == [END.id]
    assert world.notifications.postponed == []


def test_each_announcement_is_told(context: LambdaContext) -> None:
    channel = Channel()
    edited = END.model_copy(update={"id": f"{END.video_id}-2-ready", "version": 2})
    for announcement in (END, edited):
        assert channel.worker()(queued(announcement), context) == DONE
    assert channel.notified == [END.id, edited.id]


def test_what_one_channel_was_told_the_other_still_has_to_be(context: LambdaContext) -> None:
    channels = [Channel(), Channel()]
    for name, channel in zip(
        ("handlers.queues.notify_mail", "handlers.queues.notify_slack"), channels, strict=True
    ):
        assert notifier(name, channel.tell)(queued(), context) == DONE
    assert [channel.notified for channel in channels] == [[END.id], [END.id]]


@pytest.mark.parametrize(("receives", "seconds"), [*enumerate(WAITS, 1), (len(WAITS) + 1, WAITS[-1])])
def test_what_cannot_be_told_now_waits_longer_each_time(
    world: World, context: LambdaContext, receives: int, seconds: int
) -> None:
    made = queued(receives=receives)
    assert Channel(RetryLaterError("busy")).worker()(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, seconds)]


def test_a_channel_that_says_how_long_is_left_alone_so_long(world: World, context: LambdaContext) -> None:
    made = queued()
    assert Channel(RetryLaterError("busy", after=37)).worker()(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, 37)]


def test_nothing_waits_longer_than_sqs_can(world: World, context: LambdaContext) -> None:
    made = queued()
    assert Channel(RetryLaterError("busy", after=10**6)).worker()(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[-1])]


def test_it_is_told_when_it_comes_again(context: LambdaContext) -> None:
    channel = Channel(RetryLaterError("busy"), RuntimeError("a fault of ours"))
    for receives in (1, 2):
        assert channel.worker()(queued(receives=receives), context) != DONE
    assert [channel.worker()(queued(receives=receives), context) for receives in (3, 4)] == [DONE, DONE]
    assert (channel.notified, channel.asked) == ([END.id], 3)


def test_a_fault_of_ours_comes_again_by_itself_and_is_logged(
    world: World, context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    made = queued()
    assert Channel(RuntimeError("a fault of ours")).worker()(made, context) == failed(made)
    assert world.notifications.postponed == []
    assert "a fault of ours" in caplog.text


def test_a_copy_waits_while_the_first_is_at_work(world: World, context: LambdaContext) -> None:
    channel = Channel(Killed())
    with pytest.raises(Killed):
        channel.worker()(queued(), context)
    made = queued()
    assert channel.worker()(made, context) == failed(made)
    assert (channel.asked, world.notifications.postponed) == (1, [])


def test_what_a_killed_worker_had_in_hand_is_told_when_its_time_is_over(context: LambdaContext) -> None:
    channel = Channel(Killed())
    with pytest.raises(Killed):
        channel.worker()(queued(), OutOfTime())
    assert channel.worker()(queued(receives=2), context) == DONE
    assert channel.notified == [END.id]


def test_what_is_no_announcement_comes_again_and_is_put_aside_in_the_end(
    world: World, context: LambdaContext
) -> None:
    channel, made = Channel(), queued()
    made["Records"][0]["body"] = "{}"
    assert channel.worker()(made, context) == failed(made)
    assert (channel.asked, world.notifications.postponed) == (0, [])


def test_what_was_told_is_known_as_long_as_a_message_lives(
    context: LambdaContext, answers_table: "Table"
) -> None:
    before = datetime.now(UTC) + timedelta(days=14)
    Channel().worker()(queued(), context)
    (item,) = answers_table.scan()["Items"]
    assert int(str(item["expiration"])) >= int(before.timestamp())
