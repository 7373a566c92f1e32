"""The agent: works on one message of a session and tells of it as stream events.

The work does not depend on anyone listening: a client that goes away loses the stream, not the work.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

from studio import replies
from studio.accounts import Account
from studio.director import direct
from studio.draft import Draft
from studio.edits import edit
from studio.language import read_instruction
from studio.sessions import Session
from studio.settings import Settings

GENERATE, EDIT = "generate_video", "edit_draft"
GENERATION_COST, EDIT_COST, ANSWER_COST = 10, 5, 1
# Vendor skill document: about 30 % of edits close the stream with no text.
SILENT_SHARE = 1 / 3

StreamEvent = dict[str, object]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Turn:
    """What a message leads to: the draft it makes, if any, and the words that go with it."""

    cost: int
    text: str
    tool: str | None = None
    draft: Draft | None = None
    directed: int = 0
    """How many media a generated draft was made from; an edit is made from none."""

    @property
    def in_stages(self) -> bool:
        """Whether the draft appears raw first."""
        return self.tool == GENERATE


class Agent:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._working: set[asyncio.Task[None]] = set()

    async def send(self, session: Session, account: Account, text: str) -> AsyncIterator[StreamEvent]:
        """Begin to work on a message; the events of the work, as they come.

        Raises:
            OutOfCreditsError: the account cannot pay for it; nothing was begun.
        """
        await session.turn.acquire()
        try:
            turn = self._understand(session, text)
            account.freeze(turn.cost)
        except BaseException:
            session.turn.release()
            raise
        events: asyncio.Queue[StreamEvent | None] = asyncio.Queue()
        task = asyncio.create_task(self._work(session, account, turn, events))
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        return _until_none(events)

    async def close(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    def _understand(self, session: Session, text: str) -> _Turn:
        wish = read_instruction(text)
        new_media = len(session.media) > session.directed
        if session.draft and not new_media and not wish.anew:
            edited = edit(session.draft, text)
            if edited is None:
                return _Turn(ANSWER_COST, replies.NOT_UNDERSTOOD[wish.chinese])
            said = "" if self._is_silent(session) else replies.edited(edited.changes, chinese=wish.chinese)
            return _Turn(EDIT_COST, said, EDIT, edited.draft)
        draft = direct(wish, session.media)
        if draft is None:
            return _Turn(ANSWER_COST, replies.QUESTION[wish.chinese])
        said = replies.generated(draft, chinese=wish.chinese)
        return _Turn(GENERATION_COST, said, GENERATE, draft, len(session.media))

    def _is_silent(self, session: Session) -> bool:
        drawn = random.Random(f"{self._settings.seed}/{session.edits}")  # noqa: S311 - not a secret
        return drawn.random() < SILENT_SHARE

    async def _work(
        self, session: Session, account: Account, turn: _Turn, events: asyncio.Queue[StreamEvent | None]
    ) -> None:
        try:
            try:
                await self._answer(session, turn, events)
                account.charge(turn.cost)
            except Exception:  # noqa: BLE001 - whatever it was, the client is told and pays nothing
                _log.exception("A message could not be worked on")
                account.release(turn.cost)
                events.put_nowait({"type": "error", "code": "INTERNAL", "message": replies.FAILED})
                return
            finally:
                events.put_nowait(None)
            if session.upcoming:
                # Vendor skill document: music and titles are added to the raw video on their own, even after
                # the stream was closed.
                await asyncio.sleep(self._settings.late_write_seconds)
                session.draft, session.upcoming = session.upcoming, None
                session.save()
        finally:
            session.turn.release()

    async def _answer(self, session: Session, turn: _Turn, events: asyncio.Queue[StreamEvent | None]) -> None:
        pause = self._settings.work_seconds / 4
        if turn.tool:
            events.put_nowait({"type": "tool_call", "name": turn.tool, "args": {"session_id": session.id}})
            for _ in range(3):
                await asyncio.sleep(pause)
                events.put_nowait({"type": "heartbeat"})
        await asyncio.sleep(pause)
        if turn.draft:
            if turn.in_stages:
                session.draft, session.upcoming = turn.draft.raw(), turn.draft
                session.directed = turn.directed
            else:
                session.draft, session.edits = turn.draft, session.edits + 1
            session.save()
            events.put_nowait({"type": "tool_result", "name": turn.tool, "result": {"status": "ok"}})
        if turn.text:
            events.put_nowait({"type": "text", "content": turn.text})


async def _until_none(events: asyncio.Queue[StreamEvent | None]) -> AsyncIterator[StreamEvent]:
    while (event := await events.get()) is not None:
        yield event
