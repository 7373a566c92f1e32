"""The Step Functions state machine: starting executions, and answering its waiting tasks."""

import json
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from pydantic import BaseModel

from videos.models import Job

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

logger = Logger(child=True)


class StateMachine:
    """Implements `videos.ports.Workflow`."""

    def __init__(self, sfn: "SFNClient", arn: str) -> None:
        self._sfn = sfn
        self._arn = arn

    def start(self, job: Job) -> None:
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn, name=job.execution_name, input=job.model_dump_json()
            )
        except self._sfn.exceptions.ExecutionAlreadyExists:
            logger.info("the workflow of this turn was started before", job=job.execution_name)

    def cancel(self, job: Job) -> None:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{job.execution_name}"
        try:
            self._sfn.stop_execution(executionArn=arn, error="Cancelled", cause="Its owner cancelled it.")
        except self._sfn.exceptions.ExecutionDoesNotExist:
            logger.info("the workflow of this turn had not started", job=job.execution_name)
        announcing = json.dumps({**job.model_dump(), "only": "announce"})
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn, name=f"{job.execution_name}-cancelled", input=announcing
            )
        except self._sfn.exceptions.ExecutionAlreadyExists:
            logger.info("its end is being announced", job=job.execution_name)


class BatchMachine:
    """Implements `videos.batch.BatchWorkflow`."""

    def __init__(self, sfn: "SFNClient", arn: str) -> None:
        self._sfn = sfn
        self._arn = arn

    def start_batch(self, batch_id: str) -> None:
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn, name=batch_id, input=json.dumps({"batch_id": batch_id})
            )
        except self._sfn.exceptions.ExecutionAlreadyExists:
            logger.info("the workflow of this batch was started before", batch_id=batch_id)


class TaskTokens:
    """Implements `videos.ports.Tasks`."""

    def __init__(self, sfn: "SFNClient") -> None:
        self._sfn = sfn

    def succeed(self, task_token: str, output: BaseModel) -> None:
        try:
            self._sfn.send_task_success(taskToken=task_token, output=output.model_dump_json())
        except (self._sfn.exceptions.TaskTimedOut, self._sfn.exceptions.TaskDoesNotExist):
            logger.warning("the workflow no longer waits for this task")

    def fail(self, task_token: str, code: str, message: str) -> None:
        logger.warning("the instruction failed", code=code, reason=message)
        try:
            self._sfn.send_task_failure(
                taskToken=task_token, error=code, cause=json.dumps({"message": message})
            )
        except (self._sfn.exceptions.TaskTimedOut, self._sfn.exceptions.TaskDoesNotExist):
            logger.warning("the workflow no longer waits for this task")
