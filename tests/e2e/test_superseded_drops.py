"""Of several versions of a file, the latest counts, on the deployed template with the studio behind it."""

from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Pipeline
from tests.e2e.test_drops import SHORT, put, tags_of
from tests.support.waiting import awaited

pytestmark = pytest.mark.thorough


def _superseded(pipeline: Pipeline, video_id: str) -> dict[str, Any]:
    """The video, once it has ended as superseded, which nobody is told of."""

    def look() -> dict[str, Any] | None:
        answer = pipeline.call("GET", f"/v1/videos/{video_id}")
        video: dict[str, Any] = answer.json()
        return video if answer.status_code == httpx.codes.OK and video["status"] == "superseded" else None

    return awaited(look, f"the end of {video_id} as superseded")


def _told(pipeline: Pipeline, name: str) -> list[str]:
    """The mails, messages and events that name a file."""
    kept = [path for path in pipeline.endpoints.mailbox_dir.iterdir() if path.suffix in {".txt", ".json"}]
    return [path.name for path in kept if name in path.read_text()]


def _delete(pipeline: Pipeline, key: str) -> None:
    s3 = pipeline.endpoints.access.client("s3")
    s3.delete_object(Bucket=pipeline.endpoints.inbox_bucket, Key=key)


def _of_key(pipeline: Pipeline, key: str) -> list[str]:
    videos = pipeline.call("GET", "/v1/videos", params={"s3_key": key}).json()["videos"]
    return [video["id"] for video in videos]


def test_a_file_that_is_replaced_or_deleted_at_once_is_superseded(pipeline: Pipeline) -> None:
    """Silent files are not accepted at once, so that the second version is there in time."""
    replaced, deleted = "inbox/superseded-replaced.png", "inbox/superseded-deleted.png"
    old = put(pipeline, replaced, b"no picture")
    new = put(pipeline, replaced, b"no picture either", instruction=SHORT)
    gone = put(pipeline, deleted, b"no picture")
    _delete(pipeline, deleted)

    assert "was replaced before work on it began" in _superseded(pipeline, old)["message"]
    video = _superseded(pipeline, gone)
    assert "was deleted before work on it began" in video["message"]
    assert video["history"][-1]["message"] == video["message"]
    assert "opening_session" not in {line["stage"] for line in video["history"]}
    assert pipeline.ended(new)["status"] == "failed", "it is no picture"
    assert _of_key(pipeline, replaced) == [new]
    assert pipeline.notification(new)["video_id"] == new
    assert not [
        name for name in _told(pipeline, "superseded-deleted.png") if "slack" in name or "mail" in name
    ]
    assert _told(pipeline, "superseded-deleted.png") == []
    assert _told(pipeline, old) == []


def test_the_same_key_put_twice_is_one_video_and_one_mail(pipeline: Pipeline, page: bytes) -> None:
    key = "inbox/superseded-twice.png"
    old = put(pipeline, key, page, instruction=f"{SHORT}, vertical")
    new = put(pipeline, key, page, instruction=SHORT)
    video = pipeline.ended(new)
    assert (video["status"], video["instruction"]) == ("ready", SHORT)
    _superseded(pipeline, old)
    assert _of_key(pipeline, key) == [new]
    pipeline.notification(new)
    assert _told(pipeline, old) == []
    put(pipeline, f"{key}.edit.txt", "Make it square")
    changed = awaited(lambda: _versions(pipeline, new, 2), "the second version")
    assert changed[1]["status"] == "ready"


def _versions(pipeline: Pipeline, video_id: str, count: int) -> list[dict[str, Any]] | None:
    video = pipeline.call("GET", f"/v1/videos/{video_id}").json()
    is_over = len(video["versions"]) == count and video["status"] not in {"queued", "working"}
    return video["versions"] if is_over else None


