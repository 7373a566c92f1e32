# ruff: noqa: RUF001 - Chinese punctuation
"""Operations on a draft as a whole, and on its scenes."""

from dataclasses import dataclass

from studio.director.colours import next_palette
from studio.director.operation import NotPossibleError, Said
from studio.director.timeline import arrange, in_order, is_card, position_of, shows_colours, stretch
from studio.director.vocabulary import Aspect
from studio.draft import Draft, Transition

SHORTEST_S, LONGEST_S = 3, 60
SHORTEST_SHOT_MS = 700
SLOWEST, FASTEST = 0.25, 4.0


@dataclass(frozen=True)
class SetFormat:
    aspect: Aspect

    def apply(self, draft: Draft) -> Said:
        # A video in 4K stays so.
        scale = max(draft.canvas.lines / 1080, 1)
        width, height = (round(side * scale / 2) * 2 for side in self.aspect.size)
        if (draft.canvas.width, draft.canvas.height) == (width, height):
            raise NotPossibleError(f"the format is {self.aspect} already", f"画幅已经是 {self.aspect}")
        draft.canvas = draft.canvas.model_copy(
            update={"width": width, "height": height, "aspect": str(self.aspect)}
        )
        return Said(f"the format is now {self.aspect}", f"画幅已改为 {self.aspect}")


@dataclass(frozen=True)
class SetLength:
    """Of the whole video: `seconds`, or the length it has times `factor` plus `more` seconds."""

    seconds: float | None = None
    factor: float = 1
    more: float = 0

    def apply(self, draft: Draft) -> Said:
        now = draft.duration / 1000
        wanted = self.seconds if self.seconds is not None else now * self.factor + self.more
        total = round(1000 * min(max(wanted, SHORTEST_S), LONGEST_S))
        if total == draft.duration:
            raise NotPossibleError(
                f"the video lasts {now:g} seconds already; {SHORTEST_S} to {LONGEST_S} can be made",
                f"视频时长已经是 {now:g} 秒；可选 {SHORTEST_S} 到 {LONGEST_S} 秒",
            )
        stretch(draft, total)
        return Said(f"the video now lasts {total / 1000:g} seconds", f"视频时长已改为 {total / 1000:g} 秒")


@dataclass(frozen=True)
class SetPace:
    """Everything that moves is shown `factor` times as fast; the video is the shorter for it."""

    factor: float

    def apply(self, draft: Draft) -> Said:
        total = round(min(max(draft.duration / self.factor, 1000 * SHORTEST_S), 1000 * LONGEST_S))
        if total == draft.duration:
            raise NotPossibleError("the video cannot be made any faster or slower", "视频速度无法再调整")
        for shot in draft.shots:
            shot.meta.speed = round(min(max(shot.meta.speed * self.factor, SLOWEST), FASTEST), 2)
        stretch(draft, total)
        faster = self.factor > 1
        return Said(
            f"everything is {'faster' if faster else 'slower'}: the video now lasts {total / 1000:g} seconds",
            f"节奏已{'加快' if faster else '放慢'}，视频时长为 {total / 1000:g} 秒",
        )


@dataclass(frozen=True)
class Reorder:
    """The scenes between the opening and the closing card in another order: each one on, or back to front."""

    backwards: bool = False

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)
        first = 1 if is_card(shots[0]) else 0
        last = len(shots) - 1 if len(shots) > 1 and is_card(shots[-1]) else len(shots)
        if last - first < 2:  # noqa: PLR2004 - nothing to exchange
            raise NotPossibleError(
                "there are not enough scenes to put in another order", "镜头太少，无法调整顺序"
            )
        middle = list(range(first, last))
        middle = middle[::-1] if self.backwards else [*middle[1:], middle[0]]
        arrange(draft, [*range(first), *middle, *range(last, len(shots))])
        return Said("the scenes are in another order", "镜头顺序已调整")


