import hashlib
import json
import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from studio.draft import parse_draft
from studio.media.items import Kind
from studio.render import chunks, job
from studio.render.chunks import Chunk, divide, plan
from studio.render.encode import encode_chunk, encode_sound, join
from studio.render.film import Film
from studio.render.music import RATE
from studio.render.sources import Source

ROOT = Path(__file__).resolve().parents[4]
FRAMES = 97


@pytest.fixture
def film(tmp_path: Path) -> Film:
    rng = np.random.default_rng(3)
    for name in ("a", "b"):
        small = Image.fromarray(rng.integers(0, 255, (12, 20, 3), np.uint8))
        small.resize((640, 384), Image.Resampling.BICUBIC).save(tmp_path / name, "PNG")
    draft = parse_draft(two_shots())
    return Film(draft, {name: Source(tmp_path / name, Kind.IMAGE, name) for name in ("a", "b")})


def two_shots() -> dict[str, Any]:
    shots = [
        {"s": 0, "d": 1600, "m": {"src": "a", "move": "zoom_in"}},
        {"s": 1600, "d": 1634, "m": {"src": "b", "fade": 400, "path": [{"x": 0}, {"x": 1, "zoom": 1.6}]}},
    ]
    title = {"s": 300, "d": 2000, "m": {"text": "Urban Dreams"}}
    canvas = {"width": 320, "height": 180}
    return {"t": [{"tt": 0, "sg": shots}, {"tt": 7, "sg": [title]}], "d": 3234, "m": canvas}


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


@pytest.mark.parametrize("cuts", [[], [0], [0, 5, 200, 290], [0, 30, 60, 61, 62, 400, 899], [0, 1000]])
@pytest.mark.parametrize("frames", [15, 60, 61, 450, 900, 5400])
def test_a_plan_holds_every_frame_once_in_pieces_of_bearable_length(frames: int, cuts: list[int]) -> None:
    planned = plan(frames, 30, [cut for cut in cuts if cut < frames])
    assert [number for chunk in planned for number in range(chunk.first, chunk.end)] == list(range(frames))
    assert all(chunk.end - chunk.first <= chunks.LONGEST_S * 30 for chunk in planned)
    assert len(planned) == 1 or all(
        chunk.end - chunk.first >= chunks.SHORTEST_S * 30 - 1 for chunk in planned
    )


def test_a_plan_cuts_where_shots_begin() -> None:
    assert [chunk.first for chunk in plan(900, 30, [0, 300, 610])] == [0, 150, 300, 455, 610, 755]


def test_chunks_joined_have_every_frame_at_its_time_and_look_like_one_pass(
    film: Film, tmp_path: Path
) -> None:
    sound = tmp_path / "sound.mp4"
    encode_sound(sound, np.zeros((2, RATE * FRAMES // 30), np.float32))
    made = {}
    for parts in (1, 4):
        done = []
        for chunk in divide(0, FRAMES, parts):
            done.append((tmp_path / f"{parts}-{chunk.first}.mp4", chunk))
            encode_chunk(done[-1][0], film, chunk, lambda: None)
        made[parts] = tmp_path / f"{parts}.mp4"
        join(made[parts], done, sound, 30)
    with av.open(str(made[4])) as container:
        stream = container.streams.video[0]
        stamps = sorted(packet.pts for packet in container.demux(stream) if packet.pts is not None)
        assert {after - before for before, after in pairwise(stamps)} == {512}
        assert (len(stamps), stamps[0], stream.time_base) == (FRAMES, 0, Fraction(1, 15360))
    with av.open(str(made[4])) as container:
        keys = [number for number, frame in enumerate(container.decode(video=0)) if frame.key_frame]
        assert set(keys) >= {chunk.first for chunk in divide(0, FRAMES, 4)}
    with av.open(str(made[4])) as container:
        heard = [packet.pts for packet in container.demux(audio=0) if packet.pts is not None]
        assert {after - before for before, after in pairwise(heard)} == {1024}
    one, four = pictures(made[1]), pictures(made[4])
    assert len(one) == len(four) == FRAMES
    assert max(float(np.abs(a.astype(int) - b).mean()) for a, b in zip(one, four, strict=True)) < 2.5


def test_the_same_draft_gives_the_same_bytes_whatever_the_cores(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del film
    monkeypatch.setattr(chunks, "LONGEST_S", 1)
    monkeypatch.setattr(chunks, "SHORTEST_S", 1)
    sources = {name: Source(tmp_path / name, Kind.IMAGE, name) for name in ("a", "b")}
    hashes = set()
    for cores in (1, 3, 3):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        output = tmp_path / "video.mp4"
        job.render_video(parse_draft(two_shots()), sources, output, lambda _: None)
        hashes.add(hashlib.sha256(output.read_bytes()).hexdigest())
    assert len(hashes) == 1


ENCODE_HASHED = """
import hashlib, json, sys
from pathlib import Path
from studio.draft import parse_draft
from studio.media.items import Kind
from studio.render.chunks import Chunk
from studio.render.encode import encode_chunk
from studio.render.film import Film
from studio.render.sources import Source
folder = Path(sys.argv[1])
sources = {name: Source(folder / name, Kind.IMAGE, name) for name in "ab"}
path = folder / "chunk.mp4"
encode_chunk(path, Film(parse_draft(json.loads(sys.argv[2])), sources), Chunk(20, 60), lambda: None)
print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.mark.thorough
@pytest.mark.parametrize("width", [320, 1080, 1920])
def test_the_bytes_do_not_depend_on_what_the_memory_held_before(
    film: Film, tmp_path: Path, width: int
) -> None:
    del film
    draft = json.dumps(two_shots() | {"m": {"width": width, "height": 180}})

    def run(garbage: int) -> str:
        command = [sys.executable, "-c", ENCODE_HASHED, str(tmp_path), draft]
        # What glibc fills memory with before a program gets it.
        environment = os.environ | {"MALLOC_PERTURB_": str(garbage), "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert run(85) == run(170)


def test_progress_is_told_from_the_first_frame_to_the_end(film: Film, tmp_path: Path) -> None:
    del film
    told: list[float] = []
    sources = {name: Source(tmp_path / name, Kind.IMAGE, name) for name in ("a", "b")}
    job.render_video(parse_draft(two_shots()), sources, tmp_path / "video.mp4", told.append)
    assert told == sorted(told)
    assert len(told) == FRAMES + 1
    assert told[-1] == 100


def test_a_cancelled_render_leaves_nothing(film: Film, tmp_path: Path) -> None:
    del film
    drawn = 0

    def cancel(_: float) -> None:
        nonlocal drawn
        drawn += 1
        raise KeyboardInterrupt

    sources = {name: Source(tmp_path / name, Kind.IMAGE, name) for name in ("a", "b")}
    with pytest.raises(KeyboardInterrupt):
        job.render_video(parse_draft(two_shots()), sources, tmp_path / "out" / "video.mp4", cancel)
    assert list((tmp_path / "out").iterdir()) == []
    assert drawn <= job.MOST_WORKERS


def test_an_empty_middle_is_not_planned() -> None:
    assert divide(10, 13, 2) == [Chunk(10, 11), Chunk(11, 13)]
