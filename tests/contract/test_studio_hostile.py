"""One page, one message or one account: whatever it does, everybody else goes on."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import psutil
import pytest

from tests.contract import services
from tests.contract.samples import LONG_DRAFT, SMALL_DRAFT, png
from tests.contract.services import HASTY, Studio
from tests.contract.wire import ATTRIBUTION, Project, ask_for_token, wait_for

# The studio answers within a second; here its processor may be shared with ten busy ones.
ANSWERS_WITHIN_S = 5.0
HTML = {"Content-Type": "text/html; charset=utf-8"}
PLAIN = b"<title>Northwind Coffee</title><meta name=description content='Roasted on Monday.'>"
NESTED = "<div itemscope itemtype='https://schema.org/Product' itemprop=x>"


def _bomb() -> bytes:
    """Three gigabytes, packed twice into a few kilobytes."""
    once = gzip.compress(bytes(30_000_000))
    return gzip.compress(once * 100)


PAGES: dict[str, tuple[dict[str, str], bytes | Callable[[], bytes]]] = {
    "/plain": (HTML, PLAIN),
    "/nested": (HTML, (PLAIN.decode() + NESTED * 2000).encode()),
    "/deep": (HTML, PLAIN + b"<b>" * 300_000),
    "/json": (HTML, PLAIN + b'<script type="application/ld+json">' + b"[" * 100_000 + b"</script>"),
    "/items": (HTML, PLAIN + b"<i itemscope itemprop=a>x</i>" * 20_000),
    "/brackets": (HTML, PLAIN + b"<img src='http://['>"),
    "/quotes": (HTML, b"<title>" + "“".encode() * 100_000 + b"</title>"),
    "/punycode": ({"Content-Type": "text/html; charset=punycode"}, b"<title>a-" + b"9" * 200_000),
    "/twice": (HTML | {"Content-Encoding": "gzip, gzip"}, _bomb),
    "/once": (HTML | {"Content-Encoding": "gzip"}, lambda: gzip.compress(bytes(300_000_000))),
    "/picture": (HTML, PLAIN + b"<meta property='og:image' content='/script.png'>"),
    "/script.png": ({"Content-Type": "image/png"}, png() + b"<script>alert(1)</script>"),
    "/moved": ({"Location": "http://xn--/"}, b""),
}


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    """A web site on loopback that wishes nobody well; its address."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers, content = PAGES.get(self.path, ({}, b""))
            self.send_response(302 if "Location" in headers else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content() if callable(content) else content)

        def log_message(self, *_: object) -> None:
            """The tests tell what matters."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                """The studio has read enough."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory, hostile: str) -> Iterator[Studio]:
    """A studio of which a bad account may have little. Without a browser: pages are read by their markup."""
    folder = tmp_path_factory.mktemp("victim")
    (folder / "bin").mkdir()
    options = (
        *HASTY,
        f"--trusted-hosts={hostile.removeprefix('http://')}",
        "--sessions-per-account=20",
        "--megabytes-per-account=2",
        "--renders-per-account=3",
        "--without-browser",
    )
    with services.studio(folder, *options) as running:
        yield running


@contextmanager
def answering(studio: Studio) -> Iterator[None]:
    """While the block runs, `/health` answers in time."""
    over, slowest = threading.Event(), 0.0

    def ask() -> float:
        slowest = 0.0
        with httpx.Client(base_url=studio.http.base_url, timeout=60) as http:
            while not over.wait(0.05):
                before = time.monotonic()
                assert http.get("/health").is_success
                slowest = max(slowest, time.monotonic() - before)
        return slowest

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield
        finally:
            over.set()
        slowest = asking.result()
    assert slowest < ANSWERS_WITHIN_S


class TestPages:
    @pytest.mark.parametrize(
        "path", ["/nested", "/deep", "/json", "/items", "/brackets", "/quotes", "/punycode"]
    )
    def test_a_page_that_breaks_its_reader_stops_nobody(
        self, victim: Studio, hostile: str, path: str
    ) -> None:
        project = victim.project()
        with answering(victim):
            assert project.upload_url(f"{hostile}{path}")["code"] in {0, 4001}
        assert project.upload_url(f"{hostile}/plain")["code"] == 0

    @pytest.mark.parametrize(("path", "code"), [("/twice", 4001), ("/once", 4002)])
    def test_a_page_that_unfolds_without_end_is_refused(
        self, victim: Studio, hostile: str, path: str, code: int
    ) -> None:
        before = psutil.Process(victim.process.pid).memory_info().rss
        with answering(victim):
            assert victim.project().upload_url(f"{hostile}{path}")["code"] == code
        assert psutil.Process(victim.process.pid).memory_info().rss - before < 60_000_000

    @pytest.mark.parametrize("url", ["http://xn--/", "{hostile}/moved", "http://a.xn--.example/"])
    def test_a_name_that_idna_refuses_is_a_forbidden_address(
        self, victim: Studio, hostile: str, url: str
    ) -> None:
        answer = victim.project().upload_url(url.format(hostile=hostile))
        assert answer["code"] == 4001


