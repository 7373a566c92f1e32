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
from studio.director.direct import Writer, can_direct, direct
from studio.director.edits import Edited, edit
from studio.director.language import Wish, read_instruction
from studio.director.quoted import without_quoted
from studio.draft import Draft
from studio.media import Media
from studio.sessions import Session
from studio.settings import Settings

GENERATE, EDIT = "generate_video", "edit_draft"
GENERATION_COST, EDIT_COST, ANSWER_COST = 10, 5, 1
# Vendor skill document: about 30 % of edits close the stream with no text.
SILENT_SHARE = 1 / 3
HEARTBEAT_EVERY_S = 5

StreamEvent = dict[str, object]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Turn:
    """What a message leads to: words, and the draft of an edit, or the wish a new draft is made for."""

    cost: int
    text: str = ""
    draft: Draft | None = None
    wish: Wish | None = None

    @property
    def tool(self) -> str | None:
        if self.wish:
            return GENERATE
        return EDIT if self.draft else None


class Agent:
    def __init__(self, settings: Settings, writer: Writer | None = None) -> None:
        self._settings = settings
        self._writer = writer
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
        instruction, selected = without_quoted(text)
        wish = read_instruction(instruction, selected)
        new_media = len(session.media) > session.directed
        if session.draft and not new_media and not wish.anew:
            edited = edit(session.draft, instruction)
            if not isinstance(edited, Edited):
                return _Turn(ANSWER_COST, replies.not_edited(edited, chinese=wish.chinese))
            said = "" if self._is_silent(session) else replies.edited(edited, chinese=wish.chinese)
            return _Turn(EDIT_COST, said, edited.draft)
        if not can_direct(wish, session.media):
            return _Turn(ANSWER_COST, replies.QUESTION[wish.chinese])
        return _Turn(GENERATION_COST, wish=wish)

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
        text = turn.text
        if turn.tool:
            events.put_nowait({"type": "tool_call", "name": turn.tool, "args": {"session_id": session.id}})
            for _ in range(3):
                await asyncio.sleep(pause)
                events.put_nowait({"type": "heartbeat"})
        await asyncio.sleep(pause)
        if turn.wish:
            media = list(session.media)
            made = await self._direct(turn.wish, media, events)
            text = replies.generated(made, chinese=turn.wish.chinese)
            session.draft, session.upcoming = made.raw(), made
            session.directed = len(media)
        elif turn.draft:
            session.draft, session.edits = turn.draft, session.edits + 1
        if turn.tool:
            session.save()
            events.put_nowait({"type": "tool_result", "name": turn.tool, "result": {"status": "ok"}})
        if text:
            events.put_nowait({"type": "text", "content": text})

    async def _direct(
        self, wish: Wish, media: list[Media], events: asyncio.Queue[StreamEvent | None]
    ) -> Draft:
        """In a thread of its own: pictures are looked at, and a language model may take its time."""
        directing = asyncio.create_task(asyncio.to_thread(direct, wish, media, self._writer))
        while not (await asyncio.wait({directing}, timeout=HEARTBEAT_EVERY_S))[0]:
            events.put_nowait({"type": "heartbeat"})
        draft = directing.result()
        if draft is None:
            raise ValueError("there was nothing to make a video from")
        return draft


async def _until_none(events: asyncio.Queue[StreamEvent | None]) -> AsyncIterator[StreamEvent]:
    while (event := await events.get()) is not None:
        yield event
