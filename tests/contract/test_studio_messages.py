"""How the studio's agent answers, beyond what the document says."""

import pytest

from tests.contract.samples import png
from tests.contract.services import Studio
from tests.contract.wire import Json, Project


def test_a_generation_has_two_stages_and_speaks_of_buttons(project: Project) -> None:
    project.upload("harbour_sunrise.png", png())
    events = project.say("Make a 4 second video")
    kinds = [event["type"] for event in events]
    assert kinds[0] == "tool_call"
    assert {"heartbeat", "tool_result"} <= set(kinds)
    assert kinds[-1] == "text"
    assert "Click the Export button to download" in events[-1]["content"]
    raw = project.state()["draft"]
    assert {track["tt"] for track in raw["t"]} == {0}
    draft = project.settled_draft()
    assert {track["tt"] for track in draft["t"]} == {0, 1, 7}
    assert draft["t"][0] == raw["t"][0]
    state = project.state()
    assert state["canvas_config"] == draft["m"]
    assert sum(media["duration"] for media in state["generated_media"]) >= 4000


def test_nothing_to_work_from_leads_to_a_question(project: Project) -> None:
    (event,) = project.say("make a video")
    assert event["type"] == "text"
    assert "?" in event["content"]
    assert project.state()["draft"] is None
    (event,) = project.say("做一个视频")
    assert "？" in event["content"]  # noqa: RUF001 - Chinese punctuation


def test_some_edits_are_made_in_silence(project: Project) -> None:
    project.say('make a 4s video "Urban Dreams"')
    project.settled_draft()
    texts = []
    for size in ("bigger", "smaller") * 5:
        before = project.state()["draft"]
        texts.append([event for event in project.say(f"make the title {size}") if event["type"] == "text"])
        assert project.state()["draft"] != before
    silent = sum(not text for text in texts)
    assert 1 <= silent <= 6


def test_work_goes_on_when_the_listener_goes_away(project: Project) -> None:
    message = project.message('create a 4s video "Urban Dreams"')
    with project.http.stream("POST", "/run_sse", json=message, headers=project.headers) as response:
        next(response.iter_bytes())
    assert "Urban Dreams" in str(project.settled_draft())


def test_an_empty_message_is_refused(project: Project) -> None:
    assert project.post("/run_sse", project.message(" ")).json()["code"] == 400
    assert project.post("/run_sse", {"text": "hello"}).json()["code"] == 400


class TestAlternativeShapes:
    """The forms that other vendor documents show, one by one."""

    @pytest.fixture
    def project(self, alternative: Studio) -> Project:
        return alternative.project()

    @pytest.fixture
    def events(self, project: Project) -> list[Json]:
        return project.say('make a 4s video "Urban Dreams"')

    def test_the_stream_is_of_adk_events(self, events: list[Json]) -> None:
        assert not any("type" in event for event in events)
        parts = [part for event in events for part in event["content"]["parts"]]
        called = next(part["functionCall"] for part in parts if "functionCall" in part)
        answered = next(part["functionResponse"] for part in parts if "functionResponse" in part)
        assert called["name"] == answered["name"] == "generate_video"
        assert any(part.get("thought") for part in parts)

    def test_partial_texts_are_followed_by_the_whole(self, events: list[Json]) -> None:
        spoken = [event for event in events if "partial" in event]
        *deltas, whole = [event["content"]["parts"][0]["text"] for event in spoken]
        assert [event["partial"] for event in spoken] == [True, True, False]
        assert "".join(deltas) == whole

    def test_a_temporary_issue_trails_a_good_answer(self, events: list[Json]) -> None:
        assert "temporary issue" in events[-1]["content"]["parts"][0]["text"]

    def test_heartbeats_are_empty(self, project: Project) -> None:
        message = project.message('make a 4s video "Urban Dreams"')
        stream = project.post("/run_sse", message).text
        assert "data: \n\n" in stream

    def test_a_session_comes_without_envelope(self, project: Project) -> None:
        answer = project.post("/api/tasks/me/with-session/nemo_agent", {}).json()
        assert {"session_id", "task_id", "user_id"} == answer.keys()

    def test_an_upload_is_told_as_uploaded_files(self, project: Project) -> None:
        (file,) = project.upload("harbour.png", png())["data"]["uploaded_files"]
        assert project.http.get(file["url"]).content == png()

    def test_bad_tokens_are_1010(self, alternative: Studio) -> None:
        assert alternative.http.get("/api/credits/balance/simple").json()["code"] == 1010
