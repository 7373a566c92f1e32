"""`make redrive`: list the dead-message messages, or send some of them again."""

from collections.abc import Iterable

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from infra.operations.dead_letters import (
    LISTED,
    QUEUES,
    DeadLetterMessage,
    DeadLetterQueues,
    QueueName,
    subject_of,
)


class Choice(BaseModel):
    """Which messages to send again: one, those of a queue, or all."""

    queue: QueueName | None = None
    message_id: str | None = None
    everything: bool = False

    @property
    def is_made(self) -> bool:
        """Whether any messages are chosen."""
        return self.everything or self.queue is not None or self.message_id is not None

    def means(self, message: DeadLetterMessage) -> bool:
        """Return whether a message is chosen. An id chooses one message."""
        if self.message_id is not None:
            return message.message_id == self.message_id
        return self.everything or message.queue == self.queue


class Listed(BaseModel):
    """A message as it is shown."""

    message: DeadLetterMessage
    title: str
    reason: str
    effect: str


def list_messages(queues: DeadLetterQueues, console: Console) -> None:
    """Show the dead-message messages, why they failed, and what happens when they are sent again."""
    listed = [item for queue in QUEUES for item in _read(queues, queue)]
    console.print(messages_view(listed))


def send_chosen(queues: DeadLetterQueues, choice: Choice, console: Console) -> int:
    """Send the chosen messages again. Return their number."""
    sent = 0
    for queue in QUEUES if choice.queue is None else [choice.queue]:
        others = []
        for message in queues.take(queue):
            if not choice.means(message):
                others.append(message)
                continue
            queues.send_again(message)
            sent += 1
            console.print(f"Sent again: {subject_of(queue, message.body).title} ({queue})", highlight=False)
        for message in others:
            queues.put_back(message)
    return sent


def messages_view(listed: Iterable[Listed]) -> RenderableType:
    """Return each message with its queue and id, and the commands for the next step."""
    shown: list[RenderableType] = []
    for item in listed:
        head = Text.assemble((item.message.queue, "bold"), "  ", item.title)
        lines = Text(
            f"message  {item.message.message_id}\n"
            f"since    {item.message.sent_at:%Y-%m-%d %H:%M} UTC\n"
            f"why      {item.reason}\n"
            f"again    {item.effect}"
        )
        shown += [head, Padding(lines, (0, 0, 1, 2))]
    if not shown:
        return Text("There are no dead-letter messages.")
    return Group(*shown, Text("Send again: make redrive MESSAGE=<id>, QUEUE=<queue>, or ALL=1"))


def _read(queues: DeadLetterQueues, queue: QueueName) -> list[Listed]:
    return [
        Listed(
            message=message,
            title=subject_of(queue, message.body).title,
            reason=queues.reason(message),
            effect=queues.effect(message),
        )
        for message in queues.peek(queue, LISTED)
    ]
