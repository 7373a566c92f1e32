"""Services of other people, on this machine."""

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Receiver:
    """A service that is called back; it answers with the statuses it was given, then with 204."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """One call."""
        self.calls.append((headers, body))
        return self.statuses.pop(0) if self.statuses else 204


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """A service that is called back."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(receiver.take(dict(self.headers.items()), body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with _serving(Handler) as url:
        receiver = Receiver(url)
        yield receiver


@contextlib.contextmanager
def website(folder: Path) -> Iterator[str]:
    """A site that serves a folder. Below `/blocked` it turns programs away that say what they are."""
    with _serving(partial(_Quiet, directory=str(folder))) as url:
        yield url


class _Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/blocked"):
            if "nemo-video-pipeline" in self.headers["User-Agent"]:
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            self.path = self.path.removeprefix("/blocked")
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def _serving(handler: partial[_Quiet] | type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
