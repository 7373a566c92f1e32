"""An update of a deployed stack must not replace what holds data: it would begin again empty."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.template.sam import read_template, translated
from tests.template.stateful import SNAPSHOT, STATEFUL, fixed_properties, stateful

NOTED: dict[str, Any] = json.loads(SNAPSHOT.read_text())
NOW = stateful(translated())
EMPTIED_BY_ITSELF = {"IdempotencyTable"}  # what stands there is forgotten within a day
WITH_DATA = [
    name
    for name, resource in read_template()["Resources"].items()
    if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::S3::Bucket"} and name not in EMPTIED_BY_ITSELF
]


@pytest.mark.parametrize("name", sorted(NOTED.keys() | NOW.keys()))
def test_an_update_does_not_replace_what_holds_data(name: str) -> None:
    assert NOW.get(name) == NOTED.get(name), (
        f"Where {name} is deployed already, an update would replace, delete or overwrite it. "
        "If that is meant, say in docs/deploying.md how its data is moved, and run `make stateful`."
    )


@pytest.mark.parametrize("name", WITH_DATA)
def test_data_outlives_the_stack_and_a_replacement(name: str) -> None:
    resource = read_template()["Resources"][name]
    # A first deployment that is rolled back leaves nothing behind that would be in the way of the next one.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_aws_says_which_properties_make_another_resource() -> None:
    assert {"BucketName"} <= fixed_properties("AWS::S3::Bucket")
    assert {"TableName", "KeySchema"} <= fixed_properties("AWS::DynamoDB::Table")
    assert {"QueueName", "FifoQueue"} <= fixed_properties("AWS::SQS::Queue")
    assert {"Name", "SecretString"} <= fixed_properties("AWS::SecretsManager::Secret")
    assert {"StateMachineName"} <= fixed_properties("AWS::StepFunctions::StateMachine")


def test_every_kind_is_in_the_template() -> None:
    assert {resource["Type"] for resource in NOTED.values()} == STATEFUL


@pytest.mark.parametrize(
    "change",
    [
        lambda resources: resources.update(Table=resources.pop("VideosTable")),
        lambda resources: resources["VideosTable"]["Properties"]["KeySchema"].pop(),
        lambda resources: resources["VideosTable"].pop("UpdateReplacePolicy"),
        lambda resources: resources["InboxBucket"]["Properties"].pop("BucketName"),
        lambda resources: resources["VideosBucket"]["Properties"].update(BucketName="videos"),
        lambda resources: resources["InboxQueue"]["Properties"].update(QueueName="inbox"),
        lambda resources: resources["NemoTokenSecret"].update(Condition="HasSlack"),
        lambda resources: resources["NemoTokenSecret"]["Properties"].update(SecretString="{}"),
        lambda resources: resources["VideoWorkflow"]["Properties"].update(StateMachineType="EXPRESS"),
    ],
)
def test_what_would_lose_data_is_noticed(change: Callable[[dict[str, Any]], object]) -> None:
    changed = copy.deepcopy(translated())
    change(changed["Resources"])
    assert stateful(changed) != NOW


@pytest.mark.parametrize(
    "change",
    [
        lambda resources: resources["InboxQueue"]["Properties"].update(VisibilityTimeout=400),
        lambda resources: resources["VideosTable"]["Properties"].pop("SSESpecification"),
        lambda resources: resources["NemoTokenSecret"]["Properties"].update(Description="Another"),
    ],
)
def test_what_is_changed_in_place_may_change(change: Callable[[dict[str, Any]], object]) -> None:
    changed = copy.deepcopy(translated())
    change(changed["Resources"])
    assert stateful(changed) == NOW
