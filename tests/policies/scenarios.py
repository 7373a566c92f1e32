"""What people do with the pipeline, so that between them the scenarios need whatever its roles may do."""

import contextlib
import csv
import io
import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from aws.costs import CostTable
from aws.owner_buckets import Destination
from tests.faults.channels import Refusal
from tests.policies.stack import ASKED, COPIES, INSTRUCTION, LATE_COPIES, Stack
from tests.support import http
from tests.support.scripted_backend.answers import answers_with_status, says, truncated, truncated_unnoticed
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import Script
from videos.lifecycle.submit import video_id_for
from videos.model.records import VersionRef
from videos.requests.ownership import OWNER, prefix_of
from videos.spending.costs import OpenCost
from videos.spending.prices import Kind

DONE = says("Your video is on the timeline.")
Scenario = Callable[[Stack], None]


def a_script(**parts: Any) -> Script:  # noqa: ANN401 - the parts of a script
    """What the backend plays; the balance is no limit."""
    return Script(DONE, credits_left=1_000_000, **parts)


def _name() -> str:
    return uuid.uuid4().hex[:8]


def dropping(stack: Stack) -> None:
    """A file and its sidecar are dropped; the video is made, told of everywhere, and watched."""
    stack.backend.play(a_script())
    stack.destinations.set(OWNER, Destination(bucket=COPIES, account="000000000000", prefix="shop/"))
    key = f"inbox/{_name()}.png"
    stack.put(f"{key}.txt", INSTRUCTION.encode())
    video_id = stack.put(key, picture())
    assert stack.ended(video_id) == "ready"
    assert stack.tags(key)["video-status"] == "ready"
    stack.awaited(lambda: stack.version(video_id).get("charge"), "the credits are charged")
    stack.awaited(lambda: stack.mailed(video_id), "the mail")
    for channel in stack.channels:
        stack.awaited(partial(channel.shown, video_id), f"the message in {channel.name}")
    (told,) = stack.awaited(lambda: stack.bus.ends(video_id), "the event on the bus")
    assert told["detail-type"] == "VideoReady"
    assert "&change=" not in str(told)
    ends = stack.awaited(
        lambda: [event for event in stack.events(video_id) if event["type"] == "video.ended"], "the event"
    )
    stages = {event.get("stage") for event in stack.events(video_id)}
    assert {"inspecting", "rendering"} <= stages, stages
    page = http.get(ends[0]["links"]["watch"])
    assert page.is_success, page.text
    file = http.get(f"{ends[0]['links']['watch'].split('?')[0]}/video.mp4?{page.url.query.decode()}")
    assert http.get(file.headers["Location"]).is_success
    result = stack.s3.head_object(Bucket=stack.endpoints.inbox_bucket, Key=f"outbox/{key[6:]}.mp4")
    assert result["ContentType"] == "video/mp4"
    for ending in ("mp4", "jpg", "vtt", "json"):
        stack.awaited(
            partial(stack.copied, f"shop/{key[6:]}.{ending}"), f"the copy of {ending} for its owner"
        )


def copying_later(stack: Stack) -> None:
    """The bucket of an owner is not there yet: the history says so, and the video is copied when it is."""
    stack.backend.play(a_script())
    stack.destinations.set(OWNER, Destination(bucket=LATE_COPIES, account="000000000000", prefix="shop/"))
    key = f"inbox/{_name()}.png"
    video_id = stack.put(key, picture(), Metadata=ASKED)
    assert stack.ended(video_id) == "ready"

    def look() -> bool:
        return "bucket of its owner: S3 answered NoSuchBucket." in str(stack.video(video_id)["history"])

    stack.awaited(look, "the history says that it was not copied")
    stack.s3.create_bucket(Bucket=LATE_COPIES)
    copies = [f"shop/{key[6:]}.{ending}" for ending in ("mp4", "jpg", "vtt", "json")]
    for copy in copies:
        stack.awaited(partial(stack.copied, copy, LATE_COPIES), f"{copy} for its owner")
    for copy in copies:
        stack.s3.delete_object(Bucket=LATE_COPIES, Key=copy)
    stack.s3.delete_bucket(Bucket=LATE_COPIES)
    assert stack.destinations.remove(OWNER)


