# ruff: noqa: RUF001 - Chinese punctuation
"""Captions: what a voice says, else the lines of the message that are not on screen, burned into the film.

They stand at the lower edge, where everything else leaves room for them (`Canvas.captions`).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise

from studio.director.operation import NotPossibleError, Said
from studio.director.timeline import drop_empty_tracks, in_order
from studio.draft import Canvas, Caption, CaptionSegment, Draft, Role, TextTrack, TrackMeta, speaking_ms
from studio.line_breaks import NO_LINE_STARTS
from studio.media.items import Page, Part

LINES = 2
LONGEST_LINE, LONGEST_LINE_SQUARE, LONGEST_LINE_UPRIGHT = 42, 28, 24
"""Letters, of which a Chinese or Japanese one counts as two. The narrower the canvas, the fewer fit."""
READING_MS, SHORTEST_MS, _COMFORTABLE_MS = 300, 1200, 2500
"""For each word, for any caption, and for one that has the time."""
APPEARING_MS = 250
_MESSAGE = {Role.TITLE, Role.BODY, Role.LOWER_THIRD}
_LARGER_UPRIGHT = 1.15
_LONGEST_MS = 6000
"""Words that are read by then are not left on screen, unless something else is said."""
_SHORT = 15
"""A sentence with fewer letters shares a caption with the next one."""
_SENTENCES = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n")
_CLAUSES = re.compile(r"(?<=[,;:–—])\s+|(?<=[，；：、])(?=.)")
_UNITS = re.compile(r"\S+")
_LETTERS = re.compile(r"[\W_]+")
_PUSHING_MS = 600
"""How long after its scene a text begins at most, when the scene pushes the one before out."""
_MOST_OFFERS = 4
_FEWEST = 4
"""Letters of a line that says something."""


@dataclass(frozen=True)
class AddCaptions:
    """Captions in the place of those that there are.

    Attributes:
        lines: What there is to say besides what the film shows.
    """

    lines: tuple[str, ...] = ()

    def apply(self, draft: Draft) -> Said:
        before = [text.meta for text in draft.captions if text.meta.role is Role.CAPTION]
        new = list(_spoken(draft)) or list(_silent(draft, self.lines))
        if not new:
            remove_captions(draft)
            raise NotPossibleError(
                "captions (all the words are on the screen already)", "字幕（所有文字已在画面上）"
            )
        remove_captions(draft)
        draft.canvas = draft.canvas.model_copy(update={"captions": True})
        upright = draft.canvas.height > draft.canvas.width
        usual = Caption(
            text="-", role=Role.CAPTION, size=_LARGER_UPRIGHT if upright else 1, fade=APPEARING_MS
        )
        looks = before[0] if before else usual
        segments = [
            CaptionSegment(start=start, duration=end - start, meta=looks.model_copy(update={"text": text}))
            for start, end, text in new
        ]
        draft.tracks.append(TextTrack(segments=segments, meta=TrackMeta(name="Captions")))
        return Said("captions were added", "已添加字幕")


def remove_captions(draft: Draft) -> None:
    """Take captions out, and their room with them."""
    for track in draft.tracks:
        if isinstance(track, TextTrack):
            track.segments = [text for text in track.segments if text.meta.role is not Role.CAPTION]
    drop_empty_tracks(draft)
    draft.canvas = draft.canvas.model_copy(update={"captions": False})


def renew_captions(draft: Draft, before: Draft) -> None:
    """Set the captions of an edited draft again, where the edit has changed what they depend on."""
    had = [text for text in _in_time(before) if text.meta.role is Role.CAPTION]
    if not had or not before.canvas.captions:
        return
    if not any(text.meta.role is Role.CAPTION for text in draft.captions):
        remove_captions(draft)
    elif _depends_on(draft) != _depends_on(before):
        try:
            AddCaptions(tuple(" ".join(text.meta.text.split("\n")) for text in had)).apply(draft)
        except NotPossibleError:
            remove_captions(draft)


def message_of(page: Page | None) -> tuple[str, ...]:
    """What a page says of itself beside its title, and what it offers."""
    if page is None:
        return ()
    offers = dict.fromkeys(
        spot.text for spot in page.spots if spot.part in {Part.FEATURE, Part.POINT} and spot.text
    )
    return tuple(text for text in (page.description, ", ".join(islice(offers, _MOST_OFFERS))) if text)


def parts(text: str, canvas: Canvas) -> list[str]:
    """Cut a text into captions: one or two lines each, even ones, from sentence to sentence."""
    found: list[str] = []
    for sentence in filter(None, (part.strip() for part in _SENTENCES.split(text))):
        joined = f"{found[-1]} {sentence}" if found else sentence
        if found and _width(found[-1]) < _SHORT and _wrapped(joined, canvas):
            found[-1] = joined
        else:
            found += _pieces(sentence, canvas)
    return [wrapped for part in found if (wrapped := _wrapped(part, canvas))]


def _pieces(sentence: str, canvas: Canvas) -> Iterator[str]:
    """Cut at commas; where it must be elsewhere, into as few pieces as can be, and as even."""
    joined = ""
    for clause in _CLAUSES.split(sentence):
        longer = f"{joined} {clause}" if joined and not _is_wide(clause[0]) else joined + clause
        if joined and not _wrapped(longer, canvas):
            yield from _even_pieces(joined, canvas)
            longer = clause
        joined = longer
    yield from _even_pieces(joined, canvas)


def _even_pieces(clause: str, canvas: Canvas) -> Iterator[str]:
    units = list(_units(clause))
    count = max(1, -(-_width(clause) // (LINES * longest_line(canvas))))
    while True:
        pieces = _evenly(units, count)
        if all(_wrapped(piece, canvas) for piece in pieces) or count >= len(units):
            yield from pieces
            return
        count += 1


def _evenly(units: Sequence[str], count: int) -> list[str]:
    whole = sum(map(_width, units))
    pieces = [""] * count
    for unit, reached in zip(units, accumulate(map(_width, units)), strict=True):
        middle = reached - _width(unit) / 2
        pieces[min(int(count * middle / max(whole, 1)), count - 1)] += unit
    return [piece.strip() for piece in pieces if piece.strip()]


def _wrapped(text: str, canvas: Canvas) -> str | None:
    """The text in one line, or in two even ones; `None` where it has no room in them."""
    longest = longest_line(canvas)
    if _width(text) <= longest:
        return text
    units = list(_units(text))
    splits = [
        ("".join(units[:cut]).strip(), "".join(units[cut:]).strip())
        for cut in range(1, len(units))
        if units[cut].strip()[:1] not in NO_LINE_STARTS
    ]
    fitting = [split for split in splits if max(map(_width, split)) <= longest]
    return "\n".join(min(fitting, key=lambda split: max(map(_width, split)))) if fitting else None


def _units(text: str) -> Iterator[str]:
    """Words with the space before them, and letters of languages without spaces."""
    for found in _UNITS.finditer(text):
        space = " " if found.start() else ""
        letters = found[0]
        if any(map(_is_wide, letters)):
            yield from (space * (not index) + letter for index, letter in enumerate(letters))
        else:
            step = LONGEST_LINE_UPRIGHT
            cut = [letters[first : first + step] for first in range(0, len(letters), step)]
            yield from (space * (not index) + part for index, part in enumerate(cut))


def longest_line(canvas: Canvas) -> int:
    if canvas.height > canvas.width:
        return LONGEST_LINE_UPRIGHT
    return LONGEST_LINE if canvas.width > canvas.height else LONGEST_LINE_SQUARE


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in {"W", "F"}


def _width(text: str) -> int:
    return sum(2 if _is_wide(letter) else 1 for letter in text)


def reading_ms(text: str) -> int:
    """How long a caption has to be seen. Without spaces, two letters count as a word."""
    words = max(len(text.split()), sum(map(_is_wide, text)) // 2)
    return max(SHORTEST_MS, APPEARING_MS + READING_MS * words)


def _spoken(draft: Draft) -> Iterator[tuple[int, int, str]]:
    """Captions of what is said, each as long as it is spoken, and long enough to be read if there is time."""
    voices = sorted((sound for sound in draft.sounds if sound.meta.speech), key=lambda one: one.start)
    following = [*(sound.start for sound in voices[1:]), draft.duration]
    for sound, latest in zip(voices, following, strict=False):
        said = parts(sound.meta.speech or "", draft.canvas)
        needed = [reading_ms(part) for part in said]
        spoken = speaking_ms(sound.meta.speech or "")
        lasts = max(spoken, min(sum(needed), latest - sound.start))
        ends = _shared_out(lasts, [len(part) for part in said], needed)
        times = [sound.start, *(sound.start + end for end in ends)]
        for part, (start, end) in zip(said, pairwise(times), strict=True):
            last = min(end, draft.duration)
            # What the end of the film cuts off is not begun.
            if start < last and (last == end or last - start >= SHORTEST_MS // 2):
                yield start, last, part


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


def _silent(draft: Draft, lines: Sequence[str]) -> list[tuple[int, int, str]]:
    """Lines of the message where the screen has no text, in the order in which they are given."""
    shown = [text for text in _in_time(draft) if text.meta.role is not Role.CAPTION]
    words = " ".join(text.meta.text for text in shown)
    unsaid = [line for line in dict.fromkeys(lines) if not _is_said(line, words)]
    spans = [span for span in _free(draft, shown) if span[1] - span[0] >= SHORTEST_MS]
    if not spans:
        return []
    own = [": ".join(text.meta.text.split("\n")) for text in shown if text.meta.role in _MESSAGE]
    tries = ((lines, least) for lines in (unsaid, own) for least in (_COMFORTABLE_MS, SHORTEST_MS))
    said = next(
        (found for lines, least in tries if (found := _placed(spans, lines, draft.canvas, least))), []
    )
    if not said and (unsaid or own):
        begin, end = max(spans, key=lambda span: span[1] - span[0])
        said = [(begin, end, _beginning((unsaid or own)[0], end - begin, draft.canvas))]
    return said


def _is_said(line: str, words: str) -> bool:
    letters = _LETTERS.sub("", line).lower()
    return len(letters) < _FEWEST or letters in _LETTERS.sub("", words).lower()


def _free(draft: Draft, shown: Sequence[CaptionSegment]) -> Iterator[tuple[int, int]]:
    """Times without a text."""
    reached = 0
    for text in shown:
        # A text that begins while a scene pushes the other one out begins later than its scene.
        begin = max((shot.start for shot in in_order(draft) if shot.start <= text.start), default=0)
        begin = begin if text.start - begin <= _PUSHING_MS else text.start
        if begin > reached:
            yield reached, begin
        reached = max(reached, text.end)
    if reached < draft.duration:
        yield reached, draft.duration


def _placed(
    spans: Sequence[tuple[int, int]], lines: Sequence[str], canvas: Canvas, least: int
) -> list[tuple[int, int, str]]:
    """Each line whole, in the first span with the time for it. Its last caption stays for what is left."""
    placed: list[tuple[int, int, str]] = []
    left = list(lines)
    for begin, end in spans:
        reached = begin
        for line in tuple(left):
            cut = parts(line, canvas)
            lengths = [max(reading_ms(part), least) for part in cut]
            if not cut or reached + sum(lengths) > end:
                continue
            for part, length in zip(cut, lengths, strict=True):
                placed.append((reached, reached + length, part))
                reached += length
            left.remove(line)
        if reached > begin:
            start, _, text = placed[-1]
            placed[-1] = start, min(end, start + max(_LONGEST_MS, reached - start)), text
    return placed


def _beginning(line: str, milliseconds: int, canvas: Canvas) -> str:
    """As much of a line as can be read in the time."""
    units = list(_units(line))
    while True:
        text = "".join(units).strip()
        shortened = text if text == line else f"{text.rstrip('.,;:')}…"
        wrapped = _wrapped(shortened, canvas)
        if (wrapped and reading_ms(wrapped) <= milliseconds) or len(units) <= 1:
            return wrapped or shortened
        units.pop()


def _in_time(draft: Draft) -> list[CaptionSegment]:
    return sorted(draft.captions, key=lambda text: text.start)


def _depends_on(draft: Draft) -> tuple[object, ...]:
    shown = [text for text in draft.captions if text.meta.role is not Role.CAPTION]
    return (
        draft.duration,
        (draft.canvas.width, draft.canvas.height),
        [(text.start, text.end, text.meta.text) for text in shown],
        [(sound.start, sound.meta.speech) for sound in draft.sounds if sound.meta.speech],
        [(shot.start, shot.end) for shot in in_order(draft)],
    )
