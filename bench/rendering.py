"""How fast the studio renders: `python -m bench.rendering [--rounds N]`.

The reference timeline: 30 s of 1920x1080 at 30 frames a second, a tall page scrolled, two photos under a
moving camera, crossfades, title, lower third and music. In each round, one after another, each in a process
of its own, and measured by the kernel:

- x264 alone (ffmpeg), fed with the very frames the studio draws, already finished, and without sound;
- the studio;
- the same timeline as one filter graph of ffmpeg;
- the studio in one piece and in four, on one core each.

MoviePy is measured once: it takes minutes. It asks for an older Pillow and is installed apart, into .local/.
Writes the table into docs/benchmarks.md.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg

from bench import rendering_inputs as inputs
from studio.draft import parse_draft
from studio.media.items import Kind
from studio.render import encode, job
from studio.render.chunks import Chunk, divide
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sources import Source

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- rendering: begin -->", "<!-- rendering: end -->"
MOVIEPY = "moviepy==2.2.1"
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PRESETS = ("veryfast", "faster")


@dataclass(frozen=True)
class Used:
    """What a process took: seconds, and megabytes at its peak."""

    wall: float
    cpu: float
    memory: float
    first_progress: float | None = None


def main() -> None:
    options = _options()
    if options.child:
        _child(Path(options.child), options.preset, options.pieces)
        return
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        folder = Path(scratch)
        inputs.make(folder)
        _draw_frames(folder)
        rounds = [_round(folder) for _ in range(options.rounds)]
        moviepy = None if options.without_moviepy else _moviepy(folder)
        sizes = {path.stem: path.stat().st_size / 1e6 for path in folder.glob("*.mp4")}
        frames = {name: _frames(folder / f"{name}.mp4") for name in ("ours-veryfast", "pieces-4")}
    table = _table(rounds, moviepy, sizes, frames)
    sys.stdout.write(table)
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table}{END}{rest.partition(END)[2]}")


def _round(folder: Path) -> dict[str, Used]:
    used = {}
    for preset in PRESETS:
        used[f"limit-{preset}"] = _measured(_ffmpeg_limit(folder, preset))
        used[f"ours-{preset}"] = _measured(_ours(folder, f"ours-{preset}", preset=preset))
    used["graph"] = _measured([FFMPEG, *inputs.filter_graph(folder), str(folder / "graph.mp4")])
    for pieces in (1, 4):
        used[f"pieces-{pieces}"] = _measured(_ours(folder, f"pieces-{pieces}", pieces=pieces))
    return used


def _ours(folder: Path, name: str, *, preset: str = "veryfast", pieces: int = 0) -> list[str]:
    return [
        *(sys.executable, "-m", "bench.rendering", "--child", str(folder / f"{name}.mp4")),
        *("--preset", preset, "--pieces", str(pieces)),
    ]


def _child(output: Path, preset: str, pieces: int) -> None:
    """The studio's own code; in `pieces` parts on one core, or (0) as it does by itself."""
    encode.X264["preset"] = preset
    if pieces:

        def in_pieces(frames: int, _fps: int, _cuts: Sequence[int]) -> list[Chunk]:
            return divide(0, frames, pieces)

        job.MOST_WORKERS = 1
        setattr(job, "plan", in_pieces)  # noqa: B010 - in place of the studio's own plan
    is_reported = False

    def progress(_: float) -> None:
        nonlocal is_reported
        if not is_reported:
            is_reported = True
            print("first", flush=True)  # noqa: T201 - read by the parent

    job.render_video(parse_draft(inputs.DRAFT), _sources(output.parent), output, progress)


def _ffmpeg_limit(folder: Path, preset: str) -> list[str]:
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "1920x1080", "-r", "30")
    return [
        *(FFMPEG, "-hide_banner", "-loglevel", "error", "-y", *raw, "-i", str(folder / "frames.yuv")),
        *(
            "-c:v",
            "libx264",
            "-preset",
            preset,
            "-crf",
            encode.CRF,
            "-an",
            str(folder / f"limit-{preset}.mp4"),
        ),
    ]


