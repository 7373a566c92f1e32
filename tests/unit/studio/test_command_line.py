"""The commands that need no server, as they are typed."""

import json
from datetime import timedelta
from pathlib import Path

import av
import pytest

from studio.__main__ import main, parse
from studio.settings import Shapes

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 500}]}], "d": 500, "m": {"width": 160, "height": 160, "fps": 10}}


def test_without_a_command_it_serves(tmp_path: Path) -> None:
    options = parse(["--data-dir", str(tmp_path), "--shapes=alternative", "--trusted-hosts=a:1,b:2"])
    assert (options.host, options.port, options.shapes) == ("127.0.0.1", 0, Shapes.ALTERNATIVE)
    assert options.trusted_hosts == {"a:1", "b:2"}


def test_a_draft_becomes_a_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft, video = tmp_path / "draft.json", tmp_path / "video.mp4"
    draft.write_text(json.dumps(DRAFT))
    assert main(["render", str(draft), str(video)]) == 0
    with av.open(str(video), "r") as container:
        assert container.duration
        assert timedelta(microseconds=container.duration) == timedelta(seconds=0.5)
    out, errors = capsys.readouterr()
    assert out == ""
    assert "video.mp4" in errors
    assert "100%" in errors


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (json.dumps({"t": []}), "no video segment"),
        ("{", "draft.json is not a draft"),
        (json.dumps({"t": [{"tt": 0, "sg": [{"d": 500, "m": {"src": "gone.png"}}]}]}), "gone.png"),
        (json.dumps({"t": [{"tt": 0, "sg": [{"d": 500, "m": {"src": "../up.png"}}]}]}), "up.png"),
    ],
)
def test_a_draft_that_cannot_be_rendered_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, told: str
) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text(content)
    assert main(["render", str(draft), str(tmp_path / "video.mp4")]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "video.mp4").exists()


def test_a_draft_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(tmp_path / "draft.json"), str(tmp_path / "video.mp4")]) == 1
    assert "draft.json" in capsys.readouterr().err


def test_an_instruction_becomes_a_draft(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["direct", 'make a 4s square video "Urban Dreams"']) == 0
    draft = json.loads(capsys.readouterr().out)
    assert draft["d"] == 4000
    assert draft["m"]["width"] == draft["m"]["height"]
    assert "Urban Dreams" in json.dumps(draft)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["direct", "make a video", str(tmp_path / "gone.png")]) == 1
    assert "gone.png" in capsys.readouterr().err


def test_a_token_is_printed_once_and_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", f"--data-dir={tmp_path}", "--credits=5", "--scopes=read"]) == 0
    assert capsys.readouterr().out.startswith("nmv_usr_")
