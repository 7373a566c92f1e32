"""What those who deploy need: names that do not collide, a role that suffices, a guide that is true."""

import fnmatch
import json
import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.verification.transcript import proves_deployment
from tests.template.sam import ROOT, read_template, translated

PARAMETERS = read_template()["Parameters"]
RESOURCES: dict[str, dict[str, Any]] = translated()["Resources"]
DEPLOYERS_STACK = yaml_parse((ROOT / "infra/deployer.yaml").read_text())
DEPLOYER = DEPLOYERS_STACK["Resources"]["Deployer"]["Properties"]
STATEMENTS: list[dict[str, Any]] = DEPLOYER["Policies"][0]["PolicyDocument"]["Statement"]
ACTIONS: dict[str, Any] = json.loads(
    files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text()
)
WORKFLOW = yaml_parse((ROOT / ".github/workflows/deploy.yml").read_text())

ISSUER = "token.actions.githubusercontent.com"

# How the actions of a service begin, where its resources are called otherwise.
PREFIXES = {"serverless": "lambda", "stepfunctions": "states"}
NAMES = {"AWS::Scheduler::Schedule": "Name", "AWS::Lambda::LayerVersion": "LayerName"}


@pytest.mark.parametrize("name", [name for name, resource in RESOURCES.items() if resource["Type"] in NAMES])
def test_two_stacks_of_one_account_do_not_take_each_others_names(name: str) -> None:
    resource = RESOURCES[name]
    assert resource["Properties"][NAMES[resource["Type"]]]["Fn::Sub"].startswith("${AWS::StackName}-")


def test_the_guide_lists_every_parameter() -> None:
    table = re.findall(r"^\| (`.+?) \|", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE)
    told = {name for cell in table for name in re.findall(r"`([A-Z]\w+)`", cell)}
    assert told == set(PARAMETERS)


def test_the_guide_says_that_nothing_was_deployed_until_a_transcript_shows_it() -> None:
    transcript = ROOT / "docs/aws-transcript.md"
    is_proved = transcript.exists() and proves_deployment(transcript.read_text())
    _, guide = (ROOT / "docs/deploying.md").read_text().split("\n\n", 1)
    said = guide.startswith("The stack has been validated, but not yet deployed to an AWS account.\n")
    assert said != is_proved, "Take the sentence out when docs/aws-transcript.md shows a deployment to AWS."


def test_only_known_parameters_are_configured() -> None:
    configured = re.findall(r'"(\w+)=', (ROOT / "samconfig.toml").read_text())
    assert configured
    assert set(configured) <= set(PARAMETERS)


def test_production_is_asked_about() -> None:
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    assert configured["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def _services() -> set[str]:
    found = {resource["Type"].split("::")[1].lower() for resource in RESOURCES.values()}
    return {PREFIXES.get(service, service) for service in found}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _actions() -> set[str]:
    return {action for statement in STATEMENTS for action in _listed(statement["Action"])}


def test_the_deployers_role_reaches_every_service_of_the_template() -> None:
    beside = {"cloudformation", "events", "logs"}  # `make deploy` looks for the event bus
    assert {action.split(":")[0] for action in _actions()} == _services() | beside


def test_the_deployers_role_neither_reads_nor_deletes_data() -> None:
    forbidden = (
        r"dynamodb:(Get|Query|Scan|Batch|Delete)|sqs:(Receive|Delete)|secretsmanager:(Get|Delete)"
        r"|s3:Delete|sns:Delete|.*\*$"
    )
    allowed = {"cloudformation:Describe*", "lambda:Get*", "s3:GetBucket*", "s3:PutBucket*"}
    allowed |= {"dynamodb:GetResourcePolicy"}  # CloudFormation reads it with the table
    assert {action for action in _actions() if re.match(forbidden, action)} == allowed
    for statement in STATEMENTS:
        if "s3:GetObject" in statement["Action"]:
            assert "samclisourcebucket" in str(statement["Resource"])


def test_the_deployers_role_is_for_one_environment_of_one_repository() -> None:
    (trust,) = DEPLOYER["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": {
            "Fn::Sub": "repo:${Repository}:environment:${Environment}"
        },
    }


def test_whatever_the_deployers_role_may_change_is_named() -> None:
    changing = {
        action
        for statement in STATEMENTS
        if statement["Resource"] == "*" and "Condition" not in statement
        for action in _listed(statement["Action"])
        if not re.match(r"\w+:(Get|List|Describe|Validate)", action)
    }
    assert changing == {"sns:SetSubscriptionAttributes", "sns:Unsubscribe"}


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement["Sid"])
def test_an_action_that_knows_no_resource_is_allowed_on_all(statement: dict[str, Any]) -> None:
    """With a resource beside it, it would allow nothing."""
    for allowed in _listed(statement["Action"]):
        service, action = allowed.lower().split(":")
        known = {
            name: facts.get("Resources")
            for name, facts in ACTIONS[service]["Actions"].items()
            if fnmatch.fnmatchcase(name, action)
        }
        assert known, f"{allowed} does not exist"
        assert any(known.values()) or statement["Resource"] == "*", allowed


