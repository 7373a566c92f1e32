"""The mail as people see it: in a real browser, narrow and wide, light and dark."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Dialog, Route

from notifications.mail import mail_of
from notifications.notice import notice_of
from tests.browser.accessibility import barriers
from tests.notifications.samples import URL, announcements, sign_in_mails

POSTER = Path(__file__).parents[2] / "docs" / "sample" / "poster.jpg"
NOT_FOR_MAIL = ("region", "landmark-one-main")  # it is no page of a site
NAMES = (
    "ready",
    "failed-out_of_credits",
    "needs-answer",
    "batch-with-failures",
    "hostile-ready",
    "hostile-failed",
    "sign-in-de",
    "sign-in-ja",
)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("width", [400, pytest.param(800, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_fits_and_runs_nothing(
    browser: Browser, artifacts: Path, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    mail = sign_in_mails().get(name) or mail_of(notice_of(announcements()[name]))
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    asked: list[str] = []
    page.route("**/*", lambda route: _answer(route, asked))
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))  # noqa: PLW0108 - it wants a function
    page.set_content(mail.html, wait_until="load")
    page.screenshot(path=artifacts / f"mail-{name}-{width}-{scheme}.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").inner_text() == mail.subject
    assert dialogs == []
    assert all(address.startswith(f"{URL}/watch/") for address in asked)
    assert [barrier for barrier in barriers(page) if not barrier.startswith(NOT_FOR_MAIL)] == []
    page.close()


def _answer(route: Route, asked: list[str]) -> None:
    asked.append(route.request.url)
    route.fulfill(path=POSTER)
