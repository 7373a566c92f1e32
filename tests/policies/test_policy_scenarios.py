"""The pipeline with every optional part and a customer's key: who may, what is kept, what is replaced."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from aws.api_keys import ApiKeys
from infra.local.stack import STACK
from infra.verification.permissions import recorded_calls
from tests.faults.channels import chat_channel
from tests.policies.calls import recorded
from tests.policies.scenarios import SCENARIOS, a_script
from tests.policies.stack import ASKED, INSTRUCTION, KEY, Stack, stack
from tests.support import http
from tests.support.scripted_backend.clip import picture

# Of nobody, and made anew when they are missed.
WITHOUT_END = {"anonymous-identity", "costs", "sweep"}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("cloud")) as deployed:
        yield deployed


@pytest.fixture(autouse=True)
def _key(deployed: Stack) -> None:
    deployed.begin_anew()


QUICK = {"dropping", "asking"}


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in SCENARIOS],
)
def test_a_scenario_goes_well_and_nothing_is_denied(deployed: Stack, name: str) -> None:
    before = len(deployed.record.read_text().splitlines())
    SCENARIOS[name](deployed)
    calls = [json.loads(line) for line in deployed.record.read_text().splitlines()[before:]]
    assert any(call["allowed_by"] for call in calls), "nothing was recorded"
    assert [call for call in calls if not call["allowed"]] == []


def _a_video(deployed: Stack, key: str) -> str:
    deployed.backend.play(a_script())
    video_id = deployed.put(key, picture(), Metadata=ASKED)
    assert deployed.ended(video_id) == "ready", deployed.version(video_id)["problem"]
    deployed.awaited(lambda: deployed.version(video_id).get("charge"), "the credits are charged")
    return video_id


def _items(deployed: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that stands in the tables, each item with the logical id of its table."""
    dynamodb = deployed.endpoints.access.dynamodb()
    for resource in _resources(deployed, "AWS::DynamoDB::Table"):
        table = dynamodb.Table(resource["PhysicalResourceId"])
        page = table.scan()
        while True:
            yield from ((resource["LogicalResourceId"], item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                break
            page = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])


def _resources(deployed: Stack, kind: str) -> list[dict[str, Any]]:
    cloudformation = deployed.endpoints.access.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return [item for page in pages for item in page["StackResourceSummaries"] if item["ResourceType"] == kind]


@pytest.mark.thorough
def test_every_record_forgets_itself(deployed: Stack) -> None:
    forgetting = {"VideosTable": "ttl", "BatchesTable": "ttl", "IdempotencyTable": "expiration"}
    items = list(_items(deployed))
    assert {table for table, _ in items} >= forgetting.keys()
    for_ever = [
        item
        for table, item in items
        if table in forgetting and forgetting[table] not in item and item.get("video_id") not in WITHOUT_END
    ]
    assert for_ever == []


@pytest.mark.thorough
def test_what_is_deleted_is_nowhere(deployed: Stack) -> None:
    key = "inbox/to be deleted.png"
    video_id = _a_video(deployed, key)
    s3 = deployed.s3
    buckets = (deployed.endpoints.inbox_bucket, deployed.endpoints.videos_bucket)

    def traces() -> list[str]:
        objects = [
            version["Key"]
            for bucket in buckets
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
            for version in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        items = [str(item) for _, item in _items(deployed)]
        return [trace for trace in (*objects, *items) if video_id in trace or key in trace]

    assert len(traces()) > 4, "nothing to delete"
    deployed.call("DELETE", f"/videos/{video_id}")
    assert traces() == []


@pytest.mark.thorough
def test_no_log_and_no_history_holds_an_instruction(deployed: Stack) -> None:
    logs = deployed.endpoints.access.client("logs")
    lines = [
        event["message"]
        for groups in logs.get_paginator("describe_log_groups").paginate()
        for group in groups["logGroups"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for event in page["events"]
    ]
    assert lines, "nothing to search in"
    assert [line for line in lines if INSTRUCTION in line] == []
    executions = deployed.sfn.list_executions(stateMachineArn=deployed.endpoints.state_machine_arn)
    histories = [
        str(deployed.sfn.get_execution_history(executionArn=item["executionArn"])["events"])
        for item in executions["executions"]
    ]
    assert histories, "nothing to search in"
    assert [history for history in histories if INSTRUCTION in history] == []


@pytest.mark.thorough
def test_a_video_is_made_under_a_customers_key(deployed: Stack) -> None:
    video_id = _a_video(deployed, "inbox/with a key.png")
    assert deployed.version(video_id)["delivered"]
    for resource in _resources(deployed, "AWS::SQS::Queue"):
        answer = deployed.sqs.get_queue_attributes(
            QueueUrl=resource["PhysicalResourceId"], AttributeNames=["KmsMasterKeyId"]
        )
        assert answer["Attributes"]["KmsMasterKeyId"] == KEY


def _put_secret(deployed: Stack, logical_id: str, value: str) -> None:
    (secret,) = (
        item["PhysicalResourceId"]
        for item in _resources(deployed, "AWS::SecretsManager::Secret")
        if item["LogicalResourceId"] == logical_id
    )
    client = deployed.endpoints.access.client("secretsmanager")
    client.put_secret_value(SecretId=secret, SecretString=value)


@pytest.mark.thorough
def test_the_backends_token_is_replaced_while_the_functions_are_warm(deployed: Stack) -> None:
    _a_video(deployed, "inbox/before.png")
    for number in range(2):  # from an anonymous one to an account's, and from that to another
        token = f"nmv_usr_rotated-{number}"
        _put_secret(deployed, "NemoTokenSecret", json.dumps({"NEMO_TOKEN": token}))
        deployed.backend.clients.clear()  # all others are rejected from now on
        deployed.backend.clients[token] = f"account-{number}"
        video_id = _a_video(deployed, f"inbox/after-{number}.png")
        assert deployed.backend.script.sessions[-1].client == f"account-{number}", video_id


@pytest.mark.thorough
def test_the_webhook_is_replaced_while_its_function_is_warm(deployed: Stack) -> None:
    with chat_channel() as other:
        _put_secret(deployed, "SlackWebhookSecret", other.webhook_url)
        try:
            video_id = _a_video(deployed, "inbox/told elsewhere.png")
            deployed.awaited(lambda: other.shown(video_id), "the message in the other channel")
        finally:
            _put_secret(deployed, "SlackWebhookSecret", deployed.slack.webhook_url)
    assert not any(
        message["text"].startswith("Ready") for message in deployed.slack.shown(video_id) if "text" in message
    )


def test_a_key_that_was_revoked_opens_nothing(deployed: Stack) -> None:
    keys = ApiKeys(deployed.endpoints.access.dynamodb().Table(deployed.endpoints.api_keys_table))
    assert keys.revoke(deployed.key)
    answer = http.get(f"{deployed.endpoints.api_url}/v1/videos", headers={"x-api-key": deployed.key})
    assert answer.status_code == httpx.codes.FORBIDDEN


@pytest.mark.thorough
def test_every_call_of_the_scenarios_is_recorded(deployed: Stack) -> None:
    """`make verify-aws` asks AWS whether these are allowed. It comes last, after the scenarios."""
    known = recorded_calls()
    unknown = [
        (owner, action, resource)
        for owner, actions in recorded(deployed).items()
        for action, resources in actions.items()
        for resource in resources
        if resource not in known.get(owner, {}).get(action, [])
    ]
    assert unknown == [], "Run: make role-calls"
