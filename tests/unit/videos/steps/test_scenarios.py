"""However the backend behaves, by every name that `tests/faults/scenarios.py` has for it."""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import httpx
import pytest

from tests.faults.ledger_gate import open_to_all
from tests.faults.scenarios import SCENARIOS
from tests.support.scripted_backend.server import ScriptedBackend, scripted_backend
from tests.support.selection import mostly_thorough
from tests.template.sam import ROOT
from tests.unit.videos.played import play
from videos.model.records import Status

# What kills workers, throttles tables or takes real time is for the deployed pipeline alone.
HERE = {
    name: scenario
    for name, scenario in SCENARIOS.items()
    if scenario.guard is open_to_all and not scenario.by_the_clock and not name.startswith("killed")
}


# What was found to lose a paid video or to pay twice, and the scenarios of each kind.
FOUND = {
    "the state, once: an unknown code": ["state: an unknown code"],
    "the state, once: broken JSON": ["state: broken JSON"],
    "the state, once: no data": ["state: no data"],
    "the state, once: no state": ["state: no state"],
    "the draft as text or as a list": ["state: the draft as text", "state: the draft as a list"],
    "the start, once: an unknown code": ["start: an unknown code"],
    "the start, once: HTML under 200": ["start: a page under 200", "start: a page, and it began"],
    "the start: an id of the server's own": ["start: an id of the server's own", "start: the id jobs/7/"],
    "the status, once: an unknown code": ["status: an unknown code"],
    "the status, once: broken JSON, or empty": ["status: broken JSON", "status: an empty object"],
    "the status: 404 on the first polls": ["status: 404 on the first polls"],
    "the status: queued": ["status: queued"],
    "the status in other words": ["status: COMPLETED", "status: succeeded", "status: in an envelope"],
    "completed that flips back while the download says 404": ["status: completed, and processing again"],
    "a download cut at half": [
        *("file: half", "file: half, and no ranges", "file: half, and another range"),
        "file: half, and no download call",
    ],
    "one 403 from the content network": ["file: 403", "file: 403, and no download call"],
    "the 404 of the fallback hides what may pass": ["file: 503, and no download call"],
    "half a surrogate in a title": ["draft: half a surrogate in a title"],
    "a reply of 900 kB": ["reply: 900 kB"],
    "an hour of outage": [
        *(f"{call}: an hour of {name}" for call in ("state", "start", "status") for name in ("pages", "502")),
        "file: an hour of 503",
    ],
    "402, then the plan is upgraded": ["402", "export: after an upgrade", "retry: after an upgrade"],
    "two failed renders, then a retry": ["retry: after two failed renders"],
    "a download that fails through all tries": [
        *("export: after a download that failed", "export: after a file that was no video"),
    ],
    "a finished draft with a polite question": [
        *("question: export", "question: like", "question: music", "question: think"),
        *("question: Chinese", "question: a quoted title", "question: a quoted title in Chinese"),
    ],
    "a question with nothing to export": ["a question"],
    "a length that nothing tells": ["length: no durations"],
    "music longer than the picture": [
        *("length: music longer than the picture", "length: a film as long as its music"),
    ],
    "clips that overlap": ["length: crossfaded clips", "length: overlapping clips"],
    "a cancellation while the balance is read": [
        *("cancel: while the balance is read", "cancel: while the draft is read before the post"),
    ],
    "a cancellation that leaves a file or a render behind": [
        *("cancel: while the file comes", "cancel: while the render starts"),
        "cancel: while a render under an id of the server's own is made",
    ],
    "a blip before the post": ["before the post: three times 503"],
    "a refused post": ["post: 429", "post: 503 with Retry-After", "post: a redirect"],
    "a kept connection that is dead": ["post: a kept connection is dead"],
    "an outage when sessions are opened": ["session: 503 for long"],
    "[DONE], and an ADK event with a type": ["stream: [DONE]", "stream: an ADK event with a type"],
    "an error that nobody knows in answer to the post": [
        *("post: an unknown code, agent works", "post: an unknown code, agent does not"),
        *("post: system busy, agent works", "post: system busy, agent does not"),
    ],
    "no credits": ["2001", "2001 before the post", "no credits for a render"],
    "an odd balance": ["balance: missing", "balance: text", "balance: no frozen"],
    "no plan": ["402", "403 for the plan"],
    "a source on the backend's own disk": ["draft: on the backend's own disk"],
    "a draft of version 3": ["draft: version 3"],
    "the link to the editor": ["nothing", "claim: 500"],
}
RACES, TOKENS = "tests/unit/videos/steps/test_send_races.py", "tests/unit/aws/test_shared_token.py"
# What no answer of the backend brings about.
ELSEWHERE = {
    "an API that dies between recording the end and stopping the execution": [
        "tests/unit/videos/property/test_cancelling.py::test_a_cancellation_at_any_moment",
        f"{RACES}::test_a_task_whose_version_ended_without_its_workflow_being_stopped_is_answered",
    ],
    "a retry right after a cancellation in mid-stream": [
        "tests/unit/videos/property/test_cancelling.py::test_a_retry_right_after_a_cancellation",
    ],
    "cancelled and deleted while it is queued": [
        f"{RACES}::test_a_message_of_a_deleted_video_is_done_with",
    ],
    "the anonymous token in its last minutes": [
        f"{TOKENS}::test_in_its_last_minutes_a_token_is_used_while_no_other_is_to_be_had",
        f"{TOKENS}::test_an_expiry_in_the_past_makes_no_sense",
        f"{TOKENS}::test_while_another_function_asks_a_valid_token_is_used",
    ],
    "SQS that refuses an instruction": [
        "tests/template/test_workflow.py::test_sending_is_repeated_by_the_workflow_only_in_another_session",
    ],
    "a balance that is none": [f"{RACES}::test_an_odd_balance_fails_no_video"],
    "a command that reaches the agent": [
        "tests/unit/backend/test_intents.py::test_of_unseen_commands_few_reach_the_agent",
        "tests/unit/backend/test_intents.py::test_no_unseen_edit_is_taken_for_a_command",
        "tests/unit/videos/inbox/test_edit_notes.py::test_a_note_that_is_a_command_is_answered_and_never_sent",
        "tests/unit/videos/inbox/test_intake.py::test_a_sidecar_that_is_a_command_is_answered_and_never_sent",
        "tests/unit/handlers/http/test_api_follow_up.py::test_a_command_is_no_edit",
        "tests/unit/handlers/http/test_api_follow_up.py::test_a_command_is_no_new_video",
    ],
    "an aspect ratio that changes": [
        "tests/unit/backend/test_assumptions.py::test_edits_that_change_the_aspect_ratio",
    ],
    "addresses that the service refuses": [
        "tests/unit/backend/test_assumptions.py::test_sites_whose_addresses_the_backend_refuses",
    ],
}


