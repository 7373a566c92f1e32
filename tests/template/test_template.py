"""What the template promises, read from the file and from what SAM makes of it."""

import importlib
import json
import re
from typing import Any

import pytest

from infra.local.cloud import ALWAYS_ANSWER
from safe_http.webhooks import ANSWER_SECONDS
from tests.template.sam import (
    ROOT,
    Properties,
    properties,
    read_template,
    resources,
    translated,
)
from videos.events.webhooks import WAITS
from videos.requests.ownership import prefix_of

FUNCTIONS = resources("AWS::Serverless::Function")
BUCKETS = resources("AWS::S3::Bucket")
QUEUES = resources("AWS::SQS::Queue")
TABLES = resources("AWS::DynamoDB::Table")
DEFAULTS: Properties = read_template()["Globals"]["Function"]


def _made(kind: str) -> dict[str, Properties]:
    return {
        name: item["Properties"] for name, item in translated()["Resources"].items() if item["Type"] == kind
    }


@pytest.mark.parametrize(("tracing", "mode"), [("Disabled", None), ("Active", {"Mode": {"Ref": "Tracing"}})])
def test_tracing_is_switched_on_by_its_parameter_and_permitted_only_then(
    tracing: str, mode: dict[str, Any] | None
) -> None:
    made = translated(Tracing=tracing)["Resources"]
    for name in FUNCTIONS:
        assert made[name]["Properties"].get("TracingConfig") == mode
        managed = made[f"{name}Role"]["Properties"]["ManagedPolicyArns"]
        assert any("Xray" in arn for arn in managed) is (mode is not None)
    for name in ("VideoWorkflow", "BatchWorkflow"):
        enabled = made[name]["Properties"]["TracingConfiguration"]["Enabled"]
        assert enabled == {"Fn::If": ["Traces", True, False]}
        (policy,) = made[f"{name}Role"]["Properties"]["Policies"]
        conditions = [item["Fn::If"][0] for item in policy["PolicyDocument"]["Statement"] if "Fn::If" in item]
        assert conditions == ["HasKey", "Traces"]
    assert read_template()["Conditions"]["Traces"] == {"Fn::Equals": [{"Ref": "Tracing"}, "Active"]}


def _statements(function: Properties) -> list[Properties]:
    """What a function may do, and what it may on some condition."""
    statements = [statement for policy in function["Policies"] for statement in policy["Statement"]]
    return [statement["Fn::If"][1] if "Fn::If" in statement else statement for statement in statements]


def _setting(function: Properties, name: str) -> Any:  # noqa: ANN401 - whatever the template says
    return function.get(name, DEFAULTS[name])


def test_sam_makes_a_template_of_it() -> None:
    assert _made("AWS::Lambda::Function").keys() == FUNCTIONS.keys()
    assert len(_made("AWS::StepFunctions::StateMachine")) == 2  # of a version, and of a batch


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in _made("AWS::Lambda::Function").values()]
    roles += [
        machine["RoleArn"]["Fn::GetAtt"][0] for machine in _made("AWS::StepFunctions::StateMachine").values()
    ]
    assert len(set(roles)) == len(roles)
    assert set(roles) <= _made("AWS::IAM::Role").keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_policies_spelled_out(name: str) -> None:
    function = FUNCTIONS[name]
    assert "Role" not in function
    assert all(set(policy) == {"Statement"} for policy in function["Policies"])
    for statement in _statements(function):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not any("*" in action for action in actions)
        if statement["Sid"] == "UseKey":
            continue  # tests/template/test_security.py
        if statement["Resource"] == "*" and "Condition" in statement:  # says which sender
            assert actions == ["ses:SendEmail"]
            assert {"ses:FromAddress": {"Ref": "MailSender"}} in statement["Condition"].values()
        elif statement["Resource"] == "*":  # these actions know no resources
            assert set(actions) <= {"states:SendTaskSuccess", "states:SendTaskFailure"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_can_be_imported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    module, attribute = FUNCTIONS[name]["Handler"].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), attribute))


def test_every_handler_is_a_function() -> None:
    named = {function["Handler"].split(".")[2] for function in FUNCTIONS.values()}
    written = {
        path.stem
        for path in (ROOT / "functions/handlers").rglob("*.py")
        if re.search(r"^(def handler\(|handler = )", path.read_text(), re.MULTILINE)
    }
    assert named == written