def dropping_the_sidecar_later(stack: Stack) -> None:
    """A file waits for what says what to do with it."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    video_id = stack.put(key, picture())
    stack.awaited(stack.waiting_drops, "the file waits")
    stack.put(f"{key}.txt", INSTRUCTION.encode())
    assert stack.ended(video_id) == "ready"
    assert stack.version(video_id)["instruction"] == INSTRUCTION


def dropping_a_newer_version(stack: Stack) -> None:
    """A file is replaced before it is accepted; the newer version is made, and its copy is nothing new."""
    stack.backend.play(a_script())
    key, bucket = f"inbox/{_name()}.png", stack.endpoints.inbox_bucket
    old = stack.put(key, picture())
    new = stack.put(key, picture(), Metadata=ASKED)
    assert stack.ended(old) == "superseded"
    assert stack.ended(new) == "ready"
    source: Any = {"Bucket": bucket, "Key": key}
    stack.s3.copy_object(
        Bucket=bucket,
        Key=key,
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"reviewed": "yes"},
        TaggingDirective="REPLACE",
    )
    stack.awaited(lambda: stack.tags(key).get("video-id") == new, "the copy is known as one")


def replacing_what_waits_in_the_queue(stack: Stack) -> None:
    """A file is replaced while its instruction waits to be sent, another is copied onto itself."""
    stack.backend.play(a_script())
    replaced, copied = f"inbox/{_name()}.png", f"inbox/{_name()}.png"
    with stack.generations_held():
        old, kept = (stack.put(key, picture(), Metadata=ASKED) for key in (replaced, copied))
        for video_id in (old, kept):
            stack.awaited(partial(_waits_in_the_queue, stack, video_id), "the instruction waits")
        new = stack.put(replaced, picture(), Metadata=ASKED)
        source: Any = {"Bucket": stack.endpoints.inbox_bucket, "Key": copied}
        stack.s3.copy_object(
            Bucket=source["Bucket"], Key=copied, CopySource=source, StorageClass="STANDARD_IA"
        )
    assert stack.ended(old) == "superseded"
    assert "send_lock" not in stack.version(old)
    assert [stack.ended(new), stack.ended(kept)] == ["ready", "ready"]


def copying_what_has_not_begun(stack: Stack) -> None:
    """A file is copied onto itself after it was accepted, and before the first step looks at it."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    with stack.beginning_late():
        video_id = stack.put(key, picture(), Metadata=ASKED)
        stack.awaited(lambda: stack.tags(key).get("video-id") == video_id, "the file is accepted")
        source: Any = {"Bucket": stack.endpoints.inbox_bucket, "Key": key}
        stack.s3.copy_object(Bucket=source["Bucket"], Key=key, CopySource=source, StorageClass="STANDARD_IA")
        assert "inspected" not in stack.version(video_id)
        assert stack.ended(video_id) == "ready"


def _waits_in_the_queue(stack: Stack, video_id: str) -> bool:
    uploaded: dict[str, Any] | None = stack.video(video_id).get("uploaded")
    return uploaded is not None and not uploaded.get("to_come")


def changing(stack: Stack) -> None:
    """A note is dropped while the first version is made; the second one follows."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    with stack.generations_held():
        video_id = stack.put(key, picture(), Metadata=ASKED)
        stack.awaited(lambda: stack.version(video_id), "the video is accepted")
        assert stack.tags(key) == {"video-id": video_id, "video-status": "queued"}
        stack.put(f"{key}.edit.txt", b"Shorter.")
        stack.awaited(lambda: stack.video(video_id).get("waiting"), "the note waits")
        stack.awaited(lambda: stack.tags(f"{key}.edit.txt").get("video-id") == video_id, "the note's mark")
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    assert stack.version(video_id, 2).get("send_lock"), stack.version(video_id, 2)


def losing_the_file(stack: Stack) -> None:
    """The file is deleted before it can be looked into: that is told, and no fault of the pipeline's."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    bucket = stack.endpoints.inbox_bucket
    with stack.without_events():
        stack.put(key, picture(), Metadata=ASKED)
    video = stack.call("POST", "/videos", json={"s3_key": key, "instruction": INSTRUCTION})
    for version in stack.s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]:
        stack.s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    missing = http.post(
        f"{stack.endpoints.api_url}/v1/videos", headers={"x-api-key": stack.key}, json={"s3_key": key}
    )
    assert missing.status_code == httpx.codes.UNPROCESSABLE_ENTITY, missing.text
    stack.ended(video.json()["id"])


