"""`nemo-video watch`: a video of each file that is saved in a folder.

A journal in the folder says how far each file is, and is written before and after each step. So the program
can be stopped at any moment. A repeated request has the same idempotency key, and is not paid for twice.
"""

import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import click
from pydantic import BaseModel, TypeAdapter, ValidationError

from nemo_video import rules
from nemo_video.cli.app import App
from nemo_video.client import NemoVideo
from nemo_video.errors import (
    ApiError,
    AuthenticationError,
    ConnectionFailedError,
    InvalidRequestError,
    NemoVideoError,
    NotFoundError,
    StorageError,
)
from nemo_video.models import Video

if sys.platform != "win32":
    import fcntl

JOURNAL, LOCK = ".nemo-video.json", ".nemo-video.lock"
SCAN_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 3.0
"""A file is complete when its size and its time have not changed for so long."""
POLL_SECONDS: Final = 5.0
"""Pause between two looks at one video."""
AFTER_TROUBLE_SECONDS: Final = 10.0
MOST_ATTEMPTS: Final = 3
KEPT: Final = timedelta(hours=23)
"""For 24 hours, the API answers a repeated request with the video of the first one."""
UNFINISHED: Final = (".part", ".partial", ".crdownload", ".download", ".tmp")
"""Endings of files that other programs are still writing."""


def _now() -> datetime:
    return datetime.now(UTC)


class Entry(BaseModel):
    """How far one file is.

    `left`: it was there before the first start. `new`: to be uploaded. `asked`: the video was asked for, and
    the answer is not known yet. `ended`: saved, failed or rejected; `said` says which.
    """

    size: int
    mtime_ns: int
    state: Literal["left", "new", "uploaded", "asked", "making", "ended"]
    sha256: str | None = None
    attempt: int = 1
    upload_id: str | None = None
    asked_at: datetime | None = None
    video_id: str | None = None
    said: str = ""

    @property
    def fingerprint(self) -> tuple[int, int]:
        """Return what changes when the file changes."""
        return self.size, self.mtime_ns


_ENTRIES: Final = TypeAdapter(dict[str, Entry])