def _reached(action: str) -> set[str]:
    """The resources on which an action is allowed, in a stack called `stack`."""
    found: set[str] = set()
    for statement in STATEMENTS:
        if any(fnmatch.fnmatchcase(action, allowed) for allowed in _listed(statement["Action"])):
            resources = statement["Resource"]
            for resource in resources if isinstance(resources, list) else [resources]:
                text = resource if isinstance(resource, str) else resource["Fn::Sub"]
                found.add(re.sub(r"\$\{AWS::(\w+)\}", r"\1", text).replace("${Stack}", "stack"))
    return found


@pytest.mark.parametrize("action", ["CreateLogGroup", "PutRetentionPolicy", "AssociateKmsKey", "TagResource"])
@pytest.mark.parametrize("end", ["", ":*"])
def test_the_deployers_role_reaches_the_log_group_by_its_name(action: str, end: str) -> None:
    name = read_template()["Resources"]["Log"]["Properties"]["LogGroupName"]["Fn::Sub"]
    log = name.replace("${AWS::StackName}", "stack")
    patterns = _reached(f"logs:{action}")
    assert any(
        fnmatch.fnmatchcase(f"arn:Partition:logs:Region:AccountId:log-group:{log}{end}", p) for p in patterns
    )
    other = f"arn:Partition:logs:Region:AccountId:log-group:{log}-of-others{end}"
    assert not any(fnmatch.fnmatchcase(other, pattern) for pattern in patterns)


def test_the_deployers_role_finds_log_groups() -> None:
    assert _reached("logs:DescribeLogGroups") == {"*"}


def test_the_deployers_role_may_use_the_customers_key_where_there_is_one() -> None:
    policy = DEPLOYERS_STACK["Resources"]["DeployerKey"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert policy["Condition"] == "HasKey"
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    assert {"kms:CreateGrant", "kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*"} <= set(
        statement["Action"]
    )
    pattern = DEPLOYERS_STACK["Parameters"]["KmsKeyArn"]["AllowedPattern"]
    assert pattern == PARAMETERS["KmsKeyArn"]["AllowedPattern"]


def test_no_name_is_so_long_that_cloudformation_shortens_the_stacks_part() -> None:
    """It makes names as `<stack>-<logical id>-<12 letters>`. Those of roles and functions have 64 at most."""
    longest = max(
        len(name)
        for name, resource in RESOURCES.items()
        if resource["Type"] in {"AWS::IAM::Role", "AWS::Lambda::Function"}
    )
    most = DEPLOYERS_STACK["Parameters"]["Stack"]["MaxLength"]
    assert most + 1 + longest + 1 + 12 <= 64
    configured = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for environment in ("dev", "prod"):
        assert len(configured[environment]["global"]["parameters"]["stack_name"]) <= most


def test_the_workflow_pins_what_is_not_ours_and_grants_each_job_what_it_needs() -> None:
    jobs = WORKFLOW["jobs"]
    used = [step["uses"] for ref in jobs.values() for step in ref["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
    assert WORKFLOW["permissions"] == {}
    assert {name: ref["permissions"] for name, ref in jobs.items()} == {
        "test": {"contents": "read"},
        "dev": {"contents": "read", "id-token": "write"},
        "prod": {"contents": "read", "id-token": "write"},
    }
    assert [jobs[name]["environment"] for name in ("dev", "prod")] == ["dev", "prod"]
    assert [jobs[name]["needs"] for name in ("dev", "prod")] == ["test", "dev"]
