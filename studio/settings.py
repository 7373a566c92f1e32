"""How a studio is set up."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from studio.state.accounts import Scope


class Shapes(StrEnum):
    """Which of the forms that the vendor's documents disagree on are sent."""

    DOCUMENTED = "documented"
    ALTERNATIVE = "alternative"


@dataclass(frozen=True)
class Allowance:
    """What one account may have at the studio.

    Attributes:
        sessions: that are not yet deleted for want of use.
        stored_bytes: of uploaded media and rendered videos.
        renders: waiting and running.
    """

    sessions: int
    stored_bytes: int
    renders: int


# An anonymous account's credits are enough for ten videos.
ANONYMOUS = Allowance(sessions=100, stored_bytes=3_000_000_000, renders=10)
REGISTERED = Allowance(sessions=10_000, stored_bytes=100_000_000_000, renders=1000)


@dataclass(frozen=True)
class Settings:
    """What can be chosen when a studio is started.

    Attributes:
        data_dir: folder of the records, the uploaded media and the rendered videos.
        seed: decides which edits the agent makes in silence.
        work_seconds: how long the agent works on a message before it answers.
        late_write_seconds: how long after the stream closed music and titles are added to a generated draft.
        credits: what an anonymous account begins with (vendor skill document: 100).
        anonymous_scopes: what an anonymous token is good for (vendor skill documents: everything, or all
            but `render`).
        tokens_per_address: how many anonymous tokens an IP address is given in 7 days (vendor skill
            document: about 10).
        largest_upload: bytes (vendor skill document: 500 MB).
        keep: how long a session that nobody uses is kept, and a render, with its video, that is over.
        request_idle_seconds: how long the rest of a request's body is waited for.
        shapes: which forms are sent where the vendor's documents disagree.
        trusted_hosts: `host:port` of sites that are read although they are not on the public internet.
        anonymous, registered: what an account of each kind may have.
        browser: whether pages are shown by a browser, where there is one; else they are read by their markup.
    """

    data_dir: Path
    seed: int = 0
    work_seconds: float = 0.4
    late_write_seconds: float = 0.3
    credits: int = 100
    anonymous_scopes: frozenset[Scope] = frozenset(Scope)
    tokens_per_address: int = 10
    largest_upload: int = 500 * 1000 * 1000
    keep: timedelta = timedelta(days=7)
    request_idle_seconds: float = 30
    shapes: Shapes = Shapes.DOCUMENTED
    trusted_hosts: frozenset[str] = frozenset()
    anonymous: Allowance = ANONYMOUS
    registered: Allowance = REGISTERED
    browser: bool = True

    def allowance(self, *, is_anonymous: bool) -> Allowance:
        return self.anonymous if is_anonymous else self.registered
