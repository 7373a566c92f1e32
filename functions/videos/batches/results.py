"""The two ends of a batch: its file is read into rows, and their results are written to a file."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from pydantic import BaseModel

from backend.languages import DEFAULT, Code, language_of
from videos.batches.batch import BATCH_FILES, RESULTS_TYPE, BatchStore
from videos.batches.rows_file import Row, Rows, UnreadableRowsError, encodings_of
from videos.batches.submit_row import row_key
from videos.events.announcements import BatchEnded, Topic
from videos.events.signed_links import batch_page_url, batch_url
from videos.lifecycle.submit import video_id_for
from videos.model.batch import RESULTS_FILE, Batch, BatchEnd, Layout, Refusal, RowOutcome
from videos.model.errors import UnreadableFileError
from videos.model.media import InboxFile
from videos.model.ports import Inbox, VideoIndex, VideoStorage
from videos.model.records import BatchRow, Status
from videos.model.redaction import without_secrets
from videos.model.streams import buffered
from videos.requests.ownership import INBOX, OWNER, owns
from videos.steps.superseded import is_latest, latest_of, why_superseded

COLUMNS = ("row", "id", "status", "link", "reason", "outbox")
CHUNK_BYTES = 256 * 1024
MAX_ROW_BYTES = 200_000
"""As JSON. Step Functions passes 256 KiB between states, and one row with more would end the whole batch."""
_TOO_LARGE = f"the row has more than {MAX_ROW_BYTES:,} bytes as JSON. Shorten it."
AT_ONCE = 100  # rows that are looked up together
HEAD_BYTES = 64
LANGUAGES_OF = 100
"""Rows whose language is clear, after which no more instructions are looked at."""
# How the results of a batch begin: the mark distinguishes those of a table from those of rows in JSON.
_OF_A_TABLE = re.compile(b"\xef\xbb\xbfrow[,;\t|]id[,;\t|]status[,;\t|]")
_OF_ROWS = re.compile(b"row,id,status,")
# What some spreadsheets drop from the beginning of a cell.
_UNSEEN = " \u00a0\u3000\u200b\u200e\u200f\u2060\ufeff\x00\v\f"
# A spreadsheet takes what begins so for a formula, and carries it out; some read full-width signs alike.
FORMULAS = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r\n")

NOT_CARRIED_OUT = "This row was not processed, because of an error in the pipeline. Submit it again."
LOST_TRACK = (
    "Something went wrong inside the pipeline, so the result of this row is unknown. Its video was started: "
    "look it up by its id. Do not submit this row again, because that makes and charges a second video."
)
EDIT_UNKNOWN = (
    "Something went wrong inside the pipeline, so it is unknown whether this edit was made. "
    "Look at the newest version of the video first. A row that is submitted again is charged again."
)
NOT_READ = "The file could not be read, because of an error in the pipeline. Submit it again."


class Reading(BaseModel):
    """What the workflow carries out: the rows as JSON Lines in S3, so many of them at once."""

    batch_id: str
    rows: int
    rows_at_once: int
    bucket: str
    folder: str
    key: str


def read_batch(
    batch_id: str, *, batches: BatchStore, inbox: Inbox, storage: VideoStorage, rows_at_once: int
) -> Reading:
    """Write the rows of the file in the one form that the workflow reads; refuse a file that has none."""
    batch = batches.batch(batch_id)
    reading = Reading(
        batch_id=batch_id,
        rows=0,
        rows_at_once=rows_at_once,
        bucket=storage.bucket,
        folder=batch.working_folder,
        key=rows_key(batch),
    )
    latest = latest_of(batch.file, inbox)
    if batch.source == "inbox" and not (latest and is_latest(batch.file, latest)):
        reason = why_superseded(batch.file, latest).message
        batches.add_to_batch(batch_id, Refusal(row=1, reason=reason, superseded=True))
        return reading
    try:
        layout = _stored(batch, inbox, storage, reading.key)
    except FileNotFoundError:
        batches.add_to_batch(batch_id, Refusal(row=1, reason="The file is gone. Put it there again."))
    except PermissionError:
        problem = UnreadableFileError.named(batch.file.name).problem
        batches.add_to_batch(batch_id, Refusal(row=1, reason=f"{problem.message} {problem.advice}"))
    except UnreadableRowsError as error:
        batches.add_to_batch(batch_id, Refusal(row=error.row, reason=str(error)))
    else:
        batches.add_to_batch(batch_id, layout)
        reading.rows = layout.rows
    return reading


def rows_key(batch: Batch) -> str:
    """Where the rows of a batch are, in the videos bucket."""
    return f"{batch.working_folder}/rows.jsonl"


def _stored(batch: Batch, inbox: Inbox, storage: VideoStorage, key: str) -> Layout:
    with inbox.open(batch.file) as body:
        head = body.read(4)
    for encoding in encodings_of(head):
        with inbox.open(batch.file) as body:
            rows, languages = Rows(batch.file.name, body, encoding), Counter[Code]()
            try:
                lines = map(_json, _with_languages(rows, languages))
                storage.store_stream(key, _chunks(lines), "application/jsonl")
            except UnicodeDecodeError:
                continue
        if not rows.count:
            raise UnreadableRowsError(1, "there are no rows in the file.")
        language = max(languages, key=lambda code: languages[code], default=DEFAULT)
        return Layout(rows=rows.count, delimiter=rows.delimiter, language=language)
    raise UnreadableRowsError(1, "the file is not text; save it as “CSV UTF-8”.")


def _with_languages(rows: Iterable[Row], languages: Counter[Code]) -> Iterator[Row]:
    """Yield the rows, and count the languages of the first instructions."""
    for row in rows:
        instruction = row.given.get("instruction")
        if isinstance(instruction, str) and languages.total() < LANGUAGES_OF:
            language = language_of(instruction)
            languages.update([language] if language else [])
        yield row


def _json(row: Row) -> str:
    """In ASCII, so that no letter can be taken for the end of a line."""
    line = json.dumps(row.model_dump(exclude_defaults=True)) + "\n"
    return line if len(line) <= MAX_ROW_BYTES else _json(Row(row=row.row, fault=_TOO_LARGE))


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
    videos: VideoIndex,
    inbox: Inbox,
    rows_bucket: str,
    results: VideoStorage,
    now: datetime | None = None,
) -> None:
    """Write the result of each row, and end the batch.

    The results are beside the file where that is the owner's own, else among the batch's working files.
    """
    batch = batches.batch(batch_id)
    tally: Counter[str] = Counter()

    def counted() -> Iterator[RowOutcome]:
        for outcome in _outcomes(batch, batches, videos, inbox, rows_bucket):
            tally[outcome.status] += 1
            yield outcome

    key = _results_key(batch, inbox, results.bucket)
    results.store_stream(key, _chunks(_csv(counted(), batch)), RESULTS_TYPE)
    stored = InboxFile(bucket=results.bucket, key=key)
    ended = BatchEnd(
        at=now or datetime.now(UTC),
        message=_message(batch, tally.total()),
        counts={status: tally[status] for status in Status if tally[status]},
        rejected=tally["rejected"],
        results=stored.model_copy(update={"version_id": inbox.describe(stored).version_id}),
        superseded=_is_superseded(batch),
    )
    batches.add_to_batch(batch_id, ended)


def _results_key(batch: Batch, inbox: Inbox, bucket: str) -> str:
    """`results.csv`, unless there is one that another batch, or a person, has written."""
    if not owns(batch.owner, batch.file.key) or _is_superseded(batch):
        return f"{batch.working_folder}/{RESULTS_FILE}"
    key = f"{batch.folder}/{RESULTS_FILE}"
    stem, dot, ending = RESULTS_FILE.partition(".")
    own_name = f"{batch.folder}/{stem}-{batch.batch_id}{dot}{ending}"
    if batch.file.key.startswith(INBOX) and batch.file.name.lower() not in BATCH_FILES:
        return own_name
    return key if _may_be_replaced(InboxFile(bucket=bucket, key=key), batch, inbox) else own_name


def _is_superseded(batch: Batch) -> bool:
    return batch.refused is not None and batch.refused.superseded


def _may_be_replaced(results: InboxFile, batch: Batch, inbox: Inbox) -> bool:
    """Whether there is no such file, or the results of an earlier version of the same batch file."""
    try:
        head = inbox.head(results, HEAD_BYTES) if inbox.describe(results).size else b""
    except (FileNotFoundError, PermissionError):
        return True
    header = _OF_ROWS if batch.is_json else _OF_A_TABLE
    return not head or header.match(head) is not None


def announce_batch(
    batch_id: str, *, batches: BatchStore, topic: Topic, public_url: str, has_home_page: bool
) -> None:
    """Publish the end of the batch: one summary for all its rows. A superseded batch has none."""
    batch = batches.batch(batch_id)
    if batch.ended is None:
        raise RuntimeError(f"{batch_id} has not ended; the workflow ends before it announces")
    if batch.ended.superseded:
        return
    topic.publish(
        BatchEnded(
            id=f"{batch_id}-ended",
            at=batch.ended.at,
            owner=batch.owner,
            source=batch.source,
            status=batch.ended.status,
            name=batch.name,
            language=batch.layout.language if batch.layout is not None else DEFAULT,
            message=batch.ended.message,
            batch_id=batch_id,
            counts=batch.ended.counts,
            rejected=batch.ended.rejected,
            results=batch_url(public_url, batch_id),
            results_file=batch.ended.results.name if owns(OWNER, batch.ended.results.key) else None,
            page_url=batch_page_url(public_url, batch_id) if has_home_page else None,
            is_read=batch.layout is not None,
        )
    )


def _message(batch: Batch, rows: int) -> str:
    if batch.refused is not None:
        reason = without_secrets(batch.refused.reason)
        return reason if batch.refused.superseded else f"The batch was refused: {reason}"
    if batch.layout is None:
        return NOT_READ
    return f"All {rows} rows have ended." if rows > 1 else "Its only row has ended."


def _outcomes(
    batch: Batch, batches: BatchStore, videos: VideoIndex, inbox: Inbox, rows_bucket: str
) -> Iterator[RowOutcome]:
    """One for each row of the file, in its order, whatever is known of it."""
    if batch.refused is not None:
        yield RowOutcome(row=batch.refused.row, status="rejected", reason=batch.refused.reason)
        return
    if batch.layout is None:
        yield RowOutcome(row=1, status="failed", reason=NOT_READ)
        return
    known = batches.outcomes(batch.batch_id)
    next_known = next(known, None)
    with inbox.open(InboxFile(bucket=rows_bucket, key=rows_key(batch))) as body:
        lines = map(json.loads, buffered(body))
        while some := {line["row"]: "edit_of" in line.get("given", {}) for line in islice(lines, AT_ONCE)}:
            found: dict[int, RowOutcome] = {}
            while next_known is not None and next_known.row <= max(some):
                found[next_known.row] = next_known
                next_known = next(known, None)
            missing = {row: edits for row, edits in some.items() if row not in found}
            found |= _without_result(missing, batch, videos)
            yield from (found[row] for row in some)


def _without_result(rows: dict[int, bool], batch: Batch, videos: VideoIndex) -> dict[int, RowOutcome]:
    """Return what to say of rows without a result, by number. The values of `rows` say which are edits.

    Only a row that provably charged nothing is to be submitted again.
    """
    ids = {row: video_id_for(row_key(BatchRow(batch_id=batch.batch_id, row=row))) for row in rows}
    started = videos.stages(ids.values())
    outcomes = {}
    for row, edits in rows.items():
        video_id = ids[row] if ids[row] in started else None
        reason = EDIT_UNKNOWN if edits else LOST_TRACK if video_id else NOT_CARRIED_OUT
        outcomes[row] = RowOutcome(row=row, status="failed", video_id=video_id, reason=reason)
    return outcomes


def _csv(outcomes: Iterator[RowOutcome], batch: Batch) -> Iterator[str]:
    """Lines as the spreadsheet that made the batch reads them: with its delimiter, and marked as UTF-8."""
    delimiter = batch.layout.delimiter if batch.layout else ","
    mark = "" if batch.is_json else "\ufeff"
    yield mark + _line(COLUMNS, delimiter)
    for outcome in outcomes:
        reason = f"{outcome.column}: {outcome.reason}" if outcome.column else outcome.reason
        reason = without_secrets(reason)
        name, link, place = outcome.video_id or "", outcome.link or "", outcome.outbox or ""
        cells = (str(outcome.row), name, outcome.status, link, reason, place)
        yield _line(map(_harmless, cells), delimiter)


def _line(cells: Iterator[str] | tuple[str, ...], delimiter: str | None) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter or ",").writerow(cells)
    return line.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(_UNSEEN).startswith(FORMULAS) else cell
