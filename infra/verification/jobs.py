"""What a user does with a stack: drop a file, call the API, hand in a batch. Each ends with a video."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.header import Header
from typing import TYPE_CHECKING, Any

import httpx

from infra.verification.errors import CheckFailedError
from infra.verification.template import ROOT
from infra.verification.waiting import wait_until
from media_probe.examine import examine
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile
from videos.model.texts import in_figures
from videos.steps.store_result import UnplayableError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

INSTRUCTION = "Make a 5 second video without music."
SAMPLE = ROOT / "docs/sample/tidewater-kettle.png"
VIDEOS = 4
ROWS = 2
_ENDED = {"ready", "failed", "cancelled", "needs_answer"}


@dataclass(frozen=True)
class Jobs:
    """A user with a key.

    `patience` is how many seconds a video may take, `pause` the seconds between two looks.
    """

    s3: "S3Client"
    inbox_bucket: str
    api_url: str
    key: str
    patience: float
    pause: float

    def drop(self) -> list[str]:
        """Drop a picture into the inbox; return what became of it."""
        key = f"inbox/{SAMPLE.name}"
        metadata = {"instruction": Header(INSTRUCTION, "utf-8", maxlinelen=10_000).encode()}
        put = self.s3.put_object(
            Bucket=self.inbox_bucket, Key=key, Body=SAMPLE.read_bytes(), Metadata=metadata
        )
        file = InboxFile(bucket=self.inbox_bucket, key=key, version_id=put["VersionId"])
        return self._ready(video_id_for(idempotency_key_of(file)))

    def request(self) -> list[str]:
        """Ask the API for a video; return what became of it."""
        return self._ready(self._call("POST", "/v1/videos", {"instruction": INSTRUCTION})["id"])

    def batch(self) -> list[str]:
        """Submit a batch. Return the outcome of its rows."""
        rows = [{"instruction": INSTRUCTION}] * ROWS
        batch_id = self._call("POST", "/v1/batches", {"rows": rows})["id"]
        batch = wait_until(
            lambda: self._call("GET", f"/v1/batches/{batch_id}"),
            lambda found: bool(found["links"]["results"]),
            f"the results of {batch_id}",
            seconds=self.patience,
            pause=self.pause,
        )
        results = self._fetched(batch["links"]["results"]).decode()
        lines = list(csv.DictReader(io.StringIO(results)))
        statuses = [line["status"] for line in lines]
        if statuses != ["ready"] * ROWS:
            raise CheckFailedError(f"The rows of {batch_id} ended as {statuses}, expected {ROWS} ready.")
        return [part for line in lines for part in self._ready(line["id"])]

    def allows(self, origin: str) -> bool:
        """Return whether pages of a web origin may read the API's answers."""
        answer = self._answer("GET", "/v1/videos", origin=origin)
        return bool(answer.headers.get("access-control-allow-origin") == origin)

    def check_videos(self) -> None:
        """Check that the API still lists the videos that were made.

        Raises:
            CheckFailedError: It lists fewer.
        """
        found = len(self._call("GET", "/v1/videos")["videos"])
        if found < VIDEOS:
            raise CheckFailedError(f"The API lists {found} videos, expected {VIDEOS}.")

    def _ready(self, video_id: str) -> list[str]:
        answer = wait_until(
            lambda: self._answer("GET", f"/v1/videos/{video_id}"),
            _has_ended,
            f"the end of {video_id}",
            seconds=self.patience,
            pause=self.pause,
        )
        if not answer.is_success:
            raise CheckFailedError(f"{video_id} was answered with {answer.status_code}: {answer.text}")
        video = answer.json()
        if video["status"] != "ready":
            raise CheckFailedError(f"{video_id} ended as {video['status']}: {video['message']}")
        body = self._fetched(video["links"]["video"])
        try:
            facts = examine(io.BytesIO(body))
        except UnplayableError as error:
            raise CheckFailedError(f"The file of {video_id} does not play: {error}.") from error
        used = video.get("credits_used")
        return [
            f"{video_id}: {facts.width}x{facts.height}, {facts.duration_ms / 1000:.1f} s, "
            f"{facts.video_codec}, {len(body) / 1e6:.1f} MB"
            + (f", about {in_figures(used)} credits." if used is not None else ".")
        ]

    def _fetched(self, link: str) -> bytes:
        """Fetch a file by a signed link. An emulator does not respond at the link's own host."""
        path = re.search("/(watch|batches)/.+", link)
        if path is None:
            raise CheckFailedError(f"This is no link to a file of the stack: {link}")
        answer = httpx.get(self.api_url + path[0], timeout=300, follow_redirects=True)
        return answer.raise_for_status().content

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API.

        Raises:
            CheckFailedError: The answer is an error. Holds it.
        """
        answer = self._answer(method, path, body)
        if not answer.is_success:
            raise CheckFailedError(f"{method} {path} was answered with {answer.status_code}: {answer.text}")
        return answer.json()

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, origin: str = ""
    ) -> httpx.Response:
        given = {"x-api-key": self.key, "origin": origin}
        headers = {name: value for name, value in given.items() if value}
        return httpx.request(method, self.api_url + path, json=body, headers=headers, timeout=40)


def _has_ended(answer: httpx.Response) -> bool:
    """Return whether a video has ended, or cannot be read. A dropped file is unknown until it is taken in."""
    if answer.is_success:
        return answer.json()["status"] in _ENDED
    return answer.is_client_error and answer.status_code != httpx.codes.NOT_FOUND
