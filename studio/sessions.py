"""Sessions: one project of one account, its media and its draft."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from studio.draft import Draft
from studio.errors import SessionNotFoundError
from studio.media import Media


@dataclass
class Session:
    id: str
    task_id: str
    user_id: str
    language: str
    media: list[Media] = field(default_factory=list)
    draft: Draft | None = None
    upcoming: Draft | None = None
    """What the draft is going to be once its late additions are made."""
    directed: int = 0
    """How many of the media the draft was made from."""
    edits: int = 0
    claim_secret: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the agent works: messages of one session are worked on one after the other."""


class Sessions:
    def __init__(self) -> None:
        self._by_id: dict[str, Session] = {}

    def create(self, user_id: str, language: str) -> Session:
        # 19 digits that begin with the time, as the vendor's ids do; sent as a string, for JavaScript's sake.
        session_id = f"{time.time_ns() // 1_000_000}{secrets.randbelow(10**6):06d}"
        session = Session(session_id, f"task_{secrets.token_hex(8)}", user_id, language)
        self._by_id[session_id] = session
        return session

    def find(self, session_id: str, user_id: str) -> Session:
        """Raises: SessionNotFoundError: no such session, or another user's."""
        session = self._by_id.get(session_id)
        if session is None or session.user_id != user_id:
            raise SessionNotFoundError("This session does not exist. Create a new one.")
        return session

    def media(self, media_id: str) -> Media | None:
        found = (media for session in self._by_id.values() for media in session.media if media.id == media_id)
        return next(found, None)
