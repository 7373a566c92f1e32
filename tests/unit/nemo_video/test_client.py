"""The rules of the clients: what is sent, repeated, waited for and said."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

import nemo_video
from nemo_video import AsyncNemoVideo, NemoVideo
from tests.unit.nemo_video.api import (
    API,
    KEY,
    Reply,
    ScriptedApi,
    batch,
    broken,
    chunks,
    form,
    ok,
    problem,
    ready,
    summary,
    video,
)

ROOT = Path(__file__).parents[3]
Client = Callable[..., tuple[NemoVideo, ScriptedApi]]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Make a client of a scripted API."""
    monkeypatch.setattr("nemo_video.client.sleep", lambda _seconds: None)
    made: list[NemoVideo] = []

    def make(*replies: Reply) -> tuple[NemoVideo, ScriptedApi]:
        api = ScriptedApi(list(replies))
        made.append(NemoVideo(API, KEY, transport=httpx.MockTransport(api)))
        return made[-1], api

    yield make
    for nemo in made:
        nemo.close()


def test_creating_sends_the_fields_that_were_given(client: Client) -> None:
    nemo, api = client(ok(video(), 202))
    made = nemo.create("A kettle", url="https://example.com", duration_seconds=8, brand={"font": "Inter"})
    assert made.id == "vid-1"
    (request,) = api.requests
    assert (request.method, str(request.url)) == ("POST", f"{API}/v1/videos")
    assert request.headers["x-api-key"] == KEY
    assert json.loads(request.content) == {
        "instruction": "A kettle",
        "url": "https://example.com",
        "duration_seconds": 8,
        "brand": {"font": "Inter"},
    }


TEMPORARY = (
    problem(429, "throttled", retry_after=1),
    problem(500, "internal"),
    problem(502, "backend", retry_after=10),
    httpx.Response(502, json={"message": "Internal server error"}),
    problem(503, "overloaded", retry_after=2),
    httpx.Response(504),
    problem(409, "in-progress", retry_after=2),
    broken,
)
FINAL = (
    problem(400, "malformed-json"),
    problem(403, "scope"),
    problem(404, "not-found"),
    problem(409, "busy", retry_after=15),
    problem(422, "invalid-request"),
    problem(429, "throttled", retry_after=3600),
    problem(502, "backend"),
)


@pytest.mark.parametrize("failure", TEMPORARY)
def test_a_temporary_failure_is_repeated_with_the_same_key_and_body(client: Client, failure: Reply) -> None:
    nemo, api = client(failure, failure, ok(video(), 202))
    nemo.create("A kettle")
    assert len(api.requests) == 3
    assert len(set(api.keys)) == 1
    assert None not in api.keys
    assert len({request.content for request in api.requests}) == 1


@pytest.mark.parametrize("failure", FINAL)
def test_a_final_failure_is_not_repeated(client: Client, failure: Reply) -> None:
    nemo, api = client(failure)
    with pytest.raises(nemo_video.ApiError):
        nemo.create("A kettle")
    assert len(api.requests) == 1


CHANGES: list[Callable[[NemoVideo], object]] = [
    lambda nemo: nemo.create("A kettle"),
    lambda nemo: nemo.estimate("A kettle"),
    lambda nemo: nemo.edit("vid-1", "Shorter"),
    lambda nemo: nemo.export("vid-1"),
    lambda nemo: nemo.cancel("vid-1"),
    lambda nemo: nemo.retry("vid-1"),
    lambda nemo: nemo.message("vid-1", "export"),
    lambda nemo: nemo.create_batch([{"instruction": "A kettle"}]),
    lambda nemo: nemo.upload(__file__),
    lambda nemo: nemo.redeliver("vid-1", "vid-1-1-ready"),
]


@pytest.mark.parametrize("change", CHANGES)
@given(failures=st.lists(st.sampled_from([*TEMPORARY, *FINAL]), min_size=1, max_size=4))
def test_no_post_is_repeated_without_its_key(
    change: Callable[[NemoVideo], object], failures: list[Reply]
) -> None:
    api = ScriptedApi(failures)
    with (
        NemoVideo(API, KEY, transport=httpx.MockTransport(api)) as nemo,
        pytest.raises(nemo_video.NemoVideoError),
    ):
        change(nemo)
    assert None not in api.keys
    assert len(set(api.keys)) == 1


