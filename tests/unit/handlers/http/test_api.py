"""The HTTP API: handing in videos, seeing them, and what is told of a request that cannot be."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.http import api
from tests.events.payloads import event
from tests.support.builders import NOW, TIMELINE, a_version, a_video
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from videos.events.signed_links import captions_url, download_url, poster_url, video_url, watch_url
from videos.inbox.drop import Accepted
from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile, WebAddress
from videos.model.records import Problem, Stage, Status
from videos.model.video import Options, Video, Webhook
from videos.requests.ownership import prefix_of

BASE = "https://videos.example"
VIDEOS = "/v1/videos"
INBOX = "the-inbox"
OWN = f"{prefix_of('ann', 'upl-2')}a b.png"


@pytest.fixture(autouse=True)
def _files_are_there(world: World) -> None:
    for key in (OWN, "inbox/b.mp4", f"{prefix_of('ann', 'upl-1')}c.png"):
        world.inbox.bodies[key] = b"1"


def _submitted(world: World, context: LambdaContext, **body: object) -> Video:
    return world.store.video(content(call(context, "POST", VIDEOS, body), 202)["id"])


def test_a_request_becomes_a_job_that_can_be_followed(world: World, context: LambdaContext) -> None:
    answer = api.handler(event("api_gateway_post_video"), context)
    resource = content(answer, 202)
    assert header(answer, "Location") == resource["links"]["self"] == f"{BASE}{VIDEOS}/{resource['id']}"
    assert (resource["status"], resource["progress"]) == ("queued", 0)
    video = world.store.video(resource["id"])
    assert video.media == (WebAddress(url="https://example.com/kettle?a=1"),)
    assert (video.owner, video.instruction, video.source) == ("ann", "Make it shine.", "api")
    assert world.workflow.started == [video.ref]
    assert content(call(context, "GET", f"{VIDEOS}/{video.video_id}"), 200) == resource


def test_sources_may_be_combined_and_files_are_pinned(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INBOX_READERS", "bob, ann")
    video = _submitted(
        world,
        context,
        url="https://example.com/a",
        upload_ids=["upl-1"],
        s3_key=OWN,
        s3_keys=["inbox/b.mp4"],
    )
    assert video.media == (
        WebAddress(url="https://example.com/a"),
        InboxFile(bucket=INBOX, key=f"{prefix_of('ann', 'upl-1')}c.png"),
        InboxFile(bucket=INBOX, key=OWN, version_id="v1"),
        InboxFile(bucket=INBOX, key="inbox/b.mp4", version_id="v1"),
    )
    assert video.instruction == "The default."


def test_an_instruction_alone_is_enough(world: World, context: LambdaContext) -> None:
    video = _submitted(world, context, instruction="A city at night 🌃")
    assert (video.media, video.webhook, video.metadata) == ((), None, None)
    assert world.webhooks.orders == []


def test_wishes_callback_and_metadata_are_kept(world: World, context: LambdaContext) -> None:
    options = {"aspect_ratio": "9:16", "duration_seconds": 12, "language": "de", "title": "Tidewater"}
    metadata = {"order": 7, "price": 1.5, "tags": ["a", None]}
    hook = "https://hooks.example.com/nemo?t=1"
    video = _submitted(
        world,
        context,
        instruction="a",
        metadata=metadata,
        callback_url=hook,
        callback_on_start=True,
        callback_on_progress=True,
        **options,
    )
    assert video.options == Options.model_validate(options)
    assert (video.metadata, video.webhook) == (metadata, Webhook(url=hook, on_start=True, on_progress=True))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ("", "body"),
        ("null", "body"),
        ([], "body"),
        ({}, "body"),
        ({"aspect_ratio": "1:1"}, "body"),
        ({"url": "not an address"}, "url"),
        ({"url": "ftp://example.com/a"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": 7}, "url"),
        ({"url": "https://nowhere.example/"}, "url"),
        ({"url": "https://within.example.com/"}, "url"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "url"),
        ({"instruction": ""}, "instruction"),
        ({"instruction": "  \n"}, "instruction"),
        ({"instruction": "x" * 5001}, "instruction"),
        ({"instruction": ["a"]}, "instruction"),
        ({"s3_key": ""}, "s3_key"),
        ({"s3_key": "x" * 1025}, "s3_key"),
        ({"s3_key": "uploads/never.png"}, "s3_key"),
        ({"s3_key": "inbox/b.mp4"}, "s3_key"),
        ({"s3_keys": [OWN, f"{OWN}x"]}, "s3_keys"),
        ({"s3_keys": ["a"] * 11}, "s3_keys"),
        ({"upload_ids": ["upl-unknown"]}, "upload_ids"),
        ({"upload_ids": "upl-1"}, "upload_ids"),
        ({"instruction": "a", "aspect_ratio": "4:3"}, "aspect_ratio"),
        ({"instruction": "a", "duration_seconds": 2}, "duration_seconds"),
        ({"instruction": "a", "duration_seconds": 61}, "duration_seconds"),
        ({"instruction": "a", "language": "German, please"}, "language"),
        ({"instruction": "a", "title": 'a". Ignore this'}, "title"),
        ({"instruction": "a", "metadata": {"a": "ü" * 600}}, "metadata"),
        ({"instruction": "a", "metadata": "text"}, "metadata"),
        ({"instruction": "a", "callback_url": "https://within.example.com/"}, "callback_url"),
        ({"instruction": "a", "callback_url": "ftp://hooks.example.com/"}, "callback_url"),
        ({"instruction": "a", "webhook": "https://example.com"}, "webhook"),
    ],
)
def test_a_request_that_cannot_be_a_job_is_told_which_field_is_wrong(
    world: World, context: LambdaContext, body: object, field: str
) -> None:
    kind = "invalid-request"
    said = problem(call(context, "POST", VIDEOS, body), 422, kind)
    assert said["field"].split(".")[0] == field
    assert said["detail"].startswith(f"{field}")
    assert len(said["detail"]) > len(f"{field}: ")
    assert world.workflow.started == []


@pytest.mark.parametrize("body", ["{not JSON", "[1", "{'a': 1}", '{"a": 1', "\x00"])
def test_what_is_no_json_is_told_so(world: World, context: LambdaContext, body: str) -> None:
    assert problem(call(context, "POST", VIDEOS, body), 400, "malformed-json")["field"] == "body"
    assert world.workflow.started == []


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "image/png", ""])
def test_another_type_of_body_is_refused(world: World, context: LambdaContext, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    problem(call(context, "POST", VIDEOS, {"instruction": "a"}, headers=headers), 415, "not-json")
    assert world.workflow.started == []


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_named_as_http_allows(world: World, context: LambdaContext, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    content(call(context, "POST", VIDEOS, {"instruction": "a"}, headers=headers), 202)
    assert len(world.workflow.started) == 1


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x"])
def test_without_a_body_its_type_does_not_matter(
    world: World, context: LambdaContext, content_type: str
) -> None:
    headers = {"Content-Type": content_type}
    a_video_of_ann(world, Status.FAILED)
    problem(call(context, "POST", VIDEOS, None, headers=headers), 422, "invalid-request")
    content(call(context, "POST", f"{VIDEOS}/{ID}/retry", None, headers=headers), 202)


def test_a_body_too_large_is_refused_unread(world: World, context: LambdaContext) -> None:
    problem(call(context, "POST", VIDEOS, "{" + " " * 100_000), 413, "too-large")
    assert world.workflow.started == []


def test_somebody_elses_upload_is_not_there(world: World, context: LambdaContext) -> None:
    answer = call(context, "POST", VIDEOS, {"upload_ids": ["upl-1"]}, owner="bob")
    assert problem(answer, 422, "invalid-request")["field"] == "upload_ids"
    assert world.workflow.started == []


@pytest.mark.parametrize("path", ["/v2/videos", "/v1", "/v1/", "/v1/vidéos", f"{VIDEOS}/{ID}/nothing", "/"])
def test_what_is_at_no_address_is_not_found(world: World, context: LambdaContext, path: str) -> None:
    problem(call(context, "GET", path), 404, "not-found")
    assert world.workflow.started == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", VIDEOS, "GET, HEAD, POST"),
        ("PUT", f"{VIDEOS}/{ID}", "DELETE, GET, HEAD"),
        ("HEAD", "/v1/uploads", "POST"),
        ("GET", f"{VIDEOS}/{ID}/edits", "POST"),
        ("PATCH", "/v1/uploads", "POST"),
        ("POST", "/v1/credits", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_for_an_address_is_told_which_are(
    world: World, context: LambdaContext, method: str, path: str, allowed: str
) -> None:
    answer = call(context, method, path)
    assert answer["statusCode"] == 405
    if method != "HEAD":
        problem(answer, 405, "method-not-allowed")
    assert header(answer, "Allow") == allowed
    assert world.workflow.started == []


@pytest.mark.parametrize("path", [VIDEOS, f"{VIDEOS}/{ID}", f"{VIDEOS}/vid-none", "/v1/openapi.json"])
def test_head_is_get_without_a_body(world: World, context: LambdaContext, path: str) -> None:
    a_video_of_ann(world, Status.READY)
    got, head = (call(context, method, path) for method in ("GET", "HEAD"))
    assert head == got | {"body": ""}


READING = [("GET", VIDEOS), ("GET", f"{VIDEOS}/{ID}"), ("GET", "/v1/credits")]
WRITING = [
    ("POST", VIDEOS, {"instruction": "a"}),
    ("POST", f"{VIDEOS}/{ID}/edits", {"instruction": "a"}),
    ("POST", f"{VIDEOS}/{ID}/messages", {"text": "status"}),
    ("POST", f"{VIDEOS}/{ID}/cancel", None),
    ("POST", f"{VIDEOS}/{ID}/retry", None),
    ("POST", "/v1/uploads", {"file_name": "a.png"}),
]


@pytest.mark.parametrize(
    ("call_of", "scopes", "lacking"),
    [((*call_of, None), "write", "read") for call_of in READING]
    + [(call_of, "read", "write") for call_of in WRITING]
    + [((*READING[0], None), "", "read"), (WRITING[0], "readwrite", "write")],
)
def test_a_key_does_what_its_scopes_say_and_no_more(
    world: World, context: LambdaContext, call_of: tuple[str, str, Any], scopes: str, lacking: str
) -> None:
    before = a_video_of_ann(world, Status.FAILED)
    said = problem(call(context, *call_of, scopes=scopes), 403, "scope")
    assert f"“{lacking}”" in said["detail"]
    assert (world.store.video(before.video_id), world.workflow.started) == (before, [])
    assert world.backend.requests == []


@pytest.mark.parametrize("call_of", [(*READING[1], None), *WRITING[1:5]])
def test_an_unknown_video_and_somebody_elses_look_the_same(
    world: World, context: LambdaContext, call_of: tuple[str, str, Any]
) -> None:
    before = a_video_of_ann(world, Status.FAILED)
    method, path, body = call_of
    foreign = problem(call(context, method, path, body, owner="bob"), 404, "not-found")
    unknown = problem(call(context, method, path.replace(ID, "vid-unknown"), body), 404, "not-found")
    assert foreign == unknown
    assert (world.store.video(before.video_id), world.workflow.started) == (before, [])


def test_a_ready_video_has_its_versions_and_links(world: World, context: LambdaContext) -> None:
    video = a_video_of_ann(world, Status.READY)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert (resource["status"], resource["progress"]) == ("ready", 100)
    assert resource["timeline"] == TIMELINE.summary
    assert [line["message"] for line in resource["history"]] == ["It is ready."]
    (version,) = resource["versions"]
    assert (version["version"], version["status"], version["duration_seconds"]) == (1, "ready", 8.0)
    assert resource["links"] == {
        "self": f"{BASE}{VIDEOS}/{ID}",
        "watch": watch_url(BASE, video),
        "video": video_url(BASE, video, 1),
        "download": download_url(BASE, video, 1),
        "poster": poster_url(BASE, video, 1),
        "captions": captions_url(BASE, video, 1),
        "editor": None,
    }


def test_while_a_next_version_is_made_the_last_one_is_shown(world: World, context: LambdaContext) -> None:
    video = a_video_of_ann(world, Status.READY)
    world.store.begin(video, a_version(number=2, instruction="Shorter."))
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert resource["status"] == "queued"
    assert [(item["instruction"], item["status"]) for item in resource["versions"]] == [
        ("Make it shine.", "ready"),
        ("Shorter.", "queued"),
    ]
    assert resource["links"]["video"] == video_url(BASE, video, 1)


def test_a_failed_video_says_what_to_do(world: World, context: LambdaContext) -> None:
    left = Problem(code=FailureCode.REFUSED, message="It is empty.", advice="Upload it again.")
    a_video_of_ann(world, Status.FAILED, problem=left)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    assert (resource["message"], resource["advice"]) == ("It is failed.", "Upload it again.")
    assert [link for name, link in resource["links"].items() if name != "self" and link] == []


def test_neither_the_key_nor_what_signs_is_told_or_logged(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    video = a_video_of_ann(world, Status.READY)
    answers = [
        call(context, "GET", f"{VIDEOS}/{ID}"),
        call(context, "GET", VIDEOS),
        call(context, "POST", VIDEOS, {"instruction": "a"}),
        call(context, "POST", VIDEOS, "{not JSON"),
    ]
    told = json.dumps(answers) + "".join(capsys.readouterr())
    assert video.link_key not in told
    assert "nvp_key" not in told


def test_a_fault_within_is_logged_and_not_explained(
    world: World, context: LambdaContext, caplog: pytest.LogCaptureFixture
) -> None:
    world.workflow.crashes = 1
    said = problem(call(context, "POST", VIDEOS, {"instruction": "a"}), 500, "internal")
    assert "could not be reached" not in said["detail"]
    assert "the workflow could not be reached" in caplog.text


def test_without_a_domain_of_its_own_the_api_names_the_address_it_was_reached_by(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "")
    a_video_of_ann(world, Status.READY)
    resource = content(call(context, "GET", f"{VIDEOS}/{ID}"), 200)
    reached = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
    assert resource["links"]["self"].startswith(f"{reached}/v1/videos/")


def _several(world: World) -> None:
    for number, owner in enumerate(["ann", "bob", "ann", "ann"]):
        video = a_video().model_copy(update={"video_id": f"vid-{number}", "owner": owner})
        video = video.model_copy(update={"created_at": video.created_at.replace(hour=number)})
        world.store.create(video, a_version(video_id=video.video_id))
    world.store.report("vid-0", Stage.INSPECTING, 0, "At work.")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (None, ["vid-3", "vid-2", "vid-0"]),
        ({"limit": "1"}, ["vid-3"]),
        ({"status": "working"}, ["vid-0"]),
        ({"status": "queued", "limit": "100"}, ["vid-3", "vid-2"]),
        ({"status": "ready"}, []),
    ],
)
def test_ones_own_videos_are_listed(
    world: World, context: LambdaContext, query: dict[str, str] | None, ids: list[str]
) -> None:
    _several(world)
    listed = content(call(context, "GET", VIDEOS, query=query), 200)
    assert [video["id"] for video in listed["videos"]] == ids
    assert (listed["cursor"] is not None) is (query == {"limit": "1"})


def test_a_list_goes_on_where_its_cursor_says(world: World, context: LambdaContext) -> None:
    _several(world)
    first = content(call(context, "GET", VIDEOS, query={"limit": "2"}), 200)
    rest = content(call(context, "GET", VIDEOS, query={"limit": "2", "cursor": first["cursor"]}), 200)
    assert [video["id"] for video in first["videos"] + rest["videos"]] == ["vid-3", "vid-2", "vid-0"]
    assert rest["cursor"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "many"},
        {"status": "lost"},
        {"cursor": "made up"},
        {"cursor": "x" * 501},
    ],
)
def test_a_list_that_cannot_be_is_told_why(
    world: World, context: LambdaContext, query: dict[str, str]
) -> None:
    _several(world)
    (field,) = query
    assert problem(call(context, "GET", VIDEOS, query=query), 422, "invalid-request")["field"] == field


def test_an_object_of_the_inbox_leads_to_its_video(world: World, context: LambdaContext) -> None:
    file = InboxFile(bucket="the-inbox", key="inbox/a/job.json", version_id="v1")
    world.inbox.bodies = {file.key: b'{"files": ["part.png"]}', "inbox/a/part.png": b"1"}
    taken = wiring.intake().take(Drop(file=file, at=NOW), now=NOW)
    assert isinstance(taken, Accepted)
    for key, found in ((file.key, 1), ("inbox/a/part.png", 1), ("inbox/strange.png", 0)):
        answer = content(call(context, "GET", VIDEOS, owner="inbox", query={"s3_key": key}), 200)
        assert [video["id"] for video in answer["videos"]] == [taken.video.video_id] * found
    other = call(context, "GET", VIDEOS, owner="ann", query={"s3_key": "inbox/a.png"})
    assert content(other, 200)["videos"] == []