@dataclass(frozen=True)
class MoveShot:
    """Indexes count from 0; negative ones from the end."""

    index: int
    to: int

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)
        index, to = position_of(self.index, shots), position_of(self.to, shots)
        if index == to:
            raise NotPossibleError("the scene is there already", "镜头已经在那个位置")
        order = [position for position in range(len(shots)) if position != index]
        order.insert(to, index)
        arrange(draft, order)
        return Said(f"scene {index + 1} is now scene {to + 1}", f"第 {index + 1} 个镜头已移到第 {to + 1} 个")


@dataclass(frozen=True)
class SwapShots:
    """Indexes count from 0; negative ones from the end."""

    one: int
    other: int

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)
        one, other = position_of(self.one, shots), position_of(self.other, shots)
        if one == other:
            raise NotPossibleError("this is one and the same scene", "这是同一个镜头")
        order = list(range(len(shots)))
        order[one], order[other] = order[other], order[one]
        arrange(draft, order)
        return Said(
            f"scenes {one + 1} and {other + 1} have changed places",
            f"第 {one + 1} 和第 {other + 1} 个镜头已对调",
        )


@dataclass(frozen=True)
class RemoveShots:
    """The video is the shorter for it. An index counts from 0, a negative one from the end."""

    indexes: tuple[int, ...]

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)
        gone = {position_of(index, shots) for index in self.indexes}
        kept = [position for position in range(len(shots)) if position not in gone]
        if not kept:
            raise NotPossibleError("nothing would be left of the video", "删除后视频就没有内容了")
        arrange(draft, kept)
        names = ", ".join(str(index + 1) for index in sorted(gone))
        if len(gone) == 1:
            return Said(f"scene {names} is gone", f"已删除第 {names} 个镜头")
        return Said(f"scenes {names} are gone", f"已删除第 {names} 个镜头")


@dataclass(frozen=True)
class StretchShot:
    """One scene is shown for `seconds`, or for as long as now times `factor`; those after it move along."""

    index: int
    seconds: float | None = None
    factor: float = 1

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)
        index = position_of(self.index, shots)
        shot = shots[index]
        wanted = round(1000 * self.seconds if self.seconds is not None else shot.duration * self.factor)
        most = 1000 * LONGEST_S - (draft.duration - shot.duration)
        wanted = min(
            max(wanted, SHORTEST_SHOT_MS, 1000 * SHORTEST_S - (draft.duration - shot.duration)), most
        )
        if wanted == shot.duration:
            raise NotPossibleError(
                "this scene cannot be made any longer or shorter", "这个镜头的时长无法再调整"
            )
        arrange(draft, list(range(len(shots))), {index: wanted})
        return Said(
            f"scene {index + 1} now lasts {wanted / 1000:g} seconds",
            f"第 {index + 1} 个镜头现在为 {wanted / 1000:g} 秒",
        )


@dataclass(frozen=True)
class ColourGround:
    """The colours of cards, and of what surrounds a page; `None` takes the next of the studio's."""

    colours: tuple[str, str] | None = None

    def apply(self, draft: Draft) -> Said:
        found = [shot.meta for shot in draft.shots if shows_colours(shot)]
        if not found:
            raise NotPossibleError(
                "the pictures fill the whole video, so that no background is seen",
                "画面已铺满，没有可改的背景",
            )
        colours = self.colours or next_palette(found[0].colours)
        for shot in found:
            shot.colours = colours
        return Said("the background has other colors now", "背景颜色已更换")


@dataclass(frozen=True)
class CutScenes:
    """From scene to scene with a cut, or with a crossfade."""

    crossfade: int
    """Milliseconds; 0 is a cut."""

    def apply(self, draft: Draft) -> Said:
        shots = in_order(draft)[1:]
        if all(
            shot.meta.fade == self.crossfade and shot.meta.transition is Transition.FADE for shot in shots
        ):
            raise NotPossibleError("the scenes change that way already", "转场已经是这样")
        for shot in shots:
            shot.meta.fade = min(self.crossfade, shot.duration // 2)
            shot.meta.transition = Transition.FADE
        how = (
            Said("fade into one another", "改为淡入淡出")
            if self.crossfade
            else Said("are cut hard", "改为直接切换")
        )
        return Said(f"the scenes now {how.english}", f"转场已{how.chinese}")