def test_an_empty_object_that_gets_its_content_is_one_video_without_a_failure(
    pipeline: Pipeline, page: bytes
) -> None:
    key = "inbox/mounted.png"
    empty = put(pipeline, key, b"")
    full = put(pipeline, key, page, instruction=SHORT)
    assert pipeline.ended(full)["status"] == "ready"
    pipeline.notification(full)
    assert pipeline.call("GET", f"/v1/videos/{empty}").status_code == httpx.codes.NOT_FOUND
    assert _told(pipeline, empty) == []


def test_an_object_that_stays_empty_is_reported_once(pipeline: Pipeline) -> None:
    empty = put(pipeline, "inbox/stays-empty.png", b"", instruction=SHORT)
    found = {line.get("key"): line for line in pipeline.sweep(min_age_seconds=0)}
    assert found["inbox/stays-empty.png"]["found"] == "waiting"
    video = pipeline.ended(empty)
    assert (video["status"], "is empty" in video["message"]) == ("failed", True)
    assert "Upload it again" in video["advice"]
    assert "opening_session" not in {line["stage"] for line in video["history"]}, "nothing may be spent"
    pipeline.notification(empty)


@pytest.mark.parametrize("tagging", ["COPY", "REPLACE"])
def test_a_copy_onto_itself_makes_nothing(pipeline: Pipeline, page: bytes, tagging: str) -> None:
    key = f"inbox/copied-onto-itself-{tagging}.png"
    video_id = put(pipeline, key, page, instruction=SHORT)
    assert pipeline.ended(video_id)["status"] == "ready"
    pipeline.notification(video_id)
    s3, bucket = pipeline.endpoints.access.client("s3"), pipeline.endpoints.inbox_bucket
    changes: list[dict[str, Any]] = [
        {"MetadataDirective": "REPLACE", "Metadata": {"reviewed": "yes"}},
        {"StorageClass": "STANDARD_IA"},
        {"ServerSideEncryption": "AES256"},
    ]
    for change in changes:
        source = {"Bucket": bucket, "Key": key}
        s3.copy_object(Bucket=bucket, Key=key, CopySource=source, TaggingDirective=tagging, **change)
        awaited(lambda: tags_of(pipeline, key).get("video-id"), "the copy is known as one")
    for line in pipeline.sweep(min_age_seconds=0):
        if line.get("key") == key:
            assert (line["found"], video_id in line.get("reason", "")) == ("ignored", True), line
    assert _of_key(pipeline, key) == [video_id]


@pytest.mark.parametrize("claim", ["batch.csv", "job.json"])
def test_files_wait_for_a_batch_or_a_job_that_comes_late(pipeline: Pipeline, page: bytes, claim: str) -> None:
    folder = f"inbox/late {claim}"
    own = {name: put(pipeline, f"{folder}/{name}", page) for name in ("a.png", "b.png")}
    for name in own:  # long after the minute, which is three seconds here
        awaited(
            lambda name=name: tags_of(pipeline, f"{folder}/{name}").get("video-status") == "waiting" or None,  # type: ignore[misc]
            f"{name} waits",
        )
    if claim == "batch.csv":
        put(pipeline, f"{folder}/{claim}", f"file,instruction\na.png,{SHORT}\nb.png,{SHORT}\n")
    else:
        put(pipeline, f"{folder}/{claim}", {"instruction": SHORT, "files": list(own)})
    wanted = "batch-id" if claim == "batch.csv" else "video-id"
    for name in own:
        awaited(lambda name=name: tags_of(pipeline, f"{folder}/{name}").get(wanted), f"{name} is material")  # type: ignore[misc]
    _delete(pipeline, f"{folder}/{claim}")
    found = pipeline.sweep(min_age_seconds=0)
    lines = {line["key"]: line for line in found if line.get("key", "").startswith(folder)}
    assert {line["found"] for line in lines.values()} <= {"ignored"}
    for video_id in own.values():
        assert pipeline.call("GET", f"/v1/videos/{video_id}").status_code == httpx.codes.NOT_FOUND
