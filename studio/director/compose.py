"""Composing: a story becomes a draft, framed for its format and cut to its length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.director.boxes import box_of, meets
from studio.director.camera import (
    ending,
    fills,
    film,
    fits_whole,
    place_of,
    says,
    shows_in_part,
    stand_in,
    tours,
)
from studio.director.colours import READABLE, WHITE, Colours, accent_on, contrast, ink_on, palette
from studio.director.framing import holds
from studio.director.language import Wish, is_chinese
from studio.director.material import Item, Material, Nature, is_drawing, letters_of, spots_of
from studio.director.photos import subject_of
from studio.director.scene_operations import LONGEST_S, SHORTEST_S
from studio.director.story import Line, Scene, Story, named, said_of
from studio.director.text_lines import Box
from studio.director.text_operations import TITLE_MS
from studio.director.views import MOST_SHARED, WHOLE, seen_in, shared
from studio.director.vocabulary import Aspect
from studio.draft import (
    AudioTrack,
    Canvas,
    Caption,
    CaptionSegment,
    Draft,
    Ground,
    Layout,
    Move,
    Role,
    Shot,
    ShotSegment,
    Sound,
    SoundSegment,
    TextTrack,
    Track,
    TrackMeta,
    Transition,
    VideoTrack,
    speaking_ms,
)
from studio.media.items import Kind, Part, Spot

CROSSFADE_MS = 450
MUSIC_UNDER_SOUND_VOLUME = 0.25
_SHORTEST_SCENE_MS = 900
_VOICE_FROM_MS = 500
_TALL_CLIP = 1.4
_LONGEST_LARGE_WORD = 12
_UPRIGHT = 1.15
_FADE_MS = 300
_LAST_WORDS = {Role.CLOSING, Role.CALL_TO_ACTION}
_LEAST_SEEN = 0.6
"""Of a photo's detail, for the size of a view: one with less is a flat area."""
_FEWEST, _MOST_TITLES = 2, 2
"""How many views a video has at least, and how often the title is read beside pictures that leave room."""
_FEWEST_SCENES, _PAGE_S, _VIEW_S = 3, 12.0, 2.4
"""Scenes of a page or a screen at least, the least seconds of a page's video, and those of a further view."""
_WORDS_ALONE = {Part.POINT, Part.QUOTE, Part.ACTION}
_LARGER_UPRIGHT = {Role.BODY, Role.LOWER_THIRD, Role.CAPTION, Role.CALL_TO_ACTION}


@dataclass(frozen=True)
class _Plan:
    """What every part of the draft is made by."""

    story: Story
    material: Material
    wish: Wish
    canvas: Canvas
    total: int
    speech: str | None
    colours: Colours
    accent: str | None
    """Of buttons and rules; `None` is the studio's own."""
    letters: str | None
    """Of buttons that are not in the theme's colour."""


def compose(story: Story, material: Material, wish: Wish) -> Draft:
    """The draft of a story. Its length is the wish's, or what the scenes ask for."""
    aspect = wish.aspect or _natural_aspect(material)
    width, height = aspect.size
    canvas = Canvas(width=width, height=height, aspect=str(aspect), captions=wish.captions)
    speech = story.speech if wish.voice else None
    differing = _that_differ(_that_fill(story.scenes, material, canvas), material, canvas, wish)
    differing = _with_more(differing, material, canvas, wish)
    total = _length(differing, material, wish, speech)
    scenes = _that_fit(differing, total)
    theme = _theme(material)
    tone = next((item.look.tone for item in material.items if item.look.tone), None)
    words = next((line.text for scene in scenes for line in scene.lines), "")
    colours = palette(material.page.domain if material.page else words, theme, tone)
    plan = _Plan(story, material, wish, canvas, total, speech, colours, *_button(colours, theme, tone))
    times = _cut(scenes, total)
    shots = [_shot(plan, scene, index, *times[index]) for index, scene in enumerate(scenes)]
    tracks: list[Track] = [VideoTrack(segments=shots), *_soundtrack(plan, shots)]
    captions = [
        text for scene, shot in zip(scenes, shots, strict=True) for text in _captions(scene, shot, plan)
    ]
    if captions:
        tracks.append(TextTrack(segments=captions))
    return Draft(tracks=tracks, duration=total, canvas=canvas)


