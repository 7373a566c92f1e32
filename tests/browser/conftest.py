"""The watch page and its handler, with films and links of all kinds behind them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from backend.captions import Cue, webvtt
from tests.browser.film import write_film
from tests.browser.site import Site, site_of
from tests.browser.theme import Theme
from tests.support.waiting import HUNG_MS
from videos.model.media import InboxFile
from videos.model.version import Delivered, Timeline, Version
from videos.model.video import Video

NOW = datetime.now(UTC)
CUES = (
    Cue(start_ms=0, end_ms=1500, text="Slow <b>mornings</b> & more\n--> 字幕"),
    Cue(start_ms=1500, end_ms=9000, text="Tidewater"),
)
"""What each film says."""


@pytest.fixture
def size(request: pytest.FixtureRequest) -> str:
    """The screen, by its name in the `SIZES` of the test's module."""
    return str(getattr(request, "param", "phone"))


@pytest.fixture
def theme(request: pytest.FixtureRequest) -> Theme:
    return "dark" if getattr(request, "param", "light") == "dark" else "light"


@pytest.fixture
def context(
    request: pytest.FixtureRequest, browser: Browser, size: str, theme: Theme
) -> Iterator[BrowserContext]:
    """A browser that has seen nothing yet, on a screen of that size."""
    width, height = request.module.SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, has_touch=size != "desktop"
    )
    context.set_default_timeout(HUNG_MS)
    expect.set_options(timeout=HUNG_MS)
    yield context
    context.close()


@pytest.fixture(scope="module")  # it stands in for the table of the whole process
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A film higher than wide, one wider than high, and one whose owner tries to write markup."""
    files = tmp_path_factory.mktemp("files")
    shown = (
        _shown(
            files,
            "portrait",
            (270, 480),
            name="Tidewater kettle.png",
            instruction="Make a vertical product teaser of this kettle, eight seconds long.\n"
            'End on the line "Slow mornings".',
            timeline="Timeline (3 tracks): 1. Video: hero shot (0-3s), pouring water (3-6s), close-up (6-8s) "
            '2. BGM: Quiet harbour (0-8s, volume 80%) 3. Title: "Tidewater" (0-3s), "Slow mornings" (5-8s)',
        ),
        _shown(
            files,
            "landscape",
            (480, 270),
            name="regatta/Race day, second heat.mov",
            instruction="Cut this down to the finish, and put the result on it.",
            timeline='Timeline (2 tracks): 1. Video: the finish (0-4s) 2. Title: "1st" (1-4s)',
        ),
        _shown(
            files,
            "hostile",
            (480, 270),
            name="<script>alert(1).mp4",
            instruction='"><img src=x onerror=alert(1)><style>body{display:none}</style>',
            timeline="Timeline (1 track): 1. Video: <b onclick=alert(1)>bold</b> (0-4s)",
        ),
    )
    with site_of({video.video_id: (video, [version]) for video, version in shown}, files) as site:
        yield site


def _shown(
    files: Path, video_id: str, size: tuple[int, int], *, name: str, instruction: str, timeline: str
) -> tuple[Video, Version]:
    width, height = size
    key = f"videos/{video_id}/1/video.mp4"
    write_film(files / key, width=width, height=height, seconds=2)
    captions = files / key.replace("video.mp4", "captions.vtt")
    captions.write_text(webvtt(CUES, 2000), encoding="utf-8")
    video = Video(
        video_id=video_id,
        owner="studio",
        source="inbox",
        media=(InboxFile(bucket="the-inbox", key=name),),
        instruction=instruction,
        request_fingerprint="f",
        link_key=f"the-key-of-{video_id}",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )
    version = Version(
        video_id=video_id,
        number=1,
        instruction=instruction,
        created_at=NOW,
        timeline=Timeline(fingerprint="t", summary=timeline, duration_ms=2000),
        delivered=Delivered(
            bucket="the-videos",
            key=key,
            poster_key=key.replace("video.mp4", "poster.jpg"),
            captions_key=captions.relative_to(files).as_posix(),
            size=(files / key).stat().st_size,
            sha256="0" * 64,
            duration_ms=2000,
            width=width,
            height=height,
        ),
    )
    return video, version
