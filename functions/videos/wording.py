"""What the agent is told: the instruction, and the wishes that go with it, in its own language."""

from videos.models import Turn, Video, Wishes

_SHAPES = {"16:9": "landscape 16:9", "9:16": "vertical 9:16", "1:1": "square 1:1"}


def message_of(video: Video, turn: Turn) -> str:
    """The text of a turn's message. Wishes go with what is made anew; other turns say what to change."""
    if turn.number > 1 and turn.step is None:
        return turn.instruction
    return "\n".join([turn.instruction, *_sentences(video.wishes)])


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
