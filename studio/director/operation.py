"""What can be done to a draft: an operation changes what it names and leaves everything else as it was."""

from dataclasses import dataclass
from typing import Protocol

from studio.draft import Draft


@dataclass(frozen=True)
class Said:
    """One thing to say, in the two languages of the studio."""

    english: str
    chinese: str

    def in_language(self, *, chinese: bool) -> str:
        return self.chinese if chinese else self.english


class NotPossibleError(Exception):
    """The draft has nothing that the operation could be done to."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.reason = Said(english, chinese)


class Operation(Protocol):
    def apply(self, draft: Draft) -> Said:
        """Change the draft in place, and say what was done.

        Raises:
            NotPossibleError: nothing was changed.
        """
