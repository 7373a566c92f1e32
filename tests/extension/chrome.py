"""Chromium with the extension in it, used as people use it: the toolbar's icon, the popup, the options page.

What stands in for hands, because a browser without a window has no toolbar to click on:

- the icon is clicked through the browser's debugging port, which grants the tab as a click does and opens the
  real popup;
- “Allow” is given in advance on chrome://extensions, where people can give it, too;
- an entry of the context menu is clicked by dispatching its event, which grants nothing.
"""

import base64
import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, CDPSession, Page, Playwright, Worker

from tests.browser.accessibility import AXE
from tests.browsers import find_browser, required
from tests.support.waiting import HUNG_MS, awaited

SOURCE = Path(__file__).parents[2] / "extension" / "src"
VIEW = {"width": 1000, "height": 800}
Theme = Literal["light", "dark"]

Json = Any  # what a page answers


def origin_of(folder: Path) -> str:
    """The origin that Chromium gives an extension loaded from a folder: made of the folder's path."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]
    return "chrome-extension://" + "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


def chromium() -> str:
    """The browser's path; Google's own build is none, for it loads only what is from its store."""
    return required(find_browser("chromium", "chromium-browser"))


class ChromeError(AssertionError):
    """Something in the browser did not happen."""


@dataclass
class Target:
    """Something that Playwright shows no page of, such as the popup: spoken to through the browser."""

    browser: CDPSession
    session_id: str
    wait: Callable[[float], None]
    exceptions: list[str]
    _answers: dict[int, Json] = field(default_factory=dict)
    _sent: int = 0

    def __post_init__(self) -> None:
        self.browser.on("Target.receivedMessageFromTarget", self._receive)

    def _receive(self, event: dict[str, Json]) -> None:
        if event["sessionId"] == self.session_id:
            answer = json.loads(event["message"])
            if answer.get("method") == "Runtime.exceptionThrown":
                self.exceptions.append(json.dumps(answer["params"]["exceptionDetails"]))
            self._answers[answer.get("id", 0)] = answer

    def send(self, method: str, **parameters: Json) -> Json:
        """Send a command of the debugging protocol."""
        self._sent += 1
        message = json.dumps({"id": self._sent, "method": method, "params": parameters})
        self.browser.send("Target.sendMessageToTarget", {"sessionId": self.session_id, "message": message})
        answer = awaited(
            lambda: self._answers.pop(self._sent, None), f"the answer to {method}", pause=self.wait
        )
        if "error" in answer:
            raise ChromeError(answer["error"]["message"])
        return answer["result"]

    def evaluate(self, expression: str) -> Json:
        """The value of an expression, awaited; as if a person had just clicked."""
        done = self.send(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in done:
            raise ChromeError(json.dumps(done["exceptionDetails"]))
        return done["result"].get("value")

    def wait_for(self, condition: str) -> Json:
        """Wait until a condition holds; what it is then."""
        return awaited(lambda: self.evaluate(f"(async () => {condition})()"), condition, pause=self.wait)


class Popup(Target):
    """The popup, as the toolbar opens it."""

    def click(self, selector: str) -> None:
        """Click an element, once a person could."""
        self.evaluate(f"{self._usable(selector)}.click()")

    def fill(self, selector: str, text: str) -> None:
        """Type a text into a field, once a person could."""
        self.evaluate(f"{self._usable(selector)}.value = {json.dumps(text)}")

    def _usable(self, selector: str) -> str:
        target = f"document.querySelector({json.dumps(selector)})"
        self.wait_for(f"{target}?.checkVisibility() && !{target}.disabled")
        return target

    def text(self, selector: str = "body") -> str:
        """What is read there."""
        return str(self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def says(self, text: str) -> None:
        """Wait until a text can be read."""
        self.wait_for(f"document.body.innerText.includes({json.dumps(text)})")

    def theme(self, theme: Theme) -> None:
        """Switch between day and night."""
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}])

    def screenshot(self, path: Path) -> None:
        """Keep a picture of all of it."""
        self.evaluate("scrollTo(0, 0)")
        width, height = self.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        for _ in range(2):  # the first one makes room for what is below the fold, the second one shows it
            shot = self.send("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(shot["data"]))

    def violations(self) -> list[str]:
        """What axe finds fault with."""
        self.evaluate(f"{AXE}; 0")
        return list(self.evaluate(f"({VIOLATIONS})()"))


VIOLATIONS = """async () => (await axe.run()).violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html} (${node.failureSummary})`))"""


FORGET = """async () => {
    await chrome.storage.local.clear();
    await caches.delete("files");
    for (const id of Object.keys(await chrome.notifications.getAll())) await chrome.notifications.clear(id);
    await chrome.action.setBadgeText({ text: "" });
}"""


@dataclass
class Chrome:
    """A browser with the extension."""

    context: BrowserContext
    origin: str
    exceptions: list[str] = field(default_factory=list)

    @property
    def browser(self) -> CDPSession:
        """The debugging port of the whole browser."""
        if self.context.browser is None:
            raise ChromeError("The browser is gone.")
        return self.context.browser.new_browser_cdp_session()

    @property
    def worker(self) -> Worker:
        """The service worker that runs now."""
        return self.context.service_workers[-1]

    def open(self, address: str) -> Page:
        """A page in a tab of its own, in front."""
        page = self.context.new_page()
        page.goto(address)
        page.bring_to_front()
        return page

    def extension_page(self, path: str = "options.html") -> Page:
        """A page of the extension; it may use the browser as the extension does."""
        page = self.context.new_page()
        page.goto(f"{self.origin}/{path}")
        return page

    def click_icon(self, page: Page) -> Popup:
        """Click on the extension's icon while a page is in front."""
        page.bring_to_front()
        browser = self.browser
        tab = page.context.new_cdp_session(page).send("Target.getTargetInfo")["targetInfo"]
        tabs = browser.send("Target.getTargets", {"filter": [{"type": "tab"}]})["targetInfos"]
        active = [one for one in tabs if one["url"] == tab["url"]]
        browser.send(
            "Extensions.triggerAction",
            {"id": urlsplit(self.origin).netloc, "targetId": active[-1]["targetId"]},
        )
        return self._popup(browser, page)

    def _popup(self, browser: CDPSession, page: Page) -> Popup:
        def pause(seconds: float) -> None:
            page.wait_for_timeout(1000 * seconds)

        def look() -> str | None:
            targets = browser.send("Target.getTargets")["targetInfos"]
            ids = [one["targetId"] for one in targets if one["url"] == f"{self.origin}/popup.html"]
            return ids[0] if ids else None

        target = awaited(look, "the popup", pause=pause)
        session = browser.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        popup = Popup(browser, session["sessionId"], pause, self.exceptions)
        popup.send("Runtime.enable")
        popup.wait_for("document.readyState === 'complete'")
        return popup

    def stop_worker(self) -> None:
        """End the service worker, as the browser does whenever it likes."""
        browser = self.browser
        for target in browser.send("Target.getTargets")["targetInfos"]:
            if target["type"] == "service_worker":
                browser.send("Target.closeTarget", {"targetId": target["targetId"]})

    def allow(self, address: str) -> None:
        """Let the extension reach an address, on chrome://extensions."""
        url = urlsplit(address)
        page = self.context.new_page()
        page.goto("chrome://extensions")
        page.evaluate(
            "([id, host]) => chrome.developerPrivate.addHostPermission(id, host)",
            [urlsplit(self.origin).netloc, f"{url.scheme}://{url.netloc}/*"],
        )
        page.close()

    def collect_errors(self) -> None:
        """Have the browser list what goes wrong, as it does for developers."""
        page = self.context.new_page()
        page.goto("chrome://extensions")
        page.evaluate("() => chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true })")
        page.close()

    def errors(self) -> list[str]:
        """What went wrong in the extension: what chrome://extensions lists, and what its popup threw."""
        page = self.context.new_page()
        page.goto("chrome://extensions")
        info = page.evaluate(
            "id => chrome.developerPrivate.getExtensionInfo(id)", urlsplit(self.origin).netloc
        )
        page.close()
        listed = [one["message"] for one in (*info["manifestErrors"], *info["runtimeErrors"])]
        return listed + self.exceptions

    def forget(self) -> None:
        """Close all tabs but one, and empty what the extension keeps."""
        first, *others = self.context.pages
        for page in others:
            page.close()
        first.goto(f"{self.origin}/options.html")
        first.evaluate(FORGET)
        first.goto("about:blank")

    def may_reach(self, address: str) -> bool:
        """Whether the extension has the permission."""
        page = self.extension_page()
        origin = f"{address}/*"
        may = page.evaluate("origin => chrome.permissions.contains({ origins: [origin] })", origin)
        page.close()
        return bool(may)

    def connect(self, address: str, key: str) -> str:
        """Fill in and save the options page; what it says then."""
        page = self.extension_page()
        page.get_by_label("Address of the API").fill(address)
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Save and test").click()
        result = page.locator("#result[data-state=good], #result[data-state=bad]")
        said = result.inner_text()  # Playwright's waiting for a function is what the page's policy forbids
        page.close()
        return said

    def offline(self, *, offline: bool) -> None:
        """Pull the plug of the whole browser, or put it in."""
        self.context.set_offline(offline)

    def tells(self, page: Page, told: list[str], badge: str) -> None:
        """Wait for these notifications and no others, and this text on the icon.

        `page` is one of the extension's. Both follow its record: an end is noted before it is told.
        """
        page.wait_for_function(
            """async ([told, badge]) => {
                const shown = Object.keys(await chrome.notifications.getAll());
                return shown.join() === told.join() && (await chrome.action.getBadgeText({})) === badge;
            }""",
            arg=[told, badge],
        )

    def cards(self, page: Page) -> list[dict[str, Json]]:
        """The extension's own record of the videos, newest first; `page` is one of the extension's."""
        kept: list[dict[str, Json]] = page.evaluate(
            "async () => (await chrome.storage.local.get('cards')).cards ?? []"
        )
        return kept


@contextlib.contextmanager
def chrome_with(
    extension: Path,
    profile: Path,
    executable: str,
    playwright: Playwright,
    *,
    language: str = "en",
    scale: int = 1,
) -> Iterator[Chrome]:
    """Chromium with an unpacked extension and a profile that may have a past."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=executable,
        **({"viewport": VIEW} if scale == 1 else {"no_viewport": True}),  # an emulated scale is not captured
        ignore_default_args=["--disable-extensions"],
        args=[
            "--headless=new",
            "--no-sandbox",
            "--disable-features=DisableLoadExtensionCommandLineSwitch",
            f"--load-extension={extension}",
            f"--disable-extensions-except={extension}",
            "--enable-unsafe-extension-debugging",
            f"--lang={language}",
            f"--force-device-scale-factor={scale}",
            f"--window-size={VIEW['width']},{VIEW['height']}",
        ],
        env={**os.environ, "LANGUAGE": language},
    )
    context.set_default_timeout(HUNG_MS)
    try:
        chrome = Chrome(context, origin_of(extension))
        if not context.service_workers:
            context.wait_for_event("serviceworker")
        chrome.collect_errors()
        yield chrome
    finally:
        context.close()