@pytest.mark.parametrize(
    ("queue", "function"),
    [
        ("InboxQueue", "IngestFunction"),
        ("GenerationQueue", "SendInstructionFunction"),
        ("WebhookQueue", "DeliverWebhookFunction"),
        ("MailQueue", "NotifyMailFunction"),
        ("SlackQueue", "NotifySlackFunction"),
        ("TeamsQueue", "NotifyTeamsFunction"),
        ("DiscordQueue", "NotifyDiscordFunction"),
        ("EventBusQueue", "NotifyEventBusFunction"),
        ("CopyQueue", "CopyFunction"),
        ("SignInQueue", "MailSignInFunction"),
    ],
)
def test_a_message_does_not_come_again_while_its_worker_lives(queue: str, function: str) -> None:
    assert QUEUES[queue]["VisibilityTimeout"] > _setting(FUNCTIONS[function], "Timeout")
    (source,) = FUNCTIONS[function]["Events"].values()
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_one_worker_carries_one_instruction_and_there_are_only_so_many() -> None:
    (source,) = FUNCTIONS["SendInstructionFunction"]["Events"].values()
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "ConcurrentGenerations"}}


def test_the_worker_knows_its_last_try() -> None:
    receives = properties("GenerationQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert FUNCTIONS["SendInstructionFunction"]["Environment"]["Variables"]["MAX_RECEIVES"] == str(receives)


@pytest.mark.parametrize("name", [name for name in QUEUES if not name.endswith("DeadLetters")])
def test_what_fails_too_often_is_kept_aside(name: str) -> None:
    target = QUEUES[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert QUEUES[target]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private_and_forgets(name: str) -> None:
    bucket = BUCKETS[name]
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "KeepVideosDays"}


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_refuses_whatever_comes_without_tls(name: str) -> None:
    policies = [
        item for item in resources("AWS::S3::BucketPolicy").values() if item["Bucket"] == {"Ref": name}
    ]
    (policy,) = policies
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
    assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_the_home_page_can_send_files_and_no_page_can_read_any() -> None:
    named, cors, without = properties("InboxBucket")["CorsConfiguration"]["Fn::If"]
    assert (named, without) == ("HasHomePage", {"Ref": "AWS::NoValue"})
    (rule,) = cors["CorsRules"]
    assert rule.keys() == {"AllowedMethods", "AllowedOrigins", "MaxAge"}
    assert rule["AllowedMethods"] == ["POST"]
    assert "CorsConfiguration" not in properties("VideosBucket")


def test_the_inbox_keeps_versions() -> None:
    assert properties("InboxBucket")["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("name", sorted(TABLES.keys() - {"IdempotencyTable"}))  # which forgets within a day
def test_what_is_remembered_can_be_recovered_and_is_kept(name: str) -> None:
    assert TABLES[name]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert read_template()["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


ROUTES = {
    (event["Properties"]["Method"], event["Properties"]["Path"]): event["Properties"].get("Auth")
    for function in FUNCTIONS.values()
    for event in function.get("Events", {}).values()
    if event["Type"] == "Api"
}


def test_only_the_signed_pages_the_document_of_the_api_and_preflights_need_no_key() -> None:
    open_routes = {route for route, auth in ROUTES.items() if auth is not None}
    assert properties("Api")["Auth"]["DefaultAuthorizer"] == "ApiKey"
    assert open_routes == {
        ("GET", "/"),
        ("HEAD", "/"),
        ("GET", "/watch/{video_id}"),
        ("GET", "/watch/{video_id}/{file}"),
        ("HEAD", "/watch/{video_id}"),
        ("HEAD", "/watch/{video_id}/{file}"),
        ("POST", "/watch/{video_id}/{file}"),
        ("POST", "/sign-in/{action}"),
        ("GET", "/batches/{batch_id}/results.csv"),
        ("HEAD", "/batches/{batch_id}/results.csv"),
        ("GET", "/v1/openapi.json"),
        ("HEAD", "/v1/openapi.json"),
        ("OPTIONS", "/v1/{proxy+}"),
    }


def test_every_method_reaches_the_api_which_says_itself_what_is_not_allowed() -> None:
    methods = {method for method, path in ROUTES if path == "/v1/{proxy+}"}
    assert methods == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def test_agents_reach_their_tools_and_hear_what_is_allowed() -> None:
    assert {method for method, path in ROUTES if path == "/mcp"} == {"POST", "GET", "DELETE"}


GATEWAY_ANSWERS = {
    "UNAUTHORIZED": (401, "no-key"),
    "ACCESS_DENIED": (403, "unknown-key"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "not-found"),
    "RESOURCE_NOT_FOUND": (404, "not-found"),
    "REQUEST_TOO_LARGE": (413, "too-large"),
    "THROTTLED": (429, "throttled"),
    "INTEGRATION_TIMEOUT": (504, "timeout"),
    "DEFAULT_4XX": (None, "bad-request"),  # whatever else there is; each keeps its own status
    "DEFAULT_5XX": (None, "internal"),
}


def test_no_answer_of_the_gateway_has_its_bare_form() -> None:
    assert properties("Api")["GatewayResponses"].keys() == GATEWAY_ANSWERS.keys()


@pytest.mark.parametrize("answer", GATEWAY_ANSWERS)
def test_what_the_gateway_refuses_is_a_problem_too(answer: str) -> None:
    status, kind = GATEWAY_ANSWERS[answer]
    refusal = properties("Api")["GatewayResponses"][answer]
    filled_in = refusal["ResponseTemplates"]["application/json"].replace(
        "$context.error.messageString", json.dumps("As the gateway says it.")
    )
    problem = json.loads(filled_in)
    assert (problem.get("status"), problem["type"]) == (status, f"urn:nemo-video:problem:{kind}")
    assert refusal.get("StatusCode") == status
    assert problem["title"]
    assert problem["detail"]
    headers = refusal["ResponseParameters"]["Headers"]
    assert headers["Content-Type"] == "'application/problem+json'"
    assert headers["Access-Control-Allow-Origin"] == {
        "Fn::If": ["HasExtension", {"Fn::Sub": "'${ExtensionOrigin}'"}, {"Ref": "AWS::NoValue"}]
    }


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("", True),
        (f"chrome-extension://{'abcdefghijklmnop' * 2}", True),
        ("*", False),
        ("https://example.com", False),
        ("chrome-extension://*", False),
    ],
)
def test_no_web_site_can_be_let_in(origin: str, *, may: bool) -> None:
    pattern = read_template()["Parameters"]["ExtensionOrigin"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, origin)) is may


