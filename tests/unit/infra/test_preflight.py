"""What speaks against a deployment is said before AWS says it late."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.deployment import DeploymentError, check
from infra.preflight import Finding, Plan, findings, inbox_bucket, name_fault
from tests.template.sam import properties

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = Plan(
    stack="a-stack",
    environment="dev",
    region="us-east-1",
    account="123456789012",
    generations=5,
    default_generations=5,
    reserved=20,
)


@dataclass
class Aws:
    """A session whose clients answer what was prepared, in this order, and nothing else."""

    region_name: str | None = "us-east-1"
    stubs: dict[str, tuple[Any, Stubber]] = field(default_factory=dict)

    def client(self, name: str) -> Any:  # noqa: ANN401 - as boto3's own
        if name not in self.stubs:
            client: Any = boto3.client(
                name,  # type: ignore[call-overload]
                region_name="us-east-1",
                aws_access_key_id="a",
                aws_secret_access_key="b",
            )
            self.stubs[name] = client, Stubber(client)
        return self.stubs[name][0]

    def stub(self, name: str) -> Stubber:
        self.client(name)
        return self.stubs[name][1]

    def has_stack(self, status: str, *happened: tuple[str, str, str], **parameters: str) -> None:
        """`happened`: logical id, status and reason of each, the newest first."""
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        stack = {"StackName": "a-stack", "CreationTime": NOW, "StackStatus": status, "Parameters": given}
        self.stub("cloudformation").add_response("describe_stacks", {"Stacks": [stack]})
        told = [
            {
                "StackId": "s",
                "EventId": "e",
                "StackName": "a-stack",
                "Timestamp": NOW,
                "LogicalResourceId": name,
                "ResourceStatus": event,
                "ResourceStatusReason": reason,
            }
            for name, event, reason in happened
        ]
        if told:
            events = self.stub("cloudformation")
            events.add_response("describe_stack_events", {"StackEvents": told[:1], "NextToken": "more"})
            events.add_response("describe_stack_events", {"StackEvents": told[1:]})

    def has_no_stack(self, *logs: str, bucket: str | None = "404") -> None:
        """`bucket`: the error with which S3 answers for the inbox; None where it is there."""
        self.stub("cloudformation").add_client_error(
            "describe_stacks", "ValidationError", "Stack with id a-stack does not exist"
        )
        groups = [{"logGroupName": name} for name in logs]
        self.stub("logs").add_response("describe_log_groups", {"logGroups": groups})
        if bucket is None:
            self.stub("s3").add_response("head_bucket", {})
        else:
            self.stub("s3").add_client_error("head_bucket", bucket)

    def may_run(self, functions: int) -> None:
        limit = {"AccountLimit": {"UnreservedConcurrentExecutions": functions}}
        self.stub("lambda").add_response("get_account_settings", limit)


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    yield aws
    for _, stubber in aws.stubs.values():
        stubber.assert_no_pending_responses()


def _found(aws: Aws, plan: Plan = PLAN) -> list[Finding]:
    with ExitStack() as active:
        for _, stubber in aws.stubs.values():
            active.enter_context(stubber)
        return list(findings(aws, plan))  # type: ignore[arg-type] # what it needs of a session


def test_a_first_deployment_into_an_empty_account_may_begin(aws: Aws) -> None:
    aws.has_no_stack("/aws/lambda/a-stack-of-others")
    aws.may_run(1000)
    assert _found(aws) == []


def test_an_event_bus_that_exists_is_no_fault(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE")
    aws.may_run(1000)
    aws.stub("events").add_response("describe_event_bus", {"Name": "shop"}, {"Name": "shop"})
    assert _found(aws, replace(PLAN, event_bus="shop")) == []


def test_an_event_bus_that_would_swallow_all_events_is_a_fault(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE")
    aws.may_run(1000)
    aws.stub("events").add_client_error("describe_event_bus", "ResourceNotFoundException")
    (finding,) = _found(aws, replace(PLAN, event_bus="shop"))
    assert finding.fatal
    assert "“shop” does not exist in us-east-1" in finding.text
    assert "aws events create-event-bus --name shop" in finding.text


def test_an_event_bus_that_cannot_be_looked_at_stops_nothing(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE")
    aws.may_run(1000)
    aws.stub("events").add_client_error("describe_event_bus", "AccessDeniedException")
    (finding,) = _found(aws, replace(PLAN, event_bus="shop"))
    assert not finding.fatal
    assert finding.text == "Not checked: whether the event bus exists (AccessDeniedException)."


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_an_update_may_begin(aws: Aws, status: str) -> None:
    aws.has_stack(status)
    aws.may_run(1000)
    assert _found(aws) == []


def test_the_bucket_is_named_as_the_template_names_it() -> None:
    assert properties("InboxBucket")["BucketName"] == {
        "Fn::Sub": inbox_bucket(
            replace(PLAN, stack="${AWS::StackName}", account="${AWS::AccountId}", region="${AWS::Region}")
        )
    }


@pytest.mark.parametrize("name", ["Nemo", "1-stack", "nemo_video", "nemo.video", "", "ünemo"])
def test_a_name_that_no_bucket_can_have_is_refused(name: str) -> None:
    fault = name_fault(replace(PLAN, stack=name))
    assert fault is not None
    assert f"“{name}” is invalid" in fault


@pytest.mark.parametrize(
    ("region", "most"),
    [("us-east-1", 34), ("ap-southeast-1", 29), ("us-gov-west-1", 30), ("us-isof-south-1", 28)],
)
def test_a_name_that_is_too_long_for_the_region_is_refused(region: str, most: int) -> None:
    longest = replace(PLAN, stack="s" * most, region=region)
    assert len(inbox_bucket(longest)) == 63
    assert name_fault(longest) is None
    fault = name_fault(replace(longest, stack="s" * (most + 1)))
    assert fault is not None
    assert f"In {region} it may have {most} characters." in fault


def test_nothing_is_asked_for_a_name_that_cannot_be(aws: Aws) -> None:
    (found,) = _found(aws, replace(PLAN, stack="Nemo"))
    assert found.fatal


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_after_a_failed_deployment_its_reasons_and_the_way_out_are_told(aws: Aws, status: str) -> None:
    aws.has_stack(
        status,
        ("Third", "CREATE_FAILED", "Resource creation cancelled"),
        ("First", "CREATE_FAILED", "It already exists"),
        ("Whole", "ROLLBACK_COMPLETE", ""),
    )
    aws.may_run(1000)
    (found,) = _found(aws)
    assert found.fatal
    assert "First: It already exists" in found.text
    assert "Third" not in found.text
    assert "make destroy ENV=dev" in found.text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name a-stack"),
        ("UPDATE_IN_PROGRESS", "being changed right now"),
        ("ROLLBACK_IN_PROGRESS", "being changed right now"),
    ],
)
def test_a_stack_that_cannot_be_updated_yet_is_told_of(aws: Aws, status: str, words: str) -> None:
    aws.has_stack(status)
    aws.may_run(1000)
    (found,) = _found(aws)
    assert found.fatal
    assert words in found.text


def test_a_change_set_that_was_never_carried_out_is_no_stack(aws: Aws) -> None:
    aws.has_stack("REVIEW_IN_PROGRESS")
    aws.stub("logs").add_response("describe_log_groups", {"logGroups": []})
    aws.stub("s3").add_client_error("head_bucket", "404")
    aws.may_run(1000)
    assert _found(aws) == []


def test_what_an_earlier_stack_has_left_is_named_with_the_command_that_removes_it(aws: Aws) -> None:
    aws.has_no_stack("/aws/lambda/a-stack", bucket=None)
    aws.may_run(1000)
    log, bucket = _found(aws)
    assert log.fatal
    assert bucket.fatal
    assert 'delete_log_group(logGroupName="/aws/lambda/a-stack")' in log.text
    assert 'Bucket("a-stack-inbox-123456789012-us-east-1")' in bucket.text


def test_a_new_account_is_warned_and_not_stopped(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE", ConcurrentGenerations="7")
    aws.may_run(10)
    (found,) = _found(aws, replace(PLAN, generations=None, reserved=0))
    assert not found.fatal
    assert "10 Lambda functions at once" in found.text
    assert "7 generations" in found.text


@pytest.mark.parametrize(
    ("functions", "reserved", "fatal", "words"),
    [
        (1000, 20, None, ""),
        (180, 20, None, ""),
        (179, 20, True, "Set ApiConcurrency=19"),
        (100, 1, True, "Set ApiConcurrency=0"),
        (1000, 0, False, "set ApiConcurrency=20 in samconfig.toml"),
        (120, 0, None, ""),
    ],
)
def test_a_reservation_that_the_account_cannot_keep_stops_the_deployment(
    aws: Aws,
    functions: int,
    reserved: int,
    fatal: bool | None,  # noqa: FBT001 - a parameter of the test
    words: str,
) -> None:
    aws.has_stack("CREATE_COMPLETE")
    aws.may_run(functions)
    found = _found(aws, replace(PLAN, reserved=reserved))
    assert [item.fatal for item in found] == ([] if fatal is None else [fatal])
    assert all(words in item.text for item in found)


def test_a_reservation_that_the_stack_has_already_is_not_counted_twice(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE", ApiConcurrency="20")
    aws.may_run(105)
    assert _found(aws, replace(PLAN, reserved=None)) == []


def test_whoever_may_not_ask_is_told_what_was_not_checked(aws: Aws) -> None:
    aws.has_stack("CREATE_COMPLETE")
    aws.stub("lambda").add_client_error("get_account_settings", "AccessDeniedException")
    (found,) = _found(aws)
    assert not found.fatal
    assert found.text == "Not checked: how many functions may run at once (AccessDeniedException)."


def test_the_command_stops_before_a_deployment_that_would_fail(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.stub("sts").add_response("get_caller_identity", {"Account": "123456789012"})
    with aws.stub("sts"):
        assert check(aws, "Nemo", "dev", {}) == 2  # type: ignore[arg-type]
    assert capsys.readouterr().err.startswith("Error: The stack name “Nemo” is invalid")


def test_a_warning_does_not_stop_the_command(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.stub("sts").add_response("get_caller_identity", {"Account": "123456789012"})
    aws.has_stack("CREATE_COMPLETE")
    aws.may_run(10)
    with aws.stub("sts"), aws.stub("cloudformation"), aws.stub("lambda"):
        assert check(aws, "a-stack", "dev", {"ConcurrentGenerations": "3"}) == 0  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert told.startswith("Warning: ")
    assert "3 generations" in told


def test_without_a_region_it_says_which_variable_to_set() -> None:
    with pytest.raises(DeploymentError, match="AWS_DEFAULT_REGION"):
        check(Aws(region_name=None), "a-stack", "dev", {})  # type: ignore[arg-type]
