"""Whatever is sent, the studio says what is wrong with it, keeps within its memory, and goes on answering."""

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.samples import SMALL_DRAFT, png
from tests.contract.services import Studio
from tests.contract.wire import Json, Project, wait_for
from tests.support.waiting import HUNG_SECONDS

MOST_GROWTH = 80_000_000
CODES = {0, 400, 402, 404, 409, 413, 422, 429, 1001, 1002, 2001, 4001, 4002}
JSON_CALLS = [
    "/api/tasks/me/with-session/nemo_agent",
    "/api/auth/claim-token",
    "/run_sse",
    "/api/render/proxy/lambda",
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=15,
)
EXAMPLES = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def memory(studio: Studio) -> int:
    """What the studio takes before all this, once it has seen its first upload."""
    studio.project().upload("a.png", png())
    return int(psutil.Process(studio.process.pid).memory_info().rss)


@pytest.fixture(autouse=True)
def _unharmed(studio: Studio, memory: int) -> Iterator[None]:
    yield
    assert studio.http.get("/health").is_success
    assert psutil.Process(studio.process.pid).memory_info().rss - memory < MOST_GROWTH


def is_told(answer: httpx.Response) -> Json:
    """A refusal as the document has them, or success; never a fault of the studio's own."""
    assert answer.status_code < 500
    told: Json = answer.json()
    assert told.get("code", 0) in CODES
    assert told.get("code", 0) == 0 or told["message"]
    return told


def post(project: Project, path: str, body: bytes, content_type: str) -> httpx.Response:
    headers = {**project.headers, "Content-Type": content_type}
    return project.http.post(path, content=body, headers=headers)


class TestJson:
    @pytest.mark.parametrize("path", JSON_CALLS)
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b'"text"',
            b"\xff\xfe",
            b"[" * 500_000,
            b'{"a":' * 300_000,
            b'{"id":' + b"9" * 1_000_000 + b"}",
            b'{"session_id": "\\ud800", "task_id": "\\u0000"}',
        ],
        ids=lambda body: f"{body[:12]!r} of {len(body)}",
    )
    def test_what_is_no_json_or_a_bomb(self, project: Project, path: str, body: bytes) -> None:
        assert is_told(post(project, path, body, "application/json"))["code"] in {400, 402, 1002}

    @pytest.mark.parametrize("path", [*JSON_CALLS, "upload"])
    def test_more_than_any_request_needs(self, project: Project, path: str) -> None:
        path = project.upload_path if path == "upload" else path
        body = b'{"text": "' + b"x" * 3_000_000 + b'"}'
        assert is_told(post(project, path, body, "application/json"))["code"] == 413

    @pytest.mark.parametrize("path", JSON_CALLS)
    def test_a_compressed_bomb_is_not_unpacked(self, project: Project, path: str) -> None:
        headers = {**project.headers, "Content-Encoding": "gzip", "Content-Type": "application/json"}
        answer = project.http.post(path, content=b"\x1f\x8b" + bytes(1000), headers=headers)
        assert is_told(answer)["code"] == 400

    @EXAMPLES
    @given(path=st.sampled_from(JSON_CALLS), body=ANYTHING)
    def test_any_json(self, project: Project, path: str, body: object) -> None:
        is_told(post(project, path, json.dumps(body).encode(), "application/json"))

    @EXAMPLES
    @given(field=st.sampled_from(["app_name", "user_id", "session_id", "new_message"]), value=ANYTHING)
    def test_a_message_of_wrong_types(self, project: Project, field: str, value: object) -> None:
        body = json.dumps(project.message("?") | {field: value}).encode()
        answer = post(project, "/run_sse", body, "application/json")
        if not answer.headers["content-type"].startswith("text/event-stream"):
            is_told(answer)

    @EXAMPLES
    @given(place=st.sampled_from(["t", "d", "m", "tt", "sg", "segment", "meta"]), value=ANYTHING)
    def test_a_draft_of_wrong_types(self, project: Project, place: str, value: Any) -> None:  # noqa: ANN401
        segment = {"s": 0, "d": 1000, "m": {"name": "Card"}}
        track = {"tt": 0, "sg": [value if place == "segment" else segment]}
        if place == "meta":
            segment["m"] = value
        draft: dict[str, object] = {"t": [track], "d": 1000, "m": {"width": 320, "height": 180}}
        (track if place in track else draft)[place] = value
        told = is_told(post(project, "/api/render/proxy/lambda", asked(project, draft), "application/json"))
        if "id" in told:
            project.cancel(told["id"])


