"""Where the real browsers are that tests look at pages with."""

import os
import shutil

import pytest


def find_browser(*names: str) -> str | None:
    """The browser that CHROMIUM names, else the first of these on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def required(browser: str | None) -> str:
    """The browser; without one the test is skipped and says so, under CI=true it fails."""
    if browser is None:
        missing = "No browser for this is on the PATH, and CHROMIUM names none."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return browser
