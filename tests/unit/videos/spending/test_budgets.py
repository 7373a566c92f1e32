"""What is expected of a version, when limits renew, and what is counted when the balance does not say."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.backend import Answer, Backend
from tests.support.builders import CREDITS, NOW, READY, REF, SENDING, a_version, a_video
from tests.support.memory import MemoryCostBook, MemoryLedger, MemoryStore
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Cost, Ended
from videos.spending.budgets import (
    LONGEST_WAIT,
    Account,
    Budget,
    Limits,
    Period,
    budgets_of,
    charge_credits,
    reserve_credits,
)

LIMITED = Limits(credits_per_day=150)
NEXT = VersionRef(video_id=REF.video_id, version=2)


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(CREDITS, Answer({"data": {"available": 900, "frozen": 100, "total": 1000}}))
    return backend


def _reserved(store: MemoryStore, backend: Backend, ref: VersionRef = REF) -> tuple[MemoryLedger, Account]:
    ledger = MemoryLedger(store)
    done = reserve_credits(
        ref,
        store=store,
        ledger=ledger,
        backend=backend.client,
        book=MemoryCostBook(store),
        limits=LIMITED,
        clock=lambda: NOW,
    )
    assert done.verdict == "reserved"
    return ledger, ledger.account(NOW)


def _a_store(**parts: object) -> MemoryStore:
    store = MemoryStore()
    store.create(a_video(), a_version(**parts))
    return store


@pytest.mark.parametrize(
    ("begins", "day_renews", "month_renews"),
    [
        (datetime(2026, 5, 4, 12, tzinfo=UTC), date(2026, 5, 5), date(2026, 6, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), date(2027, 1, 1), date(2027, 1, 1)),
        (datetime(2028, 2, 28, tzinfo=UTC), date(2028, 2, 29), date(2028, 3, 1)),
        (datetime.fromisoformat("2026-06-01T01:00:00+02:00"), date(2026, 6, 1), date(2026, 6, 1)),
    ],
)
def test_limits_renew_at_midnight_utc(begins: datetime, day_renews: date, month_renews: date) -> None:
    day, month = budgets_of("ann", Limits(credits_per_day=1, owner_credits_per_month=1), begins)
    assert [budget.renews_at.date() for budget in (day, month)] == [day_renews, month_renews]
    assert {budget.renews_at.timetz().isoformat() for budget in (day, month)} == {"00:00:00+00:00"}


def test_budgets_are_told_apart() -> None:
    limits = Limits(1, 1, 1, 1)
    keys = {
        budget.key
        for owner in ("ann", "bob")
        for days in (0, 1, 30)
        for budget in budgets_of(owner, limits, NOW + timedelta(days=days))
    }
    assert len(keys) == 3 + 2 + 2 * (3 + 2)
    assert budgets_of("ann", Limits(), NOW) == ()


def test_what_waits_tells_why_and_looks_again(backend: Backend) -> None:
    store = _a_store()
    ledger, _ = _reserved(store, backend)
    other = a_video().model_copy(update={"video_id": "vid-other"})
    store.create(other, a_version(video_id="vid-other"))
    store.report("vid-other", Stage.INSPECTING, 2, "Looking.")
    waits = reserve_credits(
        other.ref,
        store=store,
        ledger=ledger,
        backend=backend.client,
        book=MemoryCostBook(store),
        limits=LIMITED,
        clock=lambda: NOW,
    )
    assert (waits.verdict, waits.wait_seconds) == ("wait", LONGEST_WAIT.total_seconds())
    video = store.video("vid-other")
    assert (video.status, video.message) == (
        Status.QUEUED,
        (
            "The budget of 150 credits a day is used up."
            " The video starts when the limit renews, on 5 May 2026 at 00:00 UTC."
        ),
    )
    late = reserve_credits(
        other.ref,
        store=store,
        ledger=ledger,
        backend=backend.client,
        book=MemoryCostBook(store),
        limits=LIMITED,
        clock=lambda: NOW.replace(hour=23, minute=59),
    )
    assert 60 <= late.wait_seconds <= 60 + 300


@pytest.mark.parametrize(
    ("parts", "left", "counted"),
    [
        ({}, 1000, 0),  # it never came so far
        ({"send_lock": SENDING}, 960, 100),  # nothing says what it cost
        ({"send_lock": SENDING, "ended": READY, "cost": Cost(credits=40)}, 960, 40),
        ({"send_lock": SENDING, "ended": READY, "cost": Cost(credits=40)}, None, 40),
        ({"send_lock": SENDING, "ended": READY, "cost": Cost(credits=100)}, 870, 130),
        ({"send_lock": SENDING, "ended": READY, "cost": Cost(credits=0, final=True)}, 1500, 0),
        ({"send_lock": SENDING, "ended": Ended(status=Status.CANCELLED, at=NOW, message="x")}, 1000, 100),
    ],
)
def test_what_was_spent_is_counted(
    backend: Backend, parts: dict[str, object], left: float | None, counted: float
) -> None:
    store = _a_store(**{name: part for name, part in parts.items() if name != "ended"})
    ledger, account = _reserved(store, backend)
    assert account == Account(held=100, balance=1000)
    ended = parts.get("ended")
    if isinstance(ended, Ended):
        store.end(REF, ended)
    balance = Answer({}, status=400) if left is None else Answer({"data": {"available": left}})
    backend.on(CREDITS, balance)
    for _ in range(2):
        charge_credits(REF, store=store, ledger=ledger, backend=backend.client, clock=lambda: NOW)
    (budget,) = budgets_of("inbox", LIMITED, NOW)
    assert ledger.committed(budget) == counted
    assert ledger.account(NOW).held == 0


def test_the_name_of_a_budget_is_for_people() -> None:
    assert Budget("ann", Period.MONTH, NOW.date(), 12_500, "").name == "Your budget of 12,500 credits a month"
