"""Arrangement: the notes of a piece, bar by bar, with parts, fills and an ending.

The tempo is chosen so that the last bar ends, and the last chord rings out, with the picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from studio.draft import Style

_LONGEST_TAIL_S = 1.8
_TAIL = 0.2
"""Of the piece, at most, for the last chord."""
_PART = 4
"""Bars."""
_INTRO_FROM, _BREAK_FROM = 6, 12
_SCALE = (0, 2, 3, 5, 7, 10, 12, 14, 15, 17, 19)
"""Minor, in semitones, without the sixth, which clashes with half of the chords."""


@dataclass(frozen=True)
class Note:
    """`start` and `length` are beats of the bar; pitches are semitones from A below middle C."""

    instrument: str
    start: float
    length: float
    pitch: int = 0
    loudness: float = 1
    side: float = 0
    """-1 is left, 1 is right."""


@dataclass(frozen=True)
class Arrangement:
    bar_seconds: float
    bars: tuple[tuple[Note, ...], ...]
    """The last one is the ending: a chord that rings out."""


@dataclass(frozen=True)
class Score:
    """How a style is played. Chords are of one bar each; a part is four of them."""

    beats_per_minute: float
    chords: tuple[tuple[tuple[int, ...], ...], ...]
    swing: float
    kicks: tuple[tuple[float, ...], ...]
    snares: tuple[float, ...]
    hats: tuple[float, ...]
    snare: str
    chord: str
    melody: str
    bass: tuple[tuple[float, ...], ...]
    bed: str = "pad"
    steps: float = 0.5
    """Beats between the notes of a broken chord; 0 has none."""
    drums: float = 1


# Of A minor and C major; in semitones from A below middle C.
_CHORDS = {
    "i": (0, 3, 7),
    "i7": (0, 3, 7, 10),
    "i9": (0, 3, 7, 14),
    "iv": (-7, -4, 0),
    "III": (3, 7, 10),
    "III9": (3, 7, 10, 14),
    "VI": (-4, 0, 3),
    "VI7": (-4, 0, 3, 7),
    "VII": (-2, 2, 5),
    "VII6": (-2, 2, 5, 9),
    "wide i": (0, 7, 10),
    "wide III": (3, 10, 14),
    "wide VI": (-4, 3, 7),
    "wide VII": (-2, 5, 9),
}


def _part(*names: str) -> tuple[tuple[int, ...], ...]:
    return tuple(_CHORDS[name] for name in names)


_EIGHTHS = tuple(step / 2 for step in range(8))
_OFF_BEATS = (0.5, 1.5, 2.5, 3.5)
_SCORES = {
    Style.LOFI: Score(
        78,
        (_part("i7", "VI7", "III9", "VII6"), _part("VI7", "VII6", "i7", "i9")),
        0.14,
        kicks=((0, 2.5), (0, 1.5, 2.5), (0, 2, 2.75)),
        snares=(1, 3),
        hats=_EIGHTHS,
        snare="snare",
        chord="keys",
        melody="keys",
        bass=((0, 2.5), (0, 1.5, 3)),
        steps=0,
    ),
    Style.UPBEAT: Score(
        116,
        (_part("III", "VII", "i", "VI"), _part("VI", "VII", "i", "III")),
        0,
        kicks=((0, 1, 2, 3), (0, 1, 2, 2.5, 3)),
        snares=(1, 3),
        hats=_OFF_BEATS,
        snare="clap",
        chord="piano",
        melody="pluck",
        bass=((0, 0.5, 1.5, 2, 2.5, 3.5), (0, 1, 1.5, 2.5, 3)),
    ),
    Style.CALM: Score(
        66,
        (_part("wide III", "wide i", "wide VI", "wide VII"), _part("wide i", "wide VI", "III", "VII")),
        0,
        kicks=((0,), (0, 2)),
        snares=(),
        hats=(1, 3),
        snare="snare",
        chord="piano",
        melody="keys",
        bass=((0,), (0, 2)),
        drums=0.35,
    ),
    Style.CINEMATIC: Score(
        88,
        (_part("i", "VI", "III", "VII"), _part("iv", "VI", "VII", "i")),
        0,
        kicks=((0, 2.5), (0, 1.5, 3)),
        snares=(2,),
        hats=(0, 1, 2, 3),
        snare="tom",
        chord="strings",
        melody="piano",
        bass=((0, 1, 2, 3), (0, 1.5, 3)),
        bed="strings",
    ),
    Style.ELECTRONIC: Score(
        122,
        (_part("i", "i7", "VI", "VII"), _part("VI", "VII", "i", "III")),
        0,
        kicks=((0, 1, 2, 3),),
        snares=(1, 3),
        hats=_OFF_BEATS,
        snare="clap",
        chord="pluck",
        melody="pluck",
        bass=(_OFF_BEATS, (0.5, 0.75, 1.5, 2.5, 3.5)),
        steps=0.25,
    ),
    Style.INSPIRING: Score(
        104,
        (_part("III", "VII", "VI", "VII"), _part("VI", "III", "VII", "i")),
        0,
        kicks=((0, 2), (0, 1.5, 2)),
        snares=(1, 3),
        hats=_EIGHTHS,
        snare="clap",
        chord="piano",
        melody="pluck",
        bass=((0, 1.5, 2), (0, 1, 2, 3)),
        bed="strings",
    ),
}


def arrange(style: Style, seconds: float) -> Arrangement:
    """Return a piece of exactly `seconds`, its last chord included."""
    score = _SCORES[style]
    tail = min(_LONGEST_TAIL_S, _TAIL * seconds)
    usual = 240 / score.beats_per_minute
    count = max(round((seconds - tail) / usual), 1)
    bar_seconds = (seconds - tail) / count
    chance = Random(f"{style}")  # noqa: S311 - music, the same each time
    motif = _motif(chance)
    bars = [tuple(_bar(score, number, count, motif, chance)) for number in range(count)]
    return Arrangement(bar_seconds, (*bars, tuple(_ending(score, tail / bar_seconds * 4))))


def _bar(score: Score, number: int, count: int, motif: Sequence[float], chance: Random) -> Iterator[Note]:
    chords = score.chords[number // _PART % 3 // 2]
    chord = chords[number % len(chords)]
    is_intro = count >= _INTRO_FROM and number < (2 if count >= _BREAK_FROM else 1)
    is_break = count >= _BREAK_FROM and number == round(0.6 * count)
    is_fill = (number + 1) % _PART == 0 or number == count - 1
    yield from _harmony(score, chord, chance)
    yield from _bass_of(score, chord, chance)
    yield from _drums(score, chance, quiet=is_intro or is_break)
    if is_fill:
        yield from _fill(score, chance)
    if not is_intro:
        yield from _melody(score, chord, motif, chance)
    if number and number % _PART == 0:
        yield Note("crash", 0, 1, loudness=0.35 * score.drums)


def _harmony(score: Score, chord: Sequence[int], chance: Random) -> Iterator[Note]:
    for index, tone in enumerate(chord):
        side = 0.7 * (index / max(len(chord) - 1, 1) - 0.5)
        yield Note(score.bed, 0, 4, tone, 0.3, side)
        yield Note(score.chord, 0.02 * index, 2, tone, 0.42, side)
        yield Note(score.chord, 2.5 + 0.02 * index, 1.5, tone, 0.3, side)
    if score.steps:
        tones = [*chord, chord[0] + 12]
        chance.shuffle(tones)
        for step in range(round(4 / score.steps)):
            tone = tones[step % len(tones)] + 12
            yield Note(
                "pluck",
                step * score.steps,
                score.steps * 2,
                tone,
                0.2 + 0.06 * (step % 2 == 0),
                0.4 * (-1) ** step,
            )


def _bass_of(score: Score, chord: Sequence[int], chance: Random) -> Iterator[Note]:
    places = chance.choice(score.bass)
    for place, following in zip(places, (*places[1:], 4.0), strict=True):
        octave = 12 if place and chance.random() < 1 / 4 else 0
        yield Note("bass", place, 0.92 * (following - place), chord[0] - 24 + octave, 0.75)


def _drums(score: Score, chance: Random, *, quiet: bool) -> Iterator[Note]:
    if not quiet:
        for place in chance.choice(score.kicks):
            yield Note("kick", place, 1, loudness=1.0 * score.drums)
        for place in score.snares:
            yield Note(score.snare, place, 1, loudness=0.5 * score.drums)
    for place in score.hats:
        late = score.swing if place % 1 else 0
        yield Note("hat", place + late, 1, loudness=0.22 * score.drums * chance.uniform(0.7, 1), side=0.3)
    for step in range(8):
        yield Note(
            "shaker", step / 2, 1, loudness=(0.12 if step % 2 else 0.2) * max(score.drums, 0.6), side=-0.4
        )


def _fill(score: Score, chance: Random) -> Iterator[Note]:
    for step in range(4):
        if chance.random() < 3 / 4:
            instrument = "tom" if step < 2 else score.snare  # noqa: PLR2004 - the first half of the beat
            yield Note(
                instrument, 3 + step / 4, 1, loudness=(0.3 + 0.08 * step) * score.drums, side=0.3 - 0.2 * step
            )


def _motif(chance: Random) -> tuple[float, ...]:
    """Return the places in a bar at which a melody sounds."""
    places = [place for place in _EIGHTHS if chance.random() < (0.75 if place % 2 == 0 else 0.4)]
    return tuple(places or [0.0, 2.0])


def _melody(score: Score, chord: Sequence[int], motif: Sequence[float], chance: Random) -> Iterator[Note]:
    """Play the motif, with tones of the chord on the beats and steps of the scale between them."""
    tone = chance.choice(chord) + 12
    for place, following in zip(motif, (*motif[1:], 4.0), strict=True):
        if place % 1 == 0:
            tone = _nearest([other + 12 for other in chord], tone + chance.uniform(-4, 4))
        elif chance.random() < 2 / 3:
            tone = _nearest(_SCALE, tone + chance.choice((-2, 2, 3)))
        late = score.swing if place % 1 else 0
        yield Note(score.melody, place + late, min(following - place, 1.5), tone, 0.4, 0.15)


def _nearest(tones: Sequence[int], wanted: float) -> int:
    return min(tones, key=lambda tone: abs(tone - wanted))


def _ending(score: Score, beats: float) -> Iterator[Note]:
    chord = score.chords[0][0]
    for index, tone in enumerate((*chord, chord[0] + 12)):
        yield Note(score.bed, 0, beats, tone, 0.5, 0.5 * (index % 2) - 0.25)
        yield Note(score.chord, 0.03 * index, beats, tone, 0.6, 0.25 - 0.5 * (index % 2))
    yield Note("bass", 0, beats, chord[0] - 24, 0.8)
    yield Note("kick", 0, 1, loudness=score.drums)
    yield Note("crash", 0, beats, loudness=0.5 * max(score.drums, 0.5))
