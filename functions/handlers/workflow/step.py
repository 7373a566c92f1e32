"""Shared by all workflow steps: parse the event, set up the log, sort errors."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from backend import NemoVideoError
from handlers import wiring
from videos.model.errors import TurnEndedError, VideoError, problem_of
from videos.model.records import Job, Problem
from videos.steps.result import StepResult

logger = Logger()

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


class PassingError(Exception):
    """A temporary error, which the workflow retries. Its text is the problem to report if they all fail."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.model_dump_json())


def step(use_case: Callable[[Job], StepResult]) -> Handler:
    """Return a Lambda handler for one step of a version.

    A permanent problem is stored with the version, and the workflow continues with Finish.
    Any other error is raised, and the workflow retries the step.

    Raises:
        PassingError: The backend failed temporarily.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        job = Job.model_validate(event)
        logger.append_keys(video_id=job.video_id, turn=job.turn)
        try:
            result = use_case(job)
        except TurnEndedError:
            result = StepResult(next="finish")  # which announces the stored end
        except VideoError as error:
            result = _found(job, error.problem, error)
        except NemoVideoError as error:
            if error.retryable:
                logger.warning(
                    "temporary error of the video service, the step will be retried", exc_info=error
                )
                raise PassingError(problem_of(error)) from error
            result = _found(job, problem_of(error), error)
        except Exception:
            logger.exception("step failed")
            raise
        output = result.model_dump(mode="json")
        because = output.pop("because", "")  # an unexpected response of the video service, only for the log
        logger.info("step completed", output=output, because=because)
        return output

    return cast("Handler", handler)


def problem_in(error: Mapping[str, str]) -> Problem | None:
    """Return the problem of a `PassingError`, or None for any other error.

    `error` comes from Step Functions: `Error`, and usually `Cause`. For a Lambda function, `Cause` is JSON
    with an `errorMessage`. The error's name is not checked, because the embedded cloud has one for all.
    """
    with suppress(ValueError, TypeError, KeyError):
        return Problem.model_validate_json(json.loads(error["Cause"])["errorMessage"])
    return None


def _found(job: Job, problem: Problem, error: Exception) -> StepResult:
    logger.warning("step failed permanently, the version ends", problem=problem.code, exc_info=error)
    wiring.store().write(job, problem)
    return StepResult(next="finish")
