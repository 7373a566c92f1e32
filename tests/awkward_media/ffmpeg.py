"""Clips and sounds as FFmpeg makes them: a card of four colours that flashes white while a tone beeps."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw

WIDTH, HEIGHT, SECONDS = 320, 180, 4.0
QUARTERS = ((220, 40, 40), (40, 180, 60), (40, 70, 220), (240, 220, 60))
FLASHES = (1.0, 3.0)
LONG = 0.2
_LETTER = ((0.45, 0.3, 0.49, 0.7), (0.45, 0.3, 0.6, 0.37), (0.45, 0.48, 0.56, 0.55))


def card(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Four quarters of red, green, blue and yellow, and a letter F: each turn and each mirror changes it."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for place, colour in enumerate(QUARTERS):
        x, y = place % 2 * width // 2, place // 2 * height // 2
        draw.rectangle((x, y, x + width // 2, y + height // 2), colour)
    for left, top, right, bottom in _LETTER:
        edges = round(left * width), round(top * height), round(right * width) - 1, round(bottom * height) - 1
        draw.rectangle(edges, (255, 255, 255))
    return picture


def run(*arguments: object) -> None:
    """Run FFmpeg's program.

    Raises:
        RuntimeError: it failed. The message is what it said.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-v", "error", "-nostdin", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command[5:])}: {ended.stderr[-1000:]}")


@dataclass(frozen=True)
class Turn:
    """How stored pixels become shown ones: first rows become columns, then left right, then top bottom."""

    transposed: bool = False
    mirrored: bool = False
    flipped: bool = False

    def stored(self) -> list[str]:
        """Return the filters that make stored pixels of shown ones."""
        steps = ((self.flipped, "vflip"), (self.mirrored, "hflip"), (self.transposed, "transpose=0"))
        return [name for wanted, name in steps if wanted]

    def matrix(self) -> bytes:
        """Return the matrix of an MP4's track header."""
        across, down = (-1 if self.mirrored else 1), (-1 if self.flipped else 1)
        a, b, c, d = (0, down, across, 0) if self.transposed else (across, 0, 0, down)
        values = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
        return b"".join(value.to_bytes(4, "big", signed=True) for value in values)


UPRIGHT = Turn()
# Filters and options for each kind of colours.
_LIMITED = "scale=out_color_matrix={0}:out_range={1},format={2}"
_TAGS = "-colorspace {0} -color_primaries {1} -color_trc {2} -color_range {3}"
_HDR = "format=gbrp,zscale=min=gbr:pin=709:tin=709:p=2020:t={0}:m=2020_ncl:npl=203,format=yuv420p10le"
COLOURS = {
    "bt709": (_LIMITED.format("bt709", "tv", "yuv420p"), _TAGS.format("bt709", "bt709", "bt709", "tv")),
    "bt601": (
        _LIMITED.format("bt601", "tv", "yuv420p"),
        _TAGS.format("smpte170m", "smpte170m", "smpte170m", "tv"),
    ),
    "full": (_LIMITED.format("bt709", "pc", "yuv420p"), _TAGS.format("bt709", "bt709", "bt709", "pc")),
    "untagged": (_LIMITED.format("bt601", "tv", "yuv420p"), ""),
    "untagged-hd": (_LIMITED.format("bt709", "tv", "yuv420p"), ""),
    "jpeg": (_LIMITED.format("bt601", "pc", "yuv420p"), "-color_range pc"),
    "hlg": (_HDR.format("arib-std-b67"), _TAGS.format("bt2020nc", "bt2020", "arib-std-b67", "tv")),
    "pq": (_HDR.format("smpte2084"), _TAGS.format("bt2020nc", "bt2020", "smpte2084", "tv")),
}
_QUALITY = {
    "libx264": "-preset ultrafast -crf 8",
    "libx265": "-preset ultrafast -crf 8 -x265-params log-level=none:bframes=0 -tag:v hvc1",
    "libvpx": "-deadline realtime -cpu-used 8 -b:v 4M -auto-alt-ref 0",
    "libvpx-vp9": "-deadline realtime -cpu-used 8 -b:v 4M -auto-alt-ref 0",
    "mpeg4": "-q:v 2",
    "mjpeg": "-q:v 2 -strict unofficial",
    "mpeg2video": "-q:v 2",
    "prores_ks": "-profile:v 3 -pix_fmt yuv422p10le",
}


