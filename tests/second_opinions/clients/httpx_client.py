"""Make a video with a client of openapi-python-client: [address of the API] [key] [Idempotency-Key]."""

import json
import sys

from client import AuthenticatedClient
from client.api.videos import create_video, estimate_video, get_video
from client.models import Estimate, Stage, VideoRequest, VideoResource
from httpx import Timeout

_, address, key, repeat_key = sys.argv
api = AuthenticatedClient(address, key, prefix="", auth_header_name="x-api-key", timeout=Timeout(60))
request = VideoRequest(instruction="Make a 3 second video with the title 'Spring sale'", duration_seconds=3)

estimate = estimate_video.sync(client=api, body=request)
assert isinstance(estimate, Estimate), estimate
assert estimate.allowed, estimate.message
video = create_video.sync(client=api, body=request, idempotency_key=repeat_key)
assert isinstance(video, VideoResource), video
while video.stage is not Stage.ENDED:
    read = get_video.sync(video.id, client=api, wait=20)
    assert isinstance(read, VideoResource), read
    video = read
json.dump({"id": video.id, "status": video.status, "link": video.links.video}, sys.stdout)
