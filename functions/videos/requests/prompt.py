"""The message to the agent: the instruction, and the options that go with it, in its own language."""

from collections.abc import Sequence

from videos.model.records import Status
from videos.model.version import Version
from videos.model.video import Options, Video
from videos.requests.brand import sentences_of
from videos.requests.page_material import material_of

_SHAPES = {"16:9": "landscape 16:9", "9:16": "vertical 9:16", "1:1": "square 1:1"}
_IN_EFFECT = {Status.READY, Status.NEEDS_ANSWER}


def message_of(video: Video, version: Version, earlier: Sequence[Version] = ()) -> str:
    """The text of a version's message.

    A session that has had an instruction needs the instruction alone, unless a step of a sequence makes
    another video. The first message of a session has all that the video is to be: its options, and
    if an earlier session is gone, what `earlier` versions led to.
    """
    is_known = was_instructed(video, earlier)
    if is_known and version.step is None:
        return version.instruction
    asked = [] if is_known else _in_effect(earlier, version)
    options, material = _sentences(video.options), material_of(video.options.page)
    if not asked:
        return "\n".join([version.instruction, *options, *material])
    first, *later = asked
    steps = [" ".join([first, *options]), *later]
    made = [before.timeline.summary for before in earlier if before.timeline is not None]
    return "\n".join(
        [
            "Make one video of what was uploaded.",
            *(["It was made before, and was like this:", made[-1]] if made else []),
            "This was asked for so far, one after the other:",
            *(f"{number}. {step}" for number, step in enumerate(steps, 1)),
            "Do all of that, and then this:",
            version.instruction,
            *material,
        ]
    )


def was_instructed(video: Video, earlier: Sequence[Version]) -> bool:
    """Whether the video's session has been sent an instruction before."""
    session = video.backend_session
    return session is not None and any(
        version.send_lock is not None and version.send_lock.session_id == session.session_id
        for version in earlier
    )


def _in_effect(earlier: Sequence[Version], version: Version) -> list[str]:
    """The instructions of which something came, and no instruction twice in a row."""
    asked = [
        before.instruction
        for before in earlier
        if before.exports is None
        and (before.timeline is not None or (before.ended is not None and before.ended.status in _IN_EFFECT))
    ]
    following = [*asked[1:], version.instruction]
    return [one for one, next_one in zip(asked, following, strict=True) if one != next_one] if asked else []


def _sentences(options: Options) -> list[str]:
    sentences = []
    if options.aspect_ratio is not None:
        sentences.append(f"Format: {_SHAPES[options.aspect_ratio]}.")
    if options.duration_seconds is not None:
        sentences.append(f"Length: {options.duration_seconds} seconds.")
    if options.title is not None:
        sentences.append(f'Title: "{options.title}".')
    if options.language is not None:
        sentences.append(f"Language of all texts: {options.language}.")
    return [*sentences, *sentences_of(options.brand)]
