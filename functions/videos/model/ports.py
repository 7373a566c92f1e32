"""What the domain needs of other services; `aws` provides it."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Literal, Protocol

from pydantic import BaseModel

from videos.model.media import Drop, InboxFile
from videos.model.records import SendOrder, Stage, Status, VersionRef
from videos.model.version import Ended, SendLock, Version, VersionPart
from videos.model.video import Deleted, QueuedEdit, Video, VideoPart


class VideoStore(Protocol):
    """Stores videos and versions. Each method is one atomic write or one consistent read."""

    def create(self, video: Video, version: Version) -> bool:
        """Store a new video and its first version; False when the id is known, or of a deleted video."""

    def video(self, video_id: str) -> Video:
        """Raises: VideoNotFoundError."""

    def deleted(self, video_id: str) -> Deleted | None:
        """Return what is left of a video that was deleted; None for any other id."""

    def version(self, ref: VersionRef) -> Version:
        """Raises: VideoNotFoundError."""

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        """Write one part of the video, replacing what was there."""

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        """Write one part of the version, replacing what was there."""

    def write_once(self, ref: VersionRef, part: VersionPart) -> bool:
        """Write one part of the version unless another is there; False when one is.

        Writing an equal part again counts as written, by whichever caller. So a lock has to name its holder.
        """

    def lock(self, ref: VersionRef, send_lock: SendLock) -> bool:
        """Take the send lock of a version; False when another one has it, or the version has ended."""

    def withdraw(self, ref: VersionRef, part: VersionPart) -> bool:
        """Remove one part of the version if it is still exactly this; False when it is not."""

    def note(self, video_id: str, message: str) -> None:
        """Add a line to the history of a video, once. Raises: VideoNotFoundError."""

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        """Show people the stage of the video; True if it enters the stage: a new history entry."""

    def end(self, ref: VersionRef, ended: Ended) -> bool:
        """End the version, and with it the video for now; False when it has ended already."""


class VideoIndex(Protocol):
    """The stages of videos."""

    def stages(self, video_ids: Collection[str]) -> dict[str, Stage]:
        """Return the stage of each known id, of at most a thousand ids."""


class Checkpoint(Protocol):
    """Where an interrupted reader continues."""

    def place(self) -> str | None: ...

    def put(self, place: str | None) -> None: ...


class VideosPage(BaseModel):
    """A page of a list, and the cursor of the next page."""

    videos: list[Video]
    cursor: str | None = None


class BadCursorError(ValueError):
    """The cursor was not returned by a list."""


class VideoLibrary(VideoStore, Protocol):
    """The store as the use cases that list and continue videos need it."""

    def versions(self, video_id: str) -> list[Version]:
        """All versions of a video, the first one first."""

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> VideosPage:
        """The owner's videos, newest first, from a cursor on. Raises: BadCursorError."""

    def begin(self, video: Video, version: Version) -> bool:
        """Begin a video's next version, which is queued no more; False if one runs, or another was first."""

    def line_up(self, video: Video, change: QueuedEdit) -> bool:
        """Queue an edit behind the version that runs; False if that has ended, or the queue has changed."""

    def made_of(self, key: str) -> Video | None:
        """Return the newest video made of an inbox key, alone or as a part of a manifest."""

    def remove(self, video: Video, versions: Collection[Version]) -> bool:
        """Remove its records, if no version was begun meanwhile; False when one was.

        Leaves what `deleted` returns, until the video would have expired.
        """


class Deleter(Protocol):
    """Removes files for good. A missing file is not an error."""

    def remove_versions(self, file: InboxFile) -> None:
        """Remove one version of an object, or all if the file names none."""

    def remove_below(self, prefix: str) -> None:
        """Remove all objects with a prefix."""


class Inbox(Protocol):
    """The files that people dropped."""

    def describe(self, file: InboxFile) -> "InboxFileFacts":
        """Raises: FileNotFoundError, PermissionError."""

    def head(self, file: InboxFile, count: int) -> bytes:
        """The first bytes. Raises: FileNotFoundError, PermissionError."""

    def open(self, file: InboxFile) -> BinaryIO:
        """A stream of the bytes. Raises: FileNotFoundError, PermissionError."""

    def names(self, folder: str, beginning: str = "") -> tuple[str, ...]:
        """Return the names in a folder that begin so, without folders below: the first thousand, by key."""

    def neighbours(self, file: InboxFile) -> "tuple[Neighbour, ...]":
        """Return what is in the folder of a file; of a large folder, a thousand whose names are near."""

    def versions_before(self, file: InboxFile) -> Iterator[InboxFile]:
        """Yield the earlier versions of an object, the newest first, back to its last deletion."""

    def same_content(self, file: InboxFile, other: InboxFile) -> bool:
        """Return whether S3's checksums of two files are equal. Raises: FileNotFoundError."""


class Neighbour(BaseModel):
    """A file in the same folder, and when it was dropped."""

    name: str
    at: datetime