def asked(project: Project, draft: object) -> bytes:
    return json.dumps({"id": "absurd", "sessionId": project.session_id, "draft": draft}).encode()


class TestDrafts:
    @pytest.mark.parametrize(
        "draft",
        [
            {"t": [{"tt": 0, "sg": [{"d": 1000}] * 20_000}]},
            {"t": [{"tt": 0, "sg": []}] * 20_000},
            SMALL_DRAFT | {"t": [{"tt": 7, "sg": [{"d": 1000, "m": {"text": "x" * 1_000_000}}]}]},
            SMALL_DRAFT | {"d": 10**12},
            SMALL_DRAFT | {"d": -1},
            SMALL_DRAFT | {"m": {"width": 100_000, "height": 100_000}},
            SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"s": -5, "d": 1000}]}]},
        ],
        ids=["segments", "tracks", "text", "length", "negative length", "canvas", "negative time"],
    )
    def test_what_cannot_be_rendered_is_told(self, project: Project, draft: Json) -> None:
        answer = project.start_render(draft)
        assert is_told(answer)["code"] == 422
        assert len(answer.content) < 2000

    def test_unknown_fields_are_not_in_the_way(self, project: Project) -> None:
        draft = SMALL_DRAFT | {"unknown": {"deep": [[[[1]]]]}}
        assert project.finished(project.start_render(draft).json()["id"]).status == "completed"


def multipart(*parts: bytes) -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + b"--x--\r\n"


def named(name: bytes, filename: bytes, content: bytes = b"words") -> bytes:
    disposition = b'Content-Disposition: form-data; name="%s"; filename="%s"' % (name, filename)
    return disposition + b"\r\n\r\n" + content


