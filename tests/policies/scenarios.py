"""What people do with the pipeline, so that between them the scenarios need whatever its roles may do."""

import contextlib
import csv
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from tests.faults.answers import says, truncated, truncated_unnoticed
from tests.faults.backend import Script
from tests.faults.clip import picture
from tests.faults.slack import Refusal
from tests.policies.stack import ASKED, INSTRUCTION, Stack

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
    key = f"inbox/{_name()}.png"
    stack.put(f"{key}.txt", INSTRUCTION.encode())
    video_id = stack.put(key, picture())
    assert stack.ended(video_id) == "ready"
    tags = stack.s3.get_object_tagging(Bucket=stack.endpoints.inbox_bucket, Key=key)["TagSet"]
    assert {"Key": "video-status", "Value": "ready"} in tags
    stack.awaited(lambda: stack.turn(video_id).get("settlement"), "the credits are settled")
    stack.awaited(lambda: stack.mailed(video_id), "the mail")
    stack.awaited(lambda: stack.slack.shown(video_id), "the message in Slack")
    ends = stack.awaited(
        lambda: [event for event in stack.events(video_id) if event["type"] == "video.ended"], "the event"
    )
    stages = {event.get("stage") for event in stack.events(video_id)}
    assert {"inspecting", "rendering"} <= stages, stages
    page = httpx.get(ends[0]["links"]["watch"])
    assert page.is_success, page.text
    file = httpx.get(f"{ends[0]['links']['watch'].split('?')[0]}/video.mp4?{page.url.query.decode()}")
    assert httpx.get(file.headers["Location"]).is_success


def changing(stack: Stack) -> None:
    """A note is dropped while the first version is made; the second one follows."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    with stack.generations_held():
        video_id = stack.put(key, picture(), Metadata=ASKED)
        stack.awaited(lambda: stack.turn(video_id), "the video is accepted")
        stack.put(f"{key}.edit.txt", b"Shorter.")
        stack.awaited(lambda: stack.video(video_id).get("waiting"), "the note waits")
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    assert stack.turn(video_id, 2).get("sending"), stack.turn(video_id, 2)


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
    missing = httpx.post(
        f"{stack.endpoints.api_url}/v1/videos", headers={"x-api-key": stack.key}, json={"s3_key": key}
    )
    assert missing.status_code == httpx.codes.UNPROCESSABLE_ENTITY, missing.text
    stack.ended(video.json()["id"])


def asking(stack: Stack) -> None:
    """A service uploads, asks for an estimate and a video, is called back, has it changed and deleted."""
    stack.backend.play(a_script())
    ticket = stack.call("POST", "/uploads", json={"file_name": "a.png"}).json()
    sent = httpx.post(ticket["url"], data=ticket["fields"], files={"file": ("a.png", picture(), "image/png")})
    assert sent.is_success, sent.text
    request: dict[str, Any] = {
        "instruction": INSTRUCTION,
        "upload_ids": [ticket["upload_id"]],
        "callback_url": stack.receiver.url,
        "callback_on_start": True,
    }
    assert stack.call("POST", "/videos?dry_run=true", json=request).json()["credits"]
    assert stack.call("GET", "/credits").json()["total"]
    stack.receiver.calls.clear()
    key = {"Idempotency-Key": _name()}
    video_id = stack.call("POST", "/videos", json=request, headers=key).json()["id"]
    assert stack.call("POST", "/videos", json=request, headers=key).json()["id"] == video_id
    assert stack.ended(video_id) == "ready"
    stack.awaited(lambda: len(stack.receiver.calls) > 1, "two callbacks")
    assert video_id in [video["id"] for video in stack.call("GET", "/videos").json()["videos"]]
    video = stack.call("GET", f"/videos/{video_id}").json()
    assert httpx.get(video["links"]["video"]).is_success
    stack.call("POST", f"/videos/{video_id}/edits", json={"instruction": "Shorter."})
    stack.ended(video_id, 2)  # the scripted agent changes nothing twice
    assert stack.turn(video_id, 2).get("sending"), stack.turn(video_id, 2)
    stack.awaited(lambda: stack.turn(video_id, 2).get("settlement"), "the credits are settled")
    stack.call("DELETE", f"/videos/{video_id}")
    assert stack.video(video_id) == {}


def deleting_a_drop(stack: Stack) -> None:
    """Nothing is left of a dropped file, its sidecar and its video."""
    stack.backend.play(a_script())
    key = f"inbox/{_name()}.png"
    stack.put(f"{key}.txt", INSTRUCTION.encode())
    video_id = stack.put(key, picture())
    assert stack.ended(video_id) == "ready"
    stack.awaited(lambda: stack.turn(video_id).get("settlement"), "the credits are settled")
    stack.call("DELETE", f"/videos/{video_id}")
    left = stack.s3.list_object_versions(Bucket=stack.endpoints.inbox_bucket, Prefix=key)
    assert not left.get("Versions"), left
    shelf = stack.s3.list_objects_v2(Bucket=stack.endpoints.videos_bucket, Prefix=f"videos/{video_id}/")
    assert not shelf.get("Contents"), shelf


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
    assert stack.turn(video_id)["problem"]["code"] == "render_failed", stack.turn(video_id)["problem"]


def delivering_what_does_not_play(stack: Stack) -> None:
    """What does not play, or does not come whole, is not kept."""
    for answer in (truncated_unnoticed, truncated):
        stack.backend.play(a_script(file=answer, fallback=answer))
        video_id = stack.put(f"inbox/{_name()}.png", picture(), Metadata=ASKED)
        assert stack.ended(video_id) == "failed"
        bucket = stack.endpoints.videos_bucket
        assert not stack.s3.list_objects_v2(Bucket=bucket, Prefix=f"videos/{video_id}/").get("Contents")
        problem = stack.turn(video_id)["problem"]
        assert problem["code"] in {"delivery_failed", "backend_unavailable"}, problem


def handing_in_a_batch(stack: Stack) -> None:
    """Rows are handed in over the API; one names a file of the inbox, one goes on with another's video."""
    stack.backend.play(a_script())
    key = f"files/{_name()}.png"
    stack.put(key, picture())
    rows = [{"file": key, "instruction": INSTRUCTION}, {"file": "files/none.png"}]
    batch = stack.call("POST", "/batches", json={"rows": rows}).json()

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.call("GET", f"/batches/{batch['id']}").json()
        return found if found["links"]["results"] else None

    found = stack.awaited(look, "the batch ends")
    lines = list(csv.DictReader(io.StringIO(httpx.get(found["links"]["results"]).text)))
    assert [line["status"] for line in lines] == ["ready", "rejected"], lines
    stack.awaited(lambda: stack.events(batch["id"]), "the batch is announced")
    edits = [{"edit_of": lines[0]["id"], "instruction": "Shorter."}]
    batch = stack.call("POST", "/batches", json={"rows": edits}).json()
    found = stack.awaited(look, "the second batch ends")
    assert stack.turn(lines[0]["id"], 2).get("sending"), found


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

    assert ",ready," in stack.awaited(look, "the results")


