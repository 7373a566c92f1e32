"""A page as the studio's browser shows it: a real page, from this machine, in a real browser."""

import asyncio
import contextlib
import os
import selectors
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import psutil
import pytest
from PIL import Image

from studio.isolation.processes import Isolation
from studio.media import browser, fetching
from studio.media.addresses import Reachable
from studio.media.browser import (
    MOST_MEGABYTES,
    TALLEST,
    WIDTH,
    Browser,
    Captured,
    IsolatedBrowser,
    executable,
)
from studio.media.items import Part
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


SPEAKING = """<!doctype html><html><head><title>Speaks</title>
<link rel="dns-prefetch" href="//127.0.0.1:PORT"><link rel="preconnect" href="http://127.0.0.1:PORT">
<link rel="prefetch" href="http://127.0.0.1:PORT/p"><link rel="prerender" href="http://127.0.0.1:PORT/p">
<link rel="icon" href="http://127.0.0.1:PORT/icon"><link rel="manifest" href="http://127.0.0.1:PORT/m">
<script type="speculationrules">
{"prefetch": [{"source": "list", "urls": ["http://127.0.0.1:PORT/s"]}],
 "prerender": [{"source": "list", "urls": ["http://127.0.0.1:PORT/s"]}]}</script></head>
<body><h1>Speaks</h1><iframe src="file:///etc/hostname"></iframe><img src="file:///etc/hostname">
<iframe srcdoc="<script>try { new parent.constructor } catch {}</script>"></iframe>
<a id=ping ping="http://127.0.0.1:PORT/ping" href="#x">x</a>
<script>
const speak = (world) => {
  const ice = [{urls: 'stun:127.0.0.1:PORT'},
    ...["udp", "tcp"].map((how) => (
      {urls: `version:127.0.0.1:PORT?transport=${how}`, username: "a", credential: "b"}))];
  const tries = [
    async () => {
      const peer = new world.RTCPeerConnection({iceServers: ice});
      peer.createDataChannel('x');
      await peer.setLocalDescription(await peer.createOffer());
    },
    () => new world.WebSocket('ws://127.0.0.1:PORT/'),
    () => new world.WebTransport('https://127.0.0.1:PORT/'),
    () => new world.EventSource('http://127.0.0.1:PORT/'),
    () => world.fetch('http://127.0.0.1:PORT/', {mode: 'no-cors'}),
    () => world.navigator.sendBeacon('http://127.0.0.1:PORT/', 'x'),
    () => world.navigator.serviceWorker.register('/worker.js'),
    () => world.open('http://127.0.0.1:PORT/'),
  ];
  for (const attempt of tries) try { Promise.resolve(attempt()).catch(() => 0); } catch {}
};
const frame = document.body.appendChild(document.createElement('iframe'));
speak(window); speak(frame.contentWindow);
const source = `(${speak})(self)`;
try { new Worker(URL.createObjectURL(new Blob([source]))); } catch {}
try { new SharedWorker(URL.createObjectURL(new Blob([source]))); } catch {}
document.getElementById('ping').click();
const late = document.createElement('p'); late.textContent = 'All was tried'; document.body.append(late);
</script></body></html>"""


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


SHOP = """<!doctype html><html lang="zh"><head><title>山间茶</title></head><body>
<h1>一杯山间的<br>春天</h1><p><s style="font-size:30px">€149</s> <b style="font-size:30px">€119</b></p>
<p style="font-size:30px"><b>$0</b></p></body></html>"""


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


