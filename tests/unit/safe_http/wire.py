"""A resolver and a network of the tests' own; literal addresses are read by the system's real resolver."""

import itertools
import socket
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpcore

PUBLIC = "93.184.215.14"
PUBLIC_V6 = "2606:4700:4700::1111"
METADATA = "169.254.169.254"

NAMES = {
    "example.com": [PUBLIC],
    "example.com.": [PUBLIC],
    "cdn.example.com": [PUBLIC_V6, "1.1.1.1"],
    "my_bucket.s3.amazonaws.com": ["52.216.1.1"],
    "xn--bcher-kva.example": [PUBLIC],
    "1.1.1.1.example": ["1.1.1.1"],
    "ipv6-only.example": ["64:ff9b::5db8:d70e"],
    # Where the hostile URLs' names lead.
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1", "::1"],
    "app.localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "ip6-localhost": ["::1"],
    "metadata.google.internal": [METADATA],
    "instance-data.ec2.internal": [METADATA],
    "intranet": ["10.0.0.5"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "a9fea9fe.nip.io": [METADATA],
    "xn--lclhst-4ta5a.example": ["127.0.0.1"],
    "half.example": [PUBLIC, "10.0.0.1"],
    "other-half.example": ["::1", PUBLIC],
    "last.example": [PUBLIC, "1.1.1.1", "8.8.8.8", METADATA],
    "mapped.example": ["::ffff:169.254.169.254"],
    "nat64.example": ["64:ff9b::a9fe:a9fe"],
    "sixtofour.example": ["2002:a9fe:a9fe::1"],
    "zone.example": ["fe80::1%1"],
    "broadcast.example": ["255.255.255.255"],
    "any.example": ["0.0.0.0"],  # noqa: S104 - where it leads, not what is bound to
}


# The system's own, bound before unit tests are barred from it; with this flag it asks nobody.
numeric_getaddrinfo = partial(socket.getaddrinfo, flags=socket.AI_NUMERICHOST)


def resolve(host: str, port: int) -> list[str]:
    try:
        found = numeric_getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        if host not in NAMES:
            raise
        return NAMES[host]
    return [str(address[0]) for *_, address in found]


def hostile_urls() -> list[str]:
    """The corpus, with control characters in place of the pictures that stand for them."""
    corpus = Path(__file__).with_name("hostile_urls.txt").read_text(encoding="utf-8")
    controls = {0x2400 + code: code for code in range(0x20)}
    lines = [line for line in corpus.splitlines() if line and not line.startswith("#")]
    return [line.split("\t")[0].translate(controls) for line in lines]


@dataclass
class Network:
    """Answers each connection with the next of `answers`, the last one again and again."""

    answers: list[Iterable[bytes]] = field(default_factory=lambda: [[b"HTTP/1.1 204 No Content\r\n\r\n"]])
    down: set[str] = field(default_factory=set)
    connections: list[tuple[str, int]] = field(default_factory=list)
    tls_names: list[str | None] = field(default_factory=list)
    tls_verifies: list[bool] = field(default_factory=list)
    sent: bytes = b""
    chunks_read: int = 0

    def connect(self, host: str, port: int) -> "Stream":
        self.connections.append((host, port))
        if host in self.down:
            raise httpcore.ConnectError
        return Stream(self, iter(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]))


class Stream(httpcore.NetworkStream):
    def __init__(self, network: Network, chunks: Iterator[bytes]) -> None:
        self._network = network
        self._chunks = chunks

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as httpcore calls it
        self._network.chunks_read += 1
        return next(self._chunks, b"")

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as httpcore calls it
        self._network.sent += buffer

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as httpcore calls it
    ) -> httpcore.NetworkStream:
        self._network.tls_names.append(server_hostname)
        self._network.tls_verifies.append(
            ssl_context.check_hostname and ssl_context.verify_mode is ssl.CERT_REQUIRED
        )
        return self

    def get_extra_info(self, info: str) -> None:
        """Tell nothing."""

    def close(self) -> None:
        self._chunks = iter(())


def redirect(location: str) -> list[bytes]:
    return [f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()]


def ok(body: bytes, *headers: str) -> list[bytes]:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return ["\r\n".join(lines).encode(), body]


def endless(*head: str) -> Iterator[bytes]:
    return itertools.chain(["\r\n".join([*head, "", ""]).encode()], itertools.repeat(bytes(1000)))