def _natural_aspect(material: Material) -> Aspect:
    """Films made upright stay so; everything else is wide."""
    clips = [item.media for item in material.items if item.nature is Nature.CLIP]
    upright = bool(clips) and all(clip.height >= _TALL_CLIP * clip.width for clip in clips)
    return Aspect.TALL if upright and len(clips) == len(material.items) else Aspect.WIDE


def _length(scenes: Sequence[Scene], material: Material, wish: Wish, speech: str | None) -> int:
    seconds = _seconds(scenes) * (wish.pace.value if wish.pace else 1)
    if speech:
        seconds = max(seconds, (speaking_ms(speech) + 2 * _VOICE_FROM_MS) / 1000)
    if material.sounds and not material.items:
        seconds = min(max(seconds, 10), material.sounds[0].duration / 1000)
    seconds = wish.seconds if wish.seconds is not None else seconds
    return round(1000 * min(max(seconds, SHORTEST_S), LONGEST_S))


def _that_fill(scenes: Sequence[Scene], material: Material, canvas: Canvas) -> list[Scene]:
    """With a part of a page in place of its whole where that would be too small to be read.

    A picture without words that leaves most of the canvas empty gets its own caption, a part of a screen the
    title; the title says nothing of a picture further down a page.
    """
    subjects = [material.find(scene.subject) for scene in scenes if scene.subject]
    taken = [found[1] for found in subjects if found and found[1]]
    title = next((line for scene in scenes for line in scene.lines if line.role is Role.TITLE), None)
    kept: list[Scene] = []
    for scene in scenes:
        item, spot = (material.find(scene.subject) if scene.subject else None) or (None, None)
        filled = scene
        if item and not scene.lines and item.nature not in {Nature.CLIP, Nature.WORDS}:
            is_small_page = spot is None and item.nature is Nature.PAGE and not tours(item, canvas)
            if is_small_page and not fits_whole(item, canvas):
                said = [one for one in item.spots if _is_said(one, item, [*scenes])]
                spot = stand_in(item, canvas, [*taken, *said])
                if spot is None and kept:
                    continue
                filled = filled.model_copy(update={"subject": item.spot_id(spot)}) if spot else filled
            is_small = not fills(item, spot, canvas)
            beside: tuple[Line, ...] = (title,) if title else ()
            if spot and spot.part in {Part.PICTURE, Part.FEATURE} and item.nature is Nature.PAGE:
                beside = named(spot)
            elif spot and title and says(item, spot, title):
                beside = ()
            is_said = not beside or sum(title in before.lines for before in kept) >= _MOST_TITLES
            # There is another scene: one that cuts a thing, or is small and has no words, is no loss.
            if kept and ((spot and shows_in_part(item, spot, canvas)) or (is_small and is_said)):
                continue
            if is_small and not is_said:
                filled = filled.model_copy(update={"lines": beside})
        if (
            kept
            and filled is not scene
            and (filled.subject, filled.lines) == (kept[-1].subject, kept[-1].lines)
        ):
            last = kept.pop()
            filled = last.model_copy(update={"seconds": last.seconds + scene.seconds})
        kept.append(filled)
    return kept


