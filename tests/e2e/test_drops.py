"""Each kind of drop, on the deployed template with the studio behind it."""

import io
import json
import plistlib
from pathlib import Path

import av
import httpx
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from tests.e2e.conftest import Pipeline, encoded
from tests.support import http
from tests.support.waiting import awaited
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile

Pixels = npt.NDArray[np.uint8]
LINKS = sorted((Path(__file__).parent / "drops").iterdir())
THERE = "https://tidewater.example/kettle?colour=steel&size=1%2C7"
SHORT = "Make a 3 second video"


def leading_to(path: Path, url: str) -> bytes:
    """A link file as the system wrote it, but for where it leads."""
    body = path.read_bytes()
    if body.startswith(b"bplist"):
        return plistlib.dumps({"URL": url}, fmt=plistlib.FMT_BINARY)
    encoding = "utf-16" if body.startswith(b"\xff\xfe") else "cp1252" if path.suffix == ".url" else "utf-8"
    return (
        body.decode(encoding).replace(THERE, url).replace(THERE.replace("&", "&amp;"), url).encode(encoding)
    )


def put(pipeline: Pipeline, key: str, body: bytes | str | dict[str, object], **metadata: str) -> str:
    """Drop something; returns the id that a video of it has."""
    content = json.dumps(body) if isinstance(body, dict) else body
    answer = pipeline.endpoints.access.client("s3").put_object(
        Bucket=pipeline.endpoints.inbox_bucket, Key=key, Body=content, Metadata=metadata
    )
    file = InboxFile(bucket=pipeline.endpoints.inbox_bucket, key=key, version_id=answer["VersionId"])
    return video_id_for(idempotency_key_of(file))


def tags_of(pipeline: Pipeline, key: str) -> dict[str, str]:
    answer = pipeline.endpoints.access.client("s3").get_object_tagging(
        Bucket=pipeline.endpoints.inbox_bucket, Key=key
    )
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def is_tagged(pipeline: Pipeline, key: str, video_id: str, status: str) -> None:
    """The tags are written just after the end is."""
    wanted = {"video-id": video_id, "video-status": status}
    awaited(lambda: tags_of(pipeline, key).items() >= wanted.items() or None, f"{wanted} at {key}")


def knows(pipeline: Pipeline, video_id: str) -> bool:
    return pipeline.call("GET", f"/v1/videos/{video_id}").status_code == httpx.codes.OK


@pytest.mark.thorough
@pytest.mark.parametrize("path", LINKS, ids=lambda path: path.name)
def test_the_page_that_a_link_leads_to_becomes_a_video(pipeline: Pipeline, site: str, path: Path) -> None:
    key, url = f"inbox/links/{path.name}", f"{site}/kettle.html"
    video_id = put(pipeline, key, leading_to(path, url), instruction=SHORT)
    video = pipeline.ended(video_id)
    assert video["status"] == "ready", video
    assert pipeline.notification(video_id)["sources"] == [{"kind": "address", "name": url}]
    is_tagged(pipeline, key, video_id, "ready")


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("within.url", "[InternetShortcut]\r\nURL=http://169.254.169.254/", "not on the public internet"),
        ("nothing.desktop", "[Desktop Entry]\nType=Application\nExec=kettle", "is not a valid link"),
        ("broken.webloc", "bplist00?", "it contains no URL"),
    ],
)  # fmt: skip
def test_a_bad_link_fails_and_says_what_to_do(pipeline: Pipeline, name: str, body: str, says: str) -> None:
    video_id = put(pipeline, f"inbox/links/{name}", body, instruction=SHORT)
    video = pipeline.ended(video_id)
    assert video["status"] == "failed"
    assert says in video["message"]
    assert video["advice"]
    assert "opening_session" not in {line["stage"] for line in video["history"]}
    assert says in pipeline.notification(video_id)["mail"]
    is_tagged(pipeline, f"inbox/links/{name}", video_id, "failed")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("IMG_1.HEIC", "HEIF"),
        ("IMG_2.jpg", "HEIF"),
        ("a.avif", "AVIF"),
        ("b.png", "AVIF"),
        ("web.jpg", "WEBP"),
    ],
)
def test_a_picture_becomes_a_video_whatever_its_format_and_name(
    pipeline: Pipeline, page: bytes, name: str, kind: str
) -> None:
    video_id = put(pipeline, f"inbox/formats/{name}", encoded(page, kind), instruction=SHORT)
    video = pipeline.ended(video_id)
    assert video["status"] == "ready", video
    assert pipeline.notification(video_id)["sources"] == [{"kind": "file", "name": name}]


