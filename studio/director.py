"""The director: turns an instruction and the media of a session into a draft."""

import colorsys
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from studio.draft import (
    AudioTrack,
    Canvas,
    Caption,
    CaptionSegment,
    Draft,
    Move,
    Role,
    Shot,
    ShotSegment,
    Sound,
    SoundSegment,
    TextTrack,
    Track,
    VideoTrack,
)
from studio.draft import Style as MusicStyle
from studio.language import Aspect, Wish
from studio.media import Kind, Media

SHORTEST_S, LONGEST_S = 3, 60
MUSIC_VOLUME = 0.35
MUSIC_UNDER_SOUND_VOLUME = 0.15
CROSSFADE_MS = 500
TITLE_MS = 3200
# A picture this much taller than wide is a screenshot of a page, to be scrolled.
PAGE_RATIO = 2.0

_PALETTES = (
    ("#1b2450", "#5b2a86"),
    ("#0b3b4a", "#1f6f6b"),
    ("#3a1c3f", "#a03a5b"),
    ("#14213d", "#2a5a9c"),
    ("#2b2118", "#8a4b2a"),
    ("#12332b", "#3f7a3f"),
)
# Names that cameras, phones and programs give, and words that say nothing of what a file shows.
_CAMERA_NAMES = re.compile(
    r"^(?:img|dsc[nf]?|pxl|vid|mov|screen ?shot|screen|capture|image|photo|picture|pic|video|clip|movie|audio"
    r"|sound|page|full page|file|input|upload|download|untitled|unnamed|scan|tall|test|example|sample|source"
    r"|original|[0-9a-f]{6,}|\W|\d|at|am|pm|copy|final)+$"
)
_SHORTEST_NAME = 3
_SHORT_TEXT = 48


@dataclass(frozen=True)
class _Scene:
    shot: Shot
    weight: float = 1
    caption: Caption | None = None


@dataclass(frozen=True)
class _Storyboard:
    scenes: Sequence[_Scene]
    title: str | None = None
    closing: str | None = None
    seconds: float = 8
    sounds: Sequence[Sound] = field(default_factory=tuple)


def direct(wish: Wish, media: Sequence[Media]) -> Draft | None:
    """A finished draft, or `None` where there is nothing to make a video from."""
    board = _storyboard(wish, media)
    if board is None:
        return None
    seconds = wish.seconds if wish.seconds is not None else board.seconds
    total = round(1000 * min(max(seconds, SHORTEST_S), LONGEST_S))
    aspect = wish.aspect or Aspect.WIDE
    width, height = aspect.size
    shots = _cut(board.scenes, total)
    tracks: list[Track] = [VideoTrack(segments=shots)]
    if sounds := _soundtrack(wish, board.sounds, total):
        tracks.append(AudioTrack(segments=sounds))
    if captions := _captions(wish, board, shots, total):
        tracks.append(TextTrack(segments=captions))
    return Draft(tracks=tracks, duration=total, canvas=Canvas(width=width, height=height, aspect=aspect))


def _storyboard(wish: Wish, media: Sequence[Media]) -> _Storyboard | None:
    pictures = [item for item in media if item.kind is not Kind.AUDIO]
    tracks = [item for item in media if item.kind is Kind.AUDIO]
    sounds = [Sound(name=item.name, src=item.id, volume=1) for item in tracks]
    pages = [item.page for item in pictures if item.page is not None]
    named = next((name for item in media if (name := readable_name(item.name))), None)
    title = next(iter(wish.quotes), None) or (pages[0].title if pages else None) or wish.topic or named
    more = [_body(quote) for quote in wish.quotes[1:]]
    if not pictures and not (sounds or wish.quotes or wish.topic):
        return None
    if not pictures:
        colours = palette(title or "")
        texts: list[Caption | None] = [None, *more]
        scenes = [
            _Scene(Shot(name="Card", colours=colours, move=Move.ZOOM_IN), caption=text) for text in texts
        ]
        return _Storyboard(scenes, title, seconds=max(8, 3 * len(scenes)), sounds=sounds)

    scenes = [scene for index, item in enumerate(pictures) for scene in _scenes_of(item, index)]
    scenes = [
        _Scene(scene.shot, scene.weight, scene.caption or caption)
        for scene, caption in zip(scenes, [None, *_lower_thirds(more), *[None] * len(scenes)], strict=False)
    ]
    clips = [item for item in pictures if item.kind is Kind.CLIP]
    if not sounds:
        sounds = [Sound(name=item.name, src=item.id, volume=1) for item in clips[:1] if item.has_sound]
    seconds = max(8.0, 3.0 * len(scenes))
    if len(pictures) == 1 and clips:
        seconds = min(max(clips[0].duration / 1000, SHORTEST_S), 20)
    return _Storyboard(scenes, title, pages[0].domain if pages else None, seconds, sounds)


