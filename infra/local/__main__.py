"""The commands behind `make up`, `make down` and `make demo`."""

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path

from rich.console import Console

from infra.commands import Parser, command
from infra.local import demo, service


@command()
def main() -> int:
    """Carry out one command; the exit status is the shell's."""
    console = Console(highlight=False, soft_wrap=True)
    arguments = _arguments()
    _end_in_order()
    if make := os.environ.pop("MAKE_PID", None):  # popped, for what it starts may outlive make
        threading.Thread(target=_end_with, args=(int(make),), daemon=True).start()
    _carry_out(arguments, console)
    return 0


def _end_in_order() -> None:
    """Stop what runs at each signal that asks for the end, as at Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGTERM):  # some shells have background jobs ignore the first
        signal.signal(number, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        signal.signal(signal.SIGHUP, signal.default_int_handler)


def _end_with(parent: int) -> None:
    """End when the `make` that runs this is killed. It cannot pass that on."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the embedded cloud in the background")
    commands.add_parser("serve", help="start the embedded cloud in the foreground")
    commands.add_parser("down", help="stop the embedded cloud")
    making = commands.add_parser("demo", help="make a video of one file")
    making.add_argument("--input", type=_path, default=demo.SAMPLE)
    making.add_argument("--instruction", default=demo.INSTRUCTION)
    making.add_argument("--out", type=_path, default=Path("out"))
    return parser.parse_args()


def _path(text: str) -> Path:
    """A shell leaves the "~" alone in `make demo INPUT=~/...`."""
    return Path(text).expanduser()


def _carry_out(arguments: argparse.Namespace, console: Console) -> None:
    match arguments.command:
        case "up":
            endpoints, ran = service.up()
            console.print(
                "The embedded cloud is already running, with the settings that it was started with."
                if ran
                else "The embedded cloud runs."
            )
            console.print(f"  inbox       s3://{endpoints.inbox_bucket}/inbox/")
            console.print(f"  API         {endpoints.api_url}")
            console.print(f"  mailbox     {endpoints.mailbox_dir}")
            console.print(f"  all of it   {service.ENDPOINTS}")
            console.print(f"  in a shell  . {service.ENDPOINTS.with_suffix('.env')}")
        case "serve":
            service.serve()
        case "down":
            console.print("Stopped." if service.down() else "Nothing was running.")
        case "demo":
            settings = demo.DemoSettings(arguments.input, arguments.instruction, arguments.out)
            demo.demo(settings, console)


if __name__ == "__main__":
    sys.exit(main())
