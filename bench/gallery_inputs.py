"""What people hand in: pages by their address, screenshots, photos, products, a chart, a slide, a post.

Pages and photos are those of npm packages, which are installed for the run and are served on loopback. The
rest is drawn. Each input says where its lines of text are, as the browser that showed it knows it.
"""

import asyncio
import functools
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from bench import drawings
from studio.director.text_lines import Box
from studio.isolation.processes import Isolation
from studio.media import browser, fetching
from studio.media.addresses import Reachable
from studio.media.browser import IsolatedBrowser
from studio.media.intake import Access, describe, from_url
from studio.media.items import Media

PACKAGES = {
    "startbootstrap-agency": "7.0.12",
    "startbootstrap-clean-blog": "6.0.9",
    "startbootstrap-creative": "7.0.7",
    "startbootstrap-freelancer": "7.0.7",
    "startbootstrap-grayscale": "7.0.6",
    "startbootstrap-landing-page": "6.0.6",
    "startbootstrap-new-age": "6.0.7",
}
LARGEST = 500_000_000
_SETTLE_MS = 1200
_LINES = """() => {
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, style = getComputedStyle(node.parentElement);
    if (!node.textContent.trim() || style.visibility === 'hidden' || Number(style.opacity) < 0.1) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 9 || box.height < 7) continue;
      const x = box.left + scrollX, y = box.top + scrollY;
      lines.push([x, y, x + box.width, y + box.height, node.textContent]);
    }
  }
  return lines;
}"""
_SLIDE = """<body style="margin:0;font:40px sans-serif;background:#fff;padding:80px">
<h1 style="font-size:76px;margin:0 0 40px">Three reasons to move</h1>
<ul style="line-height:2"><li>One bill instead of four</li><li>Support that answers within an hour</li>
<li>Your data stays in the region you choose</li></ul>
<div style="position:absolute;right:90px;top:260px;width:420px;height:420px;border-radius:50%;
background:#2a6fdb"></div>
<small style="position:absolute;bottom:40px;right:80px;color:#777;font-size:24px">Northwind, 4</small>"""
_POST = """<body style="margin:0;background:#1d9bf0;display:flex;align-items:center;justify-content:center;
height:100vh;font:34px/1.35 sans-serif">
<div style="background:#fff;border-radius:24px;padding:44px;width:820px">
<div style="display:flex;gap:20px;align-items:center">
<div style="width:84px;height:84px;border-radius:50%;background:#e5484d"></div>
<div><b>Mara Lindqvist</b><br><span style="color:#666;font-size:26px">@maralindqvist</span></div></div>
<p>We shipped it. Two years, four rewrites, and one very patient team. The new editor is open to everyone.</p>
<span style="color:#666;font-size:24px">9:41, 3 March 2026, 1,204 likes</span></div>"""
_CHART = """<body style="margin:0;font:22px sans-serif;background:#fff">
<h1 style="font-size:34px;position:absolute;left:90px;top:30px;margin:0">Orders per day, 2025</h1>
<style>div{position:absolute;bottom:80px;width:180px;background:#2a6fdb;text-align:center}
b{position:absolute;top:-34px;width:180px;left:0;font-weight:400}
i{position:absolute;bottom:-36px;width:180px;left:0;font-style:normal}</style>
<div style="left:120px;height:150px"><b>12k</b><i>Q1</i></div>
<div style="left:400px;height:225px"><b>18k</b><i>Q2</i></div>
<div style="left:680px;height:340px"><b>27k</b><i>Q3</i></div>
<div style="left:960px;height:515px"><b>41k</b><i>Q4</i></div>"""


@dataclass(frozen=True)
class Input:
    """One thing that is handed in.

    Attributes:
        name: What it is.
        instruction: What is asked for.
        media: The medium.
        lines: Where its lines of text are, in shares of its width and height.
        words: What is written there: the whole text that a line is of.
        is_page: Whether it was given by its address.
    """

    name: str
    instruction: str
    media: Media
    lines: Sequence[Box] = ()
    words: Sequence[str] = ()
    is_page: bool = False


