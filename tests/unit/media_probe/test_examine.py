import io

import pytest
from PIL import Image, ImageStat

from media_probe.examine import POSTER_WIDTH, examine
from tests.support.media import Film, picture, wav
from videos.steps.store_result import UnplayableError

PLAIN = Film().encoded()
FAST_START = Film(flags="faststart").encoded()


def _poster(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(examine(io.BytesIO(content)).poster))


def _contrast(image: Image.Image) -> float:
    return ImageStat.Stat(image.convert("L")).stddev[0]


@pytest.mark.parametrize("content", [PLAIN, FAST_START], ids=["index last", "index first"])
def test_a_finished_video_is_described(content: bytes) -> None:
    facts = examine(io.BytesIO(content))
    assert facts.duration_ms == pytest.approx(4000, abs=60)
    assert (facts.width, facts.height) == (160, 90)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")


@pytest.mark.parametrize(
    ("film", "codecs"),
    [
        (Film(audio=None), ("h264", None)),
        (Film(video="mpeg4"), ("mpeg4", "aac")),
        (Film(seconds=0.3), ("h264", "aac")),
        (Film(width=90, height=160), ("h264", "aac")),
        (Film(width=2160, height=90), ("h264", "aac")),
    ],
    ids=["silent", "another codec", "three frames", "upright", "wide"],
)
def test_whatever_plays_is_described(film: Film, codecs: tuple[str, str | None]) -> None:
    facts = examine(io.BytesIO(film.encoded()))
    assert (facts.video_codec, facts.audio_codec) == codecs
    assert (facts.width, facts.height) == (film.width, film.height)
    with Image.open(io.BytesIO(facts.poster)) as poster:
        assert poster.format == "JPEG"
        assert poster.width == min(film.width, POSTER_WIDTH)
        assert poster.height == pytest.approx(poster.width * film.height / film.width, abs=2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>Please log in</html>",
        bytes(10_000),
        PLAIN[: len(PLAIN) // 2],
        FAST_START[: len(FAST_START) // 2],
        FAST_START[: len(FAST_START) * 8 // 10],
        Film(overhang=6).encoded(),
        Film(video=None).encoded(),
        wav(),
    ],
    ids=[
        "nothing",
        "a page",
        "zeros",
        "half",
        "half, index first",
        "four fifths",
        "sound goes on",
        "sound alone",
        "wav",
    ],
)
def test_what_does_not_play_is_unplayable(content: bytes) -> None:
    with pytest.raises(UnplayableError):
        examine(io.BytesIO(content))


@pytest.mark.parametrize(
    ("bright_from", "bright_to"), [(1.0, 9.0), (1.6, 4.0), (4.5, 5.5), (6.5, 9.0)], ids=str
)
def test_the_poster_shows_something(bright_from: float, bright_to: float) -> None:
    """The video is black but for a while; the poster is from that while."""
    film = Film(seconds=10, audio=None, shade=lambda second: 235 if bright_from <= second < bright_to else 16)
    assert _contrast(_poster(film.encoded())) > 50


def test_the_poster_is_from_where_the_message_is() -> None:
    """What comes later shows a little more; a video says what it is about in its first seconds."""
    film = Film(seconds=10, audio=None, shade=lambda second: 180 if second < 3 else 235)
    assert ImageStat.Stat(_poster(film.encoded()).convert("L")).extrema[0][1] == pytest.approx(180, abs=6)


def test_the_poster_is_from_where_the_picture_rests() -> None:
    def shade(second: float) -> int:
        return (60 if round(10 * second) % 2 == 0 else 220) if second < 3 else 190

    rests = Film(seconds=10, audio=None, shade=shade)
    assert ImageStat.Stat(_poster(rests.encoded()).convert("L")).extrema[0][1] == pytest.approx(190, abs=6)


def test_a_video_that_shows_nothing_has_a_poster_all_the_same() -> None:
    assert _poster(Film(audio=None, shade=lambda _: 16).encoded()).size == (160, 90)


def test_a_picture_is_a_video_of_no_length() -> None:
    with pytest.raises(UnplayableError):
        examine(io.BytesIO(picture("PNG")))


SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
CONCAT = b"ffconcat version 1.0\nfile /etc/passwd\n"


@pytest.mark.parametrize(
    "content",
    [SDP, PLAYLIST, CONCAT, Film(container="matroska").encoded(), wav(), picture("PNG"), picture("GIF")],
    ids=["SDP", "playlist", "concat", "Matroska", "WAV", "PNG", "GIF"],
)
def test_nothing_but_an_mp4_is_opened(content: bytes) -> None:
    """Some of what FFmpeg recognizes by itself opens other files, or connections."""
    with pytest.raises(UnplayableError, match="a player cannot open it"):
        examine(io.BytesIO(content))
