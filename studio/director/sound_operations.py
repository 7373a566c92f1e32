"""Operations on what is heard in a draft."""

from dataclasses import dataclass

from studio.director.language import is_chinese
from studio.director.operation import NotPossibleError, Said
from studio.director.timeline import drop_empty_tracks
from studio.director.vocabulary import STYLE_NAMES, after
from studio.draft import LONGEST_SPEECH, AudioTrack, Draft, Sound, SoundSegment, Style, TrackMeta, speaking_ms

MUSIC_UNDER_SOUND_VOLUME = 0.3


@dataclass(frozen=True)
class PlayMusic:
    """Music of a style; `None` is another style than the one that plays."""

    style: Style | None = None

    def apply(self, draft: Draft) -> Said:
        played = [sound.meta for sound in draft.sounds if _is_music(sound)]
        style = self.style or (after(played[0].style, list(Style)) if played else Style.LOFI)
        english, chinese = STYLE_NAMES[style]
        if not played:
            volume = MUSIC_UNDER_SOUND_VOLUME if draft.sounds else 1
            music = Sound(name=style, style=style, volume=volume)
            draft.tracks.append(
                AudioTrack(segments=[SoundSegment(start=0, duration=draft.duration, meta=music)])
            )
            return Said(f"{english} music was added", f"已添加{chinese}音乐")
        if all(music.style is style for music in played):
            raise NotPossibleError(f"the music is {english} already", f"音乐已经是{chinese}风格")
        for music in played:
            music.style, music.name = style, style
        return Said(f"the music is now {english}", f"音乐已换成{chinese}风格")


@dataclass(frozen=True)
class RemoveSounds:
    """The music, made or uploaded, or what is spoken."""

    spoken: bool = False

    def apply(self, draft: Draft) -> Said:
        name = Said("voice", "旁白") if self.spoken else Said("music", "音乐")
        gone = [sound for sound in draft.sounds if (sound.meta.speech is not None) is self.spoken]
        if not gone:
            raise NotPossibleError(f"the video has no {name.english}", f"视频里没有{name.chinese}")
        for track in draft.tracks:
            if isinstance(track, AudioTrack):
                track.segments = [s for s in track.segments if not any(s is one for one in gone)]
        drop_empty_tracks(draft)
        return Said(f"the {name.english} is gone", f"已去掉{name.chinese}")


@dataclass(frozen=True)
class SetVolume:
    """`share` of the full volume, or what it is now times `factor`.

    Beside a voice or a clip's sound, the music's share of the mix is meant; alone, the video's volume.
    """

    share: float | None = None
    factor: float = 1
    spoken: bool = False

    def apply(self, draft: Draft) -> Said:
        meant = [sound.meta for sound in draft.sounds if (sound.meta.speech is not None) is self.spoken]
        meant = [sound for sound in meant if sound.src is None] or meant
        if not meant:
            raise NotPossibleError("the video has no sound", "视频里没有声音")
        alone = len(meant) == len(draft.sounds)
        now = draft.canvas.volume if alone else meant[0].volume
        volume = round(min(max(self.share if self.share is not None else now * self.factor, 0), 1), 2)
        if volume == now:
            raise NotPossibleError(f"the volume is {now:.0%} already", f"音量已经是 {now:.0%}")
        if alone:
            draft.canvas = draft.canvas.model_copy(update={"volume": volume})
        else:
            for sound in meant:
                sound.volume = volume
        return Said(f"the volume is now {volume:.0%}", f"音量已调到 {volume:.0%}")


@dataclass(frozen=True)
class Speak:
    words: str

    def apply(self, draft: Draft) -> Said:
        if is_chinese(self.words):
            raise NotPossibleError("the voice speaks English only", "旁白目前只支持英文")
        if len(self.words) > LONGEST_SPEECH:
            raise NotPossibleError(
                f"the text to speak has more than {LONGEST_SPEECH} characters",
                f"旁白文字超过 {LONGEST_SPEECH} 个字符",
            )
        length = min(speaking_ms(self.words), draft.duration)
        segment = SoundSegment(start=0, duration=length, meta=Sound(name="Voice", speech=self.words))
        spoken = [sound for sound in draft.sounds if sound.meta.speech is not None]
        if spoken:
            spoken[0].meta.speech = self.words
            return Said(f"the voice now says “{self.words}”", f"旁白已改为“{self.words}”")
        draft.tracks.append(AudioTrack(segments=[segment], meta=TrackMeta(name="Voice")))
        return Said("a voice was added", "已添加旁白")


def _is_music(sound: SoundSegment) -> bool:
    return sound.meta.src is None and sound.meta.speech is None
