"""The link of a notification, opened in a real browser, on the deployed template."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.e2e.conftest import Pipeline
from tests.support import http
from tests.support.waiting import HUNG_MS

pytestmark = pytest.mark.thorough

SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 800},
}


@pytest.fixture(scope="module")
def link(pipeline: Pipeline, page: bytes) -> str:
    video_id = pipeline.drop("inbox/Race day.png", page, "Make a 3 second video")
    assert pipeline.ended(video_id)["status"] == "ready"
    return str(pipeline.notification(video_id)["links"]["watch"])


@pytest.mark.parametrize("size", SIZES)
def test_the_mailed_link_plays_and_downloads(
    link: str, browser: Browser, artifacts: Path, tmp_path: Path, size: str
) -> None:
    complaints: list[str] = []
    with browser.new_context(viewport=SIZES[size], accept_downloads=True) as context:
        context.set_default_timeout(HUNG_MS)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(link)
        tab.evaluate("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }")
        tab.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
        tab.screenshot(path=artifacts / f"watch-deployed-{size}.png")
        with tab.expect_download() as download:
            tab.get_by_role("link", name="Download video").click()
        download.value.save_as(tmp_path / "saved.mp4")
    assert download.value.suggested_filename == "Race day.mp4"
    assert (tmp_path / "saved.mp4").read_bytes()[4:8] == b"ftyp"
    assert complaints == []


def test_a_forged_link_is_refused_kindly(link: str) -> None:
    answer = http.get(link[:-1] + ("0" if link[-1] != "0" else "1"))
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert "This link does not work" in answer.text
