"""`python -m studio direct`, without a server."""

import argparse
import json
from pathlib import Path

import av
import pytest
from PIL import Image

from studio.director.command import add_arguments, run
from studio.draft import parse_draft
from studio.errors import StudioError


def directed(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return run(parser.parse_args(arguments))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "harbour_sunrise.jpg"
    Image.new("RGB", (640, 400), (200, 120, 60)).save(path)
    return path


def test_the_draft_is_printed(picture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert directed("a 4 second video", str(picture)) == 0
    draft = parse_draft(json.loads(capsys.readouterr().out))
    assert draft.duration == 4000
    assert draft.sources == {"harbour_sunrise.jpg"}


def test_the_draft_names_the_files_of_its_folder(picture: Path) -> None:
    output = picture.with_name("draft.json")
    assert directed("a 4 second video", str(picture), "-o", str(output)) == 0
    draft = parse_draft(json.loads(output.read_text()))
    assert all((output.parent / name).is_file() for name in draft.sources)


def test_the_video_is_rendered(picture: Path) -> None:
    output = picture.with_name("video.mp4")
    assert directed("a 3 second video, no music", str(picture), "--output", str(output)) == 0
    with av.open(str(output)) as video:
        assert video.duration == pytest.approx(3_000_000, abs=40_000)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("make a video",), "nothing to make a video from"),
        (("make a video", "gone.jpg"), "no file gone.jpg"),
        (("make a video", "-o", "video.avi"), "must end in"),
    ],
)
def test_what_cannot_be_used_is_told(arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(StudioError, match=why):
        directed(*arguments)


def test_a_file_that_is_no_medium_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    with pytest.raises(StudioError, match=r"notes\.txt"):
        directed("make a video", str(text))


def test_two_files_of_one_name_are_told_apart_by_nobody(picture: Path) -> None:
    folder = picture.parent / "other"
    folder.mkdir()
    twin = folder / picture.name
    twin.write_bytes(picture.read_bytes())
    with pytest.raises(StudioError, match="Two files"):
        directed("make a video", str(picture), str(twin))