OFFER = """<!doctype html><html><head><title>Agency - Theme</title><style>
 body { margin: 0; font: 20px sans-serif } header { height: 600px; background: #222; color: #fff }
 h1 { margin: 0; padding: 200px 80px 20px; font-size: 72px; text-transform: uppercase }
 .more { background: #fec810; color: #000; padding: 12px 30px; margin-left: 80px }
 .card { float: left; width: 380px; margin: 60px 40px } form { clear: both; padding: 80px }
 button { background: #fec810; padding: 30px 90px }</style></head><body>
<nav><a href="/login">Log in</a> <a href="#about">About</a></nav>
<header><h1>Nice to meet you</h1><a class=more href="#services">Tell me more</a></header>
<section><h2>Services</h2>
<div class=card><h3>Web Security</h3><p>We look before you leap, and tell you what we saw.</p></div>
<div class=card><h3>Responsive Design</h3><p>Lorem ipsum dolor sit amet, consectetur.</p></div>
<div class=card><h3>Featured title</h3><p>A paragraph of words that go on and on.</p></div>
<div class=card><h3>Room for more</h3><p>There is plenty of space for a longer description.</p></div>
<div class=card><img src="/lamp.png" width=380 height=260><h3>Lamps that last</h3>
<p>Linen, and brass that ages well.</p></div>
<div class=card><img src="/lamp.png" width=380 height=260><h3>Misty morning</h3></div></section>
<article><h2><a href="/2026/answers">What an hour is worth</a></h2>
<p>Posted by Mara on 3 March 2026, at noon.</p></article>
<figure><blockquote>They answered within the hour, and it worked.</blockquote>
<figcaption>— Ida Holm, Bergen</figcaption></figure>
<div><blockquote>Nobody knows who said these words.</blockquote></div>
<form><label>Message</label><textarea></textarea><input type=email placeholder="Email">
<button type=submit>Send Message</button><a style="background:#333" href="?page=2">Older posts</a>
<button type=submit>Subscribe now</button></form></body></html>"""


def test_what_is_struck_out_or_nothing_is_no_price_and_a_line_break_is_no_space_in_chinese(
    program: str, site: Host, tmp_path: Path
) -> None:
    site.body = SHOP
    captured = capture(program, f"{site.origin}/", tmp_path / "page.jpg", site)
    assert captured is not None
    assert [spot.text for spot in captured.spots if spot.part is Part.PRICE] == ["€119"]
    assert [spot.text for spot in captured.spots if spot.part is Part.HEADLINE] == ["一杯山间的春天"]


def test_a_page_tells_what_it_offers_and_where_its_lines_are(
    program: str, site: Host, tmp_path: Path
) -> None:
    site.body = OFFER
    captured = capture(program, f"{site.origin}/", tmp_path / "page.jpg", site)
    assert captured is not None
    # Capitals are the style's. What a form submits is nothing that a film could ask for.
    assert captured.message == "Nice to meet you"
    texts = {part: [spot.text for spot in captured.spots if spot.part is part] for part in Part}
    assert texts[Part.ACTION] == ["Tell me more"]
    assert captured.action == "Tell me more"
    # What is still to be written, what nothing is said of, and articles, are no offer.
    assert (texts[Part.POINT], texts[Part.FEATURE]) == (["Web Security"], ["Lamps that last"])
    assert texts[Part.QUOTE] == ["They answered within the hour, and it worked."]
    assert [spot.more for spot in captured.spots if spot.part in {Part.POINT, Part.FEATURE, Part.QUOTE}] == [
        "We look before you leap, and tell you what we saw.",
        "Linen, and brass that ages well.",
        "Ida Holm, Bergen",
    ]
    # What is written below a picture tells what it shows.
    pictures = [spot.more for spot in captured.spots if spot.part is Part.PICTURE]
    assert pictures == ["Lamps that last", "Misty morning"]
    assert len(captured.unwritten) >= 2
    assert set(captured.unwritten) < set(captured.lines)
    assert captured.colour == "#fec810"
    assert all(0 <= x < right <= 1 and 0 <= y < bottom <= 1 for x, y, right, bottom in captured.lines)
    headline = next(spot for spot in captured.spots if spot.part is Part.HEADLINE)
    assert any(
        x >= headline.x - 0.01 and headline.y <= (y + b) / 2 <= headline.y + headline.height
        for x, y, _, b in captured.lines
    )


