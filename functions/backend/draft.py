"""Understanding a draft: the timeline the agent edits, as ``t``/``tt``/``sg``/``d``/``m``.

Tracks, track types, durations and metadata are in the vendor skill document. What a segment's metadata holds
is not; all assumptions about it are in the constants below. Any JSON object can be read: what does not
fit is skipped or left unknown, never an error.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from backend.assumptions import USERDATA_PREFIX
from backend.texts import whole_characters

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("s", "st", "start"),
    "name": ("name", "title", "filename", "content", "text"),
    "text": ("text", "content", "title", "name"),
    "volume": ("volume", "vol"),
    "aspect": ("aspect_ratio", "ratio"),
}
"""Assumption: the names under which a value is looked for, on the object itself and then in its ``m``.

Values that are not listed keep their own name. Times are milliseconds; a segment without a start follows the
one before it.
"""

APPEARANCE: Final = (
    *("color", "font", "size", "style", "position", "scale", "rotation", "opacity"),
    *("speed", "effect", "filter", "transition", "animation"),
)
"""Assumption: the properties of a segment that a viewer sees. Others (ids, addresses) go unnoticed."""

LOUDEST_FACTOR: Final = 2.0
"""Assumption: a volume up to here is a factor (0.35 is 35 %), above it a percentage."""

SHORTEST_VIDEO_MS: Final = 500
"""Assumption: nobody drafts a shorter video; the lengths have another unit then."""

LISTED_CLIPS: Final = 5
"""How many segments of one track a summary spells out."""


LONGEST_NAME: Final = 200
LISTED_TRACKS: Final = 20
LISTED_CHANGES: Final = 50
"""How much of a name, how many tracks and how many changes are spelled out."""

COMPARED_CLIPS: Final = 1000
"""Above it two drafts are not compared segment by segment: that takes time with the square of the number."""


class TrackType(IntEnum):
    """``tt`` of the vendor skill document."""

    VIDEO = 0
    AUDIO = 1
    TEXT = 7


LABELS: Final[Mapping[int | None, str]] = {
    TrackType.VIDEO: "Video",
    TrackType.AUDIO: "BGM",
    TrackType.TEXT: "Title",
}


def is_ready(draft: Mapping[str, object] | None) -> bool:
    """Whether the draft can be exported: a track has a segment (vendor skill document)."""
    return bool(_Draft.read(draft).clips)


def is_raw(draft: Mapping[str, object] | None) -> bool:
    """Whether generation is at its first stage: video, but neither music nor titles yet.

    The backend adds those on its own afterwards (vendor skill document).
    """
    types = {clip.type for clip in _Draft.read(draft).clips}
    return TrackType.VIDEO in types and not types & {TrackType.AUDIO, TrackType.TEXT}


def fingerprint(draft: Mapping[str, object] | None) -> str:
    """SHA-256 (hex) of the draft's canonical JSON; no draft and an empty one are the same."""
    canonical = json.dumps(draft or {}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def duration_ms(draft: Mapping[str, object] | None) -> int:
    """Length in milliseconds of the video the draft describes; 0 if it does not say.

    The end of the last video segment; without one, of the last segment of any type; else the draft's ``d``.
    """
    return round(_Draft.read(draft).length)


def length_range(draft: Mapping[str, object] | None) -> tuple[int, int] | None:
    """Return the shortest and the longest video that the draft allows, in milliseconds.

    A renderer may end with the picture or with the longest track, leave gaps out, and let clips overlap that
    are faded into each other. None when the draft is not clear: a segment has no length, runs at another
    speed, or has a place that follows from others alone; or the whole is too short for a video, as it is in
    seconds.
    """
    read = _Draft.read(draft)
    clips = read.clips
    pictures = [clip for clip in clips if clip.type == TrackType.VIDEO] or clips
    is_clear = all(clip.end is not None and "speed" not in clip.appearance for clip in clips)
    if not clips or not is_clear or not all(clip.is_placed for clip in pictures):
        return None
    joined = sum(clip.length for clip in pictures)
    ends = [max(clip.end or 0 for clip in pictures), max(clip.end or 0 for clip in clips)]
    lengths = [*ends, joined, *([read.d] if read.d else [])]
    if max(lengths) < SHORTEST_VIDEO_MS:
        return None
    return round(min(lengths) - sum(_fade(*pair) for pair in pairwise(pictures))), round(max(lengths))


def with_addresses(
    draft: Mapping[str, object], files: Sequence[Mapping[str, object]]
) -> tuple[dict[str, object], int]:
    """Replace every `src` on the backend's own disk by the `cdn_url` of the file with the same `s3_key`.

    Returns the draft, otherwise to the letter, and how many such `src` no file matches.
    """
    missing = 0

    def replaced(value: object, name: str = "") -> object:
        nonlocal missing
        if isinstance(value, Mapping):
            return {key: replaced(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [replaced(item, name) for item in value]
        if name == "src" and isinstance(value, str) and value.startswith(USERDATA_PREFIX):
            address = _address_of(value.removeprefix(USERDATA_PREFIX), files)
            missing += address is None
            return address or value
        return value

    return {key: replaced(item, str(key)) for key, item in draft.items()}, missing


def _address_of(path: str, files: Sequence[Mapping[str, object]]) -> str | None:
    keyed = [
        (key.lstrip("/"), str(file.get("cdn_url")))
        for file in files
        if isinstance(key := file.get("s3_key"), str) and key
    ]
    tests: tuple[Callable[[str], bool], ...] = (
        lambda key: key == path,
        lambda key: key.endswith(f"/{path}") or path.endswith(f"/{key}"),
        lambda key: key.rpartition("/")[2] == path.rpartition("/")[2],
    )
    for is_same in tests:
        found = {address for key, address in keyed if is_same(key)}
        if len(found) == 1:
            return found.pop()
    return None


def track_summary(draft: Mapping[str, object] | None) -> str:
    """The timeline in one line, in the form of the vendor skill document.

    ``Timeline (2 tracks): 1. Video: city timelapse (0-10s) 2. Title: "Urban Dreams" (0-3s)``
    """
    tracks = [clips for track in _Draft.read(draft).t if (clips := track.clips)]
    heading = f"Timeline ({len(tracks)} {'track' if len(tracks) == 1 else 'tracks'})"
    if not tracks:
        return heading
    listed = [f"{number}. {_listing(clips)}" for number, clips in enumerate(tracks, 1)]
    if len(listed) > LISTED_TRACKS:
        listed[LISTED_TRACKS:] = [f"and {len(listed) - LISTED_TRACKS} more"]
    return f"{heading}: " + " ".join(listed)


def title_of(draft: Mapping[str, object] | None) -> str | None:
    """Return the text on screen that a viewer reads first, in one line.

    Return None without a text in the first half: a text that is only at the end is not a title.
    """
    read = _Draft.read(draft)
    texts = [clip for clip in read.of_type(TrackType.TEXT) if clip.content and clip.start <= read.length / 2]
    return min(texts, key=lambda clip: clip.start).content if texts else None


def describe_changes(before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> list[str]:
    """What a viewer would notice between two drafts, one line each; empty when nothing.

    Segments are compared by what they show and when, within their track type: on which track the backend
    files them and under which id is not visible.
    """
    old, new = _Draft.read(before), _Draft.read(after)
    if len(old.clips) + len(new.clips) > COMPARED_CLIPS:
        return [f"Segments: {len(old.clips)} -> {len(new.clips)}"]
    lines: list[str] = []
    for track_type in dict.fromkeys(clip.type for clip in (*old.clips, *new.clips)):
        was, now = old.of_type(track_type), new.of_type(track_type)
        kept, changes = _compare(was, now)
        if track_type != TrackType.VIDEO:
            changes += _moves(kept)
        elif was and now:
            changes += _reordered(kept) + _resized("Video", old.length, new.length)
            # A cut clip pulls those behind it along: in the video, only a move on its own counts.
            changes = changes or _moves(kept)
        lines += dict.fromkeys(changes)
    if old.shape and new.shape and old.shape != new.shape:
        lines.append(f"Format changed: {old.shape} -> {new.shape}")
    if len(lines) > LISTED_CHANGES:
        lines[LISTED_CHANGES:] = [f"and {len(lines) - LISTED_CHANGES} more changes"]
    return lines


def _or_none(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError:
        return None


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _one_line(value: object) -> object:
    return _clipped(" ".join(whole_characters(value).split())) if isinstance(value, str) else value


def _clipped(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


_Number = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, WrapValidator(_or_none)]
_Words = Annotated[str | None, BeforeValidator(_one_line), WrapValidator(_or_none)]


@dataclass(frozen=True)
class _Clip:
    """A segment as a viewer meets it: times in milliseconds, volume a factor, None what is unknown."""

    type: int | None
    label: str
    content: str
    start: float
    end: float | None
    volume: float | None
    appearance: Mapping[str, object]
    is_placed: bool
    """Whether its start is its own, or that of a track's first segment."""

    @property
    def length(self) -> float:
        return 0 if self.end is None else self.end - self.start

    @property
    def span(self) -> str:
        return "" if self.end is None else f"{_seconds(self.start)}-{_seconds(self.end)}s"

    @property
    def loudness(self) -> str:
        return "" if self.volume is None else f"{self.volume:.0%}"

    @property
    def details(self) -> str:
        known = [detail for detail in (self.span, self.loudness) if detail]
        return f" ({', '.join(known)})" if known else ""

    def named(self, mark: str = "'") -> str:
        """What it shows, between quotation marks if the words themselves are on screen."""
        if not self.content:
            return "unnamed"
        return f"{mark}{self.content}{mark}" if self.type == TrackType.TEXT else self.content


@dataclass(frozen=True)
class _Kept:
    """A segment that is in both drafts, and how to speak of it."""

    subject: str
    was: _Clip
    now: _Clip


class _Part(BaseModel):
    """A piece of a draft: its own fields and those of its ``m`` on one level, under the names of `NAMES`."""

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, data: Mapping[str, object]) -> dict[str, object]:
        metadata = data.get("m")
        places = (metadata, data) if isinstance(metadata, Mapping) else (data,)
        flat = {name: value for place in places for name, value in place.items() if value not in (None, "")}
        return flat | {
            field: next((flat[name] for name in NAMES.get(field, (field,)) if name in flat), None)
            for field in cls.model_fields
        }


class _Segment(_Part):
    model_config = ConfigDict(extra="allow")

    start: _Number = None
    d: _Number = None
    name: _Words = None
    text: _Words = None
    volume: _Number = None

    def content(self, track_type: int | None) -> str:
        return (self.text if track_type == TrackType.TEXT else self.name) or ""


class _Track(_Part):
    tt: Annotated[int | None, WrapValidator(_or_none)] = None
    sg: Annotated[tuple[_Segment, ...], BeforeValidator(_objects)] = ()
    name: _Words = None
    volume: _Number = None

    @cached_property
    def clips(self) -> list[_Clip]:
        """The segments by start. The track's own name labels them, or names them when they have no names."""
        contents = [segment.content(self.tt) for segment in self.sg]
        label = LABELS.get(self.tt, "Track")
        if self.name and any(contents):
            label = self.name
        elif self.name and self.name != label:
            contents = [self.name] * len(contents)
        clips: list[_Clip] = []
        clock = 0.0
        for segment, content in zip(self.sg, contents, strict=True):
            start = clock if segment.start is None else segment.start
            end = start + segment.d if segment.d else None
            clock = start if end is None else end
            volume = self.volume if segment.volume is None else segment.volume
            appearance = {
                name: value for name, value in (segment.model_extra or {}).items() if name in APPEARANCE
            }
            is_placed = segment.start is not None or not clips
            clips.append(_Clip(self.tt, label, content, start, end, _factor(volume), appearance, is_placed))
        return sorted(clips, key=lambda clip: clip.start)


class _Draft(_Part):
    t: Annotated[tuple[_Track, ...], BeforeValidator(_objects)] = ()
    d: _Number = None
    width: _Number = None
    height: _Number = None
    aspect: _Words = None

    @classmethod
    def read(cls, draft: Mapping[str, object] | None) -> Self:
        return cls.model_validate(draft or {})

    @cached_property
    def clips(self) -> list[_Clip]:
        return [clip for track in self.t for clip in track.clips]

    @property
    def length(self) -> float:
        ends = [(clip.end or 0, clip.type) for clip in self.clips]
        video = max((end for end, track_type in ends if track_type == TrackType.VIDEO), default=0)
        return video or max((end for end, _ in ends), default=0) or self.d or 0

    @property
    def shape(self) -> str:
        return f"{self.width:.0f}x{self.height:.0f}" if self.width and self.height else self.aspect or ""

    def of_type(self, track_type: int | None) -> list[_Clip]:
        return [clip for clip in self.clips if clip.type == track_type]


def _fade(one: _Clip, other: _Clip) -> float:
    """How much shorter the video may become where one clip is faded into the next: half of the shorter."""
    has_transition = "transition" in one.appearance or "transition" in other.appearance
    return min(one.length, other.length) / 2 if has_transition else 0


def _factor(volume: float | None) -> float | None:
    return volume / 100 if volume is not None and volume > LOUDEST_FACTOR else volume


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.2f}".rstrip("0").rstrip(".")


def _listing(clips: Sequence[_Clip]) -> str:
    listed = [clip.named(mark='"') + clip.details for clip in clips]
    if len(listed) > LISTED_CLIPS:
        listed[LISTED_CLIPS:] = [f"and {len(listed) - LISTED_CLIPS} more"]
    return f"{clips[0].label}: {', '.join(listed)}"


def _compare(old: Sequence[_Clip], new: Sequence[_Clip]) -> tuple[list[_Kept], list[str]]:
    """The segments of one track type that stayed, and what changed but for their place."""
    lost, gained = list(old), list(new)
    kept = _pair(lost, gained, lambda was, now: was.content == now.content and was.span == now.span)
    kept += _pair(lost, gained, lambda was, now: was.content == now.content)
    replaced = _pair(lost, gained, _replaces)
    staying = [_Kept(_subject(was, now, old, new), was, now) for was, now in kept]
    lines = [f"{now.label} changed: {was.named()} -> {now.named()}{now.details}" for was, now in replaced]
    lines += [f"{clip.label} added: {clip.named()}{clip.details}" for clip in gained]
    lines += [f"{clip.label} removed: {clip.named()}" for clip in lost]
    return staying, lines + [line for item in staying for line in _adjustments(item)]


def _pair(
    lost: list[_Clip], gained: list[_Clip], alike: Callable[[_Clip, _Clip], bool]
) -> list[tuple[_Clip, _Clip]]:
    """Take segments that are `alike` out of both lists, two by two."""
    pairs = []
    for was in tuple(lost):
        now = next((clip for clip in gained if alike(was, clip)), None)
        if now:
            lost.remove(was)
            gained.remove(now)
            pairs.append((was, now))
    return pairs


def _replaces(was: _Clip, now: _Clip) -> bool:
    overlap = was.start < (now.end or now.start) and now.start < (was.end or was.start)
    return was.label == now.label and (overlap or was.start == now.start)


def _subject(was: _Clip, now: _Clip, old: Sequence[_Clip], new: Sequence[_Clip]) -> str:
    only = [clip.label for clip in old].count(was.label) == [clip.label for clip in new].count(now.label) == 1
    return now.label if only else f"{now.label} {now.named()}"


def _adjustments(kept: _Kept) -> list[str]:
    subject, was, now = kept.subject, kept.was, kept.now
    lines = _resized(subject, was.length, now.length)
    if now.loudness and was.loudness != now.loudness:
        change = f"{was.loudness} -> {now.loudness}" if was.loudness else f"set to {now.loudness}"
        lines.append(f"{subject} volume {change}")
    for name in APPEARANCE:
        a, b = was.appearance.get(name), now.appearance.get(name)
        if a != b:
            is_shown = isinstance(a, str | int | float) and isinstance(b, str | int | float)
            lines.append(f"{subject} {name} {a} -> {b}" if is_shown else f"{subject} {name} changed")
    return lines


def _moves(kept: Sequence[_Kept]) -> list[str]:
    return [
        f"{item.subject} moved from {_seconds(item.was.start)}s to {_seconds(item.now.start)}s"
        for item in kept
        if _seconds(item.was.start) != _seconds(item.now.start)
    ]


def _reordered(kept: Sequence[_Kept]) -> list[str]:
    by_old = sorted(kept, key=lambda item: (item.was.start, item.now.start))
    by_new = sorted(kept, key=lambda item: (item.now.start, item.was.start))
    starts = [item.now.start for item in by_old]
    if starts == sorted(starts):
        return []
    return [f"Video order changed: {', '.join(item.now.named() for item in by_new)}"]


def _resized(subject: str, was: float, now: float) -> list[str]:
    old, new = _seconds(was), _seconds(now)
    if not was or not now or old == new:
        return []
    return [f"{subject} {'shortened' if now < was else 'lengthened'} from {old}s to {new}s"]
