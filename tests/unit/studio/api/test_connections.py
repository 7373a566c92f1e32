"""A client that keeps the studio waiting loses its connection, and no other client waits for it."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, ClassVar

import pytest
import uvicorn
from uvicorn.server import ServerState

from studio.api.connections import BoundedProtocol, open_files_allowed

REQUEST = b"GET /health HTTP/1.1\r\nHost: studio.example\r\n\r\n"
PATIENCE_S = 0.05


class Hasty(BoundedProtocol):
    head_seconds: ClassVar[float] = PATIENCE_S
    stalled_seconds: ClassVar[float] = PATIENCE_S
    most: ClassVar[int] = 3
    waiting: ClassVar[dict[BoundedProtocol, None]] = {}


class Patient(Hasty):
    """For tests that nothing but their own actions may close a connection in."""

    head_seconds: ClassVar[float] = 600
    stalled_seconds: ClassVar[float] = 600


class Line(asyncio.Transport):
    """A connection without a network."""

    def __init__(self, protocol: Hasty) -> None:
        super().__init__()
        self.protocol = protocol
        self.sent = b""
        self.is_closed = False
        protocol.connection_made(self)

    def say(self, data: bytes) -> None:
        assert not self.is_closed
        self.protocol.data_received(data)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def _answers(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _works(_scope: Any, _receive: Any, _send: Any) -> None:  # noqa: ANN401 - ASGI
    await asyncio.sleep(3600)


class Server:
    def __init__(self, app: Any = _answers) -> None:  # noqa: ANN401 - ASGI
        self.config = uvicorn.Config(app, lifespan="off", log_level="critical")
        self.config.load()
        self.state = ServerState()

    def connected(self, protocol: type[Hasty] = Hasty) -> Line:
        return Line(protocol(self.config, self.state, {}))


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert not Hasty.waiting


def _run(work: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        await work
        await asyncio.sleep(3 * PATIENCE_S)

    asyncio.run(bounded())


@pytest.mark.parametrize("said", [b"", b"G", REQUEST[:-2], b"GET / HTTP/1.1\r\nX: "])
def test_a_request_that_does_not_come_is_not_waited_for(said: bytes) -> None:
    async def silent() -> None:
        server = Server()
        line = server.connected()
        if said:
            line.say(said)
        await asyncio.sleep(2 * PATIENCE_S)
        assert line.is_closed
        assert not server.state.connections

    _run(silent())


def test_letters_of_a_head_give_no_more_time() -> None:
    async def slow() -> None:
        line = Server().connected()
        for letter in REQUEST:
            if line.is_closed:
                return
            line.say(bytes([letter]))
            await asyncio.sleep(PATIENCE_S / 5)
        pytest.fail("it was waited for")

    _run(slow())


def test_a_second_request_is_waited_for_no_longer_than_the_first() -> None:
    async def half() -> None:
        line = Server().connected()
        line.say(REQUEST)
        await asyncio.sleep(0)
        assert line.sent.endswith(b"ok")
        line.say(REQUEST[:5])  # which ends uvicorn's own wait
        await asyncio.sleep(2 * PATIENCE_S)
        assert line.is_closed

    _run(half())


def test_work_on_an_answer_takes_its_time() -> None:
    async def working() -> None:
        line = Server(_works).connected()
        line.say(REQUEST)
        await asyncio.sleep(2 * PATIENCE_S)
        assert not line.is_closed
        line.close()

    _run(working())


def test_requests_one_behind_the_other_are_answered() -> None:
    async def pipelined() -> None:
        line = Server().connected(Patient)
        line.say(2 * REQUEST)
        await asyncio.sleep(PATIENCE_S)
        assert line.sent.count(b"ok") == 2
        assert not line.is_closed
        line.close()

    _run(pipelined())


@pytest.mark.parametrize("reads", [False, True])
def test_an_answer_that_nobody_reads_is_given_up(*, reads: bool) -> None:
    async def stalled() -> None:
        line = Server(_works).connected()
        line.say(REQUEST)
        line.protocol.pause_writing()
        if reads:
            line.protocol.resume_writing()
        await asyncio.sleep(2 * PATIENCE_S)
        assert line.is_closed is not reads
        line.close()

    _run(stalled())


def test_one_connection_too_many_takes_the_place_of_one_that_waits() -> None:
    async def crowded() -> None:
        server = Server(_works)
        lines = [server.connected(Patient) for _ in range(Hasty.most)]
        lines[0].say(REQUEST)
        newcomer = server.connected(Patient)
        assert [line.is_closed for line in lines] == [False, True, False]
        for line in (lines[2], newcomer):
            line.say(REQUEST)
        assert server.connected(Patient).is_closed  # all others are at work
        assert not newcomer.is_closed
        assert len(server.state.connections) == Hasty.most
        for line in lines:
            line.close()
        newcomer.close()

    _run(crowded())


@pytest.mark.parametrize(("limits", "allowed"), [((256, 4096), 4096), ((1024, 1024), 1024), ((-1, -1), 8000)])
def test_half_of_the_files_are_for_connections(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], allowed: int
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: limits)
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    assert open_files_allowed() == allowed
    Hasty.make_room_for(allowed)
    assert Hasty.most == min(4000, allowed // 2)
    Hasty.most = 3