@pytest.mark.thorough
def test_a_picture_of_a_phone_is_taken_at_every_door(pipeline: Pipeline, site: str, page: bytes) -> None:
    form = pipeline.call("POST", "/v1/uploads", json={"file_name": "IMG_3.heic"}).json()
    photo = encoded(page, "HEIF")
    http.post(form["url"], data=form["fields"], files={"file": ("IMG_3.heic", photo)}).raise_for_status()
    requests = (
        {"upload_ids": [form["upload_id"]]},
        {"url": f"{site}/phone.avif"},
        {"url": f"{site}/served.jpg"},
    )
    ids = []
    for asked in requests:
        answer = pipeline.call("POST", "/v1/videos", json={"instruction": SHORT, **asked})
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        ids.append(answer.json()["id"])
    for video_id in ids:
        video = pipeline.ended(video_id)
        assert video["status"] == "ready", video


@pytest.mark.thorough
@pytest.mark.parametrize("door", ["inbox", "api"])
def test_a_page_that_turns_programs_away_is_tried_all_the_same(
    pipeline: Pipeline, site: str, door: str
) -> None:
    url = f"{site}/blocked/kettle.html"
    if door == "inbox":
        video_id = put(
            pipeline, "inbox/links/blocked.url", f"[InternetShortcut]\nURL={url}", instruction=SHORT
        )
    else:
        asked = {"url": url, "instruction": SHORT}
        video_id = pipeline.call("POST", "/v1/videos", json=asked).json()["id"]
    video = pipeline.ended(video_id)
    assert video["status"] == "ready", video
    warnings = [line["message"] for line in video["history"] if "HTTP 403" in line["message"]]
    assert len(warnings) == 1
    assert "could not be checked" in warnings[0]


@pytest.mark.thorough
def test_a_sidecar_may_come_before_its_file_or_after(pipeline: Pipeline, page: bytes) -> None:
    asked = {
        "instruction": "Introduce it",
        "duration_seconds": 3,
        "aspect_ratio": "1:1",
        "metadata": {"n": 1},
    }
    put(pipeline, "inbox/sidecars/before.png.json", asked)
    before = put(pipeline, "inbox/sidecars/before.png", page)
    after = put(pipeline, "inbox/sidecars/after.png", page)
    put(pipeline, "inbox/sidecars/after.png.txt", f"\ufeff{SHORT}, vertical\r\n".encode())

    square, vertical = pipeline.ended(before), pipeline.ended(after)
    assert (square["status"], square["instruction"], square["metadata"]) == (
        "ready",
        "Introduce it",
        {"n": 1},
    )
    assert (vertical["status"], vertical["instruction"]) == ("ready", f"{SHORT}, vertical")
    shapes = [pipeline.notification(video_id) for video_id in (before, after)]
    assert [(event["width"], event["height"]) for event in shapes] == [(1080, 1080), (1080, 1920)]


def test_a_mistyped_field_of_a_sidecar_is_told_with_the_right_one(pipeline: Pipeline, page: bytes) -> None:
    put(pipeline, "inbox/sidecars/typo.png.json", {"instruction": "Introduce it", "durration_seconds": 3})
    video_id = put(pipeline, "inbox/sidecars/typo.png", page)
    video = pipeline.ended(video_id)
    assert video["status"] == "failed"
    assert "durration_seconds" in video["message"]
    assert "Did you mean “duration_seconds”?" in video["message"]
    assert "typo.png.json" in video["message"]