@pytest.mark.parametrize(
    "queue",
    ["WebhookQueue", "MailQueue", "SlackQueue", "TeamsQueue", "DiscordQueue", "EventBusQueue", "CopyQueue"],
)
def test_it_is_tried_after_every_wait_before_it_is_put_aside(queue: str) -> None:
    assert properties(queue)["RedrivePolicy"]["maxReceiveCount"] == len(WAITS) + 1
    assert QUEUES[queue]["MessageRetentionPeriod"] > sum(WAITS)


def test_a_callback_may_be_called_as_long_as_it_is_waited_for() -> None:
    assert _setting(FUNCTIONS["DeliverWebhookFunction"], "Timeout") > ANSWER_SECONDS


def test_who_calls_back_sees_no_keys() -> None:
    (policy,) = FUNCTIONS["DeliverWebhookFunction"]["Policies"]
    (secrets,) = [
        item
        for item in policy["Statement"]
        if item.get("Resource") == {"Fn::GetAtt": ["ApiKeysTable", "Arn"]}
    ]
    assert secrets["Action"] == "dynamodb:UpdateItem"
    assert secrets["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["webhook-secret:*"]}}


def test_answers_are_forgotten_and_found_by_their_key() -> None:
    table = TABLES["IdempotencyTable"]
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expiration", "Enabled": True}


def test_the_api_has_one_stage_and_its_throttle() -> None:
    """Without an OpenAPI version SAM has the deployment make a second, public stage without limits."""
    stages = _made("AWS::ApiGateway::Stage")
    assert [stage["StageName"] for stage in stages.values()] == ["live"]
    assert not any("StageName" in deployment for deployment in _made("AWS::ApiGateway::Deployment").values())


def test_a_changed_parameter_reaches_the_answers_of_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """They change with a new deployment of the API alone, and SAM does not look into conditions."""
    deployments = []
    for second, extension in enumerate(("", f"chrome-extension://{'a' * 32}")):
        monkeypatch.setattr("time.time", lambda second=second: 1_800_000_000 + second)
        made = translated.__wrapped__(ExtensionOrigin=extension)["Resources"]
        deployments += [name for name, item in made.items() if item["Type"] == "AWS::ApiGateway::Deployment"]
    assert len(set(deployments)) == 2


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_invoked_asynchronously_is_not_repeated_by_lambda(name: str) -> None:
    kinds = {event["Type"] for event in FUNCTIONS[name].get("Events", {}).values()}
    asynchronous = kinds - {"Api", "SQS"}
    assert ("EventInvokeConfig" in FUNCTIONS[name]) == bool(asynchronous)
    if asynchronous:
        assert FUNCTIONS[name]["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
        made = _made("AWS::Lambda::EventInvokeConfig")[f"{name}EventInvokeConfig"]
        assert (made["FunctionName"], made["MaximumRetryAttempts"]) == ({"Ref": name}, 0)


def test_no_name_is_of_one_partition() -> None:
    """`arn:aws:` and `amazonaws.com` are of the commercial regions; principals have one name everywhere."""
    for file in ("template.yaml", "infra/deployer.yaml", "infra/video.asl.json", "infra/batch.asl.json"):
        text = (ROOT / file).read_text()
        assert not re.findall(r"arn:aws:\S*", text), file
        principals = {"s3", "sns", "cloudwatch", "sts", "lambda", "scheduler", "states"}
        assert set(re.findall(r"(\S+)\.amazonaws\.com", text.replace("[", " "))) <= principals, file
    for code in (ROOT / "functions").rglob("*.py"):
        assert not re.search(r"arn:aws:|amazonaws\.com", code.read_text()), code


def test_uploads_are_no_drops() -> None:
    (told,) = properties("InboxBucket")["NotificationConfiguration"]["QueueConfigurations"]
    (rule,) = told["Filter"]["S3Key"]["Rules"]
    assert not prefix_of("ann", "upl-1").startswith(rule["Value"])
    assert not "batches/".startswith(rule["Value"])


def _requirements(path: str) -> set[str]:
    lines = (ROOT / path).read_text().splitlines()
    return {line.split("==")[0].strip() for line in lines if "==" in line and not line.startswith((" ", "#"))}


def test_what_is_shipped_holds_neither_the_runtimes_own_sdk_nor_tests() -> None:
    shipped = _requirements("functions/requirements.txt")
    assert {"httpx", "pydantic", "aws-lambda-powertools"} <= shipped
    assert not shipped & {"boto3", "botocore", "s3transfer", "pytest", "moto", "av", "mcp", "pillow"}
    files = [
        path.relative_to(ROOT) for path in (ROOT / "functions").rglob("*") if "__pycache__" not in path.parts
    ]
    assert not [path for path in files if "test" in path.name or path.name == "conftest.py"]


def test_what_one_function_needs_is_in_a_layer_of_its_own() -> None:
    assert {"mcp", "starlette"} <= _requirements("infra/mcp-layer/requirements.txt")
    assert {"av", "smart-open"} <= _requirements("infra/media-layer/requirements.txt")
    assert _requirements("infra/picture-layer/requirements.txt") == {"pillow", "pillow-heif"}
    layered = {name: function["Layers"] for name, function in FUNCTIONS.items() if "Layers" in function}
    assert layered == {
        "DeliverFunction": [{"Ref": "MediaLayer"}],
        "McpFunction": [{"Ref": "McpLayer"}],
        "PrepareFunction": [{"Ref": "PictureLayer"}],
    }


def test_no_secret_stands_in_the_environment() -> None:
    variables = [DEFAULTS["Environment"]["Variables"]]
    variables += [
        function["Environment"]["Variables"] for function in FUNCTIONS.values() if "Environment" in function
    ]
    names = {name for environment in variables for name in environment}
    assert not {name for name in names if re.search("TOKEN|KEY|WEBHOOK", name)} - {
        "NEMO_TOKEN_SECRET",  # the name of a secret, not the secret
        "CHANNEL_WEBHOOK_SECRET",
        "API_KEYS_TABLE",
        "WEBHOOK_QUEUE",
    }


def test_by_default_each_owner_has_a_limit_and_the_stack_has_none() -> None:
    parameters = read_template()["Parameters"]
    assert parameters["OwnerCreditsPerDay"]["Default"] == 10_000
    assert [parameters[name]["Default"] for name in ("CreditsPerDay", "CreditsPerMonth")] == [0, 0]


def test_instructions_are_sent_in_the_message_group_of_their_owner() -> None:
    workflow = json.loads((ROOT / "infra" / "video.asl.json").read_text())
    assert (
        workflow["States"]["Generate"]["Arguments"]["MessageGroupId"] == "{% $states.input.message_group %}"
    )


def test_the_api_keeps_answering_while_batches_run() -> None:
    reserved = {"Fn::If": ["ReservesConcurrency", {"Ref": "ApiConcurrency"}, {"Ref": "AWS::NoValue"}]}
    reserving = {
        name for name, item in FUNCTIONS.items() if item.get("ReservedConcurrentExecutions") == reserved
    }
    assert reserving == {"ApiFunction", "AuthorizeFunction", "McpFunction", "WatchFunction"}
    assert {FUNCTIONS[name]["Handler"] for name in reserving} == ALWAYS_ANSWER
    # A new account has a concurrency of 10 and refuses any reservation.
    assert read_template()["Parameters"]["ApiConcurrency"]["Default"] == 0
