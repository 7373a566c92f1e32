"""Composing: a story becomes a draft, framed for its format and cut to its length."""

import math
from collections.abc import Iterator, Sequence

from studio.director import looking
from studio.director.colours import Colours, palette
from studio.director.language import Wish
from studio.director.material import Item, Material, Nature, spots_of
from studio.director.scene_operations import LONGEST_S, SHORTEST_S
from studio.director.story import Scene, Story
from studio.director.text_operations import TITLE_MS
from studio.director.vocabulary import Aspect
from studio.draft import (
    AudioTrack,
    Canvas,
    Caption,
    CaptionSegment,
    Draft,
    Fit,
    Framing,
    Ground,
    Move,
    Role,
    Shot,
    ShotSegment,
    Sound,
    SoundSegment,
    TextTrack,
    Track,
    TrackMeta,
    VideoTrack,
    speaking_ms,
)
from studio.media import Kind, Part, Spot

CROSSFADE_MS = 450
MUSIC_UNDER_SOUND_VOLUME = 0.25
_SHORTEST_SCENE_MS = 900
_VOICE_FROM_MS = 500
_TALL_CLIP = 1.4
_MOST_ENLARGED = 1.5
"""Canvas pixels for a pixel of a picture: above this, softness shows."""
_AROUND = 1.3
"""How much more than the spot is seen in a close-up."""
_PUSH = 1.1
_REST_MS = 900
_LARGE, _SHORT_TEXT = 1.5, 48


def compose(story: Story, material: Material, wish: Wish) -> Draft:
    """The draft of a story. Its length is the wish's, or what the scenes ask for."""
    aspect = wish.aspect or _natural_aspect(material)
    width, height = aspect.size
    canvas = Canvas(width=width, height=height, aspect=str(aspect))
    speech = None if wish.without_music and not wish.voice else story.speech
    total = _length(story, material, wish, speech)
    scenes = _that_fit(story.scenes, total)
    times = _cut(scenes, total)
    colours = _colours(material, scenes)
    shots = [
        _shot(scene, start, end - start, index, material, canvas, colours)
        for index, (scene, (start, end)) in enumerate(zip(scenes, times, strict=True))
    ]
    tracks: list[Track] = [VideoTrack(segments=shots)]
    tracks += _soundtrack(story, material, wish, shots, total, speech)
    if captions := [
        caption for scene, shot in zip(scenes, shots, strict=True) for caption in _captions(scene, shot)
    ]:
        tracks.append(TextTrack(segments=captions))
    return Draft(tracks=tracks, duration=total, canvas=canvas)


def _natural_aspect(material: Material) -> Aspect:
    """Films made upright stay so; everything else is wide."""
    clips = [item.media for item in material.items if item.nature is Nature.CLIP]
    upright = bool(clips) and all(clip.height >= _TALL_CLIP * clip.width for clip in clips)
    return Aspect.TALL if upright and len(clips) == len(material.items) else Aspect.WIDE


def _length(story: Story, material: Material, wish: Wish, speech: str | None) -> int:
    seconds = sum(scene.seconds for scene in story.scenes) * (wish.pace.value if wish.pace else 1)
    if speech:
        seconds = max(seconds, (speaking_ms(speech) + 2 * _VOICE_FROM_MS) / 1000)
    if material.sounds and not material.items:
        seconds = min(max(seconds, 10), material.sounds[0].duration / 1000)
    seconds = wish.seconds if wish.seconds is not None else seconds
    return round(1000 * min(max(seconds, SHORTEST_S), LONGEST_S))


def _that_fit(scenes: Sequence[Scene], total: int) -> list[Scene]:
    """Without those, least first, for which there is no time; the first and the last stay as long as they can."""
    kept = list(scenes)
    while len(kept) > 1:
        scale = total / sum(1000 * scene.seconds for scene in kept)
        if min(scene.seconds for scene in kept) * 1000 * scale >= _SHORTEST_SCENE_MS:
            break
        inner = kept[1:-1] or kept[1:]
        kept.remove(min(inner, key=lambda scene: (bool(scene.lines), scene.seconds)))
    return kept


