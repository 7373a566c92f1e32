import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from studio.media.items import Kind, Media, Page
from studio.state.database import connect


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """Records in memory."""
    with contextlib.closing(connect()) as records:
        yield records


@pytest.fixture
def photo() -> Media:
    return Media("photo", "harbour_sunrise.jpg", Kind.IMAGE, Path("photo"), "image/jpeg", "0", 3000, 2000)


@pytest.fixture
def screenshot() -> Media:
    return Media("shot", "page.png", Kind.IMAGE, Path("shot"), "image/png", "0", 1440, 4000)


@pytest.fixture
def clip() -> Media:
    return Media(
        "clip",
        "IMG_0042.mov",
        Kind.CLIP,
        Path("clip"),
        "video/quicktime",
        "0",
        1280,
        720,
        5000,
        25,
        has_sound=True,
    )


@pytest.fixture
def song() -> Media:
    return Media(
        "song",
        "night_drive.mp3",
        Kind.AUDIO,
        Path("song"),
        "audio/mpeg",
        "0",
        duration=90_000,
        has_sound=True,
    )


@pytest.fixture
def page() -> Media:
    said = Page(
        "https://northwind.example/", "northwind.example", "Northwind Coffee", "Roasted on Monday.", "#e8590c"
    )
    return Media("page", "northwind.example", Kind.PAGE, None, "text/html", "0", page=said)


@pytest.fixture
def half_red_half_blue(tmp_path: Path) -> Path:
    """A picture 640x360, red on the left and blue on the right."""
    picture = Image.new("RGB", (640, 360), (200, 30, 30))
    picture.paste((30, 30, 200), (320, 0, 640, 360))
    path = tmp_path / "flag.png"
    picture.save(path)
    return path