LEADING = """<!doctype html><html><head><title>Creative - Halden Theme</title><style>
 body {{ margin: 0; font: 20px sans-serif }} section {{ height: 700px; padding: 40px }}
 h1 {{ font-size: 60px }}
 a {{ background: #fec810; padding: 12px 30px }}</style></head><body>
<section><h1>Made with love by Halden</h1><h2>Pages that people read</h2>
<a href="#about">Find out more</a></section>
<section id=about><h2>About</h2><a href="#last">Get started</a></section>
<section id=last><h2>Last</h2>{last}</section></body></html>"""


@pytest.mark.parametrize(
    ("last", "action"),
    [
        ('<a href="/theme.zip">Download now</a>', "Download now"),
        ('<a href="/about">Learn more</a>', "Learn more"),
        ("", "Get started"),
    ],
)
def test_the_button_that_leads_on_most_is_the_call_to_action(
    program: str, site: Host, tmp_path: Path, last: str, action: str
) -> None:
    """Wherever it stands. A link within the page counts where there is nothing else."""
    site.body = LEADING.format(last=last)
    captured = capture(program, f"{site.origin}/", tmp_path / "page.jpg", site)
    assert captured is not None
    assert captured.action == action
    # Who made the template has no message.
    assert captured.message == "Pages that people read"


NOTICES = """<!doctype html><html><head><title>Cookies of the week</title><style>
 body {{ margin: 0; font: 20px sans-serif; background: #fff }} div, section {{ background: #0a0 }}
 .notice, .cookie-bar {{ background: #f0f; height: 120px; width: 100% }}
</style></head><body>{notice}<h1>Cookies of the week</h1>
<section class="cookies"><p>Our cookies are baked each morning.</p><a href="/buy">Order cookies</a></section>
<p style="height: 1200px">Come and eat.</p></body></html>"""
ASKED = "<p>We use cookies.</p><button>Accept all</button>"
HIDDEN = f"<div id=consent style='background: #f0f; height: 120px'>{ASKED}</div>"


@pytest.mark.parametrize(
    "notice",
    [
        f'<div class="cookie-bar">{ASKED}</div>',
        f'<div class="notice" style="position: sticky; top: 0">{ASKED}</div>',
        f'<div class="notice" style="position: fixed; top: 0">{ASKED}</div>',
        f"<b id=host></b><script>host.attachShadow({{mode: 'open'}}).innerHTML = `{HIDDEN}`</script>",
    ],
    ids=["in the page", "sticky", "fixed at the top", "in a shadow"],
)
def test_a_cookie_notice_is_not_shown_and_a_bakery_is(
    program: str, site: Host, tmp_path: Path, notice: str
) -> None:
    site.body = NOTICES.format(notice=notice)
    captured = capture(program, f"{site.origin}/", tmp_path / "page.jpg", site)
    assert captured is not None
    with Image.open(tmp_path / "page.jpg") as picture:
        shown = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    assert not (np.abs(shown - (255, 0, 255)).max(axis=1) < 40).any(), "the notice"
    assert (np.abs(shown - (0, 170, 0)).max(axis=1) < 40).any(), "what the page is about"


@pytest.mark.thorough
def test_nothing_private_is_asked_for(program: str, site: Host, private: Host, tmp_path: Path) -> None:
    """A page may point at this machine as it likes: by picture, frame, script, beacon or socket."""
    assert capture(program, f"{site.origin}/", tmp_path / "page.jpg", site) is not None
    assert private.asked == []


@pytest.fixture
def ears() -> Iterator[tuple[int, list[str]]]:
    """A port of this machine on which UDP and TCP are listened to, and what was heard."""
    heard: list[str] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        selectors.DefaultSelector() as selector,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))
        over, done = os.pipe()
        selector.register(tcp, selectors.EVENT_READ, "TCP")
        selector.register(udp, selectors.EVENT_READ, "UDP")
        selector.register(over, selectors.EVENT_READ)

        def listen() -> None:
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    heard.append(key.data)
                    if key.data == "UDP":
                        udp.recv(2000)
                    else:
                        tcp.accept()[0].close()

        thread = Thread(target=listen)
        thread.start()
        try:
            yield port, heard
        finally:
            os.write(done, b"x")
            thread.join()
            os.close(over)
            os.close(done)


