"""How fast, and in how much memory, files travel: `python -m bench.transfer [--rounds 3]`.

500 MB from a web server into the embedded cloud's S3, by the code that delivers videos, next to
`curl ... | aws s3 cp - s3://...`; and from there to a backend, by the code that uploads media, next to
`aws s3 cp s3://... - | curl -T - ...`; in turn, each in processes of its own. A warm function does not start
again, so the result also compares them without their starts: ours ends when it has stored a first small
object, theirs is what `aws --version` takes. Memory is the peak over what the process takes then.
"""

import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import httpx

from aws.buckets import InboxBucket, StorageBucket
from backend import Render
from bench.document import ROOT, table, write
from infra.local.cloud import CloudSettings, embedded_cloud
from nemovideo import Attribution, FixedToken, NemoVideo
from videos.model.media import InboxFile

MB = 1024 * 1024
SIZE_MB = 500
KEY = "video.mp4"
AWS = f"{shlex.quote(sys.executable)} -m awscli"
LEAST_RATIO, MOST_MEMORY_MB = 0.9, 150


@dataclass(frozen=True)
class Places:
    """Where files come from and go to."""

    backend: str
    s3: str
    bucket: str

    @property
    def own_out(self) -> list[str]:
        return [sys.executable, "-m", "bench.transfer", "--child", "out", self.backend, self.s3, self.bucket]

    @property
    def own_in(self) -> list[str]:
        return [sys.executable, "-m", "bench.transfer", "--child", "in", self.backend, self.s3, self.bucket]

    @property
    def tools_out(self) -> str:
        return f"curl -sSf {self.backend}/{SIZE_MB} | {self._aws} - s3://{self.bucket}/tools.mp4"

    @property
    def tools_in(self) -> str:
        return f"{self._aws} s3://{self.bucket}/{KEY} - | curl -sSf -T - {self.backend}/upload"

    @property
    def tools_start(self) -> str:
        return f"{AWS} --version"

    @property
    def _aws(self) -> str:
        return f"{AWS} --endpoint-url {self.s3} s3 cp"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.transfer", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        way, *places = options.child
        seconds, peak = _transfer(way, Places(*places))
        sys.stdout.write(f"{seconds} {peak}\n")
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), _Body) as server, tempfile.TemporaryDirectory() as home:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        backend = f"http://127.0.0.1:{server.server_address[1]}"
        with embedded_cloud(CloudSettings(home=Path(home), nemo_api_url=backend)) as endpoints:
            env = {
                **os.environ,
                "AWS_ACCESS_KEY_ID": endpoints.access_key_id,
                "AWS_SECRET_ACCESS_KEY": endpoints.secret_access_key,
                "AWS_DEFAULT_REGION": endpoints.region,
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "PYTHONPATH": "functions:.",
            }
            places = Places(backend, endpoints.aws_endpoint_url, endpoints.videos_bucket)
            _write([_round(places, env) for _ in range(options.rounds)])
        server.shutdown()


@dataclass(frozen=True)
class Taken:
    """Seconds of the tools and of our own code, with and without the start; the peak of its memory."""

    tools: float
    tools_started: float
    own: float
    own_started: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Our throughput, as a share of theirs."""
        return self.tools / self.own

    @property
    def ratio_started(self) -> float:
        return self.tools_started / self.own_started


def _round(places: Places, env: dict[str, str]) -> tuple[Taken, Taken]:
    """Out, so that there is something that can go in."""
    return (
        _taken(places, places.tools_out, places.own_out, env),
        _taken(places, places.tools_in, places.own_in, env),
    )


def _taken(places: Places, tools: str, own: list[str], env: dict[str, str]) -> Taken:
    def run(command: list[str]) -> tuple[float, str]:
        began = time.perf_counter()
        done = subprocess.run(command, env=env, check=True, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - our own
        return time.perf_counter() - began, done.stdout

    def in_shell(command: str) -> float:
        return run(["/bin/bash", "-o", "pipefail", "-c", command])[0]

    start, tools_seconds = in_shell(places.tools_start), in_shell(tools)
    own_seconds, said = run(own)
    own_started, peak = map(float, said.split())
    return Taken(tools_seconds, tools_seconds - start, own_seconds, own_started, peak)


def _write(rounds: list[tuple[Taken, Taken]]) -> None:
    rows = []
    for name, taken in zip(
        ("out of the backend, into S3", "out of S3, to the backend"), zip(*rounds, strict=True), strict=True
    ):
        rows.append(
            [
                name,
                f"{SIZE_MB / statistics.median(one.tools for one in taken):.0f}",
                f"{SIZE_MB / statistics.median(one.own for one in taken):.0f}",
                f"{statistics.median(one.ratio for one in taken):.2f}",
                f"{statistics.median(one.ratio_started for one in taken):.2f}",
                f"{max(one.peak_mb for one in taken):.0f}",
            ]
        )
    head = [f"{SIZE_MB} MB", "curl and aws, MB/s", "the pipeline, MB/s", "ratio", "without the starts"]
    head.append("peak over idle, MB")
    write(
        "transfer",
        table(head, rows)
        + f"\nMedians of {len(rounds)} rounds. Targets: a ratio of {LEAST_RATIO}, and {MOST_MEMORY_MB} MB.\n",
    )


def _transfer(way: str, places: Places) -> tuple[float, float]:
    """The seconds it took, and the MB over what the idle process held."""
    s3 = boto3.client("s3", endpoint_url=places.s3)
    storage, inbox = StorageBucket(s3, places.bucket), InboxBucket(s3, places.bucket)
    client = NemoVideo(
        places.backend, FixedToken("t"), attribution=Attribution.detect({}, __file__), http=httpx.Client()
    )
    storage.store("warm", b"up", "text/plain")
    idle, began = _peak(), time.perf_counter()
    if way == "out":
        _out(client, storage, places)
    else:
        _in(client, inbox, places)
    return time.perf_counter() - began, _peak() - idle


def _out(client: NemoVideo, storage: StorageBucket, places: Places) -> None:
    finished = Render(id="r", status="completed", url=f"{places.backend}/{SIZE_MB}")
    with client.download(finished) as download:
        stored = storage.store_stream(KEY, download.iter_bytes(), "video/mp4")
    if stored.size != SIZE_MB * MB:
        raise RuntimeError(f"{stored.size} bytes were stored")


def _in(client: NemoVideo, inbox: InboxBucket, places: Places) -> None:
    with inbox.open(InboxFile(bucket=places.bucket, key=KEY)) as content:
        client.upload_file("s", KEY, content, size=SIZE_MB * MB, content_type="video/mp4")


def _peak() -> float:
    """The most this process has held in memory, in MB, since it began (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


class _Body(BaseHTTPRequestHandler):
    """Answers `/<n>` with n MB, and takes whatever it is sent."""

    protocol_version = "HTTP/1.1"
    piece = b"\0" * MB

    def do_GET(self) -> None:
        size = int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(size * MB))
        self.end_headers()
        for _ in range(size):
            self.wfile.write(self.piece)

    def do_POST(self) -> None:
        self._take()
        files = (
            b'{"code": 0, "data": {"files": [{"filename": "video.mp4", "cdn_url": "https://cdn.invalid/v"}]}}'
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(files)))
        self.end_headers()
        self.wfile.write(files)

    def do_PUT(self) -> None:
        self.do_POST()

    def _take(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                self._skip(size + 2)
            self.rfile.readline()
        else:
            self._skip(int(self.headers["Content-Length"]))

    def _skip(self, size: int) -> None:
        while size > 0:
            size -= len(self.rfile.read(min(size, MB)))

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    main()