class TestUploads:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"--x--\r\n",
            b"--y\r\n\r\n\r\n--y--\r\n",
            multipart(b"\r\n"),
            multipart(b"Content-Disposition: form-data\r\n\r\nwords"),
            multipart(b'Content-Disposition: form-data; name="files"\r\n\r\nno file name'),
            multipart(b'Content-Disposition: form-data; name="files"\r\n\r\n' + bytes(5_000_000)),
            multipart(b"X-Header: " + b"x" * 5_000_000 + b"\r\n\r\nwords"),
            multipart(*[b"X%d: 1" % number for number in range(20_000)]),
            multipart(*[named(b"files", b"a.png")] * 5000),
            multipart(*[named(b"other", b"a.png")] * 5000),
            multipart(named(b"files", b"")),
            multipart(named(b"files", b"a" * 1_000_000)),
            multipart(named(b"files", b"../../../etc/passwd")),
            multipart(named(b"files", b"\xff\xfe\x00.png")),
            multipart(named(b"files", b"a.png", png()[:500])),
        ],
        ids=lambda body: f"{body[5:45]!r} of {len(body)}",
    )
    def test_absurd_multipart_bodies(self, studio: Studio, project: Project, body: bytes) -> None:
        answer = post(project, project.upload_path, body, "multipart/form-data; boundary=x")
        assert is_told(answer)["code"] in {400, 4001}
        assert project.state()["video_infos"] == []
        assert len(answer.content) < 2000 + len(body) * bool(b"aaaa" in body)
        assert "passwd" not in str(list(studio.data_dir.rglob("*")))

    @pytest.mark.parametrize(
        "content_type",
        [
            "multipart/form-data",
            "multipart/form-data; boundary=",
            f"multipart/form-data; boundary={'x' * 10_000}",
            "multipart/mixed; boundary=x",
            "text/plain",
            "application/x-www-form-urlencoded",
            "",
        ],
    )
    def test_absurd_content_types(self, project: Project, content_type: str) -> None:
        body = multipart(named(b"files", b"a.png", png()))
        assert is_told(post(project, project.upload_path, body, content_type))["code"] == 400

    @EXAMPLES
    @given(
        body=st.binary(max_size=400), prefix=st.sampled_from([b"", b"--x", b"--x\r\nContent-Disposition: "])
    )
    def test_any_bytes(self, project: Project, body: bytes, prefix: bytes) -> None:
        content_type = "multipart/form-data; boundary=x"
        is_told(post(project, project.upload_path, prefix + body, content_type))

    @EXAMPLES
    @given(urls=st.lists(ANYTHING | st.text().map("http://{}".format), max_size=3))
    def test_any_addresses(self, project: Project, urls: list[object]) -> None:
        answer = is_told(project.post(project.upload_path, {"urls": [str(url)[:60] for url in urls]}))
        assert answer["code"] in {400, 4001}

    @pytest.mark.parametrize("sent", [0, 100, 3_000_000])
    def test_an_upload_that_is_broken_off_leaves_nothing(
        self, studio: Studio, project: Project, sent: int
    ) -> None:
        before = list((studio.data_dir / "media").iterdir())
        with _raw(project, 10_000_000) as connection:
            connection.sendall((b"--x\r\n" + named(b"files", b"a.mp4", bytes(3_000_000)))[:sent])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert studio.http.get("/health").is_success
        assert project.state()["video_infos"] == []
        assert list((studio.data_dir / "media").iterdir()) == before

    def test_many_slow_clients_keep_nobody_waiting(self, studio: Studio, project: Project) -> None:
        connections = [_raw(project, 10_000_000) for _ in range(100)]
        for connection in connections:
            connection.sendall(b"--x\r\n")
        assert project.upload("a.png", png())["code"] == 0
        for connection in connections:
            connection.close()
        assert wait_for(lambda: studio.http.get("/health").is_success)


class TestHeaders:
    @EXAMPLES
    @given(st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=1, max_size=60))
    def test_any_authorization(self, studio: Studio, value: str) -> None:
        headers = [(b"Authorization", b"Bearer " + value.encode("latin-1"))]
        answer = studio.http.get("/api/credits/balance/simple", headers=headers)
        assert answer.json()["code"] == 1001

    @pytest.mark.parametrize("client", ["", "x" * 10_000])
    def test_absurd_client_ids(self, studio: Studio, client: str) -> None:
        answer = studio.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client})
        assert is_told(answer)["code"] == 400

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/"),
            ("GET", "/api/nothing"),
            ("DELETE", "/run_sse"),
            ("GET", "/files/../studio.sqlite3/x"),
            ("GET", "/files/%2e%2e/studio.sqlite3"),
            ("GET", "/files/..%2fstudio.sqlite3/x"),
            ("GET", "/openapi.json"),
        ],
    )
    def test_what_is_no_call(self, studio: Studio, method: str, path: str) -> None:
        answer = studio.http.request(method, path)
        assert answer.status_code == answer.json()["code"]
        assert answer.status_code in {404, 405}


def _raw(project: Project, announced: int) -> socket.socket:
    """A connection on which an upload was announced."""
    url = project.http.base_url
    connection = socket.create_connection((url.host, url.port or 80), timeout=HUNG_SECONDS)
    lines = [f"POST {project.upload_path} HTTP/1.1", f"Host: {url.host}", f"Content-Length: {announced}"]
    lines += [f"{name}: {value}" for name, value in project.headers.items()]
    lines += ["Content-Type: multipart/form-data; boundary=x", "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection
