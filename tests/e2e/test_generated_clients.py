"""Clients that other programs generate from the OpenAPI document make a video on the deployed template."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Pipeline
from tests.second_opinions.generated_clients import GENERATORS, run
from tests.support import http

pytestmark = pytest.mark.thorough


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_generated_client_makes_a_video(pipeline: Pipeline, generator: str, tmp_path: Path) -> None:
    command = GENERATORS[generator](tmp_path)
    made = json.loads(
        run(tmp_path, *command, pipeline.endpoints.api_url, pipeline.endpoints.api_key, generator)
    )
    assert made["status"] == "ready"
    assert http.get(made["link"], follow_redirects=True).is_success
    assert pipeline.call("GET", f"/v1/videos/{made['id']}").json()["duration_seconds"] == pytest.approx(
        3, abs=0.2
    )