def _scenes_of(media: Media, index: int) -> list[_Scene]:
    if media.kind is Kind.CLIP:
        return [_Scene(Shot(name=media.name, src=media.id), weight=max(1, min(media.duration / 4000, 4)))]
    page = media.page
    if page is None:
        return [_picture(media, index)]
    colours = palette(page.domain, page.colour)
    card = Shot(name="Card", colours=colours, move=Move.ZOOM_IN)
    scenes = [_picture(media, index) if media.path else _Scene(card)]
    if page.description:
        scenes.append(_Scene(card, caption=_body(page.description)))
    return [*scenes, _Scene(card, weight=0.8)]


def _picture(media: Media, index: int) -> _Scene:
    if media.height >= PAGE_RATIO * media.width:
        return _Scene(
            Shot(name=media.name, src=media.id, move=Move.SCROLL, colours=palette(media.name)), weight=1.8
        )
    return _Scene(Shot(name=media.name, src=media.id, move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN))


def _body(text: str) -> Caption:
    """A text that has a card to itself: the shorter, the larger."""
    return Caption(text=text, role=Role.BODY, size=1.5 if len(text) <= _SHORT_TEXT else 1, scrim=False)


def _lower_thirds(captions: Sequence[Caption]) -> list[Caption]:
    return [caption.model_copy(update={"role": Role.LOWER_THIRD, "size": 1.0}) for caption in captions]


def _cut(scenes: Sequence[_Scene], total: int) -> list[ShotSegment]:
    """Share the video's length out by weight; the last scene takes what rounding left."""
    sum_of_weights = sum(scene.weight for scene in scenes)
    shots: list[ShotSegment] = []
    reached = 0.0
    for index, scene in enumerate(scenes):
        start = round(total * reached / sum_of_weights)
        reached += scene.weight
        end = round(total * reached / sum_of_weights)
        fade = min(CROSSFADE_MS, (end - start) // 3) if index else 0
        shots.append(
            ShotSegment(start=start, duration=end - start, meta=scene.shot.model_copy(update={"fade": fade}))
        )
    return shots


def _soundtrack(wish: Wish, sounds: Sequence[Sound], total: int) -> list[SoundSegment]:
    uploaded = [SoundSegment(start=0, duration=total, meta=sound) for sound in sounds[:1]]
    # An uploaded piece of music stands for itself; so does a clip's own sound when no music is asked for.
    if wish.without_music or (sounds and wish.style is None):
        return uploaded
    style = wish.style or MusicStyle.LOFI
    volume = MUSIC_UNDER_SOUND_VOLUME if sounds else MUSIC_VOLUME
    music = Sound(name=style, style=style, volume=volume)
    return [*uploaded, SoundSegment(start=0, duration=total, meta=music)]


def _captions(
    wish: Wish, board: _Storyboard, shots: Sequence[ShotSegment], total: int
) -> list[CaptionSegment]:
    if wish.without_title:
        return []
    captions = []
    if board.title:
        first = shots[0]
        # On a card the title is all there is to see; over a picture it makes room for it.
        length = (
            first.duration
            if first.meta.src is None
            else min(TITLE_MS, round(total * 0.45), round(first.duration * 0.6))
        )
        title = Caption(text=board.title, role=Role.TITLE, scrim=first.meta.src is not None)
        captions.append(CaptionSegment(start=0, duration=length, meta=title))
    captions += [
        CaptionSegment(start=shot.start, duration=shot.duration, meta=scene.caption)
        for scene, shot in zip(board.scenes, shots, strict=True)
        if scene.caption
    ]
    if board.closing and len(shots) > 1:
        last = shots[-1]
        closing = Caption(text=board.closing, role=Role.CLOSING, scrim=last.meta.src is not None)
        captions.append(CaptionSegment(start=last.start, duration=last.duration, meta=closing))
    return captions


def readable_name(filename: str) -> str | None:
    """A title out of a file's name, if a person gave it: `summer_sale.png` → `Summer sale`."""
    words = re.sub(r"[\W_]+", " ", PurePath(filename).stem).strip()
    if len(words) < _SHORTEST_NAME or _CAMERA_NAMES.match(words.lower()):
        return None
    return words[0].upper() + words[1:]


def palette(text: str, theme: str | None = None) -> tuple[str, str]:
    """Two colours for a card, dark enough for white text: from a theme colour, or chosen by the text."""
    if theme is None:
        return _PALETTES[zlib.crc32(text.encode()) % len(_PALETTES)]
    red, green, blue = (int(theme[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    dark = colorsys.hls_to_rgb(hue, min(lightness, 0.14), min(saturation, 0.7))
    bright = colorsys.hls_to_rgb((hue - 0.02) % 1, min(max(lightness, 0.22), 0.34), min(saturation, 0.7))
    return _hex(dark), _hex(bright)


def _hex(colour: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
