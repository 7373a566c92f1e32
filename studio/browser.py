"""A web page as a browser shows it: its picture, and where on it things stand.

The browser has no network of its own. Whatever a page asks for is read by the studio's own client, which connects
to nothing but the public internet, and is handed in.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from studio.errors import StudioError
from studio.media import Part, Spot

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Route

WIDTH, HEIGHT, SCALE = 1440, 900, 2
TALLEST = 6000
"""What is seen of a page, in CSS pixels."""
CAPTURE_S, NAVIGATION_S, SETTLE_S = 60, 20, 4
MOST_REQUESTS, MOST_BYTES, LARGEST_ANSWER = 400, 60_000_000, 15_000_000
_BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_NO_NETWORK = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--hide-scrollbars",
)
# The client has undone these, or they were about its connection rather than the page's.
_NOT_HANDED_IN = {
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "set-cookie",
    "alt-svc",
}
_HANDED_ON = {"accept", "accept-language", "referer", "user-agent", "x-requested-with"}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Captured:
    """A page that was looked at; its picture lies where it was asked for."""

    html: str
    """The markup as the page's scripts have left it."""
    spots: tuple[Spot, ...]
    colour: str | None


class _Box(BaseModel):
    part: Part
    x: float
    y: float
    width: float
    height: float
    text: str = ""


class _Seen(BaseModel):
    height: float
    boxes: list[_Box]
    colour: str | None


def executable() -> str | None:
    """The browser of this machine; `None` where there is none, or nothing to drive it."""
    if find_spec("playwright") is None:
        return None
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


class Browser:
    """Captures pages, each with a browser process of its own."""

    def __init__(self, program: str, client: Callable[[], httpx.AsyncClient]) -> None:
        self._program = program
        self._client = client

    async def capture(self, url: str, picture: Path) -> Captured | None:
        """Write the picture of the page as a JPEG; `None`, with a line in the log, when that was not possible."""
        from playwright.async_api import Error  # noqa: PLC0415 - an extra, which need not be there

        try:
            async with asyncio.timeout(CAPTURE_S), self._client() as http:
                return await self._capture(url, picture, http)
        except (Error, TimeoutError, ValidationError) as error:
            _LOG.warning(
                "%s could not be captured: %s", url, str(error).splitlines()[0] if str(error) else "too slow"
            )
            return None

    async def _capture(self, url: str, picture: Path, http: httpx.AsyncClient) -> Captured:
        from playwright.async_api import async_playwright  # noqa: PLC0415 - as above

        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=self._program,
                # Chromium's sandbox does not work for root.
                chromium_sandbox=os.geteuid() != 0,
                args=list(_NO_NETWORK),
            )
            try:
                context = await browser.new_context(
                    viewport={"width": WIDTH, "height": HEIGHT},
                    device_scale_factor=SCALE,
                    service_workers="block",
                    accept_downloads=False,
                    reduced_motion="reduce",
                    color_scheme="light",
                )
                return await _look(context, url, picture, _Supply(http))
            finally:
                await browser.close()


async def _look(context: "BrowserContext", url: str, picture: Path, supply: "_Supply") -> Captured:
    from playwright.async_api import TimeoutError as TooSlowError  # noqa: PLC0415 - as above

    await context.route("**/*", supply.answer)
    page = await context.new_page()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
    await page.goto(url, wait_until="domcontentloaded", timeout=1000 * NAVIGATION_S)
    await _scroll_through(page)
    try:
        await page.wait_for_load_state("networkidle", timeout=1000 * SETTLE_S)
    except TooSlowError:
        _LOG.info("%s is still loading something: captured as it is", url)
    await page.evaluate(_TIDY)
    seen = TypeAdapter(_Seen).validate_python(await page.evaluate(_SURVEY, TALLEST))
    height = min(max(seen.height, 300), TALLEST)
    await page.screenshot(
        path=picture,
        type="jpeg",
        quality=90,
        full_page=True,
        clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
        animations="disabled",
        caret="hide",
    )
    spots = (
        Spot(box.part, box.x / WIDTH, box.y / height, box.width / WIDTH, box.height / height, box.text)
        for box in seen.boxes
        if box.y + box.height <= height
    )
    return Captured(
        await page.content(), tuple(sorted(spots, key=lambda spot: (spot.y, spot.x))), seen.colour
    )


async def _scroll_through(page: "Page") -> None:
    """Pictures that wait to be scrolled to are loaded."""
    await page.evaluate(_SCROLL, TALLEST)


