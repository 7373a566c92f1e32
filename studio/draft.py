"""The draft: what the director writes, a session keeps and the renderer reads.

On the wire a draft is `{"t": [{"tt": 0, "sg": [{"s", "d", "m"}], "m"}], "d", "m"}`: tracks, track type,
segments, start and duration in milliseconds, metadata. The letters come from the vendor's skill document; `s`
and what stands inside the metadata are this studio's own.
"""

from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from studio.errors import UnusableDraftError

FPS = 30
SHORTEST_MS = 500
LONGEST_MS = 180_000
MOST_SEGMENTS = 200
MOST_TRACKS = 50
LONGEST_NAME = 256
LONGEST_TEXT, LONGEST_SPEECH = 5000, 2000
"""Characters of one text, and of what is spoken at once."""
MOST_SPOKEN = 6000
"""Characters of all that is spoken: more than fits into the longest video."""
MOST_FRAMINGS = 20
LOWEST_FPS, HIGHEST_FPS = 10, 60
LONGEST_SIDE = 3840
"""Pixels of a canvas."""
LONGEST_CODE = 300
"""Characters of a QR code; with more, its modules are too small to be read from a screen."""
CHARACTERS_A_SECOND = 14

Name = Annotated[str, Field(max_length=LONGEST_NAME)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Milliseconds = Annotated[int, Field(ge=0, le=LONGEST_MS)]
Volume = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Fade = Annotated[int, Field(ge=0, le=5000)]
"""Milliseconds."""
Speed = Annotated[float, Field(ge=0.25, le=4)]


class TrackType(IntEnum):
    VIDEO = 0
    AUDIO = 1
    TEXT = 7


class Move(StrEnum):
    """What the camera does over a picture that has no path of its own."""

    STILL = "still"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    SCROLL = "scroll"


class Fit(StrEnum):
    """How a picture stands on the canvas."""

    AUTO = "auto"
    """A scrolled page in a window, a picture of about the canvas' shape covering it, any other whole."""
    COVER = "cover"
    CONTAIN = "contain"
    WINDOW = "window"
    """In a browser's window, on a ground of the shot's colours."""


class Ground(StrEnum):
    """What is seen around a picture that does not cover the canvas."""

    BLUR = "blur"
    COLOURS = "colours"
    PLAIN = "plain"
    """The first of the shot's colours alone: the ground that the picture itself has."""


class Layout(StrEnum):
    """How a picture and the texts of its scene share the canvas."""

    FULL = "full"
    """Texts stand over the picture."""
    SPLIT = "split"
    """The picture stands beside the text, or above it. Where the scene has no text, as `FULL`."""
    CARD = "card"
    """The picture is small, above the texts of a card. Where the scene has no text, as `FULL`."""
    BUTTON = "button"
    """The picture is a button, below the texts of a card. Where the scene has no text, as `FULL`."""


class Role(StrEnum):
    """What a text is for: where it stands, and how it is set.

    A line break begins the smaller lines below, except in a caption.
    """

    TITLE = "title"
    BODY = "body"
    LOWER_THIRD = "lower_third"
    CAPTION = "caption"
    CALL_TO_ACTION = "call_to_action"
    CLOSING = "closing"


class Place(StrEnum):
    TOP = "top"
    MIDDLE = "middle"
    BOTTOM = "bottom"


class Style(StrEnum):
    """The music the studio can play."""

    LOFI = "Lo-fi"
    UPBEAT = "Upbeat"
    CALM = "Calm"
    CINEMATIC = "Cinematic"
    ELECTRONIC = "Electronic"
    INSPIRING = "Inspiring"


class _Wire(BaseModel):
    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, allow_inf_nan=False
    )


class Font(StrEnum):
    """The fonts of Latin texts. Each other script has one font."""

    INTER = "Inter"
    LORA = "Lora"
    MONTSERRAT = "Montserrat"
    OSWALD = "Oswald"
    JETBRAINS_MONO = "JetBrains Mono"
    CAVEAT = "Caveat"