def _that_differ(scenes: Sequence[Scene], material: Material, canvas: Canvas, wish: Wish) -> list[Scene]:
    """Without scenes that show what has just been seen, or a close look for the second time.

    Where a scene has a text, or the video has a given length, something else is shown instead.
    """
    kept: list[Scene] = []
    seen: list[tuple[Item, Box]] = []
    for scene in scenes:
        found = material.find(scene.subject) if scene.subject else None
        if found is None or _is_last(scene) or found[0].nature in {Nature.CLIP, Nature.WORDS}:
            kept.append(scene)
            continue
        item, spot = found
        shown = _view(scene, material, len(kept), canvas)
        is_lost = not scene.lines and _loses_subject(item, shown)
        if scene.subject != item.id and (is_lost or _is_unwritten(item, shown)):
            continue
        if _repeats(item, shown, seen, is_last=scene is scenes[-1]):
            if spot and spot.part is Part.FEATURE and scene.lines:
                # Beside another picture, its words would say what is not to be seen there.
                kept.append(said_of(spot))
                continue
            others = (
                scene.model_copy(update={"subject": item.spot_id(spot)})
                for spot in item.spots
                if spot.part not in _WORDS_ALONE and not _is_said(spot, item, [*kept, *scenes])
            )
            other = next(
                (
                    other
                    for other in others
                    if not _repeats(
                        item, view := _view(other, material, len(kept), canvas), seen, is_last=False
                    )
                    and not _is_unwritten(item, view)
                    and not _loses_subject(item, view)
                ),
                None,
            )
            said = [line for before in kept for line in before.lines]
            is_new = any(line not in said for line in scene.lines)
            wanted = is_new or wish.seconds is not None or len(seen) < _FEWEST
            if other is not None and wanted:
                scene, shown = other, _view(other, material, len(kept), canvas)  # noqa: PLW2901 - shown instead
            elif not is_new:
                continue
        seen.append((item, shown))
        kept.append(scene)
    return kept or list(scenes[:1])


def _with_more(scenes: Sequence[Scene], material: Material, canvas: Canvas, wish: Wish) -> list[Scene]:
    """With further views of a lone page or screen, where there are few, or a page's video would be short."""
    chosen = list(scenes)
    item = material.items[0] if len(material.items) == 1 else None
    if item is None or item.nature not in {Nature.PAGE, Nature.SCREEN}:
        return chosen
    is_page = item.page is not None
    if wish.seconds is not None and wish.seconds < (_PAGE_S if is_page else _FEWEST_SCENES * _VIEW_S):
        return chosen
    seen = [(item, _view(scene, material, index, canvas)) for index, scene in enumerate(chosen)]
    seen = [view for view, scene in zip(seen, chosen, strict=True) if scene.subject and not _is_last(scene)]
    for spot in _unseen(item):
        if len(chosen) >= _FEWEST_SCENES and not (is_page and _seconds(chosen) < _PAGE_S):
            break
        place = len(chosen) - bool(chosen and _is_last(chosen[-1]))
        scene = Scene(subject=item.spot_id(spot), lines=named(spot), seconds=_VIEW_S)
        view = _view(scene, material, place, canvas)
        is_shown = bool(scene.lines) or fills(item, spot, canvas)
        if not is_shown or shows_in_part(item, spot, canvas) or _is_unwritten(item, view):
            continue
        if _is_said(spot, item, chosen):
            continue
        if not _repeats(item, view, seen, is_last=False):
            chosen.insert(place, scene)
            seen.append((item, view))
    opening = next((scene for scene in chosen if scene.subject != item.id), None)
    if len(chosen) < _FEWEST_SCENES and opening and not any(scene.lines for scene in chosen):
        # The strongest words of a picture that has no name are its last ones, too.
        last = opening.model_copy(update={"seconds": _VIEW_S})
        if not _repeats(item, _view(last, material, len(chosen), canvas), seen, is_last=True):
            chosen.append(last)
    return chosen


def _is_said(spot: Spot, item: Item, scenes: Sequence[Scene]) -> bool:
    """Whether a headline without a picture behind it says what a text of the video says."""
    if spot.part is not Part.HEADLINE or not spot.text:
        return False
    if any(meets(box_of(spot), box_of(other)) for other in spots_of(item, Part.PICTURE)):
        return False
    said = (part for scene in scenes for line in scene.lines for part in line.text.split("\n"))
    return any(letters_of(part) == letters_of(spot.text) for part in said)


