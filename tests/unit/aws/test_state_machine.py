import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws.workflow import StateMachine, TaskTokens
from tests.unit.videos.samples import JOB
from videos.models import Outcome
from videos.send_instruction import Sent

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:turn"
STARTED = {"executionArn": ARN.replace("stateMachine", "execution") + ":x", "startDate": "2026-05-04"}
SENT = Sent(outcome=Outcome.ANSWERED, wait_seconds=2)


def test_an_execution_is_named_after_its_turn(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response(
            "start_execution",
            STARTED,
            {"stateMachineArn": ARN, "name": f"{JOB.video_id}-1", "input": JOB.model_dump_json()},
        )
        StateMachine(cloud.sfn, ARN).start(JOB)
        stub.assert_no_pending_responses()


def test_starting_a_turn_again_is_no_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists")
        StateMachine(cloud.sfn, ARN).start(JOB)


def test_any_other_refusal_to_start_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionLimitExceeded")
        with pytest.raises(ClientError):
            StateMachine(cloud.sfn, ARN).start(JOB)


EXECUTION = f"arn:aws:states:us-east-1:123456789012:execution:turn:{JOB.video_id}-1"
STOPPING = {"executionArn": EXECUTION, "error": "Cancelled", "cause": "Its owner cancelled it."}
ANNOUNCING = {
    "stateMachineArn": ARN,
    "name": f"{JOB.video_id}-1-cancelled",
    "input": json.dumps({"video_id": JOB.video_id, "turn": 1, "only": "announce"}),
}


def test_a_cancelled_turn_is_stopped_and_its_end_announced(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response("stop_execution", {"stopDate": "2026-05-04"}, STOPPING)
        stub.add_response("start_execution", STARTED, ANNOUNCING)
        StateMachine(cloud.sfn, ARN).cancel(JOB)
        stub.assert_no_pending_responses()


def test_cancelling_what_never_started_or_twice_is_no_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("stop_execution", "ExecutionDoesNotExist")
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=ANNOUNCING)
        StateMachine(cloud.sfn, ARN).cancel(JOB)
        stub.assert_no_pending_responses()


def test_any_other_refusal_to_stop_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("stop_execution", "InvalidArn")
        with pytest.raises(ClientError):
            StateMachine(cloud.sfn, ARN).cancel(JOB)


def test_a_waiting_task_is_told_how_it_went(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response("send_task_success", {}, {"taskToken": "t", "output": SENT.model_dump_json()})
        stub.add_response(
            "send_task_failure", {}, {"taskToken": "t", "error": "c", "cause": json.dumps({"message": "m"})}
        )
        TaskTokens(cloud.sfn).succeed("t", SENT)
        TaskTokens(cloud.sfn).fail("t", "c", "m")
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("gone", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_task_that_waits_no_more_is_no_error(cloud: "Clients", gone: str) -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("send_task_success", gone)
        stub.add_client_error("send_task_failure", gone)
        TaskTokens(cloud.sfn).succeed("t", SENT)
        TaskTokens(cloud.sfn).fail("t", "c", "m")


def test_a_token_that_is_none_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("send_task_success", "InvalidToken")
        with pytest.raises(ClientError):
            TaskTokens(cloud.sfn).succeed("t", SENT)
