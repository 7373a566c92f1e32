"""What a library of videos promises, asked of the table and of the fake that other tests use in its place."""

import base64
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws.table import VideoTable
from tests.support.builders import (
    DELIVERED,
    NOW,
    PHOTO,
    REF,
    RENDERING,
    SENDING,
    SESSION_ID,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
)
from tests.support.memory import MemoryStore
from videos.lifecycle.edit import MAX_WAITING
from videos.model.errors import VideoNotFoundError
from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile, WebAddress
from videos.model.ports import BadCursorError, VideoLibrary
from videos.model.records import Problem, Stage, Status, VersionRef
from videos.model.version import Announced, DraftReads, Ended, SendOutcome, Version, VersionPart
from videos.model.video import BackendSession, Deleted, QueuedEdit, RowResult, Uploaded

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
LATER = NOW + timedelta(hours=1)
FAILED = Ended(status=Status.FAILED, at=NOW, message="It failed.")

PARTS: list[VersionPart] = [
    SENDING,
    a_reply(SendOutcome.AGENT_ERROR).model_copy(
        update={"problem": Problem(code=FailureCode.REFUSED, message="m“ü🎬”", advice="a")}
    ),
    DraftReads(fingerprint="f", reads=3, equal_reads=1),
    TIMELINE.model_copy(update={"changes": ("Title added: 'x'",)}),
    RENDERING,
    DELIVERED,
    Problem(code=FailureCode.REFUSED, message="No.", advice="Another."),
    Announced(at=NOW, message_id="m-1"),
]
ANOTHERS: dict[str, dict[str, object]] = {
    "send_lock": {"worker": "worker-2"},
    "reply": {"at": NOW + timedelta(seconds=1)},
    "draft_reads": {"reads": 4},
    "timeline": {"summary": "Timeline (2 tracks): …"},
    "rendering": {"render_id": "render-2"},
    "delivered": {"size": 1},
    "problem": {"code": FailureCode.FILE_GONE},
    "announced": {"message_id": "m-2"},
}


NO_POSITIONS = ["5", "null", '"ab"', "{}", "[]", '["vid-a"]', '["", ""]', "[1, 2]", '["vid-a", "\\ud800"]']


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest) -> VideoLibrary:
    if request.param == "memory":
        return MemoryStore()
    return VideoTable(request.getfixturevalue("videos_table"))


@pytest.fixture
def known(store: VideoLibrary) -> VideoLibrary:
    store.create(a_video(), a_version())
    return store


def test_a_video_comes_back_as_it_was_stored(store: VideoLibrary) -> None:
    video = a_video(WebAddress(url="https://example.com/ü?a=1&b=2"))
    assert store.create(video, a_version())
    assert store.video(video.video_id) == video
    assert store.version(video.ref) == a_version()


def test_a_video_is_created_once(known: VideoLibrary) -> None:
    other = a_video().model_copy(update={"instruction": "Something else."})
    assert not known.create(other, a_version())
    assert known.video(REF.video_id) == a_video()


def test_what_is_unknown_is_not_found(store: VideoLibrary) -> None:
    with pytest.raises(VideoNotFoundError):
        store.video("vid-unknown")
    with pytest.raises(VideoNotFoundError):
        store.version(VersionRef(video_id="vid-unknown", version=1))


def test_an_id_or_a_key_longer_than_any_is_not_found(store: VideoLibrary) -> None:
    with pytest.raises(VideoNotFoundError):
        store.video("ü" * 1025)
    assert store.made_of("inbox/" + "ü" * 1020) is None


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part)
def test_a_part_is_written_and_replaced(known: VideoLibrary, part: VersionPart) -> None:
    known.write(REF, part)
    known.write(REF, part)
    assert known.version(REF) == a_version(**{part.part: part})


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part)
def test_of_two_who_write_once_the_first_wins(known: VideoLibrary, part: VersionPart) -> None:
    assert known.write_once(REF, part)
    assert known.write_once(REF, part), "the same again, for want of an answer"
    assert not known.write_once(REF, part.model_copy(update=ANOTHERS[part.part]))
    assert known.version(REF) == a_version(**{part.part: part})


