"""The commands behind `make status`, `make redrive` and `make retry`, as far as they say no."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import infra.operations.__main__ as commands
from infra.local import service
from tests.support.builders import NOW, REF, a_store, a_video
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedWorkflow
from videos.model.records import Stage, Status
from videos.model.version import Ended


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["infra.operations", *arguments])
    return commands.main()


def _wired(monkeypatch: pytest.MonkeyPatch, store: MemoryStore) -> RecordedWorkflow:
    workflow = RecordedWorkflow()
    wired = SimpleNamespace(store=store, workflow=workflow)
    monkeypatch.setattr(commands, "stack_named", lambda _name: wired)
    return workflow


def test_without_a_cloud_it_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(service, "ENDPOINTS", tmp_path / "endpoints.json")
    assert _run(monkeypatch, "status") == 1
    assert "`make up`" in capsys.readouterr().err


def test_a_failed_video_is_retried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = a_store()
    store.end(REF, Ended(status=Status.FAILED, at=NOW, message="It failed."))
    workflow = _wired(monkeypatch, store)
    assert _run(monkeypatch, "retry", REF.video_id) == 0
    assert [ref.version for ref in workflow.started] == [2]
    assert f"make status VIDEO={REF.video_id}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("video_id", "store", "told"),
    [
        ("vid-none", a_store(), "There is no video vid-none"),
        (
            REF.video_id,
            a_store(a_video().model_copy(update={"status": Status.READY, "stage": Stage.ENDED})),
            "Only a failed or cancelled video can be retried",
        ),
        (
            REF.video_id,
            a_store(a_video().model_copy(update={"status": Status.WORKING, "stage": Stage.RENDERING})),
            "A version is still running",
        ),
    ],
)
def test_what_cannot_be_retried_says_why(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    video_id: str,
    store: MemoryStore,
    told: str,
) -> None:
    workflow = _wired(monkeypatch, store)
    assert _run(monkeypatch, "retry", video_id) == 1
    assert told in capsys.readouterr().err
    assert workflow.started == []