class Picture(BaseModel):
    """A picture in a format that the backend accepts."""

    name: str
    mime: str
    content: bytes


class Pictures(Protocol):
    """Fetches pictures, and converts those that the backend does not accept."""

    def converted(self, name: str, content: BinaryIO) -> Picture:
        """Raises: RefusedError."""

    def at(self, url: str) -> Picture | None:
        """Fetch and convert what a URL leads to; None if that is not a picture to convert."""

    def picture_at(self, url: str) -> Picture:
        """Fetch the picture that a URL leads to, in a format that the backend accepts.

        Raises:
            RefusedError: There is no picture, or it cannot be fetched.
        """


class InboxPage(BaseModel):
    """A page of the objects in the inbox, and the cursor of the next page."""

    drops: list[Drop]
    cursor: str | None = None


class InboxListing(Protocol):
    """All objects in the inbox."""

    def page(self, after: str | None) -> InboxPage:
        """Up to a thousand objects in the order of their keys, each as its latest version."""


class Unmarked(BaseModel):
    """Tags that an object did not get: it has ten already, or S3 refused them."""

    names: tuple[str, ...]
    reason: Literal["full", "refused"]


class Tags(Protocol):
    """The tags of an object in the inbox."""

    def marks(self, file: InboxFile) -> dict[str, str]:
        """All tags; none where there is no such object."""

    def mark(self, file: InboxFile, marks: Mapping[str, str]) -> Unmarked | None:
        """Set these tags and keep the others. Return those that could not be set: this never fails a video.

        If there is no room for all, the first ones are set. A deleted object needs none.
        """


class InboxFileFacts(BaseModel):
    """What the inbox knows of a file without reading it; `instruction` is its object metadata."""

    size: int
    version_id: str | None = None
    instruction: str | None = None


class UploadForm(BaseModel):
    """A form with which anybody may upload one file, of limited size, to one key, for a while."""

    url: str
    fields: dict[str, str]


class Uploads(Protocol):
    """Where callers upload files before they name them."""

    def upload_form(self, key: str, *, max_bytes: int, seconds: int) -> UploadForm:
        """A form that uploads to exactly this key of the inbox bucket."""

    def list(self, prefix: str) -> list[str]:
        """The keys below a prefix, a thousand at most."""


class StoredFile(BaseModel):
    """The size and the checksum of a stored file."""

    size: int
    sha256: str


Method = Literal["GET", "HEAD"]


class Texts(Protocol):
    """Where text is stored that is too large for the table."""

    def store(self, key: str, body: bytes, content_type: str) -> None:
        """Store a text."""


class VideoStorage(Protocol):
    """Where finished videos are stored."""

    bucket: str

    def store_stream(self, key: str, chunks: Iterator[bytes], content_type: str) -> StoredFile:
        """Store a body of unknown length in constant memory."""

    def store(self, key: str, body: bytes, content_type: str) -> None:
        """Store a small body."""

    def open(self, key: str) -> BinaryIO:
        """A seekable view of a stored file, read by ranges."""

    def read(self, key: str) -> bytes:
        """Return a small file. Raises: FileNotFoundError."""

    def remove(self, key: str) -> None:
        """Delete a file that turned out to be unusable."""

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        """Return a link that lives for a while, for requests of this method."""


class Workflow(Protocol):
    """Starts the workflow of a version; starting a version twice is one execution."""

    def start(self, ref: VersionRef) -> None: ...

    def cancel(self, ref: VersionRef) -> None:
        """Stop the execution, and have the end of the version announced by another one."""


class Executions(Protocol):
    """The executions of versions."""

    def running(self) -> set[str]:
        """The names of all versions that an execution is seen to work on; one just begun may be missing."""

    def past(self, ref: VersionRef) -> "Past | None":
        """Return the executions that the version had; None while one of them runs."""

    def take_over(self, ref: VersionRef, *, attempt: int) -> None:
        """Start another execution that ends the version; the same attempt twice is one execution."""


class Past(BaseModel):
    """Executions that have ended. `begun` says whether the first one is known; the others took over."""

    begun: bool
    takeovers: int


class Unfinished(Protocol):
    """Versions that are not known to be over."""

    def begun_before(self, moment: datetime) -> Iterator[VersionRef]:
        """Yield the oldest one first."""

    def is_over(self, ref: VersionRef) -> None:
        """Remove the version from this list."""


class DeadLetters(Protocol):
    """The dead-letter messages of the generation queue: instructions that no worker could carry out."""

    def orders(self) -> list[SendOrder]:
        """Return all of them, and leave them in the queue."""


class Tasks(Protocol):
    """The workflow's tasks that wait for a worker. Completing a task that no longer waits is not an error."""

    def succeed(self, task_token: str, output: BaseModel) -> None: ...

    def fail(self, task_token: str, code: str, message: str) -> bool:
        """Return whether the task was still waiting."""