@pytest.mark.parametrize("part", [SENDING, SENDING.model_copy(update={"draft_before": "[99.95]"})])
def test_a_withdrawn_part_may_be_written_anew(known: VideoLibrary, part: VersionPart) -> None:
    known.write_once(REF, part)
    assert known.withdraw(REF, part)
    assert known.version(REF) == a_version()
    assert known.write_once(REF, part)


def test_only_the_very_same_part_is_withdrawn(known: VideoLibrary) -> None:
    known.write_once(REF, SENDING)
    assert not known.withdraw(REF, SENDING.model_copy(update={"worker": "worker-2"}))
    assert known.version(REF).send_lock == SENDING


def test_the_parts_of_a_video_are_replaced(known: VideoLibrary) -> None:
    known.add_to_video(REF.video_id, BackendSession(session_id="another"))
    known.add_to_video(REF.video_id, BackendSession(session_id=SESSION_ID, task_id="t"))
    known.add_to_video(REF.video_id, Uploaded(at=NOW, session_id=SESSION_ID))
    video = known.video(REF.video_id)
    assert video.backend_session == BackendSession(session_id=SESSION_ID, task_id="t")
    assert video.uploaded == Uploaded(at=NOW, session_id=SESSION_ID)


def test_history_has_one_line_for_each_stage_entered(known: VideoLibrary) -> None:
    known.report(REF.video_id, Stage.GENERATING, 20, "At work.")
    known.report(REF.video_id, Stage.GENERATING, 25, "Still working…")
    known.report(REF.video_id, Stage.RENDERING, 65, "Rendering.")
    video = known.video(REF.video_id)
    assert [(line.stage, line.message) for line in video.history] == [
        (Stage.GENERATING, "At work."),
        (Stage.RENDERING, "Rendering."),
    ]
    assert (video.status, video.stage, video.progress, video.message) == (
        Status.WORKING,
        Stage.RENDERING,
        65,
        "Rendering.",
    )
    assert video.updated_at > NOW


def test_news_within_a_stage_is_shown(known: VideoLibrary) -> None:
    assert known.report(REF.video_id, Stage.GENERATING, 20, "At work.")
    assert not known.report(REF.video_id, Stage.GENERATING, 25, "Still working…")
    assert known.video(REF.video_id).message == "Still working…"


def test_what_has_ended_is_not_moved_by_a_late_report(known: VideoLibrary) -> None:
    known.end(REF, READY)
    ended = known.video(REF.video_id)
    assert not known.report(REF.video_id, Stage.RENDERING, 65, "Rendering.")
    assert known.video(REF.video_id) == ended


def test_a_version_ends_once(known: VideoLibrary) -> None:
    assert known.end(REF, READY)
    assert not known.end(REF, FAILED)
    assert known.version(REF).ended == READY
    video = known.video(REF.video_id)
    assert (video.status, video.stage, video.progress) == (Status.READY, Stage.ENDED, 100)
    assert [line.message for line in video.history] == ["The video is ready."]


def _next_version(number: int = 2) -> Version:
    return a_version(number=number, instruction="Shorter.", created_at=LATER)


