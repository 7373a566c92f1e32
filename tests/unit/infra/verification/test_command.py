"""`python -m infra.verification`, as far as it needs no cloud."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.verification import __main__ as command
from infra.verification.errors import CheckFailedError, VerificationError
from infra.verification.target import Target
from infra.verification.throw_away import ThrowAway
from infra.verification.transcript import Transcript

Run = Callable[..., int]
STUDIO = "https://studio.example.com"


@pytest.fixture
def run(target: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs the command in an account; the transcript is written to `tmp_path`."""
    monkeypatch.setattr(command, "connect", lambda: target)
    monkeypatch.setenv("NEMO_API_URL", STUDIO)
    monkeypatch.delenv("NEMO_TOKEN", raising=False)

    def run(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["verify", f"--transcript={tmp_path / 't.md'}", *arguments])
        return command.main()

    return run


def _verifies(monkeypatch: pytest.MonkeyPatch, problem: BaseException | None = None) -> list[bool]:
    """Have the checks end so; returns whether each run deployed."""
    deployed = []

    def verify(transcript: Transcript, _throw_away: ThrowAway, *, deploy: bool) -> None:
        deployed.append(deploy)

        def work() -> list[str]:
            if problem:
                raise problem
            return []

        transcript.run("A check", work)

    monkeypatch.setattr(command, "verify", verify)
    return deployed


@pytest.mark.parametrize(
    ("problem", "status"),
    [(None, 0), (CheckFailedError("No."), 1), (KeyboardInterrupt(), 130)],
)
def test_the_exit_status_tells_and_a_transcript_is_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, problem: BaseException | None, status: int
) -> None:
    assert _verifies(monkeypatch, problem) == []
    assert run() == status
    written = (tmp_path / "t.md").read_text()
    assert "| deployed | no |" in written
    assert "| A check | " in written
    assert "111122223333" not in written


def test_without_an_account_it_says_one_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def connect() -> Target:
        raise VerificationError("No AWS credentials were found.")

    monkeypatch.setattr(command, "connect", connect)
    assert run() == 2
    assert capsys.readouterr().err == "No AWS credentials were found.\n"
    assert not (tmp_path / "t.md").exists()


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 2), ("", 2)])
def test_a_deployment_is_confirmed_with_its_cost(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, status: int
) -> None:
    deployed = _verifies(monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    assert run("--deploy") == status
    asked = capsys.readouterr().err
    assert "less than half a dollar" in asked
    assert "eu-central-1" in asked
    assert deployed == ([True] if status == 0 else [])


def test_yes_answers_the_question(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deployed = _verifies(monkeypatch)
    assert run("--deploy", "--yes") == 0
    assert deployed == [True]
    assert "| deployed | yes |\n| backend | a studio of our own |" in (tmp_path / "t.md").read_text()


def test_credits_are_not_spent_unasked(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed = _verifies(monkeypatch)
    monkeypatch.delenv("NEMO_API_URL")
    assert run("--deploy", "--yes") == 2
    assert "SPEND_CREDITS=1" in capsys.readouterr().err
    assert deployed == []


def test_a_parameter_without_a_value_is_named(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--parameters", "KeepVideosDays") == 2
    assert "Invalid parameter “KeepVideosDays”. Write it as Name=value." in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["nemo-video-prod", "nemo-verify-", "nemo-verify-0a1b2c3", "nemo-verify-0a1b2c3d-x"]
)
def test_only_throw_away_stacks_are_cleaned_up(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(ThrowAway, "clean_up", lambda *_: pytest.fail("it was deleted"))
    assert run("--clean", name) == 2
    assert "is not the name of a temporary stack" in capsys.readouterr().err


def test_a_throw_away_stack_is_cleaned_up(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = []

    def clean_up(stack: ThrowAway, transcript: Transcript) -> None:
        cleaned.append(stack.name)
        transcript.run("Delete the stack", list)

    monkeypatch.setattr(ThrowAway, "clean_up", clean_up)
    assert run("--clean", "nemo-verify-0a1b2c3d") == 0
    assert cleaned == ["nemo-verify-0a1b2c3d"]
