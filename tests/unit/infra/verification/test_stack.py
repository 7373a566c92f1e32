from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from infra.verification.errors import CheckFailedError
from infra.verification.stack import ChangeSet, Stack
from infra.verification.target import Target

NAME = "nemo-verify-0a1b2c3d"
STACK_ID = f"arn:aws:cloudformation:eu-central-1:111122223333:stack/{NAME}/1"
CHANGE_SET = "arn:aws:cloudformation:eu-central-1:111122223333:changeSet/verify/1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CREATION = ChangeSet("verify-create", ())
CREATED = {"Id": CHANGE_SET, "StackId": STACK_ID}


@pytest.fixture
def answers(target: Target, stubbed: Callable[[Target, str], Stubber]) -> Stubber:
    return stubbed(target, "cloudformation")


@pytest.fixture
def stack(target: Target, answers: Stubber) -> Stack:
    assert answers.client is target.client("cloudformation")
    return Stack(target, NAME, pause=0)


def _stack(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": NAME, "StackId": STACK_ID, "CreationTime": NOW, "StackStatus": status}]}


def _statuses(answers: Stubber, *statuses: str) -> None:
    for status in statuses:
        answers.add_response("describe_stacks", _stack(status))


def _failed(answers: Stubber) -> None:
    events = [
        {
            "LogicalResourceId": "Second",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "Cancelled",
        },
        {"LogicalResourceId": "Fine", "ResourceStatus": "CREATE_COMPLETE"},
        {
            "LogicalResourceId": "First",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "It exists",
        },
    ]
    common = {"StackId": STACK_ID, "EventId": "e", "StackName": NAME, "Timestamp": NOW}
    answers.add_response("describe_stack_events", {"StackEvents": [{**common, **event} for event in events]})


def test_a_change_set_is_awaited_and_described_in_full(stack: Stack, answers: Stubber) -> None:
    answers.add_response(
        "create_change_set",
        CREATED,
        {
            "StackName": NAME,
            "ChangeSetName": ANY,
            "ChangeSetType": "CREATE",
            "TemplateURL": "https://s3/x",
            "Capabilities": ANY,
            "Parameters": [{"ParameterKey": "A", "ParameterValue": "1"}],
        },
    )
    answers.add_response("describe_change_set", {"Status": "CREATE_IN_PROGRESS"})
    answers.add_response("describe_change_set", {"Status": "CREATE_COMPLETE"})
    for number, token in ((1, "more"), (2, None)):
        change = {"ResourceChange": {"Action": "Add", "LogicalResourceId": f"R{number}"}}
        answers.add_response(
            "describe_change_set", {"Changes": [change], **({"NextToken": token} if token else {})}
        )
    assert str(stack.create_change_set("https://s3/x", {"A": "1"}, new=True)) == "2 resources: 2 Add."


def test_a_refused_change_set_says_what_validation_found(stack: Stack, answers: Stubber) -> None:
    answers.add_response("create_change_set", CREATED)
    answers.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": "Validation failed"})
    events = [
        {"LogicalResourceId": "Log", "ValidationStatus": "FAILED", "ValidationStatusReason": "It exists"},
        {"LogicalResourceId": "Api"},
    ]
    answers.add_response("describe_events", {"OperationEvents": events})
    with pytest.raises(CheckFailedError) as failed:
        stack.create_change_set("https://s3/x", {}, new=True)
    assert failed.value.lines == ("Validation failed", "Log: It exists")


def test_what_will_be_replaced_is_named() -> None:
    changes = (
        {"Action": "Modify", "LogicalResourceId": "A", "Replacement": "True"},
        {"Action": "Modify", "LogicalResourceId": "B", "Replacement": "Conditional"},
        {"Action": "Add", "LogicalResourceId": "C"},
    )
    assert ChangeSet("c", changes).replaced == ["A"]
    assert str(ChangeSet("c", ())) == "0 resources: nothing."


def test_a_new_stack_is_not_complete_while_it_is_in_review(stack: Stack, answers: Stubber) -> None:
    _statuses(answers, "REVIEW_IN_PROGRESS")
    answers.add_response("execute_change_set", {})
    _statuses(answers, "REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
    stack.execute(CREATION)
    answers.assert_no_pending_responses()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_failed_deployment_says_the_first_reason_first(stack: Stack, answers: Stubber, status: str) -> None:
    _statuses(answers, "CREATE_IN_PROGRESS")
    answers.add_response("execute_change_set", {})
    _statuses(answers, status)
    _failed(answers)
    with pytest.raises(CheckFailedError) as failed:
        stack.execute(CREATION)
    assert failed.value.lines == (f"The stack is {status}.", "First: It exists", "Second: Cancelled")


@pytest.mark.parametrize("before", ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_a_stack_is_deleted_at_once_and_followed_by_its_id(
    stack: Stack, answers: Stubber, before: str
) -> None:
    _statuses(answers, before, before)
    answers.add_response("delete_stack", {}, {"StackName": STACK_ID})
    answers.add_response("describe_stacks", _stack("DELETE_IN_PROGRESS"), {"StackName": STACK_ID})
    answers.add_response("describe_stacks", _stack("DELETE_COMPLETE"), {"StackName": STACK_ID})
    stack.delete()
    answers.assert_no_pending_responses()


def test_an_update_is_awaited_before_the_deletion(stack: Stack, answers: Stubber) -> None:
    _statuses(answers, "UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
    answers.add_response("delete_stack", {})
    _statuses(answers, "DELETE_COMPLETE")
    stack.delete()
    answers.assert_no_pending_responses()


def test_a_deletion_that_fails_says_why(stack: Stack, answers: Stubber) -> None:
    _statuses(answers, "CREATE_COMPLETE", "CREATE_COMPLETE")
    answers.add_response("delete_stack", {})
    _statuses(answers, "DELETE_FAILED")
    _failed(answers)
    with pytest.raises(CheckFailedError, match="The stack is DELETE_FAILED"):
        stack.delete()


def test_a_stack_that_was_never_made_needs_no_deletion(stack: Stack, answers: Stubber) -> None:
    answers.add_client_error("describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
    stack.delete()


def test_a_stack_that_cannot_be_seen_is_not_taken_for_none(stack: Stack, answers: Stubber) -> None:
    answers.add_client_error("describe_stacks", "AccessDenied", "no")
    with pytest.raises(answers.client.exceptions.ClientError):
        stack.delete()
