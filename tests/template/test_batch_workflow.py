"""The state machine of a batch: every row has its own end, and so has the batch, whatever happens."""

import json
import re
from typing import Any

import jsonata  # type: ignore[import-untyped]  # the embedded cloud evaluates with it, too
import pytest

from aws.batches import row_item
from tests.template.sam import ROOT, properties
from videos.batches.results import Reading
from videos.model.batch import working_folder

TEXT = (ROOT / "infra/batch.asl.json").read_text()
BATCH: dict[str, dict[str, Any]] = json.loads(TEXT)["States"]
MAP = BATCH["Carry out each row"]
ROW: dict[str, dict[str, Any]] = MAP["ItemProcessor"]["States"]
WAIT = ROW["Wait for the end"]
PROPERTIES = properties("BatchWorkflow")
STATEMENTS = {item["Sid"]: item for item in PROPERTIES["Policies"][0]["Statement"] if "Sid" in item}
TASKS = {name: state for name, state in (BATCH | ROW).items() if state["Type"] == "Task"}
INVOCATIONS = {name: state for name, state in TASKS.items() if state["Resource"].endswith("lambda:invoke")}


def _evaluated(template: str, **context: object) -> object:
    return jsonata.Jsonata(
        template.removeprefix("{%").removesuffix("%}").replace("$states.", "states.")
    ).evaluate({"states": context})


def test_every_substitution_is_given_and_every_one_given_is_used() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(PROPERTIES["DefinitionSubstitutions"])


def test_the_workflow_may_invoke_the_functions_it_names_and_no_others() -> None:
    named = [item for item in PROPERTIES["DefinitionSubstitutions"].values() if "Fn::GetAtt" in item]
    assert sorted(map(str, named)) == sorted(map(str, STATEMENTS["RunSteps"]["Resource"]))


def test_the_workflow_may_start_itself_for_each_row() -> None:
    itself = ":stateMachine:${AWS::StackName}-batch"
    assert STATEMENTS["StartRows"]["Resource"]["Fn::Sub"].endswith(itself)
    assert PROPERTIES["Name"] == {"Fn::Sub": "${AWS::StackName}-batch"}


def test_the_workflow_may_follow_the_executions_of_its_rows() -> None:
    """They are named after the workflow, and those of a map after its label, too."""
    named = [
        resource["Fn::Sub"].rsplit(":execution:")[1] for resource in STATEMENTS["FollowRows"]["Resource"]
    ]
    assert named == ["${AWS::StackName}-batch:*", "${AWS::StackName}-batch/*"]


@pytest.mark.parametrize("name", INVOCATIONS)
def test_a_task_outlasts_its_function(name: str) -> None:
    substitution = INVOCATIONS[name]["Arguments"]["FunctionName"].strip("${}")
    logical_id = PROPERTIES["DefinitionSubstitutions"][substitution]["Fn::GetAtt"][0]
    assert INVOCATIONS[name]["TimeoutSeconds"] > properties(logical_id).get("Timeout", 60)


@pytest.mark.parametrize("name", TASKS)
def test_what_fails_is_tried_again(name: str) -> None:
    *_, retry = TASKS[name]["Retry"]
    assert retry["ErrorEquals"] == ["States.ALL"] or name not in INVOCATIONS
    assert retry["MaxAttempts"] >= 4
    assert retry["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", ["Read the file", "Carry out each row"])
def test_whatever_fails_before_them_the_results_are_written(name: str) -> None:
    (catch,) = BATCH[name]["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], "Write results")
    assert BATCH["Write results"]["Next"] == "Announce the batch"
    assert BATCH["Are there rows?"]["Default"] == "Write results"


def test_the_rows_are_read_from_where_they_were_written_and_no_row_stops_the_others() -> None:
    assert MAP["ItemProcessor"]["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    assert MAP["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}
    assert MAP["ToleratedFailurePercentage"] == 100
    assert MAP["MaxConcurrencyPath"] == "$.rows_at_once"
    folder = working_folder("", "").rstrip("/")
    assert STATEMENTS["ReadAndWriteRows"]["Resource"] == {"Fn::Sub": f"${{VideosBucket.Arn}}/{folder}/*"}


def test_the_outputs_of_the_rows_go_to_s3_and_nowhere_else() -> None:
    """All of them together are more than a state may hold."""
    assert MAP["ResultPath"] is None
    assert MAP["ResultWriter"]["Resource"] == "arn:${Partition}:states:::s3:putObject"
    assert MAP["ResultWriter"]["Parameters"]["Prefix.$"] == "States.Format('{}/map', $.folder)"
    assert "folder" in Reading.model_fields


@pytest.mark.parametrize("row", [1, 17, 100_000])
def test_a_row_waits_where_its_end_is_written(row: int) -> None:
    key = WAIT["Arguments"]["Key"]
    assert _evaluated(key["item"]["S"], input={"item": {"row": row}}) == row_item(row)
    assert _evaluated(key["batch_id"]["S"], input={"batch_id": "bat-1"}) == "bat-1"
    assert WAIT["Arguments"]["ConditionExpression"] == "attribute_not_exists(outcome)"
    assert STATEMENTS["LeaveTokens"]["Resource"] == {"Fn::GetAtt": ["BatchesTable", "Arn"]}


def test_a_row_waits_for_ever_for_no_end() -> None:
    ways = {error: catch["Next"] for catch in WAIT["Catch"] for error in catch["ErrorEquals"]}
    assert ways == {
        "States.Timeout": "Submit row",
        "DynamoDb.ConditionalCheckFailedException": "Row done",
        "States.ALL": "Wait without a token",
    }


def test_a_row_that_cannot_leave_its_token_is_submitted_again_later() -> None:
    """Its video is under way. A row that ended here would be handed in again, and be paid for twice."""
    assert ROW["Wait without a token"]["Next"] == "Submit row"
    assert ROW["Wait without a token"]["Seconds"] >= 60
    given = {"batch_id": "bat-1", "tries": 3, "item": {"row": 2}, "verdict": "begun"}
    assert all(_evaluated(catch["Output"], input=given) == given for catch in WAIT["Catch"])


def test_a_row_is_submitted_with_what_stands_in_it() -> None:
    payload = ROW["Submit row"]["Arguments"]["Payload"]
    given = {"batch_id": "bat-1", "tries": 3, "item": {"row": 2, "given": {"file": "a.png"}}}
    assert _evaluated(payload, input=given) == {
        "batch_id": "bat-1",
        "tries": 3,
        "row": 2,
        "given": {"file": "a.png"},
    }
    again = _evaluated(ROW["Wait for the version under way"]["Output"], input=given)
    assert again == given | {"tries": 4}
