"""What a message leads to: an answer, an edit of the draft, or a new draft.

Messages are foreign text: they are read isolated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.agent import replies
from studio.director.direct import can_direct
from studio.director.edits import Edited, NotEdited, edit
from studio.director.language import Wish, read_instruction
from studio.director.quoted import without_quoted
from studio.draft import Draft, parse_draft
from studio.errors import UnusableDraftError
from studio.isolation.bounds import Bounds
from studio.media.items import Media

READING = Bounds(seconds=20, megabytes=300)


@dataclass(frozen=True)
class Understood:
    """Words to answer with, and the draft of an edit, or the wish that a new draft is made for."""

    text: str = ""
    draft: Draft | None = None
    wish: Wish | None = None
    is_complete: bool = True
    """Whether all that was asked for is done. What is not done is never kept silent."""


def understand(text: str, draft: Draft | None, media: Sequence[Media], directed: int) -> Understood:
    """Read a message to a session whose draft was made from the first `directed` of its media."""
    instruction, selected = without_quoted(text)
    wish = read_instruction(instruction, selected)
    if draft and len(media) <= directed and not wish.anew:
        edited = edit(draft, instruction)
        if isinstance(edited, Edited):
            try:
                changed = parse_draft(edited.draft.to_wire())
            except UnusableDraftError:
                return Understood(replies.not_edited(NotEdited(), chinese=wish.chinese))
            is_complete = not (edited.refusals or edited.unclear)
            return Understood(replies.edited(edited, chinese=wish.chinese), changed, is_complete=is_complete)
        return Understood(replies.not_edited(edited, chinese=wish.chinese))
    if not can_direct(wish, media):
        return Understood(replies.QUESTION[wish.chinese])
    return Understood(wish=wish)
