"""How recorded calls become what every stack's functions ask for."""

import json

import pytest

from infra.simulated_stack import SimulatedStack
from infra.verification import permissions
from infra.verification.permissions import granted_calls
from tests.policies.calls import calls_of, merged

SECRETS = "arn:aws:secretsmanager:us-east-1:000000000000:secret"
ROLE = "nemo-video-ApiFunctionRole-1A2B"
RESOURCES = [
    {"LogicalResourceId": "ApiFunctionRole", "PhysicalResourceId": ROLE},
    {"LogicalResourceId": "VideosTable", "PhysicalResourceId": "nemo-video-VideosTable-3C4D"},
    {"LogicalResourceId": "InboxBucket", "PhysicalResourceId": "nemo-video-inbox-000000000000-us-east-1"},
    {
        "LogicalResourceId": "Queue",
        "PhysicalResourceId": "http://127.0.0.1:1/000000000000/nemo-video-Queue-5E",
    },
    {
        "LogicalResourceId": "VideoWorkflow",
        "PhysicalResourceId": "arn:aws:states:us-east-1:000000000000:stateMachine:nemo-video-turn",
    },
    {
        "LogicalResourceId": "Token",
        "PhysicalResourceId": f"{SECRETS}:nemo-video-Token-6F-60852e",
    },
    {"LogicalResourceId": "Unused", "PhysicalResourceId": "nemo-video"},
]


def _recorded(resource: str, principal: str = ROLE) -> str:
    return json.dumps(
        {
            "principal": f"arn:aws:sts::000000000000:assumed-role/{principal}/s",
            "action": "a:B",
            "resource": resource,
        }
    )


@pytest.mark.parametrize(
    ("resource", "general"),
    [
        ("*", "*"),
        (
            "arn:aws:dynamodb:us-east-1:000000000000:table/nemo-video-VideosTable-3C4D/index/by-owner",
            "arn:{partition}:dynamodb:{region}:{account}:table/{VideosTable}/index/by-owner",
        ),
        (
            "arn:aws:sqs:us-east-1:000000000000:nemo-video-Queue-5E",
            "arn:{partition}:sqs:{region}:{account}:{Queue}",
        ),
        (
            "arn:aws:states:us-east-1:000000000000:execution:nemo-video-turn:vid-abc-1-again-2",
            "arn:{partition}:states:{region}:{account}:execution:{VideoWorkflow}:example",
        ),
        (
            f"{SECRETS}:nemo-video-Token-6F-60852e",
            "arn:{partition}:secretsmanager:{region}:{account}:secret:{Token}-AbCdEf",
        ),
        ("arn:aws:s3:::nemo-video-inbox-000000000000-us-east-1", "arn:{partition}:s3:::{InboxBucket}"),
        (
            "arn:aws:s3:::nemo-video-inbox-000000000000-us-east-1/inbox/a/b.png",
            "arn:{partition}:s3:::{InboxBucket}/inbox/example",
        ),
        (
            "arn:aws:s3:::nemo-video-inbox-000000000000-us-east-1/inbox/a/results.csv",
            "arn:{partition}:s3:::{InboxBucket}/inbox/example/results.csv",
        ),
        (
            "arn:aws:s3:::nemo-video-inbox-000000000000-us-east-1/videos/vid-1/1/reply.txt",
            "arn:{partition}:s3:::{InboxBucket}/videos/example/reply.txt",
        ),
    ],
)
def test_a_call_is_kept_without_what_is_of_one_stack_or_one_video(resource: str, general: str) -> None:
    assert calls_of([_recorded(resource)], RESOURCES) == {"ApiFunction": {"a:B": [general]}}


def test_calls_of_nobody_in_the_stack_are_left_out() -> None:
    assert calls_of([_recorded("*", principal="somebody")], RESOURCES) == {}


def test_calls_of_two_runs_are_added() -> None:
    both = merged({"A": {"a:B": ["1"], "a:C": []}}, {"A": {"a:B": ["0"], "a:A": ["2"]}})
    assert both == {"A": {"a:A": ["2"], "a:B": ["0", "1"]}}


def test_a_call_is_kept_while_its_policy_grants_it(
    stack: SimulatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = "arn:{partition}:dynamodb:{region}:{account}:table/{ApiKeysTable}"
    other = "arn:{partition}:dynamodb:{region}:{account}:table/{VideosTable}"
    calls = {"AuthorizeFunction": {"dynamodb:GetItem": [granted, other]}, "Gone": {"a:B": ["*"]}}
    monkeypatch.setattr(permissions, "recorded_calls", lambda: calls)
    assert granted_calls(stack) == {"AuthorizeFunction": {"dynamodb:GetItem": [granted]}}
