import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from studio.agent.conversation import MOST_WAITING, Agent, StreamEvent
from studio.errors import BadRequestError, OutOfCreditsError, RateLimitedError
from studio.isolation.processes import IsolationError
from studio.media.items import Media
from studio.settings import Settings
from studio.state.accounts import Account, Accounts
from studio.state.database import connect
from studio.state.sessions import Session, Sessions
from tests.unit.studio.runners import here


def settings(seed: int = 0) -> Settings:
    return Settings(Path("unused"), seed=seed, work_seconds=0, late_write_seconds=0)


def account(total: int = 10_000) -> Account:
    accounts, now = Accounts(connect(), total), datetime.now(UTC)
    return accounts.authenticate(f"Bearer {accounts.issue('client', now).secret}", now)


def session(*media: Media) -> Session:
    made = Sessions(connect()).create("user", "en", datetime.now(UTC))
    made.media = media
    return made


async def said(agent: Agent, in_session: Session, payer: Account, text: str) -> list[StreamEvent]:
    """The events of one message, once everything it leads to is done."""
    events = [event async for event in await agent.send(in_session, payer, text)]
    async with in_session.turn:
        return events


def silences(seed: int) -> list[bool]:
    async def edits() -> list[bool]:
        agent, project, payer = Agent(settings(seed), here), session(), account()
        await said(agent, project, payer, 'make a video "Urban Dreams"')
        turns = [await said(agent, project, payer, f"make it {10 + n % 2} seconds") for n in range(60)]
        return [not any(event["type"] == "text" for event in turn) for turn in turns]

    return asyncio.run(edits())


def test_about_a_third_of_edits_are_silent_and_the_seed_decides_which() -> None:
    first = silences(seed=1)
    assert 10 <= sum(first) <= 30
    assert first == silences(seed=1)
    assert first != silences(seed=2)


def test_the_raw_video_comes_first_and_the_rest_after_the_stream(photo: Media) -> None:
    async def run() -> None:
        agent, project = Agent(settings(), here), session(photo)
        stream = await agent.send(project, account(), "make a video")
        async for event in stream:
            if event["type"] == "tool_result":
                assert project.draft is not None
                assert not project.draft.sounds
                assert not project.draft.captions
        async with project.turn:
            assert project.draft is not None
            assert project.draft.sounds
            assert project.draft.captions

    asyncio.run(run())


def test_new_media_lead_to_a_new_draft(photo: Media, clip: Media) -> None:
    async def run() -> None:
        agent, project, payer = Agent(settings(), here), session(photo), account()
        await said(agent, project, payer, "make a video")
        project.media = [*project.media, clip]
        await said(agent, project, payer, "use this too")
        assert project.draft is not None
        assert [shot.meta.src for shot in project.draft.shots][:2] == ["photo", "clip"]

    asyncio.run(run())


def test_what_is_not_understood_is_asked_about_and_changes_nothing(photo: Media) -> None:
    async def run() -> None:
        agent, project, payer = Agent(settings(), here), session(photo), account()
        await said(agent, project, payer, "make a video")
        before = project.draft
        (event,) = await said(agent, project, payer, "make it pop")
        assert str(event["content"]).endswith("?")
        assert project.draft is before

    asyncio.run(run())


def test_without_credits_nothing_is_begun(photo: Media, clip: Media) -> None:
    async def run() -> None:
        agent, project, payer = Agent(settings(), here), session(photo), account(19)
        await said(agent, project, payer, "make a video")
        before = project.draft
        project.media = [*project.media, clip]
        with pytest.raises(OutOfCreditsError):
            await agent.send(project, payer, "use this too")
        assert project.draft is before
        assert not project.turn.locked()
        # Once there are credits, the clip still counts as new.
        await said(agent, project, account(10), "use this too")
        assert project.draft is not None
        assert len(project.draft.shots) == 3

    asyncio.run(run())


def test_so_many_messages_of_a_session_wait(photo: Media) -> None:
    async def run() -> None:
        agent, project, payer = Agent(settings(), here), session(photo), account()
        async with project.turn:
            waiting = [asyncio.create_task(said(agent, project, payer, "hi")) for _ in range(MOST_WAITING)]
            await asyncio.sleep(0)
            with pytest.raises(RateLimitedError, match="being worked on"):
                await agent.send(project, payer, "hi")
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        assert await said(agent, project, payer, "hi")

    asyncio.run(run())


async def hung(*_: object) -> NoReturn:
    raise IsolationError("it took too long")


def test_a_message_that_takes_too_long_to_be_read_is_refused_and_keeps_nobody_waiting(photo: Media) -> None:
    async def run() -> None:
        project, payer = session(photo), account()
        with pytest.raises(BadRequestError, match="takes too long"):
            await Agent(settings(), hung).send(project, payer, "hi")
        assert not project.turn.locked()

    asyncio.run(run())


@pytest.mark.parametrize("words", ["x" * 6000, "x" * 19_000])
def test_a_text_that_no_draft_holds_changes_nothing(photo: Media, words: str) -> None:
    async def run() -> None:
        agent, project, payer = Agent(settings(), here), session(photo), account()
        await said(agent, project, payer, "make a video")
        for message in (f'change the title to "{words}"', f'add a voice that says "{words}"'):
            before = project.draft
            await said(agent, project, payer, message)
            assert project.draft == before
        for message in (
            'title "{}"',
            'end with "{}"',
            'subtitle "{}"',
            'a button "{}"',
            'a voice says "{}"',
            '"{}"',
        ):
            events = await said(agent, project, payer, f"make a new video, {message.format(words)}")
            assert [event for event in events if event["type"] == "text"]
            assert not [event for event in events if event["type"] == "error"]

    asyncio.run(run())
