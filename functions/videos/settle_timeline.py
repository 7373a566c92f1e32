"""Reading the state until the draft has stopped changing: only a settled draft is rendered.

It is also the road back when the stream broke: the instruction was paid for and is never sent again, so
the draft alone tells what became of it (vendor skill document: wait 30 s, read; unchanged: wait 60 s,
read again; after five unchanged reads report failure).
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from nemovideo import NemoVideoError
from nemovideo.draft import describe_changes, duration_ms, fingerprint, is_raw, is_ready, track_summary
from nemovideo.phrases import translate
from videos.clock import Clock, utc_now
from videos.errors import GenerationError
from videos.ports import VideoStore
from videos.prepare import session_of
from videos.records import Job, Stage, Status
from videos.stages import PROGRESS
from videos.turn import Ended, Outcome, Reply, Sending, Settling, Timeline, Turn

if TYPE_CHECKING:
    from nemovideo import NemoVideo


@dataclass(frozen=True)
class Patience:
    """How long to wait for a first change, and how quiet it must be after one. Seconds and reads."""

    first_wait: int
    next_wait: int
    unchanged_reads: int
    quiet_wait: int
    quiet_reads: int


# A stream that closed as it should: what it announced is there, late writes follow within seconds.
_CLOSED = Patience(first_wait=0, next_wait=5, unchanged_reads=5, quiet_wait=2, quiet_reads=1)
# It closed without a word, as about 30 % of edits do: the draft has changed, or will not.
_SILENT = Patience(first_wait=0, next_wait=15, unchanged_reads=6, quiet_wait=2, quiet_reads=1)
# A stream that broke, or was never seen to end: the vendor's own schedule.
_BROKEN = Patience(first_wait=30, next_wait=60, unchanged_reads=5, quiet_wait=15, quiet_reads=2)
# Only the first of the two stages of a generation is there: music, title and effects are still to come.
_RAW_QUIET_WAIT, _RAW_QUIET_READS = 10, 3
# Assumption: an agent that still changes the draft after this many reads will not stop by itself.
_MAX_READS = 60
# Assumption: a backend whose state cannot be read so long after the reply will not be back soon.
_UNREADABLE = timedelta(hours=1)

_PATIENCE = {
    Outcome.ANSWERED: _CLOSED,
    Outcome.AGENT_ERROR: _CLOSED,
    Outcome.SILENT: _SILENT,
    Outcome.UNKNOWN: _BROKEN,
}

# A DynamoDB item holds 400 KB; a draft is a few.
KEPT_DRAFT_CHARS = 50_000

_RETRY = "Ask for it again: that is a new instruction, and it is charged like one."


class Settled(BaseModel):
    """One read's verdict; `wait_seconds` is for the workflow when it is to read again."""

    verdict: Literal["settled", "wait", "asked"]
    wait_seconds: int = 0


def settle_timeline(job: Job, *, store: VideoStore, backend: "NemoVideo", clock: Clock = utc_now) -> Settled:
    """Read the state once, and decide.

    Raises:
        GenerationError: The draft did not change, or never stopped changing.
        NemoVideoError: The state cannot be read, for a reason that will not pass or has not for too long.
    """
    turn = store.turn(job)
    if turn.ended is not None:  # by this step, which died before it could tell
        return Settled(verdict="asked")
    sending, reply = _sent(turn)
    if reply.is_question:  # nothing is finished then, and nothing is to be exported (vendor skill document)
        return _asked(job, turn, store=store, backend=backend, clock=clock)
    patience = _PATIENCE[reply.outcome]
    store.report(job.video_id, Stage.SETTLING, *PROGRESS[Stage.SETTLING])
    session_id = session_of(store.video(job.video_id)).session_id
    try:
        draft = backend.state(session_id).draft or {}
    except NemoVideoError as error:
        if error.retryable and clock() - reply.at < _UNREADABLE:
            return Settled(verdict="wait", wait_seconds=patience.next_wait)
        raise

    seen = _look(turn.settling, fingerprint(draft))
    store.write(job, seen)
    if seen.reads > _MAX_READS:
        raise GenerationError("The timeline never stopped changing.", code="never_settled", advice=_RETRY)

    if seen.fingerprint == sending.baseline or not is_ready(draft):
        return _unchanged(job, turn, seen, store=store, backend=backend, clock=clock)

    quiet_wait, quiet_reads = patience.quiet_wait, patience.quiet_reads
    if is_raw(draft):
        quiet_wait, quiet_reads = max(quiet_wait, _RAW_QUIET_WAIT), max(quiet_reads, _RAW_QUIET_READS)
    if seen.equal_reads < quiet_reads:
        return Settled(verdict="wait", wait_seconds=quiet_wait)

    store.write(job, _timeline(draft, seen, sending, backend))
    return Settled(verdict="settled")


def first_wait(outcome: Outcome) -> int:
    """Seconds to wait before the first read."""
    return _PATIENCE[outcome].first_wait


def _sent(turn: Turn) -> tuple[Sending, Reply]:
    if turn.sending is None or turn.reply is None:
        raise RuntimeError(f"{turn.job.execution_name} was not sent; the workflow sends before it settles")
    return turn.sending, turn.reply


def _look(before: Settling | None, now: str) -> Settling:
    if before is None:
        return Settling(fingerprint=now)
    equal = before.equal_reads + 1 if before.fingerprint == now else 0
    return Settling(fingerprint=now, reads=before.reads + 1, equal_reads=equal)


def _unchanged(
    job: Job, turn: Turn, seen: Settling, *, store: VideoStore, backend: "NemoVideo", clock: Clock
) -> Settled:
    _, reply = _sent(turn)
    patience = _PATIENCE[reply.outcome]
    if seen.reads < patience.unchanged_reads:
        return Settled(verdict="wait", wait_seconds=patience.next_wait)
    if translate(reply.text).text:  # it spoke and did nothing: whoever asked has to say it in other words
        return _asked(job, turn, store=store, backend=backend, clock=clock)
    if reply.problem is not None:
        raise GenerationError.of(reply.problem)
    raise GenerationError(
        "The agent took the instruction, but nothing came of it.", code="no_result", advice=_RETRY
    )


def _asked(job: Job, turn: Turn, *, store: VideoStore, backend: "NemoVideo", clock: Clock) -> Settled:
    sending, reply = _sent(turn)
    ended = Ended(
        status=Status.NEEDS_ANSWER,
        at=clock(),
        message=translate(reply.text).text or reply.text,
        credits_used=credits_used(sending, backend),
    )
    store.end(job, ended)
    return Settled(verdict="asked")


def kept_draft(draft: dict[str, object]) -> str:
    """The draft as it is kept with a turn: as JSON, and an empty one for what is too large."""
    text = json.dumps(draft, ensure_ascii=False)
    return text if len(text) <= KEPT_DRAFT_CHARS else "{}"


def _timeline(draft: dict[str, object], seen: Settling, sending: Sending, backend: "NemoVideo") -> Timeline:
    return Timeline(
        fingerprint=seen.fingerprint,
        summary=track_summary(draft),
        draft=kept_draft(draft),
        duration_ms=duration_ms(draft),
        changes=tuple(describe_changes(json.loads(sending.draft_before), draft)),
        credits_used=credits_used(sending, backend),
    )


def credits_used(sending: Sending, backend: "NemoVideo") -> float | None:
    """What an instruction cost so far; None where the balance cannot be read."""
    try:
        return sending.credits_before - backend.credits().available
    except NemoVideoError:
        return None  # worth knowing, not worth failing a finished video for
