"""Tokens that are made beside a running studio, and what their scopes let through."""

import subprocess
import sys

import pytest

from tests.contract.samples import SMALL_DRAFT, png
from tests.contract.services import ROOT, Studio
from tests.contract.wire import ATTRIBUTION, Project


def made(studio: Studio, *options: str) -> str:
    command = [sys.executable, "-m", "studio", "token", f"--data-dir={studio.data_dir}", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture(scope="module")
def without_render(studio: Studio) -> Project:
    return studio.service.project(made(studio, "--credits=7", "--scopes=read,write,upload"))


def test_a_token_has_the_credits_it_was_made_with(without_render: Project) -> None:
    assert without_render.balance() == {"available": 7, "frozen": 0, "total": 7}


def test_402_a_token_that_is_not_good_for_exports(without_render: Project) -> None:
    answer = without_render.start_render(SMALL_DRAFT)
    assert answer.status_code == answer.json()["code"] == 402
    assert answer.json()["message"] == "Register or upgrade your plan to unlock export."


def test_a_registered_account_without_credits_is_told_to_top_up(without_render: Project) -> None:
    refused = without_render.post("/run_sse", without_render.message('create a video "Urban Dreams"')).json()
    assert refused["code"] == 2001
    assert "Top up credits in your account" in refused["message"]


def test_403_a_token_that_may_only_read(studio: Studio) -> None:
    headers = {"Authorization": f"Bearer {made(studio, '--scopes=read')}", **ATTRIBUTION}
    refused = studio.http.post("/api/tasks/me/with-session/nemo_agent", json={}, headers=headers)
    assert refused.status_code == refused.json()["code"] == 403
    assert studio.http.get("/api/credits/balance/simple", headers=headers).json()["code"] == 0
    files = {"files": ("a.png", png())}
    upload = studio.http.post("/api/upload-video/nemo_agent/me/1", files=files, headers=headers)
    assert upload.json()["code"] == 403


def test_1001_a_token_whose_time_is_over(studio: Studio) -> None:
    headers = {"Authorization": f"Bearer {made(studio, '--days=0')}", **ATTRIBUTION}
    refused = studio.http.get("/api/credits/balance/simple", headers=headers).json()
    assert refused["code"] == 1001
    assert "expired" in refused["message"]


def test_1011_in_alternative_shapes(alternative: Studio) -> None:
    headers = {"Authorization": f"Bearer {made(alternative, '--days=0')}"}
    assert alternative.http.get("/api/credits/balance/simple", headers=headers).json()["code"] == 1011
