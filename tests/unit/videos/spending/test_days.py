"""How what was spent is added to the days of owners."""

from datetime import UTC, date, datetime

from videos.model.records import VersionRef
from videos.spending.costs import OpenCost
from videos.spending.days import OwnerDay, Spent, spent_by_day
from videos.spending.prices import Kind

LATE = datetime(2026, 5, 4, 23, 59, tzinfo=UTC)
MAY_4 = OwnerDay("ann", date(2026, 5, 4))


def _cost(version: int = 1, credits_: float = 0, owner: str = "ann") -> OpenCost:
    ref = VersionRef(video_id="vid-1", version=version)
    return OpenCost(ref=ref, kind=Kind.EDIT, owner=owner, begun_at=LATE, credits=credits_)


def test_a_version_counts_when_it_begins_as_a_video_or_an_edit() -> None:
    begun = [_cost(1), _cost(2), _cost(3)]
    assert spent_by_day([], {}, begun=begun, discarded=()) == {MAY_4: Spent(videos=1, edits=2)}


def test_only_what_a_cost_has_grown_by_is_added() -> None:
    known = [_cost(1, 40), _cost(2, 7)]
    after = {known[0].ref: 110.5, known[1].ref: 5.0}
    assert spent_by_day(known, after, begun=(), discarded=()) == {MAY_4: Spent(credits=68.5)}


def test_what_was_not_sent_after_all_counts_no_more() -> None:
    known = [_cost(2, 7)]
    after = {known[0].ref: 0.0}
    changes = spent_by_day(known, after, begun=(), discarded={known[0].ref})
    assert changes == {MAY_4: Spent(credits=-7, edits=-1)}


def test_versions_of_earlier_releases_have_no_owner_and_count_nowhere() -> None:
    assert spent_by_day([], {}, begun=[_cost(owner="")], discarded=()) == {}