class Framing(_Wire):
    """What the camera sees, and for how long it rests there.

    The view is centred on (`x`, `y`), shares of the picture's width and height, and moved inside the picture
    where it would look beyond its edge. Zoom 1 is the whole fitted picture; of a tall page, its whole width.
    """

    x: Share = 0.5
    y: Share = 0.5
    zoom: Annotated[float, Field(ge=1, le=8)] = 1
    rest: Milliseconds = 0


class Transition(StrEnum):
    """How a shot takes the place of the one before, in the time of its fade."""

    FADE = "fade"
    PUSH = "push"
    """It pushes the other one out: to the left, on an upright canvas upwards."""


class Crop(_Wire):
    """A part of a picture, in shares of its width and height. The rest is not shown."""

    left: Share = 0
    top: Share = 0
    width: Annotated[float, Field(gt=0, le=1)] = 1
    height: Annotated[float, Field(gt=0, le=1)] = 1


class Shot(_Wire):
    """A picture, a clip (`src` names the media) or, without `src`, a card of two colours."""

    name: Name = ""
    src: Name | None = None
    code: Annotated[str, Field(min_length=1, max_length=LONGEST_CODE)] | None = None
    """What a QR code says that is shown as the picture of a card."""
    move: Move = Move.STILL
    path: Annotated[list[Framing], Field(max_length=MOST_FRAMINGS, fail_fast=True)] = Field(
        default_factory=list
    )
    """Overrides `move`: the camera goes from framing to framing, in the time that the rests leave."""
    fit: Fit = Fit.AUTO
    ground: Ground = Ground.BLUR
    layout: Layout = Layout.FULL
    crop: Crop | None = None
    """Of a still picture. Path and fit are about this part of it."""
    trim: Milliseconds = Field(alias="in", default=0)
    """Where in a clip the shot begins."""
    speed: Speed = 1
    """Of a clip."""
    fade: Fade = 0
    """How long it takes to replace what was shown before; 0 is a cut."""
    transition: Transition = Transition.FADE
    colours: tuple[Colour, Colour] = ("#1b2440", "#3d2a5c")


class Sound(_Wire):
    """An uploaded sound (`src`), words to be spoken (`speech`) or, without either, music of a style.

    Volumes are relative to one another: the mix is brought to the loudness of online video.
    """

    name: Name = ""
    src: Name | None = None
    speech: Annotated[str, Field(min_length=1, max_length=LONGEST_SPEECH)] | None = None
    style: Style = Style.LOFI
    volume: Volume = 1
    trim: Milliseconds = Field(alias="in", default=0)
    """Where in an uploaded sound the segment begins."""
    speed: Speed = 1
    """Of an uploaded sound; its pitch is kept."""
    fade_in: Fade = 50
    fade_out: Fade = 1500
    """Heard where the segment's end cuts the sound off."""
    duck: Share = 0.3
    """What is left of it while words are spoken."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        if self.src is not None and self.speech is not None:
            msg = "a sound is uploaded (src) or spoken (speech), not both"
            raise ValueError(msg)
        return self


class Caption(_Wire):
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    role: Role = Role.TITLE
    place: Place | None = None
    """Where in the safe area; `None` is the role's own place."""
    size: Annotated[float, Field(ge=0.25, le=4)] = 1
    colour: Colour = "#ffffff"
    accent: Colour = "#ffd84d"
    """Of what is drawn beside the letters: the bar, the rule, the button."""
    scrim: bool = True
    """Whether the picture below is darkened for contrast."""
    fade: Fade = 450


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
    name: Name = ""


class VideoTrack(_Wire):
    type: Literal[TrackType.VIDEO] = Field(alias="tt", default=TrackType.VIDEO)
    segments: list[ShotSegment] = Field(
        alias="sg", default_factory=list, max_length=MOST_SEGMENTS, fail_fast=True
    )
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="Video"))


class AudioTrack(_Wire):
    type: Literal[TrackType.AUDIO] = Field(alias="tt", default=TrackType.AUDIO)
    segments: list[SoundSegment] = Field(
        alias="sg", default_factory=list, max_length=MOST_SEGMENTS, fail_fast=True
    )
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="BGM"))


