"""Operations on the texts of a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.director.colours import WHITE, ink_on
from studio.director.operation import NotPossibleError, Said
from studio.director.timeline import drop_empty_tracks, has_text_of_its_own, in_order, is_card
from studio.director.vocabulary import COLOUR_NAMES, after
from studio.draft import (
    LONGEST_TEXT,
    Caption,
    CaptionSegment,
    Draft,
    Ground,
    Layout,
    Place,
    Role,
    TextTrack,
)

TITLE_MS = 3200
LAST_WORDS_MS = 2600
SHORTEST_TEXT_MS = 500
SMALLEST, LARGEST = 0.25, 4.0
_BLACK = "#111318"


@dataclass(frozen=True)
class Texts:
    """Which texts of a draft are meant: those of a role, those with certain words, or all."""

    role: Role | None = None
    words: str | None = None

    def of(self, draft: Draft) -> list[CaptionSegment]:
        """Raises: NotPossibleError: there is no such text."""
        found = [
            caption
            for caption in draft.captions
            if (self.role is None or caption.meta.role is self.role)
            and (self.words is None or self.words.lower() in caption.meta.text.lower())
        ]
        if not found and self.role is Role.CAPTION and self.words is None:
            found = draft.captions  # many call all texts captions
        if not found:
            if self.words:
                raise NotPossibleError(f"there is no text “{self.words}”", f"没有“{self.words}”这段文字")
            name = _ROLES[self.role]
            raise NotPossibleError(f"the video has no {name.english}", f"视频里没有{name.chinese}")
        return found

    @property
    def said(self) -> Said:
        return Said(f"“{self.words}”", f"“{self.words}”") if self.words else _the(_ROLES[self.role])


@dataclass(frozen=True)
class WriteText:
    """The text of a role gets other words, or is added where there is none."""

    role: Role
    words: str

    def apply(self, draft: Draft) -> Said:
        _check_length(self.words, LONGEST_TEXT)
        name = _the(_ROLES[self.role])
        if found := next((text for text in draft.captions if text.meta.role is self.role), None):
            if self.role is Role.TITLE:
                for text in _repeating(draft, found):
                    text.meta.text = self.words.split("\n")[0]
            found.meta.text = self.words
            return Said(f"{name.english} is now “{self.words}”", f"{name.chinese}已改为“{self.words}”")
        _text_track(draft).segments.append(_new_text(draft, self.role, self.words))
        return Said(f"{name.english} “{self.words}” was added", f"已添加{name.chinese}“{self.words}”")


@dataclass(frozen=True)
class ReplaceWords:
    old: str
    new: str

    def apply(self, draft: Draft) -> Said:
        for text in Texts(words=self.old).of(draft):
            replaced = _replaced(text.meta.text, self.old, self.new)
            _check_length(replaced, LONGEST_TEXT)
            text.meta.text = replaced
        return Said(f"“{self.old}” is now “{self.new}”", f"“{self.old}”已改为“{self.new}”")


@dataclass(frozen=True)
class RemoveTexts:
    texts: Texts

    def apply(self, draft: Draft) -> Said:
        gone = self.texts.of(draft)
        if self.texts.role is Role.TITLE:
            gone += [text for title in gone for text in _repeating(draft, title)]
        for track in draft.tracks:
            if isinstance(track, TextTrack):
                track.segments = [text for text in track.segments if not any(text is one for one in gone)]
        drop_empty_tracks(draft)
        said = self.texts.said
        return Said(f"{said.english} {_was(gone)} removed", f"已去掉{said.chinese}")


@dataclass(frozen=True)
class ResizeTexts:
    texts: Texts
    factor: float

    def apply(self, draft: Draft) -> Said:
        found = self.texts.of(draft)
        larger = self.factor > 1
        wanted = [round(min(max(text.meta.size * self.factor, SMALLEST), LARGEST), 2) for text in found]
        if wanted == [text.meta.size for text in found]:
            raise NotPossibleError("the text cannot be made any larger or smaller", "文字大小已到极限")
        for text, size in zip(found, wanted, strict=True):
            text.meta.size = size
        said = self.texts.said
        verb = "is" if len(found) == 1 else "are"
        return Said(
            f"{said.english} {verb} now {'bigger' if larger else 'smaller'}",
            f"{said.chinese}已{'放大' if larger else '缩小'}",
        )


@dataclass(frozen=True)
class ColourTexts:
    """`colour` is `#rrggbb`; `None` takes the next of the studio's colours."""

    texts: Texts
    colour: str | None = None

    def apply(self, draft: Draft) -> Said:
        found = self.texts.of(draft)
        colour = self.colour or after(found[0].meta.colour, [c for c in COLOUR_NAMES if c != _BLACK])
        for text in found:
            text.meta.colour = colour
        english, chinese = COLOUR_NAMES.get(colour, (colour, colour))
        said = self.texts.said
        verb = "is" if len(found) == 1 else "are"
        return Said(f"{said.english} {verb} now {english}", f"{said.chinese}已改为{chinese}")


