"""The commands behind `make api-key` and `make api-key-revoke`.

A key is shown once and kept nowhere. Without `--stack` it is for the embedded cloud of `make up`.
"""

import argparse
import sys
from typing import TYPE_CHECKING

from aws.api_keys import SCOPES, ApiKeys
from infra.commands import NO_CLOUD, CommandError, Parser, command, required
from infra.local import service
from infra.operations.stack import stack_named

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


@command()
def main() -> int:
    """Make or revoke a key; the exit status is the shell's."""
    arguments = _arguments()
    keys = ApiKeys(keys_table(arguments.stack))
    if arguments.command == "revoke":
        return _revoke(keys, arguments.key)
    try:
        key = keys.make(arguments.owner, arguments.scopes or SCOPES)
    except ValueError as error:
        raise CommandError(str(error)) from error
    sys.stdout.write(f"{key}\n")
    sys.stderr.write(
        f"Webhooks to {arguments.owner} are signed with {keys.webhook_secret(arguments.owner)}\n"
    )
    return 0


def _revoke(keys: ApiKeys, key: str) -> int:
    if not keys.revoke(key):
        raise CommandError("Unknown API key. Give the complete key: KEY=nvp_…. It may already be revoked.")
    sys.stderr.write("Revoked. API Gateway may accept it for up to five more minutes.\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.api_keys", description=__doc__)
    parser.add_argument("--stack", help="the name of a stack on AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("make")
    owner = required("OWNER", "make api-key OWNER=shop")
    making.add_argument("--owner", required=True, type=owner)
    making.add_argument("--scopes", nargs="*", choices=SCOPES)
    revoking = commands.add_parser("revoke")
    revoking.add_argument("key", type=required("KEY", "make api-key-revoke KEY=nvp_…"))
    return parser.parse_args()


def keys_table(stack: str | None) -> "Table":
    """Return the table of keys of a stack on AWS, or of the embedded cloud. Raises: CommandError."""
    if stack:
        found = stack_named(stack)
        return found.dynamodb().Table(found.resource("AWS::DynamoDB::Table", "ApiKeysTable"))
    if not (endpoints := service.endpoints()):
        raise CommandError(NO_CLOUD)
    return endpoints.access.dynamodb().Table(endpoints.api_keys_table)


if __name__ == "__main__":
    sys.exit(main())