class TextTrack(_Wire):
    type: Literal[TrackType.TEXT] = Field(alias="tt", default=TrackType.TEXT)
    segments: list[CaptionSegment] = Field(
        alias="sg", default_factory=list, max_length=MOST_SEGMENTS, fail_fast=True
    )
    meta: TrackMeta = Field(alias="m", default_factory=lambda: TrackMeta(name="Title"))


Track = Annotated[VideoTrack | AudioTrack | TextTrack, Field(discriminator="type")]


class Corner(StrEnum):
    TOP_LEFT = "top left"
    TOP_RIGHT = "top right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM_RIGHT = "bottom right"


class Logo(_Wire):
    """A picture that is seen in a corner all the time."""

    src: Name
    corner: Corner = Corner.TOP_RIGHT


class Canvas(_Wire):
    """The picture's size in pixels, its frame rate, its logo, its font, and the video's volume."""

    width: Annotated[int, Field(ge=160, le=LONGEST_SIDE)] = 1920
    height: Annotated[int, Field(ge=160, le=LONGEST_SIDE)] = 1080
    fps: Annotated[int, Field(ge=LOWEST_FPS, le=HIGHEST_FPS)] = FPS
    aspect: Annotated[str, Field(max_length=16)] = "16:9"
    logo: Logo | None = None
    captions: bool = False
    """Whether all but the captions leave room for them at the lower edge."""
    font: Font = Font.INTER
    volume: Volume = 1
    """Of everything that is heard; 1 is the loudness of online video, -14 LUFS."""

    @property
    def lines(self) -> int:
        """How fine the picture is: the lines of a 16:9 picture of this fineness. 2160 is 4K."""
        return round(1080 * max(min(self.width, self.height) / 1080, max(self.width, self.height) / 1920))

    @model_validator(mode="after")
    def _sides_are_even(self) -> Self:
        if self.width % 2 or self.height % 2:
            msg = "width and height must be even"
            raise ValueError(msg)
        return self


_TOO_MANY_SEGMENTS = f"it has more than {MOST_SEGMENTS} segments"


def _segments_in(track: object) -> int:
    segments = track.get("sg", track.get("segments")) if isinstance(track, dict) else None
    return len(segments) if isinstance(segments, list) else 0


class Draft(_Wire):
    tracks: list[Track] = Field(alias="t", max_length=MOST_TRACKS, fail_fast=True)
    duration: Milliseconds = Field(alias="d", default=0)
    canvas: Canvas = Field(alias="m", default_factory=Canvas)

    @model_validator(mode="before")
    @classmethod
    def _is_small(cls, value: object) -> object:
        """Before any segment is looked at."""
        if isinstance(value, dict):
            tracks = value.get("t", value.get("tracks"))
            lengths = map(_segments_in, tracks) if isinstance(tracks, list) else ()
            if sum(lengths) > MOST_SEGMENTS:
                raise ValueError(_TOO_MANY_SEGMENTS)
        return value

    @model_validator(mode="after")
    def _can_be_shown(self) -> Self:
        if not self.shots:
            msg = "it has no video segment"
            raise ValueError(msg)
        if sum(len(track.segments) for track in self.tracks) > MOST_SEGMENTS:
            raise ValueError(_TOO_MANY_SEGMENTS)
        if sum(len(sound.meta.speech or "") for sound in self.sounds) > MOST_SPOKEN:
            msg = f"more than {MOST_SPOKEN} characters are to be spoken"
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
        used.append(self.canvas.logo.src if self.canvas.logo else None)
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
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at {place[:200]}" if place else ""
        reason = first["msg"].removeprefix("Value error, ")[:300]
        raise UnusableDraftError(f"The draft cannot be rendered{where}: {reason}.") from error


def speaking_ms(text: str) -> int:
    """About how long a text takes to be spoken."""
    return 300 + round(len(text) * 1000 / CHARACTERS_A_SECOND)
