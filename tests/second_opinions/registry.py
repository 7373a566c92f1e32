"""The actions that a deployment needs: the permissions of the handlers in the CloudFormation registry.

cfn-lint ships the schemas of the registry. A handler lists what it may need for any property of its type.
What belongs to properties that the template does not use is left out here.
"""

from collections.abc import Container, Iterable
from fnmatch import fnmatchcase

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from infra.simulated_stack import REGION

# Actions by type that are needed for one property only, with that property.
FOR_PROPERTY: dict[str, dict[str, str]] = {
    "AWS::ApiGateway::RestApi": {
        "apigateway:UpdateRestApiPolicy": "Policy",
        "s3:GetObject": "BodyS3Location",
    },
    "AWS::DynamoDB::Table": {
        "*Import*": "ImportSourceSpecification",
        "logs:*": "ImportSourceSpecification",
        "s3:*": "ImportSourceSpecification",
        "dynamodb:UpdateContributorInsights": "ContributorInsightsSpecification",
        "dynamodb:*ableKinesisStreamingDestination": "KinesisStreamSpecification",
        "dynamodb:UpdateKinesisStreamingDestination": "KinesisStreamSpecification",
        "kinesis:*": "KinesisStreamSpecification",
        "dynamodb:PutResourcePolicy": "ResourcePolicy",
        "dynamodb:DeleteResourcePolicy": "ResourcePolicy",
    },
    "AWS::IAM::Role": {
        "iam:*RolePermissionsBoundary": "PermissionsBoundary",
        "iam:UpdateRoleDescription": "Description",
    },
    "AWS::Lambda::EventSourceMapping": {"kms:*": "KmsKeyArn"},
    "AWS::Lambda::Function": {
        "ec2:*": "VpcConfig",
        "elasticfilesystem:*": "FileSystemConfigs",
        "s3files:*": "FileSystemConfigs",
        "kms:*": "KmsKeyArn",
        "lambda:*FunctionCodeSigningConfig": "CodeSigningConfigArn",
        "lambda:AssociateRuntimeAlias": "RuntimeManagementConfig",
        "lambda:PassCapacityProvider": "CapacityProviderConfig",
        "lambda:PublishVersion": "PublishToLatestPublished",
        "lambda:PutFunctionRecursionConfig": "RecursiveLoop",
        "lambda:PutFunctionScalingConfig": "FunctionScalingConfig",
        "lambda:PutRuntimeManagementConfig": "RuntimeManagementConfig",
    },
    "AWS::Logs::LogGroup": {
        "firehose:*": "DataProtectionPolicy",
        "s3:*": "DataProtectionPolicy",
        "logs:CreateLogDelivery": "DataProtectionPolicy",
        "logs:PutDataProtectionPolicy": "DataProtectionPolicy",
        "logs:*eIndexPolicy": "FieldIndexPolicies",
        "logs:PutIndexPolicy": "FieldIndexPolicies",
        "logs:PutBearerTokenAuthentication": "BearerTokenAuthenticationEnabled",
        "logs:PutLogGroupDeletionProtection": "DeletionProtectionEnabled",
        "logs:PutResourcePolicy": "ResourcePolicyDocument",
        "logs:DeleteResourcePolicy": "ResourcePolicyDocument",
    },
    "AWS::S3::Bucket": {
        "iam:PassRole": "ReplicationConfiguration",
        "s3:*ObjectLockConfiguration": "ObjectLockConfiguration",
        "s3:DeleteBucketAnalyticsConfiguration": "AnalyticsConfigurations",
        "s3:DeleteBucketMetricsConfiguration": "MetricsConfigurations",
        "s3:DeleteBucketReplication": "ReplicationConfiguration",
        "s3:DeleteBucketWebsite": "WebsiteConfiguration",
        "s3:*BucketMetadata*": "MetadataTableConfiguration",
        "s3tables:*": "MetadataTableConfiguration",
        "s3:PutAccelerateConfiguration": "AccelerateConfiguration",
        "s3:PutAnalyticsConfiguration": "AnalyticsConfigurations",
        "s3:PutIntelligentTieringConfiguration": "IntelligentTieringConfigurations",
        "s3:PutInventoryConfiguration": "InventoryConfigurations",
        "s3:PutMetricsConfiguration": "MetricsConfigurations",
        "s3:PutObjectAcl": "AccessControl",
        "s3:*agResource": "AbacStatus",
        "s3:ListTagsForResource": "AbacStatus",
        "s3:DeleteObject": "AccessControl",
        "s3:PutReplicationConfiguration": "ReplicationConfiguration",
    },
    "AWS::SNS::Subscription": {"iam:*": "SubscriptionRoleArn"},
    "AWS::SNS::Topic": {
        "iam:*": "DeliveryStatusLogging",
        "sns:PutDataProtectionPolicy": "DataProtectionPolicy",
    },
    "AWS::SecretsManager::Secret": {
        "secretsmanager:GetRandomPassword": "GenerateSecretString",
        "secretsmanager:GetSecretValue": "GenerateSecretString",
        "secretsmanager:RemoveRegionsFromReplication": "ReplicaRegions",
        "secretsmanager:ReplicateSecretToRegions": "ReplicaRegions",
    },
    "AWS::StepFunctions::StateMachine": {"kms:*": "EncryptionConfiguration"},
}

# Actions by type that no deployment of this stack needs, with the reason.
NOT_NEEDED: dict[str, dict[str, str]] = {
    "AWS::ApiGateway::RestApi": {"iam:PassRole": "No integration and no authorizer has a role of its own."},
    "AWS::DynamoDB::Table": {
        "dynamodb:*TableReplica": "Replicas belong to global tables, which are another type.",
        "dynamodb:*Item": "For replicas, as above.",
        "dynamodb:Query": "For replicas, as above.",
        "dynamodb:Scan": "For replicas, as above.",
        "iam:CreateServiceLinkedRole": "For replicas, as above.",
        "kms:ListAliases": "The template names the key by its ARN.",
        "kms:RevokeGrant": "DynamoDB retires its own grants.",
    },
    "AWS::Lambda::Function": {"s3:GetObjectVersion": "SAM names no version of the object."},
    "AWS::Lambda::LayerVersion": {"s3:GetObjectVersion": "SAM names no version of the object."},
    "AWS::S3::Bucket": {
        "s3:DeleteBucketCors": "IAM has no such action. PutBucketCORS covers it.",
        "s3:DeleteBucketEncryption": "IAM has no such action. PutEncryptionConfiguration covers it.",
        "s3:DeleteBucketLifecycle": "IAM has no such action. PutLifecycleConfiguration covers it.",
    },
    "AWS::StepFunctions::StateMachine": {"s3:GetObjectVersion": "SAM names no version of the object."},
}


def handler_actions(kind: str, operations: Iterable[str]) -> set[str]:
    """Return the actions that the registry's handlers of a type list for these operations."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema["handlers"]
    return {action for name in operations if name in handlers for action in handlers[name]["permissions"]}


def needed_actions(kind: str, operations: Iterable[str], used: Container[str]) -> set[str]:
    """Return the actions that a deployment needs for a type of which these properties are used."""
    left_out = [pattern for pattern, name in FOR_PROPERTY.get(kind, {}).items() if name not in used]
    left_out += NOT_NEEDED.get(kind, {})
    return {
        action
        for action in handler_actions(kind, operations)
        if not any(fnmatchcase(action, pattern) for pattern in left_out)
    }
