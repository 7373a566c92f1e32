"""The studio's records: one SQLite file, used from one thread, each step well under a millisecond."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Moments are seconds since 1970, in UTC.
_SCHEMA = """
CREATE TABLE accounts (
    user_id TEXT PRIMARY KEY,
    client_id TEXT UNIQUE,
    total INTEGER NOT NULL,
    available INTEGER NOT NULL CHECK (available >= 0),
    frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen >= 0)
) STRICT;
CREATE TABLE tokens (
    digest TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES accounts,
    scopes TEXT NOT NULL,
    address TEXT,
    issued_at REAL NOT NULL,
    expires_at REAL NOT NULL
) STRICT;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    task_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    language TEXT NOT NULL,
    claim_secret TEXT NOT NULL,
    draft TEXT,
    upcoming TEXT,
    directed INTEGER NOT NULL DEFAULT 0,
    edits INTEGER NOT NULL DEFAULT 0,
    used_at REAL NOT NULL
) STRICT;
CREATE TABLE media (
    id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions ON DELETE CASCADE,
    description TEXT NOT NULL,
    size INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX media_of_session ON media (session_id);
CREATE TABLE renders (
    user_id TEXT NOT NULL,
    id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    job TEXT NOT NULL,
    status TEXT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    error TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    completed_at REAL,
    size INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, id)
) STRICT;
CREATE INDEX renders_by_status ON renders (status);
CREATE INDEX sessions_of_user ON sessions (user_id);
"""
# What the records of an earlier version lack, by that version.
_ADDED = {
    1: """
    ALTER TABLE media ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE renders ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX sessions_of_user ON sessions (user_id);
    """,
}
_VERSION = 2


class OtherVersionError(Exception):
    """The records were written by another version of the studio."""


def connect(path: Path | None = None) -> sqlite3.Connection:
    """Open the records, making them where there are none; without a path they are in memory.

    Raises:
        OtherVersionError: this studio cannot read them.
    """
    database = sqlite3.connect(path or ":memory:", isolation_level=None)
    database.row_factory = sqlite3.Row
    # Readers are not kept waiting by a writer, and a killed process loses nothing that was committed.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA foreign_keys = ON")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        database.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
    while version in _ADDED:
        database.executescript(f"BEGIN; {_ADDED[version]} PRAGMA user_version = {version + 1}; COMMIT;")
        version += 1
    if version not in {0, _VERSION}:
        database.close()
        raise OtherVersionError(
            f"{path} was written by another version of the studio ({version}, not {_VERSION}). "
            "Use another data folder, or remove this one."
        )
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of the block, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
