"""How a loss of the account is shared out, case by case; over random ones see `property.test_costs`."""

from datetime import timedelta

import pytest

from tests.support.builders import NOW, READY, SENDING, a_version, a_video
from tests.support.memory import MemoryStore
from tests.unit.videos.property.test_costs import Account, PlannedVersion, Play
from videos.model.records import Status, VersionRef
from videos.model.version import Ended
from videos.spending.costs import (
    LATE,
    LONGEST_KNOWN,
    MOST_KNOWN,
    AccountChange,
    OpenCost,
    Spending,
    moved,
)
from videos.spending.prices import Kind

CANCELLED = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled by its owner.")


def _version(
    begins: int, price: float = 10, *, lasts: int = 100, late: int = 0, **parts: object
) -> PlannedVersion:
    given = {"kind": Kind.GENERATION, "repeats": False} | parts
    return PlannedVersion(begins=begins, lasts=lasts, price=price, late=late, **given)  # type: ignore[arg-type]


def _played(*versions: PlannedVersion, others: object = ()) -> list[float | None]:
    play = Play(list(versions))
    play.run(others)  # type: ignore[arg-type]
    return [
        play.store.version(VersionRef(video_id=f"vid-{n}", version=1)).credits_used
        for n in range(len(versions))
    ]


def _spends(credits_: float) -> object:
    return lambda account: account.charge(credits_)


def test_three_at_once_have_cost_ten_each() -> None:
    assert _played(_version(0), _version(0), _version(0)) == [10, 10, 10]
    assert sum(cost or 0 for cost in _played(_version(0), _version(1), _version(2))) == 30


def test_each_of_those_that_are_made_one_after_the_other_has_cost_its_own() -> None:
    assert _played(_version(0, 10), _version(200, 30), _version(400, 20)) == [10, 30, 20]


def _gives(credits_: float) -> object:
    def happens(account: Account) -> None:
        account.left += credits_

    return happens


@pytest.mark.parametrize("at", [-1, 150, 250, 5000])
def test_what_others_spend_while_nothing_is_made_is_nobodys(at: int) -> None:
    assert _played(_version(0), _version(300), others=((at, _spends(500)),)) == [10, 10]


def test_what_others_spend_meanwhile_is_nobodys_beyond_the_known_price() -> None:
    assert _played(_version(0), others=((50, _spends(500)),)) == [100]
    assert _played(_version(0, kind=Kind.EDIT), others=((50, _spends(500)),)) == [50]


def test_a_price_above_the_known_one_is_believed_when_most_say_so() -> None:
    dear = [_version(200 * number, 250) for number in range(5)]
    assert _played(*dear) == [100, 100, 100, 250, 250]


def test_a_late_charge_is_added() -> None:
    assert _played(_version(0, late=60)) == [10]
    assert _played(_version(0, late=60), _version(0, late=60)) == [10, 10]


def test_a_charge_that_comes_much_too_late_is_nobodys() -> None:
    assert _played(_version(0, late=3000)) == [0]


def test_what_versions_usually_cost_tells_which_one_was_charged() -> None:
    usual = [_version(200 * number) for number in range(3)]
    assert _played(*usual, _version(1000), _version(1090))[3:] == [10, 10]


def test_a_version_is_not_charged_to_those_that_had_ended_before_it_began() -> None:
    assert _played(_version(0), _version(0), _version(200)) == [10, 10, 10]
    failed, retry = _version(0, 0), _version(110)
    assert _played(failed, retry) == [0, 10]


def test_a_charge_that_finds_no_room_shows_whose_an_earlier_one_was() -> None:
    short = _version(0, 30, lasts=100, late=20)
    long = _version(50, 50, lasts=2000, kind=Kind.EDIT)
    assert _played(short, long) == [30, 50]


def test_the_cost_of_a_version_is_final_when_none_is_open_that_overlapped() -> None:
    play = Play([])
    short, long = _begun(play, 0, send_lock=SENDING), _begun(play, 1, send_lock=SENDING)
    play.account.charge(10)
    play.store.end(short, READY)
    play.costs.end(play.store.version(short))
    play.now += LATE + timedelta(seconds=1)
    play.costs.sweep(play.store)
    assert not play.store.version(short).credits_final, "a charge of the other one may show more"
    play.store.end(long, READY)
    play.costs.end(play.store.version(long))
    play.now += LATE + timedelta(seconds=1)
    play.costs.sweep(play.store)
    assert play.store.version(short).credits_final
    assert play.store.version(long).credits_final


def test_where_versions_always_overlap_a_cost_is_final_after_an_hour() -> None:
    play = Play([])
    short, _ = _begun(play, 0, send_lock=SENDING), _begun(play, 1, send_lock=SENDING)
    play.store.end(short, READY)
    play.costs.end(play.store.version(short))
    for wait in (LATE, LONGEST_KNOWN - LATE):
        play.now += wait + timedelta(seconds=1)
        play.costs.sweep(play.store)
    assert play.store.version(short).credits_final
    assert play.costs.book.spending().closed == ()


