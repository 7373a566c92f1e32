"""The real wiring: each port can be made, once, from what the template puts into the environment."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from aws.topic import AnnouncementTopic
from handlers import wiring
from tests.support.builders import REF, a_version, a_video
from videos.model.records import Stage

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from tests.unit.conftest import Clients

PORTS: list[Callable[[], Any]] = [
    wiring.store,
    wiring.inbox,
    wiring.storage,
    wiring.workflow,
    wiring.tasks,
    wiring.topic,
    wiring.webhooks,
    wiring.notifications,
    wiring.mailer,
    wiring.event_bus,
    wiring.owner_buckets,
    wiring.guard,
    wiring.guarded_http,
    wiring.api_keys,
    wiring.sign_in_addresses,
    wiring.sign_ins,
    wiring.sign_in_orders,
    wiring.backend,
]


@pytest.fixture(autouse=True)
def _environment(cloud: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    assert cloud
    for name in (
        "VIDEOS_TABLE",
        "API_KEYS_TABLE",
        "INBOX_BUCKET",
        "VIDEOS_BUCKET",
        "STATE_MACHINE_ARN",
        "TOPIC_ARN",
        "WEBHOOK_QUEUE",
        "NOTIFICATION_QUEUE",
        "EVENT_BUS",
        "IDEMPOTENCY_TABLE",
        "SIGN_IN_QUEUE",
        "MAIL_SENDER",
        "MAIL_RECIPIENT",
    ):
        monkeypatch.setenv(name, name)
    monkeypatch.setenv("NEMO_API_URL", "https://backend.example")
    monkeypatch.setenv("CONTACT_ADDRESS", "https://contact.example/")
    monkeypatch.setenv("NEMO_TOKEN_SECRET", "secret")
    _forget()
    yield
    _forget()


def _forget() -> None:
    for made in vars(wiring).values():
        if hasattr(made, "cache_clear"):
            made.cache_clear()


@pytest.mark.parametrize("port", PORTS, ids=lambda port: str(port.__name__))
def test_a_port_is_made_once_per_process(port: Callable[[], Any]) -> None:
    assert port() is port()


def test_the_store_is_the_table_of_the_environment(
    videos_table: "Table", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIDEOS_TABLE", videos_table.name)
    assert wiring.store().create(a_video(), a_version())
    assert wiring.store().version(REF) == a_version()


def test_a_store_that_shall_tell_its_progress_does(
    videos_table: "Table", topic_arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[object] = []
    monkeypatch.setenv("VIDEOS_TABLE", videos_table.name)
    monkeypatch.setenv("TOPIC_ARN", topic_arn)
    monkeypatch.setattr(AnnouncementTopic, "publish", lambda _, item: published.append(item))
    for progress, told in (("false", 0), ("true", 1)):
        _forget()
        monkeypatch.setenv("PROGRESS", progress)
        wiring.store().create(a_video(), a_version())
        wiring.store().report(REF.video_id, Stage.RENDERING if told else Stage.INSPECTING, 65, "Rendering.")
        assert len(published) == told


def test_a_webhook_may_be_replaced_at_any_time(cloud: "Clients", monkeypatch: pytest.MonkeyPatch) -> None:
    secret = cloud.secrets.create_secret(Name="slack", SecretString="https://hooks.slack.example/old")["ARN"]
    monkeypatch.setenv("CHANNEL_WEBHOOK_SECRET", secret)
    assert wiring.channel_webhook_url() == "https://hooks.slack.example/old"
    cloud.secrets.put_secret_value(SecretId=secret, SecretString="https://hooks.slack.example/new\n")
    assert wiring.channel_webhook_url() == "https://hooks.slack.example/new"
