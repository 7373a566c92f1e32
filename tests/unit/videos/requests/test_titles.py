"""What people call a video made from a file."""

import pytest

from tests.support.builders import a_video
from videos.model.media import InboxFile
from videos.requests.titles import file_name_of, title_of


@pytest.mark.parametrize(
    ("name", "title", "file"),
    [
        ("Mu\u0308ller Cafe\u0301.jpg", "Müller Café", "Muller Cafe.mp4"),
        ("summer%20sale.jpg", "summer sale", "summer sale.mp4"),
        ("हिन्दी चलचित्र.jpg", "हिन्दी चलचित्र", "video.mp4"),
    ],
)
def test_a_title_is_the_name_as_people_read_it(name: str, title: str, file: str) -> None:
    media = (InboxFile(bucket="the-inbox", key=f"inbox/{name}"),)
    video = a_video().model_copy(update={"media": media})
    assert title_of(video) == title
    assert file_name_of(video) == file
