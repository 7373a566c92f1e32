"""Captions: the words of a draft, shown and spoken, as a WebVTT file.

As in `backend.draft`, any JSON object can be read, and what does not fit is skipped. A title is shown and a
voice is heard; the file has both, so that people who do not see or hear the video can follow it.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from pydantic import BaseModel, ConfigDict

from backend.draft import NAMES, SHORTEST_VIDEO_MS, TrackType, duration_ms
from backend.texts import whole_characters

SPOKEN: Final = ("speech", "transcript")
"""Assumption: the names under which a segment of sound has the words that are spoken in it."""

MOST_CUES: Final = 500
MOST_BYTES: Final = 50_000
"""Of all cues of a draft: they are stored with the version, as its draft is."""

LATEST_MS: Final = 24 * 60 * 60 * 1000

LONGEST_LINE: Final = 42
LINES: Final = 2
"""Of a part of what is spoken: the usual limits of captions. A text on screen keeps its own lines."""

READING_MS: Final = 300
"""For each word. Without spaces, two letters count as a word."""
_SHORT = 15
"""A sentence of fewer letters shares a cue with the next one."""

_LINE_BREAKS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_WIDE = ("W", "F")
_ENDS = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")  # noqa: RUF001 - Chinese punctuation
_WORDS = re.compile(r"\S+")
_LETTERS = re.compile(r"[\W_]+")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Cue(BaseModel):
    """A text, and when it is shown or heard. `text` has no empty lines and no control characters."""

    model_config = ConfigDict(frozen=True)

    start_ms: int
    end_ms: int
    text: str


def cues(draft: Mapping[str, object] | None) -> tuple[Cue, ...]:
    """Return the words of a draft in the order in which they begin; none where its times are unclear."""
    length = duration_ms(draft)
    if length < SHORTEST_VIDEO_MS:
        return ()
    tracks = _objects((draft or {}).get("t"))
    shown = _merged(_of_tracks(tracks, TrackType.TEXT, NAMES["text"], length))
    spoken = _of_tracks(tracks, TrackType.AUDIO, SPOKEN, length)
    ends = [*sorted(cue.start_ms for cue in spoken), length]
    heard = [
        part
        for cue in spoken
        if not _is_shown(cue, shown)
        for part in _parts(cue, next((end for end in ends if end > cue.start_ms), cue.end_ms))
    ]
    return tuple(_that_fit(_merged([*shown, *heard])))


def webvtt(found: Sequence[Cue], milliseconds: int) -> str:
    """Return a WebVTT file of what is seen or heard in a video of this length; empty where nothing is."""
    seen = [cue for cue in found if cue.start_ms < milliseconds]
    blocks = [
        f"{_moment(cue.start_ms)} --> {_moment(min(cue.end_ms, milliseconds))}\n"
        f"{cue.text.translate(_ESCAPES)}\n"
        for cue in seen
    ]
    return "\n".join(["WEBVTT\n", *blocks]) if blocks else ""


def _moment(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"


def _of_tracks(
    tracks: Sequence[Mapping[str, object]], kind: TrackType, names: Sequence[str], length: int
) -> list[Cue]:
    found = [track for track in tracks if track.get("tt") in (kind, str(kind.value))]
    return [cue for track in found for cue in _of_track(_segments(track), names, length)]


def _of_track(segments: Sequence[Mapping[str, object]], names: Sequence[str], length: int) -> Iterator[Cue]:
    """A segment without a start follows the one before; one without a length lasts until the next."""
    placed: list[tuple[int, int | None, str]] = []
    clock = 0
    for segment in segments:
        start, lasts = _number(segment, NAMES["start"]), _number(segment, ("d",))
        start = clock if start is None else start
        end = start + lasts if lasts else None
        clock = start if end is None else end
        placed.append((start, end, _text(segment, names)))
    placed.sort(key=lambda one: one[0])
    following = [start for start, _, _ in placed[1:]]
    for (start, end, text), then in zip(placed, [*following, length], strict=False):
        last = then if end is None else end
        if text and start < last:
            yield Cue(start_ms=start, end_ms=last, text=text)


def _merged(found: Sequence[Cue]) -> list[Cue]:
    """In order; the same text is one cue as long as it stays."""
    merged: list[Cue] = []
    latest: dict[str, int] = {}
    for cue in sorted(found, key=lambda cue: (cue.start_ms, cue.end_ms, cue.text)):
        place = latest.get(cue.text)
        if place is not None and cue.start_ms <= merged[place].end_ms:
            end = max(cue.end_ms, merged[place].end_ms)
            merged[place] = merged[place].model_copy(update={"end_ms": end})
            continue
        latest[cue.text] = len(merged)
        merged.append(cue)
    return merged


def _is_shown(spoken: Cue, shown: Sequence[Cue]) -> bool:
    """Whether the words are on screen while they are spoken, as captions are."""
    said = _LETTERS.sub("", spoken.text).lower()
    beside = (cue for cue in shown if cue.start_ms < spoken.end_ms and spoken.start_ms < cue.end_ms)
    return said in _LETTERS.sub("", "".join(cue.text for cue in beside)).lower()


def _parts(cue: Cue, latest: int) -> Iterator[Cue]:
    """Cut what is spoken into cues of few lines, one after the other.

    Each lasts as long as its share of the letters, but long enough to be read. What is spoken too fast stays
    until `latest`.
    """
    parts = _joined([part for text in _ENDS.split(cue.text.replace("\n", " ")) for part in _pieces(text)])
    needed = [READING_MS * _word_count(part) for part in parts]
    room = max(cue.end_ms, min(cue.start_ms + sum(needed), latest)) - cue.start_ms
    start = cue.start_ms
    for part, end in zip(parts, _shared_out(room, [len(part) for part in parts], needed), strict=True):
        if start < cue.start_ms + end:
            yield Cue(start_ms=start, end_ms=cue.start_ms + end, text=part)
        start = cue.start_ms + end


def _joined(parts: Sequence[str]) -> list[str]:
    """Short sentences with the next one, where both fit into the lines of a cue."""
    found: list[str] = []
    for part in parts:
        both = list(_pieces(f"{found[-1]} {part}".replace("\n", " "))) if found else []
        if found and _width(found[-1]) < _SHORT and len(both) == 1 and not _is_wide(part):
            found[-1] = both[0]
        else:
            found.append(part)
    return found


def _shared_out(room: int, letters: Sequence[int], needed: Sequence[int]) -> list[int]:
    """Where each part of a time ends: by letters, but none is shorter than needed if there is the time."""
    if sum(needed) >= room:
        letters, needed = needed, [0] * len(needed)
    fixed: set[int] = set()
    while True:
        left = room - sum(needed[index] for index in fixed)
        whole = max(sum(count for index, count in enumerate(letters) if index not in fixed), 1)
        lengths = [
            needed[index] if index in fixed else left * count / whole for index, count in enumerate(letters)
        ]
        short = {index for index, length in enumerate(lengths) if length < needed[index]}
        if not short:
            return [round(end) for end in accumulate(lengths)]
        fixed |= short


def _word_count(text: str) -> int:
    return max(len(text.split()), sum(map(_is_wide, text)) // 2)


def _pieces(sentence: str) -> Iterator[str]:
    lines: list[str] = []
    for word in _words(sentence):
        spaced = f"{lines[-1]}{'' if _is_wide(word) else ' '}{word}" if lines else word
        if lines and _width(spaced) <= LONGEST_LINE:
            lines[-1] = spaced
        else:
            lines.append(word)
    for number in range(0, len(lines), LINES):
        yield "\n".join(lines[number : number + LINES])


def _words(sentence: str) -> Iterator[str]:
    """Words, and letters of languages without spaces; no longer than a line."""
    for word in _WORDS.findall(sentence):
        step = 1 if _is_wide(word) else LONGEST_LINE
        yield from (word[first : first + step] for first in range(0, len(word), step))


def _is_wide(word: str) -> bool:
    return unicodedata.east_asian_width(word[0]) in _WIDE


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in _WIDE else 1 for letter in line)


def _that_fit(found: Sequence[Cue]) -> Iterator[Cue]:
    room = MOST_BYTES
    for cue in found[:MOST_CUES]:
        size = len(cue.text.encode())
        if size <= room:
            room -= size
            yield cue


def _objects(value: object) -> list[Mapping[str, object]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _segments(track: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The segments, each with its metadata on one level with its own fields."""
    found = _objects(track.get("sg"))
    metadata = [segment.get("m") for segment in found]
    return [
        {**beside, **segment} if isinstance(beside, Mapping) else segment
        for segment, beside in zip(found, metadata, strict=True)
    ]


def _text(segment: Mapping[str, object], names: Sequence[str]) -> str:
    """What can be seen of a text, line by line."""
    given = next((value for name in names if (value := segment.get(name)) not in (None, "")), "")
    if not isinstance(given, str):
        return ""
    lines = (_visible(line) for line in _LINE_BREAKS.split(whole_characters(given)))
    return "\n".join(line for line in lines if line)


def _visible(line: str) -> str:
    kept = (letter for letter in line if letter.isspace() or unicodedata.category(letter) != "Cc")
    return " ".join("".join(kept).split())


def _number(segment: Mapping[str, object], names: Sequence[str]) -> int | None:
    """Milliseconds; None for what is no time of a video."""
    given = next((value for name in names if (value := segment.get(name)) is not None), None)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= LATEST_MS:
        return None
    return round(given)
