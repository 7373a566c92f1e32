"""A running stack: the embedded cloud's, or one on AWS."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3

from aws.table import VideoTable
from aws.workflow import StateMachine
from infra.commands import NO_CLOUD, CommandError
from infra.local import service
from infra.local.endpoints import Endpoints
from infra.local.stack import STACK
from videos.model.records import VersionRef
from videos.model.video import Video

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource


@dataclass(frozen=True)
class Stack:
    """Its name, and the way to its services. Parts are known by their names in the template."""

    name: str
    client: Callable[[str], Any]
    dynamodb: Callable[[], "DynamoDBServiceResource"]

    @cached_property
    def resources(self) -> dict[str, dict[str, str]]:
        """The physical ids of all parts: by type, then by name."""
        found: dict[str, dict[str, str]] = {}
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.name):
            for part in page["StackResourceSummaries"]:
                of_type = found.setdefault(part["ResourceType"], {})
                of_type[part["LogicalResourceId"]] = part.get("PhysicalResourceId", "")
        return found

    def resource(self, kind: str, name: str) -> str:
        """Return the physical id of a part.

        Raises:
            CommandError: The stack has no such part.
        """
        if not (found := self.resources_of(kind).get(name)):
            raise CommandError(self._incomplete)
        return found

    def resources_of(self, kind: str) -> dict[str, str]:
        """Return the physical ids of all parts of a type, by name.

        Raises:
            CommandError: The stack has none.
        """
        if not (found := self.resources.get(kind)):
            raise CommandError(self._incomplete)
        return found

    @property
    def _incomplete(self) -> str:
        return (
            f"“{self.name}” is not a stack of this pipeline, or it is not completely deployed. "
            "Check STACK, or deploy it again."
        )

    @cached_property
    def store(self) -> VideoTable:
        """What the stack remembers of videos."""
        return VideoTable(self._table)

    @cached_property
    def workflow(self) -> StateMachine:
        """What carries out versions."""
        return StateMachine(self.client("stepfunctions"), self._version_workflow)

    @property
    def queues(self) -> dict[str, str]:
        """The addresses of all queues."""
        return self.resources_of("AWS::SQS::Queue")

    def videos(self) -> Iterator[Video]:
        """All videos that are remembered."""
        page: dict[str, Any] = {"IndexName": "by-owner"}  # holds videos alone
        while True:
            answer = self._table.scan(**page)
            yield from (Video.model_validate(item) for item in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def execution(self, ref: VersionRef) -> tuple[str, str | None]:
        """The version's newest, by name; None as its status where it was never started, or is forgotten."""
        return self.workflow.newest(ref)

    def last_error(self, identity: str, since: datetime) -> str | None:
        """The last line of the newest exception in a log line that holds `identity`."""
        pages = self.client("logs").get_paginator("filter_log_events")
        found = None
        for page in pages.paginate(
            logGroupName=self.resource("AWS::Logs::LogGroup", "Log"),
            startTime=int(since.timestamp() * 1000),
            filterPattern=f'"{identity}" "exception_name"',
        ):
            for event in page["events"]:
                if exception := str(json.loads(event["message"]).get("exception", "")).strip():
                    found = exception.splitlines()[-1]
        return found

    @property
    def _table(self) -> Any:  # noqa: ANN401 - typed in the stubs alone
        return self.dynamodb().Table(self.resource("AWS::DynamoDB::Table", "VideosTable"))

    @property
    def _version_workflow(self) -> str:
        return self.resource("AWS::StepFunctions::StateMachine", "VideoWorkflow")


def stack_named(name: str | None) -> Stack:
    """The stack of that name on AWS; without a name, the embedded cloud's.

    Raises:
        CommandError: The embedded cloud does not run.
    """
    if name:
        session = boto3.Session()
        return Stack(name, cast("Callable[[str], Any]", session.client), lambda: session.resource("dynamodb"))
    if not (endpoints := service.endpoints()):
        raise CommandError(NO_CLOUD)
    return stack_at(endpoints)


def stack_at(endpoints: Endpoints) -> Stack:
    """The stack of an embedded cloud."""
    return Stack(STACK, endpoints.access.client, endpoints.access.dynamodb)
