import contextlib
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from studio.draft import Draft
from studio.errors import BadRequestError, RateLimitedError, SessionNotFoundError
from studio.media.items import Media
from studio.state.database import OtherVersionError, connect
from studio.state.sessions import MOST_MEDIA, Sessions
from studio.state.storage import Storage

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DRAFT = Draft.model_validate({"t": [{"tt": 0, "sg": [{"d": 4000}]}], "d": 4000})


def test_a_session_comes_back_from_its_file(tmp_path: Path, photo: Media, page: Media) -> None:
    records = connect(tmp_path / "records")
    sessions = Sessions(records)
    session = sessions.create("user", "zh", NOW)
    sessions.add(session, [photo, page])
    session.draft, session.directed, session.edits = DRAFT, 2, 3
    session.save()
    records.close()

    with contextlib.closing(connect(tmp_path / "records")) as records:
        found = Sessions(records).find(session.id, "user", NOW)
    assert found is not session
    assert (found.task_id, found.language, found.claim_secret) == (
        session.task_id,
        "zh",
        session.claim_secret,
    )
    assert (found.media, found.draft, found.directed, found.edits) == ([photo, page], DRAFT, 2, 3)


def test_whoever_asks_for_a_session_gets_the_same_one(database: sqlite3.Connection) -> None:
    sessions = Sessions(database)
    session = sessions.create("user", "en", NOW)
    assert sessions.find(session.id, "user", NOW) is session


def test_a_session_belongs_to_its_user(database: sqlite3.Connection) -> None:
    sessions = Sessions(database)
    session = sessions.create("user", "en", NOW)
    with pytest.raises(SessionNotFoundError):
        sessions.find(session.id, "stranger", NOW)


def test_a_session_expires_when_idle_and_not_when_used(database: sqlite3.Connection) -> None:
    sessions = Sessions(database, idle_life=DAY)
    session = sessions.create("user", "en", NOW)
    sessions.find(session.id, "user", NOW + DAY * 0.9)
    sessions.find(session.id, "user", NOW + DAY * 1.8)
    with pytest.raises(SessionNotFoundError, match="expired"):
        sessions.find(session.id, "user", NOW + DAY * 2.8)


def test_idle_sessions_are_forgotten_with_their_media(
    database: sqlite3.Connection, photo: Media, song: Media
) -> None:
    sessions = Sessions(database, idle_life=DAY)
    idle, used = sessions.create("user", "en", NOW), sessions.create("user", "en", NOW)
    sessions.add(idle, [photo])
    sessions.add(used, [song])
    sessions.find(used.id, "user", NOW + DAY / 2)
    assert sessions.forget_idle(NOW + DAY) == [photo.id]
    assert sessions.media(photo.id) is None
    assert sessions.media(song.id) == song
    assert sessions.count() == 1


def test_a_session_holds_so_many_files_at_most(database: sqlite3.Connection, photo: Media) -> None:
    sessions = Sessions(database)
    session = sessions.create("user", "en", NOW)
    with pytest.raises(BadRequestError, match=f"{MOST_MEDIA} files at most"):
        sessions.add(session, [photo] * (MOST_MEDIA + 1))
    assert list(sessions.media_ids()) == []


def test_additions_that_a_stop_came_before_are_made_at_the_start(database: sqlite3.Connection) -> None:
    session = Sessions(database).create("user", "en", NOW)
    longer = DRAFT.model_copy(update={"duration": 5000})
    session.draft, session.upcoming = DRAFT, longer
    session.save()

    sessions = Sessions(database)
    sessions.recover()
    found = sessions.find(session.id, "user", NOW)
    assert (found.draft, found.upcoming) == (longer, None)


def test_an_account_has_so_many_sessions_in_use(database: sqlite3.Connection) -> None:
    sessions = Sessions(database, idle_life=DAY)
    sessions.create("user", "en", NOW, most=1)
    sessions.create("other", "en", NOW, most=1)
    with pytest.raises(RateLimitedError, match="has 1 sessions"):
        sessions.create("user", "en", NOW, most=1)
    sessions.create("user", "en", NOW + 2 * DAY, most=1)


def test_records_of_the_first_version_are_taken_over(tmp_path: Path, photo: Media) -> None:
    records = connect(tmp_path / "records")
    session = Sessions(records).create("user", "en", NOW)
    for statement in (
        "DROP INDEX sessions_of_user",
        "ALTER TABLE media DROP COLUMN size",
        "ALTER TABLE renders DROP COLUMN size",
        "PRAGMA user_version = 1",
    ):
        records.execute(statement)
    records.close()
    with contextlib.closing(connect(tmp_path / "records")) as records:
        sessions = Sessions(records)
        sessions.add(sessions.find(session.id, "user", NOW), [replace(photo, size=7)])
        assert Storage(records).used("user") == 7


def test_records_of_another_version_are_left_alone(tmp_path: Path) -> None:
    other = connect(tmp_path / "records")
    other.execute("PRAGMA user_version = 99")
    other.close()
    with pytest.raises(OtherVersionError, match="another version"):
        connect(tmp_path / "records")
