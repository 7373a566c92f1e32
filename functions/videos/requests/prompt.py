"""What the agent is told: the instruction, and the wishes that go with it, in its own language."""

from collections.abc import Sequence

from videos.model.records import Status
from videos.model.version import Turn
from videos.model.video import Video, Wishes
from videos.requests.page_material import material_of

_SHAPES = {"16:9": "landscape 16:9", "9:16": "vertical 9:16", "1:1": "square 1:1"}
_IN_EFFECT = {Status.READY, Status.NEEDS_ANSWER}


def message_of(video: Video, turn: Turn, earlier: Sequence[Turn] = ()) -> str:
    """The text of a turn's message.

    A session that was told something needs the instruction alone, unless a step of a sequence makes a video
    anew. The first message of a session says all that the video is to be: its wishes, and where an earlier
    session is gone, what `earlier` turns led to.
    """
    told = was_told(video, earlier)
    if told and turn.step is None:
        return turn.instruction
    asked = [] if told else _in_effect(earlier, turn)
    wishes, material = _sentences(video.wishes), material_of(video.wishes.page)
    if not asked:
        return "\n".join([turn.instruction, *wishes, *material])
    first, *later = asked
    steps = [" ".join([first, *wishes]), *later]
    made = [before.timeline.summary for before in earlier if before.timeline is not None]
    return "\n".join(
        [
            "Make one video of what was uploaded.",
            *(["It was made before, and was like this:", made[-1]] if made else []),
            "This was asked for so far, one after the other:",
            *(f"{number}. {step}" for number, step in enumerate(steps, 1)),
            "Do all of that, and then this:",
            turn.instruction,
            *material,
        ]
    )


def was_told(video: Video, earlier: Sequence[Turn]) -> bool:
    """Whether the video's session has been sent an instruction before."""
    session = video.backend_session
    return session is not None and any(
        turn.sending is not None and turn.sending.session_id == session.session_id for turn in earlier
    )


def _in_effect(earlier: Sequence[Turn], turn: Turn) -> list[str]:
    """The instructions of which something came, and no instruction twice in a row."""
    asked = [
        before.instruction
        for before in earlier
        if before.exports is None
        and (before.timeline is not None or (before.ended is not None and before.ended.status in _IN_EFFECT))
    ]
    following = [*asked[1:], turn.instruction]
    return [one for one, next_one in zip(asked, following, strict=True) if one != next_one] if asked else []


def _sentences(wishes: Wishes) -> list[str]:
    sentences = []
    if wishes.aspect_ratio is not None:
        sentences.append(f"Format: {_SHAPES[wishes.aspect_ratio]}.")
    if wishes.duration_seconds is not None:
        sentences.append(f"Length: {wishes.duration_seconds} seconds.")
    if wishes.title is not None:
        sentences.append(f'Title: "{wishes.title}".')
    if wishes.language is not None:
        sentences.append(f"Language of all texts: {wishes.language}.")
    return sentences
