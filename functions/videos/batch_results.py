"""The two ends of a batch: its file becomes rows to carry out, and what became of them becomes a file."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel

from videos.announcements import BatchEnded
from videos.batch import Batch, BatchEnd, BatchStore, Layout, Refusal, RowOutcome
from videos.batch_file import Row, Rows, UnreadableError, encodings_of
from videos.media import InboxFile
from videos.ports import Inbox, Shelf, Topic
from videos.records import Status
from videos.streams import buffered

COLUMNS = ("row", "id", "status", "link", "reason")
CHUNK_BYTES = 256 * 1024
# A spreadsheet takes what begins so for a formula, and carries it out.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")

NOT_CARRIED_OUT = (
    "It was not carried out, for something went wrong inside the pipeline. Hand this row in again."
)
NOT_READ = "The file was not read, for something went wrong inside the pipeline. Hand it in again."


class Reading(BaseModel):
    """What the workflow carries out: the rows as JSON Lines in S3, so many of them at once."""

    batch_id: str
    rows: int
    rows_at_once: int
    bucket: str
    key: str


def read_batch(
    batch_id: str, *, batches: BatchStore, inbox: Inbox, shelf: Shelf, rows_at_once: int
) -> Reading:
    """Write the rows of the file in the one form that the workflow reads; refuse a file that has none."""
    batch = batches.batch(batch_id)
    reading = Reading(
        batch_id=batch_id, rows=0, rows_at_once=rows_at_once, bucket=shelf.bucket, key=rows_key(batch_id)
    )
    try:
        layout = _stored(batch, inbox, shelf, reading.key)
    except FileNotFoundError:
        batches.add_to_batch(batch_id, Refusal(row=1, reason="The file is gone. Put it there again."))
    except UnreadableError as error:
        batches.add_to_batch(batch_id, Refusal(row=error.row, reason=str(error)))
    else:
        batches.add_to_batch(batch_id, layout)
        reading.rows = layout.rows
    return reading


def rows_key(batch_id: str) -> str:
    """Where the rows of a batch stand on the shelf."""
    return f"batches/{batch_id}/rows.jsonl"


def _stored(batch: Batch, inbox: Inbox, shelf: Shelf, key: str) -> Layout:
    with inbox.open(batch.file) as body:
        head = body.read(4)
    for encoding in encodings_of(head):
        with inbox.open(batch.file) as body:
            rows = Rows(batch.file.name, body, encoding)
            try:
                shelf.store_stream(key, _chunks(map(_json, rows)), "application/jsonl")
            except UnicodeDecodeError:
                continue
        if not rows.count:
            raise UnreadableError(1, "there are no rows in the file.")
        return Layout(rows=rows.count, delimiter=rows.delimiter)
    raise UnreadableError(1, "the file is not text; save it as “CSV UTF-8”.")


def _json(row: Row) -> str:
    """In ASCII, so that no letter can be taken for the end of a line."""
    return json.dumps(row.model_dump(exclude_defaults=True)) + "\n"


def _chunks(lines: Iterator[str]) -> Iterator[bytes]:
    gathered = bytearray()
    for line in lines:
        gathered += line.encode()
        if len(gathered) >= CHUNK_BYTES:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def write_results(
    batch_id: str,
    *,
    batches: BatchStore,
    inbox: Inbox,
    rows_bucket: str,
    results: Shelf,
    now: datetime | None = None,
) -> None:
    """Write what became of each row beside the file, and end the batch."""
    batch = batches.batch(batch_id)
    tally: Counter[str] = Counter()

    def counted() -> Iterator[RowOutcome]:
        for outcome in _outcomes(batch, batches, inbox, rows_bucket):
            tally[outcome.status] += 1
            yield outcome

    key = f"{batch.folder}/results.csv" if batch.folder else "results.csv"
    results.store_stream(key, _chunks(_csv(counted(), batch)), "text/csv; charset=utf-8")
    stored = InboxFile(bucket=results.bucket, key=key)
    ended = BatchEnd(
        at=now or datetime.now(UTC),
        message=_message(batch, tally.total()),
        counts={status: tally[status] for status in Status if tally[status]},
        rejected=tally["rejected"],
        results=stored.model_copy(update={"version_id": inbox.describe(stored).version_id}),
    )
    batches.add_to_batch(batch_id, ended)


def announce_batch(batch_id: str, *, batches: BatchStore, topic: Topic) -> None:
    """Publish the end of the batch: one summary for all its rows."""
    batch = batches.batch(batch_id)
    if batch.ended is None:
        raise RuntimeError(f"{batch_id} has not ended; the workflow ends before it announces")
    topic.publish(
        BatchEnded(
            id=f"{batch_id}-ended",
            at=batch.ended.at,
            owner=batch.owner,
            source=batch.source,
            status=batch.ended.status,
            name=batch.name,
            message=batch.ended.message,
            batch_id=batch_id,
            counts=batch.ended.counts,
            rejected=batch.ended.rejected,
            results=f"s3://{batch.ended.results.bucket}/{batch.ended.results.key}",
        )
    )


def _message(batch: Batch, rows: int) -> str:
    if batch.refused is not None:
        return f"The batch was refused: {batch.refused.reason}"
    if batch.layout is None:
        return NOT_READ
    return f"All {rows} rows have ended." if rows > 1 else "Its only row has ended."


def _outcomes(batch: Batch, batches: BatchStore, inbox: Inbox, rows_bucket: str) -> Iterator[RowOutcome]:
    """One for each row of the file, in its order, whatever is known of it."""
    if batch.refused is not None:
        yield RowOutcome(row=batch.refused.row, status="rejected", reason=batch.refused.reason)
        return
    if batch.layout is None:
        yield RowOutcome(row=1, status="failed", reason=NOT_READ)
        return
    known = batches.outcomes(batch.batch_id)
    next_known = next(known, None)
    with inbox.open(InboxFile(bucket=rows_bucket, key=rows_key(batch.batch_id))) as rows:
        for line in buffered(rows):
            row = json.loads(line)["row"]
            if next_known is not None and next_known.row == row:
                yield next_known
                next_known = next(known, None)
            else:
                yield RowOutcome(row=row, status="failed", reason=NOT_CARRIED_OUT)


def _csv(outcomes: Iterator[RowOutcome], batch: Batch) -> Iterator[str]:
    """Lines as the spreadsheet that made the batch reads them: with its delimiter, and marked as UTF-8."""
    delimiter = batch.layout.delimiter if batch.layout else ","
    mark = "\ufeff" if delimiter is not None else ""
    yield mark + _line(COLUMNS, delimiter)
    for outcome in outcomes:
        reason = f"{outcome.column}: {outcome.reason}" if outcome.column else outcome.reason
        cells = (str(outcome.row), outcome.video_id or "", outcome.status, outcome.link or "", reason)
        yield _line(map(_harmless, cells), delimiter)


def _line(cells: Iterator[str] | tuple[str, ...], delimiter: str | None) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter or ",").writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