def asking(stack: Stack) -> None:
    """A service uploads, asks for an estimate and a video, is called back, has it changed and deleted."""
    stack.backend.play(a_script())
    ticket = stack.call("POST", "/uploads", json={"file_name": "a.png"}).json()
    sent = http.post(ticket["url"], data=ticket["fields"], files={"file": ("a.png", picture(), "image/png")})
    assert sent.is_success, sent.text
    request: dict[str, Any] = {
        "instruction": INSTRUCTION,
        "upload_ids": [ticket["upload_id"]],
        "callback_url": stack.receiver.url,
        "callback_on_start": True,
        "callback_on_progress": True,
    }
    assert stack.call("POST", "/videos/estimate", json=request).json()["credits"]
    assert stack.call("GET", "/credits").json()["total"]
    assert len(stack.call("GET", "/spending").json()["days"]) == 30
    stack.receiver.calls.clear()
    key = {"Idempotency-Key": _name()}
    video_id = stack.call("POST", "/videos", json=request, headers=key).json()["id"]
    assert stack.call("POST", "/videos", json=request, headers=key).json()["id"] == video_id
    assert stack.ended(video_id) == "ready"
    expected = [b"video.started", b'"progress":20', b'"progress":95', b"video.ended"]

    def told() -> bool:
        bodies = b" ".join(body for _, body in stack.receiver.calls)
        return all(one in bodies for one in expected)

    stack.awaited(told, "webhooks about the start, the progress and the end")
    deliveries = f"/videos/{video_id}/deliveries"
    stack.awaited(
        lambda: {one["state"] for one in stack.call("GET", deliveries).json()["deliveries"]} == {"delivered"},
        "each delivery is recorded",
    )
    stack.receiver.calls.clear()
    stack.call("POST", f"{deliveries}/{video_id}-1-ready/redeliver")
    stack.awaited(lambda: stack.receiver.calls, "the webhook comes again")
    assert video_id in [video["id"] for video in stack.call("GET", "/videos").json()["videos"]]
    video = stack.call("GET", f"/videos/{video_id}").json()
    assert http.get(video["links"]["video"], follow_redirects=True).is_success
    stack.call("POST", f"/videos/{video_id}/edits", json={"instruction": "Shorter."})
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    assert stack.version(video_id, 2).get("send_lock"), stack.version(video_id, 2)
    stack.awaited(lambda: stack.version(video_id, 2).get("charge"), "the credits are charged")
    stack.call("DELETE", f"/videos/{video_id}")
    assert stack.video(video_id) == {}


def asking_as_an_agent(stack: Stack) -> None:
    """An agent uploads a file, asks for the cost, for a batch, for a video of the file, and for a change."""
    stack.backend.play(a_script())
    ticket = stack.tool("create_upload", file_name="a.png")
    sent = http.post(ticket["url"], data=ticket["fields"], files={"file": ("a.png", picture(), "image/png")})
    assert sent.is_success, sent.text
    what = {"instruction": INSTRUCTION, "upload_ids": [ticket["upload_id"]]}
    assert stack.tool("estimate_video", **what)["credits"]
    assert stack.tool("get_credits")["total"]
    rows = [{"instruction": INSTRUCTION}, {"file": "inbox/none.png"}]
    batch_id = stack.tool("create_batch", rows=rows, idempotency_key=_name())["id"]
    order = what | {"idempotency_key": _name()}
    video_id = stack.tool("create_video", **order)["id"]
    assert stack.tool("create_video", **order)["id"] == video_id
    assert video_id in [video["id"] for video in stack.tool("list_videos")["videos"]]
    stack.awaited(
        lambda: stack.tool("wait_for_video", video_id=video_id)["status"] == "ready", "the video is ready"
    )
    assert stack.tool("export_video", video_id=video_id, idempotency_key=_name())["version"] == 1
    change = {"instruction": "Shorter.", "idempotency_key": _name()}
    assert stack.tool("edit_video", video_id=video_id, **change)["version"] == 2
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    stack.awaited(lambda: stack.version(video_id, 2).get("charge"), "the credits are charged")
    stack.awaited(lambda: stack.tool("wait_for_batch", batch_id=batch_id).get("results"), "the batch ends")


