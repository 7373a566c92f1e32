import httpcore
import pytest

from safe_http.guard import Guard
from tests.unit.safe_http.wire import Network, Stream, resolve


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
