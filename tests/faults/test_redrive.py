"""Putting right by hand what died, without paying twice."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from rich.console import Console

from infra.operations.dead_letters import NO_ERROR, DeadLetterQueues
from infra.operations.redrive import Choice, list_messages, send_chosen
from infra.operations.stack import Stack, stack_at
from infra.operations.video_status import read_video_status, summarize
from tests.faults.ledger_gate import Guard, killing_before, open_to_all
from tests.faults.pipeline import Drop, GatedPipeline
from tests.faults.promises import broken_promises
from tests.support.scripted_backend.answers import kills_when_read, says
from tests.support.scripted_backend.server import Script
from videos.lifecycle.edit import retry
from videos.model.records import Status, VersionRef

pytestmark = pytest.mark.thorough

DONE = says("Your video is on the timeline.")


@pytest.fixture
def stack(pipeline: GatedPipeline) -> Stack:
    return stack_at(pipeline.endpoints)


@contextmanager
def _one_try_each(pipeline: GatedPipeline) -> Iterator[None]:
    """Let an instruction lie among the dead letters after the first worker that died of it."""
    queue = pipeline.endpoints.generation_queue_url
    attributes = pipeline.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])
    policy = attributes["Attributes"]["RedrivePolicy"]
    once = json.dumps({**json.loads(policy), "maxReceiveCount": 1})
    pipeline.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": once})
    try:
        yield
    finally:
        pipeline.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy})


def _drop_that_dies(pipeline: GatedPipeline, stack: Stack, script: Script) -> Drop:
    with _one_try_each(pipeline):
        drop = pipeline.drop(script)
        letters = stack.queues["GenerationDeadLetters"]
        pipeline.until(lambda: pipeline.messages_in(letters) == 1, "its instruction is a dead letter")
    return drop


@pytest.mark.parametrize(
    ("script", "guard", "effect"),
    [
        (Script(DONE), killing_before("reply"), "It is not sent again"),
        (Script(DONE, before_reading=kills_when_read()), open_to_all, "It was never sent"),
    ],
    ids=["posted", "never posted"],
)
def test_a_dead_instruction_is_sent_again_and_paid_for_once(
    pipeline: GatedPipeline, stack: Stack, script: Script, guard: Guard, effect: str
) -> None:
    pipeline.gate.guard = guard
    drop = _drop_that_dies(pipeline, stack, script)
    shown = Console(file=io.StringIO(), width=200)
    list_messages(DeadLetterQueues(stack), shown)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert f"{drop.ref.video_id}, version 1" in text
    assert NO_ERROR in text
    assert effect in text
    (letter,) = (line.split()[1] for line in text.splitlines() if line.strip().startswith("message"))
    status = read_video_status(drop.ref.video_id, stack)
    assert summarize(status, status.video.updated_at).next == f"make redrive MESSAGE={letter}"

    assert send_chosen(DeadLetterQueues(stack), Choice(message_id=letter), shown) == 1

    end = pipeline.end_of(drop)
    assert broken_promises(end) == []
    assert (end.video.status, len(script.messages)) == (Status.READY, 1)
    assert send_chosen(DeadLetterQueues(stack), Choice(everything=True), shown) == 0


def test_steps_that_are_run_again_do_not_pay_again(pipeline: GatedPipeline) -> None:
    """As a redrive of an execution does, which the embedded cloud lacks; here even from the first step on."""
    script = Script(DONE)
    drop = pipeline.drop(script)
    pipeline.until(lambda: len(script.messages) == 1, "its instruction is posted")
    pipeline.sfn.stop_execution(executionArn=pipeline.execution_arn(drop.ref))
    again = pipeline.sfn.start_execution(
        stateMachineArn=pipeline.endpoints.state_machine_arn,
        name=f"{drop.ref.execution_name}-redriven",
        input=drop.ref.model_dump_json(),
    )["executionArn"]

    def is_over() -> bool:
        return pipeline.sfn.describe_execution(executionArn=again)["status"] != "RUNNING"

    pipeline.until(is_over, "the steps are run again")
    end = pipeline.end_of(drop)
    assert end.video.status is Status.READY, end.message
    assert (len(script.sessions), len(script.messages)) == (1, 1)
    assert len(end.announcements) == len(end.mails) == 1


def test_a_retry_asks_anew_once(pipeline: GatedPipeline, stack: Stack) -> None:
    drop = pipeline.drop(Script(DONE, credits_left=0))
    assert pipeline.end_of(drop).video.status is Status.FAILED
    drop.script.credits_left = 100
    video = retry(stack.store.video(drop.ref.video_id), store=stack.store, workflow=stack.workflow)
    second = VersionRef(video_id=video.video_id, version=2)
    pipeline.until(lambda: pipeline.has_ended(second), "its second version ends")
    assert stack.store.video(video.video_id).status is Status.READY
    assert len(drop.script.messages) == 1
