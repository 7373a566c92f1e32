import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws.workflow import StateMachine, TaskTokens
from tests.support.builders import REF
from videos.model.ports import Past
from videos.model.version import SendOutcome
from videos.steps.send_instruction import Sent

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:version"
STARTED = {"executionArn": ARN.replace("stateMachine", "execution") + ":x", "startDate": "2026-05-04"}
SENT = Sent(outcome=SendOutcome.ANSWERED, wait_seconds=0)


def test_an_execution_is_named_after_its_version(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response(
            "start_execution",
            STARTED,
            {"stateMachineArn": ARN, "name": f"{REF.video_id}-1", "input": REF.model_dump_json()},
        )
        StateMachine(cloud.sfn, ARN).start(REF)
        stub.assert_no_pending_responses()


def test_starting_a_version_again_is_no_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists")
        StateMachine(cloud.sfn, ARN).start(REF)


def test_any_other_refusal_to_start_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionLimitExceeded")
        with pytest.raises(ClientError):
            StateMachine(cloud.sfn, ARN).start(REF)


EXECUTION = f"arn:aws:states:us-east-1:123456789012:execution:version:{REF.video_id}-1"


def _stands(stub: Stubber, name: str, status: str | None) -> None:
    arn = f"{EXECUTION}{name}"
    if status is None:
        asked = {"executionArn": arn}
        stub.add_client_error("describe_execution", "ExecutionDoesNotExist", expected_params=asked)
    else:
        answer = {"executionArn": arn, "stateMachineArn": ARN, "startDate": "2026-05-04", "status": status}
        stub.add_response("describe_execution", answer, {"executionArn": arn})


def _begins(name: str) -> dict[str, str]:
    given = REF.model_dump_json()
    return {"stateMachineArn": ARN, "name": f"{REF.video_id}-1{name}", "input": given}


@pytest.mark.parametrize("took_over", [False, True])
def test_a_cancelled_version_is_stopped_and_its_end_announced(cloud: "Clients", *, took_over: bool) -> None:
    running = "-again-1" if took_over else ""
    stopping = {
        "executionArn": EXECUTION + running,
        "error": "Cancelled",
        "cause": "Its owner cancelled it.",
    }
    with Stubber(cloud.sfn) as stub:
        if took_over:
            _stands(stub, "", "ABORTED")
        _stands(stub, running, "RUNNING")
        following = "-again-2" if took_over else "-again-1"
        _stands(stub, following, None)
        stub.add_response("stop_execution", {"stopDate": "2026-05-04"}, stopping)
        stub.add_response("start_execution", STARTED, _begins(following))
        StateMachine(cloud.sfn, ARN).cancel(REF)
        stub.assert_no_pending_responses()


def test_cancelling_what_never_started_or_twice_is_no_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        _stands(stub, "", None)
        _stands(stub, "-again-1", None)
        asked = _begins("-again-1")
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=asked)
        StateMachine(cloud.sfn, ARN).cancel(REF)
        stub.assert_no_pending_responses()


def test_any_other_refusal_to_stop_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("describe_execution", "InvalidArn")
        with pytest.raises(ClientError):
            StateMachine(cloud.sfn, ARN).cancel(REF)


@pytest.mark.parametrize(
    ("statuses", "past"),
    [
        ([None], Past(begun=False, takeovers=0)),
        (["FAILED"], Past(begun=True, takeovers=0)),
        ([None, "SUCCEEDED"], Past(begun=False, takeovers=1)),
        (["ABORTED", "TIMED_OUT", "FAILED"], Past(begun=True, takeovers=2)),
        (["RUNNING"], None),
        (["ABORTED", "RUNNING"], None),
    ],
)
def test_what_executions_a_version_has_had(
    cloud: "Clients", statuses: list[str | None], past: Past | None
) -> None:
    with Stubber(cloud.sfn) as stub:
        for number, status in enumerate([*statuses, None]):
            _stands(stub, f"-again-{number}" if number else "", status)
        assert StateMachine(cloud.sfn, ARN).past(REF) == past
        stub.assert_no_pending_responses()


def test_the_newest_execution_is_the_one_that_tells(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        _stands(stub, "", "ABORTED")
        _stands(stub, "-again-1", "RUNNING")
        _stands(stub, "-again-2", None)
        assert StateMachine(cloud.sfn, ARN).newest(REF) == (f"{REF.video_id}-1-again-1", "RUNNING")


def test_a_version_is_taken_over_where_it_stood(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response("start_execution", STARTED, _begins("-again-2"))
        StateMachine(cloud.sfn, ARN).take_over(REF, attempt=2)
        stub.assert_no_pending_responses()


def test_which_versions_are_worked_on(cloud: "Clients") -> None:
    names = [f"{REF.video_id}-1", f"{REF.video_id}-2-again-3"]
    listed = [
        {"executionArn": EXECUTION, "stateMachineArn": ARN, "name": name, "status": "RUNNING", "startDate": 1}
        for name in names
    ]
    with Stubber(cloud.sfn) as stub:
        asked = {"stateMachineArn": ARN, "statusFilter": "RUNNING"}
        stub.add_response("list_executions", {"executions": listed}, asked)
        assert StateMachine(cloud.sfn, ARN).running() == {f"{REF.video_id}-1", f"{REF.video_id}-2"}


def test_a_waiting_task_is_told_how_it_went(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_response("send_task_success", {}, {"taskToken": "t", "output": SENT.model_dump_json()})
        stub.add_response(
            "send_task_failure", {}, {"taskToken": "t", "error": "c", "cause": json.dumps({"message": "m"})}
        )
        TaskTokens(cloud.sfn).succeed("t", SENT)
        assert TaskTokens(cloud.sfn).fail("t", "c", "m")
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("gone", ["TaskTimedOut", "TaskDoesNotExist"])
def test_a_task_that_waits_no_more_is_no_error(cloud: "Clients", gone: str) -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("send_task_success", gone)
        stub.add_client_error("send_task_failure", gone)
        TaskTokens(cloud.sfn).succeed("t", SENT)
        assert not TaskTokens(cloud.sfn).fail("t", "c", "m")


def test_a_token_that_is_none_is_an_error(cloud: "Clients") -> None:
    with Stubber(cloud.sfn) as stub:
        stub.add_client_error("send_task_success", "InvalidToken")
        with pytest.raises(ClientError):
            TaskTokens(cloud.sfn).succeed("t", SENT)
