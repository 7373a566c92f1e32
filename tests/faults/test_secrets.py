"""No secret leaves: not in logs, announcements, execution histories, queues or addresses.

`deployed` looks for secrets in the same way once the tests of a cloud are over.
"""

import pytest

from tests.faults.leaks import leaks, texts_of
from tests.faults.pipeline import GatedPipeline
from tests.support import http
from tests.support.scripted_backend.answers import refuses, says
from tests.support.scripted_backend.server import Script

pytestmark = pytest.mark.thorough

DONE = says("Your video is on the timeline.")


def test_no_secret_leaves(pipeline: GatedPipeline) -> None:
    """After videos that ended well and badly, and a look at one of them."""
    ready = pipeline.end_of(pipeline.drop(Script(DONE, token_dies=True)))
    babbles = refuses(2001, f"no credits for {pipeline.backend.tokens[-1]}")
    for script in (Script(babbles), Script(DONE, start=babbles)):
        pipeline.end_of(pipeline.drop(script))
    address = f"{pipeline.endpoints.api_url}/v1/videos/{ready.video.video_id}"
    assert http.get(address, headers={"x-api-key": pipeline.endpoints.api_key}).is_success
    assert http.get(ready.announcements[0]["links"]["watch"], follow_redirects=True).is_success

    assert all(texts_of(pipeline).values()), "nothing to search in"
    assert leaks(pipeline) == []
