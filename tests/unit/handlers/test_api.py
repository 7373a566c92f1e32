import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import api
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from tests.unit.videos.samples import DELIVERED, NOW, TIMELINE, a_turn, a_video
from videos.links import watch_url
from videos.models import Ended, InboxFile, Problem, Status, Turn, Video, WebAddress

FAR_AWAY = datetime(2999, 1, 1, tzinfo=UTC)
BASE = "https://videos.example"
KEY = {"Idempotency-Key": "key-1"}


@pytest.fixture(autouse=True)
def _a_file_is_there(world: World) -> None:
    world.inbox.bodies["uploads/a b.png"] = b"1"


def _post(
    context: LambdaContext, body: object, headers: dict[str, str] | None = None, **request: str
) -> Event:
    """Send a body, as JSON unless it is text, under a request id of its own."""
    asked = event("api_gateway_post_video")
    asked["body"] = body if isinstance(body, str) or body is None else json.dumps(body)
    asked["headers"] |= headers or {}
    asked["multiValueHeaders"] |= {name: [value] for name, value in (headers or {}).items()}
    asked["requestContext"]["requestId"] = request.get("request_id", "request-1")
    asked["requestContext"]["authorizer"]["owner"] = request.get("owner", "ann")
    return api.handler(asked, context)


def _get(context: LambdaContext, video_id: str, owner: str = "ann") -> Event:
    asked = event("api_gateway_get_video")
    asked |= {"path": f"/v1/videos/{video_id}", "pathParameters": {"video_id": video_id}}
    asked["requestContext"]["authorizer"]["owner"] = owner
    return api.handler(asked, context)


def _watch(context: LambdaContext, url: str, **change: str | None) -> Event:
    """Follow a link, with some of its parameters changed or, where None, left out."""
    link = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(link.query).items()} | change
    given = {name: value for name, value in query.items() if value is not None}
    asked = event("api_gateway_watch")
    asked |= {
        "path": link.path,
        "pathParameters": {"video_id": link.path.rsplit("/", 1)[-1]},
        "queryStringParameters": given or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in given.items()} or None,
    }
    return api.handler(asked, context)


def _header(answer: Event, name: str) -> str:
    value: str = answer["multiValueHeaders"][name][0]
    return value


def _resource(answer: Event) -> dict[str, Any]:
    assert answer["statusCode"] in {200, 202}, answer
    assert _header(answer, "Content-Type") == "application/json"
    resource: dict[str, Any] = json.loads(answer["body"])
    return resource


def _problem(answer: Event) -> dict[str, Any]:
    assert _header(answer, "Content-Type") == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer["body"])
    assert problem["status"] == answer["statusCode"]
    assert problem["type"].startswith("urn:nemo-video:")
    return problem


def _store(world: World, **parts: object) -> Video:
    """Ann's video, whose turn has come so far."""
    turn: Turn = a_turn(**parts)
    video = a_video().model_copy(update={"owner": "ann", "expires_at": FAR_AWAY})
    world.store.create(video, turn.model_copy(update={"ended": None}))
    if turn.ended:
        world.store.end(video.job, turn.ended)
    return world.store.video(video.video_id)


def _ready(world: World) -> Video:
    ended = Ended(status=Status.READY, at=NOW, message="The video is ready.")
    return _store(world, delivered=DELIVERED, timeline=TIMELINE, ended=ended)


def test_a_request_becomes_a_job_that_can_be_followed(world: World, context: LambdaContext) -> None:
    answer = api.handler(event("api_gateway_post_video"), context)
    resource = _resource(answer)
    assert answer["statusCode"] == 202
    assert _header(answer, "Location") == resource["links"]["self"] == f"{BASE}/v1/videos/{resource['id']}"
    assert (resource["status"], resource["progress"]) == ("queued", 0)
    video = world.store.video(resource["id"])
    assert video.media == (WebAddress(url="https://example.com/kettle?a=1"),)
    assert (video.owner, video.instruction, video.source) == ("ann", "Make it shine.", "api")
    assert world.workflow.started == [video.job]
    assert _resource(_get(context, video.video_id))["id"] == video.video_id


