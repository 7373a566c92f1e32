"""What no execution works on any more comes to its end: once, announced once, and never paid for again."""

import json

import pytest

from tests.faults.by_hand import changed_workflow, without_announcing
from tests.faults.pipeline import Drop, End, GatedPipeline
from tests.faults.promises import broken_promises
from tests.support.scripted_backend.answers import answers_with_status, says
from tests.support.scripted_backend.server import Script
from videos.model.errors import INTERRUPTED
from videos.model.records import Status, VersionRef

DONE = says("Your video is on the timeline.")
NOTHING = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
# The first execution was stopped, so it is another one that ends as the video does.
STOPPED = ["the workflow ends as the video does"]


def _announced(pipeline: GatedPipeline, drop: Drop) -> End:
    """What came of it, once it is known to be over and nothing moves."""
    _reaches(pipeline, drop.ref, "announced")
    end = pipeline.end_of(drop)
    pipeline.recover(drop.ref)
    pipeline.until(lambda: not pipeline.is_unfinished(drop.ref), "it is seen to be over")
    return end


def _reaches(pipeline: GatedPipeline, ref: VersionRef, part: str) -> None:
    def has_it() -> bool:
        version = {version.ref: version for version in pipeline.store.versions(ref.video_id)}.get(ref)
        return version is not None and getattr(version, part) is not None

    pipeline.until(has_it, f"{ref.execution_name} has its {part}")


@pytest.mark.thorough
@pytest.mark.parametrize("recoveries", [1, 3])
def test_stopped_before_anything_was_sent(pipeline: GatedPipeline, recoveries: int) -> None:
    with pipeline.generations_held():
        drop = pipeline.drop(Script(DONE))
        pipeline.until(pipeline.instruction_is_queued, "the instruction is queued")
        pipeline.stop(drop.ref)
        pipeline.recover(drop.ref, times=recoveries)
        pipeline.until(lambda: pipeline.has_ended(drop.ref), "it is ended")
    end = _announced(pipeline, drop)  # the message is received after that
    assert broken_promises(end) == STOPPED
    assert (end.video.status, end.video.message) == (Status.FAILED, INTERRUPTED.message)
    assert end.script.messages == []


def test_stopped_while_the_agent_works(pipeline: GatedPipeline) -> None:
    stopped: list[str] = []

    def stop_then_answer(exchange: object) -> None:
        stopped.append("stopped")
        pipeline.stop(drop.ref)
        DONE(exchange)  # type: ignore[arg-type]

    drop = pipeline.drop(Script(stop_then_answer))
    _reaches(pipeline, drop.ref, "reply")
    pipeline.recover(drop.ref)
    end = _announced(pipeline, drop)
    assert broken_promises(end) == STOPPED
    # It was paid for: another execution reads the timeline.
    assert (end.video.status, len(end.script.messages)) == (Status.READY, 1)


@pytest.mark.thorough
def test_a_render_without_a_reader_is_followed_to_its_end(pipeline: GatedPipeline) -> None:
    drop = pipeline.drop(Script(DONE, odd={"status": (answers_with_status(503),) * 20}))
    _reaches(pipeline, drop.ref, "rendering")
    pipeline.stop(drop.ref)
    pipeline.recover(drop.ref, times=2)
    end = _announced(pipeline, drop)
    assert broken_promises(end) == STOPPED
    assert (end.video.status, len(end.script.started_renders)) == (Status.READY, 1)
    assert pipeline.statuses(drop.ref) == ["ABORTED", "SUCCEEDED"]


@pytest.mark.thorough
def test_executions_that_did_nothing(pipeline: GatedPipeline) -> None:
    with changed_workflow(pipeline.sfn, pipeline.endpoints.state_machine_arn, lambda _: json.dumps(NOTHING)):
        drop = pipeline.drop(Script(DONE))
        pipeline.until(lambda: pipeline.statuses(drop.ref) == ["SUCCEEDED"], "it did nothing")
    pipeline.recover(drop.ref)
    end = _announced(pipeline, drop)
    assert broken_promises(end) == ["a video has one session", *STOPPED]
    assert (end.video.status, end.script.sessions) == (Status.FAILED, [])


@pytest.mark.thorough
def test_an_end_that_was_not_announced(pipeline: GatedPipeline) -> None:
    with changed_workflow(pipeline.sfn, pipeline.endpoints.state_machine_arn, without_announcing):
        drop = pipeline.drop(Script(DONE))
        pipeline.until(lambda: pipeline.statuses(drop.ref) == ["FAILED"], "its end is not announced")
    pipeline.recover(drop.ref, times=2)
    end = _announced(pipeline, drop)
    assert broken_promises(end) == STOPPED
    assert (end.video.status, pipeline.statuses(drop.ref)) == (Status.READY, ["FAILED", "SUCCEEDED"])


@pytest.mark.thorough
def test_an_instruction_among_the_dead_letters(pipeline: GatedPipeline) -> None:
    with pipeline.generations_held():
        drop = pipeline.drop(Script(DONE))
        dead_letters = pipeline.dead_letter_the_message()
    pipeline.recover(drop.ref)
    pipeline.until(lambda: pipeline.has_ended(drop.ref), "it is ended")
    (letter,) = pipeline.visible_in(dead_letters)
    pipeline.sqs.delete_message(QueueUrl=dead_letters, ReceiptHandle=letter["ReceiptHandle"])
    # Whoever sends it again although it has ended pays for nothing.
    pipeline.sqs.send_message(QueueUrl=pipeline.endpoints.generation_queue_url, MessageBody=letter["Body"])
    end = _announced(pipeline, drop)
    assert broken_promises(end) == []
    assert (end.video.status, end.video.message) == (Status.FAILED, INTERRUPTED.message)
    assert end.script.messages == []


@pytest.mark.thorough
def test_what_runs_is_left_alone(pipeline: GatedPipeline) -> None:
    with pipeline.generations_held():
        drop = pipeline.drop(Script(DONE))
        pipeline.until(pipeline.instruction_is_queued, "the instruction is queued")
        pipeline.recover(drop.ref)
    end = _announced(pipeline, drop)
    assert broken_promises(end) == []
    assert (end.video.status, pipeline.statuses(drop.ref)) == (Status.READY, ["SUCCEEDED"])