LARGEST_ITEM = 400_000
"""Bytes; DynamoDB takes no larger one."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "b"


@pytest.fixture(scope="module")
def served(path: Path) -> Iterator[ScriptedBackend]:
    with scripted_backend(path) as backend:
        yield backend


@pytest.fixture
def backend(
    served: ScriptedBackend, path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ScriptedBackend]:
    """The backend; whatever the script, the protocol must have been kept."""
    monkeypatch.setattr("nemovideo.download.RESUME_PAUSES", (0.0, 0.0))
    # Unit tests open no other sockets than Unix's.
    monkeypatch.setattr(httpx, "HTTPTransport", partial(httpx.HTTPTransport, uds=str(path)))
    served.faults.clear()
    yield served
    assert served.faults == []


def test_whatever_was_found_has_its_scenarios() -> None:
    named = set(chain.from_iterable(FOUND.values()))
    assert named <= SCENARIOS.keys(), named - SCENARIOS.keys()
    assert all(FOUND.values())


@pytest.mark.parametrize("test", sorted(chain.from_iterable(ELSEWHERE.values())))
def test_whatever_the_backend_has_no_part_in_has_its_test(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()


def test_the_document_says_how_many_there_are() -> None:
    text = " ".join((ROOT / "docs/reliability.md").read_text().split())
    assert f"names {len(SCENARIOS)} ways" in text
    assert f"{len(HERE)} of them run" in text


@pytest.mark.parametrize("name", mostly_thorough(HERE, quick=set(chain.from_iterable(FOUND.values()))))
def test_scenario(backend: ScriptedBackend, name: str) -> None:
    scenario = HERE[name]
    end = play(scenario, backend)

    expected = scenario.ends if scenario.then is None else Status.READY
    script = end.script
    came_of_it = (end.status, len(script.messages), len(script.started_renders))
    assert came_of_it == (expected, scenario.posts, scenario.renders), end.message
    assert [words for words in scenario.words if words not in end.message] == [], end.message
    assert script.renders_at_once <= 1
    assert not any(render.runs for render in script.started_renders), "a render is orphaned"
    assert (end.ends, end.announced, end.running) == (len(end.versions), len(end.versions), 0)
    assert ("video.mp4" in str(end.stored)) is (end.status is Status.READY)
    assert end.seconds <= scenario.within
    assert all(len(version.model_dump_json()) < LARGEST_ITEM for version in end.versions)
    assert scenario.holds(script)