def _unseen(item: Item) -> list[Spot]:
    """What else there is to show of a page or a screen, the largest first."""
    words = () if item.page is None and is_drawing(item.look) else (Part.HEADLINE, Part.TEXT)
    parts = spots_of(item, Part.PICTURE, Part.FEATURE), spots_of(item, *words)
    return [spot for part in parts for spot in sorted(part, key=lambda spot: -spot.width * spot.height)]


def _seconds(scenes: Sequence[Scene]) -> float:
    return sum(scene.seconds for scene in scenes)


def _view(scene: Scene, material: Material, index: int, canvas: Canvas) -> Box:
    item, spot = material.find(scene.subject or "") or (None, None)
    if item is None:
        return WHOLE
    length = round(1000 * scene.seconds)
    line = scene.lines[0] if scene.lines else None
    return seen_in(film(item, spot, canvas, line, index=index, length=length), item, canvas)


def _repeats(item: Item, view: Box, seen: Sequence[tuple[Item, Box]], *, is_last: bool) -> bool:
    """Whether a view is much like one before. A video may end with what it began with."""
    compared = seen[-1:] if is_last else seen
    return any(item is other and shared(view, box) > MOST_SHARED for other, box in compared)


def _is_unwritten(item: Item, view: Box) -> bool:
    """Whether a view shows text that only fills a place for it."""
    return item.page is not None and any(meets(view, line) for line in item.page.unwritten)


def _loses_subject(item: Item, view: Box) -> bool:
    """Whether a view of a photo cuts what it is about, leaves it out, or shows little but flat ground."""
    if item.nature is not Nature.PHOTO:
        return False
    subject = subject_of(item)
    return (subject is not None and not holds(view, subject)) or item.look.is_bare(view, _LEAST_SEEN)


def _is_last(scene: Scene) -> bool:
    """Whether a scene is the last card, with a small picture."""
    return bool(scene.lines) and all(line.role in _LAST_WORDS for line in scene.lines)


def _that_fit(scenes: Sequence[Scene], total: int) -> list[Scene]:
    """Without those, least first, for which there is no time.

    The first and the last stay as long as they can, and what shows the only medium always does.
    """
    kept = list(scenes)
    while len(kept) > 1:
        scale = total / sum(1000 * scene.seconds for scene in kept)
        if min(scene.seconds for scene in kept) * 1000 * scale >= _SHORTEST_SCENE_MS:
            break
        shown = [scene for scene in kept if scene.subject]
        spare = [scene for scene in kept if shown != [scene]]
        inner = [scene for scene in kept[1:-1] if scene in spare] or spare[-1:]
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


def _theme(material: Material) -> str | None:
    page = material.page
    if page and page.colour:
        return page.colour
    return next((item.look.colour for item in material.items if item.look.colour), None)


def _button(colours: Colours, theme: str | None, tone: str | None) -> tuple[str | None, str | None]:
    """The colour of buttons, and that of their letters if it is the theme's."""
    if theme is None:
        return (ink_on(colours) if tone else None), None
    accent = accent_on(colours, theme)
    is_plain = accent == ink_on(colours) != theme
    return accent, theme if is_plain and contrast(theme, accent) >= READABLE else None


