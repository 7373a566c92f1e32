"""The HTTP API: conditional requests and long polling."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.http import following
from tests.support.clock import ManualClock
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from videos.model.records import Stage, Status
from videos.model.version import Ended

PATH = f"/v1/videos/{ID}"


@dataclass
class Leases:
    """Leases that are free, or all taken."""

    are_free: bool = True
    owners: list[str] = field(default_factory=list)
    held: int = 0

    @contextmanager
    def lease(self, owner: str) -> Iterator[bool]:
        self.owners.append(owner)
        self.held += 1
        try:
            yield self.are_free
        finally:
            self.held -= 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock()
    monkeypatch.setattr(following, "_now", clock.monotonic)
    monkeypatch.setattr(following, "_sleep", clock.pause)
    return clock


@pytest.fixture(autouse=True)
def leases(monkeypatch: pytest.MonkeyPatch) -> Leases:
    leases = Leases()
    monkeypatch.setattr(wiring, "wait_leases", lambda: leases)
    return leases


def _end(world: World) -> None:
    video = world.store.video(ID)
    world.store.end(video.ref, Ended(status=Status.FAILED, at=video.updated_at, message="It failed."))


def test_the_etag_is_the_same_until_something_changes(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.WORKING)
    tags = [header(call(context, "GET", PATH), "ETag") for _ in range(2)]
    assert tags[0] == tags[1]
    assert tags[0].startswith('"')
    world.store.report(ID, Stage.GENERATING, 21, "The agent is at work.")
    assert header(call(context, "GET", PATH), "ETag") != tags[0]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_a_known_response_is_not_sent_again(world: World, context: LambdaContext, form: str) -> None:
    a_video_of_ann(world, Status.READY)
    tag = header(call(context, "GET", PATH), "ETag")
    answer = call(context, "GET", PATH, headers={"If-None-Match": form.format(tag)})
    assert (answer["statusCode"], answer["body"]) == (304, "")
    assert header(answer, "ETag") == tag


def test_another_response_is_sent(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY)
    answer = call(context, "GET", PATH, headers={"If-None-Match": '"other"'})
    assert content(answer, 200)["status"] == "ready"


def test_waiting_ends_with_the_video(world: World, context: LambdaContext, clock: ManualClock) -> None:
    a_video_of_ann(world, Status.WORKING)
    clock.events = {3: lambda: world.store.report(ID, Stage.RENDERING, 60, "."), 7: lambda: _end(world)}
    answer = content(call(context, "GET", PATH, query={"wait": "20"}), 200)
    assert (answer["status"], clock.seconds) == ("failed", 7)


def test_waiting_ends_when_the_time_is_over(world: World, context: LambdaContext, clock: ManualClock) -> None:
    a_video_of_ann(world, Status.WORKING)
    answer = content(call(context, "GET", PATH, query={"wait": "5"}), 200)
    assert (answer["status"], clock.seconds) == ("working", 5)


def test_with_a_known_response_any_change_ends_the_wait(
    world: World, context: LambdaContext, clock: ManualClock
) -> None:
    a_video_of_ann(world, Status.WORKING)
    headers = {"If-None-Match": header(call(context, "GET", PATH), "ETag")}
    clock.events = {3: lambda: world.store.report(ID, Stage.RENDERING, 60, ".")}
    answer = call(context, "GET", PATH, headers=headers, query={"wait": "20"})
    assert (content(answer, 200)["progress"], clock.seconds) == (60, 3)
    headers = {"If-None-Match": header(answer, "ETag")}
    assert call(context, "GET", PATH, headers=headers, query={"wait": "4"})["statusCode"] == 304
    assert clock.seconds == 7


def test_a_video_that_has_ended_is_not_waited_for(
    world: World, context: LambdaContext, clock: ManualClock
) -> None:
    a_video_of_ann(world, Status.READY)
    assert content(call(context, "GET", PATH, query={"wait": "20"}), 200)["status"] == "ready"
    assert clock.seconds == 0


def test_a_video_that_is_deleted_meanwhile_is_not_found(
    world: World, context: LambdaContext, clock: ManualClock
) -> None:
    video = a_video_of_ann(world, Status.WORKING)

    def delete() -> None:
        _end(world)
        assert world.store.remove(world.store.video(ID), world.store.versions(video.video_id))

    clock.events = {2: delete}
    problem(call(context, "GET", PATH, query={"wait": "20"}), 404, "not-found")


def test_an_owner_waits_only_so_often_at_once(
    world: World, context: LambdaContext, clock: ManualClock, leases: Leases
) -> None:
    a_video_of_ann(world, Status.WORKING)
    leases.are_free = False
    assert content(call(context, "GET", PATH, query={"wait": "20"}), 200)["status"] == "working"
    assert (clock.seconds, leases.owners, leases.held) == (0, ["ann"], 0)


def test_nothing_is_leased_without_a_wait(world: World, context: LambdaContext, leases: Leases) -> None:
    a_video_of_ann(world, Status.WORKING)
    call(context, "GET", PATH)
    assert leases.owners == []


def test_another_owner_waits_for_nothing(world: World, context: LambdaContext, clock: ManualClock) -> None:
    a_video_of_ann(world, Status.WORKING)
    problem(call(context, "GET", PATH, query={"wait": "20"}, owner="ben"), 404, "not-found")
    assert clock.seconds == 0


@pytest.mark.parametrize("wait", ["21", "-1", "soon", "1e1"])
def test_a_wait_that_makes_no_sense_is_refused(world: World, context: LambdaContext, wait: str) -> None:
    a_video_of_ann(world, Status.WORKING)
    assert (
        problem(call(context, "GET", PATH, query={"wait": wait}), 422, "invalid-request")["field"] == "wait"
    )


def test_a_mistyped_parameter_is_refused(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.WORKING)
    problem(call(context, "GET", PATH, query={"wiat": "20"}), 422, "invalid-request")
