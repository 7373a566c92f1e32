import re
from dataclasses import replace

import pytest

from tests.support.builders import NOW, PHOTO, READY
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedWorkflow
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import ConflictingRequestError, Submission, submit, video_id_for
from videos.model.errors import VideoDeletedError
from videos.model.media import InboxFile, WebAddress
from videos.model.records import Status
from videos.model.video import Deleted

SUBMISSION = Submission(
    idempotency_key="api:ann:key:1", owner="ann", source="api", instruction="Make it shine.", media=(PHOTO,)
)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def workflow() -> RecordedWorkflow:
    return RecordedWorkflow()


def test_what_is_submitted_is_remembered_and_started(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    video = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30, now=NOW)
    assert store.video(video.video_id) == video
    assert store.version(video.ref).instruction == "Make it shine."
    assert workflow.started == [video.ref]
    assert (video.status, video.owner, video.source) == (Status.QUEUED, "ann", "api")
    assert (video.expires_at - NOW).days == 30
    assert [line.message for line in video.history] == ["Accepted."]


def test_the_same_submission_twice_is_one_video(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    first = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30, now=NOW)
    again = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    assert again == first
    assert workflow.started == [first.ref]


@pytest.mark.parametrize(
    "other",
    [
        replace(SUBMISSION, instruction="Something else."),
        replace(SUBMISSION, media=()),
        replace(SUBMISSION, media=(WebAddress(url="https://example.com/"),)),
        replace(SUBMISSION, media=(PHOTO.model_copy(update={"version_id": "v2"}),)),
    ],
    ids=["instruction", "no media", "other media", "another version"],
)
def test_another_request_under_the_same_identity_conflicts(
    store: MemoryStore, workflow: RecordedWorkflow, other: Submission
) -> None:
    first = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    with pytest.raises(ConflictingRequestError):
        submit(other, store=store, workflow=workflow, keep_days=30)
    assert store.video(first.video_id) == first
    assert workflow.started == [first.ref]


def test_a_crash_between_remembering_and_starting_heals(store: MemoryStore) -> None:
    workflow = RecordedWorkflow(crashes=1)
    with pytest.raises(ConnectionError):
        submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    video = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    assert workflow.started == [video.ref]


def test_a_video_that_is_deleted_while_it_is_submitted_again_is_not_made_anew(
    store: MemoryStore, workflow: RecordedWorkflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    store.end(video.ref, READY)
    deleted = store.deleted

    def meanwhile(video_id: str) -> Deleted | None:
        found = deleted(video_id)
        if found is None:
            assert store.remove(store.video(video_id), store.versions(video_id))
        return found

    monkeypatch.setattr(store, "deleted", meanwhile)
    with pytest.raises(VideoDeletedError):
        submit(SUBMISSION, store=store, workflow=workflow, keep_days=30)
    assert workflow.started == [video.ref]


def test_an_id_names_an_execution_and_stands_in_an_address() -> None:
    ids = {video_id_for(f"identity {number} ü") for number in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"vid-[a-z2-7]{24}", video_id) for video_id in ids)
    assert len(f"{ids.pop()}-9999") <= 80


def test_links_of_different_videos_have_different_keys(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    other = replace(SUBMISSION, idempotency_key="api:ann:key:2")
    keys = {
        submit(item, store=store, workflow=workflow, keep_days=30).link_key for item in (SUBMISSION, other)
    }
    assert len(keys) == 2
    assert all(len(key) >= 32 for key in keys)


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ((PHOTO, "s1"), (PHOTO, "s2"), True),
        ((PHOTO, "s1"), (PHOTO.model_copy(update={"version_id": "v2"}), "s1"), False),
        ((PHOTO, "s1"), (PHOTO.model_copy(update={"key": "inbox/Kettle.png"}), "s1"), False),
        ((PHOTO, "s1"), (PHOTO.model_copy(update={"bucket": "other"}), "s1"), False),
        (
            (PHOTO.model_copy(update={"version_id": None}), "s1"),
            (PHOTO.model_copy(update={"version_id": None}), "s1"),
            True,
        ),
        (
            (PHOTO.model_copy(update={"version_id": None}), "s1"),
            (PHOTO.model_copy(update={"version_id": None}), "s2"),
            False,
        ),
    ],
    ids=["told twice", "new version", "new key", "new bucket", "unversioned, told twice", "unversioned, new"],
)
def test_one_version_of_one_key_is_one_job(
    one: tuple[InboxFile, str], two: tuple[InboxFile, str], *, same: bool
) -> None:
    assert (idempotency_key_of(*one) == idempotency_key_of(*two)) is same
