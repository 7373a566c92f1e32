"""Directing: from a wish and the media of a session to a draft."""

from collections.abc import Callable, Sequence

from studio.director.compose import compose
from studio.director.edits import Edited, edit
from studio.director.language import Wish
from studio.director.material import Material, gather
from studio.director.story import Story, tell
from studio.draft import Draft
from studio.media import Media

Writer = Callable[[Wish, Material, Story], Story]
"""Writes a story in the place of the one the rules have told; gives that one back when it cannot."""


def can_direct(wish: Wish, media: Sequence[Media]) -> bool:
    """Whether there is anything to make a video from. Quick: nothing is looked at."""
    return bool(media or wish.texts or wish.topic or (wish.statements and wish.anew))


def direct(wish: Wish, media: Sequence[Media], writer: Writer | None = None) -> Draft | None:
    """A finished draft, or `None` where there is nothing to make a video from.

    Looks at every picture, and may wait for a language model: not for an event loop.
    """
    material = gather(media)
    story = tell(wish, material)
    if story is None:
        return None
    if writer is not None:
        story = writer(wish, material, story)
    draft = compose(story, material, wish)
    for instruction in wish.edits:
        edited = edit(draft, instruction)
        draft = edited.draft if isinstance(edited, Edited) else draft
    return draft
