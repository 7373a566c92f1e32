"""What every step of the workflow does around its use case: logging, parsing, failing."""

from collections.abc import Callable
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import wiring
from nemovideo import NemoVideoError
from videos.errors import VideoError, problem_of
from videos.records import Job

logger = Logger()

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Event]


def step(use_case: Callable[[Job], BaseModel | None]) -> Handler:
    """A Lambda handler for one step of a turn.

    A problem that a person can do something about is left with the turn before the step fails, for the
    announcement to tell.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        job = Job.model_validate(event)
        logger.append_keys(video_id=job.video_id, turn=job.turn)
        try:
            result = use_case(job)
        except VideoError as error:
            logger.warning("this step ends the version", exc_info=error)
            wiring.store().write(job, error.problem)
            raise
        except NemoVideoError as error:
            logger.warning("the video service failed this step", exc_info=error)
            wiring.store().write(job, problem_of(error))
            raise
        except Exception:
            logger.exception("this step broke")
            raise
        output = result.model_dump(mode="json") if result is not None else {}
        logger.info("done", output=output)
        return output

    return cast("Handler", handler)
