"""The commands behind `make api-key` and `make api-key-revoke`.

A key is shown once and kept nowhere. Without `--stack` it is for the embedded cloud of `make up`.
"""

import argparse
import sys

import boto3

from aws.api_keys import SCOPES, ApiKeys
from infra.local import service


def main() -> int:
    """Make or revoke a key; the exit status is the shell's."""
    arguments = _arguments()
    try:
        keys = _on_aws(arguments.stack) if arguments.stack else _here()
        if arguments.command == "revoke":
            return _revoke(keys, arguments.key)
        key = keys.make(arguments.owner, arguments.scopes or SCOPES)
    except (LookupError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{key}\n")
    sys.stderr.write(
        f"Callbacks to {arguments.owner} are signed with {keys.webhook_secret(arguments.owner)}\n"
    )
    return 0


def _revoke(keys: ApiKeys, key: str) -> int:
    if not keys.revoke(key):
        sys.stderr.write("This is nobody's key, or no longer: give the whole of it, KEY=nvp_...\n")
        return 1
    sys.stderr.write("Revoked. API Gateway may know it for up to five minutes more.\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra.api_keys", description=__doc__)
    parser.add_argument("--stack", help="the name of a stack on AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    making.add_argument("--owner", required=True)
    making.add_argument("--scopes", nargs="*", choices=SCOPES)
    revoking = commands.add_parser("revoke")
    revoking.add_argument("key")
    return parser.parse_args()


def _here() -> ApiKeys:
    if not (endpoints := service.endpoints()):
        raise LookupError(
            "The embedded cloud does not run: `make up` starts it. For a stack on AWS, name it: STACK=…"
        )
    return ApiKeys(endpoints.access.dynamodb().Table(endpoints.api_keys_table))


def _on_aws(stack: str) -> ApiKeys:
    outputs = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    table = next(out["OutputValue"] for out in outputs if out["OutputKey"] == "ApiKeysTableName")
    return ApiKeys(boto3.resource("dynamodb").Table(table))


if __name__ == "__main__":
    sys.exit(main())
