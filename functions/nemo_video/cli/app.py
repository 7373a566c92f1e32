"""What all commands share: options, the client, interruptions, and exit codes."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

import click
import httpx

from nemo_video import rules
from nemo_video.cli import settings
from nemo_video.cli.output import Output
from nemo_video.client import NemoVideo
from nemo_video.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NemoVideoError,
    NoFileError,
    NotFoundError,
    SettingsError,
    WaitTimeoutError,
)

_C = TypeVar("_C", bound=Callable[..., Any])

STDOUT: Final = Path("/dev/stdout")
"""Stands for standard output, on every system. People write `-`."""


class ExitCode(IntEnum):
    """Exit codes of the program, as in docs/cli.md."""

    OK = 0
    NOT_READY = 1
    USAGE = 2
    KEY = 3
    UNAVAILABLE = 4
    NOT_POSSIBLE = 5
    INTERRUPTED = 130
    NOT_READ = 141


class App:
    """One run of the program."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self.api: str | None = None
        self.key: str | None = None
        self.output = Output(as_json=False)
        self.advice = ""
        """What to do if the program is interrupted now."""
        self.is_saving = False
        """Whether what was made is being saved, so that an error does not lose it."""
        self._transport = transport

    def client(self) -> NemoVideo:
        """Return a client with the settings of the options, the environment or the file.

        Raises:
            SettingsError: There are none, or they are invalid.
        """
        api, key = self.address_and_key()
        return NemoVideo(api, key, transport=self._transport)

    def address_and_key(self) -> tuple[str, str]:
        """Return the settings of the options, the environment or the file.

        Raises:
            SettingsError: There are none.
        """
        found = settings.find(self.api, self.key)
        if found.api is None or found.key is None:
            what = "address of the API" if found.api is None else "API key"
            raise SettingsError(
                f"The {what} is missing. Run: nemo-video login."
                f" Or set {rules.API_VARIABLE} and {rules.KEY_VARIABLE}."
            )
        return found.api, found.key

    @contextmanager
    def answered_first(self, unknown: str) -> Iterator[None]:
        """Let a request end before Ctrl-C ends the program, so that it is known what the request did.

        A second Ctrl-C ends the program at once. Then `unknown` is what the person should do.
        """
        was_pressed = False

        def press(_signal: int, _frame: FrameType | None) -> None:
            nonlocal was_pressed
            if was_pressed:
                raise KeyboardInterrupt
            was_pressed = True
            self.output.note("Stopping as soon as the API has answered. Press Ctrl-C again to stop at once.")

        before, self.advice = self.advice, unknown
        handler = signal.signal(signal.SIGINT, press)
        try:
            yield
        except ApiError as error:
            if not leaves_open(error):
                self.advice = before  # nothing was started
            raise
        finally:
            signal.signal(signal.SIGINT, handler)
        if self.advice == unknown:
            self.advice = before
        if was_pressed:
            raise KeyboardInterrupt


def common(command: _C) -> _C:
    """Add the options that every command has."""

    def option(attribute: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
        def keep(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
            setattr(context.ensure_object(App), attribute, value)

        return keep

    def keep_format(context: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
        context.ensure_object(App).output = Output(as_json=value)

    for add in (
        click.option(
            "--json",
            is_flag=True,
            callback=keep_format,
            is_eager=True,
            expose_value=False,
            help="Print JSON.",
        ),
        click.option(
            "--key",
            callback=option("key"),
            expose_value=False,
            metavar="KEY",
            help="API key. Other users of this machine can see it.",
        ),
        click.option(
            "--api", callback=option("api"), expose_value=False, metavar="URL", help="Address of the API."
        ),
    ):
        command = add(command)
    return command


def exit_code_of(error: NemoVideoError) -> ExitCode:
    """Return the exit code for an error."""
    match error:
        case AuthenticationError() | SettingsError():
            return ExitCode.KEY
        case NotFoundError() | ConflictError() | NoFileError():
            return ExitCode.NOT_POSSIBLE
        case InvalidRequestError():
            return ExitCode.USAGE
        case ApiError() | ConnectionFailedError() | WaitTimeoutError():
            return ExitCode.UNAVAILABLE
        case _:
            return ExitCode.USAGE  # a file that cannot be read, sent or written


def leaves_open(error: NemoVideoError) -> bool:
    """Return whether an earlier attempt of a request may have succeeded, although the last one failed."""
    return exit_code_of(error) is ExitCode.UNAVAILABLE or getattr(error, "type", "") == "in-progress"


class NewFile(click.Path):
    """The path of a file to save. `-` is standard output."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's own
        return STDOUT if value == "-" else super().convert(value, param, ctx)


def prepare(app: App, out: Path | None, *, saves: bool) -> None:
    """Check that a file can be saved, before anything is paid. Let it alone go to standard output.

    Args:
        app: The run.
        out: Where a person wants it.
        saves: Whether it is saved without that, too.

    Raises:
        click.UsageError: It cannot be saved.
    """
    if out != STDOUT:
        if out is not None or saves:
            writable(out or Path())
        return
    if app.output.as_json:
        raise click.UsageError("--json and -o - both use standard output. Save the file under a name.")
    if sys.stdout.isatty():
        raise click.UsageError("The file would be printed on the terminal. Add a name: -o - > video.mp4")
    app.output.print_results_on_standard_error()


def writable(path: Path) -> None:
    """Check that a file can be saved.

    Raises:
        click.UsageError: Its folder does not exist or is not writable, or the path is a device or a pipe.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise click.UsageError(f"{path} is not a file. Name a new file, or one to replace.")
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise click.UsageError(f"There is no folder {folder}. Create it, or choose another one.")
    if not os.access(folder, os.W_OK):
        raise click.UsageError(f"The folder {folder} is not writable. Choose another one.")


def place(out: Path | None, stem: str, suffix: str, unique: str) -> Path:
    """Return where to save a file. Without a name from the person, no existing file is replaced."""
    if out is not None and not out.is_dir():
        return out
    folder = out or Path()
    named = folder / f"{stem}{suffix}"
    return folder / f"{stem}-{unique}{suffix}" if named.exists() and stem != unique else named