class _Supply:
    """Answers a page's requests through the studio's own client, within limits."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._requests = self._bytes = 0

    async def answer(self, route: "Route") -> None:
        request = route.request
        self._requests += 1
        if request.method != "GET" or self._requests > MOST_REQUESTS or self._bytes > MOST_BYTES:
            await route.abort("blockedbyclient")
            return
        headers = {name: value for name, value in request.headers.items() if name in _HANDED_ON}
        try:
            async with self._http.stream("GET", request.url, headers=headers) as response:
                body = await self._body(response)
                handed = [
                    (n, v) for n, v in response.headers.multi_items() if n.lower() not in _NOT_HANDED_IN
                ]
        except (httpx.HTTPError, httpx.InvalidURL, StudioError) as error:
            _LOG.info("A page's request was not answered: %s", error)
            await route.abort("accessdenied")
            return
        if body is None:
            await route.abort("blockedbyclient")
            return
        await route.fulfill(status=response.status_code, headers=dict(handed), body=body)

    async def _body(self, response: httpx.Response) -> bytes | None:
        """`None`: larger than it may be."""
        parts: list[bytes] = []
        length = 0
        async for part in response.aiter_bytes():
            length += len(part)
            self._bytes += len(part)
            if length > LARGEST_ANSWER or self._bytes > MOST_BYTES:
                return None
            parts.append(part)
        return b"".join(parts)


# Cookie notices and the like lie over what matters; what is fixed would lie in the middle of a tall picture.
_TIDY = """() => {
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    if (style.position !== 'fixed') continue;
    const box = element.getBoundingClientRect();
    if (box.top > 4 || box.height > 200) element.style.setProperty('display', 'none', 'important');
  }
  document.documentElement.style.setProperty('overflow', 'visible', 'important');
  document.body.style.setProperty('overflow', 'visible', 'important');
  window.scrollTo(0, 0);
}"""
_SCROLL = """async (tallest) => {
  const end = Math.min(document.documentElement.scrollHeight, tallest);
  for (let y = 0; y < end; y += 600) {
    window.scrollTo(0, y);
    await new Promise(requestAnimationFrame);
  }
  const waiting = [...document.images].filter((image) => !image.complete).slice(0, 60);
  const limit = new Promise((resolve) => setTimeout(resolve, 3000));
  await Promise.race([limit, Promise.all(waiting.map((image) => new Promise((resolve) => {
    image.addEventListener('load', resolve); image.addEventListener('error', resolve);
  })))]);
  window.scrollTo(0, 0);
}"""
_SURVEY = r"""(tallest) => {
  const boxes = [];
  const words = (element) => (element.innerText || '').trim().replace(/\s+/g, ' ');
  const shown = (element) => {
    const style = getComputedStyle(element);
    return style.visibility !== 'hidden' && style.display !== 'none' && Number(style.opacity) > 0.1;
  };
  const add = (part, element, text, limits) => {
    const box = element.getBoundingClientRect();
    const x = Math.max(box.left, 0), right = Math.min(box.right, innerWidth), y = box.top + scrollY;
    const width = right - x;
    if (!shown(element) || width < limits[0] || box.height < limits[1] || y < 0 || y + box.height > tallest) return;
    boxes.push({part, x, y, width, height: box.height, text: text.slice(0, 200)});
  };
  const area = (element) => { const box = element.getBoundingClientRect(); return box.width * box.height; };
  const largest = (elements, most) => [...elements].sort((a, b) => area(b) - area(a)).slice(0, most);
  for (const element of [...document.querySelectorAll('h1, h2')].slice(0, 12)) {
    if (words(element)) add('headline', element, words(element), [80, 16]);
  }
  const pictures = [...document.querySelectorAll('img, video, svg, canvas, [style*="background-image"]')]
    .filter((element) => element.tagName !== 'IMG' || element.naturalWidth > 0);
  for (const element of largest(pictures, 8)) {
    add('picture', element, element.getAttribute('alt') || '', [220, 140]);
  }
  const money = /^(?:from |ab |only )?(?:[$€£¥₹₩]|R\$|US\$|CHF|EUR|USD|GBP|RMB|CNY)\s?\d[\d.,\s]*$|^\d[\d.,\s]*\s?(?:€|£|kr|zł|元|円|USD|EUR|CHF)$/i;
  let prices = 0;
  for (const element of document.querySelectorAll('body *')) {
    if (prices >= 3) break;
    if (element.children.length > 2 || !money.test(words(element))) continue;
    if (parseFloat(getComputedStyle(element).fontSize) < 15) continue;
    add('price', element, words(element), [20, 12]);
    prices += 1;
  }
  const solid = (element) => {
    const style = getComputedStyle(element);
    return !/rgba\(.*, 0\)|transparent/.test(style.backgroundColor) || style.backgroundImage !== 'none';
  };
  const buttons = [...document.querySelectorAll('button, [role=button], input[type=submit], a')].filter((element) => {
    const text = words(element) || element.value || '';
    return text.length >= 2 && text.length <= 32 && solid(element) && shown(element)
      && !/cookie|accept|akzept|menu|close|search|log ?in|sign ?in/i.test(text);
  });
  for (const element of largest(buttons, 3)) {
    add('action', element, words(element) || element.value || '', [70, 24]);
  }
  const first = boxes.find((box) => box.part === 'action');
  let colour = null;
  for (const element of first ? largest(buttons, 3) : []) {
    const parts = getComputedStyle(element).backgroundColor.match(/\d+/g);
    if (parts && parts.length >= 3 && !colour) {
      colour = '#' + parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, '0')).join('');
    }
  }
  return {height: Math.max(document.documentElement.scrollHeight, document.body.scrollHeight), boxes, colour};
}"""
