"""A search for secrets in all that a pipeline has ever written or left behind."""

import json
from collections.abc import Iterator

from tests.faults.pipeline import GatedPipeline


def texts_of(pipeline: GatedPipeline) -> dict[str, list[str]]:
    """Return texts that hold no secret, by where they are."""
    return {
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


def leaks(pipeline: GatedPipeline) -> list[str]:
    """Return where a secret was found, once for each text that has one."""
    secrets = [
        *pipeline.backend.tokens,
        pipeline.endpoints.api_key,
        *(channel.secret for channel in pipeline.channels.values()),
        *(str(item["link_key"]) for item in pipeline.table.scan()["Items"] if "link_key" in item),
    ]
    written = texts_of(pipeline) | {"messages left in queues": list(_leftover_messages(pipeline))}
    return [where for where, texts in written.items() for text in texts if any(s in text for s in secrets)]


def _log_lines(pipeline: GatedPipeline) -> Iterator[str]:
    """All that the functions have ever logged."""
    logs = pipeline.endpoints.access.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in page["events"])


def _histories(pipeline: GatedPipeline) -> Iterator[str]:
    """The history of every execution there ever was, its input and its output included."""
    for arn in pipeline.executions():
        for page in pipeline.sfn.get_paginator("get_execution_history").paginate(executionArn=arn):
            yield from (json.dumps(event, default=str) for event in page["events"])


def _leftover_messages(pipeline: GatedPipeline) -> Iterator[str]:
    for queue in pipeline.queue_urls:
        answer = pipeline.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield from (message["Body"] for message in answer.get("Messages", []))


def _stored_texts(pipeline: GatedPipeline) -> Iterator[str]:
    bucket = pipeline.endpoints.videos_bucket
    for page in pipeline.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            if item["Key"].endswith(".json"):
                yield pipeline.s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode()
