import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws.topic import AnnouncementTopic
from infra.local.mailbox import Mailbox, subscriber
from tests.support.builders import DELIVERED, READY, a_version, a_video
from tests.support.waiting import HUNG_SECONDS
from videos.events.announcements import end_of

if TYPE_CHECKING:
    from tests.unit.conftest import Clients


class Access:
    """The way to a cloud in which a queue tells what became of its messages."""

    def __init__(self, cloud: "Clients", deleted: threading.Event) -> None:
        self._cloud = cloud
        cloud.sqs.meta.events.register("after-call.sqs.DeleteMessage", lambda **_: deleted.set())

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        return getattr(self._cloud, service)


def test_a_subscriber_gets_the_event(cloud: "Clients", topic_arn: str, tmp_path: Path) -> None:
    announcement = end_of(a_video(), a_version(delivered=DELIVERED, ended=READY), "https://v.example")
    deleted = threading.Event()
    access = Access(cloud, deleted)
    with subscriber(Mailbox(tmp_path), access, topic_arn=topic_arn):  # type: ignore[arg-type]
        AnnouncementTopic(cloud.sns, topic_arn).publish(announcement)
        assert deleted.wait(HUNG_SECONDS)
    (event,) = tmp_path.iterdir()
    assert event.name == f"0001-{announcement.id}.json"
    assert json.loads(event.read_text()) == announcement.model_dump(mode="json")


def test_what_comes_is_numbered_and_named_harmlessly(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "box")
    mailbox.take("../✅ Ready: ü <b>.png", slack_json="{}\n")
    mailbox.take("x" * 300, txt="a", html="b")
    names = sorted(path.name for path in (tmp_path / "box").iterdir())
    assert names == ["0001-..-Ready-b-.png.slack.json", f"0002-{'x' * 80}.html", f"0002-{'x' * 80}.txt"]


def test_a_mailbox_that_was_there_before_goes_on_counting(tmp_path: Path) -> None:
    Mailbox(tmp_path).take("first", txt="a", html="b", eml="c")
    Mailbox(tmp_path).take("second", json="{}")
    assert (tmp_path / "0002-second.json").exists()
