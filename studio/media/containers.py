"""Clips and sounds in their containers: which reader, which tracks, where they begin and end.

Everything in the studio that plays a file does it through this module, so that picture and sound keep their
distance in time.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import UnsupportedFileError

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

    Track = av.VideoStream | av.AudioStream

_HEAD = 16
_ID3 = b"ID3"
_ADTS, _LAYER_THREE = ("aac", "aac"), ("mp3", "mpeg")
_SIGNATURES = (
    (rb"....ftypqt  ", ("mov", "quicktime")),
    # The brands left out are still pictures in the same container.
    (rb"....ftyp(?!hei|mif1|msf1|avi)", ("mov", "mp4")),
    (rb"....(?:moov|mdat|wide|free|skip|pnot)", ("mov", "quicktime")),
    (rb"RIFF....AVI ", ("avi", "x-msvideo")),
    (rb"(?:RIFF|RF64|BW64)....WAVE", ("wav", "wav")),
    (rb"\x1a\x45\xdf\xa3", ("matroska", "x-matroska")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", _ADTS),
    (rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]", _LAYER_THREE),
)
_MOST_TAGS = 8
# Streams without a container: their time stamps are guesses, the length of each packet is not.
_BARE = frozenset({"aac", "mp3"})
_ADTS_HEADER = 7
_ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
# FFmpeg's own decoders of these leave out the alpha channel.
_DECODERS_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_MEASURING_S = 20.0
INCOMPLETE = "it is incomplete: its end is missing. Upload it again"
DAMAGED_END = "it is damaged: its last pictures cannot be decoded. Upload it again"
DAMAGED = "it is damaged: nothing in it can be decoded. Upload it again"


def container_of(path: Path) -> tuple[str, str] | None:
    """Return the name of libavformat's reader and the media subtype, by the file's first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        tagged = head.startswith(_ID3)
        for _ in range(_MOST_TAGS):
            if not head.startswith(_ID3):
                break
            # What follows the tag decides. Each byte of its size holds seven bits.
            file.seek(
                10 + sum(byte << 7 * (3 - place) for place, byte in enumerate(head[6:10])) - len(head), 1
            )
            head = file.read(_HEAD)
    found = next((found for pattern, found in _SIGNATURES if re.match(pattern, head, re.DOTALL)), None)
    return (found if found == _ADTS else _LAYER_THREE) if tagged else found


def demuxer(path: Path) -> str | None:
    """Return the name of libavformat's reader for a clip or a sound; `None` for anything else.

    libavformat never guesses: it would also open playlists that name other files and addresses.
    """
    found = container_of(path)
    return found[0] if found else None


