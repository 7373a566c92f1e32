"""The wire, call by call, as the vendor's documents describe it."""

import http.client
import io
import json
import re
import signal
import threading
import uuid
import zlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import psutil
import pytest
from PIL import Image

from tests.contract.conftest import Project, Studio, start_studio, stop_studio, wait_for


def png(width: int = 640, height: int = 360, colour: str = "#c81e1e") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(content, "PNG")
    return content.getvalue()


SMALL_DRAFT: dict[str, Any] = {
    "t": [
        {"tt": 0, "sg": [{"s": 0, "d": 1000, "m": {"name": "Card"}}]},
        {"tt": 7, "sg": [{"s": 0, "d": 1000, "m": {"text": "Urban Dreams"}}]},
    ],
    "d": 1000,
    "m": {"width": 320, "height": 180, "fps": 30},
}
LONG_DRAFT = SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"s": 0, "d": 60_000}]}], "d": 60_000, "m": {}}


class TestTokens:
    def test_a_client_gets_one_token_in_seven_days(self, studio: Studio) -> None:
        headers = {"X-Client-Id": str(uuid.uuid4())}
        first = studio.http.post("/api/auth/anonymous-token", headers=headers).json()
        assert first["code"] == 0
        assert first["data"]["token"].startswith("nmv_usr_")
        assert first["data"]["credits"] == 100
        assert {"user_id", "expires_at"} <= first["data"].keys()
        again = studio.http.post("/api/auth/anonymous-token", headers=headers)
        assert again.status_code == again.json()["code"] == 429
        assert again.headers["retry-after"] == "30"

    def test_a_client_without_id_is_told(self, studio: Studio) -> None:
        answer = studio.http.post("/api/auth/anonymous-token")
        assert answer.status_code == answer.json()["code"] == 400
        assert "X-Client-Id" in answer.json()["message"]

    @pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nmv_usr_made_up"}])
    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("POST", "/api/tasks/me/with-session/nemo_agent", {"task_name": "project", "language": "en"}),
            ("POST", "/api/auth/claim-token", {"task_id": "1", "session_id": "1"}),
            (
                "POST",
                "/run_sse",
                {"app_name": "", "user_id": "", "session_id": "1", "new_message": {"parts": [{"text": "x"}]}},
            ),
            ("POST", "/api/upload-video/nemo_agent/me/1", {"urls": ["http://127.0.0.1/"]}),
            ("GET", "/api/credits/balance/simple", None),
            ("GET", "/api/state/nemo_agent/me/1/latest", None),
            ("GET", "/api/render/proxy/lambda/1", None),
            ("POST", "/api/render/proxy/lambda/1/cancel", None),
            ("GET", "/api/render/proxy/1/download", None),
        ],
    )
    def test_every_other_call_wants_a_token(
        self, studio: Studio, method: str, path: str, body: object, headers: dict[str, str]
    ) -> None:
        assert studio.http.request(method, path, json=body, headers=headers).json()["code"] == 1001


class TestSessions:
    def test_ids_are_nineteen_digits_in_a_string(self, project: Project) -> None:
        assert re.fullmatch(r"\d{19}", project.session_id)

    def test_a_new_session_is_empty(self, project: Project) -> None:
        state = project.state()
        assert state["draft"] is None
        assert state["video_infos"] == state["generated_media"] == []

    def test_another_users_session_is_not_found(self, studio: Studio, project: Project) -> None:
        stranger = studio.project()
        stranger.session_id = project.session_id
        path = f"/api/state/nemo_agent/me/{project.session_id}/latest"
        assert stranger.get(path).json()["code"] == 1002
        assert stranger.upload("a.png", png())["code"] == 1002
        assert stranger.post("/run_sse", stranger.message("make a video")).json()["code"] == 1002
        assert stranger.start_render(SMALL_DRAFT).json()["code"] == 1002

    def test_a_project_can_be_claimed_without_showing_the_token(self, project: Project) -> None:
        body = {"task_id": project.task_id, "session_id": project.session_id}
        data = project.post("/api/auth/claim-token", body).json()["data"]
        assert data["claim_token"].startswith("clm_")
        assert data["expires_in"] == 604_800
        assert project.token not in data["claim_token"]


