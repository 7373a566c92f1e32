"""The real wiring: each port can be made, once, from what the template puts into the environment."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from handlers import wiring
from tests.unit.videos.samples import JOB, a_turn, a_video

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

PORTS: list[Callable[[], Any]] = [
    wiring.store,
    wiring.inbox,
    wiring.shelf,
    wiring.workflow,
    wiring.tasks,
    wiring.topic,
    wiring.callbacks,
    wiring.guard,
    wiring.guarded_http,
    wiring.api_keys,
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
        "CALLBACK_QUEUE",
    ):
        monkeypatch.setenv(name, name)
    monkeypatch.setenv("NEMO_API_URL", "https://backend.example")
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
    assert wiring.store().create(a_video(), a_turn())
    assert wiring.store().turn(JOB) == a_turn()
