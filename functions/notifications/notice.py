"""The message for an announcement, in the same words for all channels."""

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import assert_never

from notifications.plain import one_line
from notifications.wording import ENGLISH, Wording, wording_of
from videos.events.announcements import (
    ON_THE_PAGE,
    PEOPLE,
    Announcement,
    BatchEnded,
    VideoEnded,
    VideoProgress,
    WatchLinks,
)
from videos.model.records import Status

SUBJECT_LENGTH = 99  # SNS: under 100 characters, one line
TEXT_LENGTH = 600


class Tone(Enum):
    """How it stands, at a glance: a mark for text, a color for pictures."""

    READY = ("✅", "#0f7b4f")
    FAILED = ("❌", "#c02a2a")
    PARTLY = ("⚠️", "#8a5a00")
    QUESTION = ("❓", "#8a5a00")
    CANCELLED = ("⏹️", "#5b6472")
    PROGRESS = ("⏳", "#2a5bc0")
    SIGN_IN = ("🔑", "#2a5bc0")

    def __init__(self, mark: str, colour: str) -> None:
        self.mark = mark
        self.colour = colour


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of detail."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The message for a person. Every text is one harmless line of limited length, not escaped.

    `subject` has fewer than 100 characters, `lead` is what happened, `advice` the one thing to do,
    `change` the name and the address of the page where the video is changed. `why_you` says why somebody gets
    it who has not subscribed. `wording` has the words that channels add.
    """

    tone: Tone
    subject: str
    lead: str
    advice: str | None = None
    links: WatchLinks | None = None
    facts: tuple[Fact, ...] = ()
    change: tuple[str, str] | None = None
    footnote: str | None = None
    why_you: str | None = None
    wording: Wording = ENGLISH

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """What can be opened, each with its name. The first one is the most important."""
        change = [self.change] if self.change else []
        if self.links is None:
            return change
        editor = [(self.wording.editor, self.links.editor)] if self.links.editor else []
        watch = change or [(self.wording.watch, self.links.watch)]
        return [*watch, (self.wording.download, self.links.download), *editor]

    @property
    def to_do(self) -> str:
        """What stands before the advice."""
        return f"{self.wording.what_to_do}{self.wording.colon}".rstrip()

    @property
    def poster_text(self) -> str:
        """What the poster shows, for those who do not see it."""
        return f"{self.wording.frame}{self.wording.colon}{self.subject}"

    def line(self, label: str, text: str) -> str:
        """Return a line of plain text with a label."""
        return f"{label}{self.wording.colon}{text}"


_TONES: dict[Status, Tone] = {
    Status.READY: Tone.READY,
    Status.FAILED: Tone.FAILED,
    Status.CANCELLED: Tone.CANCELLED,
    Status.NEEDS_ANSWER: Tone.QUESTION,
}
_NOT_DONE = re.compile(
    r"(?:Not done|未能完成)\s*[:：]\s*(.+?)[.。]?(?=\n|$|(?<=[.])\s|(?<=。))",  # noqa: RUF001
    re.MULTILINE,
)
"""How the studio names what it did not do."""
_ADDRESS = re.compile(r"https?://\S+")
_SHAPES = ((16, 9), (9, 16), (1, 1), (4, 5), (5, 4), (4, 3), (3, 4), (2, 1), (1, 2), (21, 9))


def notice_of(announcement: Announcement, *, details: bool = False) -> Notice:
    """Return the notice of an announcement. `details` adds ids, codes and the timeline."""
    words = wording_of(announcement.language)
    match announcement:
        case VideoEnded():
            return _of_end(announcement, words, details=details)
        case VideoProgress():
            return _of_progress(announcement, words, details=details)
        case BatchEnded():
            return _of_batch(announcement, words, details=details)
        case _:
            assert_never(announcement)


def _of_end(end: VideoEnded, words: Wording, *, details: bool) -> Notice:
    word = words.subjects[end.status]
    length = f" ({words.duration(end.duration_seconds)})" if end.duration_seconds is not None else ""
    lead, advice = _said(end, words)
    change = {Status.READY: words.watch_or_change, Status.NEEDS_ANSWER: words.answer}
    return Notice(
        tone=_TONES[end.status],
        subject=_subject(words, word, end.title or end.name, length),
        lead=one_line(lead, TEXT_LENGTH) or f"{word}.",
        advice=one_line(advice or "", TEXT_LENGTH) or None,
        links=end.links,
        facts=tuple(_facts(end, words, details=details)),
        change=(change.get(end.status, words.change), end.change_url) if end.change_url else None,
        footnote=words.links_until.format(day=words.date(end.links.expires_at)) if end.links else None,
        wording=words,
    )


def _said(end: VideoEnded, words: Wording) -> tuple[str, str | None]:
    """Return what happened and what to do, in the sentences of the event where the wording has none."""
    lead, said = words.leads.get(end.status, end.message), end.advice or ""
    if end.status is Status.NEEDS_ANSWER and words.answer_again:
        to_do = words.answer_on_page if end.change_url else words.answer_again
    elif end.code is not None and end.code in words.failures:
        lead, to_do = words.failures[end.code]
    else:
        return lead, end.advice
    is_assembled = any(way.export in said for way in (PEOPLE, ON_THE_PAGE))
    return lead, " ".join([to_do, *([words.export_free] if is_assembled else []), *_ADDRESS.findall(said)])


def _facts(end: VideoEnded, words: Wording, *, details: bool) -> list[Fact]:
    said, missing = _agent(end)
    original = f"{end.message} {end.advice or ''}" if end.status is Status.FAILED else ""
    original = re.sub(rf"(?::?\s)?{_ADDRESS.pattern}", "", original)  # the advice has them
    facts = [
        (words.made_from, "" if end.name == end.instruction[: len(end.name)] else end.name),
        (words.instruction, end.instruction),
        (words.length, words.duration(end.duration_seconds) if end.duration_seconds is not None else ""),
        (words.format, _format(end)),
        (words.cost, words.credits_line(end.credits_used, end.credits_left)),
        (words.not_done, missing),
        (words.changed, "; ".join(map(_for_people, end.changes)) if end.version > 1 else ""),
        (words.agent_says, None if end.question else said),
        (words.agent_asks, end.question),
        (words.original, original if words is not ENGLISH else ""),
    ]
    if details:
        facts += [
            (words.timeline, _tracks(end.timeline)),
            (words.reason, end.code),
            (words.video_id, end.video_id),
        ]
    return [Fact(label, line) for label, text in facts if (line := one_line(text or "", TEXT_LENGTH))]


def _agent(end: VideoEnded) -> tuple[str, str]:
    """Return what the agent says, and what it says that it has not done."""
    said = end.agent_says or ""
    missing = "; ".join(_NOT_DONE.findall(said))
    return _NOT_DONE.sub("", said).strip(), missing


def _of_progress(progress: VideoProgress, words: Wording, *, details: bool) -> Notice:
    return Notice(
        tone=Tone.PROGRESS,
        subject=_subject(words, words.steps.get(progress.stage, words.still_working), progress.name),
        lead=one_line(words.leads.get(Status.WORKING, progress.message), TEXT_LENGTH)
        or f"{words.still_working}.",
        facts=(Fact(words.video_id, progress.video_id),) if details else (),
        wording=words,
    )


def _of_batch(batch: BatchEnded, words: Wording, *, details: bool) -> Notice:
    numbers = {str(status): number for status, number in batch.counts.items()} | {"rejected": batch.rejected}
    counted = ", ".join(
        words.batch_counts[status].format(number=number) for status, number in numbers.items() if number
    )
    rows, ready = sum(numbers.values()), batch.counts.get(Status.READY, 0)
    tone = Tone.READY if ready == rows else Tone.PARTLY if ready else Tone.FAILED
    lead = batch.message  # why no row could be read
    if batch.is_read:
        lead = (words.batch_ended if rows > 1 else words.batch_ended_one).format(rows=rows)
    facts = [
        (words.videos, counted),
        (words.results, _results(batch, words)),
        (words.batch_id, batch.batch_id if details else ""),
    ]
    return Notice(
        tone=tone,
        subject=_subject(words, words.batch_done, batch.name, f" ({counted})"),
        lead=one_line(lead, TEXT_LENGTH) or f"{words.batch_done}.",
        advice=None if ready == rows else words.batch_advice,
        facts=tuple(Fact(label, line) for label, text in facts if (line := one_line(text, TEXT_LENGTH))),
        change=(words.open_batch, batch.page_url) if batch.page_url else None,
        footnote=words.sign_in if batch.page_url else None,
        wording=words,
    )


def _results(batch: BatchEnded, words: Wording) -> str:
    """Return where the results are. The page of the batch has a link to them."""
    beside = words.beside.format(file=batch.results_file) if batch.results_file else ""
    if batch.page_url:
        return beside
    return f"{beside}; {words.in_api.format(url=batch.results)}" if beside else batch.results


def _subject(words: Wording, word: str, name: str, ending: str = "") -> str:
    """What happened to what; of a long name, the beginning."""
    room = SUBJECT_LENGTH - len(word) - len(ending) - len(words.colon)
    return f"{word}{words.colon}{one_line(name, room) or words.your_video}{ending}"


def _tracks(summary: str | None) -> str:
    """The summary without its first word: `3 tracks: 1. Video: …`."""
    return re.sub(r"^Timeline \((.*?)\)", r"\1", summary or "")


def _for_people(change: str) -> str:
    """Return a change without the vendor's short name for music."""
    return re.sub(r"^BGM\b", "Music", change)


def _format(end: VideoEnded) -> str:
    """Return the shape of the picture by its usual name, and its size."""
    if not end.width or not end.height:
        return ""
    size = f"{end.width} x {end.height}"
    shape = next(
        (f"{w}:{h}" for w, h in _SHAPES if math.isclose(end.width / end.height, w / h, rel_tol=0.01)), None
    )
    return f"{shape}, {size}" if shape else size