class FolderWatch:
    """Makes videos of the files of one folder. `tick` does what can be done now."""

    def __init__(
        self, folder: Path, results: Path, instruction: str | None, nemo: NemoVideo, app: App
    ) -> None:
        self.folder = folder
        self._results = results
        self._instruction = instruction
        self._nemo = nemo
        self.app = app
        self._entries: dict[str, Entry] = {}
        self._seen: dict[str, tuple[tuple[int, int], float]] = {}
        self._polled: dict[str, float] = {}

    def begin(self, *, includes_existing: bool) -> None:
        """Read the journal. Without one, leave the files alone that are there already.

        Raises:
            NemoVideoError: The journal cannot be read.
        """
        path = self.folder / JOURNAL
        if path.exists():
            try:
                self._entries = _ENTRIES.validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                raise NemoVideoError(
                    f"{path} cannot be read. It records which files are paid for."
                    " Restore it, or move it elsewhere to start without it."
                ) from error
            return
        if not includes_existing:
            self._entries = {
                name: Entry(size=size, mtime_ns=mtime_ns, state="left")
                for name, (size, mtime_ns) in self._scan()
            }
            if self._entries:
                self.app.output.note(
                    f"Files that are already there are ignored: {len(self._entries)}."
                    f" To make videos of them too: delete {path}, and add --existing."
                )
        self._save()

    def tick(self, now: float) -> None:
        """Take in complete files, and bring every file as far as it goes now.

        Raises:
            NemoVideoError: The API cannot be reached, or does not accept the key.
        """
        for name, found in self._scan():
            if name not in self._entries or self._entries[name].fingerprint != found:
                self._settle(name, found, now)
        trouble: ApiError | None = None
        for name, entry in list(self._entries.items()):
            try:
                if entry.state in {"new", "uploaded", "asked"}:
                    self._start(name, entry)
                elif entry.state == "making" and now - self._polled.get(name, -math.inf) >= POLL_SECONDS:
                    self._polled[name] = now
                    self._look(name, entry)
            except AuthenticationError:
                raise
            except ApiError as error:  # the other files need not wait for this one
                trouble = error
        if trouble is not None:
            raise trouble

    def _scan(self) -> Iterator[tuple[str, tuple[int, int]]]:
        with os.scandir(self.folder) as found:
            for item in sorted(found, key=lambda each: each.name):
                if item.name.startswith((".", "~$")) or item.name.lower().endswith(UNFINISHED):
                    continue
                try:
                    status = item.stat()
                    if item.is_file() and status.st_size:
                        yield item.name, (status.st_size, status.st_mtime_ns)
                except OSError:  # it has just been removed
                    continue

    def _settle(self, name: str, found: tuple[int, int], now: float) -> None:
        """Take a file in when it has not changed for a while."""
        before, since = self._seen.get(name, (None, now))
        if before != found:
            self._seen[name] = (found, now)
            return
        if now - since < QUIET_SECONDS:
            return
        try:
            with (self.folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:  # it cannot be read yet, or has been removed
            return
        del self._seen[name]
        size, mtime_ns = found
        known = self._entries.get(name)
        if known is not None and known.sha256 == digest:
            known.size, known.mtime_ns = size, mtime_ns
        else:
            self._entries[name] = Entry(size=size, mtime_ns=mtime_ns, state="new", sha256=digest)
            self._polled.pop(name, None)
        self._save()

    def _start(self, name: str, entry: Entry) -> None:
        """Upload a file, and ask for its video. Each step is noted before the next one."""
        key = self._key(name, entry)
        try:
            if entry.state == "new":
                self.app.output.note(f"{name}: uploading")
                entry.upload_id = self._nemo.upload(
                    self.folder / name, idempotency_key=rules.part_key(key, "file-0")
                )
                if not self._is_unchanged(name, entry):
                    del self._entries[name]  # it will settle again
                    return
                entry.state = "uploaded"
                self._save()
            with self.app.answered_first(self.app.advice):
                video = self._asked_for(entry, key)
                entry.state, entry.video_id = "making", video.id
                self._save()
            self.app.output.note(f"{name}: {video.id} is being made")
        except InvalidRequestError as error:
            if error.field == "upload_ids" and entry.attempt < MOST_ATTEMPTS:
                # The upload is gone, so no video was made of it.
                entry.state, entry.upload_id, entry.asked_at = "new", None, None
                entry.attempt += 1
                self._save()
            else:
                self._end(name, entry, f"rejected: {error}")
        except (NotFoundError, StorageError) as error:
            self._end(name, entry, f"rejected: {error}")
        except (ApiError, ConnectionFailedError):
            raise
        except NemoVideoError:  # it can no longer be read
            if (self.folder / name).exists():
                raise
            self._end(name, entry, "removed before it was uploaded")

    def _asked_for(self, entry: Entry, key: str) -> Video:
        """Return the video of a file. It is made if it has not been asked for."""
        now = _now()
        if entry.asked_at is not None and now - entry.asked_at > KEPT:
            made = self._made_earlier(key, entry.asked_at)
            if made is not None:
                return made
        entry.asked_at = entry.asked_at or now
        entry.state = "asked"
        self._save()
        return self._nemo.create(
            self._instruction,
            upload_ids=[entry.upload_id or ""],
            metadata={"watch": key},
            idempotency_key=key,
        )

    def _made_earlier(self, key: str, asked_at: datetime) -> Video | None:
        for video in self._nemo.list():
            if video.created_at < asked_at - timedelta(hours=1):
                break
            if (video.metadata or {}).get("watch") == key:
                return self._nemo.get(video.id)
        return None

    def _look(self, name: str, entry: Entry) -> None:
        """Save a video that is ready."""
        try:
            video = self._nemo.get(entry.video_id or "")
        except NotFoundError:
            self._end(name, entry, "deleted")
            return
        if not rules.has_ended(video):
            return
        if video.status != "ready":
            self._end(name, entry, f"{video.status.replace('_', ' ')}: {video.message}", video)
            return
        saved = self._nemo.download(video, self._results / f"{name}.mp4")
        self._end(name, entry, f"saved {saved}", video)

    def _end(self, name: str, entry: Entry, said: str, video: Video | None = None) -> None:
        entry.state, entry.said = "ended", said
        self._save()
        data = {"source": name, "said": said, "video": video}
        self.app.output.line_of_json(data, f"{name}: {said}")

    def _key(self, name: str, entry: Entry) -> str:
        facts = [name, entry.sha256, self._instruction, entry.attempt]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def _is_unchanged(self, name: str, entry: Entry) -> bool:
        try:
            status = (self.folder / name).stat()
        except OSError:
            return True  # what was uploaded is complete
        return (status.st_size, status.st_mtime_ns) == entry.fingerprint

    def _save(self) -> None:
        """Write the journal, whole or not at all."""
        path = self.folder / JOURNAL
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(_ENTRIES.dump_json(self._entries, indent=1))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def watch(folder_watch: FolderWatch, *, includes_existing: bool) -> None:
    """Follow a folder until the program is interrupted.

    Raises:
        NemoVideoError: The key is no longer accepted, or a file cannot be written.
    """
    with locked(folder_watch.folder):
        folder_watch.begin(includes_existing=includes_existing)
        note = folder_watch.app.output.note
        note(f"Watching {folder_watch.folder}. Save files there. Press Ctrl-C to stop.")
        while True:
            try:
                folder_watch.tick(time.monotonic())
            except AuthenticationError:
                raise
            except (ApiError, ConnectionFailedError) as error:
                note(f"{error} Trying again.")
                time.sleep(AFTER_TROUBLE_SECONDS)
            time.sleep(SCAN_SECONDS)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let no second program watch the same folder at the same time."""
    with (folder / LOCK).open("w") as lock:
        if sys.platform != "win32":
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise click.UsageError(f"Another nemo-video already watches {folder}.") from None
        yield
