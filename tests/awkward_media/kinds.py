"""Kinds of files that phones, browsers and recorders make, and what must become of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from tests.awkward_media import pictures
from tests.awkward_media.ffmpeg import Clip, Turn, card, run, sound


@dataclass(frozen=True)
class Expected:
    """What must become of a file. Lengths are seconds.

    Attributes:
        length: of a clip or a sound; `None` for a picture.
        late: how much later the first beep is than the first flash.
        coloured: whether the card's colours are measured.
        refused: what the reason says; empty where the file is accepted.
    """

    length: float | None = None
    late: float = 0
    coloured: bool = True
    refused: str = ""


Build = Callable[[Path], Path]
PICTURE, MISSING = Expected(), Expected(refused="incomplete.*Upload it again")


def _clip(expected: Expected = Expected(4), **parameters: object) -> tuple[Build, Expected]:
    return lambda folder: Clip(**parameters).build(folder), expected  # type: ignore[arg-type]


def _picture(build: Callable[[Path], Path], expected: Expected = PICTURE) -> tuple[Build, Expected]:
    return lambda folder: build(folder / "photo.jpg"), expected


def _profile(primaries: tuple[tuple[float, float], ...], gamma: float = 2.2) -> tuple[Build, Expected]:
    content = pictures.profile(primaries, gamma)
    return _picture(lambda path: pictures.jpeg(path, pictures.in_profile(content), icc_profile=content))


def _mpo(path: Path) -> Path:
    card().save(path, "MPO", save_all=True, append_images=[Image.new("RGB", (320, 180))], quality=95)
    return path


def _cut(build: Build, kept: float) -> Build:
    """Keep a share of a file, or leave out some bytes at its end."""

    def cut(folder: Path) -> Path:
        path = build(folder)
        content = path.read_bytes()
        path.write_bytes(content[: round(kept * len(content)) if kept > 0 else round(kept)])
        return path

    return cut


def _damaged(folder: Path) -> Path:
    path = Clip().build(folder)
    content = bytearray(path.read_bytes())
    # The packets of two thirds of a second, in the middle.
    middle = len(content) // 2
    content[middle : middle + len(content) // 6] = bytes(len(content) // 6)
    path.write_bytes(content)
    return path


def _emptied(folder: Path) -> Path:
    """As a download leaves it that made room for the whole file and then stopped."""
    path = Clip(options="-movflags +faststart -g 25").build(folder)
    content = path.read_bytes()
    kept = 3 * len(content) // 5
    path.write_bytes(content[:kept] + bytes(len(content) - kept))
    return path


def _joined(folder: Path, ending: str, codec: str) -> Path:
    parts = [
        sound(folder / f"one.{ending}", "-c:a", codec, rate=44_100, channels=2, seconds=3),
        sound(folder / f"two.{ending}", "-c:a", codec, rate=22_050, channels=1, seconds=3),
    ]
    path = folder / f"joined.{ending}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def _second_track(folder: Path) -> Path:
    path = folder / "tracks.mkv"
    quiet = ("-f", "lavfi", "-t", 4, "-i", "anullsrc=r=48000:cl=stereo")
    chosen = ("-disposition:a:0", 0, "-disposition:a:1", "default")
    source = Clip(container="mov").build(folder)
    run("-i", source, *quiet, "-map", "0:v", "-map", "1:a", "-map", "0:a", *chosen, "-c:v", "copy", path)
    return path


def _one_frame(folder: Path) -> Path:
    source, path = folder / "card.png", folder / "one.mp4"
    card().save(source)
    run("-i", source, "-frames:v", 1, "-pix_fmt", "yuv444p", "-c:v", "libx264", "-crf", 4, path)
    return path


def _sound(name: str, *options: object, length: float = 4, **parameters: object) -> tuple[Build, Expected]:
    return (
        lambda folder: sound(folder / name, *options, **parameters),  # type: ignore[arg-type]
        Expected(length),
    )


def _animated(name: str, delays: list[int], length: float, **options: object) -> tuple[Build, Expected]:
    return (
        lambda folder: pictures.animation(folder / name, delays, **options),
        Expected(length, coloured=False),
    )


# Joined sounds hold the silence that their encoders put before each of them.
KINDS: Mapping[str, tuple[Build, Expected]] = {
    **{
        f"JPEG, EXIF orientation {number}": _picture(partial(pictures.turned, orientation=number))
        for number in (1, 2, 3, 4, 5, 6, 7, 8, 9)
    },
    "JPEG in Display P3": _profile(pictures.P3),
    "JPEG in Adobe RGB": _profile(pictures.ADOBE_RGB),
    "JPEG in ProPhoto RGB": _profile(pictures.PROPHOTO, 1.8),
    "JPEG whose profile swaps the channels": _profile((pictures.SRGB[1], pictures.SRGB[2], pictures.SRGB[0])),
    "PNG of linear light (gAMA 1)": (
        lambda folder: pictures.linear_png(folder / "photo.png"),
        PICTURE,
    ),
    "JPEG with a second picture (MPO)": _picture(_mpo),
    "JPEG without its last two bytes": (
        _cut(lambda folder: pictures.jpeg(folder / "photo.jpg"), -2),
        PICTURE,
    ),
    "JPEG that was cut off": (_cut(lambda folder: pictures.jpeg(folder / "photo.jpg"), 0.6), MISSING),
    "GIF with delays of 0": _animated("a.gif", [0] * 6, 0.6),
    "GIF with delays of 10 ms": _animated("a.gif", [10] * 6, 0.6),
    "GIF with mixed delays": _animated("a.gif", [20, 0, 200, 1000, 50, 70], 1.44),
    "Animated PNG": _animated("a.png", [100] * 6, 0.6),
    "Animated PNG with a default image": _animated("a.png", [100] * 6, 0.5, default_image=True),
    "Animated WebP": _animated("a.webp", [40] * 10, 0.4),
    "MP4": _clip(),
    "MP4, pixels 4:3": _clip(pixel=(4, 3)),
    "AVI without tags": _clip(container="avi", video="mpeg4", audio="pcm_s16le", colour="untagged"),
    "MP4, turned by 90°": _clip(turn=Turn(transposed=True, mirrored=True)),
    "MP4, mirrored": _clip(turn=Turn(mirrored=True)),
    "MP4, transposed": _clip(turn=Turn(transposed=True)),
    "MP4, full range": _clip(colour="full"),
    "MP4, 1280x720 without tags": _clip(colour="untagged-hd", size=(1280, 720)),
    "MOV, HEVC with HLG": _clip(container="mov", video="libx265", colour="hlg"),
    "MP4, HEVC with PQ": _clip(video="libx265", colour="pq"),
    "MOV, interlaced": _clip(container="mov", video="mpeg2video", interlaced=True),
    "MOV, ProRes, 0.6 s": _clip(
        Expected(0.6), container="mov", video="prores_ks", audio="pcm_s16le", picture=0.6, sound=0.6
    ),
    "WebM as a browser records it": _clip(
        container="webm", video="libvpx", audio="libopus", colour="untagged", options="-live 1"
    ),
    "MKV that starts at 100 s": _clip(container="mkv", options="-output_ts_offset 100"),
    "MP4 in fragments": _clip(options="-movflags +frag_keyframe+empty_moov"),
    "MP4, sound 1 s late": _clip(Expected(5, late=1), late=1),
    "MKV, sound 1 s late": _clip(Expected(5, late=1), container="mkv", audio="libopus", late=1),
    "MP4, sound of 1.5 s": _clip(sound=1.5),
    "MP4, picture of 2.4 s, sound of 20 s": _clip(Expected(20), picture=2.4, sound=20),
    "MKV whose second track is the default": (_second_track, Expected(4)),
    "MP4 of one frame": (_one_frame, Expected(0.04)),
    "MP4 cut off before its index": (_cut(Clip().build, 0.7), MISSING),
    "MP4 cut off behind its index": (_cut(Clip(options="-movflags +faststart").build, 0.5), MISSING),
    "MP4 damaged in its middle": (_damaged, Expected(4)),
    "MP4 whose second half is empty": (_emptied, Expected(refused="damaged.*Upload it again")),
    "WebM of sound as a browser records it": _sound("a.webm", "-c:a", "libopus", "-live", 1),
    "WAV as RF64": _sound("a.wav", "-rf64", "always"),
    "AAC": _sound("a.aac"),
    "AAC with an ID3 tag": _sound("a.aac", "-write_id3v2", 1),
    "MP3 without a header": _sound("a.mp3", "-write_xing", 0),
    "AAC whose rate changes": (partial(_joined, ending="aac", codec="aac"), Expected(6.1)),
    "MP3 whose rate changes": (partial(_joined, ending="mp3", codec="libmp3lame"), Expected(6.1)),
}
