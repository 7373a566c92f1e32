"""Make a video with models of datamodel-code-generator: [address of the API] [key] [Idempotency-Key]."""

import json
import sys

import httpx
from models import Estimate, Stage, VideoRequest, VideoResource

_, address, key, repeat_key = sys.argv
api = httpx.Client(base_url=address, headers={"x-api-key": key, "Idempotency-Key": repeat_key}, timeout=60)
wanted = VideoRequest.model_validate(
    {"instruction": "Make a 3 second video with the title 'Spring sale'", "duration_seconds": 3}
)
request = wanted.model_dump(mode="json", exclude_unset=True)

estimate = Estimate.model_validate_json(api.post("/v1/videos/estimate", json=request).read())
assert estimate.allowed, estimate.message
video = VideoResource.model_validate_json(api.post("/v1/videos", json=request).read())
while video.stage is not Stage.ended:
    read = api.get(f"/v1/videos/{video.id}", params={"wait": 20})
    video = VideoResource.model_validate_json(read.read())
json.dump({"id": video.id, "status": video.status, "link": video.links.video}, sys.stdout)
