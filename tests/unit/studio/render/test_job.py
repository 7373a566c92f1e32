from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from studio.render.job import render
from studio.render.planes import Planes

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 60)


def job(tmp_path: Path, shots: list[dict[str, Any]], media: dict[str, Path], **draft: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a draft
    tracks = [{"tt": 0, "sg": shots}, *draft.pop("tracks", [])]
    canvas = {"width": 320, "height": 180, "fps": 30} | draft.pop("canvas", {})
    return {
        "draft": {"t": tracks, "m": canvas, **draft},
        "media": {id_: {"path": str(path), "kind": kind_of(path)} for id_, path in media.items()},
        "output": str(tmp_path / "video.mp4"),
    }


def kind_of(path: Path) -> str:
    return "image" if path.suffix == ".png" else "video"


def run(task: dict[str, Any]) -> Path:
    output = Path(task["output"])
    render(task, output, lambda _: None)
    return output


def frames(video: Path) -> list[npt.NDArray[np.uint8]]:
    with av.open(str(video)) as container:
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in container.decode(video=0)]


def plain(
    tmp_path: Path, name: str, colour: tuple[int, int, int], size: tuple[int, int] = (640, 360)
) -> Path:
    path = tmp_path / name
    Image.new("RGB", size, colour).save(path)
    return path


def close_to(pixel: npt.NDArray[np.uint8], colour: tuple[int, int, int], most: int = 12) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= most)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (180, 180)])
def test_streams_size_and_length_are_what_the_draft_says(
    tmp_path: Path, half_red_half_blue: Path, width: int, height: int
) -> None:
    music = {"tt": 1, "sg": [{"s": 0, "d": 1234, "m": {"style": "Upbeat", "volume": 0.35}}]}
    task = job(
        tmp_path,
        [{"s": 0, "d": 1234, "m": {"src": "1"}}],
        {"1": half_red_half_blue},
        d=1234,
        canvas={"width": width, "height": height},
        tracks=[music],
    )
    with av.open(str(run(task))) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.pix_fmt) == (width, height, "yuv420p")
        assert video.frames == sum(1 for _ in container.decode(video)) == 37
        assert (audio.rate, audio.channels) == (48_000, 2)
        assert video.codec_context.colorspace == 1
        assert abs((container.duration or 0) / 1e6 - 37 / 30) < 0.03
    assert b"moov" in Path(task["output"]).read_bytes()[:4096]


def test_the_picture_is_seen_where_it_should_be(tmp_path: Path, half_red_half_blue: Path) -> None:
    shown = frames(run(job(tmp_path, [{"s": 0, "d": 1000, "m": {"src": "1"}}], {"1": half_red_half_blue})))
    middle = shown[15]
    assert close_to(middle[90, 40], RED)
    assert close_to(middle[90, 280], BLUE)


def test_order_and_durations_are_honoured_and_cuts_fade(tmp_path: Path) -> None:
    red, blue = plain(tmp_path, "red.png", RED), plain(tmp_path, "blue.png", BLUE)
    shots = [
        {"s": 1000, "d": 1000, "m": {"src": "r", "fade": 400}},
        {"s": 0, "d": 1000, "m": {"src": "b"}},
    ]
    shown = frames(run(job(tmp_path, shots, {"r": red, "b": blue})))
    assert len(shown) == 60
    assert close_to(shown[0][90, 160], BLUE)
    assert close_to(shown[29][90, 160], BLUE)
    assert not close_to(shown[36][90, 160], BLUE, 30)
    assert not close_to(shown[36][90, 160], RED, 30)
    assert close_to(shown[45][90, 160], RED)


def test_a_picture_of_another_shape_is_whole_and_not_stretched(tmp_path: Path) -> None:
    tall = Image.new("RGB", (300, 900), RED)
    tall.paste(GREEN, (0, 0, 300, 300))
    tall.paste(BLUE, (0, 600, 300, 900))
    path = tmp_path / "tall.png"
    tall.save(path)
    shown = frames(run(job(tmp_path, [{"d": 600, "m": {"src": "1"}}], {"1": path})))[9]
    centre = shown[:, 160].astype(int)
    lengths = [int((np.abs(centre - colour).max(axis=1) < 25).sum()) for colour in (GREEN, RED, BLUE)]
    assert min(lengths) > 40
    assert max(lengths) - min(lengths) <= 4
    width = int((np.abs(shown[90].astype(int) - RED).max(axis=1) < 25).sum())
    assert width == pytest.approx(sum(lengths) / 3, abs=4)
    assert shown[:, :8].mean() > 10