class TestUploads:
    def test_a_file_is_described_and_can_be_read_again(self, project: Project) -> None:
        content = png()
        answer = project.upload("größe 2 & mehr.png", content)
        assert answer["code"] == 0
        (file,) = answer["data"]["files"]
        assert (file["filename"], file["file_type"]) == ("größe 2 & mehr.png", "image")
        assert (file["width"], file["height"]) == (640, 360)
        assert project.http.get(file["cdn_url"]).content == content
        assert project.state()["video_infos"] == [file]

    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("notes.txt", b"just some words"),
            ("fake.png", b"just some words"),
            ("page.png", b"<html><title>x</title></html>"),
            ("playlist.mp4", b"#EXTM3U\nhttp://127.0.0.1/secret\n"),
            ("broken.png", png()[:200]),
            ("broken.mp4", b"\0\0\0\x20ftypisom" + bytes(64)),
            ("empty.jpg", b""),
            ("vector.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
            ("photo.heic", b"\0\0\0\x20ftypheic" + bytes(64)),
        ],
    )
    def test_the_content_decides_what_is_accepted(self, project: Project, name: str, content: bytes) -> None:
        answer = project.upload(name, content)
        assert answer["code"] == 4001
        assert "mp4, mov" in answer["message"]
        assert project.state()["video_infos"] == []

    def test_a_picture_of_too_many_pixels_is_refused_unseen(self, project: Project) -> None:
        bomb = bytearray(png(16, 16))
        bomb[16:24] = (30_000).to_bytes(4) * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4)
        answer = project.upload("bomb.png", bytes(bomb))
        assert answer["code"] == 4001
        assert "30000x30000 pixels are too many" in answer["message"]

    def test_a_file_above_the_limit_is_refused_by_its_announced_size(self, project: Project) -> None:
        connection = http.client.HTTPConnection(project.http.base_url.host, project.http.base_url.port or 80)
        connection.putrequest("POST", f"/api/upload-video/nemo_agent/me/{project.session_id}")
        for name, value in project.headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        connection.putheader("Content-Length", str(600_000_000))
        connection.endheaders()
        answer = json.load(connection.getresponse())
        connection.close()
        assert answer["code"] == 4002
        assert "500 MB" in answer["message"]

    def test_an_upload_without_file_is_told(self, project: Project) -> None:
        path = f"/api/upload-video/nemo_agent/me/{project.session_id}"
        answer = project.http.post(path, files={"other": ("a.png", png())}, headers=project.headers)
        assert answer.json()["code"] == 400
        assert "files" in answer.json()["message"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A web site on loopback; its address."""
    (tmp_path / "cover.png").write_bytes(png(800, 600))
    (tmp_path / "index.html").write_text(
        "<title>Northwind Coffee</title><meta name=description content='Roasted on Monday.'>"
        "<meta property='og:image' content='/cover.png'>"
    )
    (tmp_path / "empty.html").write_text("<p></p>")
    (tmp_path / "data.json").write_text("{}")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class TestUrls:
    def test_a_media_file_is_taken_as_it_is(self, project: Project, site: str) -> None:
        (file,) = project.upload_url(f"{site}/cover.png")["data"]["files"]
        assert (file["filename"], file["width"]) == ("cover.png", 800)

    def test_a_page_becomes_a_video_of_what_it_says(self, project: Project, site: str) -> None:
        assert project.upload_url(f"{site}/index.html")["code"] == 0
        project.say("make a vertical 6s video")
        draft = project.settled_draft()
        texts = [segment["m"]["text"] for segment in draft["t"][2]["sg"]]
        assert texts == ["Northwind Coffee", "Roasted on Monday.", "127.0.0.1"]
        assert draft["t"][0]["sg"][0]["m"]["src"]

    @pytest.mark.parametrize("path", ["missing.png", "empty.html", "data.json"])
    def test_an_address_without_media_is_told(self, project: Project, site: str, path: str) -> None:
        answer = project.upload_url(f"{site}/{path}")
        assert answer["code"] == 4001
        assert path in answer["message"]

    @pytest.mark.parametrize(
        "url", ["file:///etc/hostname", "http://127.0.0.1:1/x.png", "http://", "nonsense"]
    )
    def test_an_address_that_cannot_be_read_is_told(self, project: Project, url: str) -> None:
        assert project.upload_url(url)["code"] == 4001


class TestMessages:
    def test_a_generation_has_two_stages_and_speaks_of_buttons(self, project: Project) -> None:
        project.upload("harbour_sunrise.png", png())
        events = project.say("Make a 4 second video")
        kinds = [event["type"] for event in events]
        assert kinds[0] == "tool_call"
        assert {"heartbeat", "tool_result"} <= set(kinds)
        assert kinds[-1] == "text"
        assert "Click the Export button to download" in events[-1]["content"]
        raw = project.state()["draft"]
        assert [track["tt"] for track in raw["t"]] == [0]
        draft = project.settled_draft()
        assert [track["tt"] for track in draft["t"]] == [0, 1, 7]
        assert draft["t"][0] == raw["t"][0]
        assert draft["t"][2]["sg"][0]["m"]["text"] == "Harbour sunrise"
        state = project.state()
        assert state["canvas_config"] == draft["m"]
        assert [media["duration"] for media in state["generated_media"]] == [4000]

    def test_nothing_to_work_from_leads_to_a_question(self, project: Project) -> None:
        (event,) = project.say("make a video")
        assert event["type"] == "text"
        assert "?" in event["content"]
        assert project.state()["draft"] is None
        (event,) = project.say("做一个视频")
        assert "？" in event["content"]  # noqa: RUF001 - Chinese punctuation

    def test_some_edits_are_made_in_silence(self, project: Project) -> None:
        project.say('make a 4s video "Urban Dreams"')
        project.settled_draft()
        texts = []
        for size in ("bigger", "smaller") * 5:
            before = project.state()["draft"]
            texts.append(
                [event for event in project.say(f"make the title {size}") if event["type"] == "text"]
            )
            assert project.state()["draft"] != before
        silent = sum(not text for text in texts)
        assert 1 <= silent <= 6

    def test_credits_are_charged_for_every_message(self, project: Project) -> None:
        path = "/api/credits/balance/simple"
        assert project.get(path).json()["data"] == {"available": 100, "frozen": 0, "total": 100}
        for spent in (10, 20):
            project.say('make a 4s video "Urban Dreams" from scratch')
            assert project.get(path).json()["data"] == {"available": 100 - spent, "frozen": 0, "total": 100}

    def test_credits_run_out(self, project: Project) -> None:
        for _ in range(10):
            project.say('create a 4s video "Urban Dreams"')
        refused = project.post("/run_sse", project.message("make the title bigger"))
        assert refused.json()["code"] == 2001
        assert project.settled_draft()

    def test_work_goes_on_when_the_listener_goes_away(self, project: Project) -> None:
        message = project.message('create a 4s video "Urban Dreams"')
        with project.http.stream("POST", "/run_sse", json=message, headers=project.headers) as response:
            next(response.iter_bytes())
        assert project.settled_draft()["t"][2]["sg"][0]["m"]["text"] == "Urban Dreams"
        assert project.get("/api/credits/balance/simple").json()["data"]["available"] == 90

    def test_an_empty_message_is_refused(self, project: Project) -> None:
        assert project.post("/run_sse", project.message(" ")).json()["code"] == 400
        assert project.post("/run_sse", {"text": "hello"}).json()["code"] == 400


class TestRenders:
    def test_a_file_becomes_a_video_that_plays(self, project: Project) -> None:
        project.upload("harbour_sunrise.png", png())
        project.say("Make a 3 second square video")
        draft = project.settled_draft()
        render_id = f"render_{uuid.uuid4().hex}"
        started = project.start_render(draft, render_id).json()
        assert (started["id"], started["status"]) == (render_id, "pending")
        done = project.finished(render_id)
        assert (done["status"], done["progress"]) == ("completed", 100)
        # The address needs no token and cannot be guessed.
        video = project.http.get(done["output"]["url"])
        assert video.headers["content-type"] == "video/mp4"
        assert project.http.get(re.sub(r"/files/[^/]+", "/files/x", done["output"]["url"])).status_code == 404
        fallback = project.get(f"/api/render/proxy/{render_id}/download")
        assert fallback.content == video.content
        with av.open(io.BytesIO(video.content), "r") as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 1080, 1080)
            assert container.streams.audio[0].codec_context.name == "aac"
            assert sum(1 for _ in container.decode(stream)) == 90

    def test_the_draft_that_is_sent_is_what_is_rendered(self, project: Project) -> None:
        render_id = project.start_render(SMALL_DRAFT | {"d": 1500}).json()["id"]
        video = project.http.get(project.finished(render_id)["output"]["url"]).content
        with av.open(io.BytesIO(video), "r") as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (320, 180)
            assert sum(1 for _ in container.decode(stream)) == 45

    def test_exports_want_attribution(self, project: Project) -> None:
        for missing in ("X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"):
            headers = {name: value for name, value in project.headers.items() if name != missing}
            body = {"id": "1", "sessionId": project.session_id, "draft": SMALL_DRAFT}
            answer = project.http.post("/api/render/proxy/lambda", json=body, headers=headers)
            assert answer.status_code == answer.json()["code"] == 402

    def test_ids_and_sessions_are_used_once_at_a_time(self, studio: Studio, project: Project) -> None:
        render_id = project.start_render(LONG_DRAFT).json()["id"]
        duplicate = project.start_render(SMALL_DRAFT, render_id)
        assert duplicate.status_code == duplicate.json()["code"] == 409
        second = project.start_render(SMALL_DRAFT)
        assert second.status_code == second.json()["code"] == 429
        assert studio.project().get(f"/api/render/proxy/lambda/{render_id}").status_code == 404
        cancelled = project.post(f"/api/render/proxy/lambda/{render_id}/cancel", None).json()
        assert (cancelled["status"], cancelled["error"]) == ("failed", "Cancelled.")
        third = project.start_render(SMALL_DRAFT).json()["id"]
        assert project.finished(third)["status"] == "completed"
        assert project.status(render_id)["status"] == "failed"

    def test_progress_grows_and_the_studio_answers_meanwhile(self, project: Project) -> None:
        render_id = project.start_render(LONG_DRAFT).json()["id"]
        seen = []
        while (status := project.status(render_id))["progress"] < 5:
            assert status["status"] in {"pending", "processing"}
            seen.append(status["progress"])
        assert seen == sorted(seen)
        assert project.state()["draft"] is None
        assert project.get(f"/api/render/proxy/{render_id}/download").status_code == 404
        project.post(f"/api/render/proxy/lambda/{render_id}/cancel", None)

    @pytest.mark.parametrize(
        ("draft", "reason"),
        [
            ({}, "at t"),
            ({"t": []}, "no video segment"),
            (SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "other"}}]}]}, "no media other"),
        ],
    )
    def test_an_unusable_draft_is_refused_with_a_reason(
        self, project: Project, draft: dict[str, Any], reason: str
    ) -> None:
        answer = project.start_render(draft)
        assert answer.status_code == answer.json()["code"] == 422
        assert reason in answer.json()["message"]

    def test_a_renderer_that_dies_is_a_failed_render_and_nothing_more(
        self, studio: Studio, project: Project
    ) -> None:
        render_id = project.start_render(LONG_DRAFT).json()["id"]
        (renderer,) = wait_for(psutil.Process(studio.process.pid).children)
        renderer.kill()
        failed = project.finished(render_id)
        assert failed["status"] == "failed"
        assert "stopped unexpectedly" in failed["error"]
        after = project.start_render(SMALL_DRAFT).json()["id"]
        assert project.finished(after)["status"] == "completed"

    def test_an_unknown_render_is_not_found(self, project: Project) -> None:
        assert project.get("/api/render/proxy/lambda/never").status_code == 404
        assert project.post("/api/render/proxy/lambda/never/cancel", None).status_code == 404
        assert project.get("/api/render/proxy/never/download").status_code == 404


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_studio_stops_cleanly_in_the_middle_of_a_render(tmp_path: Path, how: signal.Signals) -> None:
    studio = start_studio(tmp_path)
    project = studio.project()
    render_id = project.start_render(LONG_DRAFT).json()["id"]
    while project.status(render_id)["status"] == "pending":
        pass
    studio.process.send_signal(how)
    assert stop_studio(studio) == (0, "")
