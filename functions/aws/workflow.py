"""The Step Functions state machines: start executions, and complete waiting tasks."""

import json
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from videos.model.ports import Past
from videos.model.records import VersionRef

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

logger = Logger(child=True)

_AGAIN = "-again-"


class StateMachine:
    """Implements `videos.model.ports.Workflow` and `Executions`.

    Executions are named after the version. Those that take the version over have a number at the end.
    """

    def __init__(self, sfn: "SFNClient", arn: str) -> None:
        self._sfn = sfn
        self._arn = arn

    def start(self, ref: VersionRef) -> None:
        self._start(ref, ref.execution_name)

    def cancel(self, ref: VersionRef) -> None:
        executions = self._executions(ref)
        for name, status in executions.items():
            if status == "RUNNING":
                self._sfn.stop_execution(
                    executionArn=self._execution_arn(name), error="Cancelled", cause="Its owner cancelled it."
                )
        self.take_over(ref, attempt=len(executions))

    def newest(self, ref: VersionRef) -> tuple[str, str | None]:
        """Return the name and status of the version's newest execution.

        The status is None if there was no execution.
        """
        return list(self._executions(ref).items())[-1]

    def running(self) -> set[str]:
        pages = self._sfn.get_paginator("list_executions").paginate(
            stateMachineArn=self._arn, statusFilter="RUNNING"
        )
        return {execution["name"].partition(_AGAIN)[0] for page in pages for execution in page["executions"]}

    def past(self, ref: VersionRef) -> Past | None:
        first, *others = self._executions(ref).values()
        if "RUNNING" in {first, *others}:
            return None
        return Past(begun=first is not None, takeovers=len(others))

    def take_over(self, ref: VersionRef, *, attempt: int) -> None:
        self._start(ref, _again(ref, attempt))

    def _executions(self, ref: VersionRef) -> dict[str, str | None]:
        """Return the status of each execution of a version.

        None for a first execution that does not exist.
        """
        found = {ref.execution_name: self._status(ref.execution_name)}
        while (status := self._status(again := _again(ref, len(found)))) is not None:
            found[again] = status
        return found

    def _status(self, name: str) -> str | None:
        try:
            return self._sfn.describe_execution(executionArn=self._execution_arn(name))["status"]
        except self._sfn.exceptions.ExecutionDoesNotExist:
            return None

    def _start(self, ref: VersionRef, name: str) -> None:
        try:
            self._sfn.start_execution(stateMachineArn=self._arn, name=name, input=ref.model_dump_json())
        except self._sfn.exceptions.ExecutionAlreadyExists:
            logger.info("execution already exists", execution=name)

    def _execution_arn(self, name: str) -> str:
        return f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"


def _again(ref: VersionRef, attempt: int) -> str:
    return f"{ref.execution_name}{_AGAIN}{attempt}"


class BatchMachine:
    """Implements `videos.batches.batch.BatchWorkflow`."""

    def __init__(self, sfn: "SFNClient", arn: str) -> None:
        self._sfn = sfn
        self._arn = arn

    def start_batch(self, batch_id: str) -> None:
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn, name=batch_id, input=json.dumps({"batch_id": batch_id})
            )
        except self._sfn.exceptions.ExecutionAlreadyExists:
            logger.info("execution of the batch already exists", batch_id=batch_id)


class TaskTokens:
    """Implements `videos.model.ports.Tasks`."""

    def __init__(self, sfn: "SFNClient") -> None:
        self._sfn = sfn

    def succeed(self, task_token: str, output: BaseModel) -> None:
        try:
            self._sfn.send_task_success(taskToken=task_token, output=output.model_dump_json())
        except (self._sfn.exceptions.TaskTimedOut, self._sfn.exceptions.TaskDoesNotExist):
            logger.warning("task is no longer waiting: it timed out, or its execution ended")

    def fail(self, task_token: str, code: str, message: str) -> bool:
        logger.warning("instruction failed", code=code, reason=message)
        try:
            self._sfn.send_task_failure(
                taskToken=task_token, error=code, cause=json.dumps({"message": message})
            )
        except (self._sfn.exceptions.TaskTimedOut, self._sfn.exceptions.TaskDoesNotExist):
            logger.warning("task is no longer waiting: it timed out, or its execution ended")
            return False
        return True