def deleting_a_drop(stack: Stack) -> None:
    """Nothing is left of a dropped file, its sidecar, its video and the copy of that."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    stack.put(f"{key}.txt", INSTRUCTION.encode())
    video_id = stack.put(key, picture())
    assert stack.ended(video_id) == "ready"
    stack.awaited(lambda: stack.version(video_id).get("charge"), "the credits are charged")
    stack.call("DELETE", f"/videos/{video_id}")
    for prefix in (key, f"outbox/{key[6:]}"):
        left = stack.s3.list_object_versions(Bucket=stack.endpoints.inbox_bucket, Prefix=prefix)
        assert not left.get("Versions"), left
    storage = stack.s3.list_objects_v2(Bucket=stack.endpoints.videos_bucket, Prefix=f"videos/{video_id}/")
    assert not storage.get("Contents"), storage


def changing_over_a_link(stack: Stack) -> None:
    """Somebody without a key changes a dropped video from its page, and deletes it there."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    video_id = stack.put(key, picture(), Metadata=ASKED)
    assert stack.ended(video_id) == "ready"

    def look() -> str | None:
        return next((event["change_url"] for event in stack.events(video_id) if "change_url" in event), None)

    link = stack.awaited(look, "the end is announced")
    assert http.get(link).is_success
    body = {"instruction": "Shorter."}
    assert _acted(link, "estimate", body).json()["left"]
    assert _acted(link, "changes", body).json() == {"version": 2}
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    assert stack.version(video_id, 2).get("send_lock"), stack.version(video_id, 2)
    stack.awaited(lambda: stack.version(video_id, 2).get("charge"), "the credits are charged")
    _acted(link, "deletion", {"video_id": video_id})
    assert stack.video(video_id) == {}
    left = stack.s3.list_object_versions(Bucket=stack.endpoints.inbox_bucket, Prefix=key)
    assert not left.get("Versions"), left
    storage = stack.s3.list_objects_v2(Bucket=stack.endpoints.videos_bucket, Prefix=f"videos/{video_id}/")
    assert not storage.get("Contents"), storage


def _acted(link: str, action: str, body: dict[str, str]) -> httpx.Response:
    """The answer to what the page of a change link sends."""
    address, _, query = link.partition("?")
    headers = {"Origin": f"http://{httpx.URL(link).netloc.decode()}", "Idempotency-Key": _name()}
    permission = query.rpartition("change=")[2]
    answer = http.post(f"{address}/{action}?change={permission}", json=body, headers=headers)
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer


def cancelling(stack: Stack) -> None:
    """A video is cancelled while its instruction waits in the queue."""
    stack.backend.play(a_script())
    with stack.generations_held():
        video_id = stack.call("POST", "/videos", json={"instruction": INSTRUCTION}).json()["id"]
        stack.awaited(lambda: stack.video(video_id).get("stage") != "queued", "the workflow is at work")
        stack.call("POST", f"/videos/{video_id}/cancel")
    assert stack.ended(video_id) == "cancelled"


def failing(stack: Stack) -> None:
    """A render that fails twice ends as failed, and is told of."""
    stack.backend.play(a_script(renders=("failed", "failed")))
    video_id = stack.put(f"inbox/{_name()}.png", picture(), Metadata=ASKED)
    assert stack.ended(video_id) == "failed"
    assert stack.version(video_id)["problem"]["code"] == "render_failed", stack.version(video_id)["problem"]
    stack.awaited(lambda: stack.version(video_id).get("charge"), "the credits are charged")