def sweeping(stack: Stack) -> None:
    """What no event came for is found: a file with its sidecar, a batch, a note."""
    stack.backend.play(a_script())
    key, folder = f"inbox/{_name()}.png", f"inbox/{_name()}"
    with stack.without_events():
        stack.put(f"{key}.txt", INSTRUCTION.encode())
        video_id = stack.put(key, picture())
        stack.put(f"{folder}/batch.csv", f"instruction\n{INSTRUCTION}\n".encode())
        swept = stack.functions.invoke(
            FunctionName=stack.endpoints.sweep_function, Payload=json.dumps({"settled_seconds": 0})
        )
    said = json.loads(swept["Payload"].read())
    assert "report" in said, said
    found = stack.s3.get_object(Bucket=stack.endpoints.videos_bucket, Key=said["report"])["Body"].read()
    lines = [json.loads(line) for line in found.splitlines()]
    failed = [line for line in lines if line.get("found") == "failed"]
    assert failed == []
    assert stack.ended(video_id) == "ready"
    tags = stack.s3.get_object_tagging(Bucket=stack.endpoints.inbox_bucket, Key=key)["TagSet"]
    assert {"Key": "video-id", "Value": video_id} in tags
    bucket, results = stack.endpoints.inbox_bucket, f"{folder}/results.csv"
    stack.awaited(lambda: stack.s3.list_objects_v2(Bucket=bucket, Prefix=results).get("Contents"), "results")


def telling_again(stack: Stack) -> None:
    """Slack and a service refuse once, and hear it again."""
    stack.backend.play(a_script())
    stack.slack.refusals[:] = [Refusal(500, "server_error")] * 2
    stack.receiver.statuses[:] = [503]
    stack.receiver.calls.clear()
    request = {"instruction": INSTRUCTION, "callback_url": stack.receiver.url}
    video_id = stack.call("POST", "/videos", json=request).json()["id"]
    assert stack.ended(video_id) == "ready"
    stack.awaited(lambda: stack.slack.shown(video_id), "the message in Slack")
    stack.awaited(lambda: len(stack.receiver.calls) > 1, "the second call")


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        cancelling,
        failing,
        dropping,
        deleting_a_drop,
        asking,
        changing,
        losing_the_file,
        dropping_a_batch,
        handing_in_a_batch,
        sweeping,
        telling_again,
        delivering_what_does_not_play,
    )
}
