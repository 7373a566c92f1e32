"""Storage: how many bytes an account may keep, what is on its way included."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator

from studio.errors import FileTooLargeError

# What is stored is summed up again after so many bytes.
_SUM_EVERY = 8_000_000


class Storage:
    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._arriving: Counter[str] = Counter()

    def used(self, user_id: str) -> int:
        """Bytes of the media and the videos that are kept for an account."""
        (media,) = self._database.execute(
            "SELECT coalesce(sum(size), 0) FROM media JOIN sessions AS s ON s.id = session_id"
            " WHERE user_id = ?",
            [user_id],
        ).fetchone()
        (videos,) = self._database.execute(
            "SELECT coalesce(sum(size), 0) FROM renders WHERE user_id = ?", [user_id]
        ).fetchone()
        return int(media + videos)

    def require_room(self, user_id: str, most: int) -> None:
        """Raises: FileTooLargeError: the account keeps `most` bytes already."""
        if self.used(user_id) + self._arriving[user_id] >= most:
            raise _full(most)

    @contextlib.contextmanager
    def arriving(self, user_id: str, most: int) -> Iterator[Callable[[int], None]]:
        """Counts bytes as they come; at the end of the block they are stored, or thrown away.

        The function it gives raises FileTooLargeError once the account has more than `most` bytes.
        """
        used, came = self.used(user_id), 0

        def arrived(count: int) -> None:
            nonlocal used, came
            if (came + count) // _SUM_EVERY > came // _SUM_EVERY:
                used = self.used(user_id)
            came += count
            self._arriving[user_id] += count
            if used + self._arriving[user_id] > most:
                raise _full(most)

        try:
            yield arrived
        finally:
            self._arriving[user_id] -= came
            if not self._arriving[user_id]:
                del self._arriving[user_id]


def _full(most: int) -> FileTooLargeError:
    return FileTooLargeError(
        f"The account's storage of {most // 1_000_000} MB is full. Unused files are deleted after some days."
    )
