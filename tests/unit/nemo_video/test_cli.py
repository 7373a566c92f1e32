"""The commands of `nemo-video`: what they send, print and exit with."""

import errno
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from nemo_video.cli import settings
from nemo_video.cli.main import cli, run
from tests.template.sam import ROOT
from tests.unit.nemo_video.api import API, KEY, broken, problem, version
from tests.unit.nemo_video.pipeline import FILM, FakePipeline

Run = Callable[..., int]


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline()


@pytest.fixture(autouse=True)
def _a_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, as a user without settings of their own."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(settings, "user_config_path", lambda *_a, **_k: tmp_path / "config")
    monkeypatch.setattr("nemo_video.client.sleep", lambda _seconds: None)
    monkeypatch.setenv("NEMO_VIDEO_API", API)
    monkeypatch.setenv("NEMO_VIDEO_KEY", KEY)


@pytest.fixture
def nemo(pipeline: FakePipeline) -> Run:
    """Run the program against the pipeline, and return its exit code."""
    return lambda *arguments: run(arguments, transport=httpx.MockTransport(pipeline))


def _sent(pipeline: FakePipeline, path: str) -> dict[str, object]:
    (found,) = [each for each in pipeline.requests if each.method == "POST" and each.url.path == f"/v{path}"]
    body: dict[str, object] = json.loads(found.content)
    return body


