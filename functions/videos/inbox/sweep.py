"""The sweep: whatever lies in the inbox is a video, or it is known why not."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Literal, assert_never

from pydantic import BaseModel

from videos.inbox.drop import Accepted, AcceptedBatch, DropKind, Ignored, Waiting, idempotency_key_of, kind_of
from videos.inbox.intake import Intake
from videos.lifecycle.submit import video_id_for
from videos.model.media import Drop
from videos.model.ports import Checkpoint, InboxListing, VideoIndex
from videos.model.records import Stage

CARRIED_OUT = frozenset({DropKind.MEDIA, DropKind.LINK, DropKind.MANIFEST, DropKind.EDIT})


class SweptObject(BaseModel):
    """An object for which there was no video, or one that had not been started."""

    key: str
    found: Literal["submitted", "restarted", "ignored", "waiting", "failed"]
    video_id: str | None = None
    batch_id: str | None = None
    reason: str | None = None


class Summary(BaseModel):
    """The last line of a report. A sweep that is not complete is continued by the next one."""

    looked_at: int
    found: dict[str, int]
    complete: bool


def sweep(
    intake: Intake,
    *,
    listing: InboxListing,
    index: VideoIndex,
    checkpoint: Checkpoint,
    now: Callable[[], datetime],
    min_age: timedelta,
    kept_for: timedelta,
    has_time: Callable[[], bool],
) -> Iterator[SweptObject | Summary]:
    """Look at all that has lain in the inbox for some time, and submit what no event came for.

    The id of a video is made of the object's version, so that an event that comes after all changes nothing.
    What lies there longer than videos are remembered is left alone: it was one.
    A page is kept in memory at once; a sweep that has no more time leaves a mark for the next one.
    """
    looked_at, counts = 0, Counter[str]()
    place = checkpoint.place()
    while True:
        page = listing.page(place)
        drops = [drop for drop in page.drops if min_age <= now() - drop.at < kept_for]
        looked_at += len(drops)
        ids = {_id_of(drop): drop for drop in drops}
        candidates = {id_ for id_, drop in ids.items() if kind_of(drop.file.key) in CARRIED_OUT}
        stages = index.stages(candidates)
        for id_, drop in ids.items():
            # One that was remembered and not started stays where it is; starting one that runs is harmless.
            if stages.get(id_, Stage.QUEUED) is Stage.QUEUED:
                finding = _look(drop, intake, now(), known=id_ in stages)
                counts[finding.found] += 1
                yield finding
        place = page.cursor
        checkpoint.put(place)
        if place is None or not has_time():
            break
    yield Summary(looked_at=looked_at, found=dict(counts), complete=place is None)


def _look(drop: Drop, intake: Intake, now: datetime, *, known: bool) -> SweptObject:
    key = drop.file.key
    try:
        taken = intake.take(drop, now=now)
    except Exception as error:  # noqa: BLE001 - one object must not keep the sweep from the others
        return SweptObject(key=key, found="failed", reason=f"{type(error).__name__}: {error}")
    match taken:
        case Accepted(video):
            found: Literal["restarted", "submitted"] = "restarted" if known else "submitted"
            return SweptObject(key=key, found=found, video_id=video.video_id)
        case AcceptedBatch(batch):
            return SweptObject(key=key, found="submitted", batch_id=batch.batch_id)
        case Ignored(reason):
            return SweptObject(key=key, found="ignored", reason=reason)
        case Waiting(reason=reason):
            return SweptObject(key=key, found="waiting", reason=reason)
        case _:
            assert_never(taken)


def _id_of(drop: Drop) -> str:
    return video_id_for(idempotency_key_of(drop.file, drop.sequencer))
