"""A web page as a browser shows it: its picture, and where on it things stand.

The browser has no network of its own. Whatever a page asks for is read by the studio's own client, which
connects to nothing but the public internet, and is handed in.
"""

import asyncio
import json
import logging
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import httpx
from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from studio.errors import StudioError
from studio.isolation import footprint
from studio.isolation.bounds import Bounds
from studio.isolation.processes import IsolationError, Runner
from studio.media import fetching
from studio.media.addresses import Reachable
from studio.media.items import Part, Spot

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, CDPSession, Page, Route

LIBRARIES = ("playwright.async_api",)
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
_PROXY_NOWHERE = "nowhere.invalid:9"
_NO_NETWORK = (
    # No name is looked up, the proxy's neither: what goes past `_Supply` gets no socket.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    f"--proxy-server=http://{_PROXY_NOWHERE}",
    "--proxy-bypass-list=<-loopback>",
    # WebRTC's STUN and TURN would send UDP past the proxy. The switch has had both names.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
)
_ARGUMENTS = (
    *_NO_NETWORK,
    "--hide-scrollbars",
    "--js-flags=--max-old-space-size=1024",
)
# What speaks without asking `_Supply` is not there for pages, and their workers are not started.
_NO_SPEECH = """
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection', 'WebTransport', 'WebSocketStream']) {
  try { Object.defineProperty(globalThis, name, {value: undefined, configurable: false}); } catch {}
}
"""
_POLICY = "worker-src 'none'; child-src http: https: data: blob:; connect-src http: https: data: blob:"
# The client has undone these, or they were about its connection rather than the page's.
_NOT_HANDED_IN = {
    "content-encoding",
    "content-length",
    "transfer-encoding",
    "connection",
    "set-cookie",
    "alt-svc",
    "link",
}
_HANDED_ON = {"accept", "accept-language", "referer", "user-agent", "x-requested-with"}
_SCRIPTS = Path(__file__).with_name("scripts")
_MOST_BOXES, _MOST_LINES, _LONGEST_TEXT, LARGEST_MARKUP = 60, 860, 200, 3_000_000
# A browser maps 4 GB at once that it never uses, and shares screens as files in memory. What all of its
# processes take together is watched.
CAPTURING = Bounds(CAPTURE_S + 15, megabytes=9000, file_megabytes=1000, reserves=True)
MOST_MEGABYTES = 2500
_LOG = logging.getLogger(__name__)


Line = tuple[float, float, float, float]


@dataclass(frozen=True)
class Captured:
    """A page that was looked at; its picture lies where it was asked for."""

    html: str
    """The markup as the page's scripts have left it."""
    spots: tuple[Spot, ...]
    colour: str | None
    lines: tuple[Line, ...] = ()
    """Lines of text: left, top, right and bottom, in shares of the picture's sides."""
    unwritten: tuple[Line, ...] = ()
    """Those of them that only fill a place for text."""
    cards: tuple[Line, ...] = ()
    """What has a ground, a border or a shadow of its own, as `lines`."""
    message: str = ""
    """What stands largest above the fold."""
    action: str = ""
    """What the button says that leads on most."""


_Pixels = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


def _colour(value: object) -> str | None:
    return value if isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value) else None


class _Box(BaseModel):
    part: Part
    x: _Pixels
    y: _Pixels
    width: _Pixels
    height: _Pixels
    text: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    more: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""


class _Seen(BaseModel):
    height: _Pixels
    boxes: Annotated[list[_Box], Field(max_length=_MOST_BOXES)]
    lines: Annotated[list[tuple[_Pixels, _Pixels, _Pixels, _Pixels]], Field(max_length=_MOST_LINES)] = []
    unwritten: Annotated[list[tuple[_Pixels, _Pixels, _Pixels, _Pixels]], Field(max_length=_MOST_LINES)] = []
    cards: Annotated[list[tuple[_Pixels, _Pixels, _Pixels, _Pixels]], Field(max_length=_MOST_LINES)] = []
    message: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    action: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    colour: Annotated[str | None, BeforeValidator(_colour)]


def executable() -> str | None:
    """The browser of this machine; `None` where there is none, or nothing to drive it."""
    if find_spec("playwright") is None:
        return None
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


class IsolatedBrowser:
    """A `Browser` in a process of its own, which ends with all that it started."""

    def __init__(
        self, run: Runner, program: str, trusted: frozenset[str], megabytes: int = MOST_MEGABYTES
    ) -> None:
        """`megabytes`: what all processes of a browser may take together."""
        self._megabytes = megabytes
        self._run = run
        self._program = program
        self._trusted = trusted

    async def capture(self, url: str, picture: Path) -> Captured | None:
        """As `Browser.capture`."""
        scratch = TemporaryDirectory(prefix="studio-browser-", ignore_cleanup_errors=True)
        try:
            job = (self._program, self._trusted, url, picture, Path(scratch.name), self._megabytes)
            return await self._run(CAPTURING, capture, *job)
        except IsolationError as error:
            _LOG.warning("%s could not be captured: %s", url, error)
            return None
        finally:
            await asyncio.to_thread(scratch.cleanup)