def test_a_file_becomes_a_video_beside_it(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photo.png").write_bytes(b"a picture")
    assert nemo("make", "photo.png", "Make a 10 second video") == 0
    assert Path("photo.mp4").read_bytes() == FILM
    assert pipeline.paid == ["a picture"]
    shown = capsys.readouterr()
    assert "Saved photo.mp4" in shown.out
    assert "vid-1" in shown.err


def test_no_file_of_the_user_is_replaced_unasked(nemo: Run) -> None:
    Path("photo.png").write_bytes(b"a picture")
    Path("photo.mp4").write_bytes(b"my own")
    assert nemo("make", "photo.png") == 0
    assert (Path("photo.mp4").read_bytes(), Path("photo-vid-1.mp4").read_bytes()) == (b"my own", FILM)
    assert nemo("make", "photo.png", "-o", "photo.mp4") == 0
    assert Path("photo.mp4").read_bytes() == FILM


def test_all_options_are_sent(nemo: Run, pipeline: FakePipeline) -> None:
    Path("logo.png").write_bytes(b"a logo")
    options = {
        "--title": "Sale",
        "--aspect-ratio": "9:16",
        "--duration": "8",
        "--language": "de",
        "--logo": "logo.png",
        "--color": "#0a7d5a",
        "--font": "Inter",
        "--call-to-action": "Order",
        "--metadata": '{"order": 7}',
        "--callback-url": "https://hook.example",
        "--s3-key": "inbox/a.png",
    }
    given = [part for option in options.items() for part in option]
    assert nemo("make", "https://example.com", "Introduce this", *given, "--no-wait") == 0
    assert _sent(pipeline, "/v1/videos") == {
        "url": "https://example.com",
        "instruction": "Introduce this",
        "title": "Sale",
        "aspect_ratio": "9:16",
        "duration_seconds": 8,
        "language": "de",
        "brand": {
            "logo": "upl-1",
            "colors": ["#0a7d5a"],
            "font": "Inter",
            "call_to_action": "Order",
        },
        "metadata": {"order": 7},
        "callback_url": "https://hook.example",
        "s3_keys": ["inbox/a.png"],
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "photo.pgn"], "There is no file photo.pgn"),
        (["make", "folder/none"], "There is no file"),
        (["make", "."], "is a folder"),
        (["make", "A", "kettle"], "quotation marks"),
        (["make", "https://a.example", "https://b.example"], "two URLs"),
        (["make", "A kettle", "-o", "none/out.mp4"], "There is no folder none"),
        (["make", "A kettle", "-o", "/dev/null"], "/dev/null is not a file"),
        (["list", "--limit", "9" * 21], "--limit"),
        (["batches", "--limit", "9" * 21], "--limit"),
        (["make", "A kettle", "--metadata", "7"], "must be a JSON object"),
        (["make"], "Missing argument"),
        (["watch", ".", "-o", "."], "another folder"),
        (["watch", ".", "-o", "-"], "-o must be a folder"),
        (["make", "A kettle", "-o", "-", "--json"], "both use standard output"),
        (["status", "vid-1", "--version", "1"], "needs a video, and -o"),
        (["status", "bat-1", "--version", "1", "-o", "a.csv"], "needs a video, and -o"),
        (["status", "../credits"], "“../credits” is not an id"),
        (["delete", "vid-1"], "add --yes"),
        (["rake"], "No such command"),
        (["make", "Please refuse this"], "cannot be made"),
        (["make", "A kettle", "--api", "http://api.example"], "https://"),
        (["batch", "none.csv"], "does not exist"),
    ],
)
def test_a_mistake_is_explained_and_costs_nothing(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert nemo(*arguments) in {2, 3}
    assert said in " ".join(capsys.readouterr().err.split())
    assert pipeline.paid == []


def test_each_kind_of_end_has_its_exit_code(
    nemo: Run, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nemo("make", "Please refuse this") == 2
    assert nemo("status", "vid-none") == 5
    assert nemo("make", "A kettle", "--no-wait") == 0
    assert nemo("status", "vid-1", "-o", "out.mp4") == 5  # it has no file yet
    assert nemo("make", "A kettle", "--key", "nvp_wrong") == 3
    assert nemo("make", "A kettle", "--timeout", "0") == 4
    pipeline.outcome = "failed"
    assert nemo("make", "A kettle") == 1
    pipeline.outcome = "needs_answer"
    assert nemo("make", "A kettle") == 1
    pipeline.before = broken
    assert nemo("credits") == 4
    monkeypatch.delenv("NEMO_VIDEO_KEY")
    assert nemo("credits") == 3


COMMANDS = (
    ("make", "A kettle"),
    ("make", "A kettle", "--no-wait"),
    ("edit", "vid-1", "Shorter"),
    ("export", "vid-1"),
    ("retry", "vid-1"),
    ("status", "vid-1"),
    ("status", "vid-1", "--wait", "-o", "again.mp4"),
    ("list",),
    ("batches",),
    ("credits",),
    ("spending",),
    ("estimate", "A kettle"),
    ("batch", "batch.csv"),
    ("status", "bat-1", "-o", "results.csv"),
    ("message", "vid-1", "Make it shorter"),
    ("deliveries", "vid-1"),
    ("redeliver", "vid-1", "vid-1-1-ready"),
    ("cancel", "vid-1"),
    ("delete", "vid-1", "--yes"),
    ("login", "--key", KEY, "--api", API),
    ("config",),
    ("logout",),
)


def test_every_command_prints_one_json_document(nemo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("batch.csv").write_text("instruction\nA kettle\n")
    for command in COMMANDS:
        assert nemo(*command, "--json") in {0, 1}, command
        shown = capsys.readouterr()
        json.loads(shown.out)
        assert shown.err == "", command


def test_every_command_says_something_to_a_person(nemo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("batch.csv").write_text("instruction\nA kettle\n")
    for command in COMMANDS:
        nemo(*command)
        assert capsys.readouterr().out.strip(), command


def test_every_operation_of_the_api_has_a_command(nemo: Run, pipeline: FakePipeline) -> None:
    Path("batch.csv").write_text("instruction\nA kettle\n")
    for command in COMMANDS:
        nemo(*command)
    called = {(each.method.lower(), each.url.path.removeprefix("/v")) for each in pipeline.requests}
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    for path, methods in paths.items():
        pattern = re.compile(re.sub(r"{\w+}", "[^/]+", path))
        found = {method for method, called_path in called if pattern.fullmatch(called_path)}
        assert found >= set(methods), path


def _schema_of(operation: str, parameter: str) -> dict[str, Any]:
    document = json.loads((ROOT / "docs/openapi.json").read_text())
    operations = [each for methods in document["paths"].values() for each in methods.values()]
    (found,) = [each for each in operations if each["operationId"] == operation]
    (schema,) = [each["schema"] for each in found["parameters"] if each["name"] == parameter]
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(document["components"]["schemas"][name] if name else schema)


def _type_of(command: str, option: str) -> "click.ParamType[Any]":
    (found,) = [each for each in cli.commands[command].params if each.name == option]
    return found.type


def test_the_limits_of_options_are_those_of_the_api() -> None:
    fields = json.loads((ROOT / "docs/openapi.json").read_text())["components"]["schemas"]["VideoRequest"]
    shapes, seconds = (
        next(kind for kind in fields["properties"][name]["anyOf"] if kind.get("type") != "null")
        for name in ("aspect_ratio", "duration_seconds")
    )
    for command in ("make", "estimate"):
        shape, duration = _type_of(command, "aspect_ratio"), _type_of(command, "duration")
        assert isinstance(shape, click.Choice)
        assert isinstance(duration, click.IntRange)
        assert list(shape.choices) == shapes["enum"]
        assert (duration.min, duration.max) == (seconds["minimum"], seconds["maximum"])
    for command, operation in {"list": "listVideos", "batches": "listBatches"}.items():
        status = _type_of(command, "status")
        assert isinstance(status, click.Choice)
        assert set(status.choices) == set(_schema_of(operation, "status")["enum"])
    days, known = _type_of("spending", "days"), _schema_of("getSpending", "days")
    assert isinstance(days, click.IntRange)
    assert (days.min, days.max) == (known["minimum"], known["maximum"])


def test_webhooks_are_listed_and_sent_again(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    nemo("make", "A kettle", "--no-wait")
    capsys.readouterr()
    assert nemo("deliveries", "vid-1") == 0
    shown = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [[line[0], line[1], line[3]] for line in shown] == [
        ["vid-1-1-ready", "delivered", "accepted with 204"],
        ["vid-1-2-ready", "pending", "not sent yet"],
    ]
    assert nemo("redeliver", "vid-1", "vid-1-1-ready") == 0
    assert pipeline.requests[-1].url.path == "/v/v1/videos/vid-1/deliveries/vid-1-1-ready/redeliver"
    assert "nemo-video deliveries vid-1" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_a_dash_is_standard_output(
    nemo: Run, pipeline: FakePipeline, capfdbinary: pytest.CaptureFixture[bytes], name: str
) -> None:
    assert nemo("make", "A kettle", "-o", name) == 0
    shown = capfdbinary.readouterr()
    assert shown.out == FILM
    assert b"It has ended." in shown.err
    assert nemo("status", "bat-1", "-o", name) == 1
    assert capfdbinary.readouterr().out.startswith(b"row,")
    pipeline.outcome = "failed"
    assert nemo("make", "A kettle", "-o", name) == 1
    assert capfdbinary.readouterr().out == b""
    assert os.listdir() == []  # noqa: PTH208 - hidden ones, too


def test_a_file_may_be_named_like_an_option(nemo: Run, pipeline: FakePipeline) -> None:
    Path("-o.png").write_bytes(b"a picture")
    assert nemo("make", "-o", "./-", "--", "-o.png", "--shorter") == 0
    assert pipeline.paid == ["a picture"]
    assert _sent(pipeline, "/v1/videos")["instruction"] == "--shorter"
    assert Path("./-").read_bytes() == FILM


def test_an_earlier_version_is_saved(nemo: Run, pipeline: FakePipeline) -> None:
    nemo("make", "A kettle")
    first = version(video=f"{API}/watch/vid-1/versions/1/video")
    pipeline.videos["vid-1"]["versions"] = [first, version(version=2)]
    assert nemo("status", "vid-1", "--version", "1", "-o", ".") == 0
    assert Path("vid-1-1.mp4").read_bytes() == FILM
    assert pipeline.requests[-1].url.path == "/watch/vid-1/versions/1/video"
    assert nemo("status", "vid-1", "--version", "2", "-o", ".") == 5


def test_a_question_is_answered_with_a_command(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.outcome = "needs_answer"
    nemo("make", "What is this?")
    pipeline.videos["vid-1"] |= {"advice": "Answer with POST /v1/videos/vid-1/edits."}
    nemo("status", "vid-1")
    shown = capsys.readouterr().out
    assert 'To answer: nemo-video edit vid-1 "…"' in shown
    assert "POST" not in shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program take its output for a narrow terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "50")


@pytest.mark.usefixtures("terminal")
def test_a_narrow_terminal_shows_whole_ids(nemo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    nemo("make", "A kettle that is described in very many words", "--no-wait")
    capsys.readouterr()
    nemo("list")
    lines = capsys.readouterr().out.splitlines()
    assert "vid-1" in lines[1]
    assert "queued" in lines[1]
    assert "words" not in lines[1]


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_progress_as_a_bar(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photo.png").write_bytes(b"a picture")
    pipeline.polls_until_ready = 5
    assert nemo("make", "photo.png") == 0
    shown = capsys.readouterr()
    assert "\x1b[" in shown.err  # lines are drawn over
    assert "photo.mp4" in shown.out


def test_an_error_is_json_too(nemo: Run, capsys: pytest.CaptureFixture[str]) -> None:
    nemo("status", "vid-none", "--json")
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["exit_code"], error["status"], error["type"]) == (5, 404, "not-found")
    nemo("make", "A", "kettle", "--json")
    assert json.loads(capsys.readouterr().err)["error"]["exit_code"] == 2


def test_a_changed_video_is_saved_as_another_version(nemo: Run, pipeline: FakePipeline) -> None:
    nemo("make", "A kettle")
    assert nemo("edit", "vid-1", "Make it shorter", "-o", "shorter.mp4") == 0
    assert Path("shorter.mp4").read_bytes() == FILM
    assert pipeline.paid == ["A kettle", "Make it shorter"]


def test_a_batch_gives_its_results(nemo: Run) -> None:
    Path("spring.csv").write_text("instruction\nA kettle\n")
    assert nemo("batch", "spring.csv") == 1  # one row was rejected
    assert Path("spring-results.csv").read_text().startswith("row,")


def _press(_request: httpx.Request) -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_while_waiting_says_how_to_continue(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before = lambda request: _press(request) if request.method == "GET" else None
    assert nemo("make", "A kettle", "-o", "my video.mp4") == 130
    assert "nemo-video status vid-1 --wait -o 'my video.mp4'" in capsys.readouterr().err
    pipeline.before = lambda _request: None
    assert nemo("status", "vid-1", "--wait", "-o", "my video.mp4") == 0
    assert Path("my video.mp4").read_bytes() == FILM
    assert pipeline.paid == ["A kettle"]


def test_ctrl_c_while_creating_waits_for_the_answer(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before = lambda request: _press(request) if request.method == "POST" else None
    assert nemo("make", "A kettle") == 130
    shown = capsys.readouterr().err
    assert "as soon as the API has answered" in shown
    assert "nemo-video status vid-1" in shown
    assert pipeline.paid == ["A kettle"]


@pytest.mark.parametrize("command", [["make", "photo.png"], ["batch", "photo.csv"]])
def test_ctrl_c_while_uploading_costs_nothing(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    Path(command[1]).write_bytes(b"a picture")
    pipeline.before = lambda request: _press(request) if request.url.host == "storage.example" else None
    assert nemo(*command) == 130
    assert "nothing was paid" in capsys.readouterr().err
    assert pipeline.paid == []


@pytest.mark.parametrize(
    "later", [problem(429, "throttled"), problem(409, "in-progress"), problem(503, "overloaded")]
)
def test_a_lost_answer_is_not_forgotten_when_the_next_one_is_an_error(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], later: httpx.Response
) -> None:
    take = pipeline.answer

    def answer(request: httpx.Request) -> httpx.Response:
        take(request)
        monkey.setattr(pipeline, "answer", lambda _: later)
        return broken(request)

    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr(pipeline, "answer", answer)
        assert nemo("make", "A kettle") in {4, 5}
    assert pipeline.paid == ["A kettle"]
    assert "--idempotency-key" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["the second Ctrl-C", "the network"])
def test_an_unknown_result_is_continued_without_paying_twice(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    Path("photo.png").write_bytes(b"a picture")

    def fail(request: httpx.Request) -> None:
        if request.url.path == "/v/v1/videos":
            if fault == "the network":
                broken(request)
            _press(request)
            _press(request)

    pipeline.after = fail
    assert nemo("make", "photo.png") == (4 if fault == "the network" else 130)
    said = capsys.readouterr().err
    key = said.partition("--idempotency-key ")[2].split()[0]
    assert pipeline.paid == ["a picture"]
    pipeline.after = lambda _request: None
    assert nemo("make", "photo.png", "--idempotency-key", key) == 0
    assert Path("photo.mp4").read_bytes() == FILM
    assert pipeline.paid == ["a picture"]


def test_login_keeps_the_settings_for_the_user_alone(
    nemo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nemo("login", "--api", API, "--key", "nvp_wrong") == 3
    assert not settings.path().exists()
    assert nemo("login", "--api", API, "--key", KEY) == 0
    assert stat.S_IMODE(settings.path().stat().st_mode) == 0o600
    monkeypatch.delenv("NEMO_VIDEO_API")
    monkeypatch.delenv("NEMO_VIDEO_KEY")
    assert nemo("credits") == 0
    assert nemo("config") == 0
    assert KEY not in "".join(capsys.readouterr())
    assert nemo("logout") == 0
    assert nemo("credits") == 3


def test_login_without_a_key_keeps_what_was_saved(
    nemo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(API, KEY)
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert nemo("login", "--api", API) == 3
    assert "There is no key on standard input." in capsys.readouterr().err
    assert settings.find(None, None).key == KEY


@pytest.mark.parametrize("api", [f"{API}/", f"{API}/v1", f"{API}/v1/"])
def test_a_saved_key_goes_to_its_address_however_that_is_written(
    nemo: Run, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    settings.save(API, KEY)
    monkeypatch.delenv("NEMO_VIDEO_KEY")
    assert nemo("credits", "--api", api) == 0


def test_nothing_is_paid_that_cannot_be_saved(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert nemo("make", "A kettle") == 2
    assert "The folder . is not writable." in capsys.readouterr().err
    assert pipeline.paid == []
    assert nemo("make", "A kettle", "--no-wait") == 0


def test_a_video_that_cannot_be_saved_is_not_lost(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill(request: httpx.Request) -> None:
        if request.url.path.startswith("/watch/"):
            raise OSError(errno.ENOSPC, "No space left on device")

    pipeline.before = fill
    assert nemo("make", "A kettle", "-o", "out.mp4") == 2
    shown = capsys.readouterr().err
    assert "out.mp4 cannot be written: No space left on device." in shown
    assert "To save it: nemo-video status vid-1 -o out.mp4" in shown
    pipeline.before = lambda _request: None
    assert nemo("status", "vid-1", "-o", "out.mp4") == 0
    assert Path("out.mp4").read_bytes() == FILM


def _started(
    *arguments: str,
    before: str = "",
    **streams: Any,  # noqa: ANN401 - of subprocess
) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a process of its own. It finds modules in the folder `before` first."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([before, str(ROOT / "functions")])}
    command = [sys.executable, "-m", "nemo_video", *arguments]
    return subprocess.run(command, env=environment, check=False, **streams)


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("closed", ["stdout", "both"])
def test_the_program_ends_quietly_when_nobody_reads_it(form: tuple[str, ...], closed: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    errors = writer if closed == "both" else subprocess.PIPE
    done = _started("config", *form, stdout=writer, stderr=errors)
    os.close(writer)
    assert (done.returncode, done.stderr or b"") == (141, b"")


def test_ctrl_c_ends_the_program_quietly_while_it_starts(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise KeyboardInterrupt")
    done = _started("config", before=str(tmp_path), capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_letter_that_the_terminal_lacks_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = _started("status", "\u201cvid\u201d", capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"is not an id" in done.stderr
    assert b"Traceback" not in done.stderr


def test_login_replaces_settings_that_cannot_be_read(
    nemo: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(API, KEY).write_text("{")
    monkeypatch.delenv("NEMO_VIDEO_KEY")
    assert nemo("credits") == 3
    assert "Run: nemo-video login" in capsys.readouterr().err
    assert nemo("login", "--api", API, "--key", KEY) == 0
    assert nemo("credits") == 0


def test_a_file_that_cannot_be_written_is_named_without_a_stack_trace(
    nemo: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("not a folder")
    assert nemo("login", "--api", API, "--key", KEY) == 2
    shown = capsys.readouterr().err
    assert str(tmp_path / "config") in shown
    assert "Traceback" not in shown


def test_a_saved_key_goes_to_its_own_address_only(
    nemo: Run, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.save(API, KEY)
    monkeypatch.delenv("NEMO_VIDEO_API")
    monkeypatch.delenv("NEMO_VIDEO_KEY")
    assert nemo("credits", "--api", "https://elsewhere.example") == 3
    assert pipeline.requests == []


def test_texts_from_elsewhere_do_not_control_the_terminal(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    nemo("make", "A kettle", "--no-wait")
    pipeline.videos["vid-1"] |= {"message": "Red \x1b[31m and \x9b31m and \u202ereversed"}
    nemo("status", "vid-1")
    assert "Red [31m and 31m and reversed" in capsys.readouterr().out


def test_a_retry_of_a_request_is_said(
    nemo: Run, pipeline: FakePipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.before = broken
    nemo("credits")
    shown = capsys.readouterr().err
    assert "broke the connection" in shown
    assert "stamina" not in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_the_commands(nemo: Run, capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert nemo("completion", shell) == 0
    assert "_NEMO_VIDEO_COMPLETE" in capsys.readouterr().out
