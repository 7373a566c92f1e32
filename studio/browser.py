"""A web page as a browser shows it: its picture, and where on it things stand.

The browser has no network of its own. Whatever a page asks for is read by the studio's own client, which
connects to nothing but the public internet, and is handed in.
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
    from playwright.async_api import BrowserContext, Route

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
_SCRIPTS = Path(__file__).with_name("scripts")
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
        """Write the page's picture as a JPEG; `None`, and a line in the log, when that was not possible."""
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
    await page.evaluate(_script("scroll"), TALLEST)
    try:
        await page.wait_for_load_state("networkidle", timeout=1000 * SETTLE_S)
    except TooSlowError:
        _LOG.info("%s is still loading something: captured as it is", url)
    await page.evaluate(_script("tidy"))
    seen = TypeAdapter(_Seen).validate_python(await page.evaluate(_script("survey"), TALLEST))
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


def _script(name: str) -> str:
    """JavaScript to be run in a page."""
    return (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8")


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
