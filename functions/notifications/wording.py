"""The words of notices. `ENGLISH` has those for instructions whose language is not clear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.languages import Code
from videos.model.failure_codes import FailureCode
from videos.model.records import Stage, Status
from videos.model.texts import in_figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one language. `{name}` stands for what is filled in."""

    code: Code
    months: tuple[str, ...] = ()
    """Empty: dates have a number for the month."""
    day: str
    figures: str = ",."
    """The marks of thousands and of decimals."""
    colon: str = ": "
    seconds: str = "{seconds} s"
    minutes: str = "{minutes} min {seconds} s"

    subjects: Mapping[Status, str]
    steps: Mapping[Stage, str]
    still_working: str
    batch_done: str
    batch_counts: Mapping[str, str]
    """How many videos, by status; the statuses of a batch's rows."""
    batch_ended: str
    batch_ended_one: str
    batch_advice: str
    beside: str
    in_api: str
    open_batch: str
    sign_in: str
    your_video: str

    leads: Mapping[Status, str] = field(default_factory=dict)
    """What happened. Without one, the event says it."""
    failures: Mapping[FailureCode, tuple[str, str]] = field(default_factory=dict)
    """What happened and what to do. Without one, the event says it."""
    answer_on_page: str = ""
    answer_again: str = ""
    export_free: str = ""

    what_to_do: str
    instruction: str
    made_from: str
    length: str
    format: str
    cost: str
    not_done: str
    changed: str
    agent_says: str
    agent_asks: str
    original: str = ""
    videos: str
    results: str
    timeline: str
    reason: str
    video_id: str
    batch_id: str

    about: str
    free: str
    unknown: str
    left: str

    watch: str
    watch_or_change: str
    answer: str
    change: str
    download: str
    editor: str
    frame: str
    links_until: str
    why_you: str

    sign_in_subject: str
    sign_in_lead: str
    sign_in_button: str
    sign_in_unasked: str
    sign_in_why: str

    def number(self, amount: float) -> str:
        """Return an amount of credits as people of this language write it."""
        return in_figures(amount).translate(str.maketrans(",.", self.figures))

    def duration(self, seconds: float) -> str:
        """Return a length as people read it."""
        minutes, rest = divmod(round(seconds), 60)
        return (self.minutes if minutes else self.seconds).format(minutes=minutes, seconds=rest)

    def date(self, moment: datetime) -> str:
        """Return a day."""
        month = self.months[moment.month - 1] if self.months else str(moment.month)
        return self.day.format(day=moment.day, month=month, year=moment.year)

    def credits_line(self, used: float | None, left: float | None) -> str:
        """Return what a version has cost, as far as that is known, and what is left."""
        match used:
            case None:
                line = self.unknown
            case 0:
                line = self.free
            case _:
                line = self.about.format(credits=self.number(used))
        return line if left is None else line + self.left.format(credits=self.number(left))


ENGLISH = Wording(
    code="en",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    day="{day} {month} {year}",
    subjects={
        Status.READY: "Ready",
        Status.FAILED: "Failed",
        Status.CANCELLED: "Cancelled",
        Status.NEEDS_ANSWER: "Your answer is needed",
    },
    steps={Stage.INSPECTING: "Started", Stage.RENDERING: "Rendering"},
    still_working="Still working",
    batch_done="Batch done",
    batch_counts={
        Status.READY: "{number} ready",
        Status.FAILED: "{number} failed",
        Status.CANCELLED: "{number} cancelled",
        Status.NEEDS_ANSWER: "{number} needs answer",
        Status.SUPERSEDED: "{number} superseded",
        "rejected": "{number} rejected",
    },
    batch_ended="All {rows} rows have ended.",
    batch_ended_one="Its only row has ended.",
    batch_advice="The results file lists the outcome of each row, and what to do.",
    beside="{file} beside the batch file",
    in_api="in the API: {url}",
    open_batch="Open the batch",
    sign_in="To open the batch, sign in.",
    your_video="your video",
    what_to_do="What to do",
    instruction="Instruction",
    made_from="Made from",
    length="Length",
    format="Format",
    cost="Cost",
    not_done="Not done",
    changed="Changed",
    agent_says="The agent says",
    agent_asks="The agent asks",
    videos="Videos",
    results="Results",
    timeline="Timeline",
    reason="Reason",
    video_id="Video id",
    batch_id="Batch id",
    about="about {credits} credits",
    free="0 credits",
    unknown="not known yet",
    left=", {credits} left",
    watch="Watch",
    watch_or_change="Watch or change it",
    answer="Answer",
    change="Change it",
    download="Download",
    editor="Open in NemoVideo",
    frame="A frame of the video",
    links_until="The links work until {day}.",
    why_you=(
        "You get this mail because your address is registered for news about these videos."
        " To unsubscribe, reply with “unsubscribe”."
    ),
    sign_in_subject="Your link to sign in",
    sign_in_lead="Sign in to see and make the videos of {owner}. The link works once, for 15 minutes.",
    sign_in_button="Sign in",
    sign_in_unasked=(
        "If you did not ask for this link, ignore this mail. Do not forward it: the link signs anyone in."
    ),
    sign_in_why="You get this mail because somebody entered your address to sign in.",
)  # fmt: skip


def wording_of(language: Code) -> Wording:
    """Return the words of a language."""
    if language == ENGLISH.code:
        return ENGLISH
    # Imported here, because most functions that publish need English alone.
    from notifications.translations import WORDINGS  # noqa: PLC0415

    return WORDINGS[language]
