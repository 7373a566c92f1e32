"""The command behind `make verify-aws`: check the stack against an AWS account, and write a transcript.

Without `--deploy` nothing is deployed. With it, a temporary stack is deployed, used, changed and deleted.
The exit status is 0 if all checks passed, 1 if one failed, and 2 if the verification could not start.
"""

import argparse
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from secrets import token_hex
from types import FrameType

from infra.commands import INTERRUPTED, Parser, command
from infra.local.cloud import correct_deployment
from infra.simulated_stack import SimulatedStack
from infra.verification import backend, permissions, workflows
from infra.verification.errors import VerificationError
from infra.verification.jobs import ROWS
from infra.verification.stack import Stack
from infra.verification.target import Target, connect
from infra.verification.template import EVERYTHING, ROOT, TEMPLATE_FILE, transformed
from infra.verification.throw_away import PREFIX, Settings, ThrowAway
from infra.verification.transcript import AWS, EMULATOR, Mask, Transcript

COMMITTED = ROOT / "docs/aws-transcript.md"


@command(failed=2)
def main() -> int:
    """Verify, or clean up after a verification; return the exit status."""
    arguments = _arguments()
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.clean:
        return _clean(connect(), arguments.clean)
    chosen = None
    if arguments.deploy:
        chosen = backend.chosen(os.environ, spend_credits=arguments.spend_credits)
    target = connect()
    name = f"{PREFIX}{token_hex(4)}"
    settings = _settings(arguments, target, chosen)
    if chosen and not arguments.yes:
        _confirm(target, name, chosen)
    mask = Mask({settings.token})
    transcript = Transcript(_facts(target, chosen), mask, _say)
    path = arguments.transcript or (COMMITTED if target.is_aws else ROOT / "out/aws-transcript.md")
    try:
        verify(transcript, ThrowAway(target, name, settings, mask), deploy=chosen is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(transcript.markdown())
        transcript.say(f"Transcript: {path}")
    return 0 if transcript.passed else 1


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a command


def verify(transcript: Transcript, throw_away: ThrowAway, *, deploy: bool) -> None:
    """Run all checks. Whatever happens, nothing is left."""
    target = throw_away.target
    # The embedded cloud does not have AWS's policy for X-Ray.
    parameters = EVERYTHING if target.is_aws else EVERYTHING | {"Tracing": "Disabled"}
    stack = SimulatedStack(
        transformed(target.session, parameters),
        parameters,
        name=throw_away.name,
        account=target.account,
        region=target.region,
        partition=target.partition,
    )
    for workflow, definition in workflows.definitions(stack):
        transcript.run(
            f"Step Functions accepts {workflow}",
            partial(workflows.validate, target, definition),
        )
    for role in permissions.roles(stack):
        transcript.run(
            f"IAM gives {role.name} what it needs, and no more",
            partial(permissions.check, target, role),
        )
    try:
        if throw_away.try_change_set(transcript) and deploy:
            throw_away.deploy_and_use(transcript)
    finally:
        throw_away.clean_up(transcript)


def _clean(target: Target, name: str) -> int:
    if not re.fullmatch(rf"{PREFIX}[0-9a-f]{{8}}", name):
        raise VerificationError(f"“{name}” is not the name of a temporary stack. These begin with {PREFIX}.")
    mask = Mask()
    transcript = Transcript({}, mask, _say)
    ThrowAway(target, name, _paced(Settings(TEMPLATE_FILE, {}), target), mask).clean_up(transcript)
    return 0 if transcript.passed else 1


def _settings(arguments: argparse.Namespace, target: Target, chosen: backend.Backend | None) -> Settings:
    given = [parameter.partition("=") for parameter in arguments.parameters]
    if wrong := [name for name, equals, _ in given if not equals]:
        raise VerificationError(f"Invalid parameter “{wrong[0]}”. Write it as Name=value.")
    parameters = {name: value for name, _, value in given}
    if chosen:
        parameters["NemoApiUrl"] = chosen.url
    settings = Settings(arguments.template, parameters, token=chosen.token if chosen else "")
    return _paced(settings, target)


def _paced(settings: Settings, target: Target) -> Settings:
    """Return the settings for an emulator, if the target is one: it is fast, and differs from AWS."""
    if target.is_aws:
        return settings

    def correct(stack: Stack) -> None:
        correct_deployment(target.client, stack.outputs()["BatchWorkflowArn"], ROWS)

    return replace(settings, patience=200, pause=0.2, settle=0, deployed=correct)


def _confirm(target: Target, name: str, chosen: backend.Backend) -> None:
    sys.stderr.write(
        f"This deploys the stack {name} in {target.region}, uses it for about half an hour, and deletes it "
        f"with all that it leaves, also after Ctrl-C.\n{chosen.cost}\nContinue? [y/N] "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise VerificationError("Nothing was deployed. YES=1 answers the question.")


def _facts(target: Target, chosen: backend.Backend | None) -> Mapping[str, str]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "target": AWS if target.is_aws else EMULATOR,
        "region": target.region,
        "account": "hidden",
        "commit": _commit(),
        "versions": f"Python {platform.python_version()}, boto3 {version('boto3')}",
        "deployed": "yes" if chosen else "no",
        "backend": str(chosen) if chosen else "none",
    }


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - the one of this shell
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = Parser(prog="infra.verification", description=__doc__)
    parser.add_argument("--deploy", action="store_true", help="deploy a temporary stack, use and delete it")
    parser.add_argument("--spend-credits", action="store_true", help="spend credits of NemoVideo")
    parser.add_argument("--yes", action="store_true", help="do not ask before deploying")
    parser.add_argument("--clean", help="name of a temporary stack whose remains are deleted")
    parser.add_argument("--template", type=Path, default=TEMPLATE_FILE, help="the template to package")
    parser.add_argument("--transcript", type=Path, help="file for the transcript")
    parser.add_argument("--parameters", nargs="*", default=[], help="parameters of the stack: Name=value")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
