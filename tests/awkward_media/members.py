"""Random clips: container, codecs, timing, geometry and colour, in every combination that exists."""

import random
from dataclasses import replace

from studio.media.items import Kind
from tests.awkward_media.ffmpeg import SECONDS, Clip, Turn
from tests.awkward_media.measuring import FPS, Measured

_VIDEOS = {
    "mp4": ("libx264", "libx265", "mpeg4", "libvpx-vp9"),
    "mov": ("libx264", "libx265", "prores_ks", "mjpeg"),
    "mkv": ("libx264", "libx265", "libvpx-vp9", "mpeg2video", "mjpeg"),
    "webm": ("libvpx", "libvpx-vp9"),
    "avi": ("mpeg4", "mjpeg", "libx264"),
}
_AUDIOS = {
    "mp4": ("aac", "libmp3lame", None),
    "mov": ("aac", "pcm_s16le", None),
    "mkv": ("libopus", "aac", "libvorbis", "flac", "libmp3lame", None),
    "webm": ("libopus", "libvorbis", None),
    "avi": ("libmp3lame", "pcm_s16le", None),
}
_OPTIONS = {
    "mp4": ("", "-movflags +faststart", "-movflags +frag_keyframe+empty_moov+default_base_moof"),
    "mov": ("", "-movflags +frag_keyframe+empty_moov"),
    "mkv": ("", "-live 1", "-output_ts_offset 100"),
    "webm": ("", "-live 1", "-output_ts_offset 7.5"),
    "avi": ("",),
}
# What these codecs and containers can say of their colours.
_COLOURS = {
    "libx264": ("bt709", "bt601", "full", "untagged"),
    "libx265": ("bt709", "bt601", "hlg", "pq"),
    "libvpx-vp9": ("bt709", "bt601"),
    "libvpx": ("untagged",),
    "mpeg4": ("untagged",),
    "mpeg2video": ("bt709", "bt601"),
    "mjpeg": ("jpeg",),
    "prores_ks": ("bt709", "bt601"),
}
_RATES = {"mpeg2video": (24, 25, 30, 60)}
_WITH_MATRIX, _WITH_TIMES = frozenset({"mp4", "mov"}), frozenset({"mp4", "mov", "mkv", "webm"})
_HDR = frozenset({"hlg", "pq"})
LARGEST_ERROR, LARGEST_HDR_ERROR = 3.0, 6.0
# Sound comes in frames of its own, and the film has frames of 40 ms.
LARGEST_SYNC_ERROR, LARGEST_LENGTH_ERROR = 0.05, 0.06


def member(seed: int) -> Clip:
    """Return the clip of a seed."""
    rng = random.Random(seed)  # noqa: S311 - a repeatable choice
    container = rng.choice(list(_VIDEOS))
    video = rng.choice(_VIDEOS[container])
    clip = Clip(
        container=container,
        video=video,
        audio=rng.choice(_AUDIOS[container]),
        fps=rng.choice(_RATES.get(video, (12, 24, 25, 30, 60))),
        colour=rng.choice(_COLOURS[video]),
        options=rng.choice(_OPTIONS[container]),
        interlaced=video in {"libx264", "mpeg2video"} and rng.random() < 0.2,
    )
    if container in _WITH_MATRIX and rng.random() < 0.5:
        clip = replace(clip, turn=Turn(*(rng.random() < 0.5 for _ in range(3))))
    elif container != "avi" and rng.random() < 0.3:
        clip = replace(clip, pixel=rng.choice(((4, 3), (8, 9), (2, 1))))
    if container in _WITH_TIMES and not clip.interlaced and rng.random() < 0.2:
        clip = replace(clip, irregular=True)
    timing = rng.choice(("plain", "plain", "late", "short sound", "short picture"))
    if clip.audio and timing == "late" and container in _WITH_TIMES:
        clip = replace(clip, late=0.5)
    elif clip.audio and timing == "short sound":
        clip = replace(clip, sound=1.5)
    elif clip.audio and timing == "short picture":
        clip = replace(clip, picture=2.4)
    if clip.colour == "untagged" and clip.video == "libx264" and rng.random() < 0.3:
        clip = replace(clip, colour="untagged-hd", size=(1280, 720))
    return clip


def wrong(clip: Clip, found: Measured) -> list[str]:
    """Return what came out of a clip that should not have."""
    problems = []
    # AVI's frames lie on a grid: its writer moves a picture by one to make room for an encoder's delay.
    moved = 1 / clip.fps if clip.container == "avi" else 0
    if found.probe.kind is not Kind.CLIP:
        problems.append(f"is {found.probe.kind}")
    if abs(found.probe.width / found.probe.height - 16 / 9) > 0.02:
        problems.append(f"has {found.probe.width}x{found.probe.height} pixels")
    if (error := length_error(clip, found)) > LARGEST_LENGTH_ERROR + 1 / clip.fps:
        problems.append(f"its length is {error:.3f} s off")
    largest = LARGEST_HDR_ERROR if clip.colour in _HDR else LARGEST_ERROR
    if found.colour_error is None or found.colour_error > largest:
        problems.append(f"its colours are {found.colour_error} off")
    if not found.flashes or abs(found.flashes[0] - 1) > 1 / FPS + 0.02 + moved:
        problems.append(f"it flashes at {found.flashes}")
    if clip.audio:
        sync = found.sync_error(clip.late)
        if sync is None or abs(sync) > LARGEST_SYNC_ERROR + moved:
            problems.append(f"its sound is {sync} s off: {found.flashes}, {found.beeps}")
        if len(found.beeps) != 1 + (clip.late + clip.sound > 3):
            problems.append(f"it beeps at {found.beeps}")
    return problems


def length(clip: Clip) -> float:
    """Return how many seconds a clip plays."""
    return max(clip.picture, clip.late + clip.sound if clip.audio else 0)


def length_error(clip: Clip, found: Measured) -> float:
    """Return how many seconds its length is off."""
    return abs(found.probe.duration / 1000 - length(clip))


def watched(clip: Clip) -> float:
    """Return how much of a clip is worth drawing."""
    return min(length(clip), SECONDS)