def waiting_for_the_backend(stack: Stack) -> None:
    """The backend is away for a moment before the post; then the agent says more than the table takes."""
    away = {"draft": (answers_with_status(503),) * 3}
    stack.backend.play(Script(says("All is well. " * 5000), credits_left=1_000_000, odd=away))
    video_id = stack.put(f"inbox/{_name()}.png", picture(), Metadata=ASKED)
    assert stack.ended(video_id) == "ready"
    bucket, key = stack.endpoints.videos_bucket, f"videos/{video_id}/1/reply.txt"
    assert stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read().count(b"All is well.") == 5000


def delivering_what_does_not_play(stack: Stack) -> None:
    """What does not play, or does not come whole, is not kept."""
    for answer in (truncated_unnoticed, truncated):
        stack.backend.play(a_script(file=answer, fallback=answer))
        video_id = stack.put(f"inbox/{_name()}.png", picture(), Metadata=ASKED)
        assert stack.ended(video_id) == "failed"
        bucket = stack.endpoints.videos_bucket
        assert not stack.s3.list_objects_v2(Bucket=bucket, Prefix=f"videos/{video_id}/").get("Contents")
        problem = stack.version(video_id)["problem"]
        assert problem["code"] in {"delivery_failed", "backend_unavailable"}, problem


def handing_in_a_batch(stack: Stack) -> None:
    """Rows are handed in over the API; one names an upload, one goes on with another's video."""
    stack.backend.play(a_script())
    key = f"{prefix_of(OWNER, 'upl-' + _name())}a.png"
    stack.put(key, picture())
    rows = [{"file": key, "instruction": INSTRUCTION}, {"file": "inbox/none.png"}]
    batch = stack.call("POST", "/batches", json={"rows": rows}).json()

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.call("GET", f"/batches/{batch['id']}").json()
        return found if found["links"]["results"] else None

    found = stack.awaited(look, "the batch ends")
    lines = list(csv.DictReader(io.StringIO(http.get(found["links"]["results"], follow_redirects=True).text)))
    assert [line["status"] for line in lines] == ["ready", "rejected"], lines
    stack.awaited(lambda: stack.events(batch["id"]), "the batch is announced")
    assert batch["id"] in [one["id"] for one in stack.call("GET", "/batches").json()["batches"]]
    edits = [{"edit_of": lines[0]["id"], "instruction": "Shorter."}]
    batch = stack.call("POST", "/batches", json={"rows": edits}).json()
    found = stack.awaited(look, "the second batch ends")
    assert stack.version(lines[0]["id"], 2).get("send_lock"), found


def dropping_a_batch(stack: Stack) -> None:
    """A batch is dropped with its material."""
    stack.backend.play(a_script())
    folder = f"inbox/{_name()}"
    stack.put(f"{folder}/a.png", picture())
    stack.put(f"{folder}/batch.csv", f"file,instruction\na.png,{INSTRUCTION}\n".encode())
    bucket, key = stack.endpoints.inbox_bucket, f"{folder}/results.csv"

    def look() -> str | None:
        with contextlib.suppress(stack.s3.exceptions.NoSuchKey):
            return stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return None

    found = stack.awaited(look, "the results")
    copy = f"outbox/{folder.removeprefix('inbox/')}/row-2-a.png.mp4"
    assert ",ready," in found
    assert f",{copy}" in found
    assert stack.s3.head_object(Bucket=bucket, Key=copy)["ContentLength"]


