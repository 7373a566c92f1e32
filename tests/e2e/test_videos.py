"""From what people hand in to what they get, through the deployed template."""

import html
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import av
import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.e2e.conftest import Pipeline
from tests.support import http
from videos.requests.ownership import OWNER, prefix_of

SHORT = "Make a 3 second video"
Picture = NDArray[np.uint8]


@pytest.mark.door("drop")
def test_a_dropped_picture_becomes_a_video_that_shows_it(
    pipeline: Pipeline, page: bytes, tmp_path: Path
) -> None:
    video_id = pipeline.drop("inbox/Spring offer.PNG", page, "Make a 4 second video without a title")

    video = pipeline.ended(video_id)
    assert (video["status"], video["progress"]) == ("ready", 100), video
    assert pipeline.execution_status(video_id) == "SUCCEEDED"
    assert [line["stage"] for line in video["history"]] == [
        "queued", "inspecting", "opening_session", "uploading", "generating", "stabilizing", "rendering",
        "delivering", "ended",
    ]  # fmt: skip

    notification = pipeline.notification(video_id)
    assert notification["status"] == "ready"
    assert notification["duration_seconds"] == pytest.approx(4, abs=0.1)
    assert notification["mail"].startswith("Subject: Ready: Spring offer.PNG (4 s)\n")
    assert notification["links"]["watch"] in notification["mail"]

    path = pipeline.fetch(notification["links"]["download"], tmp_path / "video.mp4")
    check_streams(path, seconds=4, size=(1920, 1080))
    copy = pipeline.endpoints.access.client("s3").get_object(
        Bucket=pipeline.endpoints.inbox_bucket, Key="outbox/Spring offer.PNG.mp4"
    )
    assert copy["Body"].read() == path.read_bytes()
    shown = max(likeness(frame, page) for frame in frames(path, every=30))
    assert shown > 0.9, f"no frame shows what was dropped ({shown:.2f})"
    assert likeness(next(frames(path, every=60)), other_picture()) < 0.7, "the comparison takes anything"


@pytest.mark.door("api")
def test_a_posted_address_becomes_a_video(pipeline: Pipeline, site: str, tmp_path: Path) -> None:
    answer = pipeline.call(
        "POST", "/v1/videos", json={"instruction": f"{SHORT}, vertical", "url": f"{site}/kettle.html"}
    )
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    accepted = answer.json()
    assert answer.headers["Location"] == accepted["links"]["self"]
    assert accepted["status"] in {"queued", "working"}

    video = pipeline.ended(accepted["id"])
    assert video["status"] == "ready", video
    assert pipeline.execution_status(accepted["id"]) == "SUCCEEDED"
    assert pipeline.notification(accepted["id"])["source"] == "api"

    by_link = tmp_path / "linked.mp4"
    by_link.write_bytes(http.get(video["links"]["video"], follow_redirects=True).raise_for_status().content)
    check_streams(by_link, seconds=3, size=(1080, 1920))
    page = http.get(video["links"]["watch"])
    assert (page.status_code, page.headers["Content-Type"]) == (httpx.codes.OK, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    played = html.unescape(page.text.split("<video", 1)[1].split('src="', 1)[1].split('"', 1)[0])
    played = urljoin(video["links"]["watch"], played)
    assert http.get(played, follow_redirects=True).content == by_link.read_bytes(), (
        "signed afresh at this visit"
    )
    poster = Image.open(
        io.BytesIO(http.get(video["links"]["poster"], follow_redirects=True).raise_for_status().content)
    )
    assert poster.format == "JPEG"


@pytest.mark.thorough
def test_captions_are_in_the_film_and_beside_it(pipeline: Pipeline, page: bytes, tmp_path: Path) -> None:
    asked = 'Make an 8 second video with the title "Halden", captions and the Lora font'
    video = pipeline.ended(pipeline.drop("inbox/Captioned.png", page, asked))
    assert video["status"] == "ready", video
    assert "Not done" not in (video["agent_says"] or "")

    captions = http.get(video["links"]["captions"])
    assert (captions.status_code, captions.headers["Content-Type"]) == (200, "text/vtt; charset=utf-8")
    assert captions.text == "WEBVTT\n\n00:00:00.000 --> 00:00:08.000\nHalden\n"
    assert video["versions"][0]["captions"] == video["links"]["captions"]
    assert "<track" in http.get(video["links"]["watch"]).text
    (listed,) = (
        one for one in pipeline.call("GET", "/v1/videos").json()["videos"] if one["id"] == video["id"]
    )
    assert listed["links"]["captions"] is None

    path = pipeline.fetch(video["links"]["download"], tmp_path / "captioned.mp4")
    check_streams(path, seconds=8, size=(1920, 1080))
    boxed = [has_caption(frame) for frame in frames(path, every=15)]
    assert boxed[:4] == [False] * 4, "while the title is read, nothing repeats it"
    assert all(boxed[6:10]), "then a caption does"
    assert not boxed[-1], "the card at the end shows it again"


@pytest.mark.thorough
def test_an_uploaded_object_is_named_over_http(pipeline: Pipeline, page: bytes) -> None:
    s3 = pipeline.endpoints.access.client("s3")
    key = f"{prefix_of(OWNER, 'upl-shot')}shot.png"
    s3.put_object(Bucket=pipeline.endpoints.inbox_bucket, Key=key, Body=page)
    request: dict[str, Any] = {
        "json": {"instruction": f"{SHORT}, square", "s3_key": key},
        "headers": {"Idempotency-Key": "once"},
    }
    first, again = (pipeline.call("POST", "/v1/videos", **request) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]

    request["json"]["instruction"] = "something else"
    assert pipeline.call("POST", "/v1/videos", **request).status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert pipeline.ended(first.json()["id"])["status"] == "ready"


LONG_KEY = f"inbox/{'ordner/' * 100}{'ä' * 93}.png"


@pytest.mark.thorough
@pytest.mark.parametrize("key", ["inbox/a b+c/ü 😀 100%.png", LONG_KEY], ids=["odd", "900 bytes"])
def test_odd_keys_simply_work(pipeline: Pipeline, page: bytes, key: str) -> None:
    video_id = pipeline.drop(key, page, SHORT)
    assert pipeline.ended(video_id)["status"] == "ready"
    name = key.rsplit("/", 1)[-1]
    assert pipeline.notification(video_id)["name"] == name


def test_long_key_has_the_length_it_stands_for() -> None:
    assert len(LONG_KEY.encode()) >= 890


@pytest.mark.parametrize(
    ("key", "body", "says", "advises"),
    [
        (
            "inbox/notes.docx",
            b"PK\x03\x04",
            "“notes.docx” does not have an accepted file type",
            "mp4, mov",
        ),
        (
            "inbox/clip.mp4",
            b"<html>not found</html>" * 20,
            "“clip.mp4” does not contain what its name says",
            "Drop one of these instead",
        ),
    ],
    ids=["unaccepted", "not what its name says"],
)
def test_what_cannot_become_a_video_is_refused_with_the_remedy(
    pipeline: Pipeline, key: str, body: bytes, says: str, advises: str
) -> None:
    video_id = pipeline.drop(key, body, SHORT)

    video = pipeline.ended(video_id)
    assert video["status"] == "failed"
    assert says in video["message"]
    assert advises in video["advice"]
    assert "opening_session" not in {line["stage"] for line in video["history"]}, "nothing may be spent"
    mail = pipeline.notification(video_id)["mail"]
    assert says in mail
    assert advises in mail
    assert pipeline.execution_status(video_id) == "FAILED"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"instruction": ""}, "instruction"),
        ({"instruction": "x", "url": "ftp://example.com/a"}, "url"),
        ({"instruction": "x", "colour": "red"}, "colour"),
        ({"instruction": "x", "s3_key": "uploads/nothing-there.png"}, "s3_key"),
        ({}, "body"),
    ],
)
def test_a_malformed_request_is_told_which_field(
    pipeline: Pipeline, body: dict[str, str], field: str
) -> None:
    answer = pipeline.call("POST", "/v1/videos", json=body)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["field"] == field


