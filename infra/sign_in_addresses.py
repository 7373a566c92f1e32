"""The commands behind `make sign-in` and `make sign-in-remove`: who can sign in to the home page by e-mail.

Without `--stack` it is for the embedded cloud of `make up`.
"""

import argparse
import sys

from aws.api_keys import SCOPES
from aws.sign_in import AddressTakenError, SignInAddresses
from infra.api_keys import keys_table
from infra.commands import CommandError, Parser, command, required
from videos.events.sign_in import plain_address

EXAMPLE = "make sign-in OWNER=shop EMAIL=ana@example.com"
EXAMPLE_REMOVE = "make sign-in-remove EMAIL=ana@example.com"


@command()
def main() -> int:
    """Add or remove an address; the exit status is the shell's."""
    arguments = _arguments()
    address = plain_address(arguments.email)
    if address is None:
        raise CommandError(f"EMAIL must be an e-mail address of ASCII characters: {EXAMPLE}")
    addresses = SignInAddresses(keys_table(arguments.stack))
    if arguments.command == "remove":
        if not addresses.remove(address):
            raise CommandError(f"{address} cannot sign in. Check EMAIL.")
        sys.stderr.write(f"{address} can no longer sign in. Its sessions end within five minutes.\n")
        return 0
    scopes = arguments.scopes or SCOPES
    try:
        addresses.add(address, arguments.email.strip(), arguments.owner, scopes)
    except ValueError as error:
        raise CommandError(str(error)) from error
    except AddressTakenError as error:
        raise CommandError(
            f"{address} signs in as {error}. Remove it first: make sign-in-remove EMAIL={address}"
        ) from error
    sys.stderr.write(
        f"{address} can sign in as {arguments.owner} ({', '.join(scopes)}), if the stack has a MailSender.\n"
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.sign_in_addresses", description=__doc__)
    parser.add_argument("--stack", help="the name of a stack on AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    adding = commands.add_parser("add")
    adding.add_argument("--owner", required=True, type=required("OWNER", EXAMPLE))
    adding.add_argument("--email", required=True, type=required("EMAIL", EXAMPLE))
    adding.add_argument("--scopes", nargs="*", choices=SCOPES)
    removing = commands.add_parser("remove")
    removing.add_argument("--email", required=True, type=required("EMAIL", EXAMPLE_REMOVE))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
