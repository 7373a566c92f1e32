"""Commands of the Makefile in a shell where something is wrong: each says so in one line."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import botocore.client
import botocore.exceptions as boto
import pytest
from botocore.exceptions import ClientError

import infra.local.__main__ as local
import infra.operations.__main__ as operations
import infra.verification.__main__ as verification
from infra import api_keys, commands, deployment, sign_in_addresses
from infra.commands import CommandError
from infra.local import service
from infra.local.endpoints import Endpoints
from tests.policies import calls
from tests.support.memory import MemoryStore

Main = Callable[[], int]
Call = tuple[Main, tuple[str, ...]]
Shell = pytest.MonkeyPatch

STACK = ("--stack", "nope")
VIDEO = "vid-aaaaaaaaaaaaaaaaaaaaaaaa"
ON_AWS: dict[str, Call] = {
    "status": (operations.main, (*STACK, "status")),
    "status-video": (operations.main, (*STACK, "status", VIDEO)),
    "redrive": (operations.main, (*STACK, "redrive")),
    "redrive-all": (operations.main, (*STACK, "redrive", "--all")),
    "redrive-queue": (operations.main, (*STACK, "redrive", "--queue", "inbox")),
    "redrive-message": (operations.main, (*STACK, "redrive", "--message", "m-1")),
    "retry": (operations.main, (*STACK, "retry", VIDEO)),
    "api-key": (api_keys.main, (*STACK, "make", "--owner", "shop")),
    "api-key-revoke": (api_keys.main, (*STACK, "revoke", "nvp_key")),
    "sign-in": (
        sign_in_addresses.main,
        (*STACK, "add", "--owner", "shop", "--email", "ana@example.com"),
    ),
    "sign-in-remove": (sign_in_addresses.main, (*STACK, "remove", "--email", "ana@example.com")),
    "deploy": (deployment.main, ("check", "dev")),
    "before-a-build": (deployment.main, ("access", "dev")),
    "deploy-prod": (deployment.main, ("protect", "prod")),
    "drift": (deployment.main, ("drift", "dev")),
    "destroy": (deployment.main, ("kept", "dev")),
    "verify-aws": (verification.main, ()),
    "verify-aws-clean": (verification.main, ("--clean", "nemo-verify-0a1b2c3d")),
}
HERE: dict[str, Call] = {
    name: (main, arguments[2:]) for name, (main, arguments) in ON_AWS.items() if arguments[:2] == STACK
}


def _answered(code: str, message: str = "No.") -> Callable[[Shell], None]:
    """AWS answers every call with this error."""

    def arrange(shell: Shell) -> None:
        def answer(_self: object, operation: str, _given: object) -> None:
            raise ClientError({"Error": {"Code": code, "Message": message}}, operation)

        shell.setattr(botocore.client.BaseClient, "_make_api_call", answer)

    return arrange


def _raised(error: Exception) -> Callable[[Shell], None]:
    """No call gets an answer."""

    def arrange(shell: Shell) -> None:
        def fail(*_: object) -> None:
            raise error

        shell.setattr(botocore.client.BaseClient, "_make_api_call", fail)

    return arrange


UNREACHED = boto.EndpointConnectionError(endpoint_url="https://cloudformation.eu-nowhere-1.amazonaws.com/")
FAULTS: dict[str, tuple[Callable[[Shell], None], str]] = {
    "no-region": (lambda shell: shell.delenv("AWS_DEFAULT_REGION"), "Set AWS_DEFAULT_REGION"),
    "odd-region": (
        lambda shell: shell.setenv("AWS_DEFAULT_REGION", "eu central"),
        "Check AWS_DEFAULT_REGION",
    ),
    "no-credentials": (lambda _: None, "No AWS credentials were found. Set AWS_PROFILE"),
    "half-credentials": (lambda shell: shell.setenv("AWS_ACCESS_KEY_ID", "AKIA"), "No AWS credentials"),
    "no-such-profile": (lambda shell: shell.setenv("AWS_PROFILE", "nobody"), "(nobody) could not be found"),
    "expired": (_answered("ExpiredToken", "The security token is expired"), "have expired. Sign in again"),
    "expired-elsewhere": (_answered("ExpiredTokenException"), "have expired. Sign in again"),
    "unknown-key": (_answered("InvalidClientTokenId"), "refuses these credentials"),
    "bad-signature": (_answered("SignatureDoesNotMatch"), "refuses these credentials"),
    "denied": (_answered("AccessDenied", "User: arn:aws:iam::1:user/me\nis not"), "not allowed to call"),
    "denied-elsewhere": (_answered("AccessDeniedException"), "not allowed to call"),
    "throttled": (_answered("Throttling", "Rate exceeded"), "failed with Throttling: Rate exceeded"),
    "no-network": (_raised(UNREACHED), "AWS cannot be reached"),
    "slow-network": (
        _raised(boto.ReadTimeoutError(endpoint_url="https://sts.example/")),
        "cannot be reached",
    ),
    "signed-out": (_raised(boto.UnauthorizedSSOTokenError()), "Sign in again"),
}


@pytest.fixture(autouse=True)
def shell(monkeypatch: Shell, tmp_path: Path) -> Shell:
    """A shell with a region and nothing else."""
    for name in [*(name for name in os.environ if name.startswith("AWS_")), "MAKE_PID"]:
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(service, "ENDPOINTS", tmp_path / "endpoints.json")
    monkeypatch.setattr(commands, "TRACEBACK", tmp_path / "traceback.txt")
    return monkeypatch


@pytest.fixture
def fails(shell: Shell, capsys: pytest.CaptureFixture[str]) -> Callable[[Call], str]:
    """Run a command that has to fail, and return the one line that it says."""

    def run(call: Call) -> str:
        main, arguments = call
        shell.setattr("sys.argv", ["a-command", *arguments])
        status = main()
        said = capsys.readouterr()
        assert status != 0
        assert said.out == ""
        assert said.err.endswith("\n")
        assert len(said.err.splitlines()) == 1, said.err
        assert "Traceback" not in said.err
        assert "a fault of the command" not in said.err
        return said.err.strip()

    return run


# Half of the time is boto3's, which makes each client anew.
QUICK = {"status", "api-key", "deploy", "drift", "verify-aws"}
NAMES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.thorough) for name in ON_AWS]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", NAMES)
def test_a_command_for_aws_says_in_one_line_what_is_wrong(
    shell: Shell, fails: Callable[[Call], str], name: str, fault: str
) -> None:
    arrange, says = FAULTS[fault]
    arrange(shell)
    said = fails(ON_AWS[name])
    assert any(part in said for part in says.split("|")), said


@pytest.mark.parametrize(
    "name", [name for name in ON_AWS if name not in {"deploy", "verify-aws", "verify-aws-clean"}]
)
def test_a_stack_that_is_not_there_is_named(shell: Shell, fails: Callable[[Call], str], name: str) -> None:
    _answered("ValidationError", "Stack with id nope does not exist")(shell)
    said = fails(ON_AWS[name])
    assert "no stack “nope”" in said
    assert "STACK" in said
    assert "AWS_DEFAULT_REGION" in said


@pytest.mark.parametrize(
    "message",
    ["Stack [nope] does not exist", "Stack 'nope' does not exist", "Stack named nope does not exist"],
)
def test_however_aws_words_it(message: str) -> None:
    error = ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DetectStackDrift")
    assert commands.explain(error) == commands.no_stack("nope")


@pytest.mark.parametrize("name", ["status", "status-video", "redrive", "retry", "api-key", "api-key-revoke"])
def test_a_stack_of_something_else_is_told_from_ours(
    shell: Shell, fails: Callable[[Call], str], name: str
) -> None:
    shell.setattr(botocore.client.BaseClient, "_make_api_call", lambda *_: {"StackResourceSummaries": []})
    assert "not a stack of this pipeline" in fails(ON_AWS[name])


@pytest.mark.parametrize("name", HERE)
def test_without_an_embedded_cloud_it_says_how_to_start_one(fails: Callable[[Call], str], name: str) -> None:
    assert "Start it with `make up`" in fails(HERE[name])


def _endpoints() -> str:
    told = dict.fromkeys(Endpoints.model_fields, "x") | {"aws_endpoint_url": "http://127.0.0.1:4566"}
    return json.dumps(told | {"region": "us-east-1"})


@pytest.mark.parametrize("name", ["status", "api-key"])
def test_an_embedded_cloud_that_answers_no_more_is_told_from_aws(
    shell: Shell, fails: Callable[[Call], str], name: str
) -> None:
    shell.setattr(service, "_keepers", lambda: [object()])
    service.ENDPOINTS.write_text('{"aws_endpoint_url": 7}')
    assert "is damaged" in fails(HERE[name])
    _raised(boto.EndpointConnectionError(endpoint_url="http://127.0.0.1:4566/"))(shell)
    service.ENDPOINTS.write_text(_endpoints())
    assert "The embedded cloud does not answer" in fails(HERE[name])


@pytest.mark.parametrize("video", [VIDEO, "shop.png", "vid-", "💥", "x" * 3000])
@pytest.mark.parametrize("command", ["status", "retry"])
def test_a_video_that_is_not_there_is_named(
    shell: Shell, fails: Callable[[Call], str], command: str, video: str
) -> None:
    class Empty:
        store = MemoryStore()

    shell.setattr(operations, "stack_named", lambda _: Empty)
    assert f"There is no video {video}" in fails((operations.main, (command, video)))


BAD_ARGUMENTS: list[tuple[Main, tuple[str, ...], str]] = [
    (operations.main, ("retry", ""), "VIDEO is required: make retry VIDEO=vid-"),
    (operations.main, ("retry", "  "), "VIDEO is required"),
    (operations.main, ("retry",), "required: video"),
    (operations.main, ("redrive", "--queue", "nope"), "nope"),
    (operations.main, ("redrive", "--queue", "inbox", "--all"), "not allowed with"),
    (operations.main, (), "required: command"),
    (operations.main, ("mend",), "mend"),
    (api_keys.main, ("make", "--owner", ""), "OWNER is required: make api-key OWNER=shop"),
    (api_keys.main, ("make",), "required: --owner"),
    (api_keys.main, ("make", "--owner", "a", "--scopes", "admin"), "admin"),
    (api_keys.main, ("revoke", ""), "KEY is required: make api-key-revoke KEY=nvp_"),
    (deployment.main, ("check", "staging"), "no environment “staging”"),
    (deployment.main, ("check", ""), "no environment “”"),
    (deployment.main, ("check", "dev", "CreditsPerDay"), "Invalid parameter “CreditsPerDay”"),
    (deployment.main, ("check",), "required: environment"),
    (verification.main, ("--parameters", "x"), "Invalid parameter “x”|No AWS credentials"),
    (verification.main, ("--clean", "prod"), "prod|No AWS credentials"),
    (verification.main, ("--clean",), "expected one argument"),
    (local.main, (), "required: command"),
    (local.main, ("demo", "--input", "nothing-there.png"), "There is no file nothing-there.png"),
]  # fmt: skip


@pytest.mark.parametrize(("main", "arguments", "says"), BAD_ARGUMENTS)
def test_a_missing_or_bad_argument_is_named(
    fails: Callable[[Call], str], main: Main, arguments: tuple[str, ...], says: str
) -> None:
    said = fails((main, arguments))
    assert any(part in said for part in says.split("|")), said


@pytest.mark.parametrize(("main", "arguments"), [
    (operations.main, ("status",)),
    (operations.main, ("redrive",)),
    (operations.main, ("retry", VIDEO)),
    (api_keys.main, ("make", "--owner", "a")),
    (api_keys.main, ("revoke", "nvp_key")),
    (deployment.main, ("drift", "dev")),
    (verification.main, ()),
    (local.main, ("up",)),
    (local.main, ("down",)),
    (local.main, ("demo",)),
    (calls.main, ()),
])  # fmt: skip
def test_an_unknown_flag_is_named(
    fails: Callable[[Call], str], main: Main, arguments: tuple[str, ...]
) -> None:
    said = fails((main, (*arguments, "--no-such-flag")))
    assert "--no-such-flag" in said
    assert "`make` lists the commands" in said


@pytest.mark.parametrize("number", ["many", "-1", "1.5"])
@pytest.mark.parametrize("name", ["ConcurrentGenerations", "ApiConcurrency"])
def test_a_parameter_that_is_no_number_is_named(fails: Callable[[Call], str], name: str, number: str) -> None:
    said = fails((deployment.main, ("check", "dev", f"{name}={number}")))
    assert f"Invalid parameter {name}. It must be a whole number, not “{number}”." in said


@pytest.mark.parametrize("text", ["[dev", "dev = 1", ""])
def test_a_configuration_that_is_broken_is_named(
    shell: Shell, fails: Callable[[Call], str], tmp_path: Path, text: str
) -> None:
    (tmp_path / "samconfig.toml").write_text(text)
    shell.setattr(deployment, "ROOT", tmp_path)
    assert "samconfig.toml" in fails((deployment.main, ("drift", "dev")))
    (tmp_path / "samconfig.toml").unlink()
    assert "samconfig.toml" in fails((deployment.main, ("drift", "dev")))


@pytest.mark.parametrize(("error", "status", "says"), [
    (KeyboardInterrupt(), 130, "Stopped."),
    (CommandError("No. Do that."), 3, "No. Do that."),
    (PermissionError(13, "Permission denied", "out"), 3, "Permission denied: out."),
    (OSError(28, "No space left on device"), 3, "No space left on device."),
    (KeyError("Outputs"), 3, "This is a fault of the command: KeyError: 'Outputs'"),
])  # fmt: skip
def test_whatever_happens_a_command_ends_in_one_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, status: int, says: str
) -> None:
    @commands.command(failed=3)
    def main() -> int:
        raise error

    assert main() == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(says)
    is_a_fault = "fault of the command" in says
    assert commands.TRACEBACK.exists() is is_a_fault
    if is_a_fault:
        assert str(commands.TRACEBACK) in line
        assert "KeyError: 'Outputs'" in commands.TRACEBACK.read_text()
