"""What the agent is told of a video's wishes."""

import pytest

from tests.unit.videos.samples import a_turn, a_video
from videos.models import Wishes
from videos.wording import message_of


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes(), []),
        (Wishes(aspect_ratio="16:9"), ["Format: landscape 16:9."]),
        (Wishes(aspect_ratio="9:16"), ["Format: vertical 9:16."]),
        (Wishes(aspect_ratio="1:1"), ["Format: square 1:1."]),
        (Wishes(duration_seconds=12), ["Length: 12 seconds."]),
        (Wishes(title="Tidewater 🎬"), ['Title: "Tidewater 🎬".']),
        (Wishes(language="pt-BR"), ["Language of all texts: pt-BR."]),
        (
            Wishes(aspect_ratio="1:1", duration_seconds=3, language="de", title="A"),
            ["Format: square 1:1.", "Length: 3 seconds.", 'Title: "A".', "Language of all texts: de."],
        ),
    ],
)
def test_wishes_follow_the_first_instruction_and_no_other(wishes: Wishes, said: list[str]) -> None:
    video = a_video().model_copy(update={"wishes": wishes})
    first, second = a_turn(), a_turn(number=2, instruction="Shorter.")
    assert message_of(video, first).splitlines() == ["Make it shine.", *said]
    assert message_of(video, second) == "Shorter."
