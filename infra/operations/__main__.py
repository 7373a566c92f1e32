"""The commands behind `make status`, `make redrive` and `make retry`.

Without `--stack` they use the embedded cloud of `make up`.
"""

import argparse
import sys
from datetime import UTC, datetime

from rich.console import Console

from infra.commands import CommandError, Parser, command, required
from infra.operations.dead_letters import QUEUES, DeadLetterQueues
from infra.operations.redrive import Choice, list_messages, send_chosen
from infra.operations.stack import Stack, stack_named
from infra.operations.stack_status import read_stack_status, stack_status_view
from infra.operations.video_status import read_video_status, video_status_view
from videos.lifecycle.edit import BusyError, NotPossibleError, retry
from videos.model.errors import VideoNotFoundError


@command()
def main() -> int:
    """Run one command. Return the exit status."""
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
            f"There is no video {arguments.video}. It never existed, was deleted, or has expired. "
            "`make status` lists the running videos."
        ) from error
    except BusyError as error:
        raise CommandError(f"A version is still running. See make status VIDEO={arguments.video}") from error
    except NotPossibleError as error:
        raise CommandError(str(error)) from error
    return 0


def _status(stack: Stack, video_id: str | None, console: Console) -> None:
    now = datetime.now(UTC)
    if video_id is None:
        console.print(stack_status_view(read_stack_status(stack), now), highlight=False)
    else:
        console.print(video_status_view(read_video_status(video_id, stack), now), highlight=False)


def _redrive(stack: Stack, choice: Choice, console: Console) -> None:
    queues = DeadLetterQueues(stack)
    if not choice.is_made:
        list_messages(queues, console)
    elif not send_chosen(queues, choice, console):
        raise CommandError("No such dead-letter message. `make redrive` lists all of them.")


def _retry(stack: Stack, video_id: str, console: Console) -> None:
    video = retry(stack.store.video(video_id), store=stack.store, workflow=stack.workflow)
    message = f"Version {video.version} has started. Follow it with make status VIDEO={video_id}"
    console.print(message, highlight=False, soft_wrap=True)


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
    video = required("VIDEO", "make retry VIDEO=vid-… (`make status` lists the last failures)")
    commands.add_parser("retry").add_argument("video", type=video)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
