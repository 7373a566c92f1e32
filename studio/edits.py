"""Edits: an instruction applied to a draft that exists. Each changes what it says and nothing else."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.director import LONGEST_S, MUSIC_VOLUME, SHORTEST_S, TITLE_MS
from studio.draft import (
    AudioTrack,
    Canvas,
    Caption,
    CaptionSegment,
    Draft,
    Role,
    Sound,
    SoundSegment,
    Style,
    TextTrack,
)
from studio.language import Wish, read_instruction, read_seconds, without_quotes

_COLOURS = {
    "white": "#ffffff", "yellow": "#ffd84d", "red": "#ff5a52", "blue": "#6db3ff", "green": "#6fe08a",
    "orange": "#ffa24c", "pink": "#ff8fc0", "gold": "#f2c14e", "白色": "#ffffff", "黄色": "#ffd84d",
    "红色": "#ff5a52", "蓝色": "#6db3ff", "绿色": "#6fe08a", "橙色": "#ffa24c", "粉色": "#ff8fc0",
    "金色": "#f2c14e",
}  # fmt: skip
_TITLE = r"\b(?:titles?|headlines?|headings?|texts?|words?|captions?|fonts?|letters)\b|标题|文字|字体|字幕"
_MUSIC = r"\b(?:music|bgm|soundtrack|song|tune|beat|sound|audio)\b|音乐|配乐|声音"
_BIGGER = r"\b(?:bigger|larger|enlarge|increase|huge|big|large)\b|大一点|大一些|更大|放大|变大|加大"
_SMALLER = r"\b(?:smaller|reduce|decrease|shrink|tiny|small)\b|小一点|小一些|更小|缩小|变小"
_LOUDER = r"\b(?:louder|turn up|volume up|raise|increase)\b|大声|大一点|响一点|提高音量"
_QUIETER = r"\b(?:quieter|softer|turn down|volume down|lower|decrease|reduce)\b|小声|轻一点|小一点|降低音量"
_SHORTER = r"\b(?:shorter|shorten|trim|cut (?:it )?down|quicker)\b|短一点|短一些|更短|缩短"
_LONGER = r"\b(?:longer|lengthen|extend)\b|长一点|长一些|更长|延长"
_BY = re.compile(r"\bby\b|\boff\b|\d[\s-]*(?:s|secs?|seconds?) (?:shorter|longer)|秒(?:钟)?$")
_PERCENT = re.compile(r"(\d{1,3})\s*(?:%|percent|％)")  # noqa: RUF001 - full width is what Chinese keyboards type

Edit = Callable[[Draft, str, Wish], str | None]
"""Changes the draft in place and says what it did; `None` when the instruction does not ask for it."""


@dataclass(frozen=True)
class Edited:
    draft: Draft
    changes: Sequence[str]


def edit(draft: Draft, instruction: str) -> Edited | None:
    """The draft as the instruction wants it, or `None` when the instruction was not understood."""
    edited = draft.model_copy(deep=True)
    plain = without_quotes(instruction).lower()
    wish = read_instruction(instruction)
    changes = [change for apply in _EDITS if (change := apply(edited, plain, wish))]
    edited.tracks = [track for track in edited.tracks if track.segments]
    return Edited(edited, changes) if changes else None


def _change_aspect(draft: Draft, _plain: str, wish: Wish) -> str | None:
    if wish.aspect is None or wish.aspect == draft.canvas.aspect:
        return None
    width, height = wish.aspect.size
    draft.canvas = Canvas(width=width, height=height, fps=draft.canvas.fps, aspect=wish.aspect)
    return f"the format is now {wish.aspect}"


def _change_length(draft: Draft, plain: str, _wish: Wish) -> str | None:
    seconds, shorter, longer = read_seconds(plain), _says(plain, _SHORTER), _says(plain, _LONGER)
    if _says(plain, _TITLE) or (seconds is None and not shorter and not longer):
        return None
    now = draft.duration / 1000
    if seconds is None:
        wanted = now * (0.7 if shorter else 1.4)
    elif (shorter or longer) and _BY.search(plain):
        wanted = now - seconds if shorter else now + seconds
    else:
        wanted = seconds
    _stretch(draft, round(1000 * min(max(wanted, SHORTEST_S), LONGEST_S)))
    return f"the video now lasts {draft.duration / 1000:g} seconds"


def _stretch(draft: Draft, total: int) -> None:
    before = draft.duration

    def scaled(moment: int) -> int:
        return round(moment * total / before)

    for segment in [*draft.shots, *draft.sounds, *draft.captions]:
        # A text keeps its reading time as far as the video lasts; pictures and sounds share the new length.
        whole = segment.start == 0 and segment.end >= before
        end = scaled(segment.end)
        segment.start = scaled(segment.start)
        if isinstance(segment, CaptionSegment) and not whole:
            segment.duration = min(segment.duration, total - segment.start)
        else:
            segment.duration = max(end - segment.start, 1)
    draft.duration = total


def _remove_music(draft: Draft, _plain: str, wish: Wish) -> str | None:
    if not wish.without_music or not draft.sounds:
        return None
    draft.tracks = [track for track in draft.tracks if not isinstance(track, AudioTrack)]
    return "the music is gone"


def _add_or_change_music(draft: Draft, plain: str, wish: Wish) -> str | None:
    if wish.without_music or not _says(plain, _MUSIC):
        return None
    played = [sound for sound in draft.sounds if sound.meta.src is None]
    asked = re.search(r"\b(?:add|with|put|change|use|need|want)\b|加|换|配", plain)
    if played and wish.style and wish.style != played[0].meta.style:
        played[0].meta.style, played[0].meta.name = wish.style, wish.style
        return f"the music is now {wish.style}"
    if played or not asked:
        return None
    style = wish.style or Style.LOFI
    volume = MUSIC_VOLUME if not draft.sounds else MUSIC_VOLUME / 2
    music = SoundSegment(start=0, duration=draft.duration, meta=Sound(name=style, style=style, volume=volume))
    draft.tracks.append(AudioTrack(segments=[music]))
    return f"{style} music was added"


def _change_volume(draft: Draft, plain: str, wish: Wish) -> str | None:
    if (
        wish.without_music
        or not draft.sounds
        or not (_says(plain, _MUSIC) or "volume" in plain or "音量" in plain)
    ):
        return None
    if percent := _PERCENT.search(plain):
        volumes = [min(int(percent[1]), 100) / 100 for _ in draft.sounds]
    elif _says(plain, _LOUDER):
        volumes = [min(sound.meta.volume * 1.5, 1) for sound in draft.sounds]
    elif _says(plain, _QUIETER):
        volumes = [sound.meta.volume * 0.6 for sound in draft.sounds]
    else:
        return None
    for sound, volume in zip(draft.sounds, volumes, strict=True):
        sound.meta.volume = round(volume, 2)
    return f"the sound is now at {draft.sounds[0].meta.volume:.0%}"


def _remove_title(draft: Draft, _plain: str, wish: Wish) -> str | None:
    if not wish.without_title or not draft.captions:
        return None
    draft.tracks = [track for track in draft.tracks if not isinstance(track, TextTrack)]
    return "the texts are gone"


def _set_title(draft: Draft, plain: str, wish: Wish) -> str | None:
    if wish.without_title or not wish.quotes or not _says(plain, _TITLE) or _resizes(plain):
        return None
    # "change 'A' to 'B'": the last quotation is the new text.
    text = wish.quotes[-1]
    if title := _title(draft):
        title.meta.text = text
        return f"the title is now “{text}”"
    on_picture = draft.shots[0].meta.src is not None
    caption = Caption(text=text, role=Role.TITLE, scrim=on_picture)
    length = min(TITLE_MS, round(draft.duration * 0.45))
    draft.tracks.append(TextTrack(segments=[CaptionSegment(start=0, duration=length, meta=caption)]))
    return f"the title “{text}” was added"


def _resize_title(draft: Draft, plain: str, wish: Wish) -> str | None:
    if not draft.captions or not _says(plain, _TITLE) or not _resizes(plain):
        return None
    named = [caption for caption in draft.captions for quote in wish.quotes if quote in caption.meta.text]
    factor = 1.3 if _says(plain, _BIGGER) else 1 / 1.3
    chosen = named[0] if named else _title(draft) or draft.captions[0]
    chosen.meta.size = round(min(max(chosen.meta.size * factor, 0.25), 4), 2)
    return f"“{chosen.meta.text}” is now {'bigger' if factor > 1 else 'smaller'}"


def _time_title(draft: Draft, plain: str, _wish: Wish) -> str | None:
    seconds = read_seconds(plain)
    title = _title(draft)
    if title is None or not _says(plain, _TITLE):
        return None
    if seconds is None:
        factor = 1.5 if _says(plain, _LONGER) else 0.67 if _says(plain, _SHORTER) else None
        if factor is None:
            return None
        seconds = factor * title.duration / 1000
    title.duration = max(min(round(1000 * seconds), draft.duration - title.start), 500)
    return f"the title now shows for {title.duration / 1000:g} seconds"


def _colour_title(draft: Draft, plain: str, _wish: Wish) -> str | None:
    if not draft.captions or not _says(plain, _TITLE):
        return None
    colour = next(
        (name for name in _COLOURS if re.search(rf"\b{name}\b" if name.isascii() else name, plain)), None
    )
    if colour is None:
        return None
    (_title(draft) or draft.captions[0]).meta.colour = _COLOURS[colour]
    return f"the title is now {colour}"


_EDITS: tuple[Edit, ...] = (
    _change_aspect,
    _change_length,
    _remove_music,
    _add_or_change_music,
    _change_volume,
    _remove_title,
    _set_title,
    _resize_title,
    _time_title,
    _colour_title,
)


def _says(text: str, pattern: str) -> bool:
    return re.search(pattern, text) is not None


def _resizes(plain: str) -> bool:
    return _says(plain, _BIGGER) or _says(plain, _SMALLER)


def _title(draft: Draft) -> CaptionSegment | None:
    return next((caption for caption in draft.captions if caption.meta.role is Role.TITLE), None)
