"""A backend that is not there."""

import pytest

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.processes import free_port
from tests.e2e.conftest import WITH_IDS, Pipeline

pytestmark = pytest.mark.thorough

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(64)


def test_a_failing_backend_ends_in_a_failed_video_that_says_what_to_do(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        nemo_api_url=f"http://127.0.0.1:{free_port()}",
        wait_scale=0.01,
        parameters=WITH_IDS,
    )
    with embedded_cloud(settings) as endpoints:
        pipeline = Pipeline(endpoints)
        video_id = pipeline.drop("inbox/page.png", PNG, "Make a video")

        video = pipeline.ended(video_id)
        assert video["status"] == "failed"
        notification = pipeline.notification(video_id)
        assert notification["mail"].startswith("Subject: Failed: page.png\n")
        assert notification["advice"] in notification["mail"]
        assert "Try again" in notification["advice"]
        assert "127.0.0.1" not in notification["mail"]
        assert pipeline.execution_status(video_id) == "FAILED"