class TestAnswers:
    def test_a_foreign_picture_is_served_as_what_it_is(self, victim: Studio, hostile: str) -> None:
        (file,) = victim.project().upload_url(f"{hostile}/picture")["data"]["files"]
        answer = victim.http.get(file["cdn_url"])
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]

    @pytest.mark.parametrize("path", ["/health", "/nothing"])
    def test_no_answer_is_sniffed(self, victim: Studio, path: str) -> None:
        assert victim.http.get(path).headers["x-content-type-options"] == "nosniff"


class TestMessages:
    @pytest.mark.parametrize("piece", ["“", "\"'", "thank you", "1", "make a ", "a,"])
    def test_a_long_message_stops_nobody(self, victim: Studio, piece: str) -> None:
        project = victim.project()
        project.say('create a 4s video "Urban Dreams"')
        with answering(victim):
            project.say((piece * 20_000)[:20_000])
        assert project.say("make it 5 seconds")

    def test_a_message_is_no_longer_than_it_may_be(self, victim: Studio) -> None:
        project = victim.project()
        answer = project.post("/run_sse", project.message("x" * 20_001))
        assert answer.status_code == answer.json()["code"] == 400
        assert "longer than 20000 characters" in answer.json()["message"]

    def test_a_character_set_that_never_ends_to_be_decoded(self, victim: Studio) -> None:
        project = victim.project()
        headers = {**project.headers, "Content-Type": "multipart/form-data; boundary=x; charset=punycode"}
        body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na-' + b"9" * 60_000 + b"\r\n--x--\r\n"
        with answering(victim):
            answer = project.http.post(project.upload_path, content=body, headers=headers)
        assert answer.json()["code"] == 400


class TestBodies:
    @pytest.mark.parametrize("filling", [b"[],", b'{"a":[1.5]},', b'"x",'])
    def test_many_large_bodies_stop_nobody(self, victim: Studio, filling: bytes) -> None:
        project = victim.project()
        values = (filling * (1_900_000 // len(filling))).rstrip(b",")
        body = b'{"id":"a","sessionId":"b","draft":{"t":[%s]}}' % values

        def post() -> int:
            with httpx.Client(base_url=victim.http.base_url, timeout=60) as http:
                return http.post(
                    "/api/render/proxy/lambda", content=body, headers=project.headers
                ).status_code

        with answering(victim), ThreadPoolExecutor(10) as pool:
            codes = list(pool.map(lambda _: post(), range(30)))
        assert set(codes) == {400}


class TestAllowances:
    def test_an_account_has_so_many_sessions(self, victim: Studio) -> None:
        token = ask_for_token(victim.http)
        headers = {"Authorization": f"Bearer {token}", **ATTRIBUTION}
        answers = [
            victim.http.post("/api/tasks/me/with-session/nemo_agent", json={}, headers=headers)
            for _ in range(21)
        ]
        assert [answer.status_code for answer in answers] == [200] * 20 + [429]
        assert answers[-1].json()["code"] == 429
        assert victim.project().session_id

    def test_an_account_keeps_so_many_bytes(self, victim: Studio) -> None:
        project = victim.project()
        large = png(600, 600) + bytes(900_000)
        codes = [project.upload(f"{number}.png", large)["code"] for number in range(3)]
        assert codes == [0, 0, 4002]
        assert len(project.state()["video_infos"]) == 2
        assert victim.project().upload("a.png", large)["code"] == 0

    def test_an_account_has_so_many_renders(self, victim: Studio) -> None:
        token = ask_for_token(victim.http)
        projects = [victim.service.project(token) for _ in range(4)]
        answers = [project.start_render(LONG_DRAFT) for project in projects]
        try:
            assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
            other = victim.project()
            # Another account's turn comes although three long renders were there first.
            assert other.finished(other.start_render(SMALL_DRAFT).json()["id"]).status == "completed"
        finally:
            for project, answer in zip(projects[:3], answers, strict=False):
                project.cancel(answer.json()["id"])


def _at_once(_project: Project, _render_id: str) -> bool:
    return True


def _when_a_process_runs(project: Project, render_id: str) -> bool:
    return project.render(render_id).status == "processing"


def _when_frames_are_drawn(project: Project, render_id: str) -> bool:
    return bool(project.get(f"/api/render/proxy/lambda/{render_id}").json()["progress"])


@pytest.mark.parametrize("moment", [_at_once, _when_a_process_runs, _when_frames_are_drawn])
def test_a_cancelled_render_is_dead_whenever_it_is_cancelled(
    victim: Studio, moment: Callable[[Project, str], bool]
) -> None:
    project = victim.project()
    for _ in range(12 if moment is not _when_frames_are_drawn else 1):
        render_id = project.start_render(LONG_DRAFT).json()["id"]
        wait_for(partial(moment, project, render_id), every_seconds=0.002)
        assert project.cancel(render_id).json()["status"] == "failed"
    assert wait_for(lambda: not victim.renderers())
    other = victim.project()
    assert other.finished(other.start_render(SMALL_DRAFT).json()["id"]).status == "completed"
    folders = [path for path in (victim.data_dir / "renders").iterdir() if not (path / "video.mp4").exists()]
    assert folders == []