READS: list[Callable[[NemoVideo], object]] = [
    lambda nemo: nemo.get("vid-1"),
    lambda nemo: next(iter(nemo.list())),
    lambda nemo: nemo.delete("vid-1"),
    lambda nemo: nemo.get_batch("bat-1"),
    lambda nemo: next(iter(nemo.list_batches())),
    lambda nemo: nemo.credits(),
    lambda nemo: nemo.spending(days=7),
    lambda nemo: nemo.deliveries("vid-1"),
]


def test_every_operation_of_the_api_has_a_method(client: Client) -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"]
    nemo, api = client(problem(400, "malformed-request"))
    for call in (*CHANGES, *READS):
        with pytest.raises(nemo_video.InvalidRequestError):
            call(nemo)
    called = {(each.method.lower(), each.url.path.removeprefix("/v")) for each in api.requests}
    operations = {(method, path) for path, methods in paths.items() for method in methods}
    assert {
        (method, next(path for path in paths if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), called_path)))
        for method, called_path in called
    } == operations


def test_each_call_has_a_key_of_its_own(client: Client) -> None:
    nemo, api = client(ok(video(), 202))
    nemo.edit("vid-1", "Shorter")
    nemo.edit("vid-1", "Shorter")
    assert len(set(api.keys)) == 2


def test_a_key_of_the_caller_is_sent(client: Client) -> None:
    nemo, api = client(ok(video(), 202))
    nemo.create("A kettle", idempotency_key="order-1042")
    assert api.keys == ["order-1042"]


def test_an_error_says_what_is_wrong_and_where(client: Client) -> None:
    nemo, _ = client(problem(422, "invalid-request", "title: it is too long.", field="title", code="refused"))
    with pytest.raises(nemo_video.InvalidRequestError, match="it is too long") as caught:
        nemo.create("A kettle", title="…")
    error = caught.value
    assert (error.status, error.type, error.field, error.code) == (422, "invalid-request", "title", "refused")
    assert error.request_id == "req-1"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (problem(401, "no-key"), nemo_video.AuthenticationError),
        (httpx.Response(403, json={"Message": "User is not authorized"}), nemo_video.AuthenticationError),
        (problem(404, "not-found"), nemo_video.NotFoundError),
        (problem(410, "deleted"), nemo_video.NotFoundError),
        (problem(409, "not-possible"), nemo_video.ConflictError),
        (problem(503, "overloaded"), nemo_video.TemporaryError),
        (problem(500, "internal"), nemo_video.TemporaryError),
        (broken, nemo_video.ConnectionFailedError),
        (httpx.Response(200, text="<html>A wiki</html>"), nemo_video.ApiError),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example"}), nemo_video.ApiError),
    ],
)
def test_each_kind_of_failure_has_its_class(
    client: Client, reply: Reply, kind: type[nemo_video.NemoVideoError]
) -> None:
    nemo, _ = client(reply)
    with pytest.raises(nemo_video.NemoVideoError) as caught:
        nemo.get("vid-1")
    assert type(caught.value) is kind


def test_a_text_that_is_not_unicode_is_named(client: Client) -> None:
    nemo, api = client()
    with pytest.raises(nemo_video.NemoVideoError, match="not valid Unicode"):
        nemo.create("A kettle \udcff")
    assert api.requests == []


def test_a_redirect_of_the_api_is_not_followed(client: Client) -> None:
    nemo, api = client(httpx.Response(307, headers={"Location": "https://elsewhere.example"}))
    with pytest.raises(nemo_video.ApiError, match="redirects"):
        nemo.create("A kettle")
    assert [request.url.host for request in api.requests] == ["api.example"]


@pytest.mark.parametrize(
    "api",
    [
        *("", "ftp://api.example", "api.example", "https://", "http://api.example/v"),
        *("https://..a/x", "https://xn--a/x", f"https://{'a' * 64}.example"),
    ],
)
def test_a_wrong_address_is_rejected(api: str) -> None:
    with pytest.raises(nemo_video.SettingsError):
        NemoVideo(api, KEY)


@pytest.mark.parametrize("key", ["", "nvp_a\n", "nvp_ü"])
def test_a_wrong_key_is_rejected_and_not_shown(key: str) -> None:
    with pytest.raises(nemo_video.SettingsError) as caught:
        NemoVideo(API, key)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "//v1//"])
def test_the_address_may_end_with_the_version(end: str) -> None:
    assert (
        repr(NemoVideo(f"https://api.example/live{end}", KEY)) == "NemoVideo(api='https://api.example/live')"
    )


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMO_VIDEO_API", "http://127.0.0.1:4566/stage/")
    monkeypatch.setenv("NEMO_VIDEO_KEY", KEY)
    assert repr(NemoVideo()) == "NemoVideo(api='http://127.0.0.1:4566/stage')"


def test_the_key_is_neither_shown_nor_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nemo, _ = client(broken)
    with pytest.raises(nemo_video.ConnectionFailedError) as caught:
        nemo.get("vid-1")
    shown = [repr(nemo), str(caught.value), repr(caught.value), repr(caught.value.__cause__), caplog.text]
    assert not [text for text in shown if KEY in text]


@pytest.mark.parametrize("wrong", ["../credits", "vid-1?wait=5", "", "vid-1/edits", "vid-1\n", "x" * 10_000])
def test_what_is_not_an_id_is_not_sent(client: Client, wrong: str) -> None:
    nemo, api = client(problem(404, "not-found"))
    calls: list[Callable[[], object]] = [
        lambda: nemo.get(wrong),
        lambda: nemo.wait(wrong),
        lambda: nemo.edit(wrong, "Shorter"),
        lambda: nemo.message(wrong, "export"),
        lambda: nemo.delete(wrong),
        lambda: nemo.get_batch(wrong),
        lambda: nemo.deliveries(wrong),
        lambda: nemo.redeliver("vid-1", wrong),
    ]
    for call in calls:
        with pytest.raises(nemo_video.NemoVideoError, match="is not an id") as caught:
            call()
        assert len(str(caught.value)) < 200
    assert api.requests == []


@pytest.mark.parametrize("key", ["order 1042", "bestellung-ä", "a\nb", "\t"])
def test_a_key_that_no_header_can_hold_is_named(client: Client, key: str) -> None:
    nemo, api = client(ok(video(), 202))
    with pytest.raises(nemo_video.NemoVideoError, match="The idempotency key is invalid"):
        nemo.create("A kettle", idempotency_key=key)
    assert api.requests == []


PAGE = httpx.Response(200, html="<h1>Please sign in to the network</h1>")