def sweeping(stack: Stack) -> None:
    """What no event came for is found: a file with its sidecar, a batch, a note."""
    stack.backend.play(a_script())
    key, folder = f"inbox/{_name()}.png", f"inbox/{_name()}"
    with stack.without_events(), stack.generations_held():
        stack.put(f"{key}.txt", INSTRUCTION.encode())
        video_id = stack.put(key, picture())
        stack.put(f"{folder}/batch.csv", f"instruction\n{INSTRUCTION}\n".encode())
        swept = stack.functions.invoke(
            FunctionName=stack.endpoints.sweep_function, Payload=json.dumps({"min_age_seconds": 0})
        )
        assert stack.tags(key) == {"video-id": video_id, "video-status": "queued"}
    said = json.loads(swept["Payload"].read())
    assert "report" in said, said
    found = stack.s3.get_object(Bucket=stack.endpoints.videos_bucket, Key=said["report"])["Body"].read()
    lines = [json.loads(line) for line in found.splitlines()]
    failed = [line for line in lines if line.get("found") == "failed"]
    assert failed == []
    assert stack.ended(video_id) == "ready"
    bucket, results = stack.endpoints.inbox_bucket, f"{folder}/results.csv"
    stack.awaited(lambda: stack.s3.list_objects_v2(Bucket=bucket, Prefix=results).get("Contents"), "results")


def submitting_a_row_again(stack: Stack) -> None:
    """A row waits for an end of which no word came, until its workflow submits it once more."""
    stack.backend.play(a_script())
    row = {"instruction": INSTRUCTION}
    with stack.without_announcing():
        batch_id = stack.call("POST", "/batches", json={"rows": [row]}).json()["id"]
        video_id = video_id_for(f"batch:{batch_id}:1")
        stack.awaited(lambda: stack.version(video_id).get("ended"), "the video ends")
    assert not stack.call("GET", f"/batches/{batch_id}").json()["links"]["results"]
    order = {"batch_id": batch_id, "row": 1, "given": row}
    stack.functions.invoke(FunctionName=stack.function("submit_row"), Payload=json.dumps(order))
    stack.awaited(
        lambda: stack.call("GET", f"/batches/{batch_id}").json()["links"]["results"], "the batch ends"
    )


def losing_a_row(stack: Stack) -> None:
    """The execution of a row dies: the results name the video that was started, so that nobody pays twice."""
    stack.backend.play(a_script())
    with stack.losing_rows(), stack.generations_held():
        rows = [{"instruction": INSTRUCTION}]
        batch_id = stack.call("POST", "/batches", json={"rows": rows}).json()["id"]
        video_id = video_id_for(f"batch:{batch_id}:1")
        url = stack.awaited(
            lambda: stack.call("GET", f"/batches/{batch_id}").json()["links"]["results"], "the batch ends"
        )
        (line,) = csv.DictReader(io.StringIO(http.get(url, follow_redirects=True).text))
        assert (line["id"], line["status"]) == (video_id, "failed"), line
    assert stack.ended(video_id) == "ready"


def reaping_what_was_stopped(stack: Stack) -> None:
    """Somebody stops an execution: the recovery has another one end its video."""
    stack.backend.play(a_script())
    with stack.generations_held():
        video_id = stack.ask_and_hold()
        stack.stop(video_id)
        stack.recover(video_id)
        assert stack.ended(video_id) == "failed"


def reaping_a_dead_letter(stack: Stack) -> None:
    """An instruction that no worker will carry out: the recovery tells its workflow."""
    stack.backend.play(a_script())
    with stack.generations_held():
        video_id = stack.ask_and_hold()
        lies_in = stack.dead_letter(video_id)
        stack.recover(video_id)
        assert stack.ended(video_id) == "failed"
    stack.sqs.purge_queue(QueueUrl=lies_in)


def exporting_by_itself(stack: Stack) -> None:
    """The plan did not allow an export; when it does, the recovery begins another one."""
    stack.backend.play(a_script(odd={"start": (answers_with_status(402),)}))
    video_id = stack.put(f"inbox/{_name()}.png", picture(), Metadata=ASKED)
    assert stack.ended(video_id) == "failed"
    stack.awaited(lambda: stack.version(video_id).get("charge"), "the credits are charged")
    stack.end_two_hours_ago(video_id)
    stack.recover(video_id)
    assert stack.ended(video_id, 2) == "ready"


