"""The program that stands in for AWS: ministack, made to treat what is throttled as AWS does.

A burst of drops asks for more functions at once than one machine can run. On AWS nothing is lost by that, and
here neither: of a workflow's step it is an error with a name of its own, for which the workflow has patience,
and a queue's messages are offered to their function until their visibility timeout is over.
"""

import time
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc, sqs

BETWEEN_OFFERS_SECONDS = 0.1


def name_throttling_in_workflows() -> None:
    """Without it, a workflow hears of `Lambda.Unknown`, like a function that died."""
    throttled = lambda_svc._throttle_response  # noqa: SLF001 - there is no public way, here and below

    def named(*reasons: Any, **details: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on as they come
        answer: dict[str, Any] = throttled(*reasons, **details)
        answer["body"]["errorType"] = "Lambda.TooManyRequestsException"
        return answer

    lambda_svc._throttle_response = named  # noqa: SLF001


def offer_messages_again() -> None:
    """Without it, what is throttled is out of sight for its whole visibility timeout, and one try is gone."""
    acquire, run_batch = lambda_svc._acquire_execution_slot, lambda_svc._run_sqs_batch  # noqa: SLF001
    offered_until = ContextVar("offered_until", default=0.0)

    def acquire_in_time(*function: Any) -> tuple[str | None, str | None]:  # noqa: ANN401
        while True:
            slot: tuple[str | None, str | None] = acquire(*function)
            if slot[0] is not None or time.monotonic() > offered_until.get():
                return slot
            time.sleep(BETWEEN_OFFERS_SECONDS)

    def run_in_time(*batch: Any) -> None:  # noqa: ANN401
        *_, queue_url, _ = batch
        visible_again = float(sqs._queues[queue_url]["attributes"]["VisibilityTimeout"])  # noqa: SLF001
        offered_until.set(time.monotonic() + visible_again)
        run_batch(*batch)

    lambda_svc._acquire_execution_slot, lambda_svc._run_sqs_batch = acquire_in_time, run_in_time  # noqa: SLF001


if __name__ == "__main__":
    name_throttling_in_workflows()
    offer_messages_again()
    from ministack.app import main

    main()
