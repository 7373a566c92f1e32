"""The program that stands in for AWS: ministack, made to throttle and to be fair as AWS does.

A burst of drops asks for more functions at once than one machine can run. On AWS nothing is lost by that, and
here neither: of a workflow's step it is an error with a name of its own, for which the workflow has patience,
and a queue's messages are offered to their function until their visibility timeout is over.

Standard queues are fair: messages of a busy message group wait while those of other groups are delivered.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar
from email.utils import parseaddr
from typing import Any

from ministack.services import apigateway_v1, lambda_svc, sqs

BETWEEN_OFFERS_SECONDS = 0.1

# Fair queues, as the developer guide of Amazon SQS describes them ("How Amazon SQS fair queues work").
NOISY_SHARE = 0.1
NOISY_IN_FLIGHT = 30
RECENT_SECONDS = 300.0

Queue = dict[str, Any]
Message = dict[str, Any]


def name_throttling_in_workflows() -> None:
    """Without it, a workflow hears of `Lambda.Unknown`, like a function that died."""
    throttled = lambda_svc._throttle_response  # noqa: SLF001 - there is no public way, here and below

    def named(*reasons: Any, **details: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on as they come
        answer: dict[str, Any] = throttled(*reasons, **details)
        answer["body"]["errorType"] = "Lambda.TooManyRequestsException"
        return answer

    lambda_svc._throttle_response = named  # noqa: SLF001


def keep_reserved_concurrency() -> None:
    """Without it, concurrency that is reserved for one function is used up by the others.

    The emulator's limit of the account is the unreserved part here: reserved concurrency comes on top.
    """
    reserving: set[str] = set()

    def acquire(function: Any, config: Any) -> tuple[str | None, str | None]:  # noqa: ANN401
        reserved = lambda_svc._reserved_concurrency(function, config)  # noqa: SLF001
        key = lambda_svc._inflight_key(config)  # noqa: SLF001
        with lambda_svc._inflight_lock:  # noqa: SLF001
            at_work = lambda_svc._inflight  # noqa: SLF001
            if reserved is None:
                unreserved = lambda_svc._inflight_total - sum(at_work.get(other, 0) for other in reserving)  # noqa: SLF001
                if unreserved >= lambda_svc._ACCOUNT_CONCURRENCY_CAP:  # noqa: SLF001
                    return None, "account"
            else:
                reserving.add(key)
                if at_work.get(key, 0) >= reserved:
                    return None, "function"
            at_work[key] = at_work.get(key, 0) + 1
            lambda_svc._inflight_total += 1  # noqa: SLF001
        return key, None

    lambda_svc._acquire_execution_slot = acquire  # noqa: SLF001


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


class FairOrder:
    """The order in which one standard queue delivers the messages of several tenants.

    A tenant is a message group. A message without a group is a tenant of its own. A tenant is noisy when it
    has over 10 % of the messages in flight and at least 30 of them, or over 10 % of the recent processing
    time. Messages of quiet tenants come first. Noisy tenants follow, the one with the fewest in flight first.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._received: dict[str, tuple[str, float]] = {}
        self._processed: list[tuple[str, float, float]] = []

    def ordered(self, messages: list[Message]) -> list[Message]:
        """Return the messages in the order of their delivery; those of one tenant keep their order."""
        now = self._clock()
        in_flight = {m["id"]: m for m in messages if m["receive_count"] and m["visible_at"] > now}
        count: dict[str, int] = defaultdict(int)
        for message in in_flight.values():
            count[_tenant(message)] += 1
        noisy = self._noisy(in_flight, count, now)
        return sorted(
            messages, key=lambda m: (_tenant(m) in noisy, count[_tenant(m)] * (_tenant(m) in noisy))
        )

    def received(self, messages: list[Message]) -> None:
        """Note that these messages are processed from now on."""
        now = self._clock()
        for message in messages:
            self._received[message["id"]] = (_tenant(message), now)

    def _noisy(self, in_flight: dict[str, Message], count: dict[str, int], now: float) -> set[str]:
        for message_id in self._received.keys() - in_flight.keys():
            self._processed.append((*self._received.pop(message_id), now))
        self._processed = [item for item in self._processed if item[2] > now - RECENT_SECONDS]
        time_of: dict[str, float] = defaultdict(float)
        for tenant, begin, end in self._processed:
            time_of[tenant] += end - max(begin, now - RECENT_SECONDS)
        for tenant, begin in self._received.values():
            time_of[tenant] += now - begin
        total_time, total = sum(time_of.values()), sum(count.values())
        return {
            tenant
            for tenant in {*time_of, *count}
            if time_of[tenant] > NOISY_SHARE * total_time
            or (count[tenant] >= NOISY_IN_FLIGHT and count[tenant] > NOISY_SHARE * total)
        }