@dataclass(frozen=True)
class _Screen:
    """A page, or a drawing in HTML, as a browser of a size shows it; `scale` is pixels for a CSS pixel."""

    name: str
    source: str
    size: tuple[int, int]
    instruction: str = "Make a video"
    scale: int = 1
    whole: bool = False


_SCREENS = (
    _Screen("screenshot 1280x720", "agency", (1280, 720), 'Make a video of our site, title "Meet Agency"'),
    _Screen("screenshot 1280x800", "creative", (1280, 800), 'title "Themes that fit"'),
    _Screen("screenshot 1280x1024", "landing-page", (1280, 1024)),
    _Screen("screenshot 1366x768", "grayscale", (1366, 768), 'title "Grayscale", subtitle "In every shade"'),
    _Screen("screenshot 2880x1800", "new-age", (1440, 900), 'title "Your app, shown well"', scale=2),
    _Screen("screenshot 1280x1700", "new-age", (1280, 1700), 'title "New Age"'),
    _Screen("screenshot 1280x1500", "clean-blog", (1280, 1500)),
    _Screen("capture of the extension", "landing-page", (1440, 900), 'title "More leads"', whole=True),
    _Screen("phone screenshot, app", "freelancer", (390, 844), 'title "Hire me"', scale=3),
    _Screen("phone screenshot, page", "creative", (390, 844), scale=3),
    _Screen("chart", _CHART, (1320, 760), 'title "Orders tripled in a year"'),
    _Screen("slide", _SLIDE, (1600, 900), 'title "Move with us", end with "northwind.example"'),
    _Screen("post", _POST, (1200, 675), "A short video of this post"),
)
_PHOTOS = (
    ("phone photo", "landing-page/dist/assets/img/bg-showcase-1.jpg", (3024, 4032), 'title "Quiet mornings"'),
    ("landscape photo", "creative/dist/assets/img/bg-masthead.jpg", None, 'title "Work anywhere"'),
    (
        "photo of mountains",
        "grayscale/dist/assets/img/bg-masthead.jpg",
        None,
        'title "Above the clouds", end with "Book at peaks.example"',
    ),
)


@contextmanager
def inputs(folder: Path) -> Iterator[list[Input]]:
    """Install the packages, serve their pages, and take everything in."""
    packages = _installed(folder)
    origins: dict[str, str] = {}
    with contextmanager(_served)(packages, origins):
        pages = list(_pages(origins, folder))
        screens = list(_screens(origins, folder))
        yield [*pages, *screens, *_photos(packages, folder), *_products(folder)]