def test_nothing_is_said_past_the_studios_client(
    program: str, site: Host, ears: tuple[int, list[str]], tmp_path: Path
) -> None:
    """By no way that a page has, in a window, a frame or a worker; and the browser itself opens no socket."""
    port, heard = ears
    site.body = SPEAKING.replace("PORT", str(port))
    opened: set[str] = set()
    over = Event()

    def watch() -> None:
        while not over.wait(0.05):
            opened.update(_sockets_of_browsers())

    watching = Thread(target=watch)
    watching.start()
    try:
        captured = capture(program, f"{site.origin}/", tmp_path / "page.jpg", site)
    finally:
        over.set()
        watching.join()
    assert captured is not None
    assert "All was tried" in captured.html
    assert heard == []
    assert opened == set()


def isolated(
    program: str, url: str, picture: Path, trusted: Host, megabytes: int = MOST_MEGABYTES
) -> tuple[Captured | None, int]:
    """As a running studio does it; and how many processes of browsers are left."""

    async def run() -> Captured | None:
        isolation = Isolation()
        hosts = frozenset({trusted.origin.removeprefix("http://")})
        try:
            return await IsolatedBrowser(isolation, program, hosts, megabytes).capture(url, picture)
        finally:
            isolation.close()

    before = {process.pid for process in psutil.process_iter()}
    captured = asyncio.run(run())
    left = [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.pid not in before and str(picture.parent) in " ".join(process.info["cmdline"] or ())
    ]
    return captured, len(left)


def test_a_page_is_shown_by_a_process_within_bounds(program: str, site: Host, tmp_path: Path) -> None:
    picture = tmp_path / "page.jpg"
    captured, left = isolated(program, f"{site.origin}/", picture, site)
    assert captured is not None
    assert {Part.HEADLINE, Part.PRICE, Part.ACTION, Part.PICTURE} == {spot.part for spot in captured.spots}
    assert picture.exists()
    assert left == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a browser's processes take")
def test_a_page_that_fills_memory_is_given_up(program: str, site: Host, tmp_path: Path) -> None:
    site.body = (
        "<h1>Greedy</h1><script>const kept = [];"
        "while (kept.length < 30) kept.push(new Uint8Array(50_000_000).fill(1));</script>"
    )
    assert isolated(program, f"{site.origin}/", tmp_path / "page.jpg", site, megabytes=900) == (None, 0)


def test_a_page_that_never_rests_is_given_up_in_time(
    program: str, site: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "CAPTURING", replace(browser.CAPTURING, seconds=8))
    site.body = "<h1>Busy</h1><script>addEventListener('load', () => { while (true); });</script>"
    assert isolated(program, f"{site.origin}/", tmp_path / "page.jpg", site) == (None, 0)


def _sockets_of_browsers() -> Iterator[str]:
    """Sockets of the internet that processes below the driver have."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "chrom" in process.name():
                for one in process.net_connections("inet"):
                    yield f"{process.name()} {one.type.name} {one.laddr} {one.raddr}"


@pytest.mark.thorough
def test_where_all_is_trusted_it_is_asked_for(
    program: str, site: Host, private: Host, tmp_path: Path
) -> None:
    """So that the test before this one can fail."""
    assert capture(program, f"{site.origin}/", tmp_path / "page.jpg", site, private) is not None
    assert {"/secret.png", "/frame", "/fetched"} <= set(private.asked)


@pytest.mark.thorough
def test_a_page_that_is_private_itself_is_not_shown(program: str, private: Host, tmp_path: Path) -> None:
    picture = tmp_path / "page.jpg"
    assert capture(program, f"{private.origin}/", picture) is None
    assert private.asked == []
    assert not picture.exists()
