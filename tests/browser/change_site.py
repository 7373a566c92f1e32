"""The watch page with a change link, and the handlers behind it: a finished video that can be changed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handlers import wiring
from tests.browser.film import write_film
from tests.browser.site import SignedFiles, serving
from tests.support.builders import SENDING, SESSION_ID
from tests.support.memory import MemoryCostBook, MemoryLinkBook, MemoryStore
from tests.support.recorded import RecordedDeleter, RecordedWorkflow
from videos.events.signed_links import change_url, watch_url
from videos.model.media import InboxFile
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Announced, Cost, Delivered, Editor, Ended, Timeline, Version
from videos.model.video import BackendSession, Video

SETTINGS = {
    "PUBLIC_URL": "",
    "CHANGE_LINKS": "true",
    "CHANGE_LINK_CHANGES": "4",
    "CHANGE_LINK_CREDITS": "500",
}
ID = "vid-tidewater"
EDITOR = "https://nemovideo.com/workspace/claim?ct=clm_example"
INSTRUCTION = "Make a vertical product teaser of this kettle, eight seconds long."


@dataclass
class ChangeSite:
    """What visitors reach, and what the pipeline would do behind it."""

    origin: str
    files: Path
    store: MemoryStore = field(default_factory=MemoryStore)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    deleter: RecordedDeleter = field(default_factory=RecordedDeleter)

    def __post_init__(self) -> None:
        self.links, self.costs = MemoryLinkBook(self.store), MemoryCostBook(self.store)

    def add(self, status: Status = Status.READY, message: str = "The video is ready.") -> None:
        """Add a video whose first version has ended so."""
        now = datetime.now(UTC)
        video = Video(
            video_id=ID,
            owner="studio",
            source="inbox",
            media=(InboxFile(bucket="the-inbox", key="inbox/Tidewater kettle.png"),),
            instruction=INSTRUCTION,
            request_fingerprint="f",
            link_key="the key of the video",
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(days=30),
            backend_session=BackendSession(session_id=SESSION_ID),
        )
        version = Version(video_id=ID, number=1, instruction=INSTRUCTION, created_at=now, send_lock=SENDING)
        self.store.create(video, version)
        self.finish(status, message)

    def link(self) -> str:
        """The link that was mailed."""
        now = datetime.now(UTC)
        return change_url(self.origin, self.store.video(ID), version=1, since=now, days=7)

    def watching(self) -> str:
        """The link that only shows the video."""
        return watch_url(self.origin, self.store.video(ID))

    def work(self, percent: int, message: str) -> None:
        """Report how far the newest version is."""
        self.store.report(ID, Stage.GENERATING, percent, message)

    def finish(self, status: Status = Status.READY, message: str = "The video is ready.") -> None:
        """End the newest version; with a film if it is ready."""
        ref, now = self.store.video(ID).ref, datetime.now(UTC)
        self.store.write(ref, SENDING)
        if status is Status.READY:
            self._deliver(ref)
        self.store.write(ref, Cost(credits=20, available=80, final=True))
        self.store.write(ref, Announced(at=now, message_id="m"))
        self.store.end(ref, Ended.model_validate({"status": status, "at": now, "message": message}))

    def _deliver(self, ref: VersionRef) -> None:
        folder = self.files / f"videos/{ID}/{ref.version}"
        # Of each version a film of another length, so that one sees which one plays.
        write_film(folder / "video.mp4", width=270, height=480, seconds=1 + ref.version)
        key, seconds = f"videos/{ID}/{ref.version}/video.mp4", 1 + ref.version
        changes = ("Video shortened from 8s to 6s", "BGM removed: Quiet harbour") if ref.version > 1 else ()
        summary = 'Timeline (2 tracks): 1. Video: hero shot (0-3s) 2. Title: "Slow mornings" (1-3s)'
        parts = (
            Timeline(fingerprint="t", summary=summary, duration_ms=1000 * seconds, changes=changes),
            Delivered(
                bucket="the-videos",
                key=key,
                poster_key=key.replace("video.mp4", "poster.jpg"),
                size=(folder / "video.mp4").stat().st_size,
                sha256="0" * 64,
                duration_ms=1000 * seconds,
                width=270,
                height=480,
            ),
            Editor(link=EDITOR, expires_at=datetime.now(UTC) + timedelta(days=7)),
        )
        for part in parts:
            self.store.write(ref, part)


@contextmanager
def change_site(files: Path) -> Iterator[ChangeSite]:
    """Serve the page and the actions of a video, which is to be added."""
    with serving(files) as (pages, signed), pytest.MonkeyPatch.context() as patch:
        site = ChangeSite(pages, files)
        ports = {
            "store": site.store,
            "storage": SignedFiles(signed, files),
            "workflow": site.workflow,
            "change_links": site.links,
            "cost_book": site.costs,
            "inbox_deleter": site.deleter,
            "storage_deleter": site.deleter,
        }
        for name, port in ports.items():
            patch.setattr(wiring, name, lambda port=port: port)
        for name, value in SETTINGS.items():
            patch.setenv(name, value)
        yield site
    shutil.rmtree(files, ignore_errors=True)
