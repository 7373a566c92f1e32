"""The agent: works on one message of a session and reports it as stream events.

The work does not depend on anyone listening: a client that goes away loses the stream, not the work.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from dataclasses import replace

from studio.agent import replies
from studio.director.direct import LOOKING, Directed, Writer, film, plan
from studio.director.language import Wish
from studio.director.understand import READING, Understood, understand
from studio.errors import BadRequestError, RateLimitedError
from studio.isolation.fair_turns import Turns
from studio.isolation.processes import InTurn, IsolationError, Runner
from studio.media.items import Media
from studio.settings import Settings
from studio.state.accounts import Account
from studio.state.sessions import Session

GENERATE, EDIT = "generate_video", "edit_draft"
GENERATION_COST, EDIT_COST, ANSWER_COST = 10, 5, 1
# Vendor skill document: about 30 % of edits close the stream with no text.
SILENT_SHARE = 1 / 3
HEARTBEAT_EVERY_S = 5
MOST_WAITING = 5
"""Messages of a session, while another one is worked on."""
BUSY_RETRY_AFTER_S = 10

StreamEvent = dict[str, object]

_log = logging.getLogger(__name__)


class Agent:
    def __init__(self, settings: Settings, run: Runner, writer: Writer | None = None) -> None:
        self._settings = settings
        self._run = run
        self._reading = Turns(at_once=4, per_account=2, most_waiting=50)
        self._looking = Turns(at_once=2, per_account=1, most_waiting=50)
        self._writer = writer
        self._working: set[asyncio.Task[None]] = set()

    async def send(self, session: Session, account: Account, text: str) -> AsyncIterator[StreamEvent]:
        """Begin to work on a message; the events of the work, as they come.

        Raises:
            BadRequestError: the message cannot be read; nothing was begun. So for the others.
            OutOfCreditsError: the account cannot pay for it.
            RateLimitedError: too many messages of the session, or of the account, wait already.
        """
        if session.waiting >= MOST_WAITING:
            raise RateLimitedError(
                "Other messages of this session are being worked on. Wait for their answers.",
                retry_after=BUSY_RETRY_AFTER_S,
            )
        session.waiting += 1
        try:
            await session.turn.acquire()
        finally:
            session.waiting -= 1
        try:
            turn = await self._understand(session, account, text)
            account.freeze(_cost(turn))
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

    async def _understand(self, session: Session, account: Account, text: str) -> Understood:
        run = InTurn(self._run, self._reading, account.user_id)
        try:
            turn = await run(READING, understand, text, session.draft, list(session.media), session.directed)
        except IsolationError as error:
            raise BadRequestError("The message takes too long to be read. Make it shorter.") from error
        is_silent = turn.draft is not None and turn.is_complete and self._is_silent(session)
        return replace(turn, text="") if is_silent else turn

    def _is_silent(self, session: Session) -> bool:
        drawn = random.Random(f"{self._settings.seed}/{session.edits}")  # noqa: S311 - not a secret
        return drawn.random() < SILENT_SHARE

    async def _work(
        self, session: Session, account: Account, turn: Understood, events: asyncio.Queue[StreamEvent | None]
    ) -> None:
        try:
            try:
                await self._answer(session, account, turn, events)
                account.charge(_cost(turn))
            except Exception:  # noqa: BLE001 - whatever it was, the client gets an error and pays nothing
                _log.exception("A message could not be worked on")
                account.release(_cost(turn))
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

    async def _answer(
        self, session: Session, account: Account, turn: Understood, events: asyncio.Queue[StreamEvent | None]
    ) -> None:
        tool = GENERATE if turn.wish else EDIT if turn.draft else None
        pause = self._settings.work_seconds / 4
        text = turn.text
        if tool:
            events.put_nowait({"type": "tool_call", "name": tool, "args": {"session_id": session.id}})
            for _ in range(3):
                await asyncio.sleep(pause)
                events.put_nowait({"type": "heartbeat"})
        await asyncio.sleep(pause)
        if turn.wish:
            media = list(session.media)
            made = await self._direct(turn.wish, media, account, events)
            text = replies.generated(made.draft, made.not_done, chinese=turn.wish.chinese)
            session.draft, session.upcoming = made.draft.raw(), made.draft
            session.directed = len(media)
        elif turn.draft:
            session.draft, session.edits = turn.draft, session.edits + 1
        if tool:
            session.save()
            events.put_nowait({"type": "tool_result", "name": tool, "result": {"status": "ok"}})
        if text:
            events.put_nowait({"type": "text", "content": text})

    async def _direct(
        self, wish: Wish, media: list[Media], account: Account, events: asyncio.Queue[StreamEvent | None]
    ) -> Directed:
        """Beside the event loop: pictures are looked at, and a language model may take its time."""
        directing = asyncio.create_task(self._directed(wish, media, account))
        try:
            while not (await asyncio.wait({directing}, timeout=HEARTBEAT_EVERY_S))[0]:
                events.put_nowait({"type": "heartbeat"})
        finally:
            directing.cancel()
        return directing.result()

    async def _directed(self, wish: Wish, media: list[Media], account: Account) -> Directed:
        run = InTurn(self._run, self._looking, account.user_id)
        made = await run(LOOKING, plan, wish, media)
        if made is None:
            raise ValueError("there was nothing to make a video from")
        if self._writer is not None:
            made = replace(made, story=await asyncio.to_thread(self._writer, wish, made.material, made.story))
        return await run(LOOKING, film, wish, made)


def _cost(turn: Understood) -> int:
    if turn.wish:
        return GENERATION_COST
    return EDIT_COST if turn.draft else ANSWER_COST


async def _until_none(events: asyncio.Queue[StreamEvent | None]) -> AsyncIterator[StreamEvent]:
    while (event := await events.get()) is not None:
        yield event
