"""What the pipeline remembers of a batch and its rows."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from backend.languages import DEFAULT, Code
from videos.model.media import InboxFile
from videos.model.records import Record, Status

JSON_ENDINGS = (".jsonl", ".ndjson")
"""Of the files that hold rows as JSON Lines."""
RESULTS_FILE = "results.csv"

Source = Literal["inbox", "api"]
RowStatus = Status | Literal["rejected"]


class Layout(Record):
    """How the rows were found in the file; the results are written alike. `delimiter` is None for JSON.

    `language` is that of most instructions, as far as it is clear.
    """

    rows: int
    delimiter: str | None = None
    language: Code = DEFAULT


class Refusal(Record):
    """Why no row of the file can be used, and in which row that shows."""

    row: int
    reason: str
    superseded: bool = False
    """Whether the file was overwritten or deleted before it was read."""


class BatchEnd(Record):
    """The end of a batch. `results` is the file with the result of each row."""

    at: AwareDatetime
    message: str
    counts: dict[Status, int] = Field(default_factory=dict)
    rejected: int = 0
    results: InboxFile
    superseded: bool = False

    @property
    def status(self) -> Status:
        """Ready when every row is."""
        if self.superseded:
            return Status.SUPERSEDED
        total = sum(self.counts.values()) + self.rejected
        return Status.READY if total and self.counts.get(Status.READY) == total else Status.FAILED


class Batch(Record):
    """A submitted batch and its progress. `fingerprint` differs for another batch under the same id."""

    batch_id: str
    owner: str
    source: Source
    file: InboxFile
    fingerprint: str
    secret: str
    """Random: a part of the keys of its working files, so that nobody can compute them."""
    created_at: datetime
    expires_at: datetime
    layout: Layout | None = None
    refused: Refusal | None = None
    ended: BatchEnd | None = None

    @property
    def status(self) -> Status:
        """Queued until its file has been read, then working until its end."""
        if self.ended is not None:
            return self.ended.status
        return Status.WORKING if self.layout is not None else Status.QUEUED

    @property
    def name(self) -> str:
        """What a person would call it: a dropped file by its path in the inbox, an upload by its name."""
        if self.file.key.startswith("inbox/"):
            return self.file.key.removeprefix("inbox/")
        return "rows of a request" if self.file.key.startswith("batches/") else self.file.name

    @property
    def folder(self) -> str:
        """Where the files that its rows name are looked for."""
        return self.file.key.rpartition("/")[0]

    @property
    def is_json(self) -> bool:
        """Whether it is JSON Lines, and not a table."""
        return self.file.name.lower().endswith(JSON_ENDINGS)

    @property
    def working_folder(self) -> str:
        """Where the pipeline keeps files of its own for the batch, in either bucket."""
        return working_folder(self.batch_id, self.secret)


class RowOutcome(Record):
    """The result of a row. `column` is the one for which it was rejected, `outbox` the key of its video."""

    row: int
    status: RowStatus
    video_id: str | None = None
    link: str | None = None
    outbox: str | None = None
    column: str | None = None
    reason: str = ""


def working_folder(batch_id: str, secret: str) -> str:
    """Where the pipeline keeps files of its own for a batch."""
    return f"batches/{batch_id}/{secret}"
