"""What moving, removing and stretching scenes does to the times of everything else in a draft."""

from collections.abc import Mapping, Sequence

from studio.director.operation import NotPossibleError
from studio.draft import CaptionSegment, Draft, Fit, Ground, Layout, Move, Role, ShotSegment


def in_order(draft: Draft) -> list[ShotSegment]:
    return sorted(draft.shots, key=lambda shot: shot.start)


def is_card(shot: ShotSegment) -> bool:
    """Whether a shot is a card: words, with a small picture at most."""
    return shot.meta.src is None or shot.meta.layout in {Layout.CARD, Layout.BUTTON}


def has_text_of_its_own(shot: ShotSegment) -> bool:
    """Whether a shot shows a page or a screen, whole or in part, so that a text has to stand beside it."""
    meta = shot.meta
    framed = meta.fit is Fit.CONTAIN or (meta.fit is Fit.WINDOW and meta.crop is not None)
    return not is_card(shot) and framed and meta.ground is not Ground.BLUR


def shows_colours(shot: ShotSegment) -> bool:
    """Whether the shot's own colours are seen: on a card, around a page, or around a picture."""
    meta = shot.meta
    in_window = meta.fit is Fit.WINDOW or (meta.fit is Fit.AUTO and meta.move is Move.SCROLL)
    split = meta.layout is Layout.SPLIT and meta.ground is not Ground.PLAIN
    return is_card(shot) or in_window or split or meta.ground is Ground.COLOURS


def position_of(index: int, shots: Sequence[ShotSegment]) -> int:
    """An index that may count from the end, as one from the start.

    Raises:
        NotPossibleError: there are fewer scenes.
    """
    position = index if index >= 0 else len(shots) + index
    if not 0 <= position < len(shots):
        raise NotPossibleError(
            f"the video has {len(shots)} scene{'s' if len(shots) > 1 else ''}",
            f"视频只有 {len(shots)} 个镜头",
        )
    return position


def stretch(draft: Draft, total: int) -> None:
    """Make the video last `total` milliseconds, with everything in its place.

    A text keeps its reading time as far as the video lasts; pictures and sounds share the new length.
    """
    before = draft.duration

    def scaled(moment: int) -> int:
        return round(moment * total / before)

    for segment in [*draft.shots, *draft.sounds, *draft.captions]:
        whole = segment.start == 0 and segment.end >= before
        end = scaled(segment.end)
        segment.start = min(scaled(segment.start), total - 1)
        if isinstance(segment, CaptionSegment) and not whole and segment.end < before:
            segment.duration = min(segment.duration, total - segment.start)
        else:
            segment.duration = max(end - segment.start, 1)
    draft.duration = total


def arrange(draft: Draft, order: Sequence[int], lengths: Mapping[int, int] | None = None) -> None:
    """Show the scenes of these indexes in this order, one after the other; the others are removed.

    A text goes with the scene in which it begins, but for the title over a picture, which opens the video.
    How one scene follows another, by cut or crossfade, stays with the place in the video.

    Args:
        draft: changed in place.
        order: indexes of the scenes as they are shown now.
        lengths: milliseconds of scenes that are to last longer or shorter, by index.
    """
    shots, before = in_order(draft), draft.duration
    scene_of = {id(text): _scene_of(text, shots) for text in draft.captions}
    fades = [shot.meta.fade for shot in shots]
    moved_by: dict[int | None, int] = {None: 0}
    reached = 0
    for index, fade in zip(order, fades, strict=False):
        shot = shots[index]
        moved_by[index] = reached - shot.start
        shot.start, shot.duration = reached, (lengths or {}).get(index, shot.duration)
        shot.meta.fade = fade
        reached += shot.duration
    draft.duration = reached
    gone = {id(shots[index]) for index in range(len(shots)) if index not in moved_by}
    gone |= {text for text, scene in scene_of.items() if scene not in moved_by}
    for segment in [*draft.sounds, *draft.captions]:
        if id(segment) in gone:
            continue
        to_the_end = segment.end >= before
        segment.start += moved_by[scene_of.get(id(segment))]
        # What lasted to the video's end does so still, unless it went along with its scene.
        end = reached if to_the_end and scene_of.get(id(segment)) is None else min(segment.end, reached)
        segment.duration = end - segment.start
        if segment.duration <= 0:
            gone.add(id(segment))
    for track in draft.tracks:
        for segment in [segment for segment in track.segments if id(segment) in gone]:
            # By position: equal segments are not the same one.
            del track.segments[[id(one) for one in track.segments].index(id(segment))]
    drop_empty_tracks(draft)


def drop_empty_tracks(draft: Draft) -> None:
    draft.tracks = [track for track in draft.tracks if track.segments]


def _scene_of(text: CaptionSegment, shots: Sequence[ShotSegment]) -> int | None:
    """`None`: the text belongs to the video, not to a scene of it."""
    if text.start == 0 and text.end >= shots[-1].end:
        return None
    scene = max((i for i, shot in enumerate(shots) if shot.start <= text.start), default=0)
    over = not is_card(shots[scene]) and shots[scene].meta.layout is Layout.FULL
    if text.meta.role is Role.TITLE and text.start == 0 and over:
        return None
    return scene