@pytest.mark.parametrize("open_now", [MOST_KNOWN - 1, MOST_KNOWN, MOST_KNOWN + 1, MOST_KNOWN + 20])
def test_no_more_are_known_than_one_transaction_writes(open_now: int) -> None:
    def one(number: int, **parts: object) -> OpenCost:
        ref = VersionRef(video_id=f"vid-{number}", version=1)
        return OpenCost.model_validate(
            {"ref": ref, "kind": Kind.GENERATION, "begun_at": NOW, "begun": number, **parts}
        )

    at_work = tuple(one(number, begun=1) for number in range(open_now))
    closed = tuple(one(1000 + number, begun=0, last=2 + number, ended_at=NOW) for number in range(5))
    before = Spending(revision=9, left=100, open=at_work, closed=closed)
    after, _ = moved(before, None, NOW, AccountChange())
    assert len(after.open) == min(open_now, MOST_KNOWN)
    assert len(after.open) + len(after.closed) == min(MOST_KNOWN, open_now + 5)


def test_what_is_given_back_is_taken_from_the_latest_shares() -> None:
    play = Play([])
    ref = _begun(play, 0, send_lock=SENDING)
    for charge in (10, 20):
        play.account.charge(charge)
        play.costs.sweep(play.store)
    play.account.left += 15
    play.costs.sweep(play.store)
    (entry,) = play.costs.book.spending().open
    assert [share.amount for share in entry.shares] == [1000, 500]
    assert play.store.version(ref).credits_used == 15


def test_a_charge_given_back_is_no_cost() -> None:
    costs = _played(_version(0, 40, late=-50), _version(0, 0, lasts=200), others=((150, _gives(40)),))
    assert costs == [0, 0]


def test_a_top_up_hides_what_was_spent_and_does_not_make_it_free() -> None:
    assert _played(_version(0), others=((50, _gives(5000)),)) == [None]


def test_balances_of_two_accounts_say_nothing_together() -> None:
    def switch(account: Account) -> None:
        account.token, account.left = "another", 5

    assert _played(_version(0, 0), others=((50, switch),)) == [None]


def test_a_version_that_was_deleted_takes_nothing_and_stops_nobody() -> None:
    store = MemoryStore()
    play = Play([], store=store)
    jobs = [VersionRef(video_id=f"vid-{number}", version=1) for number in range(2)]
    for ref in jobs:
        video = a_video().model_copy(update={"video_id": ref.video_id})
        store.create(video, a_version(video_id=ref.video_id, send_lock=SENDING))
        play.costs.begin(ref, Kind.GENERATION, "ann")
    for ref in jobs:
        store.end(ref, READY)
        play.costs.end(store.version(ref))
    assert store.remove(store.video("vid-0"), store.versions("vid-0"))
    play.account.charge(20)
    play.costs.sweep(store)
    assert store.version(jobs[1]).credits_used == 20
    assert [entry.ref for entry in play.costs.book.spending().open] == [jobs[1]]


def test_a_version_that_was_not_sent_is_free_and_forgotten() -> None:
    play = Play([])
    ref = VersionRef(video_id="vid-0", version=1)
    play.store.create(a_video().model_copy(update={"video_id": "vid-0"}), a_version(video_id="vid-0"))
    play.costs.begin(ref, Kind.GENERATION, "ann")
    play.account.charge(10)
    play.costs.end(play.store.version(ref))
    assert play.costs.book.spending().open == ()


def test_one_that_ended_without_a_word_is_ended_by_the_sweep() -> None:
    play = Play([])
    ref = VersionRef(video_id="vid-0", version=1)
    video = a_video().model_copy(update={"video_id": "vid-0"})
    play.store.create(video, a_version(video_id="vid-0", send_lock=SENDING))
    play.costs.begin(ref, Kind.GENERATION, "ann")
    play.account.charge(10)
    play.costs.sweep(play.store)
    assert not play.store.version(ref).credits_final, "it may still be at work"
    play.store.end(ref, READY)
    play.costs.sweep(play.store)
    assert (play.store.version(ref).credits_used, play.store.version(ref).credits_final) == (10, True)


def _begun(play: Play, number: int, **parts: object) -> VersionRef:
    ref = VersionRef(video_id=f"vid-{number}", version=1)
    video = a_video().model_copy(update={"video_id": ref.video_id})
    play.store.create(video, a_version(video_id=ref.video_id, **parts))
    play.costs.begin(ref, Kind.GENERATION, "ann")
    return ref


def test_the_share_of_a_version_that_was_not_sent_after_all_goes_to_the_others() -> None:
    play = Play([])
    sent, unsent = _begun(play, 0, send_lock=SENDING), _begun(play, 1)
    play.account.charge(10)
    late = _begun(play, 2, send_lock=SENDING)
    shares = [play.store.version(ref).credits_used or 0 for ref in (sent, unsent, late)]
    assert sum(shares) == 10
    assert shares[1] > 0, "it could have been its own"
    play.costs.discard(unsent)
    assert not play.store.version(unsent).credits_used
    for ref in (sent, late):
        play.store.end(ref, READY)
        play.costs.end(play.store.version(ref))
    assert sum(play.store.version(ref).credits_used or 0 for ref in (sent, unsent, late)) == 10


def test_one_that_was_cancelled_before_it_was_sent_is_forgotten_by_the_sweep() -> None:
    play = Play([])
    sent, unsent = _begun(play, 0, send_lock=SENDING), _begun(play, 1)
    play.store.end(unsent, CANCELLED)
    play.account.charge(10)
    play.costs.sweep(play.store)
    play.store.end(sent, READY)
    play.costs.end(play.store.version(sent))
    version = play.store.version(unsent)
    assert (version.credits_used, version.credits_final) == (0, True)
    assert play.store.version(sent).credits_used == 10
