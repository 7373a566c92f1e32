"""How the studio renders, beyond what the document says."""

import io
import re
import signal
import uuid
from pathlib import Path
from typing import Any

import av
import pytest

from tests.contract.samples import LONG_DRAFT, SMALL_DRAFT, png
from tests.contract.services import Studio, start_studio
from tests.contract.wire import Json, Project, wait_for

RENDERS = "/api/render/proxy/lambda"


def status(project: Project, render_id: str) -> Json:
    told: Json = project.get(f"{RENDERS}/{render_id}").json()
    return told


def begun(project: Project, draft: object = LONG_DRAFT) -> str:
    """The id of a render that is under way."""
    render_id: str = project.start_render(draft).json()["id"]
    wait_for(lambda: status(project, render_id)["status"] == "processing")
    return render_id


def test_a_file_becomes_a_video_that_plays(project: Project) -> None:
    project.upload("harbour_sunrise.png", png())
    project.say("Make a 3 second square video")
    draft = project.settled_draft()
    draft["m"] |= {"width": 480, "height": 480}
    render_id = f"render_{uuid.uuid4().hex}"
    started = project.start_render(draft, render_id).json()
    assert (started["id"], started["status"]) == (render_id, "pending")
    url = project.finished(render_id).url
    assert url
    # The address needs no token and cannot be guessed.
    video = project.http.get(url)
    assert project.http.get(re.sub(r"/files/[^/]+", "/files/x", url)).status_code == 404
    assert project.get(f"/api/render/proxy/{render_id}/download").content == video.content
    with av.open(io.BytesIO(video.content), "r") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 480, 480)
        assert container.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for _ in container.decode(stream)) == 90


def test_the_draft_that_is_sent_is_what_is_rendered(project: Project) -> None:
    url = project.finished(project.start_render(SMALL_DRAFT | {"d": 1500}).json()["id"]).url
    assert url
    with av.open(io.BytesIO(project.http.get(url).content), "r") as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 180)
        assert sum(1 for _ in container.decode(stream)) == 45


@pytest.mark.parametrize("missing", ["X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"])
def test_exports_want_every_header_of_the_attribution(project: Project, missing: str) -> None:
    headers = {name: value for name, value in project.headers.items() if name != missing}
    body = {"id": "1", "sessionId": project.session_id, "draft": SMALL_DRAFT}
    answer = project.http.post(RENDERS, json=body, headers=headers)
    assert answer.status_code == answer.json()["code"] == 402


def test_ids_and_sessions_are_used_once_at_a_time(studio: Studio, project: Project) -> None:
    render_id = begun(project)
    duplicate = project.start_render(SMALL_DRAFT, render_id)
    assert duplicate.status_code == duplicate.json()["code"] == 409
    second = project.start_render(SMALL_DRAFT)
    assert second.status_code == second.json()["code"] == 429
    assert second.headers["retry-after"] == "10"
    assert studio.project().get(f"{RENDERS}/{render_id}").status_code == 404
    cancelled = project.cancel(render_id).json()
    assert (cancelled["status"], cancelled["error"]) == ("failed", "Cancelled.")
    third = project.start_render(SMALL_DRAFT).json()["id"]
    assert project.finished(third).status == "completed"
    assert project.render(render_id).status == "failed"


def test_what_is_cancelled_before_its_turn_is_never_rendered(studio: Studio, project: Project) -> None:
    first, other = begun(project), studio.project()
    waiting = other.start_render(SMALL_DRAFT).json()["id"]
    assert other.cancel(waiting).json()["status"] == "failed"
    project.cancel(first)
    after = project.start_render(SMALL_DRAFT).json()["id"]
    assert project.finished(after).status == "completed"
    assert other.render(waiting).error == "Cancelled."


def test_progress_grows_and_the_studio_answers_meanwhile(project: Project) -> None:
    render_id = begun(project)
    seen: list[float] = []

    def rendered_for_a_while() -> bool:
        seen.append(status(project, render_id)["progress"])
        return seen[-1] >= 5

    wait_for(rendered_for_a_while)
    assert seen == sorted(seen)
    assert project.state()["draft"] is None
    assert project.get(f"/api/render/proxy/{render_id}/download").status_code == 404
    project.cancel(render_id)


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ({}, "at t"),
        ({"t": []}, "no video segment"),
        (SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"src": "other"}}]}]}, "no media other"),
    ],
)
def test_an_unusable_draft_is_refused_with_a_reason(
    project: Project, draft: dict[str, Any], reason: str
) -> None:
    answer = project.start_render(draft)
    assert answer.status_code == answer.json()["code"] == 422
    assert reason in answer.json()["message"]


def test_a_renderer_that_dies_is_a_failed_render_and_nothing_more(studio: Studio, project: Project) -> None:
    render_id = begun(project)
    (renderer,) = wait_for(studio.renderers)
    renderer.kill()
    failed = project.finished(render_id)
    assert failed.status == "failed"
    assert "stopped unexpectedly" in str(failed.error)
    after = project.start_render(SMALL_DRAFT).json()["id"]
    assert project.finished(after).status == "completed"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_studio_stops_cleanly_in_the_middle_of_a_render(tmp_path: Path, how: signal.Signals) -> None:
    studio = start_studio(tmp_path)
    begun(studio.project())
    studio.process.send_signal(how)
    assert studio.stop() == (0, "")


class TestAlternativeShapes:
    def test_the_status_is_enveloped_and_its_address_an_output_url(self, alternative: Studio) -> None:
        project = alternative.project()
        started = project.start_render(SMALL_DRAFT).json()
        assert started["success"] is True
        project.finished(started["data"]["id"])
        told = project.get(f"{RENDERS}/{started['data']['id']}").json()["data"]
        assert {"id", "status", "progress", "outputUrl", "createdAt", "completedAt"} == told.keys()

    def test_a_known_id_is_answered_with_its_render(self, alternative: Studio) -> None:
        project = alternative.project()
        render_id = begun_in_alternative(project)
        again = project.start_render(SMALL_DRAFT, render_id)
        assert (again.status_code, again.json()["data"]["id"]) == (200, render_id)
        project.cancel(render_id)


def begun_in_alternative(project: Project) -> str:
    render_id: str = project.start_render(LONG_DRAFT).json()["data"]["id"]
    return render_id