def test_a_screenshot_is_scrolled_downwards(tmp_path: Path) -> None:
    page = Image.new("RGB", (400, 800), GREEN)
    page.paste(RED, (0, 0, 400, 200))
    page.paste(BLUE, (0, 600, 400, 800))
    path = tmp_path / "page.png"
    page.save(path)
    shots = [{"d": 4000, "m": {"src": "1", "move": "scroll"}}]
    shown = frames(run(job(tmp_path, shots, {"1": path})))
    assert close_to(shown[0][40, 160], RED)
    assert close_to(shown[60][90, 160], GREEN)
    assert close_to(shown[-1][140, 160], BLUE)


def test_a_very_long_page_keeps_its_shape(tmp_path: Path) -> None:
    page = Image.new("RGB", (400, 20_000), GREEN)
    page.paste(RED, (100, 0, 300, 200))
    path = tmp_path / "page.png"
    page.save(path)
    shots = [{"d": 1000, "m": {"src": "1", "move": "scroll"}}]
    first = frames(run(job(tmp_path, shots, {"1": path})))[0].astype(int)
    red = np.abs(first - RED).max(axis=2) < 25
    assert red.any(axis=0).sum() == pytest.approx(red.any(axis=1).sum(), abs=4)


def test_a_text_at_the_end_stays_to_the_end(tmp_path: Path) -> None:
    closing = {"tt": 7, "sg": [{"s": 0, "d": 1000, "m": {"text": "Urban Dreams", "role": "closing"}}]}
    shown = frames(run(job(tmp_path, [{"d": 1000}], {}, tracks=[closing])))
    assert shown[0].max() < 200
    assert shown[-1].max() > 220


def test_an_animation_plays_again_and_again(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (320, 180), colour) for colour in (RED, BLUE)]
    path = tmp_path / "animation.gif"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=200, loop=0)
    shown = frames(run(job(tmp_path, [{"d": 1000, "m": {"src": "1"}}], {"1": path})))
    seen = ["r" if close_to(frame[90, 160], RED, 25) else "b" for frame in shown]
    assert "".join(seen) == "rrrrrrbbbbbb" * 2 + "rrrrrr"


def test_a_clip_plays_in_its_own_time(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for colour in [RED] * 10 + [BLUE] * 10:
            picture = av.VideoFrame.from_ndarray(np.full((180, 320, 3), colour, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    shown = frames(run(job(tmp_path, [{"d": 3000, "m": {"src": "1"}}], {"1": path})))
    seen = [close_to(frame[90, 160], RED, 25) for frame in shown]
    assert seen[:28] == [True] * 28
    assert seen[32:58] == [False] * 26
    assert seen[62:] == [True] * 28


@pytest.mark.parametrize("move", ["zoom_in", "scroll"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 7), (641, 359)])
def test_strange_shapes_can_be_shown(tmp_path: Path, size: tuple[int, int], move: str) -> None:
    picture, animation = plain(tmp_path, "odd.png", RED, size), tmp_path / "odd.gif"
    frame = Image.new("RGB", size, BLUE)
    frame.save(animation, save_all=True, append_images=[Image.new("RGB", size, RED)], duration=100)
    shots = [
        {"s": 0, "d": 500, "m": {"src": "1", "move": move}},
        {"s": 500, "d": 500, "m": {"src": "2", "fade": 200}},
    ]
    assert len(frames(run(job(tmp_path, shots, {"1": picture, "2": animation})))) == 30


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_all_kinds_can_be_shown(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "picture.png"
    Image.new(mode, (640, 360), 1 if mode == "1" else None).save(path)
    assert len(frames(run(job(tmp_path, [{"d": 500, "m": {"src": "1"}}], {"1": path})))) == 15


@pytest.mark.parametrize("colour", ["#ff0000", "#00ff00", "#0000ff", "#808080", "#ffd84d"])
def test_colours_are_bt709(colour: str) -> None:
    rgb = tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    planes = Planes.from_rgb(np.full((16, 16, 3), rgb, np.uint8))
    for plane, value in zip(planes.all, _luma_and_chroma(colour), strict=True):
        assert abs(int(plane[4, 4]) - value) <= 1


def _luma_and_chroma(code: str) -> tuple[int, int, int]:
    """`#rrggbb` as luma and chroma values (ITU-R BT.709, limited range)."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.8556),
        round(128 + 224 * (red - luma) / 1.5748),
    )