@pytest.mark.parametrize("status", [Status.READY, Status.NEEDS_ANSWER, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_may_begin_its_next_version(known: VideoLibrary, status: Status) -> None:
    known.end(REF, READY.model_copy(update={"status": status}))
    assert known.begin(known.video(REF.video_id), _next_version())
    video = known.video(REF.video_id)
    assert (video.version, video.status, video.stage, video.progress, video.updated_at) == (
        2,
        Status.QUEUED,
        Stage.QUEUED,
        0,
        LATER,
    )
    assert video.message == "Waiting to start."
    assert [line.message for line in video.history] == ["The video is ready.", "Version 2 was requested."]
    assert known.version(video.ref) == _next_version()
    known.report(REF.video_id, Stage.GENERATING, 20, "At work.")
    assert known.video(REF.video_id).status is Status.WORKING


def test_while_a_version_runs_none_begins(known: VideoLibrary) -> None:
    assert not known.begin(known.video(REF.video_id), _next_version())
    assert known.video(REF.video_id) == a_video()
    assert known.versions(REF.video_id) == [a_version()]


def test_of_two_who_begin_a_version_one_does(known: VideoLibrary) -> None:
    known.end(REF, READY)
    seen_by_both = known.video(REF.video_id)
    assert known.begin(seen_by_both, _next_version())
    other = _next_version().model_copy(update={"instruction": "Longer."})
    assert not known.begin(seen_by_both, other)
    known.end(_next_version().ref, READY)
    assert not known.begin(seen_by_both, other)
    assert known.version(other.ref).instruction == "Shorter."


BLUE, GREEN = (
    QueuedEdit(idempotency_key="a", instruction="Blue “ü”."),
    QueuedEdit(idempotency_key="b", instruction="Green."),
)


def test_edits_wait_in_line(known: VideoLibrary) -> None:
    seen = known.video(REF.video_id)
    assert known.line_up(seen, BLUE)
    assert not known.line_up(seen, GREEN), "the line is not as it was seen"
    assert known.line_up(known.video(REF.video_id), GREEN)
    video = known.video(REF.video_id)
    assert (video.waiting, video.status, video.stage) == ((BLUE, GREEN), Status.QUEUED, Stage.QUEUED)
    assert video.history[-1].message == "An edit waits until version 1 ends: “Green.”"


def test_a_video_takes_as_many_long_edits_as_may_wait(known: VideoLibrary) -> None:
    """DynamoDB takes 400 KB: beyond them a version could not even end."""
    for number in range(MAX_WAITING):
        edit = QueuedEdit(idempotency_key=str(number), instruction="\U0001f600" * 5000)
        assert known.line_up(known.video(REF.video_id), edit)
    assert known.end(REF, READY)
    assert len(known.video(REF.video_id).waiting) == MAX_WAITING


def test_an_edit_that_begins_waits_no_more(known: VideoLibrary) -> None:
    known.line_up(known.video(REF.video_id), BLUE)
    before = known.video(REF.video_id)
    known.line_up(before, GREEN)
    known.end(REF, READY)
    version = _next_version().model_copy(update={"idempotency_key": "a"})
    stale = before.model_copy(update={"stage": Stage.ENDED, "status": Status.READY})
    assert not known.begin(stale, version), "another has lined up since"
    assert known.begin(known.video(REF.video_id), version)
    assert known.video(REF.video_id).waiting == (GREEN,)
    assert known.version(version.ref).idempotency_key == "a"


def test_a_version_that_was_not_in_line_leaves_the_line_alone(known: VideoLibrary) -> None:
    known.line_up(known.video(REF.video_id), BLUE)
    known.end(REF, READY)
    assert known.begin(known.video(REF.video_id), _next_version())
    assert known.video(REF.video_id).waiting == (BLUE,)


def test_nobody_waits_for_what_has_ended(known: VideoLibrary) -> None:
    known.end(REF, READY)
    assert not known.line_up(known.video(REF.video_id), BLUE)
    assert known.video(REF.video_id).waiting == ()


def test_the_newest_video_of_a_key_is_found(store: VideoLibrary) -> None:
    key = "inbox/Größe #1?.png"
    assert store.made_of(key) is None
    for name in ("a", "b"):
        dropped = Drop(file=InboxFile(bucket="inbox", key=key), at=NOW)
        video = a_video().model_copy(update={"video_id": f"vid-{name}", "dropped": dropped})
        store.create(video, a_version(video_id=video.video_id))
        assert store.made_of(key) == store.made_of(PHOTO.key) == video, "by itself, or as a part of it"
    assert store.made_of(key + "x") is None


def test_what_waits_for_its_budget_is_queued_again(known: VideoLibrary) -> None:
    known.report(REF.video_id, Stage.INSPECTING, 2, "Looking.")
    assert known.report(REF.video_id, Stage.QUEUED, 0, "The budget is used up.")
    video = known.video(REF.video_id)
    assert (video.status, video.stage, video.message) == (
        Status.QUEUED,
        Stage.QUEUED,
        "The budget is used up.",
    )
    known.report(REF.video_id, Stage.INSPECTING, 2, "Looking.")
    assert known.video(REF.video_id).status is Status.WORKING


def test_versions_come_however_many_they_are(videos_table: "Table") -> None:
    store = VideoTable(videos_table)
    store.create(a_video(), a_version())
    for number in range(2, 7):
        ref = VersionRef(video_id=REF.video_id, version=number - 1)
        store.write(ref, TIMELINE.model_copy(update={"draft": "x" * 300_000}))  # a query returns 1 MB at most
        store.end(ref, READY)
        store.begin(store.video(REF.video_id), _next_version(number))
    assert [version.number for version in store.versions(REF.video_id)] == [1, 2, 3, 4, 5, 6]


def test_no_version_is_skipped(known: VideoLibrary) -> None:
    known.end(REF, READY)
    ended = known.video(REF.video_id)
    assert not known.begin(ended, _next_version(3))
    assert known.video(REF.video_id) == ended


def test_versions_come_in_order_and_of_one_video_only(known: VideoLibrary) -> None:
    other = a_video().model_copy(update={"video_id": f"{REF.video_id}x"})
    known.create(other, a_version(video_id=other.video_id))
    for number in range(2, 13):
        known.end(VersionRef(video_id=REF.video_id, version=number - 1), READY)
        assert known.begin(known.video(REF.video_id), _next_version(number))
    assert [version.number for version in known.versions(REF.video_id)] == list(range(1, 13))
    assert known.versions("vid-unknown") == []


def _made(store: VideoLibrary, *names: str, owner: str = "ann", **of_video: object) -> None:
    """Videos made one a minute, in this order."""
    for number, name in enumerate(names):
        at = NOW + timedelta(minutes=number)
        news = {"video_id": f"vid-{name}", "owner": owner, "created_at": at} | of_video
        store.create(a_video().model_copy(update=news), a_version(video_id=f"vid-{name}"))


def _listed(store: VideoLibrary, limit: int, status: Status | None = None) -> list[list[str]]:
    """The names on each page of Ann's list."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        page = store.of_owner("ann", status=status, limit=limit, after=cursor)
        pages.append([video.video_id.removeprefix("vid-") for video in page.videos])
        cursor = page.cursor
    return pages


@pytest.mark.parametrize(
    ("limit", "pages"),
    [
        (2, [["e", "d"], ["c", "b"], ["a"]]),
        (5, [["e", "d", "c", "b", "a"]]),
        (4, [["e", "d", "c", "b"], ["a"]]),
        (100, [["e", "d", "c", "b", "a"]]),
        (1, [["e"], ["d"], ["c"], ["b"], ["a"]]),
    ],
)
def test_an_owners_videos_are_listed_newest_first_page_by_page(
    store: VideoLibrary, limit: int, pages: list[list[str]]
) -> None:
    _made(store, *"abcde")
    _made(store, "bobs", "bobs-too", owner="bob")
    assert _listed(store, limit) == pages


def test_who_has_none_is_given_none(store: VideoLibrary) -> None:
    _made(store, "bobs", owner="bob")
    assert _listed(store, 10) == [[]]


@pytest.mark.parametrize(
    ("status", "pages"),
    [(Status.READY, [["e", "c"], ["a"]]), (Status.QUEUED, [["d", "b"]]), (Status.FAILED, [[]])],
)
def test_a_list_may_be_of_one_status(store: VideoLibrary, status: Status, pages: list[list[str]]) -> None:
    _made(store, *"abcde")
    for name in "ace":
        store.end(VersionRef(video_id=f"vid-{name}", version=1), READY)
    assert _listed(store, 2, status) == pages


def test_a_video_made_meanwhile_does_not_move_the_pages(store: VideoLibrary) -> None:
    _made(store, *"abc")
    first = store.of_owner("ann", status=None, limit=2, after=None)
    _made(store, "new", created_at=NOW + timedelta(hours=1))
    rest = store.of_owner("ann", status=None, limit=2, after=first.cursor)
    assert ([video.video_id for video in rest.videos], rest.cursor) == (["vid-a"], None)


@pytest.mark.parametrize("cursor", ["", "x", "ü", "=", "....", *map(_encoded, NO_POSITIONS)])
def test_a_cursor_that_no_list_handed_out_is_refused(store: VideoLibrary, cursor: str) -> None:
    _made(store, *"abc")
    with pytest.raises(BadCursorError):
        store.of_owner("ann", status=None, limit=2, after=cursor)


def test_somebody_elses_cursor_leads_to_ones_own_videos_at_most(videos_table: "Table") -> None:
    store = VideoTable(videos_table)
    _made(store, *"abc")
    _made(store, "bobs", "bobs-too", owner="bob")
    bobs = store.of_owner("bob", status=None, limit=1, after=None).cursor
    page = store.of_owner("ann", status=None, limit=10, after=bobs)
    assert {video.owner for video in page.videos} <= {"ann"}


def test_a_list_goes_on_beyond_what_one_query_returns(videos_table: "Table") -> None:
    store = VideoTable(videos_table)
    _made(store, *"abcde", message="x" * 300_000)  # a query returns 1 MB at most
    assert _listed(store, 4) == [["e", "d", "c", "b"], ["a"]]


def test_a_version_is_in_nobodys_list_and_expires_with_its_video(videos_table: "Table") -> None:
    store = VideoTable(videos_table)
    store.create(a_video(), a_version())
    store.end(REF, READY)
    store.begin(store.video(REF.video_id), _next_version())
    assert videos_table.scan(IndexName="by-owner")["Count"] == 1
    items = videos_table.scan()["Items"]
    assert [item["ttl"] for item in items] == [int(a_video().expires_at.timestamp())] * 3


def test_what_is_not_there_is_not_made_by_a_report(videos_table: "Table") -> None:
    assert not VideoTable(videos_table).report("vid-unknown", Stage.RENDERING, 65, "Rendering.")
    assert videos_table.scan()["Items"] == []


def test_both_items_expire_with_the_video(videos_table: "Table") -> None:
    VideoTable(videos_table).create(a_video(), a_version())
    items = videos_table.scan()["Items"]
    assert [item["ttl"] for item in items] == [int(a_video().expires_at.timestamp())] * 2


@pytest.mark.thorough
def test_which_of_many_videos_are_known_and_how_far_they_are(store: VideoLibrary) -> None:
    ids = [f"vid-{number:03}" for number in range(0, 230, 2)]
    for video_id in ids:
        video = a_video().model_copy(update={"video_id": video_id})
        store.create(video, a_version().model_copy(update={"video_id": video_id}))
    store.report(ids[7], Stage.RENDERING, 65, "Rendering.")
    assert isinstance(store, VideoTable | MemoryStore)
    found = store.stages({f"vid-{number:03}" for number in range(230)})
    assert found == dict.fromkeys(ids, Stage.QUEUED) | {ids[7]: Stage.RENDERING}
    assert store.stages(set()) == {}


def test_a_version_is_unfinished_until_it_is_seen_to_be_over(store: VideoLibrary) -> None:
    assert isinstance(store, VideoTable | MemoryStore)
    for number, name in enumerate(("b", "a")):
        begun_at = NOW + timedelta(minutes=number)
        video = a_video().model_copy(update={"video_id": f"vid-{name}"})
        store.create(video, a_version(video_id=video.video_id, created_at=begun_at))
    first, second = VersionRef(video_id="vid-b", version=1), VersionRef(video_id="vid-a", version=1)
    assert list(store.begun_before(LATER)) == [first, second]
    assert list(store.begun_before(NOW + timedelta(seconds=30))) == [first]
    store.end(first, READY)
    assert list(store.begun_before(LATER)) == [first, second], "its end may not have been announced"
    store.is_over(first)
    store.is_over(first)
    assert list(store.begun_before(LATER)) == [second]
    store.begin(store.video("vid-b"), a_version(video_id="vid-b", number=12, created_at=LATER))
    assert list(store.begun_before(LATER)) == [second]


def test_the_next_version_is_unfinished_too(known: VideoLibrary) -> None:
    assert isinstance(known, VideoTable | MemoryStore)
    known.end(REF, READY)
    known.is_over(REF)
    known.begin(known.video(REF.video_id), _next_version())
    assert list(known.begun_before(LATER + timedelta(days=1))) == [_next_version().ref]


def test_what_is_gone_is_not_brought_back_by_being_over(videos_table: "Table") -> None:
    VideoTable(videos_table).is_over(REF)
    assert videos_table.scan()["Items"] == []


def _with_versions(store: VideoLibrary, count: int) -> list[Version]:
    """A dropped video whose versions have all ended."""
    video = a_video().model_copy(update={"dropped": Drop(file=PHOTO, at=NOW)})
    assert store.create(video, a_version())
    assert store.end(REF, READY)
    for number in range(2, count + 1):
        version = a_version().model_copy(update={"number": number})
        assert store.begin(store.video(REF.video_id), version)
        assert store.end(version.ref, READY)
    return store.versions(REF.video_id)


@pytest.mark.parametrize(
    "count",
    [1, 3, pytest.param(103, marks=pytest.mark.thorough)],  # more than one transaction holds
)
def test_what_is_removed_leaves_nothing(
    store: VideoLibrary, count: int, request: pytest.FixtureRequest
) -> None:
    versions = _with_versions(store, count)
    assert store.remove(store.video(REF.video_id), versions)
    assert store.made_of(PHOTO.key) is None
    assert store.versions(REF.video_id) == []
    if isinstance(store, VideoTable):
        (left,) = request.getfixturevalue("videos_table").scan()["Items"]
        assert left.keys() == {"video_id", "item", "link_key", "ttl"}
        assert REF.video_id not in str(left), "what is left does not name the video"
    with pytest.raises(VideoNotFoundError):
        store.video(REF.video_id)


def test_of_a_deleted_video_alone_the_key_of_its_links_is_left(store: VideoLibrary) -> None:
    versions = _with_versions(store, 1)
    video = store.video(REF.video_id)
    assert store.deleted(REF.video_id) is None
    assert store.remove(video, versions)
    assert store.deleted(REF.video_id) == Deleted(video_id=REF.video_id, link_key=video.link_key)
    assert store.deleted("vid-never") is None


def test_what_was_deleted_is_not_made_again(store: VideoLibrary) -> None:
    versions = _with_versions(store, 1)
    assert store.remove(store.video(REF.video_id), versions)
    assert not store.create(a_video(), a_version())
    with pytest.raises(VideoNotFoundError):
        store.video(REF.video_id)


def test_a_note_is_one_line_of_the_history_and_changes_nothing_else(known: VideoLibrary) -> None:
    before = known.video(REF.video_id)
    known.note(REF.video_id, "A tag is missing.")
    known.note(REF.video_id, "A tag is missing.")
    after = known.video(REF.video_id)
    assert [line.message for line in after.history[len(before.history) :]] == ["A tag is missing."]
    assert after.model_copy(update={"history": before.history}) == before
    with pytest.raises(VideoNotFoundError):
        known.note("vid-never", "A tag is missing.")


def test_the_code_of_a_failure_stands_until_the_next_version_begins(known: VideoLibrary) -> None:
    ended = Ended(status=Status.FAILED, at=NOW, message="It is gone.", code=FailureCode.FILE_GONE)
    assert known.end(REF, ended)
    assert known.version(REF).ended == ended
    assert known.video(REF.video_id).code is FailureCode.FILE_GONE
    assert known.begin(known.video(REF.video_id), a_version(number=2))
    assert known.video(REF.video_id).code is None


def test_a_newer_video_of_the_same_key_keeps_it(store: VideoLibrary) -> None:
    versions = _with_versions(store, 1)
    update = {"video_id": "vid-newer", "dropped": Drop(file=PHOTO, at=NOW)}
    newer = a_video().model_copy(update=update)
    store.create(newer, a_version().model_copy(update={"video_id": "vid-newer"}))
    assert store.remove(store.video(REF.video_id), versions)
    made = store.made_of(PHOTO.key)
    assert made is not None
    assert made.video_id == "vid-newer"


def test_what_goes_on_is_not_removed(store: VideoLibrary) -> None:
    versions = _with_versions(store, 1)
    before = store.video(REF.video_id)
    assert store.begin(before, a_version().model_copy(update={"number": 2}))
    assert not store.remove(before, versions)
    assert len(store.versions(REF.video_id)) == 2


_DROPS = [
    Drop(file=PHOTO.model_copy(update={"version_id": version}), at=NOW + at, sequencer=sequencer)
    for version, at, sequencer in (
        ("z", timedelta(0), "00A1"),
        ("y", timedelta(milliseconds=700), "00A1F"),
        ("x", timedelta(milliseconds=400), "00B"),  # clocks differ, sequencers do not
        ("w", timedelta(seconds=1), "00C0"),
        ("v", timedelta(seconds=1), ""),  # found by the sweep, whose times have no fractions
    )
]


@given(drops=st.permutations(_DROPS))
def test_the_newest_video_of_a_key_is_that_of_the_last_drop_in_any_order_of_events(drops: list[Drop]) -> None:
    store = MemoryStore()
    _accept_all(store, drops)
    newest = store.made_of(PHOTO.key)
    assert newest is not None
    assert newest.video_id == "vid-v"


@pytest.mark.parametrize("order", ["zyxwv", "vwxyz", "xvzwy", "wyvzx"])
def test_the_table_orders_drops_alike(videos_table: "Table", order: str) -> None:
    store = VideoTable(videos_table)
    versions = {drop.file.version_id: drop for drop in _DROPS}
    _accept_all(store, [versions[version] for version in order])
    for version in "vwxyz":
        newest = store.made_of(PHOTO.key)
        assert newest is not None
        assert newest.video_id == f"vid-{version}"
        store.end(newest.ref, READY)
        assert store.remove(store.video(newest.video_id), store.versions(newest.video_id))
    assert store.made_of(PHOTO.key) is None


def test_what_an_earlier_release_knew_as_the_newest_is_found_until_another_is_dropped(
    videos_table: "Table",
) -> None:
    store = VideoTable(videos_table)
    store.create(a_video(), a_version())
    videos_table.put_item(Item={"video_id": f"inbox#{PHOTO.key}", "item": "newest", "made": REF.video_id})
    assert store.made_of(PHOTO.key) == store.video(REF.video_id)
    _accept_all(store, _DROPS[:1])
    newest = store.made_of(PHOTO.key)
    assert newest is not None
    assert newest.video_id == "vid-z"


def _accept_all(store: VideoLibrary, drops: Iterable[Drop]) -> None:
    for drop in drops:
        update = {"video_id": f"vid-{drop.file.version_id}", "dropped": drop}
        video = a_video(drop.file).model_copy(update=update)
        assert store.create(video, a_version(video_id=video.video_id))


def test_a_video_of_a_row_is_found_by_the_place_of_its_result(store: VideoLibrary) -> None:
    for video_id, order in (("vid-new", "2"), ("vid-old", "1")):
        place = RowResult(bucket="b", path="spring/row-2", order=order)
        video = a_video().model_copy(update={"video_id": video_id, "row_result": place})
        assert store.create(video, a_version(video_id=video_id))
    newest = store.made_of("outbox/spring/row-2")
    assert newest is not None
    assert newest.video_id == "vid-new"
    store.end(newest.ref, READY)
    assert store.remove(store.video("vid-new"), store.versions("vid-new"))
    older = store.made_of("outbox/spring/row-2")
    assert older is not None
    assert older.video_id == "vid-old"