def _tenant(message: Message) -> str:
    return str(message.get("group_id") or message["id"])


def deliver_fairly() -> None:
    """Without it, the messages of one busy owner are delivered before those of all others."""
    collect = sqs._collect_msgs  # noqa: SLF001
    orders: dict[str, FairOrder] = defaultdict(FairOrder)

    def collect_fairly(queue: Queue, *limits: int) -> list[Message]:
        order = orders[queue["attributes"]["QueueArn"]]
        messages = queue["messages"]
        if queue["is_fifo"] or not any(message.get("group_id") for message in messages):
            collected: list[Message] = collect(queue, *limits)
            return collected
        # Another thread may send meanwhile: what it puts into the queue's own list must stay there.
        collected = collect({**queue, "messages": order.ordered(messages)}, *limits)
        order.received(collected)
        return collected

    sqs._collect_msgs = collect_fairly  # noqa: SLF001


def add_sender_to_policy_context() -> None:
    """Without it, no mail has a `ses:FromAddress`, and a policy that names the sender denies all of them."""
    from ministack import app  # noqa: PLC0415 - it reads its settings when it is imported

    enforce_mail, enforce = app._enforce_ses_v2, app._enforce_data_plane  # noqa: SLF001
    sender: ContextVar[str] = ContextVar("sender")

    def enforce_mail_of(*request: Any) -> Any:  # noqa: ANN401
        body = request[3]
        try:
            asked = json.loads(body or b"{}")
        except ValueError:
            asked = {}
        token = sender.set(str(asked.get("FromEmailAddress", "")) if isinstance(asked, dict) else "")
        try:
            return enforce_mail(*request)
        finally:
            sender.reset(token)

    def enforce_with_sender(*request: Any, **details: Any) -> Any:  # noqa: ANN401
        if address := parseaddr(sender.get(""))[1]:
            details["service_context"] = {
                **(details.get("service_context") or {}),
                "ses:fromaddress": address,
            }
        return enforce(*request, **details)

    app._enforce_ses_v2, app._enforce_data_plane = enforce_mail_of, enforce_with_sender  # noqa: SLF001


def import_gateway_responses() -> None:
    """Without it, the gateway's own errors do not have the form that the template gives them."""
    import_api = apigateway_v1._import_rest_api  # noqa: SLF001

    def import_whole_api(definition: dict[str, Any], *details: Any) -> str:  # noqa: ANN401
        api_id: str = import_api(definition, *details)
        for kind, response in definition.get("x-amazon-apigateway-gateway-responses", {}).items():
            apigateway_v1._put_gateway_response(api_id, kind, response)  # noqa: SLF001
        return api_id

    apigateway_v1._import_rest_api = import_whole_api  # noqa: SLF001


if __name__ == "__main__":
    import_gateway_responses()
    name_throttling_in_workflows()
    keep_reserved_concurrency()
    offer_messages_again()
    deliver_fairly()
    add_sender_to_policy_context()
    from ministack.app import main

    main()
