import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws.topic import AnnouncementTopic
from infra.local.mailbox import mailbox
from tests.unit.videos.samples import DELIVERED, NOW, a_turn, a_video
from videos.finish import announcement_of
from videos.models import Ended, Status

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")


class Access:
    """The way to a cloud in which a queue tells what became of its messages."""

    def __init__(self, cloud: "Clients", deleted: threading.Event) -> None:
        self._cloud = cloud
        cloud.sqs.meta.events.register("after-call.sqs.DeleteMessage", lambda **_: deleted.set())

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        return getattr(self._cloud, service)


def test_a_notification_becomes_a_mail_and_a_file_for_machines(
    cloud: "Clients", topic_arn: str, tmp_path: Path
) -> None:
    announcement = announcement_of(a_video(), a_turn(delivered=DELIVERED, ended=READY), "https://v.example")
    deleted = threading.Event()
    with mailbox(Access(cloud, deleted), topic_arn=topic_arn, folder=tmp_path):  # type: ignore[arg-type]
        AnnouncementTopic(cloud.sns, topic_arn).publish(announcement)
        assert deleted.wait(30)
    (mail,) = tmp_path.glob("*.txt")
    assert mail.name == f"0001-{announcement.id}.txt"
    assert mail.read_text() == f"Subject: {announcement.subject}\n\n{announcement.text}"
    (event,) = tmp_path.glob("*.json")
    assert json.loads(event.read_text()) == announcement.model_dump(mode="json")
