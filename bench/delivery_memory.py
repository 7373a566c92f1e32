"""How much memory delivering takes: `python -m bench.delivery_memory`.

A body of 5 MB and one of 500 MB are fetched over HTTP and stored in the embedded cloud's S3 by the very code
that delivers videos, each in a process of its own; what counts is the peak over what that process takes idle.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import httpx

from aws.buckets import ShelfBucket
from infra.local.cloud import CloudSettings, embedded_cloud
from nemovideo import Attribution, FixedToken, NemoVideo, Render

MB = 1024 * 1024
SIZES = (5, 500)


def main() -> None:
    """Measure both sizes and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--child", nargs=4, metavar=("BACKEND", "S3", "BUCKET", "MB"))
    arguments = parser.parse_args()
    if arguments.child:
        backend, s3, bucket, size = arguments.child
        sys.stdout.write(f"{_peak_over_idle(backend, s3, bucket, int(size)):.0f}\n")
        return
    sys.stdout.write("| body | peak memory over idle |\n|---|---|\n")
    for size, peak in _measured():
        sys.stdout.write(f"| {size} MB | {peak} MB |\n")


def _measured() -> Iterator[tuple[int, int]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Body) as server, tempfile.TemporaryDirectory() as home:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        backend = f"http://127.0.0.1:{server.server_address[1]}"
        with embedded_cloud(CloudSettings(home=Path(home), nemo_api_url=backend)) as endpoints:
            env = {
                "AWS_ACCESS_KEY_ID": endpoints.access_key_id,
                "AWS_SECRET_ACCESS_KEY": endpoints.secret_access_key,
                "AWS_DEFAULT_REGION": endpoints.region,
                "PYTHONPATH": "functions:.",
            }
            for size in SIZES:
                child = ["--child", backend, endpoints.aws_endpoint_url, endpoints.videos_bucket, str(size)]
                command = [sys.executable, "-m", "bench.delivery_memory", *child]
                done = subprocess.run(command, env=env, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
                yield size, int(done.stdout)
        server.shutdown()


def _peak_over_idle(backend: str, s3: str, bucket: str, size: int) -> float:
    shelf = ShelfBucket(boto3.client("s3", endpoint_url=s3), bucket)
    shelf.store("warm", b"up", "text/plain")
    client = NemoVideo(
        backend, FixedToken("t"), attribution=Attribution.detect({}, __file__), http=httpx.Client()
    )
    idle = _peak()
    with client.download(Render(id="r", status="completed", url=f"{backend}/{size}")) as download:
        stored = shelf.store_stream("video.mp4", download.iter_bytes(), "video/mp4")
    if stored.size != size * MB:
        raise RuntimeError(f"{stored.size} bytes were stored")
    return _peak() - idle


def _peak() -> float:
    """The most this process has held in memory, in MB, since it began (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


class _Body(BaseHTTPRequestHandler):
    """Answers `/<n>` with n MB."""

    def do_GET(self) -> None:
        size = int(self.path.strip("/"))
        self.send_response(200)
        self.send_header("Content-Length", str(size * MB))
        self.end_headers()
        for _ in range(size):
            self.wfile.write(b"\0" * MB)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    main()
