"""Reading the state until the draft has stopped changing: only a stable draft is rendered.

The timeline decides what comes next, not the words of the agent. A draft that is new and ready for export is
rendered, even if the agent ended with a question. Only with nothing to export it waits for an answer.

It is also the way back when the stream broke: the instruction was paid for and is never sent again, so
only the draft shows the result (vendor skill document: wait 30 s, read; unchanged: wait 60 s,
read again; after five unchanged reads report failure).
"""

import json
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from backend import DraftFormat, SessionState, VideoBackend
from backend.captions import cues
from backend.draft import (
    describe_changes,
    duration_ms,
    fingerprint,
    is_raw,
    is_ready,
    length_range,
    track_summary,
)
from backend.errors import NemoVideoError
from backend.phrases import translate
from videos.events.stages import PROGRESS
from videos.model.clock import Clock, utc_now
from videos.model.errors import (
    GenerationError,
    NoResultError,
    NothingToExportError,
    UnsupportedDraftError,
)
from videos.model.ports import VideoStore
from videos.model.records import Stage, Status, VersionRef
from videos.model.texts import shortened
from videos.model.version import DraftReads, Ended, Reply, SendLock, SendOutcome, Timeline, Version
from videos.spending.costs import Costs
from videos.steps.outages import Call, wait_after
from videos.steps.render_attempts import stop_render
from videos.steps.session import session_of


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
# Only the first of the two stages of a generation is there: music, title and effects are still to come. They
# often follow at once, so the second read comes as soon as for any draft, and is one more.
_RAW_QUIET_WAIT, _RAW_QUIET_READS = 10, 4
# Assumption: an agent that changes the draft for so many reads will not stop by itself. The last reads are
# further apart.
_MAX_READS, _CLOSE_READS, _RESTLESS_WAIT = 60, 20, 10

_PATIENCE = {
    SendOutcome.ANSWERED: _CLOSED,
    SendOutcome.AGENT_ERROR: _CLOSED,
    SendOutcome.SILENT: _SILENT,
    SendOutcome.UNKNOWN: _BROKEN,
}

# A DynamoDB item holds 400 KB; a draft is a few.
KEPT_DRAFT_BYTES = 50_000

_RETRY = "Retry to try again. A retry is a new generation and uses credits."


class Stabilized(BaseModel):
    """One read's verdict; `wait_seconds` is for the workflow when it is to read again, and `because` why.

    `likely` is whether the draft is complete, so that it will probably not change.
    """

    verdict: Literal["stable", "wait", "asked"]
    wait_seconds: int = 0
    likely: bool = False
    because: str = ""


def stabilize(
    ref: VersionRef, *, store: VideoStore, backend: VideoBackend, costs: Costs, clock: Clock = utc_now
) -> Stabilized:
    """Read the state once, and decide.

    Raises:
        VideoError: The draft did not change, cannot be rendered, or cannot be read for too long.
        NemoVideoError: The session is gone: the video service's final word.
    """
    version = store.version(ref)
    if version.ended is not None:
        return Stabilized(verdict="asked")
    patience = _patience_of(version)
    if version.rendering is None:
        store.report(ref.video_id, Stage.STABILIZING, *PROGRESS[Stage.STABILIZING])
    try:
        state = backend.state(session_of(store.video(ref.video_id)).session_id)
    except NemoVideoError as error:
        wait = wait_after(ref, Call.STATE, error, store)
        return Stabilized(verdict="wait", wait_seconds=wait, because=str(error))
    draft = state.draft or {}

    seen = _look(version.draft_reads, fingerprint(draft))
    store.write(ref, seen)
    if not is_ready(draft) or not _is_to_be_rendered(version, seen.fingerprint, store):
        return _nothing_new(version, state, seen, store=store, backend=backend, costs=costs, clock=clock)

    quiet_wait, quiet_reads = patience.quiet_wait, patience.quiet_reads
    if is_raw(draft):
        quiet_reads = max(quiet_reads, _RAW_QUIET_READS)
        if seen.equal_reads > 0:
            quiet_wait = max(quiet_wait, _RAW_QUIET_WAIT)
    is_restless = seen.equal_reads == 0 and seen.reads > _MAX_READS
    if seen.equal_reads < quiet_reads and not is_restless:
        wait = quiet_wait if seen.reads <= _CLOSE_READS else max(quiet_wait, _RESTLESS_WAIT)
        return Stabilized(verdict="wait", wait_seconds=wait, likely=not is_raw(draft))

    store.write(ref, _timeline(version, draft, seen, store))
    return Stabilized(verdict="stable")


