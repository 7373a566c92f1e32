"""Directing: from a wish and the media of a session to a draft."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from studio.director.captions import message_of
from studio.director.compose import compose
from studio.director.edits import Edited, edit
from studio.director.feature_operations import add
from studio.director.features import address_in
from studio.director.language import Wish
from studio.director.logo import with_logo, without_logo
from studio.director.material import Material, gather
from studio.director.not_done import not_done
from studio.director.operation import Said
from studio.director.story import Story, write_story
from studio.draft import Draft
from studio.isolation.bounds import Bounds
from studio.media import picture_files
from studio.media.items import Media

LIBRARIES = ("numpy", "numpy.ma", "cv2", "av", "av.error", *picture_files.LIBRARIES)
LOOKING = Bounds(seconds=120, megabytes=2500)

Writer = Callable[[Wish, Material, Story], Story]
"""Writes a story instead of the one made by rules; returns that one when it cannot."""


def can_direct(wish: Wish, media: Sequence[Media]) -> bool:
    """Whether there is anything to make a video from. Quick: nothing is looked at."""
    return bool(media or wish.texts or wish.topic or (wish.statements and wish.anew))


def warm_up() -> None:
    """Let OpenCV make its tables of colours, once for all processes that are forked."""
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries
    import numpy as np  # noqa: PLC0415

    # Threads would not survive a fork.
    cv2.setNumThreads(1)
    for space in (cv2.COLOR_RGB2LAB, cv2.COLOR_RGB2HSV, cv2.COLOR_RGB2GRAY):
        cv2.cvtColor(np.zeros((2, 2, 3), np.uint8), space)


@dataclass(frozen=True)
class Plan:
    """What was seen in the media, and the story that the rules make of it."""

    material: Material
    story: Story
    logo: Media | None = None


def plan(wish: Wish, media: Sequence[Media]) -> Plan | None:
    """Look at every medium and write a story, or `None` where there is nothing to make a video from.

    Decodes foreign media: to be run isolated.
    """
    logo, subjects = without_logo(wish, media)
    material = gather(subjects)
    story = write_story(wish, material)
    return Plan(material, story, logo) if story else None


@dataclass(frozen=True)
class Directed:
    """A finished draft, and what was asked for that it does not have."""

    draft: Draft
    not_done: tuple[Said, ...] = ()


def film(wish: Wish, made: Plan) -> Directed:
    """The draft of a plan, with the edits that the wish asks for. Decodes foreign media: as `plan`."""
    draft = compose(made.story, made.material, wish)
    if made.logo is not None:
        draft.canvas = with_logo(draft.canvas, wish, made.logo)
    page = made.material.page
    missing = [
        *not_done(wish, draft),
        *add(
            draft,
            wish.features,
            address_in(wish.instruction) or (page.url if page else ""),
            message_of(page),
        ),
    ]
    for instruction in wish.edits:
        edited = edit(draft, instruction)
        missing += edited.refusals
        if isinstance(edited, Edited):
            draft = edited.draft
            missing += (Said(f"“{words}”", f"“{words}”") for words in edited.unclear)
        elif not edited.refusals:
            missing.append(Said(f"“{instruction}”", f"“{instruction}”"))
    return Directed(draft, tuple(missing))


def direct(wish: Wish, media: Sequence[Media], writer: Writer | None = None) -> Draft | None:
    """As `directed`, the draft alone."""
    made = directed(wish, media, writer)
    return made.draft if made else None


def directed(wish: Wish, media: Sequence[Media], writer: Writer | None = None) -> Directed | None:
    """A finished draft with what it lacks, or `None` where there is nothing to make it from.

    Looks at every picture, and may wait for a language model: not for an event loop.
    """
    made = plan(wish, media)
    if made is None:
        return None
    if writer is not None:
        made = replace(made, story=writer(wish, made.material, made.story))
    return film(wish, made)
