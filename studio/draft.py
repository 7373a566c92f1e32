"""The draft: what the director writes, a session keeps and the renderer reads.

On the wire a draft is `{"t": [{"tt": 0, "sg": [{"s", "d", "m"}], "m"}], "d", "m"}`: tracks, track type,
segments, start and duration in milliseconds, metadata. The letters come from the vendor's skill document; `s`
and what stands inside the metadata are this studio's own.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studio.errors import UnusableDraftError

FPS = 30
SHORTEST_MS = 500
LONGEST_MS = 180_000
MOST_SEGMENTS = 200

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_MS)]
Volume = Annotated[float, Field(ge=0, le=1)]


class TrackType(IntEnum):
    VIDEO = 0
    AUDIO = 1
    TEXT = 7


class Move(StrEnum):
    """What the camera does over a picture."""

    STILL = "still"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    SCROLL = "scroll"


class Role(StrEnum):
    """Where a text stands and how large it is set."""

    TITLE = "title"
    BODY = "body"
    LOWER_THIRD = "lower_third"
    CLOSING = "closing"


class Style(StrEnum):
    """The music the studio can play."""

    LOFI = "Lo-fi"
    UPBEAT = "Upbeat"
    CALM = "Calm"


class _Wire(BaseModel):
    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, allow_inf_nan=False
    )


class Shot(_Wire):
    """A picture, a clip (`src` names the media) or, without `src`, a card of two colours."""

    name: str = ""
    src: str | None = None
    move: Move = Move.STILL
    fade: Annotated[int, Field(ge=0, le=3000)] = 0
    """Milliseconds of crossfade from what was shown before."""
    colours: tuple[Colour, Colour] = ("#1b2440", "#3d2a5c")


class Sound(_Wire):
    """An uploaded sound (`src`) or, without `src`, music of a style."""

    name: str = ""
    src: str | None = None
    style: Style = Style.LOFI
    volume: Volume = 1


class Caption(_Wire):
    text: Annotated[str, Field(min_length=1, max_length=600)]
    role: Role = Role.TITLE
    size: Annotated[float, Field(ge=0.25, le=4)] = 1
    colour: Colour = "#ffffff"
    scrim: bool = True
    """Whether the picture below is darkened for contrast."""


class _Segment(_Wire):
    start: Milliseconds = Field(alias="s", default=0)
    duration: Annotated[int, Field(gt=0, le=LONGEST_MS)] = Field(alias="d")

    @property
    def end(self) -> int:
        return self.start + self.duration


class ShotSegment(_Segment):
    meta: Shot = Field(alias="m", default_factory=Shot)


class SoundSegment(_Segment):
    meta: Sound = Field(alias="m", default_factory=Sound)


class CaptionSegment(_Segment):
    meta: Caption = Field(alias="m")


class TrackMeta(_Wire):
    name: str = ""


class VideoTrack(_Wire):
    type: Literal[TrackType.VIDEO] = Field(alias="tt", default=TrackType.VIDEO)
    segments: list[ShotSegment] = Field(alias="sg", default_factory=list)
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="Video"))


class AudioTrack(_Wire):
    type: Literal[TrackType.AUDIO] = Field(alias="tt", default=TrackType.AUDIO)
    segments: list[SoundSegment] = Field(alias="sg", default_factory=list)
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="BGM"))


class TextTrack(_Wire):
    type: Literal[TrackType.TEXT] = Field(alias="tt", default=TrackType.TEXT)
    segments: list[CaptionSegment] = Field(alias="sg", default_factory=list)
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="Title"))


Track = Annotated[VideoTrack | AudioTrack | TextTrack, Field(discriminator="type")]


class Canvas(_Wire):
    """The picture's size in pixels and its frame rate."""

    width: Annotated[int, Field(ge=160, le=1920)] = 1920
    height: Annotated[int, Field(ge=160, le=1920)] = 1080
    fps: Annotated[int, Field(ge=10, le=60)] = FPS
    aspect: str = "16:9"

    @model_validator(mode="after")
    def _sides_are_even(self) -> "Canvas":
        if self.width % 2 or self.height % 2:
            msg = "width and height must be even"
            raise ValueError(msg)
        return self


class Draft(_Wire):
    tracks: list[Track] = Field(alias="t")
    duration: Milliseconds = Field(alias="d", default=0)
    canvas: Canvas = Field(alias="m", default_factory=Canvas)

    @model_validator(mode="after")
    def _can_be_shown(self) -> "Draft":
        if not self.shots:
            msg = "it has no video segment"
            raise ValueError(msg)
        if sum(len(track.segments) for track in self.tracks) > MOST_SEGMENTS:
            msg = f"it has more than {MOST_SEGMENTS} segments"
            raise ValueError(msg)
        if not self.duration:
            self.duration = max(shot.end for shot in self.shots)
        if not SHORTEST_MS <= self.duration <= LONGEST_MS:
            msg = f"it lasts {self.duration} ms; {SHORTEST_MS} to {LONGEST_MS} ms can be rendered"
            raise ValueError(msg)
        return self

    @property
    def shots(self) -> list[ShotSegment]:
        return [shot for track in self.tracks if isinstance(track, VideoTrack) for shot in track.segments]

    @property
    def sounds(self) -> list[SoundSegment]:
        return [sound for track in self.tracks if isinstance(track, AudioTrack) for sound in track.segments]

    @property
    def captions(self) -> list[CaptionSegment]:
        return [
            caption for track in self.tracks if isinstance(track, TextTrack) for caption in track.segments
        ]

    @property
    def sources(self) -> set[str]:
        """Ids of the media the draft uses."""
        used = [shot.meta.src for shot in self.shots] + [sound.meta.src for sound in self.sounds]
        return {src for src in used if src is not None}

    @property
    def frame_count(self) -> int:
        return round(self.duration * self.canvas.fps / 1000)

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def raw(self) -> "Draft":
        """The first stage of a generation: the pictures, before music and texts are added."""
        pictures = [track for track in self.tracks if isinstance(track, VideoTrack)]
        return self.model_copy(update={"tracks": pictures}, deep=True)


def parse_draft(value: object) -> Draft:
    """Read a draft from the wire.

    Raises:
        UnusableDraftError: the draft cannot be rendered; the message names the place and the reason.
    """
    try:
        return Draft.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at {place}" if place else ""
        reason = first["msg"].removeprefix("Value error, ")
        raise UnusableDraftError(f"The draft cannot be rendered{where}: {reason}.") from error