def capture(  # noqa: PLR0917 - arguments travel by position
    program: str, trusted: frozenset[str], url: str, picture: Path, scratch: Path, megabytes: int
) -> Captured | None:
    """As `Browser.capture`, for a process of its own. The browser's profile lies in `scratch`."""
    os.environ["TMPDIR"] = str(scratch)
    footprint.end_above(megabytes)
    reachable = Reachable(trusted)
    return asyncio.run(Browser(program, lambda: fetching.client(reachable)).capture(url, picture))


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
                args=list(_ARGUMENTS),
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

    await context.add_init_script(_NO_SPEECH)
    await context.route("**/*", supply.answer)
    await context.route_web_socket("**/*", lambda socket: socket.close())
    page = await context.new_page()
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
    await page.goto(url, wait_until="domcontentloaded", timeout=1000 * NAVIGATION_S)
    world = await _World.beside(page)
    await world.call("scroll", TALLEST)
    try:
        await page.wait_for_load_state("networkidle", timeout=1000 * SETTLE_S)
    except TooSlowError:
        _LOG.info("%s is still loading something: captured as it is", url)
    # The page may have gone elsewhere meanwhile.
    world = await _World.beside(page)
    await world.call("tidy")
    seen = TypeAdapter(_Seen).validate_python(await world.call("survey", TALLEST))
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
        Spot(
            box.part,
            box.x / WIDTH,
            box.y / height,
            box.width / WIDTH,
            box.height / height,
            box.text,
            box.more,
        )
        for box in seen.boxes
        if box.y + box.height <= height
    )
    lines, unwritten, cards = (
        tuple(
            (x / WIDTH, y / height, (x + wide) / WIDTH, (y + high) / height)
            for x, y, wide, high in boxes
            if y + high <= height
        )
        for boxes in (seen.lines, seen.unwritten, seen.cards)
    )
    html = await world.evaluate(f"document.documentElement.outerHTML.slice(0, {LARGEST_MARKUP})")
    in_order = tuple(sorted(spots, key=lambda spot: (spot.y, spot.x)))
    return Captured(str(html), in_order, seen.colour, lines, unwritten, cards, seen.message, seen.action)


class _World:
    """Where scripts of ours see a page, and none of the page's own changes what they use."""

    def __init__(self, session: "CDPSession", context: int) -> None:
        self._session = session
        self._context = context

    @classmethod
    async def beside(cls, page: "Page") -> "_World":
        session = await page.context.new_cdp_session(page)
        tree = await session.send("Page.getFrameTree")
        made = await session.send(
            "Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "studio"}
        )
        return cls(session, made["executionContextId"])

    async def call(self, name: str, *arguments: float) -> object:
        """What the function in a script answers."""
        script = (_SCRIPTS / f"{name}.js").read_text(encoding="utf-8")
        return await self.evaluate(f"(\n{script}\n)({', '.join(map(json.dumps, arguments))})")

    async def evaluate(self, expression: str) -> object:
        answer: dict[str, Any] = await self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": self._context,
                "returnByValue": True,
                "awaitPromise": True,
            },
        )
        return answer["result"].get("value")


class _Supply:
    """Answers a page's requests through the studio's own client, within limits."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._requests = self._bytes = 0

    async def answer(self, route: "Route") -> None:
        request = route.request
        self._requests += 1
        if request.method != "GET" or self._requests > MOST_REQUESTS or self._bytes >= MOST_BYTES:
            await route.abort("blockedbyclient")
            return
        headers = {name: value for name, value in request.headers.items() if name in _HANDED_ON}
        try:
            async with self._http.stream("GET", request.url, headers=headers) as response:
                content = await self._body(response)
                handed = [
                    (n, v) for n, v in response.headers.multi_items() if n.lower() not in _NOT_HANDED_IN
                ]
        except fetching.TooLargeError:
            await route.abort("blockedbyclient")
            return
        except (httpx.HTTPError, httpx.InvalidURL, StudioError, ValueError) as error:
            _LOG.info("A page's request was not answered: %s", error)
            await route.abort("accessdenied")
            return
        await route.fulfill(status=response.status_code, headers=_bound(handed), body=content)

    async def _body(self, response: httpx.Response) -> bytes:
        """Raises: TooLargeError."""
        content = bytearray()
        left = min(LARGEST_ANSWER, MOST_BYTES - self._bytes)
        async for piece in fetching.body(response, left):
            self._bytes += len(piece)
            content += piece
        return bytes(content)


def _bound(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Headers with a policy beside the page's own: each policy holds."""
    sent = {name.lower(): value for name, value in headers}
    own = [value for name, value in headers if name.lower() == "content-security-policy"]
    return sent | {"content-security-policy": ", ".join([*own, _POLICY])}