def counting_a_late_charge(stack: Stack) -> None:
    """The backend charges a video after its end: the recovery's next visit counts it."""
    stack.backend.play(a_script())
    video_id = stack.call("POST", "/videos", json={"instruction": INSTRUCTION}).json()["id"]
    assert stack.ended(video_id) == "ready"
    stack.awaited(lambda: stack.version(video_id).get("charge"), "the credits are charged")
    book = CostTable(stack.endpoints.access.dynamodb().Table(stack.endpoints.videos_table))
    before, now = book.spending(), datetime.now(UTC)
    assert before.left is not None
    ref = VersionRef(video_id=video_id, version=1)
    late = OpenCost(ref=ref, kind=Kind.GENERATION, begun_at=now, ended_at=now)
    changes = {"revision": before.revision + 1, "left": before.left + 7, "open": (late,)}
    book.change(before, before.model_copy(update=changes), {}, {})
    stack.recover(video_id)
    assert stack.version(video_id)["cost"]["credits"] == 7


def asking_for_two(stack: Stack) -> None:
    """While credits are set aside for one video, nobody needs a token for the next one until its session."""
    stack.backend.play(a_script())
    with stack.generations_held():
        first = stack.ask_and_hold()
        stack.forget_identity()
        second = stack.ask_and_hold()
        for video_id in (first, second):
            stack.call("POST", f"/videos/{video_id}/cancel")
            assert stack.ended(video_id) == "cancelled"


def telling_again(stack: Stack) -> None:
    """The chat channels and a service refuse once, and hear it again."""
    stack.backend.play(a_script())
    for channel in stack.channels:
        channel.refusals[:] = [Refusal(500, "server_error")] * 2
    stack.receiver.statuses[:] = [503]
    stack.receiver.calls.clear()
    request = {"instruction": INSTRUCTION, "callback_url": stack.receiver.url}
    video_id = stack.call("POST", "/videos", json=request).json()["id"]
    assert stack.ended(video_id) == "ready"
    for channel in stack.channels:
        stack.awaited(partial(channel.shown, video_id), f"the message in {channel.name}")
    stack.awaited(lambda: len(stack.receiver.calls) > 1, "the second call")


def signing_in(stack: Stack) -> None:
    """Somebody signs in to the home page with a mailed link, sees the videos of an owner, and signs out."""
    address = f"{_name()}@example.com"
    stack.addresses.add(address, address, OWNER)
    _signed_in(stack, "link", {"email": address, "language": "en"})
    token = stack.awaited(lambda: _mailed_token(stack, address), "the mail with the link")
    key = _signed_in(stack, "session", {"token": token}).json()["key"]
    stack.call("GET", "/videos", headers={"x-api-key": key})
    _signed_in(stack, "end", {"key": key})


def _signed_in(stack: Stack, action: str, body: dict[str, str]) -> httpx.Response:
    """The answer to what the home page sends."""
    url = stack.endpoints.api_url
    headers = {"Origin": f"http://{httpx.URL(url).netloc.decode()}"}
    answer = http.post(f"{url}/sign-in/{action}", json=body, headers=headers)
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer


def _mailed_token(stack: Stack, address: str) -> str | None:
    mails = (path for path in stack.endpoints.mailbox_dir.glob("*.eml") if address in path.read_text())
    links = (re.search(r"#sign-in=([\w-]{43})", mail.with_suffix(".txt").read_text()) for mail in mails)
    return next((link[1] for link in links if link), None)


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        cancelling,
        failing,
        dropping,
        copying_later,
        dropping_the_sidecar_later,
        dropping_a_newer_version,
        replacing_what_waits_in_the_queue,
        copying_what_has_not_begun,
        deleting_a_drop,
        asking,
        asking_as_an_agent,
        asking_for_two,
        changing,
        changing_over_a_link,
        signing_in,
        losing_the_file,
        dropping_a_batch,
        handing_in_a_batch,
        submitting_a_row_again,
        losing_a_row,
        sweeping,
        reaping_what_was_stopped,
        reaping_a_dead_letter,
        exporting_by_itself,
        counting_a_late_charge,
        telling_again,
        waiting_for_the_backend,
        delivering_what_does_not_play,
    )
}
