"""No secret leaves: not in logs, announcements, execution histories, queues or addresses."""

import json
from collections.abc import Iterator

import pytest

from tests.faults.pipeline import Pipeline
from tests.support import http
from tests.support.scripted_backend.answers import refuses, says
from tests.support.scripted_backend.server import Script

pytestmark = pytest.mark.thorough

DONE = says("Your video is on the timeline.")


@pytest.fixture
def secrets(pipeline: Pipeline) -> list[str]:
    """All secrets there are, after videos that ended well and badly, and a look at one of them."""
    ready = pipeline.end_of(pipeline.drop(Script(DONE, token_dies=True)))
    babbles = refuses(2001, f"no credits for {pipeline.backend.tokens[-1]}")
    for script in (Script(babbles), Script(DONE, start=babbles)):
        pipeline.end_of(pipeline.drop(script))
    address = f"{pipeline.endpoints.api_url}/v1/videos/{ready.video.video_id}"
    assert http.get(address, headers={"x-api-key": pipeline.endpoints.api_key}).is_success
    assert http.get(ready.announcements[0]["links"]["watch"], follow_redirects=True).is_success
    return [
        *pipeline.backend.tokens,
        pipeline.endpoints.api_key,
        *(channel.secret for channel in pipeline.channels.values()),
        *(str(item["link_key"]) for item in pipeline.table.scan()["Items"] if "link_key" in item),
    ]


def test_no_secret_leaves(pipeline: Pipeline, secrets: list[str]) -> None:
    told = {
        "logs": list(_log_lines(pipeline)),
        "execution histories": list(_histories(pipeline)),
        "announcements": [path.read_text() for path in pipeline.endpoints.mailbox_dir.iterdir()],
        "mails": [str(mail) for mail in pipeline.mails()],
        **{
            f"{name} messages": [str(message) for message in channel.all_posts()]
            for name, channel in pipeline.channels.items()
        },
        "addresses asked for at the backend": pipeline.backend.urls_seen,
        "files beside the videos": list(_stored_texts(pipeline)),
    }
    assert all(told.values()), "nothing to search in"
    told["messages left in queues"] = list(_leftover_messages(pipeline))
    leaks = [where for where, texts in told.items() for text in texts if any(s in text for s in secrets)]
    assert leaks == []


def _log_lines(pipeline: Pipeline) -> Iterator[str]:
    """All that the functions have ever logged."""
    logs = pipeline.endpoints.access.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in page["events"])


def _histories(pipeline: Pipeline) -> Iterator[str]:
    """The history of every execution there ever was, its input and its output included."""
    for arn in pipeline.executions():
        for page in pipeline.sfn.get_paginator("get_execution_history").paginate(executionArn=arn):
            yield from (json.dumps(event, default=str) for event in page["events"])


def _leftover_messages(pipeline: Pipeline) -> Iterator[str]:
    for queue in pipeline.queue_urls:
        answer = pipeline.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield from (message["Body"] for message in answer.get("Messages", []))


def _stored_texts(pipeline: Pipeline) -> Iterator[str]:
    bucket = pipeline.endpoints.videos_bucket
    for page in pipeline.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            if item["Key"].endswith(".json"):
                yield pipeline.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
