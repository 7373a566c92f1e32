"""What every step of the workflow does around its use case: logging, parsing, telling what is final."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from nemovideo import NemoVideoError
from videos.errors import TurnEndedError, VideoError, problem_of
from videos.records import Job, Problem
from videos.steps.result import StepResult

logger = Logger()

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


class PassingError(Exception):
    """What may pass, and is tried again; its text is the problem that it is when it does not."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.model_dump_json())


def step(use_case: Callable[[Job], StepResult]) -> Handler:
    """A Lambda handler for one step of a turn.

    A problem of the turn's own is left with it, for the announcement to tell: the workflow goes on to Finish.
    Any other error is raised, and the workflow tries the step again.

    Raises:
        PassingError: The backend failed in a way that may pass.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        job = Job.model_validate(event)
        logger.append_keys(video_id=job.video_id, turn=job.turn)
        try:
            result = use_case(job)
        except TurnEndedError:
            result = StepResult(next="finish")  # which announces the end that there is
        except VideoError as error:
            result = _found(job, error.problem, error)
        except NemoVideoError as error:
            if error.retryable:
                logger.warning("the video service failed this step for now", exc_info=error)
                raise PassingError(problem_of(error)) from error
            result = _found(job, problem_of(error), error)
        except Exception:
            logger.exception("this step broke")
            raise
        output = result.model_dump(mode="json")
        because = output.pop("because", "")  # an odd answer of the video service: for the log alone
        logger.info("done", output=output, because=because)
        return output

    return cast("Handler", handler)


def problem_in(error: Mapping[str, str]) -> Problem | None:
    """The problem that a `PassingError` carries; None for any other error.

    `error` is what Step Functions tells of it: `Error` and mostly `Cause`, of a function JSON with its
    `errorMessage`. Its name is not asked for: the embedded cloud has one for all.
    """
    with suppress(ValueError, TypeError, KeyError):
        return Problem.model_validate_json(json.loads(error["Cause"])["errorMessage"])
    return None


def _found(job: Job, problem: Problem, error: Exception) -> StepResult:
    logger.warning("this step ends the version", problem=problem.code, exc_info=error)
    wiring.store().write(job, problem)
    return StepResult(next="finish")
