"""A temporary stack is deleted however its use ends."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.verification import __main__ as command
from infra.verification import leftovers, permissions, workflows
from infra.verification.errors import CheckFailedError
from infra.verification.leftovers import Kind, Leftover
from infra.verification.stack import Stack
from infra.verification.target import Target
from infra.verification.throw_away import DEPLOY, DESTROY, NOTHING_LEFT, Settings, ThrowAway
from infra.verification.transcript import Mask, Result, Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "nemo-verify-0a1b2c3d"
TABLE = Kind("table", "dynamodb", lambda _client, _stack: iter(()), lambda _client, _name: None)
LEFT = Leftover(TABLE, f"{NAME}-Videos")
CLEAN = f"make verify-aws CLEAN={NAME}"


class Account:
    """What is left in the account at each look, and what happens to the stack."""

    def __init__(self) -> None:
        self.looks: list[list[Leftover]] = []
        self.problem = ""
        self.deleted = 0
        self.on_delete: Callable[[], object] = bool

    def find(self, _target: Target, _name: str) -> list[Leftover]:
        return self.looks.pop(0) if self.looks else []

    def delete(self, _target: Target, left: list[Leftover]) -> list[Leftover]:
        return [Leftover(item.kind, item.id, self.problem) for item in left] if self.problem else []

    def delete_stack(self) -> None:
        self.deleted += 1
        self.on_delete()


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Account:
    case = Account()
    monkeypatch.setattr(leftovers, "find", case.find)
    monkeypatch.setattr(leftovers, "delete", case.delete)
    monkeypatch.setattr(Stack, "delete", case.delete_stack)
    monkeypatch.setattr(ThrowAway, "_stop_executions", lambda _self: None)
    return case


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def transcript(said: list[str]) -> Transcript:
    return Transcript({}, Mask(), said.append)


@pytest.fixture
def stack(target: Target) -> ThrowAway:
    return ThrowAway(target, NAME, Settings(Path(), {}, pause=0, settle=0), Mask())


def _results(transcript: Transcript) -> dict[str, Result]:
    return {check.name: check.result for check in transcript.checks}


def test_what_the_stack_kept_is_deleted_and_told(
    case: Account, stack: ThrowAway, transcript: Transcript, said: list[str]
) -> None:
    case.looks = [[LEFT], []]
    case.problem = ""
    stack.clean_up(transcript)
    assert _results(transcript) == {DESTROY: Result.PASSED, NOTHING_LEFT: Result.PASSED}
    assert transcript.checks[-1].details == (f"The stack left table {NAME}-Videos. Deleted.",)
    assert CLEAN not in "".join(said)


def test_what_comes_late_is_deleted_too(case: Account, stack: ThrowAway, transcript: Transcript) -> None:
    case.looks = [[], [LEFT], []]
    stack.clean_up(transcript)
    assert transcript.checks[-1].details == (f"Later came table {NAME}-Videos. Deleted.",)


def test_what_cannot_be_deleted_is_told_with_the_command(
    case: Account, target: Target, transcript: Transcript, said: list[str]
) -> None:
    stack = ThrowAway(target, NAME, Settings(Path(), {}, pause=0, settle=0, deletion=0), Mask())
    case.looks = [[LEFT]]
    case.problem = "No permission."
    stack.clean_up(transcript)
    assert _results(transcript)[NOTHING_LEFT] is Result.FAILED
    assert transcript.checks[-1].details == (f"table {NAME}-Videos: No permission.",)
    assert CLEAN in said[-1]


def test_a_stack_that_cannot_be_deleted_is_a_failure_and_its_parts_are_deleted(
    case: Account, stack: ThrowAway, transcript: Transcript
) -> None:
    def fail() -> None:
        raise CheckFailedError("The stack is DELETE_FAILED.")

    case.on_delete = fail
    case.looks = [[LEFT]]
    stack.clean_up(transcript)
    assert _results(transcript) == {DESTROY: Result.FAILED, NOTHING_LEFT: Result.PASSED}


def test_a_fault_of_the_deletion_keeps_nothing_from_being_deleted(
    case: Account, stack: ThrowAway, transcript: Transcript
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    case.on_delete = fail
    case.looks = [[LEFT]]
    with pytest.raises(ZeroDivisionError):
        stack.clean_up(transcript)
    assert _results(transcript) == {DESTROY: Result.FAILED, NOTHING_LEFT: Result.PASSED}


def test_an_interrupted_clean_up_tells_the_command(
    case: Account, stack: ThrowAway, transcript: Transcript, said: list[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    case.on_delete = interrupt
    with pytest.raises(KeyboardInterrupt):
        stack.clean_up(transcript)
    assert CLEAN in said[-1]


@pytest.fixture
def _no_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "roles", lambda _stack: [])
    monkeypatch.setattr(workflows, "definitions", lambda _stack: iter(()))
    monkeypatch.setattr(command, "transformed", lambda _session, _parameters: {"Resources": {}})


@pytest.mark.usefixtures("_no_checks")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_the_stack_is_deleted_when_its_use_breaks_off(
    case: Account, stack: ThrowAway, transcript: Transcript, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def break_off(_self: ThrowAway) -> list[str]:
        raise error

    monkeypatch.setattr(ThrowAway, "_create", lambda _self: iter(("Fine.",)))
    monkeypatch.setattr(ThrowAway, "_deploy", break_off)
    with pytest.raises(type(error)):
        command.verify(transcript, stack, deploy=True)
    assert case.deleted == 1
    assert _results(transcript)[DEPLOY] is Result.FAILED
    assert _results(transcript)[NOTHING_LEFT] is Result.PASSED


@pytest.mark.usefixtures("_no_checks")
def test_a_stack_that_does_not_deploy_is_deleted_and_not_used(
    case: Account, stack: ThrowAway, transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: ThrowAway) -> list[str]:
        raise CheckFailedError("The stack is ROLLBACK_COMPLETE.")

    monkeypatch.setattr(ThrowAway, "_create", lambda _self: iter(("Fine.",)))
    monkeypatch.setattr(ThrowAway, "_deploy", fail)
    command.verify(transcript, stack, deploy=True)
    assert case.deleted == 1
    assert transcript.count(Result.NOT_RUN) == 4
    assert not transcript.passed


@pytest.mark.usefixtures("_no_checks")
def test_without_deploy_nothing_is_executed(
    case: Account, stack: ThrowAway, transcript: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ThrowAway, "_create", lambda _self: iter(("Fine.",)))
    monkeypatch.setattr(ThrowAway, "_deploy", lambda _self: pytest.fail("it was deployed"))
    command.verify(transcript, stack, deploy=False)
    assert case.deleted == 1
    assert transcript.passed
