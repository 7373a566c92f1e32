"""`make redrive`: list the dead letters, or send chosen ones again."""

from collections.abc import Iterable

from pydantic import BaseModel
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from infra.operations.letters import LISTED, QUEUES, DeadLetters, Letter, QueueName, subject_of


class Choice(BaseModel):
    """Which letters are meant: those of a queue, one, or all."""

    queue: QueueName | None = None
    message_id: str | None = None
    everything: bool = False

    @property
    def is_made(self) -> bool:
        """Whether any are meant at all."""
        return self.everything or self.queue is not None or self.message_id is not None

    def means(self, letter: Letter) -> bool:
        """Whether this one is meant; where one message is named, no other."""
        if self.message_id is not None:
            return letter.message_id == self.message_id
        return self.everything or letter.queue == self.queue


class Listed(BaseModel):
    """A letter as it is shown."""

    letter: Letter
    title: str
    reason: str
    effect: str


def list_letters(letters: DeadLetters, console: Console) -> None:
    """Show what lies among the dead letters, why, and what sending it again would do."""
    listed = [item for queue in QUEUES for item in _look(letters, queue)]
    console.print(letters_view(listed))


def send_chosen(letters: DeadLetters, choice: Choice, console: Console) -> int:
    """Send the chosen letters again; returns how many there were."""
    sent = 0
    for queue in QUEUES if choice.queue is None else [choice.queue]:
        others = []
        for letter in letters.take(queue):
            if not choice.means(letter):
                others.append(letter)
                continue
            letters.send_again(letter)
            sent += 1
            console.print(f"Sent again: {subject_of(queue, letter.body).title} ({queue})", highlight=False)
        for letter in others:
            letters.put_back(letter)
    return sent


def letters_view(listed: Iterable[Listed]) -> RenderableType:
    """Each letter with its queue and id, and at the end what may be typed next."""
    shown: list[RenderableType] = []
    for item in listed:
        head = Text.assemble((item.letter.queue, "bold"), "  ", item.title)
        lines = Text(
            f"message  {item.letter.message_id}\n"
            f"since    {item.letter.sent_at:%Y-%m-%d %H:%M} UTC\n"
            f"why      {item.reason}\n"
            f"again    {item.effect}"
        )
        shown += [head, Padding(lines, (0, 0, 1, 2))]
    if not shown:
        return Text("There are no dead letters.")
    return Group(*shown, Text("Send again: make redrive MESSAGE=<id>, QUEUE=<queue>, or ALL=1"))


def _look(letters: DeadLetters, queue: QueueName) -> list[Listed]:
    return [
        Listed(
            letter=letter,
            title=subject_of(queue, letter.body).title,
            reason=letters.reason(letter),
            effect=letters.effect(letter),
        )
        for letter in letters.peek(queue, LISTED)
    ]
