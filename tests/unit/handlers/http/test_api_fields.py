"""The HTTP API tells what it knows of a video: why it failed, where it came from, what the agent said."""

import json
from http import HTTPStatus

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from tests.support.builders import DELIVERED, NOW, a_reply, a_version, a_video
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from videos.model.errors import FileGoneError
from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile, Media, WebAddress
from videos.model.records import Problem, Status, VersionRef
from videos.model.version import Ended
from videos.requests.ownership import prefix_of

VIDEOS = "/v1/videos"
GONE = FileGoneError("It is gone.", advice="Drop it again.").problem
DROPPED = InboxFile(bucket="the-inbox", key="inbox/spring/shop.url", version_id="v1")
SECRET = WebAddress(url="https://me:pass@shop.example/kettle?id=7&X-Amz-Signature=abc&token=t#part")
SHOWN = "https://shop.example/kettle?id=7"


def _failed(world: World, problem: Problem = GONE) -> None:
    video = a_video().model_copy(update={"owner": "ann"})
    world.store.create(video, a_version(problem=problem))
    ended = Ended(status=Status.FAILED, at=NOW, message=problem.message, code=problem.code)
    world.store.end(video.ref, ended)


def test_a_failed_video_has_a_code_wherever_it_is_told_of(world: World, context: LambdaContext) -> None:
    _failed(world)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    (listed,) = content(call(context, "GET", VIDEOS), 200)["videos"]
    (version,) = resource["versions"]
    assert [told["code"] for told in (resource, listed, version)] == ["file_gone"] * 3


@pytest.mark.parametrize("status", [Status.READY, Status.CANCELLED, Status.NEEDS_ANSWER, Status.QUEUED])
def test_what_has_not_failed_has_no_code(world: World, context: LambdaContext, status: Status) -> None:
    a_video_of_ann(world, status, problem=GONE)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert (resource["code"], resource["versions"][0]["code"]) == (None, None)


def test_the_next_version_has_not_failed(world: World, context: LambdaContext) -> None:
    _failed(world)
    world.store.begin(world.store.video(ID), a_version(number=2))
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert (resource["code"], [version["code"] for version in resource["versions"]]) == (
        None,
        ["file_gone", None],
    )
    assert content(call(context, "GET", VIDEOS), 200)["videos"][0]["code"] is None


@pytest.mark.parametrize(
    ("dropped", "media", "source", "all_of_it"),
    [
        (None, (), None, []),
        (None, (SECRET,), SHOWN, [SHOWN]),
        (DROPPED, (SECRET,), "inbox/spring/shop.url", [SHOWN]),
        (
            None,
            (InboxFile(bucket="b", key=f"{prefix_of('ann', 'upl-1')}c.png"), SECRET),
            f"{prefix_of('ann', 'upl-1')}c.png",
            [f"{prefix_of('ann', 'upl-1')}c.png", SHOWN],
        ),
        (
            None,
            (InboxFile(bucket="b", key="inbox/https://me:pass@shop.example/a.png"),),
            "inbox/https://shop.example/a.png",
            ["inbox/https://shop.example/a.png"],
        ),
    ],
    ids=["words", "address", "drop", "upload", "address-as-key"],
)
def test_it_tells_where_a_video_came_from_without_secrets(  # noqa: PLR0917
    world: World,
    context: LambdaContext,
    dropped: InboxFile | None,
    media: tuple[Media, ...],
    source: str | None,
    all_of_it: list[str],
) -> None:
    drop = Drop(file=dropped, at=NOW) if dropped else None
    video = a_video().model_copy(update={"owner": "ann", "dropped": drop, "media": media})
    world.store.create(video, a_version())
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    (listed,) = content(call(context, "GET", VIDEOS), 200)["videos"]
    assert (resource["source"], listed["source"], resource["media"]) == (source, source, all_of_it)


def test_it_tells_what_the_agent_said_how_long_and_how_large(world: World, context: LambdaContext) -> None:
    reply = a_reply().model_copy(update={"text": "I used https://me:pass@shop.example/a.mp3 for the music."})
    a_video_of_ann(world, Status.READY, reply=reply)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    for told in (resource, *resource["versions"]):
        assert told["agent_says"] == "I used https://shop.example/a.mp3 for the music."
        assert told["duration_seconds"] == DELIVERED.duration_ms / 1000
        assert told["size_bytes"] == DELIVERED.size


def test_a_list_has_the_links_of_what_is_ready(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    (listed,) = content(call(context, "GET", VIDEOS), 200)["videos"]
    assert listed["links"] == resource["links"] | {"captions": None}
    assert all(listed["links"][name] for name in ("watch", "video", "download", "poster"))


def test_a_version_has_links_to_its_files(world: World, context: LambdaContext) -> None:
    video = a_video_of_ann(world, Status.READY)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    (version,) = resource["versions"]
    assert {name: version[name] for name in ("video", "poster", "captions")} == {
        name: resource["links"][name] for name in ("video", "poster", "captions")
    }
    silent = DELIVERED.model_copy(update={"captions_key": None})
    world.store.write(video.ref, silent)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert (resource["links"]["captions"], resource["versions"][0]["captions"]) == (None, None)


def test_a_second_cancellation_gets_the_first_answer(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.WORKING)
    answers = [call(context, "POST", f"{VIDEOS}/{ID}/cancel") for _ in range(3)]
    assert content(answers[0], 200)["status"] == "cancelled"
    assert answers == [answers[0]] * 3
    assert world.workflow.cancelled == [VersionRef(video_id=ID, version=1)]


def test_a_body_with_a_byte_order_mark_is_read(world: World, context: LambdaContext) -> None:
    resource = content(call(context, "POST", VIDEOS, "\ufeff" + json.dumps({"instruction": "a"})), 202)
    assert world.store.video(resource["id"]).instruction == "a"


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("ThrottlingException", "StartExecution"),
        ("ProvisionedThroughputExceededException", "GetItem"),
        ("SlowDown", "HeadObject"),
        ("TransactionConflictException", "UpdateItem"),
    ],
)
def test_too_much_at_once_says_when_to_come_again(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, code: str, operation: str
) -> None:
    def start(_ref: VersionRef) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "Rate exceeded"}}, operation)

    monkeypatch.setattr(world.workflow, "start", start)
    answer = call(context, "POST", VIDEOS, {"instruction": "a"})
    problem(answer, HTTPStatus.SERVICE_UNAVAILABLE, "overloaded")
    assert int(header(answer, "Retry-After")) > 0


@pytest.mark.parametrize("name", ["empty.png", "not.png", "gone.png", "sealed.png"])
def test_an_estimate_of_any_object_is_an_answer(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    key = f"{prefix_of('ann', 'upl-1')}{name}"
    world.inbox.bodies[key] = b"" if name == "empty.png" else b"%PDF-1.7"

    def head(file: InboxFile, count: int) -> bytes:
        if name == "gone.png":
            raise FileNotFoundError(file.key)
        if name == "sealed.png":
            raise PermissionError(file.key)
        return world.inbox.bodies[file.key][:count]

    monkeypatch.setattr(world.inbox, "head", head)
    said = problem(call(context, "POST", f"{VIDEOS}/estimate", {"s3_key": key}), 422, "refused")
    codes = {"empty.png": "empty_file", "not.png": "unsupported_file", "gone.png": "file_gone"}
    assert said["code"] == codes.get(name, "unreadable_file")
    assert said["code"] in set(FailureCode)
