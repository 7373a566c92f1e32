"""The pipeline as deployed: the template on the embedded cloud, and the studio behind it."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from pathlib import Path
from typing import Any

import httpx
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from tests.e2e.services import Receiver, receiving, website
from tests.extension.chrome import SOURCE, origin_of
from tests.support import http
from tests.support.waiting import awaited
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile

ENDED = {"ready", "failed", "cancelled", "needs_answer"}
WITH_IDS = {"NotificationDetails": "true"}
"""Parameters of a stack whose messages are found by the id of their video."""


@dataclass(frozen=True)
class Pipeline:
    """What a user sees of it: an inbox, an API, a mailbox; and what an operator sees."""

    endpoints: Endpoints

    def drop(self, key: str, body: bytes, instruction: str | None = None) -> str:
        """Put a file into the inbox; returns the id of the video that comes of it."""
        metadata = (
            {"instruction": Header(instruction, "utf-8", maxlinelen=10_000).encode()} if instruction else {}
        )
        put = self.endpoints.access.client("s3").put_object(
            Bucket=self.endpoints.inbox_bucket, Key=key, Body=body, Metadata=metadata
        )
        file = InboxFile(bucket=self.endpoints.inbox_bucket, key=key, version_id=put["VersionId"])
        return video_id_for(idempotency_key_of(file))

    def call(self, method: str, path: str, **arguments: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
        """Call the HTTP API with the key."""
        headers = {"x-api-key": self.endpoints.api_key, **arguments.pop("headers", {})}
        return http.request(method, self.endpoints.api_url + path, headers=headers, **arguments)

    def ended(self, video_id: str) -> dict[str, Any]:
        """The video, once it has ended."""

        def look() -> dict[str, Any] | None:
            answer = self.call("GET", f"/v1/videos/{video_id}")
            video: dict[str, Any] = answer.json()
            return video if answer.status_code == httpx.codes.OK and video["status"] in ENDED else None

        return awaited(look, f"the end of {video_id}")

    def notification(self, video_id: str) -> dict[str, Any]:
        """The one event of the video's end, once it has come; `mail` is the text that was mailed of it."""

        def look() -> list[Path] | None:
            return list(self.endpoints.mailbox_dir.glob(f"*-{video_id}-?-*.json")) or None

        (path,) = awaited(look, f"the event of {video_id}")
        event: dict[str, Any] = json.loads(path.read_text())
        event["mail"] = self.mailed(video_id).read_text()
        return event

    def mailed(self, video_id: str) -> Path:
        """The text of the one mail about the video, once it has come; its HTML stands beside it."""
        return self._in_mailbox("*.txt", f"Video id: {video_id}\n")

    def posted(self, video_id: str) -> dict[str, Any]:
        """The one message about the video in the Slack channel, once it has come."""
        message: dict[str, Any] = json.loads(self._in_mailbox("*.slack.json", video_id).read_text())
        return message

    def _in_mailbox(self, kind: str, words: str) -> Path:
        def look() -> list[Path] | None:
            return [
                path for path in self.endpoints.mailbox_dir.glob(kind) if words in path.read_text()
            ] or None

        (path,) = awaited(look, f"{kind} with “{words}”")
        return path

    def execution_status(self, video_id: str) -> str:
        """The status of the first version's execution, once it has ended."""
        arn = self.endpoints.state_machine_arn.replace(":stateMachine:", ":execution:") + f":{video_id}-1"
        client = self.endpoints.access.client("stepfunctions")

        def look() -> str | None:
            status: str = client.describe_execution(executionArn=arn)["status"]
            return None if status == "RUNNING" else status

        return awaited(look, f"the end of {arn}")

    def sweep(self, *, min_age_seconds: int) -> list[dict[str, Any]]:
        """Have the inbox swept; returns the lines of the report."""
        answer = self.endpoints.access.client("lambda").invoke(
            FunctionName=self.endpoints.sweep_function,
            Payload=json.dumps({"min_age_seconds": min_age_seconds}),
        )
        said = json.loads(answer["Payload"].read())
        assert "report" in said, said
        report = self.endpoints.access.client("s3").get_object(
            Bucket=self.endpoints.videos_bucket, Key=said["report"]
        )
        return [json.loads(line) for line in report["Body"].read().splitlines()]

    def fetch(self, link: str, path: Path) -> Path:
        """Download what a link leads to."""
        path.write_bytes(http.get(link, follow_redirects=True).raise_for_status().content)
        return path


@pytest.fixture(scope="session")
def page() -> bytes:
    """A picture that is like no other: bands of colour with text, tall as a page."""
    image = Image.new("RGB", (1000, 1600), "white")
    draw = ImageDraw.Draw(image)
    for row in range(16):
        colour = ((row * 61) % 256, (row * 149) % 256, (row * 97 + 80) % 256)
        draw.rectangle((40 + 12 * row, 100 * row + 12, 960 - 20 * row, 100 * row + 88), fill=colour)
        draw.text((70 + 12 * row, 100 * row + 30), f"Row {row}: {'§' * row}", fill="white", font_size=36)
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


def encoded(picture: bytes, kind: str) -> bytes:
    """A picture in another of Pillow's formats, or as HEIF."""
    pillow_heif.register_heif_opener()
    body = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(body, kind, quality=60)
    return body.getvalue()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, page: bytes) -> Iterator[str]:
    """A product page."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "shot.png").write_bytes(page)
    (folder / "phone.avif").write_bytes(encoded(page, "AVIF"))
    (folder / "served.jpg").write_bytes(encoded(page, "HEIF"))
    (folder / "kettle.html").write_text(
        '<html lang="en"><head><title>Tidewater Kettle</title>'
        '<meta name="description" content="Boils in ninety seconds.">'
        '<meta property="og:image" content="/shot.png"></head><body><h1>Tidewater Kettle</h1></body></html>'
    )
    with website(folder) as url:
        yield url


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """A service that is called back."""
    with receiving() as service:
        yield service


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory, site: str, receiver: Receiver) -> Iterator[Pipeline]:
    """The pipeline with the studio behind it; of all private addresses, it may reach these two."""
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        wait_scale=0.05,
        trusted_hosts=tuple(url.removeprefix("http://") for url in (site, receiver.url)),
        extension_origin=origin_of(SOURCE),
        parameters=WITH_IDS,
    )
    with embedded_cloud(settings) as endpoints:
        yield Pipeline(endpoints)
