"""A page as the studio's browser shows it: a real page, from this machine, in a real browser."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from studio import fetching
from studio.addresses import Reachable
from studio.browser import TALLEST, WIDTH, Browser, Captured, executable
from studio.media import Part
from tests.browsers import find_browser, required

LAMP = Path(__file__).resolve().parents[2] / "docs" / "sample" / "tidewater-kettle.png"
PAGE = """<!doctype html><html><head><title>The evening lamp</title><style>
 body {{ margin: 0; font: 20px sans-serif; background: #faf7f2 }} h1 {{ margin: 80px; font-size: 80px }}
 .price {{ margin-left: 80px; font-size: 40px }}
 .buy {{ margin: 40px 80px; padding: 20px 40px; background: #d8602c }}
 img {{ display: block; margin: 200px 80px; width: 600px; height: 400px }} #late {{ height: 1200px }}
 #cookies {{ position: fixed; bottom: 0; width: 100%; height: 300px; background: #ff00ff }}
</style></head><body><h1>Evening, by the lamp</h1><p class=price>€149</p>
<button class=buy>Order yours</button>
<img src="/lamp.png" alt="The lamp"><div id=late></div>
<img src="{private}/secret.png"><iframe src="{private}/frame"></iframe>
<script>document.title = 'Made by a script';
 fetch('{private}/fetched').catch(() => 0); new WebSocket('{socket}/socket').onerror = () => 0;
 for (const address of ['{private}/beacon']) navigator.sendBeacon(address, 'x');</script>
<div id=cookies>We use cookies</div></body></html>"""


@dataclass
class Host:
    """One server of this machine, and what it was asked for."""

    origin: str = ""
    body: str = ""
    asked: list[str] = field(default_factory=list)


def _served(host: Host) -> Iterator[Host]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(self.path)
            picture = self.path == "/lamp.png"
            content = LAMP.read_bytes() if picture else host.body.encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/png" if picture else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - as above

        def log_message(self, *_: object) -> None:
            """The test tells what matters."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        host.origin = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def private() -> Iterator[Host]:
    yield from _served(Host(body="secret"))


@pytest.fixture
def site(private: Host) -> Iterator[Host]:
    page = PAGE.format(private=private.origin, socket=private.origin.replace("http", "ws"))
    yield from _served(Host(body=page))


@pytest.fixture
def program() -> str:
    return required(os.environ.get("CHROMIUM") or executable() or find_browser("google-chrome"))


def capture(program: str, url: str, picture: Path, *trusted: Host) -> Captured | None:
    """As the studio does it; the trusted hosts count as public."""
    reachable = Reachable(frozenset(host.origin.removeprefix("http://") for host in trusted))
    return asyncio.run(Browser(program, lambda: fetching.client(reachable)).capture(url, picture))


def test_a_page_is_shown_whole_with_what_matters_on_it(program: str, site: Host, tmp_path: Path) -> None:
    picture = tmp_path / "page.jpg"
    captured = capture(program, f"{site.origin}/", picture, site)
    assert captured is not None
    assert "Made by a script" in captured.html
    found = {spot.part: spot for spot in captured.spots}
    assert found[Part.HEADLINE].text == "Evening, by the lamp"
    assert found[Part.PRICE].text == "€149"
    assert found[Part.ACTION].text == "Order yours"
    assert found[Part.PICTURE].text == "The lamp"
    assert captured.colour == "#d8602c"
    with Image.open(picture) as shown:
        assert shown.width == 2 * WIDTH
        assert 2 * 2000 < shown.height <= 2 * TALLEST
        button = found[Part.ACTION]
        inside = (
            round((button.x + 0.02 * button.width) * shown.width),
            round((button.y + 0.5 * button.height) * shown.height),
        )
        assert shown.getpixel(inside) == pytest.approx((216, 96, 44), abs=6)
        # What lay over the page is gone.
        red, green, blue = np.moveaxis(np.asarray(shown.convert("RGB").resize((36, 90))), 2, 0)
        assert not ((red > 200) & (green < 60) & (blue > 200)).any()
    assert "/lamp.png" in site.asked


def test_nothing_private_is_asked_for(program: str, site: Host, private: Host, tmp_path: Path) -> None:
    """A page may point at this machine as it likes: by picture, frame, script, beacon or socket."""
    assert capture(program, f"{site.origin}/", tmp_path / "page.jpg", site) is not None
    assert private.asked == []


def test_where_all_is_trusted_it_is_asked_for(
    program: str, site: Host, private: Host, tmp_path: Path
) -> None:
    """So that the test before this one can fail."""
    assert capture(program, f"{site.origin}/", tmp_path / "page.jpg", site, private) is not None
    assert {"/secret.png", "/frame", "/fetched"} <= set(private.asked)


def test_a_page_that_is_private_itself_is_not_shown(program: str, private: Host, tmp_path: Path) -> None:
    picture = tmp_path / "page.jpg"
    assert capture(program, f"{private.origin}/", picture) is None
    assert private.asked == []
    assert not picture.exists()
