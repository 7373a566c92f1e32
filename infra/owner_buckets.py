"""The commands behind `make owner-bucket` and `make owner-bucket-remove`: where videos are copied to.

Without `--stack` it is for the embedded cloud of `make up`.
"""

import argparse
import sys

from pydantic import ValidationError

from aws.owner_buckets import Destination, Destinations
from infra.api_keys import keys_table
from infra.commands import CommandError, Parser, command, required

EXAMPLE = "make owner-bucket OWNER=shop BUCKET=acme-videos ACCOUNT=111122223333"
RULES = {
    "bucket": "BUCKET must be the name of a bucket, such as acme-videos",
    "account": "ACCOUNT must be the 12 digits of the AWS account that owns the bucket",
    "prefix": "PREFIX must be a folder that ends with /, such as finished/",
}


@command()
def main() -> int:
    """Set or remove the bucket of an owner; the exit status is the shell's."""
    arguments = _arguments()
    destinations = Destinations(keys_table(arguments.stack))
    if arguments.command == "remove":
        if not destinations.remove(arguments.owner):
            raise CommandError(f"The videos of {arguments.owner} are not copied to any bucket.")
        sys.stderr.write(f"Videos of {arguments.owner} are no longer copied. Earlier copies stay.\n")
        return 0
    try:
        destination = Destination(bucket=arguments.bucket, account=arguments.account, prefix=arguments.prefix)
    except ValidationError as error:
        raise CommandError(f"{RULES[str(error.errors()[0]['loc'][0])]}: {EXAMPLE}") from error
    destinations.set(arguments.owner, destination)
    sys.stderr.write(
        f"New videos of {arguments.owner} are copied to {destination.bucket}/{destination.prefix}*, "
        "if OwnerBuckets of the stack allows it.\n"
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.owner_buckets", description=__doc__)
    parser.add_argument("--stack", help="the name of a stack on AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    setting = commands.add_parser("set")
    setting.add_argument("--owner", required=True, type=required("OWNER", EXAMPLE))
    setting.add_argument("--bucket", required=True, type=required("BUCKET", EXAMPLE))
    setting.add_argument("--account", required=True, type=required("ACCOUNT", EXAMPLE))
    setting.add_argument("--prefix", default="")
    removing = commands.add_parser("remove")
    removing.add_argument(
        "--owner", required=True, type=required("OWNER", "make owner-bucket-remove OWNER=shop")
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
