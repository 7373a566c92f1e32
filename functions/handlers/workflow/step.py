"""Shared by all workflow steps: parse the event, set up the log, sort errors."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from backend.errors import NemoVideoError
from handlers import wiring
from videos.model.errors import VersionEndedError, VideoError, problem_of
from videos.model.records import Problem, VersionRef
from videos.steps.result import StepResult

logger = Logger()

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


class TransientError(Exception):
    """A temporary error, which the workflow retries. Its text is the problem to report if they all fail."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.model_dump_json())


def step(use_case: Callable[[VersionRef], StepResult]) -> Handler:
    """Return a Lambda handler for one step of a version.

    A permanent problem is stored with the version, and the workflow continues with Finish.
    Any other error is raised, and the workflow retries the step.

    Raises:
        TransientError: The backend failed temporarily.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        ref = VersionRef.model_validate(event)
        logger.append_keys(video_id=ref.video_id, version=ref.version)
        try:
            result = use_case(ref)
        except VersionEndedError:
            result = StepResult(next="finish")  # which announces the stored end
        except VideoError as error:
            result = _found(ref, error.problem, error)
        except NemoVideoError as error:
            if error.retryable:
                logger.warning(
                    "temporary error of the video service, the step will be retried", exc_info=error
                )
                raise TransientError(problem_of(error)) from error
            result = _found(ref, problem_of(error), error)
        except Exception:
            logger.exception("step failed")
            raise
        output = result.model_dump(mode="json")
        because = output.pop("because", "")  # an unexpected response of the video service, only for the log
        logger.info("step completed", output=output, because=because)
        return output

    return cast("Handler", handler)


def problem_in(error: Mapping[str, str]) -> Problem | None:
    """Return the problem of a `TransientError`, or None for any other error.

    `error` comes from Step Functions: `Error`, and usually `Cause`. For a Lambda function, `Cause` is JSON
    with an `errorMessage`. The error's name is not checked, because the embedded cloud has one for all.
    """
    with suppress(ValueError, TypeError, KeyError):
        return Problem.model_validate_json(json.loads(error["Cause"])["errorMessage"])
    return None


def _found(ref: VersionRef, problem: Problem, error: Exception) -> StepResult:
    logger.warning("step failed permanently, the version ends", problem=problem.code, exc_info=error)
    wiring.store().write(ref, problem)
    return StepResult(next="finish")
