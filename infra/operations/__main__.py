"""The commands behind `make status`, `make redrive` and `make retry`.

Without `--stack` they are for the embedded cloud of `make up`.
"""

import argparse
import sys
from datetime import UTC, datetime

from rich.console import Console

from infra.commands import CommandError, Parser, command, required
from infra.operations.letters import QUEUES, DeadLetters
from infra.operations.overview import look, overview_view
from infra.operations.redrive import Choice, list_letters, send_chosen
from infra.operations.stack import Stack, stack_named
from infra.operations.story import story_view, tell
from videos.errors import VideoNotFoundError
from videos.follow_up import BusyError, NotPossibleError, retry


@command()
def main() -> int:
    """Carry out one command; the exit status is the shell's."""
    arguments = _arguments()
    console = Console()
    stack = stack_named(arguments.stack)
    try:
        match arguments.command:
            case "status":
                _status(stack, arguments.video, console)
            case "redrive":
                choice = Choice(queue=arguments.queue, message_id=arguments.message, everything=arguments.all)
                _redrive(stack, choice, console)
            case "retry":
                _retry(stack, arguments.video, console)
    except VideoNotFoundError as error:
        raise CommandError(
            f"There is no video {arguments.video}: it never was, or it was deleted, or it has expired. "
            "`make status` lists those under way."
        ) from error
    except BusyError as error:
        raise CommandError(f"A version is under way: make status VIDEO={arguments.video}") from error
    except NotPossibleError as error:
        raise CommandError(str(error)) from error
    return 0


def _status(stack: Stack, video_id: str | None, console: Console) -> None:
    now = datetime.now(UTC)
    if video_id is None:
        console.print(overview_view(look(stack), now), highlight=False)
    else:
        console.print(story_view(tell(video_id, stack), now), highlight=False)


def _redrive(stack: Stack, choice: Choice, console: Console) -> None:
    letters = DeadLetters(stack)
    if not choice.is_made:
        list_letters(letters, console)
    elif not send_chosen(letters, choice, console):
        raise CommandError("No such dead letter: make redrive lists those there are.")


def _retry(stack: Stack, video_id: str, console: Console) -> None:
    video = retry(stack.store.video(video_id), store=stack.store, workflow=stack.workflow)
    told = f"Version {video.turn} is asked for. Follow it: make status VIDEO={video_id}"
    console.print(told, highlight=False, soft_wrap=True)


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.operations", description=__doc__)
    parser.add_argument("--stack", help="the name of a stack on AWS")
    commands = parser.add_subparsers(dest="command", required=True)
    status = commands.add_parser("status")
    status.add_argument("video", nargs="?")
    redrive = commands.add_parser("redrive")
    chosen = redrive.add_mutually_exclusive_group()
    chosen.add_argument("--queue", choices=QUEUES)
    chosen.add_argument("--message")
    chosen.add_argument("--all", action="store_true")
    video = required("VIDEO", "make retry VIDEO=vid-… (`make status` shows what failed last)")
    commands.add_parser("retry").add_argument("video", type=video)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
