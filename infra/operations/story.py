"""`make status VIDEO=…`: what happened to a video and when, where it hangs, and the next step."""

from datetime import datetime

from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.operations.letters import LISTED, DeadLetters, subject_of
from infra.operations.stack import Stack
from infra.operations.wording import STYLES, lasting
from videos.announcements import advice_of
from videos.records import Stage, Status
from videos.texts import in_figures
from videos.turn import Turn
from videos.video import Happening, Video

OVER = {"FAILED", "ABORTED", "TIMED_OUT"}


class Story(BaseModel):
    """All there is to tell of a video. `letter` is the id of its instruction among the dead letters."""

    video: Video
    turn: Turn
    execution_name: str
    execution: str | None
    letter: str | None = None
    last_error: str | None = None


class Standing(BaseModel):
    """Where it stands, in words, and what to do about it; nothing, if all goes well."""

    where: str
    next: str = ""
    cost: str = ""


def tell(video_id: str, stack: Stack) -> Story:
    """Read all of it. Raises: VideoNotFoundError."""
    video = stack.store.video(video_id)
    dead = DeadLetters(stack).peek("generation", LISTED) if video.running else []
    mine = (item.message_id for item in dead if subject_of(item.queue, item.body).job == video.job)
    name, status = stack.execution(video.job)
    return Story(
        video=video,
        turn=stack.store.turn(video.job),
        execution_name=name,
        execution=status,
        letter=next(mine, None),
        last_error=stack.last_error(video_id, video.created_at),
    )


def standing(story: Story, now: datetime) -> Standing:
    """Where the newest version stands, and the next step."""
    return _under_way(story, now) if story.video.running else _over(story)


def _over(story: Story) -> Standing:
    video, turn = story.video, story.turn
    if turn.announced is None and story.execution == "RUNNING":
        return Standing(where=f"It is {video.status}, and its execution is about to announce it.")
    if turn.announced is None:
        unannounced = f"It is {video.status}, and nobody was told."
        return Standing(where=unannounced, next="wait ten minutes for the reaper to announce it")
    match video.status:
        case Status.READY:
            return Standing(where="Ready, and announced.")
        case Status.NEEDS_ANSWER:
            answer = f"answer it: POST /v1/videos/{video.video_id}/edits"
            return Standing(where=f"The agent has a question: {video.message}", next=answer)
        case Status.SUPERSEDED:
            return Standing(where=video.message)
        case _:
            advice = advice_of(turn) or ""
            cost = (
                "nothing was sent so far" if turn.sending is None else "a new instruction, charged like one"
            )
            return Standing(where=f"{video.message} {advice}".strip(), next=_retry(video), cost=cost)


def _under_way(story: Story, now: datetime) -> Standing:
    if story.letter is not None:
        dead = "Its instruction lies among the dead letters."
        return Standing(where=dead, next=f"make redrive MESSAGE={story.letter}")
    if story.execution is None:
        return Standing(where="Remembered, but its workflow was never started.", next=_retry(story.video))
    if story.execution in OVER:
        died = f"Its execution is {story.execution}, and its version has not ended."
        return Standing(where=died, next=f"wait ten minutes for the reaper, then {_retry(story.video)}")
    return Standing(where=_at_work(story.video, story.turn, now))


def _retry(video: Video) -> str:
    return f"make retry VIDEO={video.video_id}"


def _at_work(video: Video, turn: Turn, now: datetime) -> str:
    since = f"for {lasting(now - video.updated_at)}"
    sending = turn.sending
    match video.stage:
        case Stage.GENERATING if sending is not None and now > sending.alive_until:
            return (
                f"Its worker died at {sending.alive_until:%H:%M:%S} at the latest; when the message comes "
                "again, what the agent has made is looked up, and nothing is posted again."
            )
        case Stage.GENERATING:
            return f"The agent is at work; its last word came {since.removeprefix('for ')} ago."
        case Stage.RENDERING if turn.rendering is not None:
            asked = lasting(now - turn.rendering.asked_at)
            return f"Being rendered for {asked} (attempt {turn.rendering.attempt}): {video.progress} %."
        case Stage.INSPECTING | Stage.OPENING_SESSION | Stage.UPLOADING if _has_what_it_takes(video):
            return f"Waits {since} for its turn at the agent, or for the budget to renew where one is set."
        case _:
            return f"{video.message} It is there {since}."


def _has_what_it_takes(video: Video) -> bool:
    """Whether the session has been given its media."""
    session, uploaded = video.backend_session, video.uploaded
    return session is not None and uploaded is not None and uploaded.session_id == session.session_id


def story_view(story: Story, now: datetime) -> RenderableType:
    """The story as a person reads it."""
    video, turn = story.video, story.turn
    head = Text.assemble(
        (video.video_id, "bold"),
        f"   {video.name}   version {video.turn}   ",
        (str(video.status), STYLES[video.status]),
    )
    asked = Text(f"{video.owner}: “{turn.instruction}”", style="italic")
    stand = standing(story, now)
    lines = [("Stands", stand.where)]
    if stand.next:
        lines.append(("Next", stand.next))
    if stand.cost:
        lines.append(("", f"({stand.cost})"))
    lines += _facts(story)
    facts = Table.grid(padding=(0, 2))
    for name, value in lines:
        facts.add_row(Text(name, style="bold"), Text(value, overflow="fold"))
    return Group(head, asked, Padding(_history(video.history, now, video.running), (1, 0)), facts)


def _history(history: tuple[Happening, ...], now: datetime, running: bool) -> Table:  # noqa: FBT001 - one caller
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_column()
    ends = [line.at for line in history[1:]]
    for line, end in zip(history, [*ends, now if running else None], strict=True):
        took = lasting(end - line.at) if end is not None and line.stage is not Stage.ENDED else ""
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}", took, str(line.stage), Text(line.message))
    return table


def _facts(story: Story) -> list[tuple[str, str]]:
    turn, facts = story.turn, []
    if turn.sending is not None:
        came = f", {turn.reply.outcome}" if turn.reply is not None else ", no reply recorded so far"
        facts.append(("Paid for", f"its instruction was posted once, at {turn.sending.at:%H:%M:%S}{came}"))
    if turn.credits_used is not None:
        facts.append(("Credits", f"about {in_figures(turn.credits_used)} used"))
    if turn.delivered is not None:
        facts.append(("Video", f"s3://{turn.delivered.bucket}/{turn.delivered.key}"))
    if story.video.waiting:
        facts.append(("In line", f"{len(story.video.waiting)} changes wait for the end of this version"))
    facts.append(("Workflow", f"{story.execution_name}: {story.execution or 'no execution'}"))
    if story.last_error is not None:
        facts.append(("Last error", story.last_error))
    return facts
