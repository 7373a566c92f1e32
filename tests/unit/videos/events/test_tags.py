"""Tags of what was dropped: a tag that is missing stands in the video's history."""

from typing import Literal

import pytest

from tests.support.builders import NOW, PHOTO, REF, a_store, a_video
from tests.support.recorded import RecordedTags
from videos.events.tags import mark_end
from videos.model.media import Drop
from videos.model.ports import Unmarked
from videos.model.records import Status
from videos.model.version import Ended

READY = Ended(status=Status.READY, at=NOW, message="Ready.")


@pytest.mark.parametrize(
    ("reason", "said"),
    [("full", "it has others, and S3 takes ten"), ("refused", "S3 refused")],
)
def test_a_tag_that_a_file_did_not_get_is_told_once(reason: Literal["full", "refused"], said: str) -> None:
    store = a_store(a_video().model_copy(update={"dropped": Drop(file=PHOTO, at=NOW)}))
    store.end(REF, READY)
    tags = RecordedTags(unmarked=Unmarked(names=("video-status",), reason=reason))
    before = store.video(REF.video_id).history
    for _ in range(2):
        mark_end(REF, store=store, tags=tags)
    (line,) = store.video(REF.video_id).history[len(before) :]
    assert line.message == f"“{PHOTO.name}” did not get the tag video-status: {said}."


def test_a_file_that_has_its_tags_is_no_news() -> None:
    store, tags = a_store(a_video().model_copy(update={"dropped": Drop(file=PHOTO, at=NOW)})), RecordedTags()
    store.end(REF, READY)
    before = store.video(REF.video_id)
    mark_end(REF, store=store, tags=tags)
    assert store.video(REF.video_id) == before
    assert tags.marks(PHOTO) == {"video-id": REF.video_id, "video-status": "ready"}