def _moviepy(folder: Path) -> Used:
    home = ROOT / ".local" / "moviepy"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", MOVIEPY], check=True)  # noqa: S603 - ours
    return _measured(
        [str(python), str(ROOT / "bench" / "rendering_moviepy.py"), str(folder), str(inputs.FONT)]
    )


def _measured(command: list[str]) -> Used:
    began = time.perf_counter()
    first = None
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - ours
        stdout = process.stdout
        if stdout and stdout.read(5):
            first = time.perf_counter() - began
        if stdout:
            stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"This failed ({process.returncode}): {' '.join(command)}")
    return Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, first)


def _sources(folder: Path) -> dict[str, Source]:
    return {name: Source(folder / name, Kind.IMAGE, name) for name in inputs.NAMES}


def _draw_frames(folder: Path) -> None:
    film = Film(parse_draft(inputs.DRAFT), _sources(folder))
    reel, target = Reel(film), Planes.empty(*film.size)
    with (folder / "frames.yuv").open("wb") as file:
        for number in range(film.frames):
            reel.draw(number, target)
            for plane in target.all:
                file.write(plane.tobytes())


def _frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def _table(
    rounds: list[dict[str, Used]], moviepy: Used | None, sizes: dict[str, float], frames: dict[str, int]
) -> str:
    def median(name: str, of: Callable[[Used], float | None]) -> float:
        return statistics.median(value for used in rounds if (value := of(used[name])) is not None)

    def row(title: str, name: str, limit: str) -> str:
        wall = statistics.median(used[limit].wall / used[name].wall for used in rounds)
        cpu = statistics.median(used[limit].cpu / used[name].cpu for used in rounds)
        seconds = f"{median(name, lambda u: u.wall):.1f} | {median(name, lambda u: u.cpu):.1f}"
        memory = f"{median(name, lambda u: u.memory):.0f}"
        return f"| {title} | {seconds} | {wall:.2f} | {cpu:.2f} | {memory} | {sizes[name]:.1f} |\n"

    text = (
        f"Medians of {len(rounds)} round(s); limit ÷ method is 1 when nothing is lost.\n\n"
        "| method | wall s | CPU s | limit ÷ it, wall | limit ÷ it, CPU | peak MB | out MB |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    for preset in PRESETS:
        text += row(f"limit: x264 alone, {preset}", f"limit-{preset}", f"limit-{preset}")
        text += row(f"**studio, {preset}**", f"ours-{preset}", f"limit-{preset}")
    text += row("one ffmpeg filter graph, veryfast", "graph", "limit-veryfast")
    pieces = statistics.median(used["pieces-4"].cpu / used["pieces-1"].cpu for used in rounds)
    first = max(used[f"ours-{preset}"].first_progress or 0 for used in rounds for preset in PRESETS)
    if moviepy:
        wall = statistics.median(moviepy.wall / used["ours-veryfast"].wall for used in rounds)
        cpu = statistics.median(moviepy.cpu / used["ours-veryfast"].cpu for used in rounds)
        text += f"| MoviePy 2.2.1, veryfast (once) | {moviepy.wall:.1f} | {moviepy.cpu:.1f} |"
        text += f" {median('limit-veryfast', lambda u: u.wall) / moviepy.wall:.2f} |"
        text += f" {median('limit-veryfast', lambda u: u.cpu) / moviepy.cpu:.2f} |"
        text += f" {moviepy.memory:.0f} | {sizes['moviepy']:.1f} |\n"
        text += f"\nMoviePy ÷ studio: {wall:.1f} (wall), {cpu:.1f} (CPU)."
    text += (
        f"\nFour pieces ÷ one, CPU on one core: {pieces:.2f}; frames in the joined file: {frames['pieces-4']}"
        f" of {frames['ours-veryfast']}.\nFirst progress after at most {first:.2f} s.\n"
    )
    return text


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.rendering", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--without-moviepy", action="store_true", help="leave out what takes longest")
    parser.add_argument("--scratch", help="folder for the finished frames, 2.8 GB")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--preset", default="veryfast", help=argparse.SUPPRESS)
    parser.add_argument("--pieces", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
