"""The embedded cloud delivers from a shared queue as the developer guide of Amazon SQS says."""

from dataclasses import dataclass, field
from typing import Any

from infra.local.embedded_aws import FairOrder

Message = dict[str, Any]
VISIBILITY = 960.0


@dataclass
class _Queue:
    """A standard queue with virtual time: workers receive one message each and delete it when done."""

    now: float = 1000.0
    messages: list[Message] = field(default_factory=list)
    order: FairOrder = field(init=False)

    def __post_init__(self) -> None:
        self.order = FairOrder(lambda: self.now)

    def send(self, tenant: str | None, count: int = 1) -> None:
        for _ in range(count):
            message = {
                "id": f"m{len(self.messages)}",
                "group_id": tenant,
                "receive_count": 0,
                "visible_at": 0.0,
            }
            self.messages.append(message)

    def receive(self) -> Message:
        """Receive the next message and keep it in flight."""
        message = next(m for m in self.order.ordered(self.messages) if m["visible_at"] <= self.now)
        message["receive_count"] += 1
        message["visible_at"] = self.now + VISIBILITY
        self.order.received([message])
        return message

    def delete(self, message: Message) -> None:
        self.messages = [m for m in self.messages if m is not message]


def test_one_tenant_alone_keeps_the_order_of_its_messages() -> None:
    queue = _Queue()
    queue.send("ann", 5)
    received = []
    for _ in range(5):
        message = queue.receive()
        queue.now += 10
        queue.delete(message)
        received.append(message["id"])
    assert received == ["m0", "m1", "m2", "m3", "m4"]


def test_a_tenant_that_takes_the_workers_time_waits_for_one_that_does_not() -> None:
    queue = _Queue()
    queue.send("ann", 45)
    at_work = [queue.receive() for _ in range(5)]
    queue.now += 60
    queue.send("ben")
    queue.delete(at_work[0])
    assert queue.receive()["group_id"] == "ben"
    assert queue.receive()["group_id"] == "ann", "nobody else waits"


def test_a_message_without_a_group_is_a_tenant_of_its_own() -> None:
    queue = _Queue()
    queue.send("ann", 10)
    queue.receive()
    queue.now += 60
    queue.send(None)
    assert queue.receive()["group_id"] is None


def test_of_two_noisy_tenants_the_one_with_fewer_messages_in_flight_comes_first() -> None:
    queue = _Queue()
    queue.send("ann", 40)
    for _ in range(4):
        queue.receive()
    queue.now += 60
    queue.send("ben", 40)
    queue.receive()
    queue.now += 600
    assert queue.receive()["group_id"] == "ben"


def test_a_tenant_is_quiet_again_when_its_work_is_long_done() -> None:
    queue = _Queue()
    queue.send("ann", 2)
    first = queue.receive()
    queue.now += 60
    queue.delete(first)
    queue.send("ben")
    assert queue.receive()["group_id"] == "ben"
    queue.now += 400
    queue.send("ben")
    assert queue.receive()["group_id"] == "ann", "only ben works now"


def test_many_messages_in_flight_make_a_tenant_noisy_at_once() -> None:
    queue = _Queue()
    queue.send("ann", 50)
    for _ in range(30):
        queue.receive()
    queue.send("ben")
    assert queue.receive()["group_id"] == "ben"