def garbled(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"no gzip", headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("reply", [PAGE, garbled, httpx.Response(200)])
def test_an_answer_of_a_stranger_is_an_error(client: Client, reply: Reply) -> None:
    for call in (*CHANGES, *READS):
        nemo, api = client(reply)
        with pytest.raises((nemo_video.ApiError, nemo_video.ConnectionFailedError)):
            call(nemo)
        assert api.requests


def test_a_pipe_is_not_waited_for(client: Client, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    nemo, api = client(broken)
    with pytest.raises(nemo_video.NemoVideoError, match="is not a regular file"):
        nemo.upload(tmp_path / "pipe.png")
    assert api.requests == []


def test_reading_a_video_may_wait(client: Client) -> None:
    nemo, api = client(ok(video()))
    nemo.get("vid-1", wait=20)
    nemo.get("vid-1")
    assert [dict(request.url.params) for request in api.requests] == [{"wait": "20"}, {}]


def test_a_list_is_read_page_by_page(client: Client) -> None:
    nemo, api = client(
        ok({"videos": [summary("vid-3"), summary("vid-2")], "cursor": "next"}),
        ok({"videos": [summary("vid-1")]}),
    )
    assert [each.id for each in nemo.list(status="ready")] == ["vid-3", "vid-2", "vid-1"]
    assert [dict(request.url.params) for request in api.requests] == [
        {"status": "ready", "limit": "100"},
        {"status": "ready", "limit": "100", "cursor": "next"},
    ]


def test_batches_are_listed_page_by_page(client: Client) -> None:
    nemo, api = client(
        ok({"batches": [batch(id="bat-2")], "cursor": "next"}), ok({"batches": [batch()], "cursor": None})
    )
    assert [each.id for each in nemo.list_batches(status="ready")] == ["bat-2", "bat-1"]
    assert dict(api.requests[1].url.params) == {"limit": "100", "status": "ready", "cursor": "next"}


def test_waiting_polls_for_changes_until_the_end(client: Client) -> None:
    nemo, api = client(
        ok(video(), ETag='"1"'),
        httpx.Response(304, headers={"ETag": '"1"'}),
        ok(video(progress=60), ETag='"2"'),
        ok(ready(), ETag='"3"'),
    )
    seen: list[int] = []
    ended = nemo.wait("vid-1", on_change=lambda each: seen.append(each.progress))
    assert ended.status == "ready"
    assert seen == [20, 60, 100]
    assert [request.url.params.get("wait") for request in api.requests] == [None, "20", "20", "20"]
    assert [request.headers.get("If-None-Match") for request in api.requests] == [None, '"1"', '"1"', '"2"']


def test_waiting_goes_on_when_the_connection_breaks(client: Client) -> None:
    nemo, api = client(ok(video(), ETag='"1"'), *[broken] * 7, ok(ready(), ETag='"2"'))
    assert nemo.wait("vid-1").status == "ready"
    assert len(api.requests) == 9


def test_waiting_pauses_when_the_api_answers_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    nemo, _ = client(
        ok(video(), ETag='"1"'), httpx.Response(304, headers={"ETag": '"1"'}), ok(ready(), ETag='"2"')
    )
    monkeypatch.setattr("nemo_video.client.sleep", pauses.append)
    nemo.wait("vid-1")
    assert pauses == [2.0]


def test_waiting_ends_at_the_deadline(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 10))
    nemo, api = client(ok(video(), ETag='"1"'), httpx.Response(304, headers={"ETag": '"1"'}))
    monkeypatch.setattr("nemo_video.client.monotonic", lambda: next(clock))
    with pytest.raises(nemo_video.WaitTimeoutError, match="The work goes on") as caught:
        nemo.wait("vid-1", timeout=60)
    assert caught.value.last.id == "vid-1"
    assert all(int(request.url.params.get("wait", 0)) <= 20 for request in api.requests)


def test_a_batch_is_waited_for(client: Client) -> None:
    nemo, _ = client(ok(batch()), ok(batch()), ok(batch(status="ready", counts={"ready": 2})))
    seen: list[dict[str, int]] = []
    nemo.wait_batch("bat-1", on_change=lambda each: seen.append(each.counts))
    assert seen == [{"ready": 1, "open": 1}, {"ready": 2}]


def test_a_file_is_uploaded_without_the_key(client: Client, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"a picture")
    nemo, api = client(ok(form(), 201), httpx.Response(204), ok(video(), 202))
    progress: list[tuple[int, int | None]] = []
    nemo.create("A page", files=[tmp_path / "page.png"], on_progress=lambda *done: progress.append(done))
    asked, sent, created = api.requests
    assert json.loads(asked.content) == {"file_name": "page.png"}
    assert sent.url == "https://storage.example/inbox"
    assert "x-api-key" not in sent.headers
    assert sent.content.index(b'name="policy"') < sent.content.index(b'name="file"; filename="page.png"')
    assert b"a picture" in sent.content
    assert int(sent.headers["Content-Length"]) == len(sent.content)
    assert progress[-1] == (9, 9)
    assert json.loads(created.content) == {"instruction": "A page", "upload_ids": ["upl-1"]}


def test_an_upload_that_breaks_is_sent_again_from_the_start(client: Client, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"a picture")
    nemo, api = client(ok(form(), 201), broken, httpx.Response(503), httpx.Response(204))
    assert nemo.upload(tmp_path / "page.png") == "upl-1"
    assert [b"a picture" in request.content for request in api.requests[1:]] == [True] * 3


def test_a_repeated_upload_counts_when_its_form_has_expired(client: Client, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"a picture")
    nemo, api = client(ok(form(), 201), httpx.Response(403), ok(form(), 201), httpx.Response(403))
    assert nemo.upload(tmp_path / "page.png", idempotency_key="order-1042") == "upl-1"
    with pytest.raises(nemo_video.StorageError):
        nemo.upload(tmp_path / "page.png")
    assert api.keys[0] == "order-1042"


def test_files_of_one_order_have_keys_that_follow_from_its_own(client: Client, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"a picture")

    def keys() -> list[str | None]:
        nemo, api = client(
            ok(form(), 201), httpx.Response(204), ok(form(), 201), httpx.Response(204), ok(video(), 202)
        )
        nemo.create("Both", files=[tmp_path / "a.png", tmp_path / "b.png"], idempotency_key="order-1042")
        return [key for key in api.keys if key]

    first = keys()
    assert first == keys()
    assert len(set(first)) == 3


@pytest.mark.parametrize(
    ("content", "replies", "said"),
    [
        (b"", [ok(form(), 201)], "is empty"),
        (b"abc" * 1024**2, [ok(form(max_bytes=2 * 1024**2), 201)], "too large. The limit is 2 MB."),
        (b"a", [ok(form(), 201), httpx.Response(400, content="<Code>EntityTooLarge</Code>")], "too large"),
    ],
)
def test_a_file_that_cannot_be_uploaded_is_named(
    client: Client, tmp_path: Path, content: bytes, replies: list[Reply], said: str
) -> None:
    (tmp_path / "page.png").write_bytes(content)
    nemo, _ = client(*replies)
    with pytest.raises(nemo_video.NemoVideoError, match=said):
        nemo.upload(tmp_path / "page.png")
    with pytest.raises(nemo_video.NemoVideoError, match="cannot be read"):
        nemo.upload(tmp_path / "none.png")


REDIRECT = httpx.Response(302, headers={"Location": "https://storage.example/video.mp4?signature=1"})


def test_a_video_is_saved_without_the_key(client: Client, tmp_path: Path) -> None:
    nemo, api = client(REDIRECT, httpx.Response(200, content=b"a film", headers={"ETag": '"e"'}))
    progress: list[tuple[int, int | None]] = []
    made = nemo_video.Video.model_validate(ready())
    saved = nemo.download(made, tmp_path / "out.mp4", on_progress=lambda *done: progress.append(done))
    assert saved.read_bytes() == b"a film"
    assert progress[-1] == (6, 6)
    assert [request.url.host for request in api.requests] == ["api.example", "storage.example"]
    assert not [request for request in api.requests if "x-api-key" in request.headers]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_broken_download_continues_where_it_broke(client: Client, tmp_path: Path) -> None:
    first = {"ETag": '"e"', "Content-Length": "6"}
    rest = {"ETag": '"e"', "Content-Range": "bytes 2-5/6"}
    nemo, api = client(
        lambda _: httpx.Response(200, content=chunks(b"a "), headers=first),
        httpx.Response(206, content=b"film", headers=rest),
    )
    made = nemo_video.Video.model_validate(ready())
    assert nemo.download(made, tmp_path / "out.mp4").read_bytes() == b"a film"
    assert (api.requests[1].headers["Range"], api.requests[1].headers["If-Range"]) == ("bytes=2-", '"e"')


def test_a_broken_download_begins_again_if_the_file_is_another_one(client: Client, tmp_path: Path) -> None:
    nemo, _ = client(
        lambda _: httpx.Response(
            200, content=chunks(b"an old "), headers={"ETag": '"1"', "Content-Length": "9"}
        ),
        httpx.Response(200, content=b"a film", headers={"ETag": '"2"'}),
    )
    made = nemo_video.Video.model_validate(ready())
    assert nemo.download(made, tmp_path / "out.mp4").read_bytes() == b"a film"


def test_a_download_that_fails_leaves_nothing_and_replaces_nothing(client: Client, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"an earlier one")
    made = nemo_video.Video.model_validate(ready())
    for reply in (httpx.Response(410), lambda _: httpx.Response(200, content=chunks(b"a "))):
        nemo, _ = client(reply)
        with pytest.raises(nemo_video.NemoVideoError):
            nemo.download(made, tmp_path / "out.mp4")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"an earlier one"]
    with pytest.raises(nemo_video.NemoVideoError, match="cannot be written"):
        nemo.download(made, tmp_path / "none" / "out.mp4")


