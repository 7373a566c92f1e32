"""Foreign input is read in processes that end in time, whatever it does to them."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import psutil
import pytest

from studio.errors import UnsupportedFileError
from studio.isolation.bounds import Bounds
from studio.isolation.processes import Isolation, IsolationError
from tests.unit.studio import hostile

BOUNDS = Bounds(seconds=60, megabytes=300)
Arguments = TypeVarTuple("Arguments")
Returned = TypeVar("Returned")


def isolated(
    function: Callable[[*Arguments], Returned], *arguments: *Arguments, bounds: Bounds = BOUNDS
) -> Returned:
    async def run() -> Returned:
        isolation = Isolation()
        try:
            return await isolation(bounds, function, *arguments)
        finally:
            isolation.close()

    return asyncio.run(run())


def test_each_call_has_a_process_of_its_own() -> None:
    async def run() -> list[int]:
        isolation = Isolation()
        groups = [await isolation(BOUNDS, hostile.process_group) for _ in range(2)]
        isolation.close()
        return groups

    assert len({*asyncio.run(run()), psutil.Process().pid}) == 3


def test_a_refusal_comes_back_as_it_was_raised() -> None:
    with pytest.raises(UnsupportedFileError, match="It cannot be used"):
        isolated(hostile.refuse)


@pytest.mark.parametrize("function", [hostile.fail, hostile.crash, hostile.say_too_much])
def test_what_fails_in_any_other_way_is_told(function: Callable[[], object]) -> None:
    with pytest.raises(IsolationError):
        isolated(function)


def test_a_call_that_does_not_end_is_ended_though_it_runs_no_python() -> None:
    with pytest.raises(IsolationError):
        isolated(hostile.spin, bounds=Bounds(seconds=0.2, megabytes=300))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit address space")
def test_more_memory_than_allowed_is_not_had() -> None:
    with pytest.raises(IsolationError):
        isolated(hostile.fill_memory)


def test_more_disk_than_allowed_is_not_had(tmp_path: Path) -> None:
    with pytest.raises(IsolationError):
        isolated(hostile.fill_disk, str(tmp_path / "file"))
    assert (tmp_path / "file").stat().st_size <= 1_000_000 * BOUNDS.file_megabytes


def test_secrets_of_the_environment_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_MODEL_KEY", "sk-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert not [name for name, value in isolated(hostile.environment).items() if "secret" in value]


def test_what_a_cancelled_call_started_ends_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"

    async def run() -> psutil.Process:
        isolation = Isolation()
        call = asyncio.create_task(isolation(BOUNDS, hostile.sleep_with_a_child, str(pid_file)))
        while not pid_file.exists() or not pid_file.read_text():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)
        child = psutil.Process(int(pid_file.read_text()))
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        isolation.close()
        return child

    child = asyncio.run(run())
    assert psutil.wait_procs([child], timeout=60)[0]


def test_calls_go_on_when_what_forks_them_was_killed() -> None:
    async def run() -> tuple[int, int]:
        isolation = Isolation()
        forker = await isolation(BOUNDS, hostile.parent)
        killed = psutil.Process(forker)
        killed.kill()
        psutil.wait_procs([killed], timeout=60)
        answers = [await isolation(BOUNDS, hostile.double, 21)]
        isolation.close()
        return forker, answers[0]

    assert asyncio.run(run())[1] == 42