def _shot(plan: _Plan, scene: Scene, index: int, start: int, end: int) -> ShotSegment:
    found = plan.material.find(scene.subject) if scene.subject else None
    length = end - start
    if found is None or found[0].nature is Nature.WORDS:
        # Cards alone would all look the same.
        turned = (plan.colours[1], plan.colours[0]) if index % 2 and not plan.material.items else plan.colours
        meta = Shot(name="Card", colours=turned, move=Move.ZOOM_OUT if index % 2 else Move.ZOOM_IN)
    else:
        item, spot = found
        line = scene.lines[0] if scene.lines else None
        is_last = _is_last(scene) and item.nature is not Nature.CLIP
        meta = (
            ending(item, spot, plan.canvas, has_button=_has_button(scene))
            if is_last
            else film(item, spot, plan.canvas, line, index=index, length=length)
        )
        colours = meta.colours if meta.ground is Ground.PLAIN else plan.colours
        meta = meta.model_copy(update={"name": item.media.name, "src": item.media.id, "colours": colours})
    meta.fade = min(CROSSFADE_MS, length // 3) if index else 0
    # Photos melt into one another. Pages and cards have text, and two texts would be read through each other.
    meta.transition = Transition.FADE if _is_photographic(meta, found) else Transition.PUSH
    return ShotSegment(start=start, duration=length, meta=meta)


def _has_button(scene: Scene) -> bool:
    return any(line.role is Role.CALL_TO_ACTION for line in scene.lines)


def _is_photographic(shot: Shot, found: tuple[Item, Spot | None] | None) -> bool:
    is_one = found is not None and found[0].nature in {Nature.PHOTO, Nature.PRODUCT, Nature.CLIP, Nature.ICON}
    return is_one and shot.layout is Layout.FULL


def _soundtrack(plan: _Plan, shots: Sequence[ShotSegment]) -> list[Track]:
    story, wish, total, speech = plan.story, plan.wish, plan.total, plan.speech
    tracks: list[Track] = []
    given = _given_sounds(plan.material, shots, total)
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


def _captions(scene: Scene, shot: ShotSegment, plan: _Plan) -> Iterator[CaptionSegment]:
    meta, upright = shot.meta, plan.canvas.height > plan.canvas.width
    # Seen on a telephone, where small letters are smaller still.
    larger = _UPRIGHT if upright else 1
    if meta.src is None or meta.layout is not Layout.FULL:
        # The words have their own ground, and stay as long as it is seen.
        ink = ink_on(meta.colours) if meta.ground is Ground.PLAIN else WHITE
        for line in scene.lines:
            size = _size(line) if meta.src is None or meta.layout in {Layout.CARD, Layout.BUTTON} else 1
            size *= larger if line.role in _LARGER_UPRIGHT or meta.layout is Layout.SPLIT else 1
            caption = Caption(
                text=line.text, role=line.role, size=size, colour=ink, scrim=False, fade=_FADE_MS
            )
            if plan.accent and line.role in {Role.CALL_TO_ACTION, Role.CLOSING}:
                caption.accent = plan.accent
            if plan.letters and line.role is Role.CALL_TO_ACTION:
                caption.colour = plan.letters
            yield CaptionSegment(start=shot.start, duration=shot.duration, meta=caption)
        return
    start = shot.start + meta.fade // 2
    found = plan.material.find(scene.subject) if scene.subject else None
    for line in scene.lines:
        left = shot.end - start
        brief = line is not scene.lines[-1]
        length = min(TITLE_MS, round(left * 0.65)) if brief else left
        place = place_of(found[0], meta, line, plan.canvas) if found else None
        size = larger if line.role in _LARGER_UPRIGHT else 1
        caption = Caption(text=line.text, role=line.role, size=size, place=place)
        yield CaptionSegment(start=start, duration=length, meta=caption)
        start += length


def _size(line: Line) -> float:
    """On a card: the fewer the letters, the larger."""
    first = line.text.split("\n")[0]
    longest = max((len(word) for word in first.split()), default=0)
    if not is_chinese(first) and longest > _LONGEST_LARGE_WORD:
        # An address is one long word, and is not to be broken.
        return round(min(max(_LONGEST_LARGE_WORD / longest + 0.15, 0.5), 1), 2)
    letters = sum(2 if is_chinese(letter) else 1 for letter in first)
    steps = {
        Role.TITLE: ((12, 1.7), (24, 1.4)),
        Role.CLOSING: ((14, 1.6), (28, 1.3)),
        Role.BODY: ((20, 2.2), (48, 1.6), (90, 1.2)),
        Role.CALL_TO_ACTION: ((40, 1.25),),
    }.get(line.role, ())
    return next((size for most, size in steps if letters <= most), 1)
