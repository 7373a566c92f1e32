"""What an update of the stack must not replace, written by `make stateful` into `infra/stateful.json`.

When the logical id of a resource, or a property that can only be set at creation, changes, CloudFormation
makes another one in its place. That one is empty.
"""

import json
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.template.sam import ROOT, translated

SNAPSHOT = ROOT / "infra/stateful.json"
REGION = "us-east-1"

# Whose replacement loses what people stored, what is under way, or an address that people know.
STATEFUL = {
    "AWS::ApiGateway::RestApi",
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}

# What is not replaced but overwritten: a secret holds what was put there by hand.
OVERWRITTEN = {"AWS::SecretsManager::Secret": {"SecretString"}}

# What decides beside the properties whether there is a resource, and what becomes of it.
KEPT = {"Type", "Condition", "DeletionPolicy", "UpdateReplacePolicy"}


def stateful(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What must stay as it is of each stateful resource of a translated template, by logical id."""
    return {
        name: {key: value for key, value in resource.items() if key in KEPT} | _fixed(resource)
        for name, resource in sorted(template["Resources"].items())
        if resource["Type"] in STATEFUL
    }


def fixed_properties(kind: str) -> set[str]:
    """The properties of a type of resource of which another value makes another resource."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    pointers = schema.get("createOnlyProperties", []) + schema.get("conditionalCreateOnlyProperties", [])
    return {pointer.split("/")[2] for pointer in pointers} | OVERWRITTEN.get(kind, set())


def _fixed(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    kept = {name: properties[name] for name in fixed_properties(resource["Type"]) & properties.keys()}
    return {"Properties": dict(sorted(kept.items()))}


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(stateful(translated()), indent=2) + "\n")
