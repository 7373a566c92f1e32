"""Prepare: inspect the input, reserve credits, open a session, upload the media.

Every execution begins here. Where an earlier one stopped, this one goes on:

    the version has ended, or a step has found its problem  ──► Finish
    its instruction was sent and its reply is recorded      ──► Render
    it renders an earlier timeline again                    ──► Render
    its instruction was sent, and no reply is recorded      ──► Generate: the send lock prevents a second post
    its video was deleted                                   ──► nothing
    anything else                                           ──► prepare it
"""

from dataclasses import dataclass
from typing import Literal

from backend import VideoBackend
from videos.events.webhooks import WebhookQueue
from videos.model.clock import Clock, utc_now
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Inbox, Pictures, Tags, VideoStore
from videos.model.records import VersionRef
from videos.model.version import Version
from videos.spending.budgets import Ledger, Limits, reserve_credits
from videos.spending.costs import CostBook
from videos.spending.fairness import message_group
from videos.steps.result import PrepareResult, ReadyToGenerate
from videos.steps.session import AddressChecks, inspect_media, open_session, upload_media


@dataclass(frozen=True)
class Preparation:
    """What a version is prepared with."""

    store: VideoStore
    inbox: Inbox
    tags: Tags
    checks: AddressChecks
    webhooks: WebhookQueue
    ledger: Ledger
    book: CostBook
    limits: Limits
    backend: VideoBackend
    pictures: Pictures
    clock: Clock = utc_now


def prepare(ref: VersionRef, given: Preparation) -> PrepareResult:
    """Prepare a version, or go on where it stopped.

    Raises:
        NemoVideoError: The backend opened no session, or did not accept the media.
        VideoError: The input cannot be used, a limit has no room, or too many sessions were lost.
        VersionEndedError: It was cancelled meanwhile.
    """
    store = given.store
    try:
        version = store.version(ref)
    except VideoNotFoundError:
        return PrepareResult(next="done")
    next_step = where_it_stands(version)
    if next_step == "generate":
        return ReadyToGenerate(message_group=message_group(store.video(ref.video_id).owner))
    if next_step is not None:
        return PrepareResult(next=next_step)
    inspect_media(
        ref,
        store=store,
        inbox=given.inbox,
        tags=given.tags,
        checks=given.checks,
        webhooks=given.webhooks,
        clock=given.clock,
    )
    reserved = reserve_credits(
        ref,
        store=store,
        ledger=given.ledger,
        backend=given.backend,
        book=given.book,
        limits=given.limits,
        clock=given.clock,
    )
    if reserved.verdict == "wait":  # nothing is open meanwhile
        return PrepareResult(next="wait_for_credits", wait_seconds=reserved.wait_seconds)
    is_uploaded = False
    while not is_uploaded:  # `open_session` replaces a session that was deleted, and gives up after some
        open_session(ref, store=store, backend=given.backend)
        is_uploaded = upload_media(
            ref,
            store=store,
            inbox=given.inbox,
            tags=given.tags,
            backend=given.backend,
            pictures=given.pictures,
        )
    return ReadyToGenerate(message_group=message_group(store.video(ref.video_id).owner))


def where_it_stands(version: Version) -> Literal["generate", "render", "finish"] | None:
    """Return the step with which a version goes on; None for one that has to be prepared."""
    if version.ended is not None or version.problem is not None:
        return "finish"
    if version.reply is not None or version.exports is not None:
        return "render"
    return "generate" if version.send_lock is not None else None