@dataclass(frozen=True)
class TimeTexts:
    """How long texts are shown: `seconds`, or as long as now times `factor`."""

    texts: Texts
    seconds: float | None = None
    factor: float = 1

    def apply(self, draft: Draft) -> Said:
        found = self.texts.of(draft)
        for text in found:
            wanted = 1000 * self.seconds if self.seconds is not None else text.duration * self.factor
            text.duration = max(min(round(wanted), draft.duration - text.start), SHORTEST_TEXT_MS)
        said, shown = self.texts.said, f"{found[0].duration / 1000:g}"
        return Said(f"{said.english} now shows for {shown} seconds", f"{said.chinese}现在显示 {shown} 秒")


@dataclass(frozen=True)
class PlaceTexts:
    texts: Texts
    place: Place

    def apply(self, draft: Draft) -> Said:
        for text in self.texts.of(draft):
            text.meta.place = self.place
        said = self.texts.said
        where = {Place.TOP: "上方", Place.MIDDLE: "中间", Place.BOTTOM: "下方"}[self.place]
        return Said(f"{said.english} now stands at the {self.place}", f"{said.chinese}已移到{where}")


_ROLES = {
    None: Said("texts", "文字"),
    Role.TITLE: Said("title", "标题"),
    Role.BODY: Said("text", "正文"),
    Role.LOWER_THIRD: Said("lower third", "副标题"),
    Role.CAPTION: Said("captions", "字幕"),
    Role.CALL_TO_ACTION: Said("call to action", "行动号召"),
    Role.CLOSING: Said("closing text", "结尾文字"),
}


def _repeating(draft: Draft, title: CaptionSegment) -> list[CaptionSegment]:
    """Last words that say the title again."""
    name = title.meta.text.split("\n")[0]
    return [text for text in draft.captions if text.meta.role is Role.CLOSING and text.meta.text == name]


def _replaced(text: str, old: str, new: str) -> str:
    start = text.lower().index(old.lower())
    return text[:start] + new + text[start + len(old) :]


def _check_length(text: str, most: int) -> None:
    """Raises: NotPossibleError: it is longer than a video can show or say."""
    if len(text) > most:
        raise NotPossibleError(f"the text has more than {most} characters", f"文字超过 {most} 个字符")


def _the(name: Said) -> Said:
    return Said(f"the {name.english}", name.chinese)


def _was(things: Sequence[object]) -> str:
    return "was" if len(things) == 1 else "were"


def _text_track(draft: Draft) -> TextTrack:
    track = next((track for track in draft.tracks if isinstance(track, TextTrack)), None)
    if track is None:
        track = TextTrack()
        draft.tracks.append(track)
    return track


def _new_text(draft: Draft, role: Role, words: str) -> CaptionSegment:
    """A title begins the video, last words end it, and what names a scene follows the title."""
    shots = in_order(draft)
    if role in {Role.CLOSING, Role.CALL_TO_ACTION}:
        shot = shots[-1]
        start = shot.start if is_card(shot) else max(shot.start, draft.duration - LAST_WORDS_MS)
        length = draft.duration - start
    elif role is Role.TITLE:
        shot, start, length = shots[0], 0, min(TITLE_MS, round(draft.duration * 0.45))
    else:
        shot = shots[1] if len(shots) > 1 else shots[0]
        title = next((text for text in draft.captions if text.meta.role is Role.TITLE), None)
        start = max(shot.start, title.end if title and title.end < shot.end - SHORTEST_TEXT_MS else 0)
        length = shot.end - start
    caption = Caption(text=words, role=role, scrim=not is_card(shot))
    if has_text_of_its_own(shot):
        # Over the picture, two texts would be read through each other.
        shot.meta.layout = Layout.SPLIT
        start, length = shot.start, shot.duration
        ink = ink_on(shot.meta.colours) if shot.meta.ground is Ground.PLAIN else WHITE
        caption = Caption(text=words, role=role, scrim=False, colour=ink)
    return CaptionSegment(start=start, duration=length, meta=caption)
