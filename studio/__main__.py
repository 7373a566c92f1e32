"""`python -m studio`: serve on loopback until told to stop."""

import argparse
import asyncio
import signal
import socket
from pathlib import Path

import uvicorn

from studio.app import create_app
from studio.settings import Settings

HOST = "127.0.0.1"
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
        print(f"Studio on {self._url}", flush=True)  # noqa: T201 - what the command is for
        if self._port_file:
            unfinished = self._port_file.with_name(self._port_file.name + ".part")
            unfinished.write_text(self._url)
            unfinished.replace(self._port_file)


def main() -> None:
    options = _options()
    settings = Settings(
        data_dir=options.data_dir.resolve(),
        seed=options.seed,
        work_seconds=options.work_seconds,
        late_write_seconds=options.late_write_seconds,
        credits=options.credits,
    )
    listening = socket.create_server((HOST, options.port))
    url = f"http://{HOST}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        create_app(settings), log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_S
    )
    # uvicorn raises the signal again once it has shut down; these make that the end, not a traceback.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: None)
    asyncio.run(_AnnouncedServer(config, url, options.port_file).serve([listening]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m studio", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port (default)")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of media and videos")
    parser.add_argument("--port-file", type=Path, help="file to write the bound address to, once it answers")
    parser.add_argument("--seed", type=int, default=0, help="decides which edits are made in silence")
    parser.add_argument("--credits", type=int, default=100, help="what an anonymous account begins with")
    parser.add_argument(
        "--work-seconds", type=float, default=0.4, help="how long the agent works on a message"
    )
    parser.add_argument(
        "--late-write-seconds", type=float, default=0.3, help="how late music and titles follow the raw video"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
