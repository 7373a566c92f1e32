"""Sessions: one project of one account, its media and its draft."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from pydantic import TypeAdapter

from studio.draft import Draft
from studio.errors import BadRequestError, RateLimitedError, SessionNotFoundError
from studio.media.items import Media
from studio.state.database import transaction

MOST_MEDIA = 100
_FULL_RETRY_AFTER_S = 3600
_MEDIA = TypeAdapter(Media)


@dataclass
class Session:
    """One session; what is changed is kept by `save`, and media by `Sessions.add`."""

    id: str
    task_id: str
    user_id: str
    language: str
    claim_secret: str
    _database: sqlite3.Connection = field(repr=False)
    media: Sequence[Media] = ()
    draft: Draft | None = None
    upcoming: Draft | None = None
    """What the draft is going to be once its late additions are made."""
    directed: int = 0
    """How many of the media the draft was made from."""
    edits: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the agent works: messages of one session are worked on one after the other."""
    waiting: int = 0
    """Messages that wait for the agent."""

    def save(self) -> None:
        self._database.execute(
            "UPDATE sessions SET draft = ?, upcoming = ?, directed = ?, edits = ? WHERE id = ?",
            [_text(self.draft), _text(self.upcoming), self.directed, self.edits, self.id],
        )


class Sessions:
    """All sessions. One that was not used for as long as `idle_life` is as good as none."""

    def __init__(self, database: sqlite3.Connection, idle_life: timedelta = timedelta.max) -> None:
        self._database = database
        self._idle_life = idle_life
        # All users of a session, above all the agent at work, share one object.
        self._held: WeakValueDictionary[str, Session] = WeakValueDictionary()

    def create(self, user_id: str, language: str, now: datetime, most: int | None = None) -> Session:
        """Open a session of an account that may have `most`.

        Raises:
            RateLimitedError: it has as many.
        """
        if most is not None and self._count_of(user_id, now) >= most:
            raise RateLimitedError(
                f"The account has {most} sessions. Use one of them, or wait until unused ones are deleted.",
                retry_after=_FULL_RETRY_AFTER_S,
            )
        # 19 digits that begin with the time, as the vendor's ids do; sent as a string, for JavaScript's sake.
        session_id = f"{time.time_ns() // 1_000_000}{secrets.randbelow(10**6):06d}"
        session = Session(
            session_id,
            f"task_{secrets.token_hex(8)}",
            user_id,
            language,
            secrets.token_urlsafe(18),
            self._database,
        )
        self._database.execute(
            "INSERT INTO sessions (id, task_id, user_id, language, claim_secret, used_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [session_id, session.task_id, user_id, language, session.claim_secret, now.timestamp()],
        )
        self._held[session_id] = session
        return session

    def find(self, session_id: str, user_id: str, now: datetime) -> Session:
        """A session of that user, used from now on.

        Raises:
            SessionNotFoundError: there is none, it is another user's, or it was idle for too long.
        """
        used = self._database.execute(
            "UPDATE sessions SET used_at = ? WHERE id = ? AND user_id = ? AND used_at > ?",
            [now.timestamp(), session_id, user_id, self._idle_since(now)],
        )
        if not used.rowcount:
            raise SessionNotFoundError("This session does not exist or has expired. Create a new one.")
        session = self._held.get(session_id)
        if session is None:
            session = self._held[session_id] = self._load(session_id)
        return session

    def add(self, session: Session, media: Sequence[Media]) -> None:
        """Keep uploaded media with their session.

        Raises:
            BadRequestError: the session has as many as it can hold.
        """
        if len(session.media) + len(media) > MOST_MEDIA:
            raise BadRequestError(f"A session holds {MOST_MEDIA} files at most. Create another one.")
        with transaction(self._database):
            self._database.executemany(
                "INSERT INTO media (id, session_id, description, size) VALUES (?, ?, ?, ?)",
                [(item.id, session.id, _MEDIA.dump_json(item).decode(), item.size) for item in media],
            )
        session.media = [*session.media, *media]

    def media(self, media_id: str) -> Media | None:
        row = self._database.execute("SELECT description FROM media WHERE id = ?", [media_id]).fetchone()
        return _MEDIA.validate_json(row["description"]) if row else None

    def count(self) -> int:
        (sessions,) = self._database.execute("SELECT count(*) FROM sessions").fetchone()
        return int(sessions)

    def _count_of(self, user_id: str, now: datetime) -> int:
        (sessions,) = self._database.execute(
            "SELECT count(*) FROM sessions WHERE user_id = ? AND used_at > ?",
            [user_id, self._idle_since(now)],
        ).fetchone()
        return int(sessions)

    def media_ids(self) -> Iterable[str]:
        return (row["id"] for row in self._database.execute("SELECT id FROM media"))

    def recover(self) -> None:
        """Make the late additions that a stop of the studio came before."""
        self._database.execute(
            "UPDATE sessions SET draft = upcoming, upcoming = NULL WHERE upcoming IS NOT NULL"
        )

    def forget_idle(self, now: datetime) -> list[str]:
        """Remove sessions that were idle for too long; the ids of the media that were theirs."""
        idle = [self._idle_since(now)]
        with transaction(self._database):
            media = self._database.execute(
                "SELECT m.id FROM media AS m JOIN sessions AS s ON s.id = session_id WHERE used_at <= ?",
                idle,
            ).fetchall()
            self._database.execute("DELETE FROM sessions WHERE used_at <= ?", idle)
        return [row["id"] for row in media]

    def _idle_since(self, now: datetime) -> float:
        return max(now.timestamp() - self._idle_life.total_seconds(), 0)

    def _load(self, session_id: str) -> Session:
        row = self._database.execute("SELECT * FROM sessions WHERE id = ?", [session_id]).fetchone()
        media = self._database.execute(
            "SELECT description FROM media WHERE session_id = ? ORDER BY rowid", [session_id]
        )
        return Session(
            row["id"],
            row["task_id"],
            row["user_id"],
            row["language"],
            row["claim_secret"],
            self._database,
            media=[_MEDIA.validate_json(item["description"]) for item in media],
            draft=_draft(row["draft"]),
            upcoming=_draft(row["upcoming"]),
            directed=row["directed"],
            edits=row["edits"],
        )


def _text(draft: Draft | None) -> str | None:
    return draft.model_dump_json() if draft else None


def _draft(text: str | None) -> Draft | None:
    return Draft.model_validate_json(text) if text else None
