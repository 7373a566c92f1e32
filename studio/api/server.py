"""The studio behind a socket."""

import asyncio
import logging
import signal
import socket
from pathlib import Path

import uvicorn

from studio.api.app import create_app
from studio.api.connections import BoundedProtocol, open_files_allowed
from studio.settings import Settings
from studio.state.store import Store

# Streams and downloads under way at the stop get this long to end.
GRACE_S = 2


class _AnnouncedServer(uvicorn.Server):
    """A server that writes its address to a file once it answers."""

    def __init__(self, config: uvicorn.Config, url: str, port_file: Path | None) -> None:
        super().__init__(config)
        self._url = url
        self._port_file = port_file

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.should_exit:
            return
        print(f"Studio on {self._url}", flush=True)  # noqa: T201 - what the command is for
        if self._port_file:
            unfinished = self._port_file.with_name(self._port_file.name + ".part")
            unfinished.write_text(self._url)
            unfinished.replace(self._port_file)


def serve(settings: Settings, host: str, port: int, port_file: Path | None) -> None:
    """Serve until a signal to stop; port 0 is any free one.

    Raises:
        FolderInUseError: another studio works in the data folder.
        OtherVersionError: another version of the studio wrote it.
    """
    # A caller's mistake goes back to the caller, and into no log.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    store = Store(settings)
    listening = socket.create_server((host, port))
    # As asyncio does for the sockets it opens: else every small answer waits 40 ms for the client.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    url = f"http://{host}:{listening.getsockname()[1]}"
    BoundedProtocol.make_room_for(open_files_allowed())
    config = uvicorn.Config(
        create_app(store),
        http=BoundedProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    # uvicorn raises the signal again once it has shut down; these make that the end, not a traceback.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: None)
    asyncio.run(_AnnouncedServer(config, url, port_file).serve([listening]))
