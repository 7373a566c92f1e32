"""Who may do what, and how what lies still is encrypted: read from the template."""

from typing import Any

import pytest

from tests.template.sam import Properties, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
MACHINES = resources("AWS::Serverless::StateMachine")
WORKERS = FUNCTIONS | MACHINES
QUEUES = resources("AWS::SQS::Queue")
TOPICS = resources("AWS::SNS::Topic")
TABLES = resources("AWS::DynamoDB::Table")
BUCKETS = resources("AWS::S3::Bucket")
SECRETS = resources("AWS::SecretsManager::Secret")

NOTHING = {"Ref": "AWS::NoValue"}
CUSTOMER_KEY = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, NOTHING]}
# What knows no resources; for the rest of it the task token, or the condition, is the permission.
WITHOUT_RESOURCES = {
    "states:SendTaskSuccess": "the task token is the permission",
    "states:SendTaskFailure": "the task token is the permission",
    "xray:PutTraceSegments": "a trace belongs to no resource",
    "xray:PutTelemetryRecords": "likewise",
    "xray:GetSamplingRules": "likewise",
    "xray:GetSamplingTargets": "likewise",
    "ses:SendEmail": "the identity may be an address or its domain; a condition names the sender",
}


def _statements(worker: str) -> list[Properties]:
    (policy,) = WORKERS[worker]["Policies"]
    return [given["Fn::If"][1] if "Fn::If" in given else given for given in policy["Statement"]]


def _listed(given: Any) -> list[Any]:  # noqa: ANN401 - one or many, as IAM has it
    return given if isinstance(given, list) else [given]


@pytest.mark.parametrize("worker", WORKERS)
def test_a_statement_names_its_actions_and_resources(worker: str) -> None:
    for statement in _statements(worker):
        actions = _listed(statement["Action"])
        assert not [action for action in actions if "*" in action]
        if statement["Resource"] == "*":
            assert set(actions) <= WITHOUT_RESOURCES.keys()
        assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("worker", WORKERS)
def test_statements_of_a_role_are_told_apart_and_do_not_overlap(worker: str) -> None:
    sids = [statement["Sid"] for statement in _statements(worker)]
    assert len(set(sids)) == len(sids)
    allowed = [
        (action, str(resource))
        for statement in _statements(worker)
        if "Condition" not in statement
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]
    assert len(set(allowed)) == len(allowed)


@pytest.mark.parametrize("worker", WORKERS)
def test_a_role_may_use_the_customers_key_through_the_services_alone(worker: str) -> None:
    (policy,) = WORKERS[worker]["Policies"]
    (given,) = (s["Fn::If"] for s in policy["Statement"] if "Fn::If" in s and s["Fn::If"][0] == "HasKey")
    _, statement, otherwise = given
    assert otherwise == NOTHING
    assert statement["Resource"] == {"Ref": "KmsKeyArn"}
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    services = statement["Condition"]["StringEquals"]["kms:ViaService"]
    assert {service["Fn::Sub"].split(".")[0] for service in services} == {
        "dynamodb",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
    }


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted_and_takes_the_customers_key(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] == {"Fn::If": ["HasKey", NOTHING, True]}
    assert QUEUES[name]["KmsMasterKeyId"] == CUSTOMER_KEY


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_takes_the_customers_key(name: str) -> None:
    assert TOPICS[name]["KmsMasterKeyId"] == CUSTOMER_KEY


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_takes_the_customers_key(name: str) -> None:
    assert SECRETS[name]["KmsKeyId"] == CUSTOMER_KEY


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_encrypted_and_takes_the_customers_key(name: str) -> None:
    assert TABLES[name]["SSESpecification"] == {
        "SSEEnabled": True,
        "SSEType": {"Fn::If": ["HasKey", "KMS", NOTHING]},
        "KMSMasterKeyId": CUSTOMER_KEY,
    }


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_encrypted_and_takes_the_customers_key(name: str) -> None:
    (rule,) = BUCKETS[name]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"] == {"Fn::If": ["HasKey", True, NOTHING]}
    _, with_key, without = rule["ServerSideEncryptionByDefault"]["Fn::If"]
    assert with_key == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}}
    assert without == {"SSEAlgorithm": "AES256"}


def _refusing_without_tls(kind: str, targets: str) -> list[str]:
    """The logical ids of those whose policy refuses whatever comes without TLS."""
    refusing = []
    for policy in resources(kind).values():
        (refusal,) = (s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny")
        assert refusal["Principal"] == "*"
        assert refusal["Condition"] == {
            "Bool": {"aws:SecureTransport": "false"},
            "NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"},
        }
        refusing += [target["Ref"] for target in _listed(policy[targets])]
    return refusing


@pytest.mark.parametrize(
    ("kind", "targets", "all_of_them"),
    [
        ("AWS::S3::BucketPolicy", "Bucket", BUCKETS),
        ("AWS::SQS::QueuePolicy", "Queues", QUEUES),
        ("AWS::SNS::TopicPolicy", "Topics", TOPICS),
    ],
)
def test_nothing_is_taken_without_tls(kind: str, targets: str, all_of_them: dict[str, Properties]) -> None:
    assert sorted(_refusing_without_tls(kind, targets)) == sorted(all_of_them)


def test_services_are_let_in_for_this_account_or_resource_alone() -> None:
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in resources(kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"].keys() == {"Service"}
                    keys = {key for test in statement["Condition"].values() for key in test}
                    assert keys & {"aws:SourceArn", "aws:SourceAccount"}


def test_superseded_versions_do_not_outlive_a_day_by_more_than_they_must() -> None:
    (rule,) = BUCKETS["InboxBucket"]["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert all(
        rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
        for bucket in BUCKETS.values()
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    )


def test_tables_forget_by_themselves_but_for_the_keys() -> None:
    forgetting = {name for name, table in TABLES.items() if "TimeToLiveSpecification" in table}
    assert TABLES.keys() - forgetting == {"ApiKeysTable"}


def test_the_keys_parameter_takes_a_key_and_nothing_else() -> None:
    assert read_template()["Parameters"]["KmsKeyArn"]["Default"] == ""


def test_the_log_is_encrypted_with_a_customers_key_where_there_is_one() -> None:
    (log,) = resources("AWS::Logs::LogGroup").values()
    assert log["KmsKeyId"] == CUSTOMER_KEY
