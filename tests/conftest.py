"""The order of the tests, and a real browser for those that look at pages.

It is the system's Chromium, or the one that CHROMIUM names. Where there is none these tests are skipped, and
say so; under CI=true that is a failure.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browsers import find_browser, required

# Google's own build comes first, since it always plays H.264; not every build of Chromium does.
NAMES = ("google-chrome", "chromium", "chromium-headless-shell", "chrome")
UNIT_TESTS = Path(__file__).parent / "unit"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Unit tests come first: they take away sockets, which an embedded cloud in their process would need."""
    items.sort(key=lambda item: UNIT_TESTS not in item.path.parents)


@pytest.fixture(scope="module")  # while it is open its event loop runs, and asyncio.run() is refused
def browser() -> Iterator[Browser]:
    path = required(find_browser(*NAMES))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: the folder that ARTIFACTS names, or a temporary one."""
    folder = Path(os.environ["ARTIFACTS"]) if "ARTIFACTS" in os.environ else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
