"""The message for an announcement, in the same words for all channels."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import assert_never

from notifications.plain import one_line
from videos.events.announcements import Announcement, BatchEnded, VideoEnded, VideoProgress, WatchLinks
from videos.model.records import Stage, Status
from videos.model.texts import in_figures

SUBJECT_LENGTH = 99  # SNS: under 100 characters, one line
TEXT_LENGTH = 600


class Tone(Enum):
    """How it stands, at a glance: a mark for text, a colour for pictures."""

    READY = ("✅", "#0f7b4f")
    FAILED = ("❌", "#c02a2a")
    PARTLY = ("⚠️", "#8a5a00")
    QUESTION = ("❓", "#8a5a00")
    CANCELLED = ("⏹️", "#5b6472")
    PROGRESS = ("⏳", "#2a5bc0")

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
    `change` the name and the address of the page where the video is changed.
    """

    tone: Tone
    subject: str
    lead: str
    advice: str | None = None
    links: WatchLinks | None = None
    facts: tuple[Fact, ...] = ()
    change: tuple[str, str] | None = None
    footnote: str | None = None

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """What can be opened, each with its name. The first one is the most important."""
        change = [self.change] if self.change else []
        if self.links is None:
            return change
        editor = [("Open in NemoVideo", self.links.editor)] if self.links.editor else []
        watch = change or [("Watch", self.links.watch)]
        return [*watch, ("Download", self.links.download), *editor]


_WORDS: dict[Status, tuple[Tone, str]] = {
    Status.READY: (Tone.READY, "Ready"),
    Status.FAILED: (Tone.FAILED, "Failed"),
    Status.CANCELLED: (Tone.CANCELLED, "Cancelled"),
    Status.NEEDS_ANSWER: (Tone.QUESTION, "Your answer is needed"),
}

_CHANGES: dict[Status, str] = {
    Status.READY: "Watch or change it",
    Status.NEEDS_ANSWER: "Answer",
}

_STEPS: dict[Stage, str] = {Stage.INSPECTING: "Started", Stage.RENDERING: "Rendering"}


def notice_of(announcement: Announcement) -> Notice:
    """The notice of an announcement."""
    match announcement:
        case VideoEnded():
            return _of_end(announcement)
        case VideoProgress():
            return _of_progress(announcement)
        case BatchEnded():
            return _of_batch(announcement)
        case _:
            assert_never(announcement)


def _of_end(end: VideoEnded) -> Notice:
    tone, word = _WORDS[end.status]
    length = f" ({_length(end.duration_seconds)})" if end.duration_seconds is not None else ""
    return Notice(
        tone=tone,
        subject=_subject(word, end.name or end.video_id, length),
        lead=one_line(end.message, TEXT_LENGTH) or f"{word}.",
        advice=one_line(end.advice or "", TEXT_LENGTH) or None,
        links=end.links,
        facts=tuple(_facts(end)),
        change=(_CHANGES.get(end.status, "Change it"), end.change_url) if end.change_url else None,
        footnote=f"The links work until {_day(end.links.expires_at)}." if end.links else None,
    )


def _facts(end: VideoEnded) -> list[Fact]:
    facts = [
        ("Instruction", end.instruction),
        ("Made from", "" if end.name == end.instruction[: len(end.name)] else end.name),
        ("The agent says", None if end.question else end.agent_says),
        ("The agent asks", end.question),
        ("Changed", "; ".join(end.changes) if end.version > 1 else ""),
        ("Timeline", _tracks(end.timeline)),
        ("Picture", f"{end.width} x {end.height}" if end.width else None),
        ("Credits", _credits(end)),
        ("Reason", end.code),
        ("Video id", end.video_id),
    ]
    return [Fact(label, line) for label, text in facts if (line := one_line(text or "", TEXT_LENGTH))]


def _of_progress(progress: VideoProgress) -> Notice:
    return Notice(
        tone=Tone.PROGRESS,
        subject=_subject(_STEPS.get(progress.stage, "Still working"), progress.name or progress.video_id),
        lead=one_line(progress.message, TEXT_LENGTH) or "Still working.",
        facts=(Fact("Video id", progress.video_id),),
    )


def _of_batch(batch: BatchEnded) -> Notice:
    counts = [f"{number} {status.replace('_', ' ')}" for status, number in batch.counts.items() if number]
    counted = ", ".join([*counts, *([f"{batch.rejected} rejected"] if batch.rejected else [])])
    ready = batch.counts.get(Status.READY, 0)
    all_ready = ready == sum(batch.counts.values()) + batch.rejected
    tone = Tone.READY if all_ready else Tone.PARTLY if ready else Tone.FAILED
    return Notice(
        tone=tone,
        subject=_subject("Batch done", batch.name or batch.batch_id, f" ({counted})"),
        lead=one_line(batch.message, TEXT_LENGTH) or "The batch is done.",
        advice=None if all_ready else "The results file lists the outcome of each row, and what to do.",
        facts=(
            Fact("Videos", counted),
            Fact("Results", one_line(_results(batch), TEXT_LENGTH)),
            Fact("Batch id", batch.batch_id),
        ),
    )


def _results(batch: BatchEnded) -> str:
    beside = f"{batch.results_file} beside the batch file; over the API: " if batch.results_file else ""
    return f"{beside}{batch.results}"


def _subject(word: str, name: str, ending: str = "") -> str:
    """What happened to what; of a long name, the beginning."""
    room = SUBJECT_LENGTH - len(word) - len(ending) - len(": ")
    return f"{word}: {one_line(name, room) or 'your video'}{ending}"


def _tracks(summary: str | None) -> str:
    """The summary without its first word: `3 tracks: 1. Video: …`."""
    return re.sub(r"^Timeline \((.*?)\)", r"\1", summary or "")


def _credits(end: VideoEnded) -> str:
    left = f", {in_figures(end.credits_left)} left" if end.credits_left is not None else ""
    if end.credits_used is None:
        return f"not known yet{left}"
    if end.credits_used == 0:
        return f"0 used{left}"
    return f"about {in_figures(end.credits_used)} credits used{left}"


def _length(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