def first_wait(outcome: SendOutcome) -> int:
    """Seconds to wait before the first read."""
    return _PATIENCE[outcome].first_wait


def _patience_of(version: Version) -> Patience:
    return _CLOSED if version.exports is not None else _PATIENCE[_sent(version)[1].outcome]


def _sent(version: Version) -> tuple[SendLock, Reply]:
    if version.send_lock is None or version.reply is None:
        raise RuntimeError(f"{version.ref.execution_name} was not sent; the workflow sends first")
    return version.send_lock, version.reply


def _look(before: DraftReads | None, now: str) -> DraftReads:
    if before is None:
        return DraftReads(fingerprint=now)
    equal = before.equal_reads + 1 if before.fingerprint == now else 0
    return DraftReads(fingerprint=now, reads=before.reads + 1, equal_reads=equal)


def _is_to_be_rendered(version: Version, draft: str, store: VideoStore) -> bool:
    """Whether a draft is the version's own work, or that of an earlier version and was never delivered."""
    if version.exports is not None:
        return True
    send_lock, _ = _sent(version)
    if draft != send_lock.baseline:
        return True
    earlier = [
        store.version(VersionRef(video_id=version.video_id, version=number))
        for number in range(1, version.number)
    ]
    was_made = any(
        before.send_lock is not None
        and before.send_lock.session_id == send_lock.session_id
        and before.send_lock.baseline != draft
        for before in earlier
    )
    return was_made and not any(
        before.delivered is not None and before.timeline is not None and before.timeline.fingerprint == draft
        for before in earlier
    )


def _nothing_new(
    version: Version,
    state: SessionState,
    seen: DraftReads,
    *,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    clock: Clock,
) -> Stabilized:
    patience = _patience_of(version)
    if seen.equal_reads < patience.unchanged_reads - 1 and seen.reads <= _MAX_READS:
        return Stabilized(verdict="wait", wait_seconds=patience.next_wait)
    if state.draft_format is DraftFormat.V3:
        raise UnsupportedDraftError(
            "The timeline has a new format (Draft V3) that this pipeline cannot render yet.",
            advice="Open the project in the video service's editor and export it there.",
        )
    if version.exports is not None:
        raise NothingToExportError(
            "There is nothing to export: the timeline is empty.",
            advice="Say what the video should show. That is a new generation and uses credits.",
        )
    _, reply = _sent(version)
    if translate(reply.text).text:  # it spoke and did nothing: the user has to use other words
        if version.rendering is not None:  # of a draft that is gone
            stop_render(version.rendering.known_as, backend)
        return _asked(version, reply, store=store, costs=costs, clock=clock)
    if reply.problem is not None:
        raise GenerationError.of(reply.problem)
    raise NoResultError("The video service accepted the request but produced no video.", advice=_RETRY)


def _asked(version: Version, reply: Reply, *, store: VideoStore, costs: Costs, clock: Clock) -> Stabilized:
    costs.end(version)
    ended = Ended(
        status=Status.NEEDS_ANSWER,
        at=clock(),
        message=shortened(translate(reply.text).text or reply.text),
    )
    store.end(version.ref, ended)
    return Stabilized(verdict="asked")


def kept_draft(draft: dict[str, object]) -> str:
    """The draft as it is kept with a version: as JSON, and an empty one for what is too large."""
    text = json.dumps(draft)
    return text if len(text) <= KEPT_DRAFT_BYTES else "{}"


def _timeline(version: Version, draft: dict[str, object], seen: DraftReads, store: VideoStore) -> Timeline:
    source = (
        version
        if version.exports is None
        else store.version(VersionRef(video_id=version.video_id, version=version.exports))
    )
    before = json.loads(source.send_lock.draft_before) if source.send_lock is not None else {}
    allowed = length_range(draft)
    return Timeline(
        fingerprint=seen.fingerprint,
        summary=track_summary(draft),
        draft=kept_draft(draft),
        duration_ms=duration_ms(draft),
        shortest_ms=allowed[0] if allowed is not None else None,
        longest_ms=allowed[1] if allowed is not None else None,
        restless=seen.equal_reads == 0 and seen.reads > _MAX_READS,
        changes=tuple(describe_changes(before, draft)),
        cues=cues(draft),
    )