def test_a_download_replaces_nothing_but_files(client: Client, tmp_path: Path) -> None:
    """A rename over a device such as /dev/null takes it away from the whole machine."""
    made = nemo_video.Video.model_validate(ready())
    os.mkfifo(tmp_path / "pipe")
    nemo, _ = client(httpx.Response(200, content=b"a film"))
    with pytest.raises(nemo_video.NemoVideoError, match="is not a file"):
        nemo.download(made, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_download_follows_a_link(client: Client, tmp_path: Path) -> None:
    made = nemo_video.Video.model_validate(ready())
    (tmp_path / "newest.mp4").symlink_to(tmp_path / "out.mp4")
    nemo, _ = client(httpx.Response(200, content=b"a film"))
    nemo.download(made, tmp_path / "newest.mp4")
    assert (tmp_path / "newest.mp4").is_symlink()
    assert (tmp_path / "out.mp4").read_bytes() == b"a film"


def test_a_video_without_a_file_says_why(client: Client, tmp_path: Path) -> None:
    nemo, _ = client(ok(video()))
    with pytest.raises(nemo_video.NoFileError, match="The video is being made"):
        nemo.download(nemo.get("vid-1"), tmp_path / "out.mp4")
    with pytest.raises(nemo_video.NoFileError, match="version 7"):
        nemo.download(nemo.get("vid-1"), tmp_path / "out.mp4", version=7)


def test_what_the_api_adds_later_is_no_error(client: Client) -> None:
    nemo, _ = client(ok(video(status="paused", code="new_reason", new_field=1)))
    assert (nemo.get("vid-1").status, nemo.get("vid-1").code) == ("paused", "new_reason")


def test_the_async_client_does_the_same(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"a picture")
    api = ScriptedApi(
        [
            ok(form(), 201),
            httpx.Response(204),
            problem(503, "overloaded", retry_after=1),
            ok(video(), 202),
            ok(video(), ETag='"1"'),
            ok(ready(), ETag='"2"'),
            REDIRECT,
            httpx.Response(200, content=b"a film"),
            ok({"videos": [summary("vid-1")]}),
        ]
    )

    async def make() -> None:
        async with AsyncNemoVideo(API, KEY, transport=httpx.MockTransport(api)) as nemo:
            made = await nemo.wait((await nemo.create("A page", files=[tmp_path / "page.png"])).id)
            await nemo.download(made, tmp_path / "out.mp4")
            assert [each.id async for each in nemo.list()] == ["vid-1"]

    asyncio.run(make())
    assert (tmp_path / "out.mp4").read_bytes() == b"a film"
    assert api.keys[2] == api.keys[3]


SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _signed(body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "Webhook-Id": "msg-1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign("msg-1", now, body),
    }


WEBHOOKS = json.loads((ROOT / "docs" / "openapi.json").read_text())["webhooks"]


@pytest.mark.parametrize("kind", [*WEBHOOKS, "video.of-the-future"])
def test_a_webhook_is_verified_and_typed(kind: str) -> None:
    known = {
        "video.ended": nemo_video.EndedEvent,
        "video.progress": nemo_video.ProgressEvent,
        "video.started": nemo_video.StartedEvent,
    }
    documented = WEBHOOKS.get(kind, WEBHOOKS["video.started"])["post"]["requestBody"]["content"]
    example = documented["application/json"]["examples"]["webhook"]["value"] | {"type": kind}
    body = json.dumps(example)
    event = nemo_video.verify_webhook(SECRET, body, _signed(body))
    assert type(event) is known.get(kind, nemo_video.OtherEvent)
    assert event.type == kind
    assert event.model_dump(mode="json")["data"].items() >= example["data"].items()


def test_a_webhook_that_is_not_of_the_pipeline_is_rejected() -> None:
    body = '{"type": "video.started", "timestamp": "2026-12-01T10:00:00Z", "data": {}}'
    headers = _signed(body)
    for wrong in (body + " ", ""):
        with pytest.raises(nemo_video.WebhookError):
            nemo_video.verify_webhook(SECRET, wrong, headers)
    with pytest.raises(nemo_video.WebhookError):
        nemo_video.verify_webhook(SECRET, body, {})
    with pytest.raises(nemo_video.WebhookError):
        nemo_video.verify_webhook("whsec_?", body, headers)
    with pytest.raises(nemo_video.WebhookError):
        nemo_video.verify_webhook(SECRET, "[]", _signed("[]"))
