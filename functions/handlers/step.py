"""What every step of the workflow does around its use case: logging, parsing, telling what is final."""

from collections.abc import Callable
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import wiring
from nemovideo import NemoVideoError
from videos.errors import ProblemFound, VideoError, problem_of
from videos.records import Job, Problem

logger = Logger()

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


def step(use_case: Callable[[Job], BaseModel | None]) -> Handler:
    """A Lambda handler for one step of a turn.

    A problem of the turn's own is left with it, for the announcement to tell, and answered: the workflow
    ends the turn. Any other error is raised, and the workflow tries the step again. An error of the backend's
    that may pass is a problem with the last try.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        job = Job.model_validate(event)
        logger.append_keys(video_id=job.video_id, turn=job.turn)
        try:
            result = use_case(job)
        except VideoError as error:
            result = _found(job, error.problem, error)
        except NemoVideoError as error:
            if error.retryable and not event.get("last_try", True):
                logger.warning("the video service failed this step for now", exc_info=error)
                raise
            result = _found(job, problem_of(error), error)
        except Exception:
            logger.exception("this step broke")
            raise
        output = result.model_dump(mode="json") if result is not None else {}
        logger.info("done", output=output)
        return output

    return cast("Handler", handler)


def _found(job: Job, problem: Problem, error: Exception) -> ProblemFound:
    logger.warning("this step ends the version", problem=problem.code, exc_info=error)
    wiring.store().write(job, problem)
    return ProblemFound()
