"""Time that passes only when a test says so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.builders import NOW


@dataclass
class ManualClock:
    """A clock that stands at `NOW` until a test or a pause moves it. `events` happen once, at a second."""

    seconds: float = 0
    pauses: list[float] = field(default_factory=list)
    events: dict[float, Callable[[], object]] = field(default_factory=dict)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds
        for at in sorted(at for at in self.events if at <= self.seconds):
            self.events.pop(at)()
