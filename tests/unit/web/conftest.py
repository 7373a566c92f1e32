import httpcore
import pytest

from tests.unit.web.wire import Network, Stream, resolve
from web.guard import Guard


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    made = Network()

    def connect_tcp(_backend: object, host: str, port: int, **_: object) -> Stream:
        return made.connect(host, port)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    return made


@pytest.fixture
def guard() -> Guard:
    return Guard(resolve)