def _installed(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is required. Install Node.js 20, then run this again.")
    names = [f"{name}@{version}" for name, version in PACKAGES.items()]
    command = [
        npm,
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
        "--prefix",
        str(folder),
    ]
    subprocess.run([*command, *names], check=True)  # noqa: S603 - the names are above
    return folder / "node_modules"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


def _served(packages: Path, origins: dict[str, str]) -> Iterator[None]:
    servers = []
    for package in PACKAGES:
        handler = functools.partial(_Quiet, directory=str(packages / package / "dist"))
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        origins[package.removeprefix("startbootstrap-")] = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _pages(origins: dict[str, str], folder: Path) -> Iterator[Input]:
    """Each page, taken in by its address as the studio does it."""
    trusted = frozenset(origin.removeprefix("http://") for origin in origins.values())
    program = browser.executable()
    if program is None:
        raise SystemExit("Chromium is required. Install it, then run this again.")
    for name, origin in origins.items():
        media = asyncio.run(_taken_in(f"{origin}/", program, trusted, folder))
        lines, words = _written(origin, program)
        known = media.page.lines if media.page else lines
        said = [_nearest(line, lines, words) for line in known]
        yield Input(f"page {name}", "Make a video about this page", media, known, said, is_page=True)


def _written(origin: str, program: str) -> tuple[list[Box], list[str]]:
    """Lines of a page and what is written there, as the studio's browser lays it out."""
    with sync_playwright() as playwright:
        shown = playwright.chromium.launch(executable_path=program)
        try:
            page = shown.new_page(viewport={"width": browser.WIDTH, "height": browser.HEIGHT})
            page.goto(f"{origin}/", wait_until="domcontentloaded")
            page.wait_for_timeout(_SETTLE_MS)
            height = min(page.evaluate("document.documentElement.scrollHeight"), browser.TALLEST)
            return _lines_of(page.evaluate(_LINES), browser.WIDTH, height)
        finally:
            shown.close()


def _nearest(line: Box, lines: Sequence[Box], words: Sequence[str]) -> str:
    """What is written on the line of another layout that is nearest."""
    index = min(
        range(len(lines)),
        key=lambda number: sum(abs(a - b) for a, b in zip(line, lines[number], strict=True)),
        default=None,
    )
    return "" if index is None else words[index]


async def _taken_in(url: str, program: str, trusted: frozenset[str], folder: Path) -> Media:
    run = Isolation()
    try:
        async with fetching.client(Reachable(trusted)) as http:
            access = Access(http, run, IsolatedBrowser(run, program, trusted), LARGEST)
            return await from_url(access, url, folder)
    finally:
        run.close()


def _screens(origins: dict[str, str], folder: Path) -> Iterator[Input]:
    with sync_playwright() as playwright:
        shown = playwright.chromium.launch(executable_path=browser.executable())
        try:
            for number, screen in enumerate(_SCREENS, 1):
                # A name that a system gives says nothing of what the picture shows.
                path = folder / f"Screenshot 2026-03-{number:02}.png"
                lines, words = _shot(shown, screen, origins.get(screen.source), path)
                yield Input(screen.name, screen.instruction, describe(path, path.name), lines, words)
        finally:
            shown.close()


def _shot(shown: Browser, screen: _Screen, origin: str | None, path: Path) -> tuple[list[Box], list[str]]:
    width, height = screen.size
    context = shown.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=screen.scale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    if origin:
        page.goto(f"{origin}/", wait_until="domcontentloaded")
        page.wait_for_timeout(_SETTLE_MS)
    else:
        page.set_content(screen.source)
    page.screenshot(path=path, full_page=screen.whole, animations="disabled")
    if screen.whole:
        height = page.evaluate("document.documentElement.scrollHeight")
    found: Any = json.loads(json.dumps(page.evaluate(_LINES)))
    context.close()
    return _lines_of(found, width, height)


def _lines_of(found: Any, width: int, height: int) -> tuple[list[Box], list[str]]:  # noqa: ANN401 - JSON
    """Lines in shares of a picture's sides, and what is written there."""
    inside = [one for one in found if one[0] >= 0 and one[2] <= width and one[1] >= 0 and one[3] <= height]
    lines = [
        (left / width, top / height, right / width, bottom / height) for left, top, right, bottom, _ in inside
    ]
    return lines, [str(one[4]) for one in inside]


def _photos(packages: Path, folder: Path) -> Iterator[Input]:
    for number, (name, source, size, instruction) in enumerate(_PHOTOS, 1):
        path = folder / f"IMG_{number:04}.jpg"
        with Image.open(packages / f"startbootstrap-{source}") as opened:
            photo = opened.convert("RGB")
        if size:
            wide = min(photo.width, photo.height * size[0] / size[1])
            high = wide * size[1] / size[0]
            left, top = (photo.width - wide) / 2, (photo.height - high) / 2
            photo = photo.resize(size, box=(left, top, left + wide, top + high))
        photo.save(path, quality=90)
        yield Input(name, instruction, describe(path, path.name))


def _products(folder: Path) -> Iterator[Input]:
    cup = drawings.cup((1200, 1000))
    on_white = Image.new("RGB", (1600, 1600), "white")
    on_white.paste(cup, (200, 300), cup)
    on_white.save(folder / "IMG_1001.jpg", quality=92)
    cup.save(folder / "terracotta_cup.png")
    drawings.lamp((3000, 2000)).save(folder / "evening_lamp.jpg", quality=92)
    for name, file, instruction in (
        (
            "product on white",
            "IMG_1001.jpg",
            'Present our cup "Terracotta, by hand", end with "cups.example"',
        ),
        ("product cut out", "terracotta_cup.png", "Make a teaser for our new cup"),
        (
            "product photo",
            "evening_lamp.jpg",
            'Present this lamp, "€149 until Sunday", end with "lamps.example"',
        ),
    ):
        yield Input(name, instruction, describe(folder / file, file))
