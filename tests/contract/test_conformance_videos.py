"""What the document says of the stream, the draft and its export; one test for each of its sentences.

One video is made for all of them, for the real service charges for it.
"""

import json
import uuid
from dataclasses import dataclass

import httpx
import pytest

from tests.contract.samples import SMALL_DRAFT, png
from tests.contract.services import Service
from tests.contract.wire import OVER, Json, Project, Render, read_render, texts, tools, wait_for

STATUSES = {"pending", "processing", "completed", "failed"}
KNOWN_TYPES = {"text", "tool_call", "tool_result", "heartbeat"}
pytestmark = pytest.mark.usefixtures("spending")


@dataclass
class Made:
    """A video from its instruction to its file."""

    project: Project
    events: list[Json]
    draft: Json
    credits_before_export: int
    render_id: str
    started: httpx.Response
    finished: Render


@pytest.fixture(scope="module")
def made(service: Service) -> Made:
    project = service.project()
    project.upload("harbour_sunrise.png", png())
    events = project.say('Make a 3 second square video with the title "Urban Dreams"')
    draft = project.settled_draft()
    credits_before = project.balance()["available"]
    render_id = f"render_{uuid.uuid4().hex}"
    started = project.start_render(draft, render_id)
    return Made(project, events, draft, credits_before, render_id, started, project.finished(render_id))


class TestStream:
    def test_events_are_of_the_known_forms(self, made: Made) -> None:
        for event in made.events:
            adk = {"content", "errorCode", "author"} & event.keys()
            assert event.get("type") in KNOWN_TYPES or adk or "error" in event

    def test_tools_that_are_called_answer(self, made: Made) -> None:
        assert tools(made.events, "tool_call") == tools(made.events, "tool_result")

    def test_a_generation_speaks_to_the_user(self, made: Made) -> None:
        assert texts(made.events)
        assert all(texts(made.events))

    def test_the_close_is_the_end(self, made: Made) -> None:
        """No marker is sent: the stream was read to its end, and what came are events."""
        assert made.events
        assert not any(event.get("type") in {"done", "end"} for event in made.events)


class TestDraft:
    def test_tracks_are_of_type_video_audio_or_text(self, made: Made) -> None:
        assert {track["tt"] for track in made.draft["t"]} <= {0, 1, 7}

    def test_it_is_ready_for_export_when_a_track_has_segments(self, made: Made) -> None:
        assert any(track["sg"] for track in made.draft["t"])

    def test_lengths_are_milliseconds(self, made: Made) -> None:
        lengths = [segment["d"] for track in made.draft["t"] for segment in track["sg"]]
        assert all(isinstance(length, int) for length in lengths)
        assert 1000 <= max(lengths) <= 60_000

    def test_it_is_settled_once_it_has_stopped_changing(self, made: Made) -> None:
        assert made.project.draft() == made.draft


class TestExport:
    def test_the_caller_chooses_the_id(self, made: Made) -> None:
        assert made.started.is_success
        assert made.project.render(made.render_id).status in STATUSES

    def test_it_ends_completed_at_an_address(self, made: Made) -> None:
        assert made.finished.status == "completed"
        assert made.finished.url

    def test_the_address_is_an_mp4s(self, made: Made) -> None:
        assert made.finished.url
        video = made.project.http.get(made.finished.url)
        assert video.headers["content-type"] == "video/mp4"
        assert video.content[4:8] == b"ftyp"

    def test_it_can_be_downloaded_by_its_id(self, made: Made) -> None:
        video = made.project.get(f"/api/render/proxy/{made.render_id}/download")
        assert video.content[4:8] == b"ftyp"

    def test_it_costs_no_credits(self, made: Made) -> None:
        assert made.project.balance()["available"] == made.credits_before_export

    def test_a_known_id_is_refused_or_answered_with_its_render(self, made: Made) -> None:
        again = made.project.start_render(made.draft, made.render_id)
        answered = read_render(again)
        assert again.status_code in {400, 409} or answered.status in OVER

    def test_402_without_attribution(self, service: Service) -> None:
        project = service.project()
        body = {"id": f"render_{uuid.uuid4().hex}", "sessionId": project.session_id, "draft": SMALL_DRAFT}
        headers = {"Authorization": f"Bearer {project.token}"}
        answer = project.http.post("/api/render/proxy/lambda", json=body, headers=headers)
        assert 402 in {answer.status_code, answer.json().get("code")}

    def test_a_session_has_one_active_export(self, made: Made) -> None:
        first, second = (f"render_{uuid.uuid4().hex}" for _ in range(2))
        assert made.project.start_render(made.draft, first).is_success
        refused = made.project.start_render(made.draft, second)
        made.project.cancel(first)
        assert not (refused.is_success and read_render(refused).status in STATUSES)

    def test_a_cancelled_render_is_over(self, made: Made) -> None:
        render_id = f"render_{uuid.uuid4().hex}"
        made.project.start_render(made.draft, render_id)
        made.project.cancel(render_id)
        assert wait_for(lambda: made.project.render(render_id).status in OVER)

    def test_a_render_is_its_tokens(self, service: Service, made: Made) -> None:
        stranger = service.project()
        if stranger.token == made.project.token:
            pytest.skip("All projects of the real service share one account.")
        assert stranger.render(made.render_id).status is None

    def test_an_unknown_render_has_no_status(self, service: Service) -> None:
        answer = service.project().get("/api/render/proxy/lambda/render_never")
        assert read_render(answer).status is None
        assert json.loads(answer.text)
