"""Changes over a link: who may make them, and what comes of forged and replayed links."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from handlers.http import change
from tests.events.payloads import Event, event
from tests.support.builders import SENDING
from tests.unit.handlers.conftest import Context, World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, content, header, problem
from videos.events.signed_links import change_url, watch_url
from videos.lifecycle.change_links import CALLS_A_MINUTE
from videos.model.records import Status, VersionRef
from videos.model.version import Announced, Charge, Ended
from videos.model.video import Video

PAGES = "https://videos.example"
HOST = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
NOW = datetime.now(UTC)
SHORTER = {"instruction": "Make it shorter."}
CHANGES = 3  # of one link, in these tests
KEPT = {"expires_at": NOW + timedelta(days=30)}


@dataclass
class Visitor:
    """Somebody with a link, and the browser that they use."""

    world: World
    video: Video
    token: str

    def post(
        self,
        action: str = "changes",
        body: object = None,
        *,
        key: str | None = "page-1",
        token: str | None = None,
        tokens: list[str] | None = None,
        video_id: str = ID,
        headers: Mapping[str, str | None] | None = None,
    ) -> Event:
        sent: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "Sec-Fetch-Site": "same-origin",
            "Idempotency-Key": key,
        }
        sent |= headers or {}
        given = {name: value for name, value in sent.items() if value is not None}
        values = tokens if tokens is not None else [token if token is not None else self.token]
        asked = event("api_gateway_post_video")
        asked |= {
            "resource": "/watch/{video_id}/{file}",
            "path": f"/watch/{video_id}/{action}",
            "pathParameters": {"video_id": video_id, "file": action},
            "body": body if isinstance(body, str) else json.dumps(SHORTER if body is None else body),
            "headers": given,
            "multiValueHeaders": {name: [value] for name, value in given.items()},
            "queryStringParameters": {"change": values[-1]} if values else None,
            "multiValueQueryStringParameters": {"change": values} if values else None,
        }
        del asked["requestContext"]["authorizer"]
        return change.handler(asked, Context())

    def finish(self) -> None:
        ref = self.world.store.video(ID).ref
        self.world.store.write(ref, SENDING)
        self.world.store.write(ref, Announced(at=NOW, message_id="m"))
        self.world.store.end(ref, Ended(status=Status.READY, at=NOW, message="It is ready."))

    def versions(self) -> int:
        return self.world.store.video(ID).version

    def nothing_happened(self) -> bool:
        return self.versions() == 1 and self.world.workflow.started == []


def token_of(video: Video, *, version: int = 1, since: datetime = NOW, days: int = 7) -> str:
    url = change_url(PAGES, video, version=version, since=since, days=days)
    (token,) = parse_qs(urlsplit(url).query)["change"]
    return token


@pytest.fixture
def visitor(world: World, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    video = a_video_of_ann(
        world, Status.READY, send_lock=SENDING, announced=Announced(at=NOW, message_id="m")
    )
    monkeypatch.setitem(world.store._videos, ID, video := video.model_copy(update=KEPT))  # noqa: SLF001
    return Visitor(world, video, token_of(video))


def test_a_change_begins_the_next_version(visitor: Visitor) -> None:
    answer = visitor.post()
    assert content(answer, 202) == {"version": 2}
    assert visitor.world.workflow.started == [VersionRef(video_id=ID, version=2)]
    assert visitor.world.store.versions(ID)[-1].instruction == "Make it shorter."


def test_an_answer_is_for_nobody_else(visitor: Visitor) -> None:
    for answer in (visitor.post(), visitor.post(token="x")):
        assert header(answer, "Cache-Control") == "no-store"
        assert header(answer, "Referrer-Policy") == "no-referrer"
        assert not [name for name in answer["multiValueHeaders"] if name.startswith("Access-Control")]
        assert visitor.token.rpartition(".")[2] not in json.dumps(answer)
        assert visitor.video.link_key not in json.dumps(answer)


def test_an_estimate_says_the_price_and_what_is_left(visitor: Visitor) -> None:
    offer = content(visitor.post("estimate", key=None), 200)
    assert offer == {
        "expected": "up to 50 credits, no edit made yet",
        "left": "3 more changes, 500 credits",
    }
    assert visitor.nothing_happened()


def test_the_agents_question_is_answered_by_a_change(world: World, visitor: Visitor) -> None:
    visitor.post()
    ref = world.store.video(ID).ref
    world.store.end(ref, Ended(status=Status.NEEDS_ANSWER, at=NOW, message="Which one?"))
    assert content(visitor.post(body={"instruction": "The red one."}, key="page-2"), 202) == {"version": 3}


# --- Forged and replayed links ---------------------------------------------------------------------------


def _flipped(token: str, bit: int) -> str:
    return token[:-1] + chr(ord(token[-1]) ^ bit)


def _watch_signature(video: Video) -> str:
    (signature,) = parse_qs(urlsplit(watch_url(PAGES, video)).query)["signature"]
    return signature


def _without_scope(video: Video, token: str) -> str:
    """The signature for watching, in the form of a change link with the same expiry."""
    link_id, expires, _ = token.split(".")
    forged = video.model_copy(update={"expires_at": datetime.fromtimestamp(int(expires), UTC)})
    return f"{link_id}.{expires}.{_watch_signature(forged)}"


FORGED: dict[str, Callable[[Video, str], list[str]]] = {
    "none": lambda _video, _token: [],
    "empty": lambda _video, _token: [""],
    "truncated": lambda _video, token: [token[:-1]],
    "without its signature": lambda _video, token: [token.rpartition(".")[0]],
    "longer": lambda _video, token: [token + "0"],
    "one bit flipped": lambda _video, token: [_flipped(token, 1)],
    "another bit flipped": lambda _video, token: [_flipped(token, 4)],
    "in upper case": lambda _video, token: [token.upper()],
    "with a line break": lambda _video, token: [token + "\n"],
    "in other digits": lambda _video, token: [token.replace("1", "\N{ARABIC-INDIC DIGIT ONE}")],
    "with a letter that looks alike": lambda _video, token: [token[:-1] + "\N{CYRILLIC SMALL LETTER A}"],
    "a later expiry": lambda _video, token: [f"1.9999999999.{token.rpartition('.')[2]}"],
    "another link id": lambda _video, token: [token.replace("1.", "2.", 1)],
    "a link id with a zero": lambda _video, token: [f"0{token}"],
    "the signature for watching": lambda video, _token: [_watch_signature(video)],
    "the signature for watching, as a change link": lambda video, token: [_without_scope(video, token)],
    "of another video": lambda video, _token: [
        token_of(video.model_copy(update={"video_id": "vid-another"}))
    ],
    "of another owner's video": lambda video, _token: [
        token_of(
            video.model_copy(update={"video_id": "vid-bobs", "owner": "bob", "link_key": "the key of Bob's"})
        )
    ],
    "from before the key was rotated": lambda video, _token: [
        token_of(video.model_copy(update={"link_key": "the key before"}))
    ],
    "expired": lambda video, _token: [token_of(video, since=NOW - timedelta(days=8))],
    "given twice": lambda _video, token: [token, token],
    "given with a forged one": lambda _video, token: ["1.9.0", token],
    "very long": lambda _video, token: [token * 500],
    "a path": lambda _video, _token: ["../../v1/videos"],
}


@pytest.mark.parametrize("kind", FORGED)
@pytest.mark.parametrize(
    ("action", "body"), [("changes", SHORTER), ("estimate", SHORTER), ("deletion", {"video_id": ID})]
)
def test_a_forged_link_changes_nothing(
    visitor: Visitor, kind: str, action: str, body: dict[str, str]
) -> None:
    unknown = visitor.post(action, body, video_id="vid-unknown")
    answer = visitor.post(action, body, tokens=FORGED[kind](visitor.video, visitor.token))
    problem(answer, 403, "link")
    assert answer == unknown, "nobody learns what is wrong with it, or which videos there are"
    assert visitor.nothing_happened()
    assert visitor.world.storage_deleter.prefixes == []
    assert visitor.world.change_links.call(ID, "1", minute=2**40, most=1), (
        "it does not count against the link"
    )


def test_a_change_link_is_no_signature_for_watching(visitor: Visitor) -> None:
    assert _watch_signature(visitor.video) not in visitor.token
    assert visitor.token.rpartition(".")[2] not in watch_url(PAGES, visitor.video)


def test_a_link_works_until_it_expires_and_no_longer_than_its_video(visitor: Visitor) -> None:
    video = visitor.video
    assert content(visitor.post("estimate", token=token_of(video, since=NOW - timedelta(days=6.9))), 200)
    kept_a_day = video.model_copy(update={"expires_at": NOW + timedelta(days=1)})
    expires = int(token_of(kept_a_day).split(".")[1])
    assert expires == int(kept_a_day.expires_at.timestamp())


def test_a_stack_without_change_links_takes_none(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = visitor.post(token="x")
    monkeypatch.setenv("CHANGE_LINKS", "false")
    for action, body in (("changes", SHORTER), ("estimate", SHORTER), ("deletion", {"video_id": ID})):
        assert visitor.post(action, body) == forged
    assert visitor.nothing_happened()


def test_a_replayed_request_is_one_version(visitor: Visitor) -> None:
    assert [content(visitor.post(), 202)["version"] for _ in range(3)] == [2, 2, 2]
    visitor.finish()
    assert content(visitor.post(), 202) == {"version": 2}
    problem(visitor.post(body={"instruction": "Make it longer."}), 422, "idempotency-key-reused")
    assert visitor.versions() == 2


def test_a_change_needs_a_key_of_its_own(visitor: Visitor) -> None:
    assert problem(visitor.post(key=None), 422, "invalid-request")["field"] == "Idempotency-Key"
    problem(visitor.post(key="x" * 256), 422, "invalid-request")
    problem(visitor.post(key="a\x00"), 422, "invalid-request")
    assert visitor.nothing_happened()


def test_a_used_up_link_changes_nothing_more(visitor: Visitor) -> None:
    for number in range(CHANGES):
        content(visitor.post(key=f"page-{number}"), 202)
        visitor.finish()
    for action in ("changes", "estimate"):
        assert (
            "changes of this link" in problem(visitor.post(action, key="more"), 403, "link-used-up")["detail"]
        )
    assert visitor.versions() == 1 + CHANGES
    newer = token_of(visitor.video, version=2)
    assert content(visitor.post(token=newer, key="more"), 202)["version"] == 2 + CHANGES


def test_while_a_version_is_made_another_has_to_wait(visitor: Visitor) -> None:
    visitor.post()
    problem(visitor.post(key="page-2"), 409, "busy")
    assert visitor.versions() == 2


def test_a_link_that_is_used_too_often_has_to_wait(visitor: Visitor) -> None:
    answers = [visitor.post("estimate") for _ in range(CALLS_A_MINUTE + 1)]
    assert {answer["statusCode"] for answer in answers} <= {200, 429}
    answer = next((answer for answer in answers if answer["statusCode"] == 429), None)
    if answer is None:  # a minute began meanwhile
        answer = next(
            a for _ in range(CALLS_A_MINUTE) if (a := visitor.post("estimate"))["statusCode"] == 429
        )
    problem(answer, 429, "throttled")
    assert header(answer, "Retry-After") == "60"
    assert visitor.nothing_happened()


def test_the_link_of_a_deleted_video_says_so_to_its_holder_alone(visitor: Visitor) -> None:
    assert visitor.post("deletion", {"video_id": ID})["statusCode"] == 204
    for action, body in (("changes", SHORTER), ("deletion", {"video_id": ID})):
        problem(visitor.post(action, body), 410, "deleted")
        forged = visitor.post(action, body, token="x")
        assert forged == visitor.post(action, body, video_id="vid-unknown")
        expired = token_of(visitor.video, since=NOW - timedelta(days=8))
        assert visitor.post(action, body, token=expired) == forged


# --- Requests that do not come from the page -------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://evil.example"},
        {"Origin": f"https://{HOST}.evil.example"},
        {"Origin": f"https://evil.example/{HOST}"},
        {"Origin": f"https://{HOST}@evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "evil.example", "Origin": "https://other.example"},
    ],
    ids=str,
)
def test_another_site_changes_nothing(visitor: Visitor, headers: dict[str, str | None]) -> None:
    problem(visitor.post(headers=headers), 403, "foreign-page")
    problem(visitor.post("deletion", {"video_id": ID}, headers=headers), 403, "foreign-page")
    assert visitor.nothing_happened()
    assert visitor.world.storage_deleter.prefixes == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": None},
        {"Host": "videos.example", "Origin": "https://videos.example"},
        {"Host": "own.example", "Origin": "https://own.example"},
        {"Host": "cdn.internal", "Origin": "https://videos.example"},
    ],
    ids=str,
)
def test_the_page_may_have_any_name_of_the_stack(visitor: Visitor, headers: dict[str, str | None]) -> None:
    assert content(visitor.post(headers=headers), 202) == {"version": 2}


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_of_another_site_can_send_changes_nothing(visitor: Visitor, kind: str | None) -> None:
    problem(visitor.post(headers={"Content-Type": kind}), 415, "not-json")
    assert visitor.nothing_happened()


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("{", 400, "malformed-json"),
        ("", 422, "invalid-request"),
        ("[]", 422, "invalid-request"),
        ({}, 422, "invalid-request"),
        ({"instruction": " "}, 422, "invalid-request"),
        ({"instruction": "x" * 5001}, 422, "invalid-request"),
        ({"instruction": "Shorter.", "owner": "ann"}, 422, "invalid-request"),
        ({"instruction": "how many credits are left?"}, 422, "invalid-request"),
        ('"\\ud800"', 400, "malformed-json"),
    ],
    ids=str,
)
def test_a_bad_body_is_refused(visitor: Visitor, body: object, status: int, kind: str) -> None:
    problem(visitor.post(body=body), status, kind)
    assert visitor.nothing_happened()


@pytest.mark.parametrize("action", ["play.mp4", "state.json", "edits", "retry", "Changes", "changes/1"])
def test_nothing_else_takes_a_post(visitor: Visitor, action: str) -> None:
    problem(visitor.post(action), 403, "link")
    assert visitor.nothing_happened()


# --- Deletion ---------------------------------------------------------------------------------------------


def test_a_video_is_deleted_with_all_that_belongs_to_it(visitor: Visitor) -> None:
    assert visitor.post("deletion", {"video_id": ID}, key=None)["statusCode"] == 204
    assert visitor.world.storage_deleter.prefixes == [f"videos/{ID}/"]
    assert visitor.world.store.deleted(ID) is not None


@pytest.mark.parametrize("body", [{}, {"video_id": "vid-another"}, {"video_id": ID, "all": True}], ids=str)
def test_a_deletion_repeats_the_id(visitor: Visitor, body: dict[str, Any]) -> None:
    problem(visitor.post("deletion", body), 422, "invalid-request")
    assert visitor.world.store.deleted(ID) is None


def test_a_version_that_is_not_paid_for_yet_is_not_deleted(world: World, visitor: Visitor) -> None:
    visitor.post()
    problem(visitor.post("deletion", {"video_id": ID}), 409, "busy")
    assert world.store.deleted(ID) is None
    assert Charge.part not in world.store.version(VersionRef(video_id=ID, version=2)).model_fields_set
