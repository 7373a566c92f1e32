"""What an instruction is expected to cost: learned from the last ones of its kind, else the known price."""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from pydantic import BaseModel

from backend.assumptions import ASPECT_CHANGE
from videos.model.texts import in_figures
from videos.model.version import Version
from videos.model.video import Video
from videos.requests.prompt import was_instructed

# Assumption, from the vendor's skill documents: about 100 credits for a generation, 50 for an edit.
GENERATION_CREDITS = 100.0
EDIT_CREDITS = 50.0

RECENT = 10
"""How many costs of each kind are remembered."""
# Fewer may all have been cheap by chance: until then the known price is set aside.
_ENOUGH = 3


class Kind(StrEnum):
    """Kinds of work, which differ in price."""

    GENERATION = "generation"
    EDIT = "edit"
    ASPECT_RATIO = "aspect_ratio"
    """A change of the aspect ratio: a generation, says the vendor."""


KNOWN_PRICES = {
    Kind.GENERATION: GENERATION_CREDITS,
    Kind.EDIT: EDIT_CREDITS,
    Kind.ASPECT_RATIO: GENERATION_CREDITS,
}

_MADE = {Kind.GENERATION: "video", Kind.EDIT: "edit", Kind.ASPECT_RATIO: "change of the aspect ratio"}


class Price(BaseModel):
    """What one instruction is expected to cost.

    `credits` is the median of the recent costs, `at_most` what is set aside for it, `based_on` how many
    costs that is learned from; with none, both are the known price.
    """

    kind: Kind
    credits: float
    at_most: float
    based_on: int

    @property
    def text(self) -> str:
        """For people, with how sure it is: `about 10 credits, from the last 8 videos`."""
        made = _MADE[self.kind]
        if not self.based_on:
            return f"up to {in_figures(self.at_most)} credits, no {made} made yet"
        several = made.replace("change of", "changes of") if "change" in made else f"{made}s"
        last = f"{self.based_on} {several}" if self.based_on > 1 else made
        return f"about {in_figures(self.credits)} credits, from the last {last}"


def kind_of(video: Video, version: Version, earlier: Sequence[Version]) -> Kind:
    """Return what kind of work a version is: a generation, or a change of what was generated.

    An edit whose session turns out to be forgotten is a generation.
    """
    if version.step is not None or not was_instructed(video, earlier):
        return Kind.GENERATION
    return Kind.ASPECT_RATIO if ASPECT_CHANGE.search(version.instruction) else Kind.EDIT


def price_of(kind: Kind, recent: Sequence[float]) -> Price:
    """Return the price of a kind of work, from its recent costs."""
    known = KNOWN_PRICES[kind]
    if not recent:
        return Price(kind=kind, credits=known, at_most=known, based_on=0)
    limit = most_credits(kind, recent)
    at_most = min(max(recent), limit) if len(recent) >= _ENOUGH else known
    about = round(min(median(recent), limit), 2)
    return Price(kind=kind, credits=about, at_most=max(at_most, about), based_on=len(recent))


def most_credits(kind: Kind, recent: Sequence[float]) -> float:
    """Return what one instruction can have cost: the known price, unless most of the recent ones cost more.

    What an account loses beyond that was spent by somebody else.
    """
    known = KNOWN_PRICES[kind]
    return max(known, median(recent)) if len(recent) >= _ENOUGH else known
