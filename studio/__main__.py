"""`python -m studio`: serve the protocol, or work without a server."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from studio.commands import render as render_command
from studio.director import command
from studio.errors import StudioError
from studio.settings import ANONYMOUS, Allowance, Settings, Shapes
from studio.state.accounts import Accounts, Scope
from studio.state.database import OtherVersionError, connect
from studio.state.store import FolderInUseError, records_in

LOOPBACK = "127.0.0.1"
# What shells report of a command that SIGINT ended.
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    try:
        options.run(options)
    except (FolderInUseError, OtherVersionError, StudioError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - what happened and what to do
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for; without a command it asks to serve."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help"}):
        arguments = ["serve", *arguments]
    return _parser().parse_args(arguments)


def _serve(options: argparse.Namespace) -> None:
    # The other commands do without it, and it takes its time to load.
    from studio.api.server import serve  # noqa: PLC0415

    settings = Settings(
        data_dir=options.data_dir.resolve(),
        seed=options.seed,
        work_seconds=options.work_seconds,
        late_write_seconds=options.late_write_seconds,
        credits=options.credits,
        anonymous_scopes=options.anonymous_scopes,
        tokens_per_address=options.tokens_per_address,
        keep=timedelta(days=options.keep_days),
        shapes=options.shapes,
        trusted_hosts=options.trusted_hosts,
        anonymous=Allowance(
            options.sessions_per_account,
            1_000_000 * options.megabytes_per_account,
            options.renders_per_account,
        ),
        browser=not options.without_browser,
    )
    serve(settings, options.host, options.port, options.port_file)


def _token(options: argparse.Namespace) -> None:
    now, life = datetime.now(UTC), timedelta(days=options.days)
    with closing(connect(records_in(options.data_dir))) as database:
        token = Accounts(database, options.credits).register(options.credits, options.scopes, life, now)
    print(token.secret)  # noqa: T201 - what the command is for


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studio", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_serve(commands.add_parser("serve", help="start the API, until it is stopped (the default)"))
    render = commands.add_parser("render", help="render a draft from a file, without a server")
    render_command.add_arguments(render)
    render.set_defaults(run=render_command.run)
    direct = commands.add_parser("direct", help="make a draft or a video from files, without a server")
    command.add_arguments(direct)
    direct.set_defaults(run=command.run)
    _add_token(commands.add_parser("token", help="create an account and print its token"))
    return parser


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.set_defaults(run=_serve)
    serve.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    serve.add_argument("--port", type=int, default=0, help="0 takes any free port (default)")
    serve.add_argument("--port-file", type=Path, help="file for the address, written when ready")
    serve.add_argument("--data-dir", type=Path, required=True, help="folder for records, media and videos")
    serve.add_argument("--keep-days", type=float, default=7, help="days to keep unused sessions and renders")
    serve.add_argument(
        "--trusted-hosts",
        type=_names,
        default=frozenset(),
        help="host:port,... of sites that may be read although their addresses are private",
    )
    serve.add_argument(
        "--credits", type=int, default=100, help="credits of a new anonymous account (%(default)s)"
    )
    serve.add_argument(
        "--anonymous-scopes",
        type=_scopes,
        default=frozenset(Scope),
        help="scopes of an anonymous token: any of " + ",".join(Scope),
    )
    serve.add_argument("--tokens-per-address", type=int, default=10, help="anonymous tokens in 7 days")
    serve.add_argument(
        "--sessions-per-account",
        type=int,
        default=ANONYMOUS.sessions,
        help="sessions of an anonymous account (%(default)s)",
    )
    serve.add_argument(
        "--megabytes-per-account",
        type=int,
        default=ANONYMOUS.stored_bytes // 1_000_000,
        help="MB of media and videos of an anonymous account (%(default)s)",
    )
    serve.add_argument(
        "--renders-per-account",
        type=int,
        default=ANONYMOUS.renders,
        help="queued and running renders of an anonymous account (%(default)s)",
    )
    serve.add_argument(
        "--without-browser",
        action="store_true",
        help="read the markup of pages, even if a browser is installed",
    )
    serve.add_argument(
        "--shapes",
        type=Shapes,
        choices=list(Shapes),
        default=Shapes.DOCUMENTED,
        help="response format where the vendor's documents disagree",
    )
    serve.add_argument("--seed", type=int, default=0, help="seed of the choice of edits without a reply text")
    serve.add_argument(
        "--work-seconds", type=float, default=0.4, help="seconds that the agent works on a message"
    )
    serve.add_argument(
        "--late-write-seconds",
        type=float,
        default=0.3,
        help="seconds until music and titles follow the raw video",
    )


def _add_token(token: argparse.ArgumentParser) -> None:
    token.set_defaults(run=_token)
    token.add_argument(
        "--data-dir", type=Path, required=True, help="data folder of the studio, which may be running"
    )
    token.add_argument("--credits", type=int, default=1000, help="credits of the account (%(default)s)")
    token.add_argument("--days", type=float, default=365, help="days until the token expires (%(default)s)")
    token.add_argument(
        "--scopes", type=_scopes, default=frozenset(Scope), help="scopes: any of " + ",".join(Scope)
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


def _scopes(text: str) -> frozenset[Scope]:
    return frozenset(map(Scope, _names(text)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
