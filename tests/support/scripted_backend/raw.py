"""One HTTP request and the means to answer it, well or badly.

Raw enough to reset a connection, to end a body early and to never end one: things that servers are built
never to do.
"""

import contextlib
import json
import os
import select
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast

import psutil

from tests.support.waiting import HUNG_SECONDS

Json = dict[str, Any]


class LoopbackServer(ThreadingHTTPServer):
    """Serves on a free loopback port, or a Unix socket, from when it is entered until it is left."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[BaseHTTPRequestHandler], path: Path | None = None) -> None:
        if path is not None:
            self.address_family = socket.AF_UNIX
        super().__init__(("127.0.0.1", 0) if path is None else cast("tuple[str, int]", str(path)), handler)
        self.url = f"http://127.0.0.1:{self.server_port}" if path is None else "http://backend.test"
        name = type(self).__name__
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name=name, daemon=True)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_UNIX:
            socketserver.TCPServer.server_bind(self)
        else:
            super().server_bind()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class RawServer(LoopbackServer):
    """`closing` frees answers that wait for their clients to leave."""

    def __init__(self, handler: type["RawExchange"], path: Path | None = None) -> None:
        super().__init__(handler, path)
        self.closing = threading.Event()


class RawExchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RawServer
    extra_headers: dict[str, str]

    def setup(self) -> None:
        super().setup()
        if self.server.address_family == socket.AF_INET:
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve(self) -> None:
        """Answer the request."""
        raise NotImplementedError

    def do_GET(self) -> None:
        self.serve()

    def do_HEAD(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def do_PUT(self) -> None:
        self.serve()

    def do_DELETE(self) -> None:
        self.serve()

    def body(self, status: int, content_type: str, body: bytes, *, length: int | None = None) -> None:
        """A whole answer, or with a larger `length` one that breaks off."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in self.extra_headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length != len(body):
            self.hang_up()

    def json(self, status: int, body: Json) -> None:
        self.body(status, "application/json", json.dumps(body).encode())

    def data(self, data: Json) -> None:
        self.json(200, {"code": 0, "data": data})

    def refuse(self, code: int, message: str) -> None:
        self.json(200, {"code": code, "message": message})

    def begin_stream(self, content_type: str = "text/event-stream") -> None:
        """The head of an answer whose length is not known beforehand."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def event(self, body: Json) -> None:
        self.chunk(f"data: {json.dumps(body)}\n\n".encode())

    def say(self, text: str) -> None:
        self.event({"type": "text", "content": text})

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        """End the connection in the middle of a body."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a crashed host does: with a TCP reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def wait_for_client_to_leave(self, every_seconds: float, meanwhile: Callable[[], None]) -> None:
        while not self.server.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], every_seconds)
            if readable:
                self.close_connection = True
                return
            meanwhile()

    def kill_client(self) -> None:
        """Kill the process at the other end of the connection, and wait until it is gone."""
        kill_peer(self.connection)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        pass


def kill_peer(connection: socket.socket) -> None:
    """Kill the process at the other end of a loopback connection, and wait until it is gone."""
    here, there = connection.getsockname(), connection.getpeername()
    for process in psutil.net_connections("tcp4"):
        if process.pid and process.raddr and (process.laddr, process.raddr) == (there, here):
            victim = psutil.Process(process.pid)
            victim.kill()
            victim.wait(timeout=HUNG_SECONDS)
            return
    raise ProcessLookupError(f"nobody is at the other end of {there}")