@dataclass(frozen=True)
class Clip:
    """A clip to make. Lengths are seconds.

    Attributes:
        pixel: a pixel's width and height.
        late: how much later the sound begins than the picture.
        options: of the container, as FFmpeg's command line takes them.
    """

    container: str = "mp4"
    video: str = "libx264"
    audio: str | None = "aac"
    fps: int = 25
    picture: float = SECONDS
    sound: float = SECONDS
    late: float = 0
    size: tuple[int, int] = (WIDTH, HEIGHT)
    pixel: tuple[int, int] = (1, 1)
    turn: Turn = UPRIGHT
    colour: str = "bt709"
    interlaced: bool = False
    irregular: bool = False
    options: str = ""

    def build(self, folder: Path) -> Path:
        """Make the clip in a folder."""
        source, path = folder / "card.png", folder / f"clip.{self.container}"
        card(*self.size).save(source)
        chosen, tags = COLOURS[self.colour]
        between = "+".join(f"between(t,{start},{start + LONG - 0.01})" for start in FLASHES)
        steps = [f"drawbox=color=white:t=fill:enable='{between}'", *self.turn.stored()]
        if self.pixel != (1, 1):
            wide, high = self.pixel
            steps.append(f"scale=iw*{high}/{wide}:ih,setsar={wide}/{high}")
        if self.irregular:
            # The frames at which it begins to flash stay.
            kept = self.fps // (5 if self.fps % 5 == 0 else 4)
            steps.append(f"select='gt(t,2)+not(mod(n,{kept}))'")
        steps.append(chosen)
        arguments = ["-loop", 1, "-framerate", self.fps, "-t", self.picture, "-i", source]
        if self.audio:
            silent = "*".join(f"not(between(t,{start},{start + LONG}))" for start in FLASHES)
            tone = f"sine=frequency=1000:sample_rate=48000,volume=0:enable='{silent}':eval=frame"
            arguments += ["-itsoffset", self.late, "-f", "lavfi", "-t", self.sound, "-i", tone]
            arguments += ["-map", 1, "-c:a", self.audio, "-ac", 2, "-strict", "experimental"]
        arguments += ["-map", "0:v", "-vf", ",".join(steps), "-c:v", self.video]
        arguments += [*_QUALITY.get(self.video, "").split(), *tags.split()]
        arguments += ["-fps_mode", "passthrough" if self.irregular else "cfr"]
        if self.interlaced:
            arguments += ["-flags", "+ildct+ilme", "-field_order", "tt"]
        run(*arguments, *self.options.split(), path)
        if self.turn != UPRIGHT:
            _turn(path, self.turn)
        return path


def _turn(path: Path, turn: Turn) -> None:
    """Write the matrix into the header of the track that has a size: sound has none."""
    content = bytearray(path.read_bytes())
    place = content.find(b"tkhd")
    while place >= 0:
        # Version 0: the matrix lies 44 bytes after the box's name, the track's size behind it.
        if any(content[place + 80 : place + 88]):
            content[place + 44 : place + 80] = turn.matrix()
        place = content.find(b"tkhd", place + 4)
    path.write_bytes(content)


def sound(
    path: Path, *options: object, seconds: float = SECONDS, rate: int = 48_000, channels: int = 2
) -> Path:
    """Make a sound that beeps as clips do."""
    silent = "*".join(f"not(between(t,{start},{start + LONG}))" for start in FLASHES)
    tone = f"sine=frequency=1000:sample_rate={rate},volume=0:enable='{silent}':eval=frame"
    run("-f", "lavfi", "-t", seconds, "-i", tone, "-ac", channels, *options, path)
    return path
