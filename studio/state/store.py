"""Everything a running studio remembers: records in SQLite, files under the data folder."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from studio.agent.conversation import Agent
from studio.director.writer import writer_from
from studio.isolation.processes import Isolation
from studio.media import browser, fetching
from studio.media.addresses import Reachable
from studio.media.browser import IsolatedBrowser
from studio.media.items import Media
from studio.settings import Allowance, Settings
from studio.state.accounts import Account, Accounts
from studio.state.database import connect
from studio.state.renders import Renders
from studio.state.sessions import Session, Sessions
from studio.state.storage import Storage
from studio.state.uploads import Uploads

SWEEP_EVERY_S = 600


class FolderInUseError(Exception):
    """Another studio works in the data folder."""


class Store:
    """Opens the data folder and goes on where the last studio stopped.

    Raises:
        FolderInUseError: another studio works in it.
        OtherVersionError: another version of the studio wrote it.
    """

    def __init__(self, settings: Settings) -> None:
        records = records_in(settings.data_dir)
        self._lock = _lock(settings.data_dir)
        self.settings = settings
        self._database = connect(records)
        self.accounts = Accounts(
            self._database,
            settings.credits,
            anonymous_scopes=settings.anonymous_scopes,
            tokens_per_address=settings.tokens_per_address,
        )
        self.sessions = Sessions(self._database, settings.keep)
        self.storage = Storage(self._database)
        self._isolation = Isolation()
        reachable = Reachable(settings.trusted_hosts)
        program = browser.executable() if settings.browser else None
        self.uploads = Uploads(
            settings.data_dir / "media",
            settings.largest_upload,
            settings.request_idle_seconds,
            self._isolation,
            client=lambda: fetching.client(reachable),
            screen=IsolatedBrowser(self._isolation, program, settings.trusted_hosts) if program else None,
        )
        self.renders = Renders(self._database, settings.data_dir / "renders")
        self.agent = Agent(settings, self._isolation, writer_from(os.environ))
        self._recover()

    async def sweep(self) -> None:
        """Forget what has expired, for ever."""
        while True:
            files = self._expired_files(datetime.now(UTC))
            await asyncio.to_thread(_remove, files)
            await asyncio.sleep(SWEEP_EVERY_S)

    def forget_expired(self, now: datetime) -> None:
        _remove(self._expired_files(now))

    def allowance(self, account: Account) -> Allowance:
        return self.settings.allowance(is_anonymous=account.is_anonymous)

    def _expired_files(self, now: datetime) -> list[Path]:
        """Files and folders of records that have expired. The records are removed."""
        self.accounts.forget_expired_tokens(now)
        return [
            *self.renders.take_older(now - self.settings.keep),
            *(self.uploads.file(media_id) for media_id in self.sessions.forget_idle(now)),
        ]

    def keep_media(self, session: Session, media: Sequence[Media]) -> None:
        """Keep what was uploaded with its session, or nothing of it.

        Raises:
            BadRequestError: the session has as many files as it can hold.
        """
        try:
            self.sessions.add(session, media)
        except BaseException:
            self.uploads.forget(item.id for item in media)
            raise

    async def close(self) -> None:
        await self.agent.close()
        self._isolation.close()
        self._database.close()
        os.close(self._lock)

    def _recover(self) -> None:
        self.accounts.recover()
        self.sessions.recover()
        self.renders.recover()
        self.uploads.keep_only(self.sessions.media_ids())


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def records_in(data_dir: Path) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    return data_dir / "studio.sqlite3"


def _lock(folder: Path) -> int:
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise FolderInUseError(f"Another studio works in {folder}. Stop it or use another folder.") from error
    return lock