@dataclass(frozen=True)
class Opened:
    """An open file, and the tracks of it that are played."""

    container: "InputContainer"
    video: "av.VideoStream | None"
    audio: "av.AudioStream | None"
    zero: float
    """The time stamp, in seconds, at which picture or sound begins, whichever is first."""

    @property
    def is_bare(self) -> bool:
        """Whether the time stamps are the reader's guesses, because the file has none."""
        return self.container.format.name in _BARE

    @property
    def has_order_only(self) -> bool:
        """Whether frames follow one another without time stamps, as in AVI: the reader guesses when."""
        return self.container.format.name == "avi"

    def seconds(self, frame: "av.VideoFrame | av.AudioFrame", stream: "Track") -> float | None:
        """Return how long after the beginning a frame is; `None` where it has no time stamp.

        Filters give their frames another unit of time than the track has.
        """
        if frame.pts is None:
            return None
        return float(frame.pts * (frame.time_base or stream.time_base or 1)) - self.zero


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a clip or a sound.

    Raises:
        FFmpegError: it cannot be read.
    """
    import av  # noqa: PLC0415 - the studio starts without its heavy libraries

    with av.open(str(path), format=demuxer(path)) as container:
        # An album cover is a video stream too, but it does not play.
        videos = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        video, audio = _played(videos), _played(list(container.streams.audio))
        if video is not None:
            video.thread_type = "AUTO"
            # One thread: the others encode.
            video.thread_count = 1
        starts = [
            float(stream.start_time * (stream.time_base or 1))
            for stream in (video, audio)
            if stream is not None and stream.start_time is not None
        ]
        yield Opened(container, video, audio, min(starts, default=0.0))


def _played(streams: list[Any]) -> Any:  # noqa: ANN401 - a stream of the kind that was given
    """Return the default track as players choose it, among those that can be decoded."""
    usable = [stream for stream in streams if stream.codec_context is not None]
    return next((s for s in usable if s.disposition & s.disposition.default), next(iter(usable), None))


def decoded(file: Opened, stream: "Track") -> Iterator[Any]:
    """Decode a track from where the container stands. Damaged packets are left out, as players do."""
    import av  # noqa: PLC0415 - see above
    import av.error  # noqa: PLC0415

    with_alpha = _DECODERS_WITH_ALPHA.get(stream.codec_context.name)
    context: Any = stream.codec_context
    if with_alpha and stream.metadata.get("alpha_mode") == "1":
        context = av.CodecContext.create(with_alpha, "r")
    for packet in _packets(file, stream):
        try:
            frames = context.decode(packet)
        except (av.error.FFmpegError, ValueError):
            continue
        for frame in frames:
            if file.has_order_only and frame.dts is not None:
                frame.pts = frame.dts
            yield frame


def _packets(file: Opened, *streams: "Track") -> Iterator["av.Packet[Any]"]:
    """Read packets up to the end, or to where the container is damaged."""
    import av.error  # noqa: PLC0415 - see above

    try:
        yield from file.container.demux(*streams)
    except av.error.FFmpegError:
        return


@dataclass(frozen=True)
class Ends:
    """Seconds from where picture or sound begins."""

    picture: float
    whole: float
    """To where both have ended."""


def ends_of(path: Path) -> Ends:
    """Return how long a file plays.

    Headers may lie or say nothing, as those of live recordings do: every packet is looked at, without
    decoding. A file that takes too long is believed.

    Raises:
        UnsupportedFileError: it was cut off, so that its index names what is not there.
        FFmpegError: it cannot be read.
    """
    with opened(path) as file:
        streams = [stream for stream in (file.video, file.audio) if stream is not None]
        stop = time.monotonic() + _MEASURING_S
        ends = {"video": 0.0, "audio": 0.0}
        length = 0.0
        for packet in _packets(file, *streams):
            stamp = packet.dts if packet.pts is None or file.has_order_only else packet.pts
            if stamp is None or packet.is_discard:
                continue
            tick = float(packet.time_base)
            lasts = packet.duration * tick if packet.duration else _frame_length(packet.stream)
            if file.container.format.name == "aac":
                lasts = _adts_length(bytes(packet)) or lasts
            length += lasts
            kind = packet.stream.type
            ends[kind] = max(ends[kind], stamp * tick - file.zero + lasts)
            if time.monotonic() > stop:
                return Ends(ends["video"], max(*ends.values(), (file.container.duration or 0) / 1_000_000))
        if any(_beyond(stream, path.stat().st_size) for stream in streams):
            raise UnsupportedFileError(f"{INCOMPLETE}.")
        return Ends(ends["video"], length if file.is_bare else max(ends.values()))


def _frame_length(stream: Any) -> float:  # noqa: ANN401 - a video or audio stream
    return float(1 / stream.average_rate) if stream.type == "video" and stream.average_rate else 0.0


def _adts_length(packet: bytes) -> float:
    """Seconds of sound in an ADTS frame by its own header: the reader goes by the first frame's rate."""
    header = int.from_bytes(packet[:_ADTS_HEADER], "big")
    rate = header >> 34 & 15
    samples = 1024 * ((header & 3) + 1)
    return samples / _ADTS_RATES[rate] if len(packet) > _ADTS_HEADER and rate < len(_ADTS_RATES) else 0.0


def _beyond(stream: "Track", size: int) -> bool:
    """Whether a track's index ends after the file does."""
    entries = stream.index_entries
    return len(entries) > 0 and entries[len(entries) - 1].pos + entries[len(entries) - 1].size > size