def test_the_api_is_for_those_with_a_key(pipeline: Pipeline) -> None:
    url = f"{pipeline.endpoints.api_url}/v1/videos/vid-x"
    assert http.get(url).status_code == httpx.codes.UNAUTHORIZED
    assert http.get(url, headers={"x-api-key": "nvp_made_up"}).status_code == httpx.codes.FORBIDDEN
    assert pipeline.call("GET", "/v1/videos/vid-x").status_code == httpx.codes.NOT_FOUND
    forged = f"{pipeline.endpoints.api_url}/watch/vid-x?expires=9999999999&signature=00"
    assert http.get(forged).status_code == httpx.codes.FORBIDDEN


def check_streams(path: Path, *, seconds: float, size: tuple[int, int]) -> None:
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == size
        assert video.duration is not None
        assert video.time_base is not None
        assert float(video.duration * video.time_base) == pytest.approx(seconds, abs=0.05)


def frames(path: Path, *, every: int) -> Iterator[Picture]:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % every == 0:
                yield frame.to_ndarray(format="bgr24").astype(np.uint8)


def has_caption(frame: Picture) -> bool:
    """Whether white letters stand on a dark box at the lower edge."""
    height, width = frame.shape[:2]
    band = frame[round(0.8 * height) : round(0.94 * height), round(0.4 * width) : round(0.6 * width)]
    grey = cv2.cvtColor(band, cv2.COLOR_BGR2GRAY)
    return bool((grey > 200).mean() > 0.01 and (grey < 70).mean() > 0.1)


def other_picture() -> bytes:
    body = io.BytesIO()
    noise = np.random.default_rng(1).integers(0, 255, (25, 16, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((1000, 1600), Image.Resampling.NEAREST).save(body, "PNG")
    return body.getvalue()


def likeness(frame: Picture, picture: bytes) -> float:
    """How well a part of the picture is found in the frame, at the best of many sizes: 1 is exactly."""
    whole = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert whole is not None
    height, width = whole.shape[:2]
    part = whole[height // 4 : height // 4 + width // 4, width // 10 : width * 9 // 10]
    small = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    found = 0.0
    for scale in np.geomspace(0.12, 1.0, 40):
        piece = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if piece.shape[0] < small.shape[0] and piece.shape[1] < small.shape[1]:
            found = max(found, float(cv2.matchTemplate(small, piece, cv2.TM_CCOEFF_NORMED).max()))
    return found