def _cut(scenes: Sequence[Scene], total: int) -> list[tuple[int, int]]:
    """Start and end of each scene, without gaps."""
    whole, reached = sum(scene.seconds for scene in scenes), 0.0
    ends = []
    for scene in scenes:
        reached += scene.seconds
        ends.append(round(total * reached / whole))
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _colours(material: Material, scenes: Sequence[Scene]) -> Colours:
    page = material.page
    theme = (
        page.colour
        if page and page.colour
        else next((i.look.colour for i in material.items if i.look.colour), None)
    )
    words = next((line.text for scene in scenes for line in scene.lines), "")
    return palette(page.domain if page else words, theme)


def _shot(
    scene: Scene, start: int, length: int, index: int, material: Material, canvas: Canvas, colours: Colours
) -> ShotSegment:
    found = material.find(scene.subject) if scene.subject else None
    if found is None:
        meta = Shot(name="Card", colours=colours, move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN)
    else:
        item, spot = found
        meta = _filmed(item, spot, length, index, canvas).model_copy(
            update={"name": item.media.name, "src": item.media.id, "colours": colours}
        )
    meta.fade = min(CROSSFADE_MS, length // 3) if index else 0
    return ShotSegment(start=start, duration=length, meta=meta)


def _filmed(item: Item, spot: Spot | None, length: int, index: int, canvas: Canvas) -> Shot:
    if item.nature is Nature.CLIP:
        return _played(item, length)
    if item.nature is Nature.ICON:
        return Shot(fit=Fit.CONTAIN, ground=Ground.COLOURS, move=Move.ZOOM_IN)
    if item.nature is Nature.PAGE and spot is None:
        return Shot(fit=Fit.WINDOW, move=Move.SCROLL, path=list(_tour(item, length, canvas)))
    if spot is not None:
        near = _framing(item, spot, canvas)
        far = near.model_copy(update={"zoom": max(near.zoom / _PUSH, 1)})
        return Shot(fit=Fit.COVER, path=[far, near])
    return _whole(item, index, canvas)


def _played(item: Item, length: int) -> Shot:
    media = item.media
    start = 0
    if media.path is not None and media.duration > length:
        try:
            start = looking.best_start(media.path, media.duration, length)
        except OSError:
            start = 0  # the renderer tells what is wrong with it
    return Shot(trim=start, fit=Fit.AUTO)


def _whole(item: Item, index: int, canvas: Canvas) -> Shot:
    """A picture, filling the canvas where what matters in it stays in view, else whole before a blur of itself."""
    media = item.media
    view = _view(media.width, media.height, canvas)
    seen_x, seen_y = view[0] / media.width, view[1] / media.height
    subject = item.spots[0] if item.spots else None
    alike = min(seen_x, seen_y) > 0.72  # noqa: PLR2004 - little is lost
    enlarged = max(canvas.width / media.width, canvas.height / media.height)
    fits = subject is not None and subject.width <= 0.9 * seen_x and subject.height <= 0.9 * seen_y
    if enlarged > 2 * _MOST_ENLARGED or not (alike or fits):
        return Shot(fit=Fit.CONTAIN, move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN)
    x, y = subject.centre if subject else (0.5, 0.5)
    near = Framing(x=x, y=y, zoom=1.14)
    far = Framing(x=(x + 0.5) / 2 if alike else x, y=(y + 0.5) / 2 if alike else y, zoom=1)
    return Shot(fit=Fit.COVER, path=[near, far] if index % 2 else [far, near])


def _view(width: int, height: int, canvas: Canvas) -> tuple[float, float]:
    """The largest part of a picture that has the canvas' shape, in the picture's pixels."""
    shape = canvas.width / canvas.height
    return (height * shape, height) if width / height > shape else (width, width / shape)


def _framing(item: Item, spot: Spot, canvas: Canvas) -> Framing:
    """A close-up: the spot with some room around it, as near as the picture stays sharp."""
    media = item.media
    view = _view(media.width, media.height, canvas)
    wide, high = spot.width * media.width * _AROUND, spot.height * media.height * _AROUND
    zoom = min(view[0] / max(wide, 1), view[1] / max(high, 1))
    sharp = _MOST_ENLARGED * view[0] / canvas.width
    x, y = spot.centre
    return Framing(x=_share(x), y=_share(y), zoom=round(min(max(min(zoom, sharp), 1), 8), 3))


def _share(value: float) -> float:
    return round(min(max(value, 0), 1), 4)


def _tour(item: Item, length: int, canvas: Canvas) -> Iterator[Framing]:
    """Down the page, with a rest at its top and where it shows what matters."""
    media = item.media
    upright = canvas.height > canvas.width
    spots = sorted(
        spots_of(item, Part.PICTURE, Part.PRICE, Part.ACTION, Part.HEADLINE), key=lambda spot: spot.y
    )
    window = 0.62 * canvas.height / (0.8 * canvas.width) * media.width / media.height
    most = max(1, math.floor(length / 1700))
    stops: list[float] = []
    for spot in spots:
        y = spot.centre[1]
        if y > window and all(abs(y - stop) > 0.8 * window for stop in stops):
            stops.append(y)
    chosen = [stops[round(i * (len(stops) - 1) / max(most - 1, 1))] for i in range(min(most, len(stops)))]
    zoom = 1.35 if upright and media.width > 900 else 1  # noqa: PLR2004 - a page laid out for desktops
    yield Framing(x=0.5, y=0, zoom=zoom, rest=round(_REST_MS * 0.8))
    for stop in dict.fromkeys(chosen):
        yield Framing(x=0.5, y=_share(stop), zoom=zoom, rest=_REST_MS)
    if not chosen or chosen[-1] < 1 - 1.5 * window:
        seen = min(1.0, window * (1 + length / 1000 * 0.9))
        yield Framing(x=0.5, y=_share(seen), zoom=zoom, rest=round(_REST_MS * 0.6))


def _soundtrack(
    story: Story, material: Material, wish: Wish, shots: Sequence[ShotSegment], total: int, speech: str | None
) -> list[Track]:
    tracks: list[Track] = []
    given = _given_sounds(material, shots, total)
    if given:
        tracks.append(AudioTrack(segments=given, meta=TrackMeta(name="Sound")))
    # An uploaded piece of music stands for itself; so does a clip's own sound when no music is asked for.
    if not wish.without_music and not (given and wish.style is None):
        volume = MUSIC_UNDER_SOUND_VOLUME if given else 0.6 if speech else 1
        music = Sound(name=story.style, style=story.style, volume=volume)
        tracks.append(AudioTrack(segments=[SoundSegment(start=0, duration=total, meta=music)]))
    if speech:
        length = min(speaking_ms(speech), total - _VOICE_FROM_MS)
        voice = SoundSegment(start=_VOICE_FROM_MS, duration=length, meta=Sound(name="Voice", speech=speech))
        tracks.append(AudioTrack(segments=[voice], meta=TrackMeta(name="Voice")))
    return tracks


def _given_sounds(material: Material, shots: Sequence[ShotSegment], total: int) -> list[SoundSegment]:
    """Uploaded music, again from its beginning where it is too short; else what the clips sound like."""
    if material.sounds:
        sound = material.sounds[0]
        length = max(sound.duration, 1000)
        return [
            SoundSegment(
                start=start, duration=min(length, total - start), meta=Sound(name=sound.name, src=sound.id)
            )
            for start in range(0, total, length)
        ][:20]
    media = {item.media.id: item.media for item in material.items}
    segments = []
    for shot in shots:
        clip = media.get(shot.meta.src or "")
        if clip is None or clip.kind is not Kind.CLIP or not clip.has_sound:
            continue
        own = Sound(name=clip.name, src=clip.id, trim=shot.meta.trim, fade_in=80, fade_out=400)
        segments.append(SoundSegment(start=shot.start, duration=shot.duration, meta=own))
    return segments


def _captions(scene: Scene, shot: ShotSegment) -> Iterator[CaptionSegment]:
    on_card = shot.meta.src is None
    start = shot.start + (0 if on_card or shot.start == 0 else shot.meta.fade // 2)
    for line in scene.lines:
        size = _LARGE if line.role is Role.BODY and len(line.text) <= _SHORT_TEXT and on_card else 1
        meta = Caption(text=line.text, role=line.role, size=size, scrim=not on_card)
        if on_card:
            # On a card the words are all there is to see.
            yield CaptionSegment(start=shot.start, duration=shot.duration, meta=meta)
            continue
        left = shot.end - start
        brief = line.role is Role.TITLE or line is not scene.lines[-1]
        length = min(TITLE_MS, round(left * 0.65)) if brief else left
        yield CaptionSegment(start=start, duration=length, meta=meta)
        start += length