def test_a_file_in_the_inbox_is_pinned_to_its_version(world: World, context: LambdaContext) -> None:
    resource = _resource(_post(context, {"s3_key": "uploads/a b.png"}))
    assert world.store.video(resource["id"]).media == (
        InboxFile(bucket="the-inbox", key="uploads/a b.png", version_id="v1"),
    )
    assert resource["instruction"] == "The default."


def test_an_instruction_alone_is_enough(world: World, context: LambdaContext) -> None:
    resource = _resource(_post(context, {"instruction": "A city at night 🌃"}))
    assert world.store.video(resource["id"]).media == ()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{not JSON", "body"),
        ("", "body"),
        (None, "body"),
        ([], "body"),
        ("[1", "body"),
        ("null", "body"),
        ({}, "body"),
        ({"url": "https://example.com/", "s3_key": "a"}, "body"),
        ({"url": "not an address"}, "url"),
        ({"url": "ftp://example.com/a"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": 7}, "url"),
        ({"instruction": ""}, "instruction"),
        ({"instruction": "x" * 5001}, "instruction"),
        ({"instruction": ["a"]}, "instruction"),
        ({"s3_key": ""}, "s3_key"),
        ({"s3_key": "x" * 1025}, "s3_key"),
        ({"s3_key": "uploads/never.png"}, "s3_key"),
        ({"instruction": "a", "webhook": "https://example.com"}, "webhook"),
    ],
)
def test_a_request_that_cannot_be_a_job_is_told_which_field_is_wrong(
    world: World, context: LambdaContext, body: object, field: str
) -> None:
    answer = _post(context, body)
    problem = _problem(answer)
    assert (answer["statusCode"], problem["field"]) == (400, field)
    assert len(problem["detail"]) > len(f"{field}: ")
    assert world.workflow.started == []


def test_the_same_key_and_request_is_the_same_video(world: World, context: LambdaContext) -> None:
    answers = [_post(context, {"instruction": "a"}, KEY, request_id=str(number)) for number in range(3)]
    assert len({_resource(answer)["id"] for answer in answers}) == 1
    assert len(world.workflow.started) == 1


def test_the_same_key_for_another_request_is_refused(world: World, context: LambdaContext) -> None:
    _post(context, {"instruction": "a"}, KEY)
    answer = _post(context, {"instruction": "b"}, KEY, request_id="request-2")
    problem = _problem(answer)
    assert (answer["statusCode"], problem["field"]) == (422, "Idempotency-Key")
    assert len(world.workflow.started) == 1


@pytest.mark.parametrize(
    ("headers", "request_of"),
    [
        ({}, {"request_id": "request-2"}),
        ({"Idempotency-Key": "key-2"}, {}),
        (KEY, {"owner": "bob"}),
        ({"idempotency-key": "key-2"}, {}),
    ],
    ids=["no key", "another key", "another owner", "another key, in small letters"],
)
def test_anything_else_is_another_video(
    world: World, context: LambdaContext, headers: dict[str, str], request_of: dict[str, str]
) -> None:
    _post(context, {"instruction": "a"}, KEY if "owner" in request_of else None)
    _post(context, {"instruction": "a"}, headers, **request_of)
    assert len(world.workflow.started) == 2


def test_a_ready_video_has_its_links(world: World, context: LambdaContext) -> None:
    video = _ready(world)
    resource = _resource(_get(context, video.video_id))
    assert (resource["status"], resource["progress"], resource["timeline"]) == (
        "ready",
        100,
        TIMELINE.summary,
    )
    assert resource["links"]["video"] == f"https://shelf.example/{DELIVERED.key}?seconds=3600&as=None"
    assert DELIVERED.poster_key in resource["links"]["poster"]
    assert resource["links"]["watch"] == watch_url(BASE, video)


def test_a_failed_video_says_what_to_do(world: World, context: LambdaContext) -> None:
    problem = Problem(code="refused", message="It is empty.", advice="Upload it again.")
    ended = Ended(status=Status.FAILED, at=NOW, message=problem.message)
    video = _store(world, problem=problem, ended=ended)
    resource = _resource(_get(context, video.video_id))
    assert (resource["message"], resource["advice"]) == ("It is empty.", "Upload it again.")
    assert [link for name, link in resource["links"].items() if name != "self" and link] == []


def test_an_unknown_video_and_somebody_elses_look_the_same(world: World, context: LambdaContext) -> None:
    video = _ready(world)
    unknown, foreign = _get(context, "vid-unknown"), _get(context, video.video_id, owner="bob")
    assert unknown["statusCode"] == foreign["statusCode"] == 404
    assert _problem(unknown) == _problem(foreign)


def test_an_address_that_is_none_is_a_problem_too(context: LambdaContext, world: World) -> None:
    asked = event("api_gateway_get_video") | {"path": "/v2/nothing"}
    assert _problem(api.handler(asked, context))["status"] == 404
    assert world.workflow.started == []


def test_a_link_leads_to_a_fresh_download(world: World, context: LambdaContext) -> None:
    answer = _watch(context, watch_url("https://other.example", _ready(world)))
    assert answer["statusCode"] == 302
    assert _header(answer, "Location").startswith(f"https://shelf.example/{DELIVERED.key}?seconds=3600")
    assert _header(answer, "Cache-Control") == "no-store"


@pytest.mark.parametrize(
    "change",
    [
        {"signature": "0" * 64},
        {"signature": None},
        {"expires": None},
        {"expires": None, "signature": None},
        {"expires": "9999999999"},
        {"expires": "9" * 5000},
        {"expires": "٣"},
        {"signature": "ü"},
    ],
)
def test_a_link_that_is_not_ours_leads_nowhere(
    world: World, context: LambdaContext, change: dict[str, str | None]
) -> None:
    answer = _watch(context, watch_url(BASE, _ready(world)), **change)
    assert answer["statusCode"] == 403
    assert "Ask whoever sent it" in answer["body"]
    assert "Location" not in answer["multiValueHeaders"]


def test_an_expired_link_leads_nowhere(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = _ready(world)

    class Later(datetime):
        """The end of the video's days."""

        @classmethod
        def now(cls, _tz: object = None) -> datetime:  # type: ignore[override]
            return video.expires_at

    monkeypatch.setattr(api, "datetime", Later)
    assert _watch(context, watch_url(BASE, video))["statusCode"] == 403


@pytest.mark.parametrize("known", [True, False], ids=["not ready", "unknown"])
def test_what_is_not_there_cannot_be_watched(world: World, context: LambdaContext, *, known: bool) -> None:
    video = _store(world) if known else a_video()
    assert _watch(context, watch_url(BASE, video))["statusCode"] == 403


def test_without_a_domain_of_its_own_the_api_names_the_address_it_was_reached_by(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBLIC_URL", "")
    resource = _resource(_get(context, _ready(world).video_id))
    reached = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
    assert resource["links"]["self"].startswith(f"{reached}/v1/videos/")


def test_neither_the_key_nor_a_signature_is_logged(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    video = _ready(world)
    _post(context, {"instruction": "a"})
    _post(context, "{not JSON")
    _watch(context, watch_url(BASE, video))
    _watch(context, watch_url(BASE, video), signature="0" * 64)
    logged = "".join(capsys.readouterr())
    assert "nvp_key" not in logged
    assert video.link_key not in logged
    assert parse_qs(urlsplit(watch_url(BASE, video)).query)["signature"][0] not in logged