@pytest.mark.thorough
def test_a_folder_says_what_its_files_do_not(pipeline: Pipeline, page: bytes) -> None:
    put(
        pipeline,
        "inbox/shop/_defaults.json",
        {"instruction": SHORT, "title": "Spring", "aspect_ratio": "9:16"},
    )
    silent = put(pipeline, "inbox/shop/kettles/silent.png", page)
    video = pipeline.ended(silent)
    assert (video["status"], video["instruction"]) == ("ready", SHORT)
    event = pipeline.notification(silent)
    assert (event["width"], event["height"]) == (1080, 1920)


def _near(pixels: Pixels, colour: tuple[int, int, int]) -> int:
    """How many pixels have about this colour."""
    return int((np.abs(pixels.astype(int) - colour).max(axis=-1) < 40).sum())


def _frames(path: Path) -> list[Pixels]:
    with av.open(str(path)) as film:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in film.decode(video=0)]


@pytest.mark.thorough
def test_a_film_shows_the_brand_of_its_folder_and_the_logo_is_no_video(
    pipeline: Pipeline, tmp_path: Path, page: bytes
) -> None:
    magenta, green = (255, 0, 255), (10, 125, 90)
    brand = {"logo": "sign.png", "colors": ["#0A7D5A"], "call_to_action": "Order now"}
    put(pipeline, "inbox/branded/_defaults.json", {"instruction": "Make a 6 second video", "brand": brand})
    sign = io.BytesIO()
    Image.new("RGB", (200, 100), magenta).save(sign, "PNG")
    logo_id = put(pipeline, "inbox/branded/sign.png", sign.getvalue())
    video_id = put(pipeline, "inbox/branded/photo.png", page)
    video = pipeline.ended(video_id)
    assert video["status"] == "ready", video
    assert "Not done" not in (video["agent_says"] or "")
    assert video["media"] == ["inbox/branded/photo.png"]
    frames = _frames(pipeline.fetch(video["links"]["video"], tmp_path / "first.mp4"))
    height, width, _ = frames[0].shape
    for frame in frames[len(frames) // 3 :: 20]:
        assert _near(frame[: height // 4, -width // 4 :], magenta) > 1000
    assert _near(frames[-10], green) > 1000, "the button of the call to action"

    pipeline.call("POST", f"/v1/videos/{video_id}/edits", json={"instruction": "Make it 4 seconds"})
    edited = pipeline.ended(video_id)
    assert (edited["status"], len(edited["versions"])) == ("ready", 2), edited
    frames = _frames(pipeline.fetch(edited["links"]["video"], tmp_path / "second.mp4"))
    assert _near(frames[-10][: height // 4, -width // 4 :], magenta) > 1000

    awaited(
        lambda: tags_of(pipeline, "inbox/branded/sign.png") == {"video-status": "logo"} or None, "the tag"
    )
    found = {line.get("key"): line for line in pipeline.sweep(min_age_seconds=0)}
    assert "logo" in found["inbox/branded/sign.png"]["reason"]
    assert not knows(pipeline, logo_id)


@pytest.mark.thorough
@pytest.mark.parametrize("first", ["job", "files"])
def test_a_job_makes_one_video_of_several_files(
    pipeline: Pipeline, page: bytes, site: str, first: str
) -> None:
    folder, url = f"inbox/trip {first} first", f"{site}/kettle.html"
    job: dict[str, object] = {"instruction": SHORT, "files": ["a.png", "day 2/b.png", url]}
    files = {}
    for step in ("job", "files") if first == "job" else ("files", "job"):
        if step == "job":
            job_id = put(pipeline, f"{folder}/job.json", job)
        else:
            files = {name: put(pipeline, f"{folder}/{name}", page) for name in ("a.png", "day 2/b.png")}
    video = pipeline.ended(job_id)
    assert video["status"] == "ready", video
    named = [item["name"] for item in pipeline.notification(job_id)["sources"]]
    assert named == ["a.png", "b.png", url]
    for name, own in files.items():
        is_tagged(pipeline, f"{folder}/{name}", job_id, "ready")
        found = pipeline.call("GET", "/v1/videos", params={"s3_key": f"{folder}/{name}"}).json()["videos"]
        assert [item["id"] for item in found] == [job_id]
        assert not knows(pipeline, own)


@pytest.mark.thorough
def test_a_sequence_renders_each_instruction_though_one_fails(pipeline: Pipeline, page: bytes) -> None:
    folder = "inbox/sequence"
    job: dict[str, object] = {
        "mode": "sequence",
        "duration_seconds": 3,
        "files": [
            {"file": "a.png", "instruction": "Introduce it, vertical"},
            {"file": "empty.png", "instruction": "Introduce this"},
            {"file": "b.png", "instruction": "Introduce it, square"},
        ],
    }
    for name, body in (("a.png", page), ("empty.png", b""), ("b.png", page)):
        put(pipeline, f"{folder}/{name}", body)
    video_id = put(pipeline, f"{folder}/job.json", job)

    def look() -> list[dict[str, str]] | None:
        answer = pipeline.call("GET", f"/v1/videos/{video_id}")
        if not answer.is_success:
            return None
        video = answer.json()
        versions: list[dict[str, str]] = video["versions"]
        over = len(versions) == 3 and video["status"] not in {"queued", "working"}
        return versions if over else None

    versions = awaited(look, "the end of the sequence")
    assert [(version["instruction"], version["status"]) for version in versions] == [
        ("Introduce it, vertical", "ready"),
        ("Introduce this", "failed"),
        ("Introduce it, square", "ready"),
    ]

    def told() -> list[dict[str, object]] | None:
        events = [
            json.loads(path.read_text())
            for path in pipeline.endpoints.mailbox_dir.glob(f"*-{video_id}-*.json")
        ]
        return events if len(events) == 3 else None

    events = {str(event["version"]): event for event in awaited(told, "three announcements")}
    assert [events[version]["name"] for version in "123"] == ["a.png", "empty.png", "b.png"]
    assert (events["1"]["width"], events["3"]["width"], events["3"]["height"]) == (1080, 1080, 1080)


@pytest.mark.thorough
def test_an_upload_in_parts_and_a_copy_are_one_video_each(pipeline: Pipeline) -> None:
    s3, bucket = pipeline.endpoints.access.client("s3"), pipeline.endpoints.inbox_bucket
    parts, copy = "inbox/in parts.mp4", "inbox/copied.mp4"
    upload = s3.create_multipart_upload(Bucket=bucket, Key=parts, Metadata={"instruction": SHORT})
    part = {"Bucket": bucket, "Key": parts, "UploadId": upload["UploadId"]}
    tag = s3.upload_part(**part, PartNumber=1, Body=b"no video, and refused for that")["ETag"]
    done = s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})
    copied = s3.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": parts})
    for key, version in ((parts, done["VersionId"]), (copy, copied["VersionId"])):
        video_id = video_id_for(idempotency_key_of(InboxFile(bucket=bucket, key=key, version_id=version)))
        assert pipeline.ended(video_id)["status"] == "failed"
        assert pipeline.notification(video_id)["instruction"] == SHORT


def test_what_is_no_input_starts_nothing_and_the_sweep_says_why(pipeline: Pipeline) -> None:
    notes = {
        "inbox/odds/.DS_Store": "not meant as input",
        "inbox/odds/": "not meant as input",
        "inbox/odds/notes.txt": "not about one address",
        "inbox/odds/photo.png.txt": "file beside it",
    }
    ids = [put(pipeline, key, b"Buy milk.") for key in notes]
    answer = pipeline.sweep(min_age_seconds=0)
    assert not any(knows(pipeline, video_id) for video_id in ids)
    ignored = {line["key"]: line["reason"] for line in answer if line.get("found") == "ignored"}
    assert all(reason in ignored[key] for key, reason in notes.items())
    assert answer[-1]["complete"] is True
