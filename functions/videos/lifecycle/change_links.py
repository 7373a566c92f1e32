"""Change links: what somebody without a key may do with one video, and how much they may spend.

A version is counted before it begins. There is one version of each number, so who asks for it, how often and
with how many others at once makes no difference: a link begins no more versions than are counted for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from backend.intents import Intent, classify
from videos.lifecycle.edit import BusyError, NotPossibleError, edit, export
from videos.lifecycle.exports import unrendered
from videos.model.ports import VideoLibrary, Workflow
from videos.model.records import Record
from videos.model.version import Version
from videos.model.video import Video
from videos.requests.options import FieldError
from videos.spending.costs import CostBook
from videos.spending.prices import Kind, Price, kind_of, most_credits, price_of

CALLS_A_MINUTE = 30
"""Requests of one link, of any kind."""
_TRIES = 10


class LinkUsedUpError(Exception):
    """The link has no changes or credits left. The message says which."""


class TooManyCallsError(Exception):
    """The link was used too often within a minute."""


@dataclass(frozen=True, slots=True)
class LinkLimits:
    """What one link may spend in all."""

    changes: int
    credits: float


class LinkChange(Record):
    """A version that a link has begun, or may still begin. `credits` is the most that it can cost."""

    version: int
    credits: float


class LinkSpending(Record):
    """All that one link has spent. The revision changes with each change."""

    revision: int = 0
    changes: tuple[LinkChange, ...] = ()


class LinkBook(Protocol):
    """The memory of what links have spent. Each method is one atomic write or one consistent read."""

    def spending(self, video_id: str, link_id: str) -> LinkSpending:
        """Return what a link has spent."""

    def spend(self, video_id: str, link_id: str, after: LinkSpending) -> bool:
        """Write what a link has spent; False if the revision before is no longer there, or the video."""

    def call(self, video_id: str, link_id: str, *, minute: int, most: int) -> bool:
        """Count a request; False if there were as many in this minute."""


@dataclass(frozen=True)
class Offer:
    """What a change is expected to cost, and what the link has left. `price` is None if it is free."""

    price: Price | None
    changes_left: int
    credits_left: float


@dataclass(frozen=True)
class Changes:
    """The changes that one link permits on one video."""

    video: Video
    link_id: str
    limits: LinkLimits
    store: VideoLibrary
    workflow: Workflow
    links: LinkBook
    costs: CostBook

    def count_call(self, now: datetime | None = None) -> None:
        """Count a request of this link.

        Raises:
            TooManyCallsError: There were too many within a minute.
        """
        minute = int((now or datetime.now(UTC)).timestamp() // 60)
        if not self.links.call(self.video.video_id, self.link_id, minute=minute, most=CALLS_A_MINUTE):
            raise TooManyCallsError

    def offer(self, instruction: str) -> Offer:
        """Return the price of a change. It stores nothing.

        Raises:
            BusyError: A version is under way.
            FieldError: The instruction changes nothing.
            LinkUsedUpError: The link has no changes or credits left.
            NotPossibleError: There is nothing that could be changed.
        """
        versions = self.store.versions(self.video.video_id)
        is_free = self._is_export(instruction)
        self._check_possible(versions, is_free=is_free)
        price = None if is_free else self._price(instruction, versions)
        others = self._others(self.links.spending(self.video.video_id, self.link_id), versions)
        self._check_limits(others, versions, self._set_aside(instruction, versions, is_free=is_free))
        return Offer(
            price=price,
            changes_left=self.limits.changes - len(others),
            credits_left=self.limits.credits - _credits(others, versions),
        )

    def change(self, instruction: str, key: str) -> Video:
        """Begin the next version. `key` is the same for the same request: it is one version, counted once.

        Raises:
            BusyError: A version is under way.
            ConflictingRequestError: The same request was another one before.
            FieldError: The instruction changes nothing.
            LinkUsedUpError: The link has no changes or credits left.
            NotPossibleError: There is nothing that could be changed.
        """
        key = f"{self._keys}{key}"
        versions = self.store.versions(self.video.video_id)
        is_free = self._is_export(instruction)
        if all(version.idempotency_key != key for version in versions):
            self._check_possible(versions, is_free=is_free)
            self._spend(versions, self._set_aside(instruction, versions, is_free=is_free))
        if is_free:
            return export(self.video, store=self.store, workflow=self.workflow, idempotency_key=key)
        return edit(self.video, instruction, store=self.store, workflow=self.workflow, idempotency_key=key)

    def _is_export(self, instruction: str) -> bool:
        intent = classify(instruction)
        if intent not in {Intent.MESSAGE, Intent.EXPORT}:
            raise FieldError("instruction", "this changes nothing. Say what should be different.")
        return intent is Intent.EXPORT

    def _check_possible(self, versions: Sequence[Version], *, is_free: bool) -> None:
        """Refuse what could not begin, before it is counted."""
        if self.video.running:
            raise BusyError
        if self.video.backend_session is None:
            raise NotPossibleError("There is nothing to change yet.")
        if is_free and unrendered(self.video, versions) is None:
            raise NotPossibleError("There is nothing to export. Every finished version has its video.")

    def _price(self, instruction: str, versions: Sequence[Version]) -> Price:
        kind = self._kind(instruction, versions)
        return price_of(kind, self.costs.spending().recent.get(kind, ()))

    def _kind(self, instruction: str, versions: Sequence[Version]) -> Kind:
        asked = Version(
            video_id=self.video.video_id,
            number=self.video.version + 1,
            instruction=instruction,
            created_at=datetime.now(UTC),
        )
        return kind_of(self.video, asked, versions)

    def _set_aside(self, instruction: str, versions: Sequence[Version], *, is_free: bool) -> float:
        """Return the most that a change can cost. It becomes a generation if its session is lost."""
        if is_free:
            return 0
        recent = self.costs.spending().recent
        kinds = {self._kind(instruction, versions), Kind.GENERATION}
        return max(most_credits(kind, recent.get(kind, ())) for kind in kinds)

    @property
    def _keys(self) -> str:
        """The beginning of the idempotency keys of this link's versions."""
        return f"change:{self.link_id}:"

    @property
    def _next(self) -> int:
        """The number of the version that would begin."""
        return self.video.version + 1

    def _spend(self, versions: Sequence[Version], most: float) -> None:
        """Count the next version, unless it is counted already."""
        for _ in range(_TRIES):
            before = self.links.spending(self.video.video_id, self.link_id)
            others = self._others(before, versions)
            self._check_limits(others, versions, most)
            counted = [change.credits for change in before.changes if change.version == self._next]
            if counted and counted[0] >= most:
                return
            after = LinkSpending(
                revision=before.revision + 1,
                changes=(*others, LinkChange(version=self._next, credits=most)),
            )
            if self.links.spend(self.video.video_id, self.link_id, after):
                return
        raise BusyError

    def _others(self, spending: LinkSpending, versions: Sequence[Version]) -> list[LinkChange]:
        """Return what is counted beside the next version, without versions that somebody else has begun."""
        foreign = {
            version.number
            for version in versions
            if not (version.idempotency_key or "").startswith(self._keys)
        }
        return [change for change in spending.changes if change.version not in {self._next, *foreign}]

    def _check_limits(self, others: Sequence[LinkChange], versions: Sequence[Version], most: float) -> None:
        if len(others) >= self.limits.changes:
            raise LinkUsedUpError(f"All {self.limits.changes} changes of this link are used.")
        if _credits(others, versions) + most > self.limits.credits:
            raise LinkUsedUpError("This link has not enough credits left for another change.")


def _credits(changes: Sequence[LinkChange], versions: Sequence[Version]) -> float:
    """Return the final costs of versions, and what is set aside for the others."""
    made = {version.number: version for version in versions}
    return sum(_credits_of(change, made.get(change.version)) for change in changes)


def _credits_of(change: LinkChange, version: Version | None) -> float:
    if version is None:
        return change.credits
    if version.credits_final and version.credits_used is not None:
        return version.credits_used
    return max(change.credits, version.credits_used or 0)
