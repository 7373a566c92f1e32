"""How soon an announcement leaves once the MP4 is stored: `python -m bench.announcing`.

On the warm embedded cloud with the studio behind it, video after video: from the moment at which S3 had the
whole MP4 to the one at which a subscriber's queue had the announcement. Between them the video is decoded,
its poster made, and two steps of the workflow change hands.
"""

import io
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from infra.local.access import Access
from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.mailbox import subscribe

if TYPE_CHECKING:
    from datetime import datetime

    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

ROUNDS = 12
WARM_UP = 2
QUEUE = "announcements"
PATIENCE_SECONDS = 120


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        settings = CloudSettings(home=Path(home), wait_scale=0.1)
        with embedded_cloud(settings) as endpoints:
            queue_url = subscribe(endpoints.access, topic_arn=endpoints.topic_arn, queue=QUEUE)
            lags = [_lag(endpoints, queue_url, number) for number in range(WARM_UP + ROUNDS)][WARM_UP:]
    sys.stdout.write("| from the stored MP4 to the announcement | seconds |\n|---|---|\n")
    sys.stdout.write(f"| median of {ROUNDS} | {statistics.median(lags):.2f} |\n")
    sys.stdout.write(f"| longest | {max(lags):.2f} |\n")


def _lag(endpoints: Endpoints, queue_url: str, number: int) -> float:
    body = io.BytesIO()
    Image.new("RGB", (640, 480), (number * 17 % 256, 90, 140)).save(body, "PNG")
    endpoints.access.client("s3").put_object(
        Bucket=endpoints.inbox_bucket,
        Key=f"inbox/{number}.png",
        Body=body.getvalue(),
        Metadata={"instruction": "A 3 second square video"},
    )
    announced = _next_message(endpoints.access, queue_url)
    event = json.loads(json.loads(announced["Body"])["Message"])
    bucket, key = endpoints.videos_bucket, f"videos/{event['video_id']}/{event['version']}/video.mp4"
    # The listing has milliseconds, the header of the object itself only seconds.
    (listed,) = endpoints.access.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]
    stored: datetime = listed["LastModified"]
    return int(announced["Attributes"]["SentTimestamp"]) / 1000 - stored.timestamp()


def _next_message(access: Access, queue_url: str) -> "MessageTypeDef":
    sqs: SQSClient = access.client("sqs")
    for _ in range(PATIENCE_SECONDS // 20):
        answer = sqs.receive_message(
            QueueUrl=queue_url, WaitTimeSeconds=20, MessageSystemAttributeNames=["SentTimestamp"]
        )
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            return message
    raise TimeoutError("no announcement came")


if __name__ == "__main__":
    main()
